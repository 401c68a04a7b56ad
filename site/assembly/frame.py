"""Writes into the pages what all of them have in common: what their heads say, and how their Python is started.

A page of site/ marks the places; what it alone needs it says itself:

    <!--frame:head-->                                       what it may load, how it is shown, its icon and its style
    <!--frame:python page/start.py-->                       MicroPython, with the program and the modules it imports
    <!--frame:python page/start.py runtime/worker.py-->     the same, and a worker named "lab" with Python
"""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

PLACE = re.compile(r"<!--frame:(head|python)((?: [\w./]+)*)-->")
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-eval' blob:; worker-src 'self' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self' blob: data:; "
    "object-src 'none'; base-uri 'none'; form-action 'none'"
)
HEAD = f"""\
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<link rel="icon" href="css/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="css/tokens.css">
<link rel="stylesheet" href="css/base.css">
<link rel="stylesheet" href="css/blocks.css">
<link rel="stylesheet" href="css/equations.css">"""
WITHOUT = ("codemirror", "deprecations-manager", "donkey", "error", "py-editor", "py-game", "py-terminal")
PLUGINS = {"plugins": [f"!{name}" for name in WITHOUT]}  # none of PyScript's own
MICROPYTHON = {"interpreter": "./runtime/micropython.mjs", **PLUGINS}
WORKER = {"interpreter": "./runtime/interpreter.mjs", "sync_main_only": True}  # as in page/worker.py


def write(folder: Path) -> None:
    """Fills the places in the pages of `folder`."""

    def filled(place: re.Match[str]) -> str:
        return HEAD if place[1] == "head" else python(folder, *place[2].split())

    for path in sorted(folder.glob("*.html")):
        path.write_text(PLACE.sub(filled, path.read_text("utf-8")), "utf-8")


def python(folder: Path, program: str, worker: str = "") -> str:
    """Returns the elements that start a program of the folder, and a worker's if one is named."""
    files = {f"./{place}": place for place in sorted(modules(folder, program) - {program})}
    config = json.dumps({**MICROPYTHON, "files": files})
    lines = [
        f'<py-config type="json" hidden>{json.dumps(PLUGINS)}</py-config>',
        f'<script type="py" worker name="lab" src="{worker}" config=\'{json.dumps(WORKER)}\'></script>',
        f'<script type="mpy" src="{program}" config=\'{config}\'></script>',
    ]
    return "\n".join(lines if worker else [lines[0], lines[2]])


def modules(folder: Path, program: str) -> set[str]:
    """Returns the places of a program, its package, and all modules of the package that it imports, or these do."""
    found = {"page/__init__.py"}
    waiting = [program]
    while waiting:
        place = waiting.pop()
        if place not in found:
            found.add(place)
            waiting += imported((folder / place).read_text("utf-8"))
    return found


def imported(program: str) -> Iterator[str]:
    """Gives the places of the package's modules that a program imports, wherever in it.

    >>> list(imported("from page import dom, form; from page.shared import Shared; import json"))
    ['page/dom.py', 'page/form.py', 'page/shared.py']
    >>> list(imported("main = __import__('page.main').main"))
    ['page/main.py']
    """
    for node in ast.walk(ast.parse(program)):
        match node:
            case ast.ImportFrom(module="page", names=names):
                yield from (f"page/{name.name}.py" for name in names)
            case ast.ImportFrom(module=str(name)) | ast.Call(ast.Name("__import__"), [ast.Constant(str(name))]):
                if name.startswith("page."):
                    yield f"{name.replace('.', '/')}.py"

"""A tutorial with an instrument in it, made by each tool that authors use, as its users run it.

The tools are those of the dependency group `tutorials`, and two from npm, pinned by the lock file in node/.
"""

import ast
import atexit
import functools
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pypandoc
from assembly.assets import cache_folder
from assembly.environment import find_node
from assembly.sources import NPM_PATIENCE
from IPython.core.formatters import DisplayFormatter
from nbconvert import HTMLExporter
from page.snippets import snippets

ROOT = Path(__file__).resolve().parents[2]
NODE = Path(__file__).resolve().parent / "node"
SITE = "https://example.org/quantization-lab/"
FIELDS = {  # what can be computed, and a text that every tool would like to change
    "values": "-3.0, 0.1, 3.2", "bits": "4", "show": "mapping,table", "theme": "dark", "controls": 'values "x" & <3>',
}  # fmt: skip
TEXTS = {name: text for name, _, text in snippets(SITE, FIELDS)}
BLANK = "<!doctype html>\n<html lang=en>\n<meta charset=utf-8>\n<title>A tutorial</title>\n"


@functools.cache
def rendered(tool: str) -> Path:
    """The page that a tool makes, in a folder of the tool's name with all that belongs to it."""
    place = folder() / tool
    place.mkdir(exist_ok=True)
    return TOOLS[tool](place)


@functools.cache
def folder() -> Path:
    """Where the pages lie until the tests end."""
    made = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, made)
    return made


def html(place: Path) -> Path:
    """A page written by hand."""
    return write(place / "page.html", BLANK + TEXTS["HTML"])


def sphinx(name: str, title: str, file: str) -> Callable[[Path], Path]:
    """A page of Sphinx in one of its languages; a warning of its is an error."""

    def make(place: Path) -> Path:
        write(place / "conf.py", 'extensions = ["myst_parser"]\n')
        write(place / file, f"{title}\n\nBefore.\n\n{TEXTS[name]}\n\nAfter.\n")
        run(place, "sphinx", "-W", "-q", ".", "out")
        return place / "out" / "index.html"

    return make


def mkdocs(place: Path) -> Path:
    """A page of MkDocs."""
    write(place / "mkdocs.yml", "site_name: A tutorial\n")
    (place / "docs").mkdir()
    write(place / "docs" / "index.md", f"# Title\n\nBefore.\n\n{TEXTS['Markdown, MkDocs']}\n\nAfter.\n")
    run(place, "mkdocs", "build", "--strict", "-q")
    return place / "site" / "index.html"


def pandoc(place: Path) -> Path:
    """A page of Pandoc, which reads Quarto's Markdown for it."""
    text = f"Before.\n\n{TEXTS['Quarto']}\n\nAfter.\n"
    options = ["--standalone", "--metadata=title:A tutorial"]
    return write(place / "page.html", pypandoc.convert_text(text, "html", format="markdown", extra_args=options))


def notebook(place: Path) -> Path:
    """A notebook in which the cell was run, as nbconvert shows it."""
    names: dict[str, object] = {}
    *first, last = ast.parse(TEXTS["Jupyter"]).body
    assert isinstance(last, ast.Expr)
    exec(compile(ast.Module(first, []), "cell", "exec"), names)
    data, _ = DisplayFormatter().format(eval(compile(ast.Expression(last.value), "cell", "eval"), names))
    output = nbformat.v4.new_output("execute_result", data, execution_count=1)
    cell = nbformat.v4.new_code_cell(TEXTS["Jupyter"], execution_count=1, outputs=[output])
    page, _ = HTMLExporter().from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))
    return write(place / "page.html", page)


def docusaurus(place: Path) -> Path:
    """What MDX, which Docusaurus is written in, makes of a text with the snippet."""
    return write(place / "page.html", BLANK + in_node()["mdx"])


def wordpress(place: Path) -> Path:
    """The content of the block that WordPress' own parser finds."""
    return write(place / "page.html", BLANK + in_node()["wordpress"][0]["innerHTML"])


@functools.cache
def in_node() -> dict[str, Any]:
    """What node/render.mjs makes of the snippets."""
    given = {"mdx": f"# Title\n\nBefore.\n\n{TEXTS['Docusaurus (MDX)']}\n\nAfter.\n", "wordpress": TEXTS["WordPress"]}
    command = [find_node()[0], "--input-type=module", "-", json.dumps(given)]
    source = (NODE / "render.mjs").read_text("utf-8")
    done = subprocess.run(command, cwd=npm_packages(), input=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    made: dict[str, Any] = json.loads(done.stdout)
    return made


def npm_packages() -> Path:
    """A folder of the cache with the packages that the lock file pins, which npm verifies; it is filled once."""
    lock = (NODE / "package-lock.json").read_bytes()
    folder = cache_folder(ROOT) / "npm" / hashlib.sha256(lock).hexdigest()
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(dir=folder.parent))
        for name in ("package.json", "package-lock.json"):
            shutil.copy(NODE / name, unfinished)
        command = [find_node()[1], "ci", "--ignore-scripts", "--no-audit", "--no-fund", *NPM_PATIENCE]
        done = subprocess.run(command, cwd=unfinished, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        unfinished.rename(folder)
    return folder


def run(folder: Path, module: str, *arguments: str) -> None:
    """Runs a tool in a folder; what it says is shown if it fails."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def write(path: Path, text: str) -> Path:
    """Writes a file and returns its path."""
    path.write_text(text, "utf-8")
    return path


TOOLS: dict[str, Callable[[Path], Path]] = {
    "html": html,
    "sphinx": sphinx("reStructuredText (Sphinx)", "Title\n=====", "index.rst"),
    "myst": sphinx("MyST (Sphinx, Jupyter Book)", "# Title", "index.md"),
    "mkdocs": mkdocs,
    "pandoc": pandoc,
    "notebook": notebook,
    "docusaurus": docusaurus,
    "wordpress": wordpress,
}

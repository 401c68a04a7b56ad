"""Checks a finished dist/: it loads nothing from elsewhere, what it refers to is there, and it is small enough.

Third-party code is full of addresses that nobody asks for, so only its imports are followed; that it keeps to itself is
for the browser tests to show, which refuse every other request.
"""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from assembly.markup import parse, references
from assembly.report import BuildError

# Chunks that PyScript imports only when asked for something that the page does not use. Their absence is meant.
LEFT_OUT = {
    r"(deprecations-manager|donkey|py-editor|py-game|py-terminal)-[\w-]{8}\.js": "plug-ins; ours are switched off",
    r"codemirror[\w-]*\.js": "the editor of <script type=py-editor>",
    r"xterm[\w-]*\.(js|css)": "the terminal of <script terminal>",
    r"(mpy|py)-[\w-]{8}\.js": "the terminal of <script terminal>",
    r"pyodide_graph-[\w-]{8}\.js": "packages named in the configuration; our NumPy comes with the interpreter",
    r"toml-[\w-]{8}\.js": "configurations in TOML; ours is JSON",
    r"zip-[\w-]{8}\.js": "archives in MicroPython's configuration; ours has none",
}
NAMESPACES = ("http://www.w3.org/",)  # names of vocabularies, which nobody loads
ABSOLUTE = re.compile(r"\b(?:https?|wss?):(?://)?[^\s\"'`)>]*|(?<![:\w/])//[\w-]+\.[\w.-]+[^\s\"'`)>]*")
CSS_URL = re.compile(r"url\(\s*['\"]?([^'\")]*)['\"]?\s*\)|@import\s+['\"]([^'\"]*)['\"]")
CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
JS_IMPORT = re.compile(r"""(?:\bfrom|\bimport|\bimport\(|\bnew URL\()\s*["'`](\.{1,2}/[^"'`$]+)["'`]""")
JS_COMMENT = re.compile(r"/\*.*?\*/|(?<![:\"'`\w])//[^\n]*", re.DOTALL)


def check(folder: Path) -> None:
    """Refuses a dist/ that would not work, with everything that is wrong with it.

    Raises:
        BuildError: A reference does not resolve, or leads out.
    """
    faults = [
        f"  {path.relative_to(folder).as_posix()}: {fault}"
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        for fault in faults_of(path, folder)
    ]
    if faults:
        raise BuildError("the site would not work as built:\n" + "\n".join(faults))


def faults_of(path: Path, folder: Path) -> Iterator[str]:
    """Names what is wrong with one file."""
    place = path.relative_to(folder)
    if path.suffix in (".js", ".mjs"):
        yield from missing(
            path, folder, JS_IMPORT.findall(path.read_text("utf-8")), is_vendor=place.parts[0] == "vendor"
        )
    if place.parts[0] in ("vendor", "licences"):
        if path.name == "pyodide-lock.json":
            yield from missing(
                path, folder, [entry["file_name"] for entry in json.loads(path.read_bytes())["packages"].values()]
            )
    elif path.suffix == ".html":
        text = path.read_text("utf-8")
        loaded = [*references(text), *((target, False) for target in css_targets(parse(text).styles))]
        yield from addresses_in(JS_COMMENT.sub("", parse(text).scripts))
        yield from missing(
            path, folder, [target for target, is_link in loaded if not (is_link and is_absolute(target))]
        )
    elif path.suffix == ".css":
        yield from missing(path, folder, css_targets(path.read_text("utf-8")))
    elif path.suffix in (".js", ".mjs"):
        yield from addresses_in(JS_COMMENT.sub("", path.read_text("utf-8")))
    elif path.suffix == ".py":
        yield from addresses_in("\n".join(strings(path.read_text("utf-8"))))
    elif path.suffix in (".json", ".webmanifest", ".svg"):
        yield from addresses_in(path.read_text("utf-8"))


def css_targets(text: str) -> list[str]:
    """Lists what a style sheet loads."""
    return [one or other for one, other in CSS_URL.findall(CSS_COMMENT.sub("", text))]


def missing(path: Path, folder: Path, targets: list[str], *, is_vendor: bool = False) -> Iterator[str]:
    """Names the targets that lead out of the site, or nowhere."""
    for target in targets:
        if target.startswith(("data:", "blob:")):
            continue
        if is_absolute(target):
            yield f"loads {target}; the site must need nothing from elsewhere"
            continue
        if target.startswith("/"):
            yield f"refers to {target}; write it relative to the file, as the site may lie under any path"
            continue
        relative = unquote(urlsplit(target).path)
        file = (path.parent / relative).resolve() if relative else path
        if file.is_dir() and path.suffix == ".html":
            file /= "index.html"
        if not (file.exists() and file.is_relative_to(folder.resolve())) and not (is_vendor and is_left_out(file.name)):
            yield f"refers to {target}, which is not there"


def is_absolute(target: str) -> bool:
    """Tells whether an address names a host or a scheme.

    >>> [is_absolute(target) for target in ("https://a.b/c", "//a.b/c", "mailto:x", "page.html#part", "./a:b")]
    [True, True, True, False, False]
    """
    parts = urlsplit(target)
    return bool(parts.scheme or parts.netloc)


def is_left_out(name: str) -> bool:
    """Tells whether a third-party file is one of those left out on purpose."""
    return any(re.fullmatch(pattern, name) for pattern in LEFT_OUT)


def addresses_in(text: str) -> Iterator[str]:
    """Names the absolute addresses in our own code."""
    for found in ABSOLUTE.findall(text):
        if not found.startswith(NAMESPACES):
            yield f"names the address {found}; the site must need nothing from elsewhere"


def strings(source: str) -> Iterator[str]:
    """Gives the string constants of a Python source, without the docstrings."""
    tree = ast.parse(source)
    statements = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in statements:
            yield node.value

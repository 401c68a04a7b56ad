"""Tells browsers at the top of a page what its scripts will ask for one after the other, to fetch it at once."""

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path

from assembly.bundle import SCRIPT

HEAD_END = "</head>"
MICROPYTHON = "vendor/micropython/micropython"  # what runtime/micropython.mjs, the pages' interpreter, stands before
ALSO = re.compile(r"(core|error)-[\w-]{8}\.js")  # PyScript's chunks that every page of ours loads


def add(folder: Path) -> None:
    """Adds links to the pages of `folder` that run MicroPython."""
    for path in sorted(folder.glob("*.html")):
        page = path.read_text("utf-8")
        if found := SCRIPT.search(page):
            interpreter = relative(json.loads(html.unescape(found[2]))["interpreter"])
            links = [*modules(folder, interpreter), *fetched(found[1])]
            path.write_text(page.replace(HEAD_END, "\n".join([*links, HEAD_END]), 1), "utf-8")


def modules(folder: Path, interpreter: str) -> Iterator[str]:
    """Gives the links to JavaScript modules, in the order in which they are needed."""
    scripts = folder / "vendor/pyscript"
    chunks = sorted(path.name for path in scripts.iterdir() if ALSO.fullmatch(path.name))
    for place in [*(f"vendor/pyscript/{name}" for name in ("core.js", *chunks)), interpreter, f"{MICROPYTHON}.mjs"]:
        yield f'<link rel="modulepreload" href="{place}">'


def fetched(program: str) -> Iterator[str]:
    """Gives the links to files that are read by `fetch`."""
    for place in [f"{MICROPYTHON}.wasm", program]:
        yield f'<link rel="preload" href="{place}" as="fetch" crossorigin>'


def relative(place: str) -> str:
    """Returns an address without the "./" that PyScript wants at its beginning."""
    return place.removeprefix("./")

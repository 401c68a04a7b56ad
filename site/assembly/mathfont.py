"""Cuts the font of the formulas down to the signs that formulas have, and lets pages with formulas fetch it at once.

The whole font has five thousand glyphs. What is left are the characters of the pages' formulas and of the lab's modules
that write formulas, the italics that a browser draws for a symbol of one letter, and the larger forms of brackets.

`run` is called by build.py; the cutting itself runs under .venv's Python, as it needs fontTools:

    python -m assembly.mathfont ROOT FOLDER
"""

import html
import re
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from assembly import check, faults
from assembly.environment import last_lines, run_module
from assembly.report import BuildError, size, stage

PLACE = "fonts/math.woff"
BUDGET = 60_000
WRITERS = ("notation", "explanation/steps")  # the folders of the lab whose modules write formulas
LINK = f'<link rel="preload" href="{PLACE}" as="font" type="font/woff" crossorigin>'
FORMULA = re.compile(r"<math\b.*?</math>", re.DOTALL)
TAG = re.compile(r"<[^>]*>")
LETTERS = re.compile(r"(LATIN|GREEK) (SMALL|CAPITAL) LETTER (\w+)")


def run(root: Path, python: Path, folder: Path) -> None:
    """Cuts the font of `folder`, whose pages are complete but for the link to it.

    Raises:
        BuildError: It lacks a sign of a formula, or is too large.
    """
    done = run_module(python, "assembly.mathfont", str(root), str(folder))
    if done.returncode:
        words = faults.explained(done.stderr, last_lines(done.stderr), "")
        raise BuildError(f"the font of the formulas could not be made:\n{words}")
    weight = (folder / PLACE).stat().st_size
    stage("Font", f"{PLACE}, {size(weight)} of {size(BUDGET)}")
    if weight > BUDGET:
        raise BuildError(f"{PLACE} is larger than its budget: {size(weight)} of {size(BUDGET)}.")
    for path in folder.glob("*.html"):
        page = path.read_text("utf-8")
        if "<math" in page:
            path.write_text(page.replace("</head>", f"{LINK}\n</head>", 1), "utf-8")


def main(root: str, folder: str) -> int:
    """Cuts the font in place; returns the exit status, with the reason on the error output."""
    from fontTools import subset  # type: ignore[import-untyped]

    path = Path(folder) / PLACE
    options = subset.Options(flavor="woff", hinting=False, layout_features=[])
    font = subset.load_font(str(path), options)
    known = set(font.getBestCmap())
    needed = {ord(sign) for page in Path(folder).glob("*.html") for sign in in_formulas(page.read_text("utf-8"))}
    if lacking := needed - known:
        print(f"it lacks {', '.join(f'U+{code:04X}' for code in sorted(lacking))}", file=sys.stderr)
        return 1
    written = {ord(sign) for place in WRITERS for sign in in_modules(Path(root) / "site" / "lab" / place)}
    codes = needed | (written & known)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=codes | {italic for code in codes if (italic := italic_of(chr(code)))})
    cutter.subset(font)
    subset.save_font(font, str(path), options)
    return 0


def in_formulas(page: str) -> set[str]:
    """Returns the signs in the formulas of a page.

    >>> sorted(in_formulas("<p>y</p><math><mi>x</mi> <mo>&lt;</mo><mn>1</mn></math>"))
    ['1', '<', 'x']
    """
    texts = (html.unescape(TAG.sub("", formula)) for formula in FORMULA.findall(page))
    return {sign for text in texts for sign in text if not sign.isspace()}


def in_modules(folder: Path) -> Iterator[str]:
    """Gives the signs of the texts in a folder's modules, and those of ASCII."""
    yield from map(chr, range(ord("!"), ord("~") + 1))
    for path in folder.rglob("*.py"):
        for text in check.strings(path.read_text("utf-8")):
            yield from text


def italic_of(letter: str) -> int | None:
    """Returns the code of a letter's mathematical italic, which a browser draws for a symbol of that letter.

    >>> chr(italic_of("x")), chr(italic_of("h")), italic_of("1")
    ('𝑥', 'ℎ', None)
    """
    found = LETTERS.fullmatch(unicodedata.name(letter, ""))
    if not found:
        return None
    if letter == "h":
        return 0x210E  # was in Unicode before the others, as the Planck constant
    case, name = found[2], found[3]
    try:
        return ord(unicodedata.lookup(f"MATHEMATICAL ITALIC {case} {name}"))
    except KeyError:
        return None


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

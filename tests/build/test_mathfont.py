"""The font of the formulas: cut down, but not of what a formula needs."""

from pathlib import Path

import pytest
from assembly import mathfont
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]


@pytest.fixture(scope="module")
def font(root: Path) -> TTFont:
    """The font as it is shipped."""
    path = root / "dist" / mathfont.PLACE
    if not path.exists():
        pytest.skip("dist/ is not built")
    return TTFont(path)


def test_every_formula_is_in_the_font(font: TTFont, root: Path) -> None:
    """All signs of the pages' formulas are there, and what a browser draws for letters and for a minus."""
    signs = {sign for page in (root / "dist").glob("*.html") for sign in mathfont.in_formulas(page.read_text("utf-8"))}
    assert {"=", "≈", "−", "·", "("} < signs
    wanted = {ord(sign) for sign in signs} | {0x1D465, 0x210E, 0x1D446}  # italic x, h and S
    assert wanted <= set(font.getBestCmap())


def test_brackets_grow(font: TTFont) -> None:
    """The table of mathematics is kept, with larger forms of the brackets and the measures of a fraction."""
    table = font["MATH"].table
    grown = set(table.MathVariants.VertGlyphCoverage.glyphs)
    assert {font.getBestCmap()[ord(sign)] for sign in "()|⌊⌋"} <= grown
    assert table.MathConstants.FractionRuleThickness.Value > 0


def test_letters_have_italics() -> None:
    """Latin and Greek letters have an italic, h among them; other signs have none."""
    assert [mathfont.italic_of(sign) for sign in "Aα=1"] == [0x1D434, 0x1D6FC, None, None]

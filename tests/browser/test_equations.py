"""Formulas fit wherever they stand, and are set in their own font."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from .conftest import SAVES_NOTHING, Visit

pytestmark = pytest.mark.browser

WIDTHS = (320, 360, 640, 1280)
FORMULAS = """() => {
    const box = element => element.getBoundingClientRect();
    const shown = [...document.querySelectorAll('.equation')].filter(found => box(found).width > 0);
    const cut = shown.filter(found => found.scrollWidth > found.clientWidth || box(found).right > innerWidth
        || [...found.querySelectorAll('math')].some(piece => box(piece).right > box(found).right + 0.5));
    return {
        shown: shown.length,
        cut: cut.map(found => found.textContent),
        scrolling: shown.filter(found => getComputedStyle(found).overflowY !== 'visible').length,
        page: document.documentElement.scrollWidth - document.documentElement.clientWidth,
        lines: shown.filter(found => found.querySelectorAll('.chain > [style] > span').length > 1).map(found =>
            new Set([...found.querySelectorAll('.chain > [style] > span')].map(part => box(part).left)).size),
        fonts: [...document.fonts].map(font => font.status),
    };
}"""
WIDE = "#show=steps&profile=xnnpack&values=-8.740067046587061&precision=float64&bits=15&include_zero=0"


def formulas(page: Page, width: int) -> dict[str, Any]:
    """How the formulas of a page lie at a width of it."""
    page.set_viewport_size({"width": width, "height": 800})
    found: dict[str, Any] = page.evaluate(FORMULAS)
    return found


def check(found: dict[str, Any]) -> None:
    """None is cut or scrolls, in any direction, and the page is not wider than its window."""
    assert found["shown"] > 2
    assert found["cut"] == []
    assert found["scrolling"] == 0
    assert found["page"] <= 0


@pytest.fixture(scope="module")
def still(chromium: Browser) -> Iterator[Page]:
    """A page without scripts."""
    context = chromium.new_context(java_script_enabled=False)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("name", ["index.html", "learn.html"])
def test_formulas_of_the_pages_fit(still: Page, address: str, name: str) -> None:
    """Those of the worked example, the essay and the lesson; chains break into lines that begin one below another."""
    still.goto(address + name)
    for width in WIDTHS:
        found = formulas(still, width)
        check(found)
    assert max(found["lines"]) > 1  # side by side where there is room
    assert min(formulas(still, 320)["lines"]) == 1


def test_formulas_have_their_font(still: Page, address: str) -> None:
    """The font is there, and the symbol of one letter is drawn with its italic, not with that of the text."""
    still.goto(address)
    still.wait_for_function("document.fonts.check('16px \"Lab Math\"')")
    assert formulas(still, 1280)["fonts"] == ["loaded"]
    assert "Lab Math" in still.evaluate("getComputedStyle(document.querySelector('math mi')).fontFamily")


def test_formulas_of_an_embed_fit(chromium: Browser, address: str) -> None:
    """Those of an embed with the widest numbers, from a phone to a screen."""
    context = chromium.new_context(**SAVES_NOTHING)
    visit = Visit(context, address + "embed.html")
    page = visit.open(WIDE)
    for width in WIDTHS:
        check(formulas(page, width))
    context.close()
    assert visit.complaints == []

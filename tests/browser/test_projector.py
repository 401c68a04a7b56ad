"""The view for a room: larger, with settings in two lines and the picture in view; in the address; Escape leaves it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from .conftest import SAVES_NOTHING, Visit

pytestmark = pytest.mark.browser

VIEW = "document.documentElement.dataset.view"
SIZES = [(1366, 768), (1024, 768)]
TOPS = """selector => [...document.querySelectorAll(selector)].filter(one => one.checkVisibility())
    .map(one => Math.round(one.getBoundingClientRect().top))"""
TICK = "() => document.querySelector('[data-figure=mapping] .xtick text')?.getBoundingClientRect().height ?? 0"
FITS = """selector => {
    const box = document.querySelector(selector)?.getBoundingClientRect();
    return box && box.height > 0 && box.top >= 0 && box.bottom <= innerHeight && box.right <= innerWidth + 1;
}"""


@pytest.fixture(scope="module")
def shared(chromium: Browser, address: str) -> Iterator[Visit]:
    """One visit in a room."""
    context = chromium.new_context(**SAVES_NOTHING, viewport={"width": 1366, "height": 768})
    visit = Visit(context, address, shows_all=False)
    visit.open("#view=projector&profile=onnx&values=-3, 0.1, 3.2")
    yield visit
    context.close()
    assert visit.external == []
    assert visit.complaints == []


def drawn(page: Page, name: str) -> None:
    """Waits until a chart is there."""
    page.locator(f"[data-figure={name}] .main-svg").first.wait_for()


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_all_of_it_is_in_view(shared: Visit, width: int, height: int) -> None:
    """Settings in two lines, figures and the picture are on the screen, and nothing scrolls sideways."""
    page = shared.page
    page.set_viewport_size({"width": width, "height": height})
    drawn(page, "mapping")
    for selector in ("#values", "#bits", "#format", "#granularity", ".strip", "[data-figure=mapping] .main-svg"):
        page.wait_for_function(FITS, arg=selector)
    assert len(set(page.evaluate(TOPS, "#controls :is(.field > label, .label)"))) == 2
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    expect(page.locator("[data-figure=mapping]")).to_be_in_viewport(ratio=1)


CUT = """() => [...document.querySelectorAll(".controls .choices")]
    .filter(one => one.checkVisibility() && one.scrollWidth > one.clientWidth).map(one => one.textContent)"""


@pytest.mark.parametrize("query", ["view=projector", "view=projector&format=float8_e4m3fn"])
def test_no_choice_is_cut(shared: Visit, query: str) -> None:
    """Each text of a choice is whole, however long it is."""
    page = shared.page
    page.set_viewport_size({"width": 1280, "height": 720})
    before = page.evaluate("location.hash.slice(1)")
    shared.follow_link(query)
    expect(page.locator(".controls .choices:visible")).to_have_count(1)
    assert page.evaluate(CUT) == []
    shared.follow_link(before)


def test_it_is_larger(shared: Visit) -> None:
    """Text is a quarter larger, charts a third; the switch and Escape lead back and forth, and the address says it."""
    page = shared.page
    page.set_viewport_size({"width": 1366, "height": 768})
    drawn(page, "mapping")
    large = page.evaluate(TICK)
    size = "parseFloat(getComputedStyle(document.querySelector('.sections button')).fontSize)"
    text = page.evaluate(size)
    page.keyboard.press("Escape")
    page.wait_for_function(f"{VIEW} === undefined")
    assert "view=" not in page.url
    page.wait_for_function(f"wanted => Math.abs(({TICK})() - wanted) < 1", arg=large / 1.35)
    assert page.evaluate(size) == pytest.approx(text / 1.25)
    switch = page.get_by_role("button", name="Projector")
    switch.click()
    assert page.evaluate(VIEW) == "projector"
    assert "view=projector" in page.url
    expect(switch).to_have_attribute("aria-pressed", "true")
    switch.click()
    expect(switch).to_have_attribute("aria-pressed", "false")
    switch.click()


def test_links_keep_it(shared: Visit) -> None:
    """A link to other settings, such as an example's, stays in the room; the address says so."""
    shared.follow_link("values=1,2,4&bits=4")
    shared.page.wait_for_function("location.hash.includes('view=projector')")
    assert shared.page.evaluate(VIEW) == "projector"
    assert shared.answer()["values"] == [1, 2, 4]


IS_ON_THE_AXIS = """name => {
    const gd = document.querySelector(`[data-figure=${name}] > .chart`);
    const handle = document.querySelector(`[data-handles=${name}][data-laid] > [data-handle=range_max]`);
    if (!handle) return false;
    const box = gd.getBoundingClientRect(), slider = handle.getBoundingClientRect();
    const thumb = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const share = (handle.value - handle.min) / (handle.max - handle.min);
    const {l, w} = gd._fullLayout._size, [low, high] = gd._fullLayout.xaxis.range;
    const wanted = box.left + (l + (handle.value - low) / (high - low) * w) * box.width / gd.clientWidth;
    const found = slider.left + thumb / 2 + share * (slider.width - thumb);
    return box.width > gd.clientWidth * 1.3 && Math.abs(found - wanted) < 3;
}"""


def test_charts_are_still_touched(shared: Visit) -> None:
    """The pointer is where it seems to be on the larger chart, and so are the handles of a range."""
    page = shared.page
    page.set_viewport_size({"width": 1366, "height": 768})
    shared.follow_link("profile=onnx&values=-3, 0.1, 3.2&view=projector")
    drawn(page, "mapping")
    page.wait_for_function(f"({TICK})() > 0")
    marks = page.locator('[data-figure="mapping"] .main-svg .points path')
    expect(marks.first).to_be_visible()
    rightmost = max(
        (mark.bounding_box() or {"x": 0, "y": 0, "width": 0, "height": 0} for mark in marks.all()),
        key=lambda box: box["x"],
    )
    center = rightmost["x"] + rightmost["width"] / 2, rightmost["y"] + rightmost["height"] / 2
    assert shared.after(lambda: page.mouse.click(*center))["request"]["element"] == "2"
    page.wait_for_function(IS_ON_THE_AXIS, arg="mapping")
    page.get_by_role("button", name="Range", exact=True).click()
    drawn(page, "histogram")
    page.wait_for_function(IS_ON_THE_AXIS, arg="histogram")


def test_authors_are_not_given_it(visitor: Visit) -> None:
    """What is of the laboratory's look alone is not carried into the snippets of an embed."""
    page = visitor.page
    page.goto(visitor.address + "authors.html#values=1,2,4&bits=4&view=projector&section=values")
    page.wait_for_function("document.documentElement.dataset.interactive === 'true'")
    snippet = page.locator("code", has_text="<quant-lab").first
    expect(snippet).to_contain_text('bits="4"')
    expect(snippet).not_to_contain_text("projector")
    expect(snippet).not_to_contain_text("section=")

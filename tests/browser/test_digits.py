"""All digits of a number of which five are seen: with the focus, by arrow keys, and when copied."""

from typing import Any

import pytest
from playwright.sync_api import expect

from .conftest import Visit, card

COPIED = """() => {
    const event = new ClipboardEvent('copy', {clipboardData: new DataTransfer(), bubbles: true, cancelable: true});
    document.activeElement.dispatchEvent(event);
    return [event.defaultPrevented, event.clipboardData.getData('text/plain')];
}"""

SELECT = """([selector, whole]) => {
    const range = document.createRange(), place = document.querySelector(selector);
    range.selectNodeContents(place);
    if (!whole) range.setEnd(place.firstChild, 2);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
}"""

SHOWN = "() => getComputedStyle(document.activeElement, '::after').content"

CELL = "[data-region=table] tbody tr:nth-child(2) [data-key=scaled]"


@pytest.fixture
def values(lab: Visit) -> Visit:
    """The notebook's example."""
    lab.after(lambda: lab.page.get_by_role("button", name="Start over").click())
    lab.page.evaluate("getSelection().removeAllRanges()")
    return lab


def copied(visit: Visit) -> list[Any]:
    """Whether the page gave another text to the clipboard than what is selected, and which."""
    found: list[Any] = visit.page.evaluate(COPIED)
    return found


def test_arrow_keys_lead_from_number_to_number(values: Visit) -> None:
    """A table is one stop of the Tab key for its numbers; the one with the focus shows all of its digits."""
    stops = values.page.locator("[data-region=table] td[tabindex='0']")
    assert stops.count() == 1
    assert values.page.locator("[data-region=table] .scroll[tabindex]").count() == 0
    stops.focus()
    assert values.page.evaluate(SHOWN) == '"−123.38709677419354"'  # 3 * 255 / 6.2
    for key, digits in (
        ("ArrowDown", "4.112903225806451"), ("ArrowRight", "0.09725490196078432"), ("ArrowUp", "−2.9905882352941178"),
        ("ArrowLeft", "−123.38709677419354"), ("ArrowLeft", "−123.38709677419354"),
    ):  # fmt: skip
        values.page.keyboard.press(key)
        assert values.page.evaluate(SHOWN) == f'"{digits}"'


def test_figures_have_all_digits_too(values: Visit) -> None:
    """The figures that stay in view are a list, of which one is a stop."""
    values.page.locator("[data-region=strip] output[tabindex='0']").focus()
    assert values.page.evaluate(SHOWN) == '"0.02431372549019608"'  # 6.2 / 255
    values.page.keyboard.press("ArrowRight")
    assert values.page.evaluate(SHOWN) == '"0.009411764705882675"'


def test_what_is_copied_has_all_digits(values: Visit) -> None:
    """The number with the focus, the number that is selected, and rows between tabs; all with the minus of programs."""
    values.page.locator("[data-region=table] td[tabindex='0']").focus()
    assert copied(values) == [True, "-123.38709677419354"]
    values.page.evaluate(SELECT, [CELL, True])
    assert copied(values) == [True, "4.112903225806451"]
    values.page.evaluate(SELECT, ["[data-region=table] tbody", True])
    taken, text = copied(values)
    assert taken
    assert [line.split("\t")[:4] for line in text.split("\n")] == [
        ["0", "-3.0", "-123.38709677419354", "-128"],
        ["1", "0.1", "4.112903225806451", "-1"],
        ["2", "3.2", "131.61290322580643", "127"],
    ]


def test_numbers_of_a_sentence_have_all_digits(values: Visit) -> None:
    """The first of a caption is a stop, arrow keys lead on; what is seen stays a part of the sentence."""
    caption = card(values, "error_histogram").locator(".caption")
    stop = caption.locator("data[tabindex='0']")
    expect(stop).to_have_count(1)
    stop.focus()
    assert stop.text_content() == "4.926×10⁻⁵"
    assert values.page.evaluate(SHOWN).startswith('"4.92631039343842')  # (6.2 / 255)² / 12
    values.page.keyboard.press("ArrowRight")
    assert values.page.locator(":focus").text_content() != stop.text_content()
    values.page.keyboard.press("ArrowLeft")
    taken, text = copied(values)
    assert (taken, float(text)) == (True, pytest.approx((6.2 / 255) ** 2 / 12, rel=1e-15))


def test_other_copies_are_the_browsers(values: Visit) -> None:
    """A part of a number, and a text, are copied as they are selected."""
    values.page.evaluate(SELECT, [CELL, False])
    assert copied(values) == [False, ""]
    values.page.evaluate(SELECT, ["h1", True])
    assert copied(values) == [False, ""]


@pytest.mark.parametrize("width", [320, 390, 768])
def test_all_digits_of_a_sentence_are_on_the_screen(values: Visit, width: int) -> None:
    """Wherever in its line the number stands, the digits that its focus shows do not reach beyond the page."""
    values.page.set_viewport_size({"width": width, "height": 800})
    values.follow_link("profile=onnx&values=0.1,0.2,7.7,-3.3,1.23&calibration=manual&range_min=-1&range_max=3")
    for name in ("comparison", "error_histogram", "number_line"):
        card(values, name).locator("p data").first.wait_for()
    values.page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")  # charts fit again
    widest = values.page.evaluate(
        """() => Math.max(...[...document.querySelectorAll("p data")].map(number => {
            number.focus();
            return document.documentElement.scrollWidth;
        }))"""
    )
    assert widest <= width

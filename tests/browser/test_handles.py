"""What can be moved on a chart, by mouse, touch and keyboard: the ends of the range, and the values themselves."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from .conftest import Visit, card, chart

pytestmark = pytest.mark.browser

MANY = "profile=onnx&source=normal&shape=40,50"
FEW = "profile=onnx&values=-3, 0.1, 3.2&bits=4"
AXIS = "() => document.querySelector('[data-figure=mapping] .chart')._fullLayout.xaxis.range"


def handle_of(lab: Visit, field: str) -> Locator:
    """A range handle on the histogram, laid over the drawn chart."""
    lab.follow_link(MANY)
    chart(lab, "histogram")
    handle = card(lab, "histogram").locator(f"[data-handle={field}]")
    lab.page.wait_for_function("handle => Number(handle.max) < 50 && handle.min < 0", arg=handle.element_handle())
    return handle


@pytest.mark.parametrize(("field", "key", "sign"), [("range_min", "ArrowRight", 1), ("range_max", "ArrowLeft", -1)])
def test_range_handle_by_keyboard(lab: Visit, field: str, key: str, sign: int) -> None:
    """An arrow key on a handle moves that end of the range, and the number beside it says the same."""
    handle = handle_of(lab, field)
    handle.focus()
    before = float(handle.input_value())
    request = lab.after(lambda: lab.page.keyboard.press(key))["request"]
    assert request["calibration"] == "manual"
    assert (float(request[field]) - before) * sign > 0
    expect(lab.page.locator(f"#{field}")).to_have_value(request[field])


def test_a_handle_is_its_end_alone(lab: Visit) -> None:
    """Moving one end by a round step leaves the other as it is, to the last digit; the error is said beside it."""
    lab.follow_link("profile=onnx&values=-3, 0.1, 3.2")
    chart(lab, "histogram")
    handle = card(lab, "histogram").locator("[data-handle=range_max]")
    expect(handle).to_have_attribute("aria-valuetext", re.compile(r"range ends at 3\.2, .* dB"))
    handle.focus()
    request = lab.after(lambda: lab.page.keyboard.press("ArrowLeft"))["request"]
    assert (request["range_min"], request["range_max"]) == ("", "3.18")
    expect(handle).to_have_attribute("aria-valuetext", re.compile(r"range ends at 3\.18, .* dB"))


def test_range_handle_by_mouse(lab: Visit) -> None:
    """Dragging a handle inwards clips: the share of clipped values grows, and the last place is the one computed."""
    handle = handle_of(lab, "range_max")
    clipped = lab.answer()["metrics"]["clipped_share"]
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    assert box is not None
    share = handle.evaluate("handle => (handle.value - handle.min) / (handle.max - handle.min)")
    x, y = box["x"] + 8 + share * (box["width"] - 16), box["y"] + box["height"] / 2
    mouse = lab.page.mouse
    mouse.move(x, y)
    mouse.down()
    for part in range(1, 9):
        mouse.move(x - 0.02 * part * box["width"], y)
    lab.after(lambda: mouse.move(x - 0.2 * box["width"], y))
    mouse.up()
    value = lab.page.locator("#range_max").input_value()
    lab.page.wait_for_function("value => window.quantlab.answer.request.range_max === value", arg=value)
    expect(handle).to_have_value(value)
    answer = lab.answer()
    assert answer["request"]["calibration"] == "manual"
    assert answer["metrics"]["clipped_share"] > clipped


def in_mapping(lab: Visit, field: str) -> Locator:
    """A handle on the mapping of three values, laid over the drawn chart."""
    lab.follow_link(FEW)
    handle = card(lab, "mapping").locator(f'[data-handle="{field}"]')
    lab.page.wait_for_function("handle => handle.max > 3 && handle.min < -3", arg=handle.element_handle())
    return handle


PLACE = """([x, y]) => {
    const drawn = document.querySelector("[data-figure=mapping] .chart"), all = drawn._fullLayout;
    const box = drawn.getBoundingClientRect();
    return [box.left + all.xaxis._offset + all.xaxis.l2p(x), box.top + all.yaxis._offset + all.yaxis.l2p(y)];
}"""


def place(lab: Visit, x: float) -> tuple[float, float]:
    """Where a number is on the upper line of the mapping, in pixels of the window."""
    across, down = lab.page.evaluate(PLACE, [x, 1])
    return across, down


def drag(lab: Visit, begin: tuple[float, float], end: tuple[float, float]) -> None:
    """Presses the mouse at a place and moves it to another, without letting go."""
    mouse = lab.page.mouse
    mouse.move(*begin)
    mouse.down()
    for part in range(1, 9):
        mouse.move(*(begin[i] + (end[i] - begin[i]) * part / 9 for i in (0, 1)))
    lab.after(lambda: mouse.move(*end))


def test_a_value_by_keyboard(lab: Visit) -> None:
    """Each press of an arrow key moves the followed value by a round step, though answers come later than keys."""
    handle = in_mapping(lab, "values:0")
    expect(handle).to_have_attribute("aria-valuetext", re.compile(r"^x −3\.0, code −\d+, back "))
    step = float(handle.get_attribute("step") or 0)
    assert f"{step:.0e}"[0] in "125"
    handle.focus()
    for _ in range(7):
        lab.page.keyboard.press("ArrowRight")
    expect(lab.page.locator("#values")).to_have_value(f"{-3 + 7 * step:.6g}, 0.1, 3.2")
    wanted = -3 + 7 * step
    lab.page.wait_for_function("wanted => Math.abs(window.quantlab.answer.values[0] - wanted) < 1e-6", arg=wanted)
    expect(handle).to_be_focused()
    expect(handle).to_have_attribute("aria-valuetext", re.compile(r"^x −2\.9\d*, code −\d+, back "))


def test_the_tab_key_stops_at_the_followed_value(lab: Visit) -> None:
    """Of the values' handles one is a stop of the Tab key; which one, goes with the number that is followed."""
    in_mapping(lab, "values:0")
    stops = card(lab, "mapping").locator(".handle-value:not([tabindex])")
    expect(stops).to_have_attribute("data-handle", "values:0")
    lab.after(lambda: lab.page.mouse.click(*place(lab, 3.2)))
    expect(stops).to_have_attribute("data-handle", "values:2")


def test_a_value_by_mouse(lab: Visit) -> None:
    """The outermost value is dragged inward: the axis stays as it is meanwhile, text, steps and undo follow."""
    handle = in_mapping(lab, "values:2")
    handle.scroll_into_view_if_needed()
    before = lab.page.evaluate(AXIS)
    drag(lab, place(lab, 3.2), place(lab, 1.6))
    lab.page.wait_for_function("() => Math.abs(window.quantlab.answer.values[2] - 1.6) < 0.1")
    assert lab.page.evaluate(AXIS) == before
    lab.page.mouse.up()
    lab.page.wait_for_function(f"before => ({AXIS})()[1] < before[1] - 1", arg=before)
    request = lab.answer()["request"]
    assert re.fullmatch(r"-3, 0\.1, 1\.\d{1,3}", request["values"])
    assert request["element"] == "2"
    expect(lab.page.locator("#values")).to_have_value(request["values"])
    lab.after(lambda: lab.page.get_by_role("button", name="Undo").first.click())
    assert lab.answer()["request"]["values"] == "-3, 0.1, 3.2"


def test_an_end_of_the_range_in_the_mapping(lab: Visit) -> None:
    """The range's end is dragged beneath the mapping: a value lies outside then, and the axis stayed as it was."""
    handle = in_mapping(lab, "range_max")
    handle.scroll_into_view_if_needed()
    before, box = lab.page.evaluate(AXIS), handle.bounding_box()
    assert box is not None
    height = box["y"] + box["height"] / 2
    drag(lab, (place(lab, 3.2)[0], height), (place(lab, 2.0)[0], height))
    lab.page.wait_for_function("() => Math.abs(window.quantlab.answer.request.range_max - 2) < 0.1")
    assert lab.page.evaluate(AXIS) == before
    lab.page.mouse.up()
    expect(handle).to_have_attribute("aria-valuetext", re.compile(r"^range ends at [12](\.\d+)?, SQNR .* dB"))
    answer = lab.answer()
    assert answer["request"]["calibration"] == "manual"
    assert answer["metrics"]["clipped_share"] == pytest.approx(1 / 3)


PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "reduced_motion": "reduce"}


@pytest.mark.parametrize("visitor", [PHONE], indirect=True)
def test_a_value_by_touch(visitor: Visit) -> None:
    """On a phone a finger drags a value; the page does not scroll meanwhile."""
    visitor.open()
    handle = in_mapping(visitor, "values:0")
    handle.scroll_into_view_if_needed()
    scrolled = visitor.page.evaluate("scrollY")
    finger = visitor.page.context.new_cdp_session(visitor.page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        touched: list[dict[str, Any]] = [{"x": x, "y": y} for x, y in points]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touched})

    (begin, height), (end, _) = place(visitor, -3), place(visitor, -1)
    touch("touchStart", (begin, height))
    for part in range(1, 10):
        touch("touchMove", (begin + (end - begin) * part / 9, height))
    touch("touchEnd")
    visitor.page.wait_for_function("() => Math.abs(window.quantlab.answer.values[0] + 1) < 0.1")
    assert visitor.page.evaluate("scrollY") == scrolled


def test_values_that_are_not_typed_have_no_handles(lab: Visit) -> None:
    """Made-up numbers cannot be dragged, the ends of their range can."""
    lab.follow_link("source=normal&shape=5")
    handles = card(lab, "mapping").locator(".handle")
    expect(handles).to_have_count(2)
    expect(handles.first).to_have_attribute("data-handle", "range_max")

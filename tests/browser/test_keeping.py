"""A result that is kept: grey behind the next one, in axes that hold both, and its figures to compare with."""

from typing import Any

import pytest
from playwright.sync_api import expect

from .conftest import Visit

DRAWN = "name => document.querySelector(`[data-figure=${name}] > .chart`)"
GREY = f"""name => ({DRAWN})(name).data.filter(trace => trace.legendgroup === "kept").map(
    ({{x, y, name, hoverinfo, marker, line}}) => ({{x, y, name, hoverinfo, color: (marker ?? line).color}}))"""


def press(visit: Visit, name: str) -> None:
    """Presses a button of the strip."""
    visit.page.locator("[data-region=keeping]").get_by_role("button", name=name, exact=True).click()


def wait_for_grey(visit: Visit, name: str, is_there: bool = True) -> list[dict[str, Any]]:
    """The grey traces of a chart, once there are some, or none."""
    visit.page.locator(f"[data-figure={name}]").scroll_into_view_if_needed()
    wanted = "> 0" if is_there else "=== 0"
    visit.page.wait_for_function(f"name => ({DRAWN})(name)?.data && ({GREY})(name).length {wanted}", arg=name)
    found: list[dict[str, Any]] = visit.page.evaluate(GREY, name)
    return found


def trace_of(answer: dict[str, Any], figure: str, name: str) -> dict[str, Any]:
    """A trace of a figure of an answer."""
    found: dict[str, Any] = next(t for t in answer["figures"][figure]["data"] if t["name"] == name)
    return found


@pytest.mark.parametrize(("figure", "name"), [("mapping", "code q"), ("staircase", "staircase"), ("error", "error")])
def test_the_kept_one_is_grey_behind_the_next(lab: Visit, figure: str, name: str) -> None:
    """Exactly what was drawn is drawn again in grey, the axes hold both, and the caption names it."""
    before = lab.follow_link("profile=onnx&source=normal&shape=40&bits=3")
    press(lab, "Keep this result")
    after = lab.retype("bits", "5")
    grey = wait_for_grey(lab, figure)
    kept = trace_of(before, figure, name)
    assert {"x": kept["x"], "y": kept["y"]} in [{"x": one["x"], "y": one["y"]} for one in grey]
    assert {(one["name"], one["hoverinfo"], one["color"]) for one in grey} == {
        ("kept: int3 affine, ONNX", "skip", "#888888")
    }
    layout = lab.page.evaluate(f"name => ({DRAWN})(name).layout.xaxis.range", figure)
    ranges = [one["figures"][figure]["layout"]["xaxis"]["range"] for one in (before, after)]
    assert layout == [min(low for low, _ in ranges), max(high for _, high in ranges)]
    expect(lab.page.locator(f"[data-instrument={figure}] .caption")).to_contain_text(
        "In grey, kept: int3 affine, ONNX."
    )


def test_the_kept_histogram_has_its_levels_and_its_range(lab: Visit) -> None:
    """The histogram, which comes after the first answer, is kept with the others."""
    lab.follow_link("profile=onnx&source=normal&shape=400&bits=3&calibration=manual&range_min=-1&range_max=1")
    lab.page.locator("[data-figure=histogram]").scroll_into_view_if_needed()
    lab.page.wait_for_function("quantlab.answer.figures.histogram")
    press(lab, "Keep this result")
    lab.after(lambda: lab.page.locator("#calibration").select_option("minmax"))
    assert wait_for_grey(lab, "histogram")[0]["name"] == "kept: int3 affine, a range of its own, ONNX"
    ends = lab.page.evaluate(
        f"({DRAWN})('histogram').layout.shapes.filter(one => one.legendgroup === 'kept').map(one => one.x0)"
    )
    assert ends == [-1, 1]


def test_the_strip_tells_the_difference(lab: Visit) -> None:
    """Each figure against that of the kept one, as long as it is kept; then against the last change again."""
    lab.follow_link("profile=onnx&source=normal&shape=40&bits=8")
    press(lab, "Keep this result")
    bits = lab.page.locator("[data-now=bits_per_value] .was")
    expect(bits).to_have_text("as kept")
    expect(lab.page.locator("[data-region=keeping] span")).to_have_text("Kept: int8 affine, ONNX")
    lab.retype("bits", "6")
    lab.retype("bits", "4")
    # the zero point has four bits fewer, too: a tenth of a bit for each value
    expect(bits).to_have_text("−4.1 vs kept")
    expect(bits).to_have_attribute("title", "kept: 9")
    press(lab, "Remove")
    expect(bits).to_have_text("was 6.95")
    assert wait_for_grey(lab, "mapping", is_there=False) == []
    expect(lab.page.locator("[data-region=lead] .caption")).not_to_contain_text("kept")


def test_other_values_are_not_drawn_behind(lab: Visit) -> None:
    """That they are others is said; their figures are compared all the same."""
    lab.follow_link("values=1,2,3")
    press(lab, "Keep this result")
    lab.retype("values", "1, 2, 4")
    words = lab.page.locator("[data-region=keeping] span")
    expect(words).to_have_text("Kept: int8 affine (other values)")
    expect(lab.page.locator("[data-region=lead] .caption")).to_contain_text(
        "is of other values and is not in this chart"
    )
    assert wait_for_grey(lab, "mapping", is_there=False) == []
    lab.retype("values", "1 2 3")
    lab.retype("bits", "3")
    expect(words).to_have_text("Kept: int8 affine")
    assert wait_for_grey(lab, "mapping")


def test_undo_keeps_it_and_starting_over_lets_it_go(lab: Visit) -> None:
    """By keyboard: the button keeps the focus; undo goes back behind the keeping, and what is kept stays."""
    lab.follow_link("bits=5")
    keep = lab.page.locator("[data-region=keeping] button")
    lab.retype("bits", "4")
    keep.focus()
    lab.page.keyboard.press("Enter")
    expect(keep).to_have_text("Remove")
    expect(keep).to_be_focused()
    answer = lab.after(lambda: lab.page.get_by_role("button", name="Undo").click())
    assert answer["request"]["bits"] == "5"
    expect(lab.page.locator("[data-region=keeping] span")).to_have_text("Kept: int4 affine")
    assert wait_for_grey(lab, "mapping")[0]["name"] == "kept: int4 affine"
    lab.after(lambda: lab.page.get_by_role("button", name="Start over").click())
    expect(keep).to_have_text("Keep this result")
    assert wait_for_grey(lab, "mapping", is_there=False) == []


def test_what_has_other_axes_says_so(lab: Visit) -> None:
    """Errors in steps are not drawn behind errors in the unit of the values."""
    lab.follow_link("profile=onnx&source=normal&shape=4,32&granularity=axis")
    press(lab, "Keep this result")
    lab.after(lambda: lab.page.locator("#granularity").select_option("tensor"))
    caption = lab.page.locator("[data-instrument=error] .caption")
    expect(caption).to_contain_text("has other axes and is not in this chart")
    assert wait_for_grey(lab, "error", is_there=False) == []
    assert wait_for_grey(lab, "mapping")

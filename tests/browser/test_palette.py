"""The colours of charts: those of the theme, without a new answer; on paper, and in pictures, always the light ones."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from .conftest import Visit

pytestmark = pytest.mark.browser

# as in css/tokens.css
LIGHT = {"value": "#0072B2", "code": "#D55E00", "back": "#009E73"}
DARK = {"value": "rgb(63, 159, 230)", "code": "rgb(245, 124, 42)", "back": "rgb(53, 214, 164)"}
GREY = {"light": "#888888", "dark": "rgb(141, 146, 152)"}
COLORS = """() => {
    const data = document.querySelector("[data-figure=mapping] > .chart")?.data ?? [];
    const named = name => data.find(trace => trace.name === name)?.marker.color;
    return {value: named("value x"), code: named("code q"), back: named("back x\u0302")};
}"""
KEPT = "document.querySelector('[data-figure=mapping] > .chart')?.data[0].marker?.color"
ANSWERED = "JSON.stringify(quantlab.answer.figures.mapping.data.map(({marker, line}) => [marker, line]))"


def wait_for_colors(visit: Visit, expected: dict[str, str]) -> None:
    """Waits until the marks of the mapping have them."""
    for name, color in expected.items():
        visit.page.wait_for_function(f"wanted => ({COLORS})().{name} === wanted", arg=color)


def test_charts_have_the_colours_of_the_theme(lab: Visit) -> None:
    """They change with the theme, and so do those of the kept result; nothing of the answer does, which is for all."""
    wait_for_colors(lab, LIGHT)
    lab.page.get_by_role("button", name="Keep this result").click()
    lab.retype("bits", "4")
    answered = lab.page.evaluate(f"window.was = quantlab.answer, {ANSWERED}")
    lab.page.get_by_role("button", name="Dark theme").click()
    wait_for_colors(lab, DARK)
    lab.page.wait_for_function(f"{KEPT} === '{GREY['dark']}'")
    assert lab.page.evaluate("window.was === quantlab.answer")
    assert lab.page.evaluate(ANSWERED) == answered
    lab.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    wait_for_colors(lab, LIGHT)
    lab.page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    wait_for_colors(lab, DARK)
    lab.page.get_by_role("button", name="Dark theme").click()
    wait_for_colors(lab, LIGHT)
    lab.page.wait_for_function(f"{KEPT} === '{GREY['light']}'")


@pytest.mark.parametrize(("scheme", "expected"), [("light", "rgb(0, 114, 178)"), ("dark", DARK["value"])])
def test_what_stands_there_before_any_script(chromium: Browser, address: str, scheme: Any, expected: str) -> None:
    """The drawings of the build have the theme's colours."""
    context = chromium.new_context(java_script_enabled=False, color_scheme=scheme)
    page = context.new_page()
    page.goto(address)
    marks = page.locator("[data-figure=mapping] > svg circle")
    expect(marks.first).to_have_css("fill", expected)
    context.close()


def test_a_picture_is_for_paper(lab: Visit) -> None:
    """Saved from a dark page, it has dark ink and the light colours on white; its button says what it saves."""
    lab.page.get_by_role("button", name="Dark theme").click()
    wait_for_colors(lab, DARK)
    with lab.page.expect_download() as download:
        lab.page.get_by_role("button", name="Save “From real numbers to codes and back” as SVG").click()
    drawn = Path(download.value.path()).read_text("utf-8")
    assert "rgb(0, 114, 178)" in drawn
    assert DARK["value"] not in drawn
    assert "rgb(255, 255, 255)" in drawn
    with lab.page.expect_download() as download:
        lab.page.get_by_role("button", name="Save “From real numbers to codes and back” as PNG").click()
    assert download.value.suggested_filename == "quantization-lab-mapping.png"

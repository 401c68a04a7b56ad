"""What a person sees on the page: the default answer, editing, errors, links, the other direction."""

import pytest
from playwright.sync_api import Browser, Page, expect

from .conftest import Visit

pytestmark = pytest.mark.browser

NOTEBOOK = {
    "scale_factor": [41.12903225806451],
    "zero_point": [-5],
    "codes": [-128, -1, 127],
    "dequantized": [-2.99058824, 0.0972549, 3.20941176],
}


def test_default_answer_is_the_notebooks(lab: Visit) -> None:
    """The page opens on the notebook's example, digit for digit, and shows what it publishes."""
    answer = lab.answer()
    assert answer["params"]["scale_factor"] == NOTEBOOK["scale_factor"]
    assert answer["params"]["zero_point"] == NOTEBOOK["zero_point"]
    assert answer["codes"] == NOTEBOOK["codes"]
    assert answer["dequantized"] == pytest.approx(NOTEBOOK["dequantized"], abs=5e-9)
    expect(lab.page.locator("[data-key=scale_factor] output")).to_have_attribute("title", "41.12903225806451")


def test_worked_example_without_scripts(chromium: Browser, address: str) -> None:
    """With JavaScript off the page shows the example, its numbers, equations and drawings, and no dead buttons."""
    context = chromium.new_context(java_script_enabled=False)
    page: Page = context.new_page()
    page.goto(address)
    text = page.inner_text("main")
    for number in ("41.12903225806451", "−5", "−128", "127"):
        assert number in text
    assert page.locator("math").count() > 10
    for name in ("mapping", "staircase", "error"):
        assert page.locator(f"[data-figure={name}] > svg").is_visible()
    assert page.locator(".needs-script:visible").count() == 0
    context.close()


def test_typing_is_answered_before_python_is_there(visitor: Visit) -> None:
    """The page takes typing, hides and shows fields, and keeps the address, while Python is still on its way."""
    visitor.page.route("**/*.wasm", lambda route: None if "pyodide" in route.request.url else route.continue_())
    visitor.page.goto(visitor.address)
    visitor.page.wait_for_function("document.documentElement.dataset.interactive === 'true'")
    visitor.page.locator("[name=direction][value=dequantize]").check()
    expect(visitor.page.locator("#codes")).to_be_visible()
    assert "direction=dequantize" in visitor.page.url
    assert visitor.page.evaluate("document.documentElement.dataset.state") == "loading"


def test_editing_values_answers_live(lab: Visit) -> None:
    """New values are quantized at once, and the control being edited keeps its text."""
    answer = lab.retype("values", "[1, 2,\n 4.5]")
    assert answer["values"] == [1, 2, 4.5]
    assert len(answer["codes"]) == 3
    assert lab.page.locator("#values").input_value() == "[1, 2,\n 4.5]"
    expect(lab.page.locator("[data-region=table] tbody tr")).to_have_count(3)


def test_width_and_sign_move_the_code_range(lab: Visit) -> None:
    """Four unsigned bits give codes from 0 to 15."""
    lab.retype("bits", "4")
    answer = lab.after(lambda: lab.page.locator("#signed").uncheck())
    assert (answer["params"]["qmin"], answer["params"]["qmax"]) == (0, 15)


def test_profile_brings_its_own_defaults(lab: Visit) -> None:
    """Choosing a toolkit sets the controls that it decides, and an edit afterwards is kept."""
    answer = lab.after(lambda: lab.page.locator("#profile").select_option("onnx"))
    assert answer["request"]["include_zero"] == "1"
    expect(lab.page.locator("#include_zero")).to_be_checked()
    expect(lab.page.locator("#precision")).to_have_value("float32")
    answer = lab.after(lambda: lab.page.locator("#include_zero").uncheck())
    assert answer["request"]["include_zero"] == "0"


BAD_INPUT = [
    ("values", "1, two, 3"),
    ("values", ""),
    ("values", "1, nan"),
    ("values", "inf"),
    ("values", "1e400"),
    ("values", "[[1, 2], [3]]"),
    ("bits", "40"),
    ("bits", ""),
]


@pytest.mark.parametrize(("field", "text"), BAD_INPUT)
def test_wrong_input_is_said_at_the_field_and_in_the_summary(lab: Visit, field: str, text: str) -> None:
    """A wrong field gets its message beside it and in a linked list; the text and the last result stay."""
    before = lab.page.inner_text("[data-region=summary]")
    answer = lab.retype(field, text)
    assert answer["ok"] is False
    [error] = answer["errors"]
    assert error["field"] == field
    control = lab.page.locator(f"#{field}")
    expect(lab.page.locator(f"#{field}-error")).to_have_text(error["message"])
    expect(control).to_have_attribute("aria-invalid", "true")
    assert f"{field}-error" in (control.get_attribute("aria-describedby") or "")
    assert control.input_value() == text
    assert lab.page.inner_text("[data-region=summary]") == before
    assert lab.page.locator("#results[data-stale]").count() == 1
    lab.page.locator(f"[data-region=errors] a[data-focus={field}]").click()
    expect(control).to_be_focused()


def test_every_wrong_field_is_reported_at_once(lab: Visit) -> None:
    """Two mistakes give two messages, and mending both clears them."""
    lab.retype("bits", "40")
    lab.after(lambda: lab.page.locator("#calibration").select_option("manual"))
    lab.retype("range_min", "5")
    answer = lab.retype("range_max", "1")
    assert {error["field"] for error in answer["errors"]} >= {"bits", "range_max"} or {
        error["field"] for error in answer["errors"]
    } >= {"bits", "range_min"}
    lab.retype("bits", "8")
    answer = lab.retype("range_max", "9")
    assert answer["ok"]
    assert lab.page.locator(".error").count() == 0
    expect(lab.page.locator("[data-region=errors]")).to_be_hidden()


def test_link_reproduces_the_page(lab: Visit, visitor: Visit) -> None:
    """The address after an edit, opened elsewhere, gives the same request and the same codes."""
    lab.retype("values", "0.5 1.5 -2.25")
    answer = lab.retype("bits", "5")
    assert lab.page.url.endswith("#" + lab.page.url.split("#")[1])
    visitor.open("#" + lab.page.url.split("#")[1])
    other = visitor.answer()
    assert other["request"] == answer["request"]
    assert other["codes"] == answer["codes"]
    assert visitor.page.locator("#values").input_value() == "0.5 1.5 -2.25"


def test_default_state_leaves_the_address_clean(lab: Visit) -> None:
    """Only fields that differ from the defaults stand in the address."""
    assert "#" not in lab.page.url
    lab.retype("bits", "4")
    assert lab.page.url.endswith("#bits=4")
    lab.retype("bits", "8")
    assert "#" not in lab.page.url


def test_dequantize_gives_the_reals_back(lab: Visit) -> None:
    """Codes, scale and zero point go in; the reals come out, with figures and steps."""
    lab.after(lambda: lab.page.locator("[name=direction][value=dequantize]").check())
    lab.retype("codes", "0, 10, 20")
    lab.retype("scale", "0.5")
    answer = lab.retype("zero_point", "10")
    assert answer["dequantized"] == [-5.0, 0.0, 5.0]
    assert set(answer["figures"]) >= {"mapping", "staircase", "error"}
    assert answer["steps"]


def test_clicking_a_row_follows_that_number(lab: Visit) -> None:
    """The steps show the number whose row was clicked, by mouse or by keyboard."""
    answer = lab.after(lambda: lab.page.locator("[data-region=table] tbody tr").nth(2).click())
    assert answer["request"]["element"] == "2"
    assert "3.2" in lab.page.inner_text("[data-region=steps]")
    button = lab.page.get_by_role("button", name="Follow the number at index 1")
    button.focus()
    answer = lab.after(lambda: lab.page.keyboard.press("Enter"))
    assert answer["request"]["element"] == "1"
    expect(button).to_be_focused()


def test_three_charts_are_drawn_by_plotly(lab: Visit) -> None:
    """Each figure of the answer stands on the page as a Plotly chart with data in it."""
    for name in ("mapping", "staircase", "error"):
        expect(lab.page.locator(f"[data-figure={name}] .chart .main-svg").first).to_be_visible()
        assert lab.page.locator(f"[data-figure={name}] .chart .trace").count() > 0


@pytest.mark.parametrize("width", [320, 360, 768, 1440, 2560])
def test_no_width_scrolls_sideways(lab: Visit, width: int) -> None:
    """The page fits its window at every width; wide tables scroll inside themselves."""
    lab.page.set_viewport_size({"width": width, "height": 900})
    lab.page.evaluate("() => new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    lab.page.wait_for_function("width => document.documentElement.scrollWidth <= width", arg=width)
    lab.page.set_viewport_size({"width": 1440, "height": 900})


def test_a_million_pasted_numbers_are_answered(visitor: Visit) -> None:
    """A million numbers in the values field give an answer of the first 10,000 and a page of the table."""
    page = visitor.open()
    answer = visitor.after(
        lambda: page.evaluate(
            "() => { const field = document.getElementById('values');"
            " field.value = Array.from({length: 1e6}, (_, i) => (i % 1000) / 8).join(' ');"
            " field.dispatchEvent(new Event('input', {bubbles: true})); }"
        )
    )
    assert answer["ok"]
    assert answer["shape"] == [1_000_000]
    assert answer["truncated"] is True
    assert len(answer["codes"]) == 10_000
    assert page.locator("[data-region=table] tbody tr").count() == 10


def test_theme_switch_is_kept(visitor: Visit) -> None:
    """The theme chosen by the switch survives a reload."""
    page = visitor.open()
    page.get_by_role("button", name="Dark theme").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_a_link_shows_every_chart_that_applies(visitor: Visit) -> None:
    """A page that opens with a matrix shows all its charts, those too that the notebook's example has none of."""
    page = visitor.open("#profile=onnx&values=[[1,-2,3],[0.4,5,-6]]")
    page.wait_for_function("window.quantlab?.answer?.instruments.every(item => !item.waits)")
    names = {item["name"] for item in visitor.answer()["instruments"] if item["has_figure"]}
    assert {"heatmaps", "product"} < names
    for name in names:
        expect(page.locator(f"[data-figure={name}] .main-svg").first).to_be_visible()


@pytest.mark.parametrize("bits", ["5", "99"])
def test_all_of_the_page_is_laid_out_when_it_is_at_rest(visitor: Visit, bits: str) -> None:
    """What is far off the screen is left out only until the answer, a good or a bad one, is drawn."""
    page = visitor.open()
    page.locator("[data-at-rest]").wait_for()
    visitor.after(lambda: page.fill("#bits", bits))
    page.locator("[data-at-rest]").wait_for()
    last = page.locator("[data-region=code] pre").last
    assert last.evaluate("element => element.checkVisibility({contentVisibilityAuto: true})")


REGIONS = ["code", "instruments", "lead", "notices", "steps", "strip", "summary", "table"]
STRUCTURE = """names => {
    const own = node => ![...node.parentNode.attributes].some(({name}) => ["data-figure", "data-keep"].includes(name));
    const laid = ["aria-valuetext", "data-laid", "data-step", "min", "max", "step", "style", "value"];
    const lasts = (node, name) => !(node.matches(".handles, .handle") && laid.includes(name));
    const attributes = node => [...node.attributes].filter(({name}) => lasts(node, name));
    const read = node => node.nodeType === Node.TEXT_NODE ? node.data : [
        node.localName,
        Object.fromEntries(attributes(node).map(({name, value}) => [name, value])),
        ...[...node.childNodes].filter(own).map(read),
    ];
    return names.map(name => read(document.querySelector(`[data-region=${name}]`)));
}"""


def test_the_page_goes_on_from_what_the_build_wrote(visitor: Visit) -> None:
    """Python draws the example as the build wrote it, node by node, so the page may keep it and change what differs."""
    shown = []
    for fragment in ("", "#bits=8"):
        visitor.open(fragment)
        visitor.page.reload()
        visitor.page.wait_for_function("window.quantlab?.answer?.instruments.every(item => !item.waits)")
        shown.append(visitor.page.evaluate(STRUCTURE, REGIONS))
    assert [built[1]["data-region"] for built in shown[0] if len(built) == 2] == ["notices"]  # only these are empty
    for built, drawn in zip(*shown, strict=True):
        assert built == drawn

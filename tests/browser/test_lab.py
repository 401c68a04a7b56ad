"""The laboratory under the hand: presets, controls, history, chart cursor, tables, cancelling, looks."""

import re
from typing import Any
from urllib.parse import urlencode

import lab as laboratory
import pytest
from lab.data.presets import PRESETS
from playwright.sync_api import expect

from .conftest import Visit, card, chart, current_chart

pytestmark = pytest.mark.browser

MATRIX = "profile=onnx&values=[[1,-2,3],[0.4,5,-6]]"
FROM_CODES = "direction=dequantize"
MANY = "profile=onnx&source=normal&shape=40,50"

# What is open, the field, what it is set to: one line for each control of the page.
EDITS = [
    ("", "direction", "dequantize"),
    ("", "source", "sine"),
    ("", "values", "1 2 3.5"),
    ("", "shape", "3,1"),
    ("source=normal", "seed", "77"),
    ("source=normal", "spread", "2.5"),
    ("source=outliers", "outlier_share", "5"),
    ("source=outliers", "outlier_size", "40"),
    ("source=student_t", "degrees", "9"),
    (FROM_CODES, "codes", "1 2 3"),
    (FROM_CODES, "scale", "0.5"),
    (FROM_CODES, "zero_point", "7"),
    ("", "profile", "tflite"),
    ("", "format", "float8_e4m3fn"),
    ("format=mxfp8_e4m3", "scale_mode", "rceil"),
    ("format=nvfp4", "tensor_scale", "0.5"),
    ("format=q4_k", "importance", "squares"),
    ("format=float8_e4m3fn", "overflow", "overflow"),
    (FROM_CODES + "&format=q8_0", "bytes", "00 3c" + 32 * " 01"),
    ("", "scheme", "symmetric"),
    ("", "bits", "5"),
    ("", "signed", "0"),
    ("profile=onnx", "narrow", "1"),
    (MATRIX, "granularity", "axis"),
    (MATRIX + "&granularity=axis", "axis", "1"),
    (MATRIX + "&granularity=block&axis=1&block_size=1", "block_size", "3"),
    ("profile=onnx", "calibration", "mse"),
    ("profile=onnx&calibration=percentile", "percentile", "90"),
    ("profile=onnx&calibration=manual", "range_min", "-1"),
    ("profile=onnx&calibration=manual", "range_max", "2"),
    ("profile=onnx", "include_zero", "0"),
    ("profile=onnx", "reduce_range", "1"),
    ("profile=custom", "rounding", "floor"),
    ("profile=onnx", "precision", "float64"),
    ("profile=onnxruntime&calibration=manual&range_min=-1&range_max=1", "non_finite", "library"),
    ("", "element", "2"),
    ("profile=onnx", "compare", "int8_tensor,int4_tensor"),
    ("profile=onnx", "max_error", "0.25"),
    ("profile=onnx", "error_by", "mse"),
    ("profile=onnx", "model_parameters", "1000000"),
    ("profile=onnx", "against", "pytorch"),
    ("format=mxfp4", "against_format", "nvfp4"),
    ("profile=onnx", "operator", "dot"),
    ("profile=onnx", "acc", "100 -200"),
    ("profile=onnx&operator=addition", "left_codes", "1 2 3"),
    ("profile=onnx&operator=addition", "right_codes", "4 5 6"),
    ("profile=onnx&operator=dot", "left_zero_point", "3"),
    ("profile=onnx&operator=dot", "right_zero_point", "-3"),
    ("profile=onnx", "bias", "0.5"),
    ("profile=onnx", "input_scale", "0.5"),
    ("profile=onnx", "weight_scale", "0.25"),
    ("profile=onnx", "output_scale", "2"),
    ("profile=onnx", "output_zero_point", "3"),
    ("profile=onnx", "activation", "relu"),
    (MATRIX, "weights", "[[1,0],[0,1],[1,1]]"),
]
OF_FILES = {"rows", "file", "file_sha256", "file_shape", "tensor"}  # see test_files.py
OF_PASTED_TEXT = {"commas"}  # see test_pasted.py


def set_control(visit: Visit, name: str, text: str) -> dict[str, Any]:
    """Sets a control as a person does, whatever kind it is, and returns the answer."""
    page = visit.page
    radio = page.locator(f"input[type=radio][name={name}][value='{text}']")
    if radio.count():
        return visit.after(page.locator("label").filter(has=radio).click)  # once it stands still
    control = page.locator(f"[name={name}]")
    expect(control).to_be_visible()
    if control.get_attribute("type") == "checkbox":
        return visit.after(lambda: control.set_checked(text == "1"))
    if control.evaluate("control => control.tagName") == "SELECT":
        return visit.after(lambda: control.select_option(text))
    return visit.after(lambda: control.fill(text))


@pytest.mark.parametrize("name", PRESETS)
def test_preset(lab: Visit, name: str) -> None:
    """A preset's link opens it, says what to see, and gives what the same request gives outside the browser."""
    preset = PRESETS[name]
    answer = lab.after(lambda: lab.page.get_by_role("link", name=preset.title, exact=True).click())
    expected = laboratory.answer({**preset.request, "show": "summary"})
    assert answer["ok"]
    assert answer["codes"] == expected["codes"]
    assert answer["params"]["scale"] == expected["params"]["scale"]
    expect(lab.page.locator("[data-region=lesson]")).to_have_text(preset.lesson)
    expect(lab.page.locator("[data-region=summary] .tile").first).to_be_visible()


def test_a_link_of_the_essay_leads_up_to_its_preset(lab: Visit) -> None:
    """What the essay speaks of is one click away: the preset opens, and its sentence and the results come into view."""
    preset = PRESETS["e2m1_ties"]
    link = lab.page.get_by_role("link", name=f"Try it: {preset.title}")
    assert lab.after(link.click)["dequantized"] == [0, 1, 1, 2, 2, 4, 4]
    expect(lab.page.locator("[data-region=lesson]")).to_have_text(preset.lesson)
    expect(lab.page.locator("[data-region=lesson]")).to_be_in_viewport()
    expect(lab.page.locator("#results")).to_be_focused()


@pytest.mark.parametrize(("query", "field", "text"), EDITS, ids=[field for _, field, _ in EDITS])
def test_control_changes_the_request(lab: Visit, query: str, field: str, text: str) -> None:
    """Each control can be reached where it applies, and what it says is what is computed."""
    if query:
        before = lab.follow_link(query)
        assert before["ok"]
        assert before["request"][field] != text
    answer = set_control(lab, field, text)
    assert answer["ok"], answer
    assert answer["request"][field] == text


def test_no_control_is_left_out(lab: Visit) -> None:
    """The list above has every control that the page has."""
    names = lab.page.evaluate("[...document.getElementById('controls').elements].map(control => control.name)")
    assert set(names) - {""} == {field for _, field, _ in EDITS} | OF_FILES | OF_PASTED_TEXT


@pytest.mark.parametrize("source", ["normal", "uniform", "laplace", "student_t", "outliers", "bimodal", "relu"])
def test_seed_decides_the_numbers(lab: Visit, source: str) -> None:
    """The same seed gives the numbers that it gives outside the browser; another seed gives others."""
    request = {"profile": "onnx", "source": source, "shape": "6,7", "seed": "12"}
    answer = lab.follow_link("&".join(f"{name}={text}" for name, text in request.items()))
    assert answer["values"] == laboratory.answer(request)["values"]
    assert set_control(lab, "seed", "13")["values"] != answer["values"]
    assert set_control(lab, "seed", "12")["values"] == answer["values"]


def test_undo_and_redo(lab: Visit) -> None:
    """Undo and redo, by the buttons or by the browser's, go from edit to edit; the form goes with them."""
    page = lab.page
    undo, redo = (page.get_by_role("button", name=name, exact=True) for name in ("Undo", "Redo"))
    lab.retype("bits", "4")
    page.locator("#bits").blur()
    set_control(lab, "scheme", "symmetric")
    assert lab.after(undo.click)["request"]["scheme"] == "affine"
    assert page.locator("#bits").input_value() == "4"
    assert lab.after(lambda: page.evaluate("history.back()"))["request"]["bits"] == "8"
    assert page.locator("#bits").input_value() == "8"
    assert lab.after(redo.click)["request"]["bits"] == "4"
    answer = lab.after(lambda: page.evaluate("history.forward()"))
    assert (answer["request"]["bits"], answer["request"]["scheme"]) == ("4", "symmetric")
    expect(redo).to_be_disabled()


def test_start_over_can_be_undone(lab: Visit) -> None:
    """Starting over brings the example back, form and address with it, and is an edit like any other."""
    lab.retype("values", "5 6 7")
    answer = lab.after(lambda: lab.page.get_by_role("button", name="Start over").click())
    assert answer["codes"] == [-128, -1, 127]
    assert lab.page.locator("#values").input_value() == "-3.0, 0.1, 3.2"
    assert "#" not in lab.page.url
    assert lab.after(lambda: lab.page.get_by_role("button", name="Undo").click())["values"] == [5, 6, 7]


@pytest.mark.parametrize("query", [MANY + "&seed=9&spread=3", MATRIX + "&granularity=axis&axis=1", FROM_CODES])
def test_link_reproduces_its_state(lab: Visit, query: str) -> None:
    """What stands in the address after an edit gives the same answer when it is opened anew."""
    lab.follow_link(query)
    answer = lab.retype("bits", "6")
    fragment = lab.page.url.split("#")[1]
    lab.after(lambda: lab.page.get_by_role("button", name="Start over").click())
    again = lab.follow_link(fragment)
    assert {**again["request"], "show": ""} == {**answer["request"], "show": ""}  # `show` is what was on the screen
    assert again["codes"] == answer["codes"]
    assert lab.page.locator("#bits").input_value() == "6"


def test_a_number_that_is_being_typed_is_no_error(lab: Visit) -> None:
    """A sign before its number is no error as long as its field has the focus, and one when it has not."""
    field = lab.page.locator("#values")
    field.press("ControlOrMeta+End")
    lab.after(lambda: field.press_sequentially(", 7", delay=50))
    field.press_sequentially(", -")
    lab.page.wait_for_function("document.documentElement.dataset.state === 'ready'")
    expect(lab.page.locator("#values-error")).to_have_count(0)
    lab.page.locator("#bits").focus()
    expect(lab.page.locator("#values-error")).to_have_count(1)
    field.focus()
    answer = lab.after(lambda: field.press_sequentially("2"))
    assert answer["values"][-1] == -2


DRAG = """async ([wanted, milliseconds]) => {
    const control = document.getElementById("bits"), drawn = [], published = [];
    const note = () => {
        const text = document.querySelector("[data-region=table] tbody").textContent;
        if (text !== drawn.at(-1)) drawn.push(text);
    };
    const figure = document.querySelector("[data-figure=mapping]");
    new MutationObserver(note).observe(figure, {childList: true, subtree: true});
    document.addEventListener("quantlab:answer", event => published.push(event.detail.request.bits));
    const started = performance.now();
    for (let i = 0; drawn.length < wanted && performance.now() - started < milliseconds; i++) {
        control.value = String(3 + i % 6);
        control.dispatchEvent(new Event("input", {bubbles: true}));
        await new Promise(requestAnimationFrame);
    }
    const whileMoving = drawn.length;
    while (document.documentElement.dataset.state !== "ready") await new Promise(requestAnimationFrame);
    return {whileMoving, last: control.value, published};
}"""


def test_the_page_follows_a_hand_that_does_not_rest(lab: Visit) -> None:
    """Edits that come faster than answers are drawn as they go, not when they end; told last is the last of them."""
    lab.follow_link(MANY)
    chart(lab, "mapping")
    seen = lab.page.evaluate(DRAG, [6, 60_000])
    assert seen["whileMoving"] == 6
    assert seen["published"][-1] == seen["last"]
    assert lab.answer()["request"]["bits"] == seen["last"]


def test_chart_cursor_by_arrow_keys(lab: Visit) -> None:
    """With the focus on a chart, arrow keys go from point to point and from line to line; where, is announced."""
    figure = chart(lab, "mapping")
    figure.focus()
    cursor = lab.page.locator("[data-region=cursor]")
    expect(cursor).to_have_attribute("role", "status")
    said = []
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "ArrowDown"):
        lab.page.keyboard.press(key)
        said.append(cursor.inner_text())
    assert "point 1 of" in said[0]
    assert "point 2 of" in said[1]
    assert said[2] == said[0]
    assert said[3].split(":")[0] != said[2].split(":")[0]
    assert all(" x " in words for words in said)
    assert "code " in said[0]
    assert "of a step; point" in said[0]


def number(text: str) -> float:
    """A number as it is written for people."""
    mantissa, _, power = text.rpartition("10") if re.search("10[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]", text) else (text, "", "⁰")
    factor = mantissa.removesuffix("×").replace("−", "-")
    return float(f"{factor or 1}e{power.translate(str.maketrans('⁰¹²³⁴⁵⁶⁷⁸⁹⁻', '0123456789-'))}")


def first_value_under_the_cursor(lab: Visit) -> str:
    """Moves the cursor of the two-axis chart to its first value, wherever it was left; returns what it says."""
    chart(lab, "mapping").focus()
    cursor = lab.page.locator("[data-region=cursor]")
    lab.page.keyboard.press("ArrowRight")
    while not cursor.inner_text().startswith("value x"):
        lab.page.keyboard.press("ArrowDown")
    while "point 1 of" not in cursor.inner_text():
        lab.page.keyboard.press("ArrowLeft")
    return cursor.inner_text()


@pytest.mark.parametrize("values", ["-3e38 1e38 3e38", "1e-44 3e-44", "-5000000000 12 5000000000"])
def test_cursor_and_sliders_of_huge_and_tiny_values(lab: Visit, values: str) -> None:
    """Numbers beyond those of 32 bits are told and laid out as they are."""
    lab.follow_link(f"profile=onnx&precision=float64&values={values}")
    said = re.search(r"value x: x ([^,]+),", first_value_under_the_cursor(lab))
    assert said is not None
    assert number(said[1]) == float(values.split()[0])
    chart(lab, "histogram")
    lab.page.wait_for_function(
        "top => Math.abs(document.querySelector('[data-handle=range_max]').value / top - 1) < 0.01",
        arg=max(map(float, values.split())),
    )


def test_enter_follows_the_number_under_the_cursor(lab: Visit) -> None:
    """What an arrow key has found on a chart, Enter follows; when the chart loses the focus, the cursor is gone."""
    lab.follow_link(MANY)
    first_value_under_the_cursor(lab)
    cursor = lab.page.locator("[data-region=cursor]")
    for _ in range(2):
        lab.page.keyboard.press("ArrowRight")
    said = re.search(r"value x: x ([^,]+),", cursor.inner_text())
    answer = lab.after(lambda: lab.page.keyboard.press("Enter"))
    assert said is not None
    assert answer["values"][int(answer["request"]["element"])] == pytest.approx(number(said[1]), rel=1e-5)
    assert int(answer["request"]["element"]) > 0
    lab.page.locator("#bits").focus()
    expect(cursor).to_be_empty()


def test_cursor_in_heat_maps(lab: Visit) -> None:
    """Arrow keys go from cell to cell of all four heat maps at once; the words are those of the answer."""
    answer = lab.follow_link("profile=onnx&source=normal&shape=4,6&bits=3")
    current_chart(lab, "heatmaps").focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowRight", "ArrowRight", "ArrowLeft"):
        lab.page.keyboard.press(key)
    said = lab.page.locator("[data-region=cursor]").inner_text()
    at = 1 * 6 + 1
    numbers = [answer["values"][at], answer["codes"][at], answer["dequantized"][at]]
    expected = [*numbers, numbers[2] - numbers[0]]
    place, _, cells = said.partition(": ")
    assert place == "row 1, column 1"
    found = re.findall(r"(original x|codes q|reconstruction x̂|error x̂ − x) (\S+?)(?:,|$)", cells)
    assert [float(text) for _, text in found] == pytest.approx(expected, rel=1e-4)
    assert lab.after(lambda: lab.page.keyboard.press("Enter"))["request"]["element"] == str(at)


@pytest.mark.parametrize("name", ["mapping", "heatmaps", "staircase"])
def test_a_click_on_a_chart_follows_the_number(lab: Visit, name: str) -> None:
    """A point, a stroke and a cell under the pointer are followed when they are clicked."""
    lab.follow_link("profile=onnx&source=normal&shape=12,12&bits=4")
    figure = current_chart(lab, name)
    figure.scroll_into_view_if_needed()
    box = figure.bounding_box()
    assert box is not None
    trace = lab.page.evaluate(
        """name => {
            const drawn = document.querySelector(`[data-figure="${name}"] > .chart`), trace = drawn.data.find(
                trace => trace.type === "heatmap" || trace.customdata && /^value/.test(trace.name));
            const isMap = trace.type === "heatmap", last = isMap ? 0 : trace.x.indexOf(Math.max(...trace.x));
            const {_fullLayout: layout} = drawn, place = isMap ? [7, 3] : [trace.x[last], trace.y[last]];
            const x = layout[(trace.xaxis ?? "x").replace("x", "xaxis")];
            const y = layout[(trace.yaxis ?? "y").replace("y", "yaxis")];
            const element = isMap ? 3 * 12 + 7 : trace.customdata[last];
            return {element, x: x._offset + x.l2p(place[0]), y: y._offset + y.l2p(place[1])};
        }""",
        name,
    )
    answer = lab.after(lambda: lab.page.mouse.click(box["x"] + trace["x"], box["y"] + trace["y"]))
    assert answer["request"]["element"] == str(trace["element"])


def test_table_pages(lab: Visit) -> None:
    """Long tables come in pages of ten rows; another page follows its first number; a row can be followed on any."""
    lab.follow_link(MANY)
    table = lab.page.locator("[data-region=table]")
    expect(table.locator("tbody tr")).to_have_count(10)
    answer = lab.after(lambda: table.get_by_role("button", name="Next").click())
    assert answer["table"]["first"] == 10
    expect(table.locator("tbody tr").first).to_have_attribute("data-element", "10")
    answer = lab.after(lambda: table.locator("tr[data-element='13'] td").first.click())
    assert answer["request"]["element"] == "13"
    expect(table.locator("[data-selected]")).to_have_attribute("data-element", "13")
    answer = lab.after(lambda: table.get_by_role("button", name="Previous").click())
    assert answer["table"]["first"] == 0


def test_the_table_by_error(lab: Visit) -> None:
    """The head of the errors sorts the numbers by the keyboard, the largest error first, and again brings them back."""
    lab.follow_link(MANY)
    table = lab.page.locator("[data-region=table]")
    rows, error = table.locator("tbody tr"), table.locator("th[data-key=error]")
    sort = error.get_by_role("button")
    sort.focus()
    answer = lab.after(lambda: lab.page.keyboard.press("Enter"))
    errors = [abs(back - x) for back, x in zip(answer["dequantized"], answer["values"], strict=True)]
    largest = sorted(range(len(errors)), key=lambda element: (-errors[element], element))
    expect(error).to_have_attribute("aria-sort", "descending")
    expect(sort).to_be_focused()
    expect(rows.first).to_have_attribute("data-element", str(largest[0]))
    assert [row["index"] for row in answer["table"]["rows"]] == largest[:10]
    lab.after(lambda: table.get_by_role("button", name="Show 100").click())
    expect(rows).to_have_count(100)
    expect(rows.last).to_have_attribute("data-element", str(largest[99]))
    assert "table_order=error" in lab.page.url
    lab.after(lambda: sort.click())
    expect(error).not_to_have_attribute("aria-sort", re.compile(""))
    expect(table.locator("th[data-key=index]")).to_have_attribute("aria-sort", "ascending")
    lab.after(lambda: table.get_by_role("button", name="Show ten").click())
    expect(rows).to_have_count(10)


def test_a_number_beyond_the_table_is_told(lab: Visit) -> None:
    """What the arrow keys reach on a chart is told also where the table does not show it."""
    values = [3 * number / 8 for number in range(40)]
    lab.follow_link(urlencode({"values": ", ".join(map(str, values))}))
    lab.page.wait_for_function(
        """() => document.querySelector('[data-figure=mapping] .chart')?.data.some(
            trace => trace.name === "value x" && trace.x.length === 40)"""
    )
    lab.page.locator('[data-figure="mapping"]').focus()
    for _ in range(16):
        lab.page.keyboard.press("ArrowRight")
    told = lab.page.locator("[data-region=cursor]")
    expect(told).to_contain_text(" of 40")
    place = int(re.findall(r"point (\d+) of 40", told.inner_text())[0]) - 1  # where it begins, an earlier test has left
    assert place >= 10  # beyond the table
    answer = lab.answer()
    code, back = answer["codes"][place], answer["dequantized"][place]
    expect(told).to_contain_text(f"x {values[place]:.6g}, code {code}, back {back:.6g}")


def test_next_and_previous_number(lab: Visit) -> None:
    """The buttons beside the index go from number to number and stop at the ends."""
    follow = lab.page.locator("#follow")
    assert lab.after(lambda: follow.get_by_role("button", name="Next").click())["request"]["element"] == "1"
    expect(lab.page.locator("#element")).to_have_value("1")
    assert lab.after(lambda: follow.get_by_role("button", name="Previous").click())["request"]["element"] == "0"


def test_comparison_is_sorted_by_any_column(lab: Visit) -> None:
    """A click on a column's head sorts the schemes by it, another turns them round; the head says which way."""
    lab.follow_link(MANY)
    current_chart(lab, "comparison")  # the table is drawn before it
    table = card(lab, "comparison").locator("table").first
    column = table.locator("th[data-key=sqnr_db]")
    expect(column).to_be_visible()

    def decibels() -> list[float]:
        cells = table.locator("td[data-key=sqnr_db]").all_inner_texts()
        return [float(cell.replace("−", "-").strip("≈ dB")) for cell in cells if cell.endswith("dB")]

    column.get_by_role("button").click()
    expect(column).to_have_attribute("aria-sort", "ascending")
    assert len(decibels()) > 3
    assert decibels() == sorted(decibels())
    column.get_by_role("button").click()
    expect(column).to_have_attribute("aria-sort", "descending")
    assert decibels() == sorted(decibels(), reverse=True)


def test_long_work_can_be_cancelled(visitor: Visit) -> None:
    """Cancelling stops Python and starts another; the last result stays, and the next edit is answered."""
    page = visitor.open()
    codes = page.locator("[data-region=table] td[data-key=q]").all_inner_texts()
    page.evaluate("location.hash = 'profile=onnx&source=student_t&shape=4000,2000&calibration=entropy'")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("[data-region=status]")).to_contain_text("Cancelled. The result shown is that of")
    page.wait_for_function("document.documentElement.dataset.state === 'ready'")
    assert page.locator("[data-region=table] td[data-key=q]").all_inner_texts() == codes
    answer = visitor.follow_link("values=1 2 3")
    assert answer["values"] == [1, 2, 3]


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("width", [320, 360])
def test_nothing_is_wider_than_a_phone(lab: Visit, width: int, scheme: Any) -> None:
    """A matrix with all its instruments fits narrow screens in both themes; nothing scrolls the page sideways."""
    lab.page.emulate_media(color_scheme=scheme)
    lab.page.set_viewport_size({"width": width, "height": 740})
    lab.follow_link(MANY)
    for name in ("mapping", "histogram", "heatmaps", "comparison"):
        chart(lab, name)
        assert lab.page.evaluate("document.documentElement.scrollWidth") <= width


def test_charts_follow_the_theme(lab: Visit) -> None:
    """Text in charts has the page's ink in both themes, switched by the system or by hand."""
    colour = "() => getComputedStyle(document.querySelector('[data-figure=mapping] .xtick text')).fill"
    ink = "() => getComputedStyle(document.body).color"
    chart(lab, "mapping")
    for scheme in ("dark", "light"):
        lab.page.emulate_media(color_scheme=scheme)
        lab.page.wait_for_function(f"({colour})() === ({ink})()")
    switch = lab.page.get_by_role("button", name="Dark theme")
    for _ in range(2):
        switch.click()
        lab.page.wait_for_function(f"({colour})() === ({ink})()")


def test_paper_shows_results_without_controls(lab: Visit) -> None:
    """Printed, the page is text, numbers and charts: no form, no buttons, no navigation."""
    lab.page.emulate_media(media="print")
    for hidden in ("#controls", ".masthead nav", "[data-region=status]", ".presets", ".skip", "#files-title"):
        expect(lab.page.locator(hidden)).to_be_hidden()
    printed_as_text = ".follow, .sort, .bit, .byte, .take"
    assert lab.page.locator(f"button:visible:not({printed_as_text})").count() == 0
    for shown in ("[data-region=summary]", "[data-region=table] table", "[data-region=steps]", "[data-figure=mapping]"):
        expect(lab.page.locator(shown)).to_be_visible()


def test_reduced_motion_moves_nothing(lab: Visit) -> None:
    """Whoever asks for less motion gets no animation and no gliding, even while Python computes."""
    moving = (
        "() => { const root = document.documentElement; root.dataset.state = 'computing';"
        " const status = getComputedStyle(document.querySelector('.status')).animationName;"
        " root.dataset.state = 'ready'; return [status, getComputedStyle(root).scrollBehavior]; }"
    )
    assert lab.page.evaluate(moving) == ["working", "smooth"]
    lab.page.emulate_media(reduced_motion="reduce")
    assert lab.page.evaluate(moving) == ["none", "auto"]

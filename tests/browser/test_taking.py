"""What a comparison shows is taken: by a click on a mark or on a row's name, and by the keyboard."""

from lab.comparing.schemes import SCHEMES
from playwright.sync_api import Locator, expect

from .conftest import Visit

MATRIX = "profile=onnx&source=normal&shape=8,256&bits=5"
PLACE = """([name, index]) => {
    const drawn = document.querySelector(`[data-figure="${name}"] > .chart`);
    const trace = drawn.data.find(trace => trace.meta?.rows?.includes(index));
    const at = trace.meta.rows.indexOf(index), {xaxis, yaxis} = drawn._fullLayout;
    return [xaxis._offset + xaxis.d2p(trace.x[at]), yaxis._offset + yaxis.d2p(trace.y[at])];
}"""


def complete_chart(visit: Visit, name: str) -> Locator:
    """The figure of an instrument, once it shows the answer that the page has, and its table."""
    figure = visit.page.locator(f"[data-figure={name}]")
    figure.scroll_into_view_if_needed()
    visit.page.wait_for_function(
        "name => quantlab.answer.figures[name]"
        " && document.querySelector(`[data-figure=${name}] > .chart`)?.data === quantlab.answer.figures[name].data",
        arg=name,
    )
    return figure


def row_of(visit: Visit, label: str) -> int:
    """The index of the row with a name in the table of the comparison, which says it of its mark, too."""
    button = visit.page.locator("#instrument-comparison").get_by_role("button", name=label, exact=True)
    return int(button.locator("xpath=ancestor::tr").get_attribute("data-row") or "-1")


def test_a_mark_is_taken_by_a_click(lab: Visit) -> None:
    """A click on the mark of a scheme makes it the present one; going back is one step."""
    lab.follow_link(MATRIX)
    figure = complete_chart(lab, "comparison")
    x, y = lab.page.evaluate(PLACE, ["comparison", row_of(lab, "Q8_0")])
    box = figure.bounding_box()
    assert box is not None
    answer = lab.after(lambda: lab.page.mouse.click(box["x"] + x, box["y"] + y))
    assert answer["request"]["format"] == "q8_0"
    assert lab.page.locator("#format").input_value() == "q8_0"
    answer = lab.after(lambda: lab.page.get_by_role("button", name="Undo").click())
    assert (answer["request"]["format"], answer["request"]["bits"]) == ("", "5")


def test_a_row_is_taken_by_the_keyboard(lab: Visit) -> None:
    """The name of a scheme is a button; of a format the request goes back to integers by one press, too."""
    lab.follow_link("profile=onnx&source=normal&shape=8,256&format=nf4")
    complete_chart(lab, "comparison")
    button = lab.page.locator("#instrument-comparison").get_by_role("button", name="int4 by rows", exact=True)
    button.focus()
    answer = lab.after(lambda: lab.page.keyboard.press("Enter"))
    fields = ("format", "bits", "scheme", "granularity")
    assert [answer["request"][field] for field in fields] == ["", "4", "symmetric", "axis"]


def test_enter_takes_the_mark_under_the_cursor(lab: Visit) -> None:
    """What the arrow keys have found in the comparison, Enter takes."""
    lab.follow_link(MATRIX)
    complete_chart(lab, "comparison").focus()
    cursor = lab.page.locator("[data-region=cursor]")
    lab.page.keyboard.press("ArrowRight")
    expect(cursor).to_contain_text("tensor or rows")
    answer = lab.after(lambda: lab.page.keyboard.press("Enter"))
    wanted = SCHEMES["int8_channel"].fields  # the first of the usual ones
    assert {name: answer["request"][name] for name in wanted} == wanted


def test_the_best_is_one_press_away(lab: Visit) -> None:
    """The sentence names the best, a button beside it takes it, and then the sentence says that nothing is better."""
    lab.follow_link("compare=int8_tensor")
    complete_chart(lab, "comparison")
    card = lab.page.locator("#instrument-comparison")
    expect(card.locator(".reply")).to_contain_text("the most exact is int8, one scale")
    answer = lab.after(lambda: card.get_by_role("button", name="Use int8, one scale").click())
    assert (answer["request"]["scheme"], answer["request"]["profile"]) == ("symmetric", "onnx")
    expect(card.locator(".reply")).to_contain_text("are the best in this list")
    expect(card.locator(".offers")).to_be_hidden()

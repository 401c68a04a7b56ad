"""Static drawings: well-formed SVG, inside its box, in the page's own colour."""

import re
import xml.etree.ElementTree as ElementTree

import lab
import pytest
from lab.drawing import svg
from lab.drawing.svg_axis import nice_ticks
from lab.notation.nodes import markup, text_of

SVG = "{http://www.w3.org/2000/svg}"
BAR_CHART = {
    "data": [{"type": "bar", "x": [0, 1, 2], "y": [3, 1, 2], "name": "bars", "marker": {"color": "#888888"}}],
    "layout": {"xaxis": {"range": [-1, 3]}, "yaxis": {"range": [0, 4]}, "showlegend": False},
}
REQUESTS: list[dict[str, str]] = [
    {},
    {"profile": "onnx", "bits": "3"},
    {"direction": "dequantize"},
    {"values": " ".join(f"{i * 37 % 101}" for i in range(500)), "profile": "onnx"},
]


def drawings(request: dict[str, str]) -> dict[str, ElementTree.Element]:
    """Every figure of an answer, drawn."""
    figures = lab.answer(request)["figures"]
    names = ("mapping", "staircase", "error")
    return {name: ElementTree.fromstring(markup(svg.draw(figures[name], 720, 300, name))) for name in names}


@pytest.mark.parametrize("request_", REQUESTS)
def test_drawings_are_svg_with_a_name(request_: dict[str, str]) -> None:
    """Every figure becomes one SVG with a role, a name and a view box of the size that was asked."""
    for name, root in drawings(request_).items():
        assert root.tag == f"{SVG}svg"
        assert root.attrib["viewBox"] == "0 0 720 300"
        assert (root.attrib["role"], root.attrib["aria-label"]) == ("img", name)
        assert root.attrib["fill"] == "currentColor"


@pytest.mark.parametrize("request_", REQUESTS)
def test_marks_lie_in_the_box(request_: dict[str, str]) -> None:
    """No marker and no text is placed outside the drawing, and no coordinate is a NaN."""
    for root in drawings(request_).values():
        for element in root.iter():
            for across, down in (("cx", "cy"), ("x", "y")):
                if across in element.attrib:
                    assert 0 <= float(element.attrib[across]) <= 720
                    assert 0 <= float(element.attrib[down]) <= 300
        assert "nan" not in ElementTree.tostring(root, "unicode").lower()


def test_the_mapping_writes_the_notebooks_numbers() -> None:
    """The drawing of the notebook's example carries its values, codes and zero point as text."""
    texts = {element.text for element in drawings({})["mapping"].iter(f"{SVG}text")}
    assert {"x = −3.0", "x = 0.1", "x = 3.2", "q = −128", "q = −1", "q = 127", "z = −5"} <= texts


def test_drawings_have_no_theme() -> None:
    """Texts have no colour of their own, so that they fit a light and a dark page."""
    for root in drawings({}).values():
        assert not [text for text in root.iter(f"{SVG}text") if "fill" in text.attrib]


def test_many_dots_are_one_element() -> None:
    """So a drawing of hundreds costs the page no more than one of a few; dots of several sizes stay apart."""
    x = list(range(100))
    trace = {
        "type": "scatter",
        "mode": "markers",
        "x": x,
        "y": x,
        "name": "dots",
        "marker": {"color": "#888888", "size": 6},
    }
    layout = {"xaxis": {"range": [0, 99]}, "yaxis": {"range": [0, 99]}, "showlegend": False}

    def drawn(size: int | list[int]) -> ElementTree.Element:
        figure = {"data": [trace | {"marker": {"color": "#888888", "size": size}}], "layout": layout}
        return ElementTree.fromstring(markup(svg.draw(figure, 400, 300)))

    (path,) = (path for path in drawn(6).iter(f"{SVG}path") if path.attrib.get("stroke-linecap") == "round")
    assert (path.attrib["stroke-width"], path.attrib["d"].count("h0")) == ("6", 100)
    assert len(list(drawn([6] * 100).iter(f"{SVG}circle"))) == 100


def test_bars_are_drawn() -> None:
    """A bar for each value, as high as the value."""
    root = ElementTree.fromstring(markup(svg.draw(BAR_CHART, 400, 300)))
    heights = [float(bar.attrib["height"]) for bar in root.iter(f"{SVG}rect")]
    assert heights == pytest.approx([162, 54, 108], abs=0.2)  # of 216 pixels for 4


def test_tags_in_texts_are_left_out() -> None:
    """Plotly's tags in a label do not reach the drawing."""
    figure = {
        "data": [],
        "layout": {"xaxis": {"range": [0, 1], "title": {"text": "<b>x</b>"}}, "yaxis": {"range": [0, 1]}},
    }
    assert "x" in re.findall(r"[a-z]", text_of(svg.draw(figure)))


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-1e-300, 1e-300), (-1e308, 1e308), (1e9, 1e9 + 1), (-0.3, 12345.6)])
def test_ticks_are_few_and_inside(low: float, high: float) -> None:
    """Ticks lie within the range, rise, and are neither none nor a crowd."""
    ticks = nice_ticks(low, high, 6)
    assert all(low <= tick <= high for tick in ticks)
    assert ticks == sorted(set(ticks))
    assert 1 <= len(ticks) <= 14

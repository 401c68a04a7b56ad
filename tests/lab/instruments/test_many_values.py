"""The mapping, the staircase and the error of thousands of values and of many scales: fair, whole and true."""

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import lab
import numpy as np
import pytest
from lab.drawing import figure

Ask = Callable[..., tuple[dict[str, Any], dict[str, Any]]]


def trace(drawn: dict[str, Any], name: str) -> dict[str, Any]:
    """A trace by its name."""
    return next(trace for trace in drawn["data"] if trace["name"] == name)


def marks(drawn: dict[str, Any], name: str) -> dict[str, Any]:
    """The marks of a trace."""
    return next(trace for trace in drawn["data"] if trace["name"] == name and "markers" in trace["mode"])


def test_a_selection_looks_like_all(normal: np.ndarray) -> None:
    """Drawn are not only extremes: the distribution of the selected is near that of all, everywhere."""
    chosen = normal[figure.select([normal, -normal], 1500)]
    places = np.linspace(-3, 3, 61)
    of_all, of_chosen = (np.searchsorted(np.sort(x), places) / x.size for x in (normal, chosen))
    assert np.abs(of_all - of_chosen).max() < 0.12  # a third are extremes; with extremes alone it is 0.37


def test_a_selection_does_not_hide_a_period() -> None:
    """Values that repeat with the distance between selected ones are still seen in all their phases."""
    periodic = np.tile(np.arange(10.0), 1000)
    chosen = periodic[figure.select([periodic], 1500)]
    assert (np.bincount(chosen.astype(int), minlength=10) > 30).all()


def test_errors_of_many_scales_are_in_steps(ask: Ask) -> None:
    """With a scale for each row, errors are drawn in steps of their own scale, and the band holds for all of them."""
    values = np.random.default_rng(3).normal(size=(4, 50)) * np.array([[1.0], [10.0], [100.0], [1000.0]])
    view, drawn = ask("error", values, profile="onnx", granularity="axis", axis="0", bits="4", precision="float64")
    low, high = np.minimum(values.min(axis=1), 0), np.maximum(values.max(axis=1), 0)
    scale = ((high - low) / 15)[:, np.newaxis]
    zero_point = np.rint(-8 - low[:, np.newaxis] / scale)
    codes = np.clip(np.rint(values / scale) + zero_point, -8, 7)
    steps = codes - zero_point - values / scale
    assert marks(drawn, "error")["y"] == pytest.approx(steps.reshape(-1).tolist(), abs=1e-9)
    band = next(shape for shape in drawn["layout"]["shapes"] if shape["type"] == "rect")
    assert (band["y0"], band["y1"]) == (-0.5, 0.5)
    assert "own scale" in view["caption"]


def test_a_slice_is_drawn_whole(ask: Ask, normal: np.ndarray) -> None:
    """The staircase shows every value of the followed number's block, however many other blocks there are."""
    _, drawn = ask("staircase", normal, profile="onnx", granularity="block", axis="0", block_size="32", element="100")
    points = marks(drawn, "values")
    assert points["x"] == normal[96:128].astype(np.float32).astype(float).tolist()
    assert points["customdata"] == list(range(96, 128))


def test_labels_at_the_rim_grow_inward(ask: Ask) -> None:
    """On a phone, the numbers of the outermost marks stay in the picture."""
    _, drawn = ask("mapping")
    texts = next(trace for trace in drawn["data"] if trace["mode"] == "text" and "x = −3.0" in trace["text"])
    sides = dict(zip(texts["text"], texts["textposition"], strict=True))
    of_values = {text: side for text, side in sides.items() if text.startswith("x =")}
    assert of_values == {"x = −3.0": "top right", "x = 0.1": "top center", "x = 3.2": "top left"}
    assert [sides[f"q = {code}"] for code in ("−128", "−1", "127")] == ["bottom right", "bottom center", "bottom left"]


GROWN = {"right": 0, "center": 0.5, "left": 1}  # how much of a text is left of its place
CROWDED = [0.31, -0.42, 0.17, -0.08, 0.55, -0.63, 0.24, -0.29, 0.48, -0.11, 0.37, 1.9]


@pytest.mark.parametrize(("screen", "drawing", "text"), [("phone", 290, 76), ("tablet", 634, 78)])
def test_labels_do_not_meet(ask: Ask, screen: str, drawing: int, text: int) -> None:
    """The texts at twelve values are apart, pixels wide as measured, also where those at the rim grow inward."""
    _, drawn = ask("mapping", CROWDED)
    low, high = drawn["layout"]["xaxis"]["range"]
    texts = [trace for trace in drawn["data"] if trace["mode"] == "text"]
    seen = [trace for trace in texts if drawing >= trace.get("meta", {"room": 0})["room"]]
    ends = []
    for trace in seen:
        for x, said, side in zip(trace["x"], trace["text"], trace["textposition"], strict=True):
            if said.startswith("x̂"):
                left = (x - low) / (high - low) * drawing - text * GROWN[side.split()[1]]
                ends.append((left, left + text))
    ends.sort()
    assert len(ends) >= 2, screen
    assert all(right < left for (_, right), (left, _) in pairwise(ends)), screen


def filled(drawn: dict[str, Any], name: str) -> list[list[tuple[float, float]]]:
    """The corners of each filled outline of a shape."""
    path = next(shape["path"] for shape in drawn["layout"]["shapes"] if shape.get("name") == name)
    outlines = [re.findall(r"([^,L]+),([^,L]+)", outline) for outline in path.split("M")[1:]]
    return [[(float(x), float(y)) for x, y in outline] for outline in outlines]


def test_many_values_are_columns(ask: Ask, normal: np.ndarray) -> None:
    """Of 10,000 values the mapping draws how many there are in each stretch, the tallest column for the most."""
    view, drawn = ask("mapping", normal)
    columns = filled(drawn, "value x")
    begins = np.array([column[0][0] for column in columns])
    heights = np.array([column[1][1] - column[0][1] for column in columns])
    width = columns[0][2][0] - columns[0][0][0]
    counts = [np.count_nonzero((normal >= begin) & (normal < begin + width)) for begin in begins]
    assert sum(counts) == pytest.approx(10_000, abs=20)  # a value on an edge, in nine digits
    np.testing.assert_allclose(heights / heights.max(), np.array(counts) / max(counts), atol=5e-3)
    assert "columns" in view["caption"]
    assert sum(len(trace["x"]) for trace in drawn["data"]) < 700
    assert len(drawn["layout"]["shapes"]) < 12


def test_of_few_codes_each_has_a_column_and_the_values_that_it_takes(ask: Ask, normal: np.ndarray) -> None:
    """With 4 bits, a fan reaches from the smallest to the largest value of each code, and their number is told."""
    fields = {"profile": "onnx", "bits": "4", "precision": "float64"}
    _, drawn = ask("mapping", normal, **fields)
    scale = (normal.max() - normal.min()) / 15
    zero_point = np.rint(-8 - normal.min() / scale)
    codes = np.clip(np.rint(normal / scale) + zero_point, -8, 7)
    there = np.unique(codes)
    ends = [(normal[codes == code].min(), normal[codes == code].max()) for code in there]
    fans = filled(drawn, "quantize")
    np.testing.assert_allclose([(fan[0][0], fan[1][0]) for fan in fans], ends, rtol=1e-6)
    np.testing.assert_allclose([fan[2][0] for fan in fans], (there - zero_point) * scale, rtol=1e-6, atol=1e-12)
    told = trace(drawn, "code q")["text"]
    counts = [np.count_nonzero(codes == code) for code in there]
    assert [int(re.sub(r"\D", "", text.partition("of")[2])) for text in told] == counts


@pytest.mark.parametrize(
    ("fields", "members", "name"),
    [
        (
            {"format": "q4_k", "source": "normal", "shape": "2,256", "element": "300"},
            range(288, 320),
            "sub-block 9 of 0 to 15",
        ),
        ({"format": "mxfp4", "source": "normal", "shape": "2,40", "element": "75"}, range(72, 80), "block 3 of 0 to 3"),
        (
            {"profile": "onnx", "granularity": "axis", "source": "normal", "shape": "4,4", "axis": "1", "element": "6"},
            range(2, 16, 4),
            "column 2 of 0 to 3",
        ),
    ],
)
def test_only_the_followed_block_is_drawn(ask: Ask, fields: dict[str, str], members: range, name: str) -> None:
    """The numbers that share the followed one's scale, and a strip of all scales; a click there follows a block."""
    view, drawn = ask("mapping", **fields)
    assert marks(drawn, "value x")["customdata"] == list(members)
    assert f"Drawn is {name}, " in view["caption"]
    assert name in view["table"]["caption"]
    blocks = next(trace for trace in drawn["data"] if trace.get("name", "").startswith("every "))
    assert len(blocks["x"]) == int(name.rpartition(" ")[2]) + 1
    assert blocks["customdata"][int(name.split()[1])] == members[0]
    assert len(filled(drawn, "followed block")) == 1


def test_one_scale_has_no_strip(ask: Ask) -> None:
    """Where all values share a scale, there is nothing to choose from."""
    _, drawn = ask("mapping")
    assert "xaxis3" not in drawn["layout"]


def test_of_thousands_of_blocks_the_strip_shows_the_largest(ask: Ask) -> None:
    """A cell of the strip stands for several blocks: the one with the largest scale is found in it."""
    values = np.ones((1, 512 * 32))
    values[0, 100 * 32] = 50
    _, drawn = ask("mapping", values, format="q8_0", element="0")
    blocks = next(trace for trace in drawn["data"] if trace.get("name") == "every block")
    assert len(blocks["x"]) == 128
    assert 100 * 32 in blocks["customdata"]


@pytest.mark.parametrize(
    ("fields", "handles"),
    [
        (
            {"values": "-3, 0.1, 3.2"},
            {"range_min": -3, "range_max": 3.2, "values:0": -3, "values:1": 0.1, "values:2": 3.2},
        ),
        (
            {"values": "[[-3, .1], [32e-1, 4]]", "granularity": "axis", "axis": "1", "profile": "onnx", "element": "2"},
            {"range_min": -3, "range_max": 3.2, "values:0": -3, "values:2": 3.2},
        ),
        ({"values": "1,5; 2,25; 3,0", "commas": "decimal"}, {"range_min": 1.5, "range_max": 3}),
        ({"source": "uniform", "shape": "2", "spread": "1"}, {"range_min", "range_max"}),
        (
            {"values": " ".join(str(i) for i in range(13)), "element": "4"},
            {"range_min": 0, "range_max": 12, "values:4": 4},
        ),
        ({"values": " ".join(str(i) for i in range(81))}, {"range_min": 0, "range_max": 80}),
        ({"direction": "dequantize", "codes": "1 2 3"}, {}),
        ({"format": "q4_k", "values": "1 2 3"}, {"values:0": 1, "values:1": 2, "values:2": 3}),
        ({"format": "float8_e4m3fn", "values": "1 2"}, {"values:0": 1, "values:1": 2}),
    ],
)
def test_typed_values_and_ends_of_a_range_can_be_moved(fields: dict[str, str], handles: Any) -> None:
    """The figure offers what is drawn of both, where the page can put a number into the text."""
    answer = lab.answer({**fields, "show": "mapping"})
    view = next(view for view in answer["instruments"] if view["name"] == "mapping")
    found = view.get("handles", {})
    assert set(found) == set(handles)
    assert set(view.get("heights", {})) == {name for name in handles if name.startswith("values:")}
    if isinstance(handles, dict):
        assert found == pytest.approx(handles)

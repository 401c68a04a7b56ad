"""The histogram: every value counted, clipped ones apart, handles at the ends of the range."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from lab.drawing.binning import counts_of, edges

Ask = Callable[..., tuple[dict[str, Any], dict[str, Any]]]


def test_every_value_is_counted_where_it_lies(ask: Ask, normal: np.ndarray) -> None:
    """The bars are NumPy's own histogram of the values."""
    _, figure = ask("histogram", normal, profile="onnx", precision="float64")
    bars = figure["data"][0]
    counts, ends = np.histogram(normal, len(bars["x"]))
    assert bars["y"] == counts.tolist()
    assert bars["x"] == pytest.approx(((ends[:-1] + ends[1:]) / 2).tolist())
    assert [trace["name"] for trace in figure["data"] if trace["type"] == "bar"] == ["values"]  # none is clipped


def test_clipped_values_are_told_apart_by_side(ask: Ask, normal: np.ndarray) -> None:
    """A value counts as clipped if its nearest code lies beyond the format, counted here one by one."""
    view, figure = ask(
        "histogram", normal, profile="onnx", bits="4", calibration="manual", range_min="-1.5", range_max="2.25"
    )
    scale = np.float32(np.float32(3.75) / np.float32(15))
    steps = np.rint(normal.astype(np.float32) / scale) + np.rint(-8 + np.float32(1.5) / scale)
    below, above = int((steps < -8).sum()), int((steps > 7).sum())
    assert min(below, above) > 50
    inside, beyond = (trace for trace in figure["data"] if trace["type"] == "bar")
    assert (sum(inside["y"]), sum(beyond["y"])) == (10_000 - below - above, below + above)
    assert f"({below:,})" in view["caption"]
    assert f"({above:,})" in view["caption"]


def test_the_handles_are_the_ends_of_the_range(ask: Ask) -> None:
    """The handles stand at the range in use, symmetric where the scheme is, and the figure draws them there."""
    view, figure = ask("histogram")
    assert view["handles"] == {"range_min": -3.0, "range_max": 3.2}
    lines = {shape["name"]: shape["x0"] for shape in figure["layout"]["shapes"]}
    assert lines == view["handles"]
    view, _ = ask("histogram", [-1.0, 0.5, 2.0], profile="onnx", scheme="symmetric")
    assert view["handles"] == {"range_min": -2.0, "range_max": 2.0}
    view, _ = ask("histogram", [1.0, 2.0], profile="onnx", calibration="manual", range_min="0.5", range_max="1.5")
    assert view["handles"] == {"range_min": 0.0, "range_max": 1.5}  # zero is in the range


@pytest.mark.parametrize(("bits", "every"), [("2", 1), ("6", 1), ("8", 4), ("16", 1024)])
def test_levels_are_thinned_and_it_is_said(ask: Ask, bits: str, every: int) -> None:
    """At most 64 regular levels and the highest are drawn, each a number that has a code; the caption says how many."""
    view, figure = ask("histogram", [-2.0, 2.0], profile="onnx", bits=bits, scheme="symmetric", precision="float64")
    strokes = next(trace for trace in figure["data"] if trace["name"] == "levels of the codes")["x"][::3]
    assert len(strokes) <= 65
    step = 2 / (2 ** (int(bits) - 1) - 1)
    codes = np.array(strokes) / step
    assert codes == pytest.approx(np.rint(codes))
    assert set(np.diff(np.rint(codes))[:-1]) <= {every}
    assert ("one in" in view["caption"]) == (every > 1)


def test_a_slice_has_its_own_histogram(ask: Ask) -> None:
    """With one scale for each row, the values and the levels are those of the followed number's row."""
    values = np.array([[1.0, 2.0, 3.0, 4.0], [10.0, 20.0, 30.0, 44.0]])
    view, figure = ask("histogram", values, profile="onnx", granularity="axis", axis="0", element="5")
    assert sum(figure["data"][0]["y"]) == 4
    assert view["handles"]["range_max"] == 44.0
    assert "4 values that share a scale" in view["caption"]


def test_the_table_is_the_chart(ask: Ask, normal: np.ndarray) -> None:
    """The twin's stretches hold as many values as the bars above them, and together all."""
    view, _ = ask("histogram", normal)
    counts = [int(row["cells"][2].replace(",", "")) for row in view["table"]["rows"]]
    assert sum(counts) == 10_000
    assert counts == np.histogram(normal, len(counts))[0].tolist()
    assert sum(row["selected"] for row in view["table"]["rows"]) == 1


@pytest.mark.parametrize("values", [[2.0, 2.0], [0.0], [1e300, -1e300], [3e-300, 1e-300], [-7.0]])
def test_degenerate_values_have_a_histogram(ask: Ask, values: list[float]) -> None:
    """Constant, single, huge and subnormal values are counted, too."""
    _, figure = ask("histogram", values)
    assert sum(sum(trace["y"]) for trace in figure["data"] if trace["type"] == "bar") == len(values)


def test_bins_are_half_open() -> None:
    """A value on an edge belongs to the bin that begins there, the last edge to the last bin."""
    ends = edges(-1.0, 1.0, 8)
    assert ends.tolist() == [-1.0, -0.75, -0.5, -0.25, 0.0, 0.25, 0.5, 0.75, 1.0]
    assert counts_of(ends, -1.0, 1.0, 8).tolist() == [1, 1, 1, 1, 1, 1, 1, 2]

"""The mapping, the staircase and the error of thousands of values and of many scales: fair, whole and true."""

import re
from collections.abc import Callable
from typing import Any

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


def test_strokes_do_not_hide_each_other(ask: Ask, normal: np.ndarray) -> None:
    """Of many values, the strokes of values and reconstructions stand to either side of the real line."""
    _, drawn = ask("mapping", normal)
    heights = {
        shape["name"]: [float(place.partition(",")[2]) for place in re.findall(r"[^ML]+", shape["path"])]
        for shape in drawn["layout"]["shapes"]
        if shape["type"] == "path"
    }
    assert min(heights["value x"]) > 1.0 > max(heights["back x̂"])
    assert len(heights["value x"]) == 2 * len(trace(drawn, "value x")["x"])
    assert max(heights["quantize"]) == max(heights["dequantize"]) == 1.0


def test_strokes_of_many_values_are_where_the_values_are(ask: Ask, normal: np.ndarray) -> None:
    """What is seen and what the pointer finds are the same numbers, extremes among them."""
    _, drawn = ask("mapping", normal)
    path = next(shape["path"] for shape in drawn["layout"]["shapes"] if shape.get("name") == "value x")
    seen = [float(start) for start in re.findall(r"M([^,]+)", path)]
    np.testing.assert_allclose(seen, trace(drawn, "value x")["x"], rtol=1e-6)
    assert (min(seen), max(seen)) == pytest.approx((normal.min(), normal.max()), rel=1e-6)

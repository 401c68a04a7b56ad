"""The charts: valid by Plotly's own schema, decimated without losing extremes, true to the numbers."""

import lab
import numpy as np
import plotly.graph_objects as go
import pytest
from lab.drawing import figure
from lab.instruments import INSTRUMENTS

MANY = " ".join(map(repr, np.random.default_rng(1).normal(size=5000).tolist()))
REQUESTS: list[dict[str, str]] = [
    {},
    {"direction": "dequantize"},
    {"direction": "dequantize", "profile": "onnx"},
    {"profile": "onnx", "bits": "2", "rounding": "toward_zero"},
    {"profile": "onnx", "bits": "16", "values": MANY},
    {"profile": "pytorch", "values": "[[1, 2], [300, 4]]", "granularity": "axis", "bits": "3"},
    {"profile": "onnx", "values": MANY, "granularity": "block", "rounding": "stochastic", "bits": "4"},
    {"values": "5"},
    {"values": "0 0 0"},
    {"values": "1e300 -1e300"},
    {"profile": "onnx", "values": "1e-44 3e-45"},
    {"values": "10 11", "element": "1", "calibration": "manual", "range_min": "10.5"},
]


@pytest.mark.parametrize("request_", REQUESTS)
def test_figures_are_plotlys(request_: dict[str, str]) -> None:
    """Every figure is accepted by Plotly's Python schema, and none carries a theme."""
    answer = lab.answer(request_)
    assert answer["ok"], answer
    assert {"mapping", "staircase", "error"} <= set(answer["figures"])
    for drawn in answer["figures"].values():
        go.Figure(drawn)
        assert "template" not in drawn["layout"]


@pytest.mark.parametrize("request_", REQUESTS)
def test_every_chart_has_words_and_a_table(request_: dict[str, str]) -> None:
    """An instrument with a figure has a title, a caption and a table twin whose rows fit its columns."""
    for view in lab.answer(request_)["instruments"]:
        assert view["name"] in INSTRUMENTS
        assert view["title"]
        if not view["applies"]:
            continue
        assert len(view["caption"]) > 40
        assert view["table"]["caption"]
        assert all(len(row["cells"]) == len(view["table"]["columns"]) for row in view["table"]["rows"])


@pytest.mark.parametrize("request_", REQUESTS)
def test_legends_begin_at_one_height(request_: dict[str, str]) -> None:
    """Charts may stand beside each other: every legend is along the top edge of its chart, whatever is below it."""
    for name, drawn in lab.answer(request_)["figures"].items():
        legend = drawn["layout"]["legend"]
        assert (legend["yref"], legend["y"], legend["yanchor"]) == ("container", 1, "top"), name


@pytest.mark.parametrize("request_", REQUESTS)
def test_traces_are_short(request_: dict[str, str]) -> None:
    """No trace has many more than 2,000 points, whatever the number of values."""
    for name, drawn in lab.answer(request_)["figures"].items():
        assert all(len(trace.get("x", ())) <= 2200 for trace in drawn["data"]), name


def test_selection_keeps_extremes_and_what_it_is_told() -> None:
    """Of many elements, the smallest and largest of every column and the followed one are drawn."""
    rng = np.random.default_rng(2)
    first, second = rng.normal(size=(2, 100_003))
    chosen = figure.select([first, second], 2000, (77_777,))
    assert len(chosen) <= 2010
    assert {first.argmin(), first.argmax(), second.argmin(), second.argmax(), 77_777} <= set(chosen.tolist())
    assert (np.diff(chosen) > 0).all()


def test_the_staircase_holds_the_data() -> None:
    """Every drawn point lies on the tread that the staircase has at its value."""
    request = {"profile": "onnx", "bits": "3", "values": "-1 -0.6 -0.1 0.33 0.7 1.4 2"}
    traces = {trace["name"]: trace for trace in lab.answer(request)["figures"]["staircase"]["data"]}
    stairs, points = traces["staircase"], traces["values"]
    for x, x_hat in zip(points["x"], points["y"], strict=True):
        corner = max(i for i, edge in enumerate(stairs["x"]) if edge <= x)
        assert stairs["y"][corner] == pytest.approx(x_hat, rel=1e-6)  # x̂ is float32


@pytest.mark.parametrize("rounding", ["half_even", "half_away", "toward_zero", "floor", "ceil"])
def test_the_staircase_follows_the_rounding(rounding: str) -> None:
    """Between the thresholds of every rounding, the staircase says what the codes say."""
    values = np.linspace(-1.99, 1.99, 200) + 0.0031  # beside the thresholds, where ties would decide
    request = {"profile": "onnx", "bits": "3", "precision": "float64", "rounding": rounding, "calibration": "manual",
               "range_min": "-2", "range_max": "1.5", "values": " ".join(map(repr, values.tolist()))}  # fmt: skip
    traces = {trace["name"]: trace for trace in lab.answer(request)["figures"]["staircase"]["data"]}
    stairs, points = traces["staircase"], traces["values"]
    for x, x_hat in zip(points["x"], points["y"], strict=True):
        corner = max(i for i, edge in enumerate(stairs["x"]) if edge <= x)
        assert stairs["y"][corner] == pytest.approx(x_hat, abs=1e-12)


def test_rounding_errors_lie_in_the_band() -> None:
    """Without clipping, no drawn error is larger than the band of half a step."""
    drawn = lab.answer({"profile": "onnx", "values": MANY, "precision": "float64"})["figures"]["error"]
    band = next(shape for shape in drawn["layout"]["shapes"] if shape["type"] == "rect")
    errors = next(trace for trace in drawn["data"] if trace["name"] == "error")["y"]
    assert max(map(abs, errors)) <= band["y1"] * (1 + 1e-9)  # the error is a difference of two rounded numbers
    assert max(map(abs, errors)) > 0.9 * band["y1"]


def test_gaps_are_nulls() -> None:
    """Lines of one trace are separated by null, and what is not finite is null."""
    assert figure.gapped(np.array([1.0]), np.array([2.0])) == [1.0, 2.0, None]
    assert figure.listed(np.array([1.0, np.inf, np.nan])) == [1.0, None, None]

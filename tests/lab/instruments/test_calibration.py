"""The price of a range: the drawn curve against the errors of whole quantizations, and what is marked on it."""

from collections.abc import Callable
from typing import Any

import lab
import numpy as np
import pytest
from lab.comparing.tradeoff import tradeoff
from lab.request.settings import read

import quantcore as qc

Ask = Callable[..., tuple[dict[str, Any], dict[str, Any]]]


def curve(figure: dict[str, Any], name: str) -> tuple[np.ndarray, np.ndarray]:
    """The thresholds and heights of a line; NaN where nothing is drawn."""
    trace = next(trace for trace in figure["data"] if trace["name"] == name)
    return np.array(trace["x"]), np.array(trace["y"], float)


def whole(x: np.ndarray, low: float, high: float, bits: int, scheme: str, include_zero: bool) -> float:
    """The mean squared error of really quantizing all values to a range."""
    params = qc.choose_qparams(
        x, qc.IntFormat(bits), scheme, calibration=(low, high), include_zero=include_zero, dtype=np.float64
    )
    return float(np.mean((qc.dequantize(qc.quantize(x, params), params) - x) ** 2))


@pytest.mark.parametrize("scheme", ["symmetric", "affine"])
@pytest.mark.parametrize("bits", [2, 4, 8])
def test_few_values_are_priced_exactly(ask: Ask, normal: np.ndarray, scheme: str, bits: int) -> None:
    """For up to 2,048 values, every point of the curve is the error of quantizing them to that range."""
    x = normal[:1500]
    _, figure = ask("calibration", x, profile="onnx", precision="float64", scheme=scheme, bits=str(bits))
    threshold, total = curve(figure, "total")
    absmax = float(np.abs(x).max())
    low, high = (-absmax, absmax) if scheme == "symmetric" else (float(x.min()), float(x.max()))
    for index in range(0, threshold.size, 7):
        share = threshold[index] / max(-low, high)
        assert total[index] == pytest.approx(whole(x, low * share, high * share, bits, scheme, True), rel=1e-9)
    parts = np.nan_to_num(curve(figure, "clipping")[1]) + np.nan_to_num(curve(figure, "rounding")[1])
    assert parts == pytest.approx(total)


@pytest.mark.parametrize("scheme", ["symmetric", "affine"])
def test_many_values_are_priced_nearly(scheme: str) -> None:
    """Of 200,000 values, outliers among them, the estimate is within a tenth of the error of quantizing them all."""
    x = np.random.default_rng(8).standard_t(4, size=200_000)
    x[7] = 80.0
    settings = read({"values": "1", "profile": "onnx", "bits": "4", "scheme": scheme, "precision": "float64"})
    ends = np.array([1.0, 2.0, 4.0, 8.0, 20.0, 80.0])
    cost = tradeoff(x, -ends, ends, settings)
    exact = [whole(x, -end, end, 4, scheme, True) for end in ends]
    assert cost.total == pytest.approx(exact, rel=0.1)


def test_the_least_error_is_marked(ask: Ask, normal: np.ndarray) -> None:
    """Two bits for normal values: least error near 1.0 sigma (Max 1960: a step of 0.9957), far below min-max."""
    view, figure = ask("calibration", normal, profile="onnx", scheme="symmetric", bits="2", narrow="0")
    names = [note["text"] for note in figure["layout"]["annotations"]]
    assert names[0].startswith("min–max, in use")
    assert names[1].startswith("least error")
    least = float(names[1].removeprefix("least error "))
    threshold, total = curve(figure, "total")
    assert least == pytest.approx(threshold[total.argmin()], rel=1e-3)
    assert 0.9 < least < 1.2
    assert "times as much" in view["caption"]


def test_a_search_shows_its_own_curve(ask: Ask, normal: np.ndarray) -> None:
    """With calibration mse, the curve, its minimum and the range in use are those of quantcore's search."""
    view, figure = ask("calibration", normal, profile="onnx", scheme="symmetric", bits="4", calibration="mse")
    found = qc.calibrate(normal.astype(np.float32), qc.INT4, "mse", scheme="symmetric")
    assert found.curve is not None
    threshold, total = curve(figure, "total")
    assert threshold.tolist() == found.curve.threshold.tolist()
    assert total.tolist() == found.curve.total.tolist()
    marks = [shape["x0"] for shape in figure["layout"]["shapes"]]
    assert marks == pytest.approx([found.high, float(np.abs(normal).max())])
    assert f"{found.high:.4g}" in view["caption"]


@pytest.mark.parametrize("calibration", ["percentile", "entropy"])
def test_other_searches_have_one_curve_in_their_unit(ask: Ask, normal: np.ndarray, calibration: str) -> None:
    """Searches that know no squared error draw what they looked at, under its name."""
    _, figure = ask("calibration", normal, profile="onnx", scheme="symmetric", calibration=calibration)
    assert [trace["name"] for trace in figure["data"]] == ["total", "in use"]
    title = figure["layout"]["yaxis"]["title"]["text"]
    assert title == {"percentile": "share of the values beyond", "entropy": "divergence in nats"}[calibration]


def test_a_given_range_is_priced_where_it_is(ask: Ask, normal: np.ndarray) -> None:
    """The mark of a given range stands at its end, as high as its own error, also where it lies off the curve."""
    x = normal[:1000]
    _, figure = ask(
        "calibration", x, profile="onnx", precision="float64", bits="4", calibration="manual", range_min="-1",
        range_max="6",
    )  # fmt: skip
    mark = figure["data"][-1]
    assert mark["x"] == [6.0]
    assert mark["y"] == pytest.approx([whole(x, -1.0, 6.0, 4, "affine", True)])
    assert curve(figure, "total")[0].max() >= 6.0


def test_the_table_holds_the_range_in_use(ask: Ask, normal: np.ndarray) -> None:
    """The twin has the parts beside the total, and its marked row is the range in use."""
    view, _ = ask("calibration", normal, profile="onnx")
    assert [column["key"] for column in view["table"]["columns"]] == ["threshold", "total", "clipping", "rounding"]
    selected = [row for row in view["table"]["rows"] if row["selected"]]
    assert len(selected) == 1
    assert float(selected[0]["cells"][0].strip("≈")) == pytest.approx(np.abs(normal).max(), rel=1e-4)


@pytest.mark.parametrize("request_", [{"values": "2 2 2"}, {"values": "0"}, {"direction": "dequantize"}])
def test_nothing_to_choose_means_no_instrument(request_: dict[str, str]) -> None:
    """Where all values are equal, or none are given, there is no range to be searched."""
    views = {view["name"]: view for view in lab.answer(request_)["instruments"]}
    assert not views["calibration"]["applies"]


@pytest.mark.parametrize("values", [[1e300, -1e300], [1e-300, 3e-300], [0.0, 1.0], [-5.0, -4.0]])
@pytest.mark.parametrize("scheme", ["affine", "symmetric"])
def test_extreme_values_are_priced(ask: Ask, values: list[float], scheme: str) -> None:
    """Squares beyond float64 leave gaps in the curve, never NaN or infinity."""
    ask("calibration", values, scheme=scheme)


def whole_in(x: np.ndarray, threshold: float, name: str) -> float:
    """The mean squared error of really quantizing all values to a float or a codebook that reaches a threshold."""
    fmt = qc.FORMATS[name]
    params = qc.QuantParams(np.float64(threshold / fmt.highest), 0, fmt)
    return float(np.mean((qc.dequantize(qc.quantize(x, params), params) - x) ** 2))


NUMBER_FORMATS = ("float8_e4m3fn", "float8_e5m2", "float4_e2m1fn", "dynamic8_bnb")


@pytest.mark.parametrize("name", NUMBER_FORMATS)
@pytest.mark.parametrize("calibration", ["minmax", "none", "manual"])
def test_number_formats_are_priced_exactly(ask: Ask, normal: np.ndarray, name: str, calibration: str) -> None:
    """Of floats and codebooks too, few values cost what quantizing them to that range costs; so does the range used."""
    x = normal[:1500]
    fields = {"calibration": calibration, "range_min": "-1", "range_max": "2", "precision": "float64"}
    view, figure = ask("calibration", x, format=name, **fields)
    threshold, total = curve(figure, "total")
    assert np.abs(x).max() in threshold
    for index in range(0, threshold.size, 7):
        assert total[index] == pytest.approx(whole_in(x, threshold[index], name), rel=1e-9)
    parts = np.nan_to_num(curve(figure, "clipping")[1]) + np.nan_to_num(curve(figure, "rounding")[1])
    assert parts == pytest.approx(total)
    in_use = {"minmax": float(np.abs(x).max()), "none": qc.FORMATS[name].highest, "manual": 2.0}[calibration]
    mark = figure["data"][-1]
    assert mark["x"] == [pytest.approx(in_use)]
    assert mark["y"] == pytest.approx([whole_in(x, in_use, name)], rel=1e-6)
    assert "Among symmetric ranges" in view["caption"]
    assert figure["layout"]["xaxis"]["title"]["text"] == "threshold T of the range −T to T"


@pytest.mark.parametrize("name", NUMBER_FORMATS)
def test_many_values_in_number_formats_are_priced_nearly(name: str) -> None:
    """Of 200,000 values with long tails, whose largest weigh most, the estimate is within a tenth."""
    x = np.random.default_rng(8).standard_t(4, size=200_000)
    settings = read({"values": "1", "format": name, "calibration": "minmax"})
    ends = np.array([1.0, 2.0, 4.0, 8.0, 20.0, float(np.abs(x).max())])
    exact = [whole_in(x, end, name) for end in ends]
    assert tradeoff(x, -ends, ends, settings).total == pytest.approx(exact, rel=0.1)


@pytest.mark.parametrize("name", NUMBER_FORMATS)
def test_a_search_for_a_number_format_shows_its_own_curve(ask: Ask, normal: np.ndarray, name: str) -> None:
    """With calibration mse, the curve and the range in use are those of quantcore's search."""
    _, figure = ask("calibration", normal, format=name, calibration="mse")
    found = qc.calibrate(normal.astype(np.float32), qc.FORMATS[name], "mse", scheme="symmetric")
    assert found.curve is not None
    assert curve(figure, "total")[1].tolist() == found.curve.total.tolist()
    assert figure["data"][-1]["x"] == [pytest.approx(found.high)]


def test_a_range_of_a_float_that_overflows_counts_as_saturating(ask: Ask, normal: np.ndarray) -> None:
    """What becomes infinity or NaN has no squared error; the caption says what it counts as."""
    view, figure = ask("calibration", normal[:500] * 400, format="float8_e4m3fn", overflow="overflow")
    assert "count here as if they became its end" in view["caption"]
    assert figure["data"][-1]["y"] == pytest.approx([whole_in(normal[:500] * 400, 448.0, "float8_e4m3fn")])


@pytest.mark.parametrize("name", ["mxfp4", "nf4", "q4_k"])
def test_blocks_have_no_range_to_choose(name: str) -> None:
    """Blocks find their own scales, so there is no instrument; nor is there one where the scale is given."""
    fields = {"values": "1 2 3", "format": name}
    for request in (fields, {"values": "1 2 3", "format": "float8_e4m3fn", "calibration": "given", "scale": "2"}):
        views = {view["name"]: view for view in lab.answer(request)["instruments"]}
        assert not views["calibration"]["applies"]

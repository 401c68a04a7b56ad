"""The errors between the codes: counted, squared, and held against the model."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from lab.instruments.error_models import model_of

Ask = Callable[..., tuple[dict[str, Any], dict[str, Any]]]

MODELS = [("half_even", 12), ("half_away", 12), ("floor", 3), ("ceil", 3), ("toward_zero", 3), ("stochastic", 6)]


@pytest.mark.parametrize(("rounding", "divisor"), MODELS)
def test_models_are_densities_with_that_mean_square(rounding: str, divisor: int) -> None:
    """The area under every model is 1, and the mean square error is 1 / divisor, integrated here piece by piece."""
    model = model_of(rounding)
    x, y = model.corners, model.density
    area = square = 0.0
    for a, b, p, q in zip(x[:-1], x[1:], y[:-1], y[1:], strict=True):
        area += (b - a) * (p + q) / 2
        places = np.linspace(a, b, 2001)
        square += np.trapezoid(places**2 * (p + (q - p) * np.linspace(0, 1, 2001)), places)
    assert area == pytest.approx(1)
    assert square == pytest.approx(1 / divisor, rel=1e-6)
    assert model.divisor == divisor


@pytest.mark.parametrize(("rounding", "divisor"), MODELS)
def test_normal_values_follow_the_model(ask: Ask, normal: np.ndarray, rounding: str, divisor: int) -> None:
    """With many levels, the density and the mean square of the errors are those of the model for each rounding."""
    view, figure = ask("error_histogram", normal, profile="onnx", bits="8", rounding=rounding, precision="float64")
    bars, line = figure["data"]
    middles, density = np.array(bars["x"]), np.array(bars["y"])
    assert density.sum() * bars["width"][0] == pytest.approx(1)
    expected = np.interp(middles, line["x"], line["y"], left=0, right=0)
    assert np.abs(density - expected).max() < 0.25  # four standard deviations of a bin's count
    step = (normal.max() - normal.min()) / 255
    mantissa, _, exponent = f"{step**2 / divisor:.4g}".partition("e-0")
    assert (f"{mantissa}×10⁻{'⁰¹²³⁴⁵⁶⁷⁸⁹'[int(exponent)]}" if exponent else mantissa) in view["caption"]
    assert "holds" in view["caption"]


def test_the_figures_of_the_caption_are_exact(ask: Ask) -> None:
    """Measured and predicted mean squares of the notebook's example, computed here in exact fractions."""
    view, _ = ask("error_histogram")
    scale = Fraction("6.2") / 255
    errors = [Fraction(q + 5) * scale - Fraction(x) for q, x in ((-128, "-3"), (-1, "0.1"), (127, "3.2"))]
    measured, predicted = sum(error**2 for error in errors) / 3, scale**2 / 12
    for figure in (measured, predicted):
        mantissa, _, exponent = f"{float(figure):.3e}".partition("e")
        assert f"{mantissa}×10⁻{'⁰¹²³⁴⁵⁶⁷⁸⁹'[abs(int(exponent))]}" in view["caption"]
    assert f"{float(measured / predicted):.3g} times" in view["caption"]
    assert "With 3 values, though, chance decides." in view["caption"]


def test_clipping_is_kept_apart(ask: Ask, normal: np.ndarray) -> None:
    """Clipped values are not among the bars; what they add to the error of all is said."""
    view, figure = ask(
        "error_histogram", normal, profile="onnx", bits="4", precision="float64", calibration="manual",
        range_min="-1.5", range_max="2.25",
    )  # fmt: skip
    steps = np.rint(normal / 0.25) - 2  # zero point round(-8 + 1.5 / 0.25) = -2
    codes = np.clip(steps, -8, 7)
    is_rounded = codes == steps
    errors = (codes + 2) * 0.25 - normal
    bars = figure["data"][0]
    assert min(bars["x"]) > -0.5
    assert max(bars["x"]) < 0.5
    counts = np.histogram(errors[is_rounded] / 0.25, len(bars["x"]), (-0.5, 0.5))[0]
    assert bars["y"] == pytest.approx((counts / is_rounded.sum() / bars["width"][0]).tolist())
    assert f"{(errors**2).mean():.4g}" in view["caption"]
    assert f"{np.mean(~is_rounded) * 100:.3g} %" in view["caption"]


def test_scales_that_differ_are_each_counted_in_their_own_steps(ask: Ask) -> None:
    """Per row, errors are in steps of their row, and the prediction is the mean of the squared scales."""
    values = np.random.default_rng(4).normal(size=(4, 500)) * np.array([[1.0], [10.0], [100.0], [1000.0]])
    view, figure = ask("error_histogram", values, profile="onnx", granularity="axis", axis="0", precision="float64")
    low, high = np.minimum(values.min(axis=1), 0), np.maximum(values.max(axis=1), 0)
    scale = (high - low) / 255
    assert f"{(scale**2).mean() / 12:.4g}" in view["caption"]
    assert max(map(abs, figure["data"][0]["x"])) < 0.5


def test_whole_steps_leave_no_error(ask: Ask) -> None:
    """Values that lie on codes have no rounding error, and it is said so."""
    view, _ = ask("error_histogram", np.arange(-128.0, 128.0), profile="onnx")
    assert "Every value lies on a code" in view["caption"]


@pytest.mark.parametrize("values", [[0.0, 0.0], [1e300, -1e300], [3e-300, 1e-300], [2.0]])
def test_extremes_have_figures(ask: Ask, values: list[float]) -> None:
    """Squares that float64 cannot hold are no reason to fail, nor to lose the bars."""
    _, figure = ask("error_histogram", values)
    bars = figure["data"][0]
    assert sum(bars["y"]) * bars["width"][0] == pytest.approx(1)


def test_the_table_has_the_models_shares(ask: Ask, normal: np.ndarray) -> None:
    """For rounding to nearest, the model expects an equal share in each of the twelve stretches."""
    view, _ = ask("error_histogram", normal, profile="onnx")
    rows = view["table"]["rows"]
    assert len(rows) == 12
    assert {row["cells"][3] for row in rows} == {"≈8.33 %"}

"""The searches: least squared error against brute force, and the libraries' own ways as they are known to go."""

from typing import Any

import numpy as np
import pytest

import quantcore as qc
from quantcore.calibration.calibrate import calibrate
from quantcore.calibration.entropy import divergence_onnxruntime
from quantcore.calibration.entropy_estimate import Slices, estimates, grids_of
from quantcore.calibration.histograms import centred_histogram, centred_rows, histc
from quantcore.calibration.settings import CalibrationSettings
from quantcore.metrics import compare


def sets(n: int, seed: int) -> dict[str, Any]:
    """Data of the kinds that weights and activations come in."""
    rng = np.random.default_rng(seed)
    outlier = rng.normal(size=n) * 0.1
    outlier[0] = 50
    return {
        "normal": rng.normal(size=n),
        "laplace": rng.laplace(size=n),
        "heavy": rng.standard_t(2, size=n),
        "uniform": rng.uniform(size=n),
        "relu": np.maximum(rng.normal(size=n), 0),
        "negative": -rng.exponential(size=n),
        "outlier": outlier,
        "integers": rng.integers(-20, 100, n).astype(float),
    }


def brute_force(x: Any, fmt: qc.IntFormat, low: Any, high: Any, scheme: str) -> float:
    """The least mean squared error over the ranges given, straight from the definition."""
    least = np.inf
    for bottom, top in zip(low, high, strict=True):
        if scheme == "symmetric":
            zero = (fmt.qmin + fmt.qmax + 1) // 2
            scale = top / min(fmt.qmax - zero, zero - fmt.qmin)
        else:
            scale = (top - bottom) / (fmt.qmax - fmt.qmin)
            zero = np.rint(fmt.qmin - bottom / scale)
        x_hat = (np.clip(np.rint(x / scale) + zero, fmt.qmin, fmt.qmax) - zero) * scale
        least = min(least, float(np.square(x - x_hat).mean()))
    return least


def error(x: Any, fmt: qc.IntFormat, scheme: str, calibration: Any, **settings: Any) -> float:
    """The mean squared error of quantizing with the range that a calibration chooses."""
    params = qc.choose_qparams(x, fmt, scheme, calibration=calibration, dtype=np.float64, **settings)
    return compare(x, qc.dequantize(qc.quantize(x, params), params)).mse


@pytest.mark.parametrize("kind", sets(8, 0))
@pytest.mark.parametrize("fmt", [qc.INT2, qc.INT4, qc.UINT4, qc.INT8, qc.IntFormat(4, narrow=True)], ids=repr)
@pytest.mark.parametrize("n", [16, 300])
def test_symmetric_mse_is_within_1_percent_of_brute_force(kind: str, fmt: qc.IntFormat, n: int) -> None:
    """4,000 thresholds tried one by one find nothing that is better by more than 1 percent; min-max never is better."""
    x = sets(n, 11)[kind].astype(np.float32).astype(np.float64)
    ends = np.abs(x).max() * np.arange(1, 4001) / 4000
    found = error(x, fmt, "symmetric", "mse")
    assert found <= 1.01 * brute_force(x, fmt, -ends, ends, "symmetric") + 1e-18
    assert found <= error(x, fmt, "symmetric", "minmax") * (1 + 1e-12)


@pytest.mark.parametrize("kind", sets(8, 0))
@pytest.mark.parametrize("fmt", [qc.INT2, qc.UINT4, qc.INT8], ids=repr)
def test_affine_mse_is_within_1_percent_of_brute_force(kind: str, fmt: qc.IntFormat) -> None:
    """3,600 pairs of ends find nothing that is better by more than 1 percent; min-max never is better."""
    x = sets(200, 12)[kind].astype(np.float32).astype(np.float64)
    shares = np.arange(1, 61) / 60
    low, high = (grid.reshape(-1) for grid in np.meshgrid(min(x.min(), 0.0) * shares, max(x.max(), 0.0) * shares))
    found = error(x, fmt, "affine", "mse")
    assert found <= 1.01 * brute_force(x, fmt, low, high, "affine") + 1e-18
    assert found <= error(x, fmt, "affine", "minmax") * (1 + 1e-12)


@pytest.mark.parametrize("kind", ["normal", "heavy", "outlier", "relu"])
@pytest.mark.parametrize("fmt", [qc.INT4, qc.INT8], ids=repr)
def test_mse_of_many_values_is_found_on_a_sample(kind: str, fmt: qc.IntFormat) -> None:
    """100,000 values are searched as a histogram, with the same promise."""
    x = sets(100_000, 13)[kind]
    ends = np.abs(x).max() * np.concatenate([np.arange(1, 61) / 60, 2.0 ** -np.arange(1, 8, 0.1)])
    found = error(x, fmt, "symmetric", "mse")
    assert found <= 1.01 * brute_force(x, fmt, -ends, ends, "symmetric")
    assert found <= error(x, fmt, "symmetric", "minmax") * (1 + 1e-12)


def test_mse_clips_more_the_fewer_bits_there_are() -> None:
    """Thresholds grow with the width; with three levels it is 1.224 sigma (J. Max, 1960, table I)."""
    x = np.random.default_rng(0).normal(size=200_000)
    thresholds = [calibrate(x, qc.IntFormat(b, narrow=True), "mse", scheme="symmetric").high for b in (2, 4, 8)]
    assert thresholds == sorted(thresholds)
    assert thresholds[0] == pytest.approx(1.224, abs=0.03)


def test_mse_without_zero_covers_the_data_alone() -> None:
    """Data far from zero gets a range around itself, and an error far below that of a range with zero."""
    x = np.random.default_rng(0).uniform(100, 101, 1000)
    found = calibrate(x, qc.INT8, "mse", include_zero=False)
    assert 99.9 < found.low < found.high < 101.1
    assert error(x, qc.INT8, "affine", "mse", include_zero=False) < error(x, qc.INT8, "affine", "mse") / 100


@pytest.mark.parametrize("scheme", ["affine", "symmetric"])
def test_mse_does_not_blur_under_a_far_outlier(scheme: str) -> None:
    """Beside one value 10^6 times as large, 20,000 are still weighed: min-max would lose them all."""
    x = np.append(np.random.default_rng(0).normal(size=20_000), 1e6)
    reach = 2.0 ** np.arange(-20, 20.1, 0.05)
    ends = reach[reach <= 1e6]
    found = error(x, qc.INT4, scheme, "mse")
    assert found <= error(x, qc.INT4, scheme, "minmax")
    if scheme == "symmetric":
        assert found <= 1.01 * brute_force(x, qc.INT4, -ends, ends, scheme)


def test_onnxruntime_entropy_by_default_is_minmax() -> None:
    """With 128 bins and 128 quantized bins there is one candidate: the full range."""
    x = np.append(np.random.default_rng(0).normal(size=1000), [40.0]).astype(np.float32)
    found = calibrate(x, qc.INT8, "entropy_onnxruntime", bins=128, quantized_bins=128)
    assert (found.low, found.high) == (x.min(), x.max())
    assert found.curve is not None
    assert found.curve.total.size == 1


@pytest.mark.parametrize("method", ["entropy_onnxruntime", "entropy_modelopt"])
def test_entropy_clips_an_outlier(method: str) -> None:
    """With many bins both KL searches give up a lone value far outside."""
    x = np.append(np.random.default_rng(0).normal(size=10_000), [60.0]).astype(np.float32)
    assert calibrate(x, qc.INT8, method, scheme="symmetric", bins=2048).high < 30


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("bins", [33, 2048])
def test_rows_have_the_histograms_that_they_have_alone(dtype: Any, bins: int) -> None:
    """Counted at once, every row has NumPy's own counts and edges: with ties at edges, of zeros, of any size."""
    rng = np.random.default_rng(7)
    normal = rng.normal(size=(6, 200))
    rows = np.concatenate([normal, np.rint(normal * 4), normal * 1e-4, np.zeros((1, 200)), np.full((1, 200), 3.0)])
    rows = rows.astype(dtype)
    for row, found in zip(rows, centred_rows(rows, bins), strict=True):
        alone = centred_histogram((row,), bins)
        assert found.edges.dtype == alone.edges.dtype
        assert np.array_equal(found.counts, alone.counts)
        assert np.array_equal(found.edges, alone.edges)


@pytest.mark.parametrize("n", [1, 3, 30, 300, 5000])
@pytest.mark.parametrize(("bins", "quantized_bins"), [(64, 16), (2048, 128), (500, 2), (33, 33)])
def test_estimated_divergences_are_the_librarys_but_for_its_rounding(n: int, bins: int, quantized_bins: int) -> None:
    """A fifth of what the search allows for: more, and the estimate could leave out the best candidate."""
    x = np.random.default_rng(n).normal(size=(4, n)).astype(np.float32)
    histograms = centred_rows(np.concatenate([x, np.rint(2 * x) + np.float32(0.5)]), bins)
    counts = np.stack([histogram.counts for histogram in histograms])
    grids = grids_of(CalibrationSettings(bins=bins, quantized_bins=quantized_bins))
    tried = range(0, grids.starts.size, max(1, grids.starts.size // 50))
    for row, estimate in zip(counts, estimates(Slices.of(counts), grids)[:, tried], strict=True):
        below = np.concatenate(([0], np.cumsum(row)))
        ends = [(int(grids.starts[k]), int(grids.ends[k])) for k in tried]
        exact = np.array([divergence_onnxruntime(row, below, *pair, quantized_bins) for pair in ends])
        is_finite = np.isfinite(exact)
        assert np.array_equal(is_finite, np.isfinite(estimate))
        estimate, exact = estimate[is_finite], exact[is_finite]
        assert np.all(np.abs(estimate - exact) <= 2e-6 * (1 + np.abs(exact)))


def test_modelopt_0_47_always_answers_its_first_candidate() -> None:
    """The release's slip: the centre of bin start_bin, whatever the data and the width."""
    for x in (np.linspace(0, 1, 999), np.append(np.zeros(99), 1.0)):
        for fmt in (qc.INT4, qc.INT8):
            quirk = calibrate(x, fmt, "mse_modelopt_0_47", bins=1000, start_bin=200)
            assert quirk.high == pytest.approx(0.2005, rel=1e-6)


def test_modelopt_mse_by_definition() -> None:
    """The sweep finds the centre whose fake quantization of the histogram errs least."""
    x = np.random.default_rng(4).normal(size=5000).astype(np.float32)
    counts, edges = np.histogram(np.abs(x), 256, (0, np.abs(x).max()))
    centres = (edges[1:] + edges[:-1]) / 2
    errors = [(counts * (np.clip(np.rint(centres * 7 / t), -7, 7) * t / 7 - centres) ** 2).sum() for t in centres[50:]]
    found = calibrate(x, qc.INT4, "mse_modelopt", bins=256, start_bin=50)
    assert found.high == pytest.approx(centres[50 + int(np.argmin(errors))], rel=1e-5)


def test_torch_search_stops_at_the_first_rise() -> None:
    """Known local minimum of torch 2.13: it keeps all of a lone outlier but part of a bin."""
    x = np.append(np.random.default_rng(0).normal(size=1023) * 0.1, 50.0)
    assert 49.9 < calibrate(x, qc.INT8, "mse_torch").high < 50


def test_histc_puts_edges_where_torch_does() -> None:
    """A value on an edge belongs to the bin above, the largest to the last bin, values outside to none."""
    x = np.array([0.0, 0.25, 0.5, 0.99, 1.0, -0.1, 1.1], np.float32)
    assert histc(x, 4, np.float32(0), np.float32(1)).tolist() == [1, 1, 1, 2]
    assert histc(np.zeros(3, np.float32), 4, np.float32(0), np.float32(0)).tolist() == [0, 0, 3, 0]

"""What every calibration promises, and the ranges that are read off the data."""

import contextlib
import math
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import quantcore as qc
from quantcore.calibration import histograms
from quantcore.calibration.calibrate import CALIBRATIONS, calibrate, calibrate_rows
from quantcore.parameters.granularity import elements_at

HISTOGRAMS = [name for name in CALIBRATIONS if name not in ("minmax", "moving_average", "mse_modelopt_0_47")]
SAMPLES = hnp.arrays(np.float32, st.integers(1, 60), elements=st.floats(-1e3, 1e3, width=32))

EXTREMES = [
    sign * number
    for sign in (-1, 1)
    for dtype in (np.float16, np.float32, np.float64)
    for number in map(float, (np.finfo(dtype).max, np.finfo(dtype).max / 2, np.finfo(dtype).max / 4,
                              np.finfo(dtype).tiny, np.finfo(dtype).smallest_subnormal))
]  # fmt: skip


def normal(n: int = 3000, seed: int = 0) -> Any:
    """Normal values, as float32."""
    return np.random.default_rng(seed).normal(size=n).astype(np.float32)


@given(SAMPLES, st.sampled_from(sorted(CALIBRATIONS)), st.sampled_from(["affine", "symmetric"]), st.booleans())
def test_every_method_answers_a_finite_range(x: Any, method: str, scheme: str, include_zero: bool) -> None:
    """Whatever the data: finite ends no farther from zero than its largest magnitude (or its multiple); a fit curve."""
    found = calibrate(x, qc.INT8, method, scheme=scheme, include_zero=include_zero, bins=256, quantized_bins=64)
    reach = float(np.abs(x).max()) * (4 if method == "mse_modelopt_multiples" else 1 + 1e-6)
    assert -reach <= found.low <= reach
    assert -reach <= found.high <= reach
    if found.curve is not None:
        assert found.curve.threshold.shape == found.curve.total.shape
        assert 0 <= found.curve.best < found.curve.total.size
        assert (np.diff(found.curve.threshold) >= 0).all()


@pytest.mark.parametrize("method", HISTOGRAMS)
@pytest.mark.parametrize("scheme", ["affine", "symmetric"])
def test_the_curve_shows_the_choice(method: str, scheme: str) -> None:
    """The threshold marked best is the end that is farther from zero, and nothing on the curve is better."""
    found = calibrate(np.append(normal(), [9.0]), qc.INT4, method, scheme=scheme, bins=512)
    curve = found.curve
    assert curve is not None
    farther = max(abs(found.low), abs(found.high))
    if curve.unit == "share":  # NumPy's percentile lies between two edges
        assert curve.threshold[curve.best] == pytest.approx(found.high, abs=curve.threshold[1] - curve.threshold[0])
        assert (np.diff(curve.total) <= 0).all()
        assert curve.total[0] == 1
        assert curve.total[-1] == 0
        return
    assert curve.total[curve.best] == curve.total.min()
    if method.startswith("entropy"):  # the edge, before it is drawn back to the data
        assert curve.threshold[curve.best] >= farther * (1 - 1e-6)
    else:
        assert curve.threshold[curve.best] == pytest.approx(farther, rel=1e-6)
    if curve.clipping is not None and curve.rounding is not None:
        assert np.allclose(curve.total, curve.clipping + curve.rounding, rtol=1e-12)


def test_curves_are_read_only() -> None:
    """Whoever draws a curve cannot change it for others."""
    curve = calibrate(normal(), qc.INT8, "mse").curve
    assert curve is not None
    with pytest.raises(ValueError, match="read-only"):
        curve.total[0] = 0


@given(SAMPLES)
def test_minmax_is_the_extremes(x: Any) -> None:
    """Affine: the smallest and the largest value; symmetric: the largest magnitude, both ways."""
    affine = calibrate(x, qc.INT8, "minmax")
    assert (affine.low, affine.high) == (float(x.min()), float(x.max()))
    symmetric = calibrate(x, qc.INT8, "minmax", scheme="symmetric")
    assert (-symmetric.low, symmetric.high) == (float(np.abs(x).max()),) * 2


def test_moving_average_by_hand() -> None:
    """First batch as it is, then a tenth of the way to each next batch's ends."""
    batches = [np.array([-1.0, 2.0]), np.array([-3.0, 2.0]), np.array([0.0, 12.0])]
    found = calibrate(batches, qc.INT8, "moving_average", momentum=0.1)
    assert (found.low, found.high) == pytest.approx((-1.08, 3.0))  # -1 -> -1.2 -> -1.08 and 2 -> 2 -> 3
    assert calibrate(batches, qc.INT8, "moving_average", momentum=1.0).high == 12
    assert calibrate(batches, qc.INT8, "moving_average", momentum=0.0).low == -1
    assert calibrate(batches, qc.INT8, "minmax").low == -3


@given(SAMPLES, st.floats(0, 100))
def test_percentile_is_numpys(x: Any, percentile: float) -> None:
    """The ends are numpy.percentile of the float64 values."""
    wide = x.astype(np.float64)
    symmetric = calibrate(x, qc.INT8, "percentile", scheme="symmetric", percentile=percentile)
    assert (-symmetric.low, symmetric.high) == (np.percentile(np.abs(wide), percentile),) * 2
    affine = calibrate(x, qc.INT8, "percentile", percentile=percentile)
    ends = sorted(np.percentile(wide, [100 - percentile, percentile]))
    assert [affine.low, affine.high] == pytest.approx(ends, rel=1e-12, abs=1e-300)


@pytest.mark.parametrize("method", ["percentile_onnxruntime", "percentile_modelopt"])
def test_left_edges_miss_the_maximum_at_100_percent(method: str) -> None:
    """ONNX Runtime and modelopt answer the left edge of the last bin where NumPy answers the maximum."""
    x = np.arange(1, 1025, dtype=np.float32)
    found = calibrate(x, qc.INT8, method, scheme="symmetric", percentile=100, bins=1024)
    bin_width = (1024 - (1 if method.endswith("runtime") else 0)) / 1024
    assert found.high == pytest.approx(1024 - bin_width, rel=1e-6)
    assert calibrate(x, qc.INT8, "percentile", scheme="symmetric", percentile=100).high == 1024


def test_asymmetric_percentile_splits_what_it_cuts() -> None:
    """ONNX Runtime's affine percentile of 90 cuts 5 percent on either side; NumPy's here cuts 10 on either."""
    x = np.arange(-1000, 1001, dtype=np.float32)
    runtime = calibrate(x, qc.INT8, "percentile_onnxruntime", percentile=90)
    assert (runtime.low, runtime.high) == pytest.approx((-900, 900), abs=2)
    assert calibrate(x, qc.INT8, "percentile", percentile=90).high == pytest.approx(800)


@pytest.mark.parametrize("method", [name for name in HISTOGRAMS if name != "mse"])
def test_batches_that_fit_the_first_count_as_one(method: str) -> None:
    """A histogram over batches is that of all values, where no later batch is wider."""
    x = normal()
    x[0], x[1] = -5.0, 5.5  # the first batch spans all
    together, apart = (calibrate(data, qc.INT8, method, bins=512) for data in ([x], list(x.reshape(3, 1000))))
    assert (together.low, together.high) == pytest.approx((apart.low, apart.high))


def test_data_may_have_any_shape_and_real_type() -> None:
    """Lists, matrices, scalars, integers and half precision are read as the values they hold."""
    assert calibrate([[1, 2], [3, 4]], qc.INT8).high == 4
    assert calibrate(np.arange(6, dtype=np.uint8).reshape(2, 3), qc.INT8, "mse").high == pytest.approx(5, rel=0.05)
    assert calibrate(3.5, qc.INT8).low == 3.5
    half = calibrate(np.array([1, -2], np.float16), qc.INT8, "percentile_onnxruntime", scheme="symmetric", bins=8)
    assert half.low == -1.875  # the left edge of the last of 8 bins from 1 to 2


@pytest.mark.parametrize("method", sorted(CALIBRATIONS))
def test_data_are_not_changed(method: str) -> None:
    """No calibration writes into the values it is given."""
    x = normal(500)
    x.flags.writeable = False
    before = x.copy()
    calibrate(x, qc.INT8, method, bins=256)
    assert np.array_equal(x, before)


@pytest.mark.parametrize(
    ("x", "method", "settings", "field"),
    [
        ([], "minmax", {}, "values"),
        ([1.0, math.nan], "minmax", {}, "values"),
        ([1.0, -math.inf], "mse", {}, "values"),
        (["one"], "minmax", {}, "values"),
        ([[1.0], [1.0, 2.0]], "minmax", {}, "values"),
        ([1e308], "mse", {}, "values"),
        ([3e38], "mse_torch", {}, "calibration"),
        ([1.0], "best", {}, "calibration"),
        ([1.0], "minmax", {"scheme": "both"}, "scheme"),
        ([1.0], "percentile", {"percentile": 100.1}, "percentile"),
        ([1.0], "percentile", {"percentile": -1}, "percentile"),
        ([1.0], "percentile", {"percentile": math.nan}, "percentile"),
        ([1.0], "percentile", {"percentile": "99"}, "percentile"),
        ([1.0], "entropy", {"bins": 1}, "bins"),
        ([1.0], "entropy", {"bins": 100.5}, "bins"),
        ([1.0], "entropy", {"bins": 64}, "bins"),
        ([1.0], "entropy", {"bins": 1 << 20}, "bins"),
        ([1.0], "entropy", {"quantized_bins": 0}, "quantized_bins"),
        ([1.0], "entropy_modelopt", {"bins": 100}, "start_bin"),
        ([1.0], "mse_modelopt", {"start_bin": 2048}, "start_bin"),
        ([1.0], "mse_modelopt", {"stride": 0}, "stride"),
        ([1.0], "moving_average", {"momentum": 2}, "momentum"),
        ([1.0], "minmax", {"percentil": 99}, "percentil"),
        ([np.array([1e-30]), np.array([1.0])], "percentile_onnxruntime", {}, "values"),
    ],
)
def test_bad_input_names_its_field(x: Any, method: str, settings: dict[str, Any], field: str) -> None:
    """What cannot be calibrated is refused with the field it concerns."""
    with pytest.raises(qc.QuantError) as caught:
        calibrate(x, qc.INT8, method, **settings)
    assert caught.value.field == field


@pytest.mark.parametrize("value", [1e17, 1e-300, -3e200, 5e-324])
@pytest.mark.parametrize("method", ["percentile", "percentile_onnxruntime", "entropy"])
def test_a_single_value_of_any_size_is_a_range(value: float, method: str) -> None:
    """Where half to either side of the value makes no difference, its histogram still has bins."""
    found = calibrate([value, value], qc.INT8, method)
    assert min(value, 0) <= found.low <= max(value, 0)
    assert min(value, 0) <= found.high <= max(value, 0)


GRANULARITIES = [qc.PerAxis(0), qc.PerAxis(1), qc.PerBlock(5), qc.PerBlock(1), qc.PerBlock(2, axis=0)]


@pytest.mark.slow
@pytest.mark.parametrize("method", sorted(CALIBRATIONS))
@pytest.mark.parametrize("scheme", ["affine", "symmetric"])
def test_ranges_of_all_slices_are_those_of_each(method: str, scheme: str) -> None:
    """Found together or one by one, the ends of a slice and its curve are the same to the last bit."""
    x = np.random.default_rng(4).standard_t(3, size=(3, 12)).astype(np.float32)
    x[1] = np.abs(x[1])
    x[2, :6] = 2.5  # constant slices
    settings = {"bins": 64, "quantized_bins": 16, "percentile": 90.0, "start_bin": 16}
    for granularity in GRANULARITIES:
        ranges = qc.choose_ranges(x, qc.INT4, scheme, granularity, method, **settings)
        shape = ranges.low.shape
        for index, place in enumerate(np.ndindex(*shape)):
            values = x[elements_at(place, granularity, x.shape)]
            alone = qc.choose_ranges(values, qc.INT4, scheme, qc.PerTensor(), method, **settings)
            assert (ranges.low[place], ranges.high[place]) == (alone.low, alone.high)
            one, other = ranges.curve(index), alone.curve()
            assert (one is None) == (other is None)
            assert one is None or other is None or np.array_equal(one.total, other.total, equal_nan=True)


@given(
    hnp.arrays(np.float32, st.tuples(st.integers(1, 6), st.integers(1, 9)), elements=st.floats(-1e6, 1e6, width=32)),
    st.sampled_from(["percentile", "mse", "entropy"]),
    st.sampled_from(["affine", "symmetric"]),
    st.booleans(),
)
def test_rows_are_calibrated_as_if_alone(x: Any, method: str, scheme: str, include_zero: bool) -> None:
    """Whatever else is searched beside it, a row gets the range that it gets alone."""
    low, high = calibrate_rows(x, qc.INT8, method, scheme=scheme, include_zero=include_zero)
    for i, row in enumerate(x):
        found = calibrate(row, qc.INT8, method, scheme=scheme, include_zero=include_zero)
        assert (low[i], high[i]) == (found.low, found.high)


def test_a_search_tells_how_far_it_is() -> None:
    """The share of the ranges that are found rises to 1, also where the last blocks are shorter."""
    told: list[float] = []
    x = np.random.default_rng(2).normal(size=(600, 10))
    qc.choose_ranges(x, qc.INT8, "affine", qc.PerBlock(4), "mse", progress=told.append)
    assert told == sorted(told)
    assert len(told) > 2
    assert told[-1] == 1


def test_an_explicit_range_may_leave_an_end_to_the_data() -> None:
    """None is the smallest or the largest of all values, the same for every slice."""
    x = np.array([[-1.0, 2.0], [3.0, 5.0]])
    ranges = qc.choose_ranges(x, qc.INT8, granularity=qc.PerAxis(0), calibration=(None, 4.0))
    assert ranges.low.tolist() == [[-1.0], [-1.0]]
    assert ranges.high.tolist() == [[4.0], [4.0]]
    assert ranges.data_high.tolist() == [[2.0], [5.0]]
    assert qc.choose_qparams(x, qc.INT8, calibration=(None, None)).scale == qc.choose_qparams(x, qc.INT8).scale
    with pytest.raises(qc.QuantError, match="swap"):
        qc.choose_ranges(x, qc.INT8, calibration=(6.0, None))


@pytest.mark.parametrize("scheme", ["affine", "symmetric"])
@pytest.mark.parametrize("include_zero", [True, False])
def test_covered_is_what_the_scale_is_made_of(scheme: str, include_zero: bool) -> None:
    """Symmetric ranges are mirrored, affine ones hold 0 where that is asked, and that gives the same parameters."""
    x = np.array([[1.0, 2.0], [-3.0, -0.5], [-1.0, 4.0]])
    ranges = qc.choose_ranges(x, qc.INT8, scheme, qc.PerAxis(0), include_zero=include_zero)
    low, high = (end.ravel().tolist() for end in ranges.covered)
    if scheme == "symmetric":
        assert (low, high) == ([-2.0, -3.0, -4.0], [2.0, 3.0, 4.0])
    elif include_zero:
        assert (low, high) == ([0.0, -3.0, -1.0], [2.0, 0.0, 4.0])
    else:
        assert (low, high) == ([1.0, -3.0, -1.0], [2.0, -0.5, 4.0])
    again = qc.qparams_from_range(*ranges.covered, qc.INT8, scheme, qc.PerAxis(0), include_zero)
    params = qc.choose_qparams(x, qc.INT8, scheme, qc.PerAxis(0), include_zero=include_zero)
    assert np.array_equal(again.scale, params.scale)
    assert np.array_equal(again.zero_point, params.zero_point)


@given(
    pair=st.tuples(*[st.lists(st.floats(-1e308, 1e308) | st.sampled_from(EXTREMES), min_size=1, max_size=3)] * 2),
    dtype=st.sampled_from([np.float16, np.float32, np.float64]),
    method=st.sampled_from(sorted(set(CALIBRATIONS))),
    scheme=st.sampled_from(["affine", "symmetric"]),
)
@example(pair=([32752.0, 1e-3], [65504.0]), dtype=np.float16, method="entropy", scheme="symmetric")
@example(pair=([1.7e38], [1.0]), dtype=np.float32, method="entropy_onnxruntime", scheme="symmetric")
@example(pair=([2.9e19, 0.0], [1.7e12]), dtype=np.float32, method="mse_modelopt", scheme="affine")
@example(pair=([-1.5e-4, 1e-5], [-1.0, 1e-3]), dtype=np.float16, method="mse_modelopt", scheme="symmetric")
@example(pair=([-1.5e27], [1066.0]), dtype=np.float32, method="mse_torch", scheme="affine")
@example(pair=([-1.5e27], [1066.0]), dtype=np.float32, method="percentile_onnxruntime", scheme="symmetric")
@example(pair=([-0.057], [-6.1e36]), dtype=np.float64, method="percentile_modelopt", scheme="affine")
@example(pair=([1e-40], [6.1e30]), dtype=np.float32, method="percentile_onnxruntime", scheme="affine")
def test_batches_of_any_magnitude_have_a_range_or_are_refused(
    pair: tuple[list[float], list[float]], dtype: type[np.floating], method: str, scheme: str
) -> None:
    """Two batches, however far apart: finite ends from which every toolkit makes parameters; or a QuantError.

    Never another exception, nor a warning.
    """
    limit = float(np.finfo(dtype).max)
    batches = [np.clip(batch, -limit, limit).astype(dtype) for batch in pair]
    settings = {"bins": 32, "start_bin": 8, "quantized_bins": 16, "stride": 64}
    try:
        with patch.object(histograms, "MAX_BINS", 1024):  # refuses growth earlier: searches take the square of it
            found = calibrate(batches, qc.INT8, method, scheme=scheme, **settings)
    except qc.QuantError:
        return
    assert np.isfinite([found.low, found.high]).all()
    for toolkit in qc.TOOLKITS:
        with contextlib.suppress(qc.QuantError):
            params = qc.qparams_from_range(found.low, found.high, qc.INT8, scheme, toolkit=toolkit)
            assert np.isfinite(params.scale)

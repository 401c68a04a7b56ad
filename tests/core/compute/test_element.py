"""Floats and codebooks under a scale: per tensor, axis and block, against exact arithmetic and the format itself."""

from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest

import quantcore as qc
from quantcore.formats.floats import FloatFormat
from quantcore.formats.powers import SCALE_MODES
from tests.core.formats.test_floats import rounded
from tests.core.oracle import rounded as to_float32

NAMES = [
    "float16", "bfloat16", "float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e3m4", "float6_e2m3fn",
    "float6_e3m2fn", "float4_e2m1fn", "nf4", "fp4_bnb",
]  # fmt: skip
DETERMINISTIC = [name for name in qc.ROUNDINGS if name != "stochastic"]
GRANULARITIES = [qc.PerTensor(), qc.PerAxis(0), qc.PerAxis(1), qc.PerBlock(5), qc.PerBlock(2, 0)]


def heavy(*shape: int) -> np.ndarray:
    """Weights with outliers, float32."""
    return np.random.default_rng(11).standard_t(3, shape).astype(np.float32)


@pytest.mark.parametrize("granularity", GRANULARITIES, ids=repr)
@pytest.mark.parametrize("name", NAMES)
def test_the_scale_takes_the_largest_to_the_largest(name: str, granularity: qc.Granularity) -> None:
    """absmax / greatest number in float32, no zero point; nothing is clipped, and the largest stays nearly itself."""
    x, fmt = heavy(4, 12), qc.FORMATS[name]
    params = qc.choose_qparams(x, fmt, granularity=granularity)
    assert not params.zero_point.any()
    absmax = np.zeros(params.scale.shape, np.float32)
    scales = qc.broadcast(params, x.shape)[0]
    for index, scale in np.ndenumerate(params.scale):
        absmax[index] = np.abs(x[np.broadcast_to(scales == scale, x.shape)]).max()
    np.testing.assert_array_equal(params.scale, absmax / np.float32(fmt.highest))
    q = qc.quantize(x, params)
    assert q.dtype == fmt.dtype
    largest = np.abs(x) == np.abs(x).max()
    np.testing.assert_allclose(qc.dequantize(q, params)[largest], x[largest], rtol=2.0**-20)


@pytest.mark.parametrize("rounding", DETERMINISTIC)
@pytest.mark.parametrize("name", ["float8_e4m3fn", "float8_e5m2", "float4_e2m1fn", "float6_e3m2fn"])
def test_codes_are_those_of_exact_arithmetic(name: str, rounding: str) -> None:
    """The float32 quotient, rounded once to the format; the product, rounded once to float32."""
    x, fmt = heavy(3, 40), qc.FORMATS[name]
    assert isinstance(fmt, FloatFormat)
    params = qc.choose_qparams(x, fmt, granularity=qc.PerAxis(0), calibration="percentile", percentile=90)
    q = qc.quantize(x, params, rounding=rounding)
    y = qc.dequantize(q, params)
    for index, value in np.ndenumerate(x):
        s = Fraction(params.scale[index[0], 0].item())
        number = rounded(to_float32(Fraction(value.item()) / s), fmt, rounding)
        assert Fraction(qc.decode(q[index], fmt).item()) == number
        assert Fraction(y[index].item()) == to_float32(number * s)


@pytest.mark.parametrize("rounding", [*DETERMINISTIC, "stochastic"])
@pytest.mark.parametrize("name", NAMES)
def test_thresholds_are_where_codes_change(name: str, rounding: str) -> None:
    """On either side of each threshold, one float away, codes are of either side; beyond the last it clips."""
    fmt = qc.FORMATS[name]
    for dtype, scale, arithmetic in product((np.float32, np.float64), (0.5, 0.0371), ("onnx", "torchao")):
        params = qc.QuantParams(dtype(scale), 0, fmt)
        found = qc.grid(params, arithmetic, rounding) if fmt.bits <= 8 else None
        some = found.codes if found else fmt.grid().codes[:: 1 << fmt.bits - 6]
        thresholds = found.thresholds if found else qc.decision_thresholds(some, params, arithmetic, rounding)
        finite = np.isfinite(thresholds)
        rule = "half_up" if rounding == "stochastic" else rounding
        edges = thresholds[finite].astype(dtype)
        assert np.array_equal(edges, thresholds[finite])
        for side in (-np.inf, np.inf):
            edge, is_above = np.nextafter(edges, dtype(side)), side > 0
            numbers = qc.decode(qc.quantize(edge, params, arithmetic, rule), fmt)
            codes = np.append(some, some[-1]) if found else some
            borders = qc.decode(codes, fmt)[finite]
            clipped = qc.clipped(edge, params, arithmetic, rule)
            inner = slice(None, -1) if found else slice(None)
            reached = (numbers >= borders)[inner] & (clipped[inner] != -1)
            assert reached.all() if is_above else not reached.any()
            if found:
                assert (clipped[-1] == 1) == is_above


@pytest.mark.parametrize("name", NAMES)
def test_levels_are_what_dequantize_gives(name: str) -> None:
    """Every number of the grid, to the last bit; codes with the same number, as -0 and +0, are one."""
    fmt, params = qc.FORMATS[name], qc.QuantParams(np.float32(0.0371), 0, qc.FORMATS[name])
    for arithmetic in ("onnx", "torchao", "tflite"):
        codes = qc.grid(params, arithmetic).codes if fmt.bits <= 8 else fmt.grid().codes
        levels = qc.reconstruction_levels(codes, params, arithmetic)
        np.testing.assert_array_equal(levels, qc.dequantize(codes, params, arithmetic))
        assert (np.diff(levels) > 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_number_of_the_grid_stays(name: str) -> None:
    """Quantizing what was dequantized gives the same numbers again, where the scale is a power of two."""
    x, fmt = heavy(6, 20), qc.FORMATS[name]
    params = qc.choose_qparams(x, fmt, granularity=qc.PerBlock(5), scale_mode="rceil")
    y = qc.dequantize(qc.quantize(x, params), params)
    np.testing.assert_array_equal(qc.dequantize(qc.quantize(y, params), params), y)


@pytest.mark.parametrize("mode", SCALE_MODES)
def test_powers_of_two_are_those_of_mx(mode: str) -> None:
    """Per block of 32, scales, codes and reconstructions are those of MXFP8 and MXFP4 in the same mode."""
    x = heavy(4, 96)
    for block, name in (("mxfp8_e4m3", "float8_e4m3fn"), ("mxfp4", "float4_e2m1fn"), ("mxfp6_e3m2", "float6_e3m2fn")):
        stored = qc.store(x, block, scale_mode=mode)
        params = qc.choose_qparams(x, qc.FORMATS[name], granularity=qc.PerBlock(32), scale_mode=mode)
        np.testing.assert_array_equal(params.scale.reshape(-1), stored.scale.reshape(-1))
        q = qc.quantize(x, params)
        np.testing.assert_array_equal(q, stored.element_codes())
        np.testing.assert_array_equal(qc.dequantize(q, params), qc.restore(stored))


def test_overflow_is_what_the_format_has() -> None:
    """E4M3 has NaN, E5M2 infinity; FP4 saturates whatever is asked for."""
    x = [1000.0, -1000.0, 1.0]
    numbers = {
        name: qc.dequantize(
            qc.quantize(x, qc.QuantParams(scale, 0, qc.FORMATS[name]), overflow="overflow"),
            qc.QuantParams(scale, 0, qc.FORMATS[name]),
        ).tolist()
        for name, scale in (("float8_e4m3fn", 1.0), ("float8_e5m2", 0.01), ("float4_e2m1fn", 1.0))
    }
    assert np.isnan(numbers["float8_e4m3fn"][:2]).all()
    assert numbers["float8_e5m2"][:2] == [np.inf, -np.inf]
    assert numbers["float4_e2m1fn"] == [6, -6, 1]


def test_who_is_clipped_is_told() -> None:
    """464 rounds to 448 and is not clipped, 465 is; toward zero 479 is not; NF4 ends at 1."""
    params = qc.QuantParams(1.0, 0, qc.FORMATS["float8_e4m3fn"])
    assert qc.clipped([464, 465, -465, 1], params).tolist() == [0, 1, -1, 0]
    assert qc.clipped([465, 479, 480], params, rounding="toward_zero").tolist() == [0, 0, 1]
    assert qc.clipped([1, 1.01, -1.01], qc.QuantParams(1.0, 0, qc.FORMATS["nf4"])).tolist() == [0, 1, -1]
    assert qc.clipped_share([464, 465], params) == 0.5


def test_stochastic_rounding_is_right_on_average() -> None:
    """A quarter of the way between 1 and 1.125, a quarter goes up; who is clipped is told of the same draw."""
    params = qc.QuantParams(2.0, 0, qc.FORMATS["float8_e4m3fn"])
    x = np.full(40_000, 2 * (1 + 0.125 / 4), np.float32)
    y = qc.decode(qc.quantize(x, params, rounding="stochastic", rng=np.random.default_rng(3)), "float8_e4m3fn")
    assert set(y.tolist()) == {1.0, 1.125}
    assert abs((y == 1.125).mean() - 0.25) < 0.01  # 4.6 standard deviations
    top = np.full(1000, 2 * 464.0)
    sides = np.empty(1000, np.int8)
    fmt = {"rounding": "stochastic", "overflow": "overflow"}
    q = qc.quantize(top, params, rng=np.random.default_rng(4), sides=sides, **fmt)  # type: ignore[arg-type]
    np.testing.assert_array_equal(np.isnan(qc.decode(q, "float8_e4m3fn")), sides == 1)
    assert 300 < sides.sum() < 700


@pytest.mark.parametrize("granularity", [qc.PerTensor(), qc.PerAxis(0), qc.PerBlock(16)], ids=repr)
@pytest.mark.parametrize("name", ["float8_e4m3fn", "float4_e2m1fn", "nf4"])
def test_mse_calibration_is_nearly_the_best(name: str, granularity: qc.Granularity) -> None:
    """No worse than min-max, and within a hundredth of the best of a thousand thresholds tried one by one."""
    x, fmt = heavy(4, 64), qc.FORMATS[name]

    def error(calibration: Any) -> float:
        params = qc.choose_qparams(x, fmt, granularity=granularity, calibration=calibration)
        return qc.compare(x, qc.dequantize(qc.quantize(x, params), params)).mse

    assert error("mse") <= error("minmax")
    if isinstance(granularity, qc.PerTensor):
        peak = np.abs(x).max()
        assert error("mse") <= 1.01 * min(error((-t, t)) for t in np.linspace(peak / 1000, peak, 1000))


def test_percentile_and_given_ranges() -> None:
    """The range is mirrored, and divided by the greatest number."""
    x, fmt = heavy(1000), qc.FORMATS["float8_e4m3fn"]
    params = qc.choose_qparams(x, fmt, calibration="percentile", percentile=99)
    assert params.scale == np.float32(np.percentile(np.abs(x).astype(np.float64), 99)) / np.float32(448)
    assert qc.choose_qparams(x, fmt, calibration=(-2.0, 7.0)).scale == np.float32(7) / np.float32(448)


def test_zeros_have_a_scale() -> None:
    """All zeros stay zeros, by every toolkit's rule for a range without width."""
    for name, toolkit in product(NAMES, qc.TOOLKITS):
        params = qc.choose_qparams(np.zeros(3), qc.FORMATS[name], toolkit=toolkit)
        assert not qc.dequantize(qc.quantize(np.zeros(3), params), params).any()


def test_costs_count_the_scale_alone() -> None:
    """8 bits and a float32 scale for 16 values; the codes' entropy is at most 8."""
    x, fmt = heavy(4, 64), qc.FORMATS["float8_e4m3fn"]
    assert qc.bits_per_value(fmt, qc.PerBlock(16), x.shape) == 10
    q = qc.quantize(x, qc.choose_qparams(x, fmt))
    assert 0 < qc.code_entropy(q) <= 8


@pytest.mark.parametrize(
    ("call", "field", "words"),
    [
        (lambda f: qc.choose_qparams([1.0], f, "affine"), "scheme", "FP8 E4M3 has no zero point. Use symmetric"),
        (lambda f: qc.choose_qparams([1.0], f, reduce_range=True), "reduce_range", "it is for integers"),
        (lambda f: qc.choose_qparams([1.0], f, scale_mode="up"), "scale_mode", "it must be one of floor"),
        (lambda f: qc.choose_qparams([1.0], qc.INT8, scale_mode="floor"), "scale_mode", "it is for floats"),
        (lambda f: qc.choose_qparams([1.0], f, calibration="entropy"), "calibration", "Use one of minmax"),
        (lambda f: qc.calibrate([1.0], f, "mse", scheme="affine"), "scheme", "has no zero point"),
        (lambda f: qc.QuantParams(1.0, 3, f), "zero_point", "zero_point is 3; FP8 E4M3 has none"),
        (lambda f: qc.QuantParams(1.0, 0, qc.FORMATS["float8_e8m0fnu"]), "fmt", "for scales only"),
        (lambda f: qc.quantize([1.0, np.nan], qc.QuantParams(1.0, 0, f)), "values", "values[1] is nan"),
        (lambda f: qc.quantize([1.0, np.inf], qc.QuantParams(1.0, 0, f)), "values", "values[1] is inf"),
        (lambda f: qc.quantize([1.0], qc.QuantParams(1.0, 0, f), overflow="wrap"), "overflow", "overflow is 'wrap'"),
        (lambda f: qc.quantize([1.0], qc.QuantParams(1.0, 0, f), rounding="up"), "rounding", "rounding is 'up'"),
        (lambda f: qc.dequantize([256], qc.QuantParams(1.0, 0, f)), "codes", "codes hold 256"),
        (lambda f: qc.dequantize([1.5], qc.QuantParams(1.0, 0, f)), "codes", "whole numbers"),
        (lambda f: qc.QuantParams(1.0, 0, f).integers, "fmt", "this needs whole numbers"),
    ],
)
def test_bad_input_is_refused(call: Any, field: str, words: str) -> None:
    """The message names what was found; the field is the argument's."""
    with pytest.raises(qc.QuantError) as refused:
        call(qc.FORMATS["float8_e4m3fn"])
    assert refused.value.field == field
    assert words in refused.value.message

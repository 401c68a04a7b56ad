"""Scale and zero point, from the toolkits' own formulas, and where a range has no width."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import quantcore as qc

F32 = np.float32


@pytest.mark.parametrize(
    ("toolkit", "fmt", "scale", "zero_point"),
    [
        # range 3.2 - -3 = 6.2 in float32, 255 steps; -128 + 3 / scale = -4.6
        ("onnx", qc.INT8, F32(3.2) - F32(-3), -5),
        ("onnx", qc.UINT8, F32(3.2) - F32(-3), 123),
        ("torch", qc.INT8, F32(3.2) - F32(-3), -5),
        ("torchao", qc.UINT8, F32(3.2) - F32(-3), 123),
        ("onnxruntime", qc.INT8, np.float64(F32(3.2)) + 3, -5),
        ("tflite", qc.INT8, np.float64(F32(3.2)) + 3, -5),
    ],
)
def test_affine_spreads_the_range_over_all_codes(
    toolkit: str, fmt: qc.IntFormat, scale: np.floating, zero_point: int
) -> None:
    """The seed example: (max - min) / 255 in the toolkit's precision, and the code of 0."""
    params = qc.choose_qparams(F32([-3.0, 0.1, 3.2]), fmt, toolkit=toolkit)
    assert params.scale == F32(scale / type(scale)(255))
    assert params.zero_point == zero_point
    assert params.scale.dtype == np.float32
    assert params.zero_point.dtype == np.int32


@pytest.mark.parametrize(
    ("toolkit", "fmt", "denominator", "zero_point"),
    [
        ("onnx", qc.INT8, 127, 0),
        ("onnx", qc.UINT8, 127, 128),
        ("onnx", qc.INT4, 7, 0),
        ("onnxruntime", qc.INT8, 127, 0),
        ("onnxruntime", qc.UINT8, 127.5, 128),
        ("onnxruntime", qc.INT4, 7.5, 0),
        ("onnxruntime", qc.UINT4, 7.5, 8),
        ("onnxruntime", qc.INT16, 32767, 0),
        ("torch", qc.INT8, 127.5, 0),
        ("torch", qc.UINT8, 127.5, 128),
        ("torch", qc.UINT16, 32767.5, 2**15),
        ("torch", qc.IntFormat(8, signed=False, code_range=(0, 15)), 7.5, 7),
        ("torch", qc.IntFormat(8, narrow=True), 127, 0),
        ("torchao", qc.INT8, 127.5, 0),
        ("torchao", qc.UINT4, 7.5, 8),
        ("torch_per_token", qc.INT8, 127, 0),
        ("tensorrt", qc.INT8, 127, 0),
        ("tflite", qc.INT8, 127, 0),
        ("tflite", qc.INT16, 32767, 0),
    ],
)
def test_symmetric_denominators(toolkit: str, fmt: qc.IntFormat, denominator: float, zero_point: int) -> None:
    """Absmax over 127 or 127.5 and their like, and the code of 0."""
    params = qc.choose_qparams(F32([-3.0, 0.1, 3.25]), fmt, "symmetric", toolkit=toolkit)
    assert params.scale == F32(3.25 / denominator)
    assert params.zero_point == zero_point


@pytest.mark.parametrize("toolkit", ["modelopt", "bitsandbytes"])
def test_toolkits_that_keep_a_factor_get_it_exactly(toolkit: str) -> None:
    """127 / absmax in float32, though we keep the scale: the float64 scale's reciprocal rounds to the same number."""
    absmax = np.random.default_rng(0).uniform(1e-3, 1e3, 20_000).astype(np.float32)
    params = qc.choose_qparams(absmax[:, np.newaxis], qc.INT8, "symmetric", qc.PerAxis(0), toolkit=toolkit)
    assert params.scale.dtype == np.float64
    np.testing.assert_array_equal((1 / params.scale.ravel()).astype(np.float32), F32(127) / absmax)


def test_no_clipping_error_takes_the_side_that_needs_more() -> None:
    """torchao: -1 may use 128 codes, +1 only 127."""
    for x, scale in (([-1.0, 0.5], F32(1) / F32(128)), ([-0.5, 1.0], F32(1) / F32(127))):
        params = qc.choose_qparams(F32(x), qc.INT8, "symmetric", toolkit="torchao_no_clipping")
        assert params.scale == scale


def test_no_clipping_error_clips_unsigned_codes() -> None:
    """torchao's quirk: where qmin is 0 the scale is max / qmax though 0 lies in the middle, so half is out of reach."""
    params = qc.choose_qparams(F32([-5.0, 191.0]), qc.UINT8, "symmetric", toolkit="torchao_no_clipping")
    assert params.scale == F32(191) / F32(255)
    assert params.zero_point == 128
    assert qc.clipped(F32([-5.0, 95.0, 96.0, 191.0]), params, "torchao").tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("toolkit", "fmt", "codes"),
    [
        ("torch", qc.INT8, (-64, 63)),
        ("torch", qc.UINT8, (0, 127)),
        ("torch", qc.INT16, (-32768, 32767)),
        ("onnxruntime", qc.INT8, (-64, 64)),
        ("onnxruntime", qc.UINT8, (0, 127)),
        ("onnxruntime", qc.INT16, (-16384, 16384)),
        ("onnxruntime", qc.UINT4, (0, 7)),
        ("onnxruntime", qc.INT4, (-4, 3)),
        ("onnx", qc.INT8, (-64, 63)),
    ],
)
def test_a_reduced_range_has_the_toolkits_own_codes(toolkit: str, fmt: qc.IntFormat, codes: tuple[int, int]) -> None:
    """-1 and 1 go to the ends of the reduced range; the format stays."""
    params = qc.choose_qparams([-1.0, 1.0], fmt, toolkit=toolkit, reduce_range=True)
    assert params.fmt == fmt
    assert params.scale == F32(2 / (codes[1] - codes[0]))
    ends = qc.quantize([-1.0, 1.0], params)
    assert abs(int(ends[0]) - codes[0]) <= 1
    assert abs(int(ends[1]) - codes[1]) <= 1


ZEROS = [
    ("onnx", "affine", 1 / 255, 0),
    ("onnx", "symmetric", 1 / 127, 128),
    ("onnxruntime", "affine", 1.0, 0),
    ("onnxruntime", "symmetric", 1.0, 0),
    ("onnxruntime_dynamic", "affine", 1.0, 0),
    ("torch", "affine", 2.0**-23, 0),
    ("torch", "symmetric", 2.0**-23, 128),
    ("torchao", "affine", 2.0**-126, 0),
    ("torch_per_token", "symmetric", F32(1e-5) / F32(127), 128),
    ("tflite", "affine", 1.0, 0),
]


@pytest.mark.parametrize(("toolkit", "scheme", "scale", "zero_point"), ZEROS)
def test_zeros_get_the_toolkits_own_scale(toolkit: str, scheme: str, scale: float, zero_point: int) -> None:
    """A range without width: as each toolkit has it; the codes are the zero point's, and come back as 0."""
    zeros = np.zeros(5, np.float32)
    params = qc.choose_qparams(zeros, qc.UINT8, scheme, toolkit=toolkit)
    assert params.scale == F32(scale)
    assert params.zero_point == zero_point
    q = qc.quantize(zeros, params)
    assert (q == zero_point).all()
    assert (qc.dequantize(q, params) == 0).all()


def test_a_range_of_one_value_without_zero_names_the_remedy() -> None:
    """The smallest normal scale puts zero further away than float32 reaches; with zero all is well."""
    with pytest.raises(qc.QuantError, match=r"no width.*Include zero"):
        qc.choose_qparams(F32([24]), qc.INT4, "affine", include_zero=False, toolkit="torchao")
    assert qc.choose_qparams(F32([24]), qc.INT4, "affine", include_zero=True, toolkit="torchao").zero_point == -8


@pytest.mark.parametrize("toolkit", qc.TOOLKITS)
@pytest.mark.parametrize("scheme", ["affine", "symmetric"])
@pytest.mark.parametrize("constant", [0.0, 5.0, -5.0, 1e-3, -(2.0**-140), 1e30])
def test_a_constant_is_kept_to_half_a_step(toolkit: str, scheme: str, constant: float) -> None:
    """One value again and again, of any size: finite parameters, and an error of a step at most."""
    # bitsandbytes has int8 only, modelopt's unsigned codes hold no negative numbers, and those of torchao's
    # SYMMETRIC_NO_CLIPPING_ERR only half of the range: see the test of that quirk
    fmt = qc.INT8 if toolkit in ("bitsandbytes", "modelopt", "torchao_no_clipping", "brevitas") else qc.UINT8
    if toolkit == "notebook" and (scheme, abs(constant)) == ("symmetric", 2.0**-140):
        with pytest.raises(qc.QuantError, match="too narrow"):  # its scale factor is infinite
            qc.choose_qparams(F32([constant] * 3), fmt, scheme, toolkit=toolkit)
        return
    params = qc.choose_qparams(F32([constant] * 3), fmt, scheme, toolkit=toolkit)
    if toolkit == "torchao_dont_preserve_zero" and scheme == "affine":  # a range without width, and 0 far outside
        assert params.scale == 2.0**-126
        return
    if toolkit == "awq" and scheme == "affine":  # the same: the range counts as 1e-5
        assert params.scale == np.float32(1e-5) / np.float32(255)
        return
    arithmetic = qc.TOOLKITS[toolkit].arithmetic
    x_hat = qc.dequantize(qc.quantize(F32([constant]), params, arithmetic), params, arithmetic)
    assert abs(x_hat[0] - constant) <= 1.01 * params.scale


@given(
    x=st.lists(st.floats(-(2.0**100), 2.0**100, width=32), min_size=1, max_size=20),
    toolkit=st.sampled_from(sorted(set(qc.TOOLKITS) - {"notebook", "torch_float_zero_point"})),
    scheme=st.sampled_from(["affine", "symmetric"]),
    bits=st.integers(2, 16),
    is_signed=st.booleans(),
)
def test_parameters_are_legal_whatever_the_data(
    x: list[float], toolkit: str, scheme: str, bits: int, is_signed: bool
) -> None:
    """The scale is finite and above 0, and the zero point is a code that stands for 0.0."""
    params = qc.choose_qparams(F32(x), qc.IntFormat(bits, is_signed), scheme, toolkit=toolkit)
    assert np.isfinite(params.scale)
    assert params.scale > 0
    assert params.fmt.qmin <= params.zero_point <= params.fmt.qmax
    assert qc.dequantize(qc.quantize(0.0, params), params) == 0


def test_without_zero_the_range_is_not_widened() -> None:
    """[10, 11] over 255 steps: the zero point lies outside the codes, so it is floating point, but whole."""
    x = F32([10.0, 10.25, 11.0])
    params = qc.choose_qparams(x, qc.INT8, include_zero=False)
    assert params.scale == F32(1) / F32(255)
    assert params.zero_point.dtype == np.float32
    assert params.zero_point == -2678
    assert np.abs(qc.dequantize(qc.quantize(x, params), params) - x).max() <= params.scale / 2 * (1 + 1e-5)


def test_float_zero_points_are_not_rounded() -> None:
    """PyTorch's float_qparams: -min / s, the range as it is, and scale 1 for a constant."""
    x = F32([[1.5, 2.0, 4.5], [-3.25, -3.25, -3.25]])
    params = qc.choose_qparams(x, qc.UINT8, granularity=qc.PerAxis(0), toolkit="torch_float_zero_point")
    np.testing.assert_array_equal(params.scale.ravel(), [F32(3) / F32(255), 1])
    np.testing.assert_array_equal(params.zero_point.ravel(), [F32(-1.5) / (F32(3) / F32(255)), 3.25])
    with pytest.raises(qc.QuantError, match="whole number"):
        qc.quantize(x, params)
    assert qc.quantize(x, params, "torch_float_zero_point").tolist() == [[0, 42, 255], [0, 0, 0]]


def test_an_explicit_range_is_taken_as_data_of_that_range() -> None:
    """(min, max) gives the parameters of [min, max]."""
    by_data = qc.choose_qparams([-1.0, 3.0], qc.INT8, dtype=np.float64)
    by_range = qc.choose_qparams([100.0], qc.INT8, calibration=(-1, 3), dtype=np.float64)
    assert by_data.scale == by_range.scale == 4 / 255
    assert by_data.zero_point == by_range.zero_point


def test_calibrations_are_asked_for_every_slice() -> None:
    """A percentile per row clips each row by itself."""
    x = np.array([np.arange(1000.0), np.arange(1000.0) * 10])
    params = qc.choose_qparams(x, qc.UINT8, granularity=qc.PerAxis(0), calibration="percentile", percentile=90)
    scales = params.scale.ravel()
    assert scales[1] == pytest.approx(10 * scales[0], rel=1e-6)
    assert scales[0] < 999 / 255


def test_the_precision_of_the_scale_is_asked_for() -> None:
    """float16, float32, float64; by default what the toolkit keeps."""
    for dtype in (np.float16, np.float32, np.float64):
        assert qc.choose_qparams([1.0, -2.0], qc.INT8, dtype=dtype).scale.dtype == dtype
    assert qc.choose_qparams([1.0, -2.0], qc.INT8).scale.dtype == np.float32


@pytest.mark.parametrize("fmt", [qc.INT8, qc.UINT8], ids=repr)
def test_the_zero_point_comes_from_the_better_end(fmt: qc.IntFormat) -> None:
    """XNNPACK's rule in its own words, in float32: the ends weigh against each other; equal ends take the maximum."""
    # ranges that put 0 halfway between two codes, where the last bits of the quotients decide
    rng = np.random.default_rng(0)
    step, code = rng.uniform(0.01, 1, 20_000), rng.integers(0, 255, 20_000) + 0.5
    ends = np.stack([-code * step, (255 - code) * step], axis=1).astype(np.float32)
    params = qc.choose_qparams(ends, fmt, granularity=qc.PerAxis(0), toolkit="torch_per_token_asymmetric")
    scale = (ends[:, 1] - ends[:, 0]) / F32(255)
    low, high = ends[:, 0] / scale, ends[:, 1] / scale
    is_low = (F32(fmt.qmin) + low) + (F32(fmt.qmax) + high) > 0
    expected = np.where(is_low, F32(fmt.qmin) - low, F32(fmt.qmax) - high).clip(fmt.qmin, fmt.qmax).round()
    np.testing.assert_array_equal(params.zero_point.ravel(), expected)
    other_end = np.where(is_low, F32(fmt.qmax) - high, F32(fmt.qmin) - low).clip(fmt.qmin, fmt.qmax).round()
    assert (expected != other_end).any()  # the choice is seen


def test_blocks_of_float16_take_width_and_zero_point_as_kept() -> None:
    """ONNX Runtime subtracts the ends in float16 and rounds the scale to it before the zero point is computed."""
    x = np.float16([1.1240234375, -1.087890625])
    low, width = np.float64(x.min()), x.max() - x.min()
    exact_width = np.float64(x.max()) - low
    params = qc.choose_qparams(x, qc.UINT8, toolkit="onnxruntime_blocked", dtype=np.float16)
    assert params.scale == np.float16(np.float64(width) / 255)
    assert params.scale != np.float16(exact_width / 255)
    assert params.zero_point == np.rint(-low / np.float64(params.scale))
    assert params.zero_point != np.rint(-low / (np.float64(width) / 255))  # from the unrounded scale


@pytest.mark.parametrize(
    ("low", "high", "torch", "fbgemm", "fbgemm_int8"),
    [
        (-0.001, 0.002, (6.1e-5, 85), (6.1e-5, 85), (6.1e-5, -43)),
        (0.0, 0.001, (6.1e-5, 0), (6.1e-5, 0), (6.1e-5, -128)),
        (-0.001, 0.0, (6.1e-5, 255), (6.1e-5, 255), (6.1e-5, 127)),
        (-1e-9, 3e-9, (6.1e-5, 64), (6.1e-5, 64), (6.1e-5, -64)),
        (0.0, 1e-44, (0.1, 0), (0.1, 0), (0.1, 127)),
        (0.0, 0.0, (0.1, 0), (0.1, 0), (0.1, 127)),
        (-42.05, 105.85, (0.58, 72), (0.58, 73), (0.58, -55)),
        (-13.584999, 19.564999, (0.129999995, 105), (0.129999995, 104), (0.129999995, -24)),
        (-1436.9249267578125, 437.32498, (7.34999943, 195), (7.34999943, 196), (7.34999943, 67)),
    ],
)
def test_small_scales_and_ties_are_those_of_dynamic_quantization(
    low: float, high: float, torch: tuple[float, int], fbgemm: tuple[float, int], fbgemm_int8: tuple[float, int]
) -> None:
    """As torch 2.13: torch._choose_qparams_per_tensor, and the fbgemm::ChooseQuantizationParams that is built in."""
    for toolkit, fmt, (scale, zero_point) in (
        ("torch_dynamic", qc.UINT8, torch),
        ("fbgemm", qc.UINT8, fbgemm),
        ("fbgemm", qc.INT8, fbgemm_int8),
    ):
        params = qc.qparams_from_range(F32(low), F32(high), fmt, toolkit=toolkit)
        assert (params.scale, params.zero_point) == (F32(scale), zero_point)


def test_a_tokens_zero_point_comes_from_the_end_that_the_signs_of_the_sum_say() -> None:
    """PyTorch's choose_qparams_per_token_asymmetric: qmin + min0 / s + qmax + max0 / s > 0; codes above 0 show it."""
    fmt = qc.IntFormat(8, signed=False, code_range=(100, 200))
    assert qc.trace_qparams(-1.0, 0.0, fmt, toolkit="torch_per_token_asymmetric").is_from_low
    assert not qc.trace_qparams(-1.0, 0.0, fmt, toolkit="fbgemm").is_from_low


def test_a_narrow_range_is_widened_to_the_least_that_is_allowed() -> None:
    """As ONNX Runtime 1.32: compute_scale_zp(min_real_range=0.0001) widens at the upper end."""
    rules = replace(qc.TOOLKITS["onnxruntime"], min_real_range=0.0001)
    for low, high, scale, zero_point, symmetric_scale in (
        (0, 0, 3.921568634268624e-07, 0, 7.874015750530816e-07),
        (0, 1e-5, 3.921568634268624e-07, 0, 7.874015750530816e-07),
        (-1e-5, 0, 3.921568634268624e-07, 25, 7.086614459694829e-07),
        (-5e-5, 2e-5, 3.921568634268624e-07, 128, 3.937007875265408e-07),
        (-1, 2, 0.0117647061124444, 85, 0.015748031437397003),
    ):
        params = qc.qparams_from_range(F32(low), F32(high), qc.UINT8, toolkit=rules)
        assert (params.scale, params.zero_point) == (F32(scale), zero_point)
        symmetric = qc.qparams_from_range(F32(low), F32(high), qc.INT8, "symmetric", toolkit=rules)
        assert (symmetric.scale, symmetric.zero_point) == (F32(symmetric_scale), 0)


def test_a_reduced_range_without_a_code_above_zero_is_refused() -> None:
    """Of two bits, half the codes are -1 and 0, and a rule that divides the upper side by the largest code has none."""
    with pytest.raises(qc.QuantError, match="no code above 0"):
        qc.choose_qparams(
            [-1.0, 1.0], qc.IntFormat(2), scheme="symmetric", toolkit="torchao_no_clipping", reduce_range=True
        )

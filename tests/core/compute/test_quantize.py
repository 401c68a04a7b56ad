"""quantize and dequantize, against an exact oracle, and their promises about shapes, memory and bad numbers."""

import tracemalloc
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import quantcore as qc
from quantcore.compute.chunks import CHUNK
from tests.core.oracle import FLOAT64, RULES, rounded, rule_of

SCALES = [1.0, 0.5, 0.1, 1 / 3, 0.037, 123.456, 0.0078125, 0.0123, 2.0**-20, 3e10]
SMALL_FORMATS = [
    qc.IntFormat(bits, is_signed, is_narrow)
    for bits in range(2, 9)
    for is_signed in (True, False)
    for is_narrow in (True, False)
]


def near_ties(scale: float, zero_point: int, fmt: qc.IntFormat) -> np.ndarray:
    """Numbers on and beside the boundaries between codes, and beyond the range, as float32."""
    codes = np.arange(fmt.qmin - 2, fmt.qmax + 3, max(1, fmt.levels // 60)) - zero_point
    ties = ((codes + 0.5) * np.float64(np.float32(scale))).astype(np.float32)
    return np.concatenate([ties, np.nextafter(ties, np.float32(np.inf)), np.nextafter(ties, np.float32(-np.inf))])


@pytest.mark.parametrize("arithmetic", RULES)
@pytest.mark.parametrize("fmt", [qc.INT8, qc.UINT8, qc.INT4, qc.UINT16, qc.IntFormat(5, narrow=True)], ids=repr)
def test_codes_are_those_of_the_exact_oracle(arithmetic: str, fmt: qc.IntFormat) -> None:
    """Every rule gives the code that exact arithmetic with its roundings gives, on ties and beside them."""
    rule = rule_of(arithmetic, fmt.bits)
    for scale, zero_point in zip(SCALES, np.linspace(fmt.qmin, fmt.qmax, len(SCALES)).astype(int), strict=True):
        x = near_ties(scale, int(zero_point), fmt)
        params = qc.QuantParams(np.float32(scale), int(zero_point), fmt)
        exact_scale = Fraction(params.scale.item())
        expected = [min(max(rule(Fraction(v), exact_scale, int(zero_point)), fmt.qmin), fmt.qmax) for v in x.tolist()]
        np.testing.assert_array_equal(qc.quantize(x, params, arithmetic), expected)


@pytest.mark.parametrize("arithmetic", ["torch_pt2e", "torch_per_channel", "torch_per_tensor", "tflite"])
def test_a_float64_scale_is_rounded_where_the_rule_says(arithmetic: str) -> None:
    """Scales that float32 does not hold: the reciprocal is taken before rounding, or after, as the oracle has it."""
    for scale in np.random.default_rng(1).uniform(0.01, 0.1, 40):
        x = near_ties(scale, 3, qc.INT4)
        expected = [np.clip(RULES[arithmetic](Fraction(v), Fraction(scale), 3), -8, 7) for v in x.tolist()]
        np.testing.assert_array_equal(qc.quantize(x, qc.QuantParams(scale, 3, qc.INT4), arithmetic), expected)


@given(
    x=st.lists(st.floats(-(2.0**100), 2.0**100, width=32), min_size=1, max_size=30),
    scale=st.floats(2.0**-60, 2.0**60, width=32),
    zero_point=st.integers(-128, 127),
    arithmetic=st.sampled_from(sorted(RULES)),
)
def test_any_number_gets_the_code_of_the_oracle(x: list[float], scale: float, zero_point: int, arithmetic: str) -> None:
    """The oracle agrees on arbitrary float32 numbers and scales, far outside the range too."""
    params = qc.QuantParams(np.float32(scale), zero_point, qc.INT8)
    expected = [
        int(np.clip(rounded_or_far(arithmetic, Fraction(v), Fraction(scale), zero_point), -128, 127)) for v in x
    ]
    np.testing.assert_array_equal(qc.quantize(np.array(x, np.float32), params, arithmetic), expected)


def rounded_or_far(arithmetic: str, x: Fraction, scale: Fraction, zero_point: int) -> int:
    """The oracle, which has no infinity: what overflows is clipped anyway."""
    if abs(x / scale) > 2**120:
        return 1000 if x > 0 else -1000
    return max(-1000, min(1000, RULES[arithmetic](x, scale, zero_point)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("fmt", SMALL_FORMATS, ids=repr)
def test_every_code_returns_to_itself(fmt: qc.IntFormat, dtype: type) -> None:
    """For each code of each format up to 8 bits, quantize(dequantize(q)) is q, in any arithmetic."""
    q = np.arange(fmt.qmin, fmt.qmax + 1).astype(fmt.dtype)
    for zero_point in {fmt.qmin, fmt.qmax, (fmt.qmin + fmt.qmax) // 2}:
        for scale in SCALES:
            params = qc.QuantParams(dtype(scale), zero_point, fmt)
            for arithmetic in set(qc.ARITHMETICS) - {"bitsandbytes"}:  # which has no zero point
                again = qc.quantize(qc.dequantize(q, params, arithmetic), params, arithmetic)
                assert again.dtype == (fmt.dtype if qc.ARITHMETICS[arithmetic].clips else dtype)
                np.testing.assert_array_equal(again, q)


@pytest.mark.parametrize("fmt", SMALL_FORMATS, ids=repr)
def test_every_reconstruction_is_the_exact_product_rounded_once(fmt: qc.IntFormat) -> None:
    """For each code of each format up to 8 bits: (q - z) * s rounded once, to float32 or float64."""
    q = np.arange(fmt.qmin, fmt.qmax + 1)
    for zero_point in (fmt.qmin, fmt.qmax):
        for scale in SCALES:
            single, double = (qc.QuantParams(t(scale), zero_point, fmt) for t in (np.float32, np.float64))
            products = [(int(code) - zero_point) * Fraction(single.scale.item()) for code in q]
            np.testing.assert_array_equal(qc.dequantize(q, single), [float(rounded(p)) for p in products])
            products = [(int(code) - zero_point) * Fraction(scale) for code in q]
            np.testing.assert_array_equal(qc.dequantize(q, double), [float(rounded(p, FLOAT64)) for p in products])
            # torch.quantize_per_channel keeps float64 scales and answers float32
            expected = [float(rounded(rounded(p, FLOAT64))) for p in products]
            np.testing.assert_array_equal(qc.dequantize(q, double, "torch_per_channel"), expected)


@given(
    x=hnp.arrays(np.float64, hnp.array_shapes(max_dims=3, max_side=9), elements=st.floats(-1e6, 1e6)),
    fmt=st.sampled_from([*SMALL_FORMATS, qc.INT16, qc.UINT16]),
    scheme=st.sampled_from(["affine", "symmetric"]),
)
def test_inside_the_range_the_error_is_at_most_half_a_step(x: np.ndarray, fmt: qc.IntFormat, scheme: str) -> None:
    """Parameters chosen from the data: no error beyond half a step (and the zero point's own rounding), order kept."""
    params = qc.choose_qparams(x, fmt, scheme, dtype=np.float64)
    q = qc.quantize(x, params)
    assert q.shape == x.shape
    assert q.dtype == fmt.dtype
    assert (q >= fmt.qmin).all()
    assert (q <= fmt.qmax).all()
    # the ends of an affine range may be clipped by what the zero point was rounded by: half a step more
    most = params.scale * (1.0 if scheme == "affine" else 0.5) * (1 + 1e-9)
    assert (np.abs(qc.dequantize(q, params) - x) <= most).all()
    order = np.argsort(x, axis=None)
    assert (np.diff(q.ravel()[order].astype(int)) >= 0).all()


@given(
    shape=hnp.array_shapes(min_dims=2, max_dims=3, max_side=7),
    data=st.data(),
)
def test_parameters_of_a_slice_act_on_that_slice_alone(shape: tuple[int, ...], data: st.DataObject) -> None:
    """Per axis and per block give what per tensor gives on each slice, with a partial last block too."""
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    block = data.draw(st.integers(1, shape[axis]))
    x = np.random.default_rng(3).normal(size=shape).astype(np.float32)
    for granularity, width in ((qc.PerAxis(axis), 1), (qc.PerBlock(block, axis), block)):
        params = qc.choose_qparams(x, qc.INT8, granularity=granularity)
        q = qc.quantize(x, params)
        x_hat = qc.dequantize(q, params)
        moved, moved_q, moved_hat = (np.moveaxis(a, axis, 0) for a in (x, q, x_hat))
        for start in range(0, shape[axis], width):
            part = slice(start, start + width)
            columns = (
                [(part,)]
                if width == 1 and isinstance(granularity, qc.PerAxis)
                else [(part, *index) for index in np.ndindex(moved.shape[1:])]
            )
            for index in columns:
                alone = qc.choose_qparams(moved[index], qc.INT8)
                np.testing.assert_array_equal(moved_q[index], qc.quantize(moved[index], alone))
                np.testing.assert_array_equal(moved_hat[index], qc.dequantize(moved_q[index], alone))


@pytest.mark.parametrize("n", [CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 5])
def test_pieces_make_no_difference(n: int) -> None:
    """An array longer than a piece gets the codes that its parts get."""
    x = np.random.default_rng(5).normal(size=n).astype(np.float32)
    params = qc.QuantParams(np.float32(0.02), 7, qc.INT8)
    whole = qc.quantize(x, params)
    parts = [qc.quantize(part, params) for part in np.array_split(x, 11)]
    np.testing.assert_array_equal(whole, np.concatenate(parts))
    np.testing.assert_array_equal(qc.dequantize(whole, params), (whole.astype(np.float32) - 7) * np.float32(0.02))


@pytest.mark.parametrize("rounding", [name for name in qc.ROUNDINGS if name != "stochastic"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rounding_by_name_is_applied_to_the_scaled_value(rounding: str, dtype: type) -> None:
    """The codes are those of the rounding's own function, on ties and beside them."""
    x = near_ties(1.0, 0, qc.INT8).astype(dtype)
    params = qc.QuantParams(dtype(1), 0, qc.INT8)
    expected = np.clip(qc.round_whole(x, rounding), -128, 127)
    np.testing.assert_array_equal(qc.quantize(x, params, rounding=rounding), expected)


def test_stochastic_rounding_needs_no_more_than_its_rng() -> None:
    """The same seed gives the same codes; whole numbers stay; the mean is right."""
    params = qc.QuantParams(1.0, 0, qc.INT8)
    x = np.full(100_000, 2.25)
    first, second = (qc.quantize(x, params, rounding="stochastic", rng=np.random.default_rng(1)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert set(first.tolist()) == {2, 3}
    # the standard error of the mean is sqrt(.25 * .75 / 1e5) = 0.0014; five of them
    assert abs(first.mean() - 2.25) < 0.007
    whole = np.arange(-128.0, 128.0)
    np.testing.assert_array_equal(
        qc.quantize(whole, params, rounding="stochastic", rng=np.random.default_rng(2)), whole
    )


def test_inputs_stay_and_out_is_used() -> None:
    """Neither x nor q is written to, and `out` is what is returned."""
    x = np.random.default_rng(0).normal(size=(50, 70))
    params = qc.choose_qparams(x, qc.INT8, granularity=qc.PerBlock(32))
    x.setflags(write=False)
    q, x_hat = np.empty(x.shape, np.int8), np.empty(x.shape, np.float32)
    assert qc.quantize(x, params, out=q) is q
    before = q.copy()
    assert qc.dequantize(q, params, out=x_hat) is x_hat
    np.testing.assert_array_equal(q, before)
    # a view with gaps is as good
    gaps = np.zeros((50, 140), np.int8)[:, ::2]
    np.testing.assert_array_equal(qc.quantize(np.asfortranarray(x), params, out=gaps), q)


@pytest.mark.parametrize("shape", [(0,), (0, 5), (5, 0)])
def test_no_numbers_give_no_codes(shape: tuple[int, ...]) -> None:
    """An empty array is quantized to an empty array of the same shape, as by the libraries."""
    params = qc.QuantParams(1.0, 0, qc.INT8)
    assert qc.quantize(np.empty(shape), params).shape == shape
    assert qc.dequantize(np.empty(shape, np.int8), params).shape == shape


def test_one_number_is_an_array_of_no_dimensions() -> None:
    """A single number in, a zero-dimensional array out."""
    params = qc.QuantParams(0.5, 3, qc.UINT8)
    q = qc.quantize(1.0, params)
    assert q.shape == ()
    assert q.item() == 5
    assert qc.dequantize(5, params).item() == 1.0


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("rounding", ["half_even", "floor"])
@pytest.mark.parametrize("arithmetic", qc.ARITHMETICS)
def test_a_number_that_is_not_finite_is_found(bad: float, rounding: str, arithmetic: str) -> None:
    """The message names the index of the first, also behind the first piece, and nothing is computed from it."""
    x = np.zeros((3, CHUNK), np.float32)
    x[2, 7] = x[2, 9] = bad
    for granularity, count in ((qc.PerTensor(), 1), (qc.PerAxis(0), 3)):
        params = qc.QuantParams(np.full(count, 0.5, np.float32), 0, qc.INT8, granularity)
        with pytest.raises(qc.QuantError, match=r"values\[2, 7\] is (nan|inf|-inf)") as refused:
            qc.quantize(x, params, arithmetic, rounding)
        assert refused.value.field == "values"


def test_finite_numbers_that_overflow_are_clipped() -> None:
    """x / s beyond float32 goes to the end of the range, without a warning; x beyond float32 is refused."""
    params = qc.QuantParams(np.float32(1e-30), 5, qc.INT8)
    np.testing.assert_array_equal(qc.quantize(np.float32([3e38, -3e38, 0]), params), [127, -128, 5])
    with pytest.raises(qc.QuantError, match=r"values\[1\] is 1e\+300; it is too large for float32"):
        qc.quantize([1.0, 1e300], params)


@pytest.mark.parametrize("granularity", [qc.PerTensor(), qc.PerAxis(0), qc.PerBlock(32)], ids=repr)
@pytest.mark.parametrize(
    ("arithmetic", "rounding"),
    [("onnx", "half_even"), ("onnx", "half_away"), ("torch_per_tensor", "half_even"), ("torch_per_channel", "floor")],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_temporaries_are_small_whatever_the_input(
    granularity: qc.Granularity, arithmetic: str, rounding: str, dtype: type
) -> None:
    """With buffers given, 5 million numbers need less than 8 MB of temporaries."""
    x = np.ones((1000, 5000), dtype)
    x[:, ::2] = -2
    params = qc.choose_qparams(x, qc.INT8, granularity=granularity, dtype=dtype)
    q = np.empty(x.shape, np.int8)
    x_hat = np.empty(x.shape, dtype if arithmetic == "onnx" else np.float32)
    tracemalloc.start()
    try:
        qc.dequantize(qc.quantize(x, params, arithmetic, rounding, out=q), params, arithmetic, out=x_hat)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8e6


def test_float16_is_divided_in_float16_or_float32() -> None:
    """ONNX divides in the precision of the scale, ONNX Runtime in float32; both hold 16-bit codes."""
    params = qc.QuantParams(np.float16(0.07), 60000, qc.UINT16)
    x = np.float16([1.0, -4000, 300.25])
    exact = [Fraction(v) / Fraction(float(np.float16(0.07))) for v in x.tolist()]
    half = (11, -14, 15)
    expected = [min(max(round(rounded(value, half)) + 60000, 0), 65535) for value in exact]
    np.testing.assert_array_equal(qc.quantize(x, params), expected)
    expected = [min(max(round(rounded(value)) + 60000, 0), 65535) for value in exact]
    np.testing.assert_array_equal(qc.quantize(x, params, "onnxruntime"), expected)
    assert qc.dequantize(np.uint16([60001]), params).dtype == np.float16


@pytest.mark.parametrize(
    ("x", "scale", "zero_point", "fmt", "code"),
    [
        (-194.85384, 1.540346622467041, 65, qc.INT8, -61),
        (-48.790462, 1.0723179578781128, 136, qc.UINT8, 91),
        (0.84707564, 1.6908488, 20000, qc.INT16, 20000),
    ],
)
def test_product_and_sum_are_rounded_once_up_to_8_bits(
    x: float, scale: float, zero_point: int, fmt: qc.IntFormat, code: int
) -> None:
    """torch.quantize_per_tensor, 2.13.0, to qint8, quint8 and qint32: its kernels for 32 bits are not fused."""
    params = qc.QuantParams(np.float32(scale), zero_point, fmt)
    assert qc.quantize(np.float32([x]), params, "torch_per_tensor").item() == code
    assert qc.trace(np.float32([x]), params, 0, "torch_per_tensor")["code"].value == code
    low, high = qc.decision_thresholds([code, code + 1], params, "torch_per_tensor")
    assert low <= np.float32(x) <= high


def test_the_last_elements_of_wide_codes_are_left_to_the_reference_kernel() -> None:
    """QUANTIZE of LiteRT 2.3.0, x86-64: int16 eight at a time, ties to even, the rest away; int8 all to even."""
    x = np.array([0.25, 0.75, 1.25, 1.75, -0.25, -0.75, 1.25, -1.75, 0.25, 0.75, -1.25], np.float32)
    half = np.float32(0.5)
    for fmt, zero_point, recorded in (
        (qc.INT16, 0, [0, 2, 2, 4, 0, -2, 2, -4, 1, 2, -3]),
        (qc.INT8, 3, [3, 5, 5, 7, 3, 1, 5, -1, 3, 5, 1]),
    ):
        params = qc.QuantParams(half, zero_point, fmt)
        for rounding in (None, "half_even"):  # its own, be it named or not
            assert qc.quantize(x, params, "tflite_x86", rounding).tolist() == recorded
        assert [qc.trace(x, params, i, "tflite_x86")["code"].value for i in range(x.size)] == recorded
    fine = qc.QuantParams(np.float32(1.3424318e-05), 0, qc.INT16)  # -74.4999986 steps, a tie in float32
    assert qc.quantize(np.float32([-0.0010001117]), fine, "tflite_x86").tolist() == [-74]
    assert qc.quantize(np.float32([-0.0010001117]), fine, "tflite").tolist() == [-75]
    params = qc.QuantParams(half, 0, qc.INT16)
    spread, sides = np.zeros((2, 11), np.int16).T[:, 0], np.zeros(11, np.int8)
    qc.quantize(x * 2**15, params, "tflite_x86", out=spread, sides=sides)  # memory with gaps
    assert spread[-3:].tolist() == [2**14, 2**15 - 1, -(2**15)]
    assert sides[-3:].tolist() == [0, 1, -1]
    assert qc.first_difference(x, qc.INT16, "onnx", "tflite_x86", params=params).b.arithmetic == "tflite_tail"


def test_a_lowest_code_beyond_the_precision_is_refused() -> None:
    """fake_quant_ops subtracts the number of the lowest code: infinity there would make any x the highest code."""
    params = qc.QuantParams(np.float32(2.6771652e36), 128, qc.IntFormat(8, signed=False))
    with pytest.raises(qc.QuantError, match="which float32 does not reach") as caught:
        qc.quantize([0.1], params, "tf_fake_quant")
    assert caught.value.field == "scale"
    assert qc.quantize([0.1], qc.QuantParams(np.float32(2.6e36), 128, params.fmt), "tf_fake_quant").tolist() == [128]

"""Integer matrix products against Python's own integers and exact fractions."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import quantcore as qc
from quantcore.compute.matmul import exact_product, matmul_integer, matmul_terms, qlinear_matmul

DTYPES = [np.int8, np.uint8, np.int16, np.uint16]


def by_hand(a: Any, b: Any, za: Any = 0, zb: Any = 0) -> list[list[int]]:
    """Sum over k of (A - za)(B - zb) of two matrices, in Python's integers."""
    left = (np.asarray(a).astype(object) - za).tolist()
    right = (np.asarray(b).astype(object) - zb).T.tolist()
    return [[sum(x * y for x, y in zip(row, column, strict=True)) for column in right] for row in left]


def wrapped(value: int) -> int:
    """The int32 with the same low 32 bits."""
    return (value + 2**31) % 2**32 - 2**31


@given(st.data())
def test_products_are_those_of_whole_numbers(data: st.DataObject) -> None:
    """Any codes, shapes and zero points, one or one for each row and column: the exact sum, modulo 2^32."""
    m, k, n = (data.draw(st.integers(1, 6)) for _ in range(3))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    a, b = (
        rng.integers(np.iinfo(dtype).min, np.iinfo(dtype).max, shape, dtype, endpoint=True)
        for dtype, shape in ((data.draw(st.sampled_from(DTYPES)), (m, k)), (data.draw(st.sampled_from(DTYPES)), (k, n)))
    )
    za, zb = (rng.integers(np.iinfo(x.dtype).min, np.iinfo(x.dtype).max, size, x.dtype) for x, size in ((a, m), (b, n)))
    if data.draw(st.booleans()):
        za, zb = za[:1], zb[:1]
    expected = by_hand(a, b, za.reshape(-1, 1).astype(object), zb.astype(object))
    result = matmul_integer(a, b, za, zb)
    assert result.dtype == np.int32
    assert result.tolist() == [[wrapped(value) for value in row] for row in expected]
    terms = matmul_terms(a, b, za, zb)
    assert terms.total.tolist() == expected
    assert terms.product.tolist() == by_hand(a, b)


@pytest.mark.parametrize(
    ("k", "largest"),
    [
        (258, 255),  # K p just below 2^24: float32
        (259, 255),  # just above: float64
        (300, 65535),
        (3, 2**26),  # K p above 2^53: in pieces of K
        (5, 2**30),  # single products above 2^53
    ],
)
@pytest.mark.parametrize("sign", [1, -1])
def test_sums_at_the_limits_of_floats_are_exact(k: int, largest: int, sign: int) -> None:
    """The largest sums, and odd neighbours of them, on both sides of every change of method."""
    a = np.full((2, k), largest, np.int64)
    a[1, 0] -= 1
    b = np.full((k, 2), sign * largest, np.int64)
    b[-1, 1] += 1
    assert exact_product(a, b).tolist() == by_hand(a, b)


def test_unsigned_bytes_wrap_as_hardware_does() -> None:
    """One element more than 33025 products of 255 * 255 leaves int32, and wraps (ONNX Runtime 1.32)."""
    for k in (33025, 33026, 66052):
        ones = np.full((1, k), 255, np.uint8)
        assert matmul_integer(ones, ones.T).item() == wrapped(255 * 255 * k)


def test_leading_axes_broadcast() -> None:
    """A stack of matrices is multiplied one by one, with zero points in either of their shapes."""
    rng = np.random.default_rng(3)
    a, b = rng.integers(0, 256, (2, 1, 3, 5), np.uint8), rng.integers(-128, 128, (4, 5, 2), np.int8)
    za, zb = rng.integers(0, 256, (2, 1, 3, 1), np.uint8), rng.integers(-128, 128, 2, np.int8)
    result = matmul_integer(a, b, za, zb)
    assert result.shape == (2, 4, 3, 2)
    for i in range(2):
        for j in range(4):
            assert result[i, j].tolist() == by_hand(a[i, 0], b[j], za[i, 0].astype(object), zb.astype(object))


def test_corrections_vanish_without_zero_points() -> None:
    """With symmetric operands the product of the codes is the whole answer."""
    terms = matmul_terms([[1, -2], [3, 4]], [[5, 6], [7, 8]])
    assert not terms.columns.any()
    assert not terms.rows.any()
    assert not terms.constant.any()
    assert terms.product.tolist() == terms.total.tolist() == [[-9, -10], [43, 50]]


@settings(max_examples=50)
@given(st.integers(0, 2**32), st.booleans())
def test_requantized_products_round_the_exact_value(seed: int, by_column: bool) -> None:
    """Codes are the exact real result, rounded and clipped; but where 4 roundings of float32 can decide a tie."""
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, 256, (4, 9), np.uint8), rng.integers(-128, 128, (9, 3), np.int8)
    scales = rng.uniform(0.001, 0.1, 3 if by_column else 1).astype(np.float32)
    a_params = qc.QuantParams(np.float32(0.02), 117, qc.UINT8)
    b_params = qc.QuantParams(scales, [-3] * scales.size, qc.INT8, qc.PerAxis(1) if by_column else qc.PerTensor())
    y_params = qc.QuantParams(np.float32(0.3), 100, qc.UINT8)
    result = qlinear_matmul(a, a_params, b, b_params, y_params)
    assert result.dtype == np.uint8
    for (i, j), code in np.ndenumerate(result):
        total = by_hand(a[i : i + 1], b[:, j : j + 1], 117, -3)[0][0]
        step = Fraction(float(np.float32(0.02))) * Fraction(float(scales[j % scales.size]))
        real = total * step / Fraction(float(np.float32(0.3)))
        slack = 4 * abs(real) / 2**24
        nearest = {min(max(round(edge) + 100, 0), 255) for edge in (real - slack, real, real + slack)}
        assert int(code) in nearest


def test_a_linear_layer_stays_within_its_steps() -> None:
    """Quantized operands multiply to the product of what they stand for, within half a step of the result."""
    rng = np.random.default_rng(1)
    x, w = rng.normal(size=(8, 32)), rng.normal(size=(32, 5))
    x_params = qc.choose_qparams(x, qc.UINT8)
    w_params = qc.choose_qparams(w, qc.INT8, scheme="symmetric", granularity=qc.PerAxis(1))
    q_x, q_w = qc.quantize(x, x_params), qc.quantize(w, w_params)
    real = qc.dequantize(q_x, x_params).astype(np.float64) @ qc.dequantize(q_w, w_params).astype(np.float64)
    y_params = qc.choose_qparams(real, qc.UINT8)
    y = qc.dequantize(qlinear_matmul(q_x, x_params, q_w, w_params, y_params), y_params)
    assert np.abs(y - real).max() <= 0.5001 * y_params.scale


U8 = np.zeros((2, 3), np.uint8)
PARAMS = qc.QuantParams(1.0, 0, qc.UINT8)


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda: matmul_integer(U8, U8), "b"),
        (lambda: matmul_integer(np.zeros((2, 2, 3), np.int8), np.zeros((3, 3, 2), np.int8)), "b"),
        (lambda: matmul_integer(U8.astype(float), U8.T), "a"),
        (lambda: matmul_integer(U8[0], U8.T), "a"),
        (lambda: matmul_integer(U8, U8.T, [1, 2, 3]), "a_zero_point"),
        (lambda: matmul_integer(U8, U8.T, 0, [1, 2, 3]), "b_zero_point"),
        (lambda: matmul_integer(U8, U8.T, 0.5), "a_zero_point"),
        (
            lambda: qlinear_matmul(U8, qc.QuantParams([1.0] * 3, 0, qc.UINT8, qc.PerAxis(1)), U8.T, PARAMS, PARAMS),
            "a_params",
        ),
        (
            lambda: qlinear_matmul(U8, PARAMS, U8.T, qc.QuantParams([1.0] * 3, 0, qc.UINT8, qc.PerAxis(0)), PARAMS),
            "b_params",
        ),
        (
            lambda: qlinear_matmul(U8, PARAMS, U8.T, PARAMS, qc.QuantParams([1.0] * 2, 0, qc.UINT8, qc.PerAxis(0))),
            "y_params",
        ),
    ],
)
def test_bad_input_names_its_field(call: Any, field: str) -> None:
    """What cannot be multiplied is refused with the operand it concerns."""
    with pytest.raises(qc.QuantError) as caught:
        call()
    assert caught.value.field == field


def test_the_zero_point_of_a_product_is_added_before_or_after_rounding() -> None:
    """Half of each sum, and 29: recorded from onnx 1.23.2's ReferenceEvaluator and ONNX Runtime 1.32.0."""
    sums = [125, 126, 127, 129, 131, 3, 5, 255]
    a, b, y = (qc.QuantParams(np.float32(scale), z, qc.UINT8) for scale, z in ((0.5, 0), (1, 0), (1, 29)))
    codes = np.array(sums, np.uint8).reshape(-1, 1)
    found = {name: qlinear_matmul(codes, a, [[1]], b, y, name).ravel().tolist() for name in qc.REQUANTIZATIONS}
    assert found["onnx"] == [92, 92, 92, 94, 94, 30, 32, 156]
    assert found["onnxruntime"] == [91, 92, 93, 93, 95, 31, 31, 157]


def test_an_unknown_requantization_is_refused() -> None:
    """The message has the names that there are."""
    with pytest.raises(qc.QuantError, match=r"'fast'; it must be one of onnxruntime, onnx"):
        qlinear_matmul(U8, PARAMS, U8.T, PARAMS, PARAMS, "fast")

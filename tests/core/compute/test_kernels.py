"""The loops written for WebAssembly, run where the other loops can be compared with them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import quantcore as qc
from quantcore.compute import kernels
from tests.core.compute.test_quantize import near_ties

FORMATS = [qc.INT8, qc.UINT8, qc.IntFormat(8, narrow=True), qc.INT4, qc.UINT4, qc.INT16, qc.UINT16, qc.IntFormat(11)]


def both(x: np.ndarray, params: qc.QuantParams, arithmetic: str = "onnx") -> list[tuple[np.ndarray, np.ndarray]]:
    """Codes and reconstruction by either kind of loop."""
    results = []
    for paired in (False, True):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(kernels, "PAIRED", paired)
            q = qc.quantize(x, params, arithmetic)
            results.append((q, qc.dequantize(q, params, arithmetic)))
    return results


def assert_same(results: list[tuple[np.ndarray, np.ndarray]]) -> None:
    """Bit for bit."""
    (q, x_hat), (other_q, other_hat) = results
    np.testing.assert_array_equal(q, other_q)
    np.testing.assert_array_equal(x_hat, other_hat)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("fmt", FORMATS, ids=repr)
def test_ties_and_clipped_values_are_the_same(fmt: qc.IntFormat, dtype: type) -> None:
    """On and beside every boundary, beyond both ends, with every kind of zero point, odd and even lengths."""
    for zero_point in sorted({fmt.qmin, fmt.qmin + 1, 1, fmt.qmax}):
        x = near_ties(0.1, zero_point, fmt).astype(dtype)
        x = np.concatenate([x, dtype([1e30, -1e30, 3e5, -3e5, 1e9, -1e9, 2.0**32 / 10, 0, -0.0])])
        np.random.default_rng(0).shuffle(x)
        params = qc.QuantParams(dtype(0.1), zero_point, fmt)
        for part in (x, x[1:], x[:1], x[np.abs(x) < 5], dtype([0, 2.0**32 / 10])):
            for arithmetic in ("onnx", "torch_per_tensor", "torch_per_channel"):
                assert_same(both(part, params, arithmetic))


@given(
    x=st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=9),
    scale=st.floats(2.0**-100, 2.0**100, width=32),
    zero_point=st.integers(-128, 127),
)
def test_any_neighbours_are_the_same(x: list[float], scale: float, zero_point: int) -> None:
    """An element far outside the range does not disturb the one that shares its word."""
    assert_same(both(np.array(x, np.float32), qc.QuantParams(np.float32(scale), zero_point, qc.INT8)))


@pytest.mark.parametrize(
    "granularity", [qc.PerAxis(0), qc.PerAxis(1), qc.PerBlock(32), qc.PerBlock(7), qc.PerBlock(3, 0)]
)
def test_parameters_of_slices_are_the_same(granularity: qc.Granularity) -> None:
    """Vectors of scales and zero points, in long and short runs."""
    x = np.random.default_rng(0).normal(size=(20, 1500)).astype(np.float32)
    assert_same(both(x, qc.choose_qparams(x, qc.INT8, granularity=granularity)))


def test_results_go_into_any_buffer() -> None:
    """Every second column, Fortran order, and a length that does not fill words."""
    x = np.random.default_rng(0).normal(size=(9, 31)).astype(np.float32)
    params = qc.choose_qparams(x, qc.INT8)
    expected = qc.quantize(x, params)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernels, "PAIRED", True)
        for out in (
            np.zeros((9, 62), np.int8)[:, ::2],
            np.zeros((9, 31), np.int8, order="F"),
            np.zeros((9, 31), np.int8),
        ):
            np.testing.assert_array_equal(qc.quantize(x, params, out=out), expected)
        assert qc.quantize(x[0, 0], params).item() == expected[0, 0]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, -np.nan])
@pytest.mark.parametrize("place", [0, 1, 6])
def test_bad_numbers_are_found(bad: float, place: int) -> None:
    """In either half of a word."""
    x = np.ones(7, np.float32)
    x[place] = bad
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernels, "PAIRED", True)
        with pytest.raises(qc.QuantError, match=rf"values\[{place}\]"):
            qc.quantize(x, qc.QuantParams(np.float32(0.1), 3, qc.INT8))

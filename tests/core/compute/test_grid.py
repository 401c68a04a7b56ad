"""The grid: levels are what dequantize gives, thresholds are where quantize changes its mind."""

from dataclasses import replace

import numpy as np
import pytest

import quantcore as qc

DIRECTED_AND_TIES = [name for name in qc.ROUNDINGS if name != "stochastic"]
ARITHMETICS = sorted(qc.ARITHMETICS)


def sides(found: qc.Grid, dtype: type) -> tuple[np.ndarray, np.ndarray]:
    """The numbers next to each threshold, below and above."""
    edges = found.thresholds.astype(dtype)
    assert np.array_equal(edges, found.thresholds)  # numbers of the precision
    return np.nextafter(edges, dtype(-np.inf)), np.nextafter(edges, dtype(np.inf))


@pytest.mark.parametrize("rounding", DIRECTED_AND_TIES)
@pytest.mark.parametrize("arithmetic", ARITHMETICS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_thresholds_are_where_codes_change(arithmetic: str, rounding: str, dtype: type) -> None:
    """Next below a threshold the code is lower, next above it is not, whatever the arithmetic and the rounding."""
    unclipped = replace(qc.ARITHMETICS[arithmetic], clips=False)
    for scale, zero_point in ((0.5, 0), (0.1, -5), (1.6908488, 7), (3e-5, -8), (2.0**40, 1)):
        params = qc.QuantParams(dtype(scale), zero_point, qc.INT4)
        found = qc.grid(params, arithmetic, rounding)
        kept = np.float32 if qc.ARITHMETICS[arithmetic].dtype is not None else dtype
        below, above = sides(found, kept)
        codes = np.append(found.codes, found.codes[-1] + 1)
        assert (qc.quantize(below, params, unclipped, rounding) < codes).all()
        assert (qc.quantize(above, params, unclipped, rounding) >= codes).all()
        assert np.array_equal(qc.clipped(below[:1], params, arithmetic, rounding), [-1])
        assert np.array_equal(qc.clipped(above[-1:], params, arithmetic, rounding), [1])


@pytest.mark.parametrize("arithmetic", ARITHMETICS)
@pytest.mark.parametrize("fmt", [qc.INT2, qc.UINT8, qc.INT16, qc.IntFormat(5, narrow=True)], ids=repr)
def test_levels_are_what_dequantize_gives(arithmetic: str, fmt: qc.IntFormat) -> None:
    """The real number of every code is its reconstruction, to the last bit, and thresholds rise between them."""
    params = qc.QuantParams(np.float32(0.0371), 1, fmt)
    codes = np.arange(fmt.qmin, fmt.qmax + 1)
    assert np.array_equal(qc.reconstruction_levels(codes, params, arithmetic), qc.dequantize(codes, params, arithmetic))
    some = codes[:: max(1, codes.size // 50)]
    found = qc.grid(params, arithmetic, codes=some)
    assert (found.thresholds[:-1] < found.reals).all()
    assert (found.reals < found.thresholds[1:]).all()


def test_ties_are_the_thresholds_of_rounding_to_nearest() -> None:
    """Where a tie is a number of the precision, it is the threshold, whichever code it gets."""
    found = qc.grid(qc.QuantParams(np.float64(0.5), 1, qc.INT2))
    assert found.thresholds.tolist() == [-1.75, -1.25, -0.75, -0.25, 0.25]


def test_the_zero_point_added_first_moves_thresholds() -> None:
    """PyTorch adds 20000 in float32, whose numbers are 2^-9 apart there: thresholds are that coarse, ONNX's are not."""
    params = qc.QuantParams(np.float32(1.0), 20000, qc.INT16)
    onnx, torch = (qc.decision_thresholds([20001], params, name).item() for name in ("onnx", "torch_per_channel"))
    assert onnx == 0.5
    assert torch != 0.5
    assert abs(torch - 0.5) <= 2.0**-10


def test_every_slice_has_its_own_grid() -> None:
    """The parameters are those of the element's place."""
    params = qc.QuantParams([[0.5, 1.0], [2.0, 4.0]], 0, qc.INT2, qc.PerBlock(2))
    assert qc.grid(params, place=(1, 3), shape=(2, 4)).reals.tolist() == [-8, -4, 0, 4]


def test_no_number_is_beyond_the_largest_codes() -> None:
    """With a scale near the largest float, no number is clipped: the outermost thresholds are infinite."""
    found = qc.grid(qc.QuantParams(np.float64(1e308), 0, qc.IntFormat(2, narrow=True)), rounding="toward_zero")
    assert found.thresholds.tolist() == [-np.inf, found.thresholds[1], 1e308, np.inf]
    assert -1e308 <= found.thresholds[1] <= np.nextafter(-1e308, 0)


def test_chance_is_even_at_the_thresholds_of_stochastic_rounding() -> None:
    """A value on such a threshold gets either code about as often."""
    params = qc.QuantParams(np.float64(0.5), 1, qc.INT4)
    threshold = qc.grid(params, rounding="stochastic").thresholds[5]
    q = qc.quantize(np.full(4000, threshold), params, "onnx", "stochastic", np.random.default_rng(0))
    assert sorted(set(q.tolist())) == [-4, -3]
    assert abs((q == -3).mean() - 0.5) < 0.04  # five standard deviations

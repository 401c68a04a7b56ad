"""The codes of one element on the real line: what they stand for, and between which numbers they are given."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..formats.grid import Float64, Grid
from ..parameters.granularity import parameter_place
from ..parameters.qparams import QuantParams, fitted
from ..rounding import check_rounding, round_whole
from ..toolkits.arithmetic import Arithmetic, Unscaling, find_arithmetic
from .chunks import quiet_loops
from .stages import after_rounding, before_rounding, decode, multiplier, result_dtype, wide_dtype, working_dtype

FloatArray = NDArray[np.floating[Any]]


def grid(
    params: QuantParams,
    arithmetic: str | Arithmetic = "onnx",
    rounding: str | None = None,
    codes: ArrayLike | None = None,
    place: tuple[int, ...] = (),
    shape: tuple[int, ...] = (),
) -> Grid:
    """Tell what the codes of an element stand for, and between which numbers `quantize` gives them.

    Args:
        params: Scale, zero point, format and granularity.
        arithmetic: A name in ARITHMETICS, or a record like those.
        rounding: A name in ROUNDINGS; None: the arithmetic's own.
        codes: Whole numbers, ascending, also such as the format has not; None: all codes of the format.
        place: Index of the element, where parameters are not the same for all.
        shape: Of the array that it is in.

    Raises:
        QuantError: As `quantize`.

    >>> import quantcore as qc
    >>> found = grid(qc.QuantParams(0.5, 1, qc.INT2), rounding="floor")
    >>> found.codes.tolist(), found.reals.tolist(), found.thresholds.tolist()
    ([-2, -1, 0, 1], [-1.5, -1.0, -0.5, 0.0], [-1.5, -1.0, -0.5, 0.0, 0.5])
    """
    fmt = params.fmt
    wanted = np.arange(fmt.qmin, fmt.qmax + 1) if codes is None else np.asarray(codes, np.int64).reshape(-1)
    ends = np.append(wanted, wanted[-1:] + 1)
    return Grid(
        wanted,
        reconstruction_levels(wanted, params, arithmetic, place, shape),
        decision_thresholds(ends, params, arithmetic, rounding, place, shape),
    )


def reconstruction_levels(
    codes: ArrayLike,
    params: QuantParams,
    arithmetic: str | Arithmetic = "onnx",
    place: tuple[int, ...] = (),
    shape: tuple[int, ...] = (),
) -> Float64:
    """The real numbers that codes stand for, as `dequantize` computes them; the arguments are those of `grid`."""
    steps = find_arithmetic(arithmetic)
    scale, zero_point, factor = _parameters(params, place, shape, steps)
    dtype = working_dtype(steps, scale)
    wide = wide_dtype(dtype)
    q = np.asarray(codes)
    by = factor if steps.unscaling is Unscaling.FACTOR else scale
    with quiet_loops():
        *_, (_, value) = decode(q, by, zero_point.astype(wide), params.fmt.qmax, steps, np.empty(q.shape, wide))
        return value.astype(result_dtype(steps, scale)).astype(np.float64)


def decision_thresholds(
    codes: ArrayLike,
    params: QuantParams,
    arithmetic: str | Arithmetic = "onnx",
    rounding: str | None = None,
    place: tuple[int, ...] = (),
    shape: tuple[int, ...] = (),
) -> Float64:
    """For each code the number from which on `quantize`, not clipping, gives it or a higher one: see `Grid`.

    They are not computed from the rule, but searched for with the steps of the arithmetic themselves: halving the
    numbers of its precision finds the two neighbours between which the code changes.
    """
    steps = find_arithmetic(arithmetic)
    rounding = steps.rounding if rounding is None else rounding
    rule = check_rounding("half_up" if rounding == "stochastic" else rounding, None)
    scale, zero_point, factor = _parameters(params, place, shape, steps)
    dtype = working_dtype(steps, scale)
    wanted, shift = np.asarray(codes).astype(np.float64), zero_point.astype(wide_dtype(dtype))
    rule = "half_up" if rounding == "stochastic" else rounding

    def reaches(x: FloatArray) -> NDArray[np.bool_]:
        return _codes(x, factor, shift, steps, params.fmt.bits, rule) >= wanted

    with quiet_loops():
        limit = np.finfo(dtype).max
        below, above = np.full(wanted.shape, -limit, dtype), np.full(wanted.shape, limit, dtype)
        is_always, is_never = reaches(below), ~reaches(above)
        low, high = _ordered(below), _ordered(above)
        for _ in range(8 * dtype.itemsize):
            middle = (low >> 1) + (high >> 1) + (low & high & 1)
            is_above = reaches(_number(middle, dtype))
            low, high = np.where(is_above, low, middle), np.where(is_above, middle, high)
        below, above = (_number(end, dtype).astype(np.float64) for end in (low, high))
        # of the two, the one that is nearer to a whole number of steps, or to halfway between
        off = [np.abs(n - np.rint(n)) for n in (2 * end / np.float64(scale) for end in (below, above))]
        found = np.where(off[0] < off[1], below, above)
    found[is_always], found[is_never] = -np.inf, np.inf
    return found


def _codes(
    x: FloatArray, factor: FloatArray, zero_point: FloatArray, steps: Arithmetic, bits: int, rounding: str
) -> FloatArray:
    """The codes before they are clipped."""
    *_, (_, value) = before_rounding(x, factor, zero_point, steps, bits)
    code = round_whole(value.astype(wide_dtype(value.dtype)), rounding)
    return next(after_rounding(code, zero_point, (0, 0), steps))[1] if not steps.zero_point_first else code


def _parameters(
    params: QuantParams, place: tuple[int, ...], shape: tuple[int, ...], steps: Arithmetic
) -> tuple[FloatArray, NDArray[Any], FloatArray]:
    """Scale, zero point and what x is multiplied or divided by, of one element."""
    where = parameter_place(params.granularity, place, shape)
    scale, zero_point = fitted(params, shape)
    factor = params.scale_factor.reshape(scale.shape)[where]
    scale, zero_point = np.asarray(scale[where]), np.asarray(zero_point[where])
    return scale, zero_point, multiplier(scale, steps, np.asarray(factor))


def _ordered(x: FloatArray) -> NDArray[np.signedinteger[Any]]:
    """Whole numbers in the order of the floats, neighbours for neighbours."""
    bits = x.view(f"i{x.dtype.itemsize}")
    return np.where(bits >= 0, bits, np.iinfo(bits.dtype).min - bits)


def _number(ordered: NDArray[np.signedinteger[Any]], dtype: np.dtype[Any]) -> FloatArray:
    """What `_ordered` made a whole number of."""
    return np.where(ordered >= 0, ordered, np.iinfo(ordered.dtype).min - ordered).view(dtype)

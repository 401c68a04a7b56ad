"""The codes of one element on the real line: what they stand for, and between which numbers they are given."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..formats.format import Format
from ..formats.grid import Float64, Grid
from ..formats.integers import IntFormat
from ..formats.table import format_codes
from ..parameters.granularity import parameter_place
from ..parameters.qparams import QuantParams, check_params, fitted
from ..precision import Precision
from ..rounding import check_rounding, round_whole
from ..toolkits.arithmetic import Arithmetic, Unscaling, find_arithmetic
from .chunks import quiet_loops
from .element import is_beyond, scaled
from .stages import after_rounding, before_rounding, decode, multiplier, result_precision, wide_dtype, working_precision

FloatArray = NDArray[np.floating[Any]]
FEW = 512
"""So many thresholds are searched by 16 parts at a time, which takes a quarter of the calls; more by halves."""


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
        codes: Whole numbers, ascending, also such as the format has not; None: all codes of the format. Of floats and
            codebooks: neighbours in the order of `fmt.grid().codes`, which has -0 and +0 as one.
        place: Index of the element, where parameters are not the same for all.
        shape: Of the array that it is in.

    Raises:
        QuantError: As `quantize`.

    >>> import quantcore as qc
    >>> found = grid(qc.QuantParams(0.5, 1, qc.INT2), rounding="floor")
    >>> found.codes.tolist(), found.reals.tolist(), found.thresholds.tolist()
    ([-2, -1, 0, 1], [-1.5, -1.0, -0.5, 0.0], [-1.5, -1.0, -0.5, 0.0, 0.5])
    """
    check_params(params)
    fmt = params.fmt
    if not isinstance(fmt, IntFormat):
        return _element_grid(params, find_arithmetic(arithmetic), rounding, codes, place, shape)
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
    check_params(params)
    scale, zero_point, factor = _parameters(params, place, shape, steps)
    wide, fmt = wide_dtype(working_precision(steps, params.precision).dtype), params.fmt
    q = np.asarray(codes) if isinstance(fmt, IntFormat) else fmt.decode(format_codes(codes, fmt))
    highest = fmt.qmax if isinstance(fmt, IntFormat) else fmt.highest
    by = factor if steps.unscaling is Unscaling.FACTOR else scale
    with quiet_loops():
        *_, (_, value) = decode(q, by, zero_point.astype(wide), highest, steps, np.empty(q.shape, wide))
        return np.asarray(result_precision(steps, params.precision).keep(value), np.float64)


def decision_thresholds(
    codes: ArrayLike,
    params: QuantParams,
    arithmetic: str | Arithmetic = "onnx",
    rounding: str | None = None,
    place: tuple[int, ...] = (),
    shape: tuple[int, ...] = (),
) -> Float64:
    """For each code the number from which on `quantize`, not clipping, gives it or a higher one: see `Grid`.

    Of floats and codebooks, "higher" is later in the order of their numbers.
    They are not computed from the rule, but searched for with the steps of the arithmetic themselves: dividing the
    numbers of its precision again and again finds the two neighbours between which the code changes.
    """
    steps = find_arithmetic(arithmetic)
    check_params(params)
    fmt = params.fmt
    if not isinstance(fmt, IntFormat):
        return _element_thresholds(_ranks(codes, fmt), params, steps, rounding, place, shape)
    rounding = steps.rounding if rounding is None else rounding
    rule = check_rounding("half_up" if rounding == "stochastic" else rounding, None)
    scale, zero_point, factor = _parameters(params, place, shape, steps)
    working = working_precision(steps, params.precision)
    wanted, shift = np.asarray(codes).astype(np.float64), zero_point.astype(wide_dtype(working.dtype))

    def reaches(x: FloatArray) -> NDArray[np.bool_]:
        return _codes(x, factor, shift, steps, fmt, rule, working) >= wanted

    def distance(x: Float64) -> Float64:  # to a whole number of steps, or to halfway between two
        n = 2 * x / np.float64(scale)
        return np.abs(n - np.rint(n))

    return _searched(reaches, wanted.shape, working, distance)


def _element_grid(
    params: QuantParams,
    steps: Arithmetic,
    rounding: str | None,
    codes: ArrayLike | None,
    place: tuple[int, ...],
    shape: tuple[int, ...],
) -> Grid:
    """The grid of a float or a codebook under a scale."""
    own, reals = _numbers(params.fmt)
    ranks = np.arange(len(reals)) if codes is None else _ranks(codes, params.fmt)
    ends = np.append(ranks, ranks[-1:] + 1)
    return Grid(
        own[ranks],
        reconstruction_levels(own[ranks], params, steps, place, shape),
        _element_thresholds(ends, params, steps, rounding, place, shape),
    )


@cache
def _numbers(fmt: Format) -> tuple[NDArray[Any], Float64]:
    """Codes in the order of their numbers, and these; of codes with the same number, as -0 and +0, one."""
    grid = fmt.grid()
    reals, first = np.unique(grid.reals, return_index=True)
    return grid.codes[first], reals


def _ranks(codes: ArrayLike, fmt: Format) -> NDArray[np.intp]:
    """Where the numbers of codes are among those of the format."""
    ranks: NDArray[np.intp] = np.searchsorted(_numbers(fmt)[1], fmt.decode(format_codes(codes, fmt)))
    return ranks


def _element_thresholds(
    ranks: NDArray[np.intp],
    params: QuantParams,
    steps: Arithmetic,
    rounding: str | None,
    place: tuple[int, ...],
    shape: tuple[int, ...],
) -> Float64:
    """As `decision_thresholds`, of codes given by their place among the numbers; that after the last: beyond it."""
    rule = check_rounding({None: "half_even", "stochastic": "half_up"}.get(rounding, rounding), None)  # type: ignore[arg-type]
    scale, _, factor = _parameters(params, place, shape, steps)
    fmt, working = params.fmt, working_precision(steps, params.precision)
    _, reals = _numbers(fmt)
    # half_up splits evenly only where it stands for chance; a rank is reached at its number or at the midpoint before
    candidates = np.concatenate([reals, reals[:-1] + np.diff(reals) / 2])
    candidates.sort()

    def reaches(x: FloatArray) -> NDArray[np.bool_]:
        value = scaled(x, factor, fmt, steps, working)
        rank = np.searchsorted(reals, fmt.decode(fmt.encode(value, rule)).astype(np.float64))
        beyond = is_beyond(value, fmt, rule, None)
        return np.where(beyond, np.where(value < 0, -1, len(reals)), rank) >= ranks

    def distance(x: Float64) -> Float64:
        n = x / np.float64(scale)
        at = np.searchsorted(candidates, n).clip(1, len(candidates) - 1)
        found: Float64 = np.minimum(np.abs(candidates[at - 1] - n), np.abs(candidates[at] - n))
        return found

    return _searched(reaches, ranks.shape, working, distance)


def _searched(
    reaches: Callable[[FloatArray], NDArray[np.bool_]],
    shape: tuple[int, ...],
    precision: Precision,
    distance: Callable[[Float64], Float64],
) -> Float64:
    """The numbers of a precision at which `reaches` becomes true: of two neighbours the one of the smaller distance."""
    with quiet_loops():
        dtype, limit = precision.dtype, precision.largest
        below, above = np.full(shape or 1, -limit, dtype), np.full(shape or 1, limit, dtype)
        is_always, is_never = reaches(below), ~reaches(above)
        unused = 0 if precision.is_numpy_type else 16  # low bits of `dtype`
        low, high = _ordered(below) >> unused, _ordered(above) >> unused
        whole, bits = np.dtype(f"u{dtype.itemsize}"), 4 if below.size <= FEW else 1
        parts = np.arange(1, 2**bits, dtype=whole).reshape(-1, *below.ndim * (1,))
        while ((width := (high - low).view(whole)) > 1).any():
            step = (width + whole.type(2**bits - 1)) >> whole.type(bits)
            ends = low + np.minimum(parts * step, width).view(low.dtype)
            n_below = np.sum(~reaches(_number(ends << unused, dtype)), axis=0, dtype=whole)
            low, high = (low + np.minimum(n * step, width).view(low.dtype) for n in (n_below, n_below + whole.type(1)))
        below, above = (_number(end << unused, dtype).astype(np.float64) for end in (low, high))
        found = np.where(distance(below) < distance(above), below, above)
    found[is_always], found[is_never] = -np.inf, np.inf
    return found.reshape(shape)


def _codes(
    x: FloatArray,
    factor: FloatArray,
    zero_point: FloatArray,
    steps: Arithmetic,
    fmt: IntFormat,
    rounding: str,
    working: Precision,
) -> FloatArray:
    """The codes before they are clipped."""
    *_, (_, value) = before_rounding(x, factor, zero_point, steps, fmt.bits, fmt.qmin, working)
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
    return scale, zero_point, multiplier(scale, steps, params.fmt.highest, params.precision, np.asarray(factor))


def _ordered(x: FloatArray) -> NDArray[np.signedinteger[Any]]:
    """Whole numbers in the order of the floats, neighbours for neighbours."""
    bits = x.view(f"i{x.dtype.itemsize}")
    return np.where(bits >= 0, bits, np.iinfo(bits.dtype).min - bits)


def _number(ordered: NDArray[np.signedinteger[Any]], dtype: np.dtype[Any]) -> FloatArray:
    """What `_ordered` made a whole number of."""
    return np.where(ordered >= 0, ordered, np.iinfo(ordered.dtype).min - ordered).view(dtype)

"""Scale and zero point from a range, by the rules of a toolkit."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..formats.integers import IntFormat
from ..rounding import round_whole
from ..toolkits.arithmetic import find_arithmetic
from ..toolkits.choosing import Degenerate, Denominator, Middle, Toolkit, ZeroPoint

FloatArray = NDArray[np.floating[Any]]


def scale_and_zero_point(
    low: FloatArray, high: FloatArray, codes: tuple[int, int], middle: int | None, rules: Toolkit, with_zero: bool
) -> tuple[FloatArray, FloatArray]:
    """Scale and zero point in the dtype of `low`: symmetric about the code `middle`, or affine where that is None."""
    with np.errstate(over="ignore", under="ignore", divide="ignore", invalid="ignore"):
        if middle is not None:
            scale, is_degenerate = symmetric_scale(low, high, codes, middle, rules)
            zero_point: FloatArray = np.full(scale.shape, middle, scale.dtype)
        else:
            if with_zero:
                low, high = np.minimum(low, 0), np.maximum(high, 0)
            scale, is_degenerate = affine_scale(low, high, codes, rules)
            zero_point = affine_zero_point(low, high, scale, codes, rules)
            if with_zero and rules.zero_point is not ZeroPoint.FLOAT:
                zero_point = np.clip(zero_point, *codes)
        if rules.degenerate is Degenerate.ONE_AND_ZERO:
            zero_point = np.where(is_degenerate, np.clip(0, *codes), zero_point)
        return scale.astype(low.dtype), zero_point.astype(low.dtype)


def code_range(fmt: IntFormat, scheme: str, rules: Toolkit, reduce_range: bool) -> tuple[int, int]:
    """The codes that the range is divided into: those of the format, or fewer where the toolkit has it so."""
    if reduce_range:
        return rules.reduced.get(repr(fmt), (fmt.qmin // 2, fmt.qmax // 2))
    if scheme == "symmetric" and fmt.signed and fmt.code_range is None and fmt.bits in rules.narrow_widths:
        return -fmt.qmax, fmt.qmax
    return fmt.qmin, fmt.qmax


def symmetric_zero_point(fmt: IntFormat, codes: tuple[int, int], rules: Toolkit) -> int:
    """The code of 0 in a symmetric scheme."""
    if rules.middle is Middle.UPPER:
        return (codes[0] + codes[1] + 1) // 2
    if rules.middle is Middle.ZERO or fmt.signed:
        return 0
    is_whole_type = fmt.code_range is None and not fmt.narrow and fmt.bits in (8, 16)
    return 1 << fmt.bits - 1 if is_whole_type else sum(codes) // 2


def symmetric_scale(
    low: FloatArray, high: FloatArray, codes: tuple[int, int], middle: int, rules: Toolkit
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """The scale of [-absmax, absmax], and where it is degenerate."""
    (qmin, qmax), dtype = codes, _division_dtype(low, rules)
    below, above = np.minimum(low, 0).astype(dtype), np.maximum(high, 0).astype(dtype)
    if rules.denominator is Denominator.NO_CLIPPING:
        n_steps = dtype.type(qmax - middle)
        scale = np.maximum(below / dtype.type(qmin - middle), above / n_steps)
    else:
        is_half = rules.denominator is Denominator.HALF_RANGE
        n_steps = dtype.type((qmax - qmin) / 2 if is_half else min(n for n in (qmax - middle, middle - qmin) if n > 0))
        scale = np.maximum(-below, above) / n_steps
    return _not_degenerate(scale, n_steps, low.dtype, rules)


def affine_scale(
    low: FloatArray, high: FloatArray, codes: tuple[int, int], rules: Toolkit
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """The scale of [low, high], and where it is degenerate."""
    dtype = _division_dtype(low, rules)
    n_steps = dtype.type(codes[1] - codes[0])
    span = high.astype(dtype) - low.astype(dtype)
    scale = 1 / (n_steps / span) if rules.zero_point is ZeroPoint.FACTOR else span / n_steps
    return _not_degenerate(scale, n_steps, low.dtype, rules)


def affine_zero_point(
    low: FloatArray, high: FloatArray, scale: FloatArray, codes: tuple[int, int], rules: Toolkit
) -> FloatArray:
    """Where 0 lies among the codes, not yet clipped to them; a whole number, but for ZeroPoint.FLOAT."""
    dtype = scale.dtype if rules.zero_point_dtype is None else np.dtype(rules.zero_point_dtype)
    if rules.zero_point_dtype is not None:
        scale = scale.astype(low.dtype)  # computed from the scale as it is kept
    (qmin, qmax), scale = codes, scale.astype(dtype)
    low, high = low.astype(dtype), high.astype(dtype)
    rounding = find_arithmetic(rules.arithmetic).rounding
    match rules.zero_point:
        case ZeroPoint.FLOAT:
            return qmin - low / scale
        case ZeroPoint.CLIP_ROUNDED:
            return qmin - round_whole(low / scale, rounding)
        case ZeroPoint.ROUND_CLIPPED:
            return round_whole(qmin - low / scale, rounding)
        case ZeroPoint.NEARER_END:
            from_low, from_high = qmin - low / scale, qmax - high / scale
            # the rounding error of each is proportional to the sum of its terms
            errs_less = abs(qmin) + np.abs(low / scale) < abs(qmax) + np.abs(high / scale)
            return round_whole(np.where(errs_less, from_low, from_high), rounding)
        case ZeroPoint.FACTOR:
            return round_whole(-(1 / scale) * low + qmin, rounding)


def _not_degenerate(
    scale: FloatArray, n_steps: np.floating[Any], stored: np.dtype[Any], rules: Toolkit
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """The one place that decides what becomes of a range without width (all values 0, or too close to it)."""
    is_degenerate = ~(scale.astype(stored) > 0) | (scale < rules.min_scale)
    match rules.degenerate:
        case Degenerate.FLOOR:
            instead: Any = rules.min_scale
        case Degenerate.UNIT_RANGE:
            instead = 1 / n_steps
        case _:
            instead = 1.0
    return np.where(is_degenerate, scale.dtype.type(instead), scale), is_degenerate


def _division_dtype(low: FloatArray, rules: Toolkit) -> np.dtype[Any]:
    # float16 cannot hold the number of 16-bit codes
    return np.result_type(low.dtype, np.float32) if rules.range_dtype is None else np.dtype(rules.range_dtype)

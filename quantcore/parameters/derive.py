"""Scale and zero point from a range, by the rules of a toolkit: the steps that its record parametrises.

They are a generator of named values, so that `qparams_from_range`, which takes the last of them, and `trace_qparams`,
which takes all, cannot disagree. Given `Fraction` objects instead of floating point, every step is exact.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import QuantError
from ..formats.format import Format
from ..formats.integers import IntFormat
from ..precision import Precision
from ..rounding import round_fraction, round_whole
from ..toolkits.arithmetic import find_arithmetic
from ..toolkits.choosing import Degenerate, Denominator, Middle, Toolkit, ZeroPoint

FloatArray = NDArray[np.floating[Any]]
Step = tuple[str, NDArray[Any]]
LEAST_WIDTH = 1e-5
Codes = tuple[int, int] | tuple[Fraction, Fraction]  # the lowest and the highest: of floats, their numbers


def derivation(
    low: NDArray[Any],
    high: NDArray[Any],
    codes: Codes,
    middle: int | None,
    rules: Toolkit,
    with_zero: bool,
    precision: Precision | None,
) -> Iterator[Step]:
    """The values from the ends of a range to "scale" and, last, "zero_point", each with its name.

    Args:
        low: The lower ends, in the precision in which the scale is kept, or `Fraction` objects; and
        high: the upper ends.
        codes: The lowest and highest code that the range is divided into.
        middle: The code of 0 in a symmetric scheme; None: an affine one.
        rules: The toolkit's.
        with_zero: Whether an affine range is widened to contain 0.
        precision: That of the ends and of the scale; None: exact.

    Yields:
        "low" and "high", as they are divided.
        "width", or "absmax" or "scale_below" and "scale_above": what is divided, or its two quotients.
        "quotient", or "scale_factor" where the toolkit keeps that.
        "is_degenerate", "scale".
        "stretched_low", "stretched_high": from which the zero point is computed, where small scales are stretched.
        "divisor": the scale, the scale factor or the width, in the precision in which the zero point is computed.
        "low_in_steps", "high_in_steps", "is_low_nearer", "rounded", "unrounded", "unclipped": as the rule needs them.
        "zero_point".
    """
    if middle is None and with_zero:
        low, high = np.minimum(low, 0), np.maximum(high, 0)
    if rules.min_real_range:
        with np.errstate(over="ignore"):
            least = low if middle is None else np.minimum(low, 0)
            high = np.maximum(high, least + _number(rules.min_real_range, low.dtype))
    yield from (("low", low), ("high", high))
    with np.errstate(over="ignore", under="ignore", divide="ignore", invalid="ignore"):
        dtype = _division_dtype(low, rules)
        if middle is None:
            n_steps: Any = _number(codes[1] - codes[0], dtype)
            width = _kept(high - low, precision) if rules.in_scale_dtype else _in(high, dtype) - _in(low, dtype)
            width = _in(width, dtype)
            yield "width", width
            quotient = width / n_steps
        else:
            n_steps = _number(symmetric_steps(codes, middle, rules), dtype)
            below, above = _in(np.minimum(low, 0), dtype), _in(np.maximum(high, 0), dtype)
            if rules.denominator is Denominator.NO_CLIPPING:
                below = below / _number(codes[0], dtype) if codes[0] else np.zeros_like(below)
                above = above / n_steps
                yield from (("scale_below", below), ("scale_above", above))
                quotient = np.maximum(below, above)
            else:
                width = np.maximum(-below, above)
                yield "absmax", width
                quotient = width / n_steps
        if rules.zero_point is ZeroPoint.FACTOR and (
            middle is None or rules.denominator is not Denominator.NO_CLIPPING
        ):
            factor = n_steps / np.where(width == 0, _number(1, dtype), width)
            yield "scale_factor", _kept(factor, precision)
            quotient, is_degenerate = 1 / factor, width == 0
            scale = quotient
        else:
            yield "quotient", quotient
            is_degenerate = np.maximum(-low, high) <= rules.min_absmax
            scale, is_degenerate = _not_degenerate(quotient, is_degenerate, n_steps, precision, rules)
            if rules.stretched_scale:
                low, high, scale = _stretched(low, high, scale, codes[1] - codes[0], rules, precision)
                yield from (("stretched_low", low), ("stretched_high", high))
        yield "is_degenerate", is_degenerate
        yield "scale", _kept(scale, precision)
        if middle is not None:
            zero_point: NDArray[Any] = np.full(scale.shape, middle)
        else:
            by = scale
            if rules.zero_point in (ZeroPoint.FACTOR, ZeroPoint.WEIGHTED_ENDS):
                by = factor if rules.zero_point is ZeroPoint.FACTOR else width
            for name, zero_point in _affine_zero_point(low, high, by, codes, rules, precision):
                yield name, zero_point
            if is_code(rules, with_zero):
                zero_point = np.clip(_in(zero_point, _wide(zero_point.dtype)), *codes)
        if rules.degenerate is Degenerate.ONE_AND_ZERO or (
            rules.degenerate is Degenerate.ONE_AND_AFFINE_ZERO and middle is None
        ):
            zero_point = np.where(is_degenerate, np.clip(0, *codes), zero_point)
        yield "zero_point", _in(zero_point, _wide(low.dtype))


def number_range(fmt: Format) -> Codes:
    """What the largest magnitude is divided by, with both signs, where the numbers of codes are no whole numbers."""
    highest = Fraction(max(-fmt.lowest, fmt.highest))
    return -highest, highest


def is_code(rules: Toolkit, with_zero: bool) -> bool:
    """Whether an affine zero point is one of the codes."""
    return (with_zero or rules.zero_point_is_code) and rules.zero_point is not ZeroPoint.FLOAT


def code_range(fmt: IntFormat, scheme: str, rules: Toolkit, reduce_range: bool) -> tuple[int, int]:
    """The codes that the range is divided into: those of the format, or fewer where the toolkit has it so."""
    if reduce_range:
        codes = rules.reduced.get(repr(fmt), (max(fmt.qmin, fmt.qmin // 2), fmt.qmax // 2))
        if codes[0] == codes[1]:
            raise QuantError(f"reduce_range leaves {fmt.name} one code, {codes[0]}. Use more bits.", "reduce_range")
        if scheme == "symmetric" and rules.denominator is Denominator.NO_CLIPPING and not codes[1]:
            raise QuantError(f"reduce_range leaves {fmt.name} no code above 0. Use more bits.", "reduce_range")
        return codes
    if scheme == "symmetric" and fmt.signed and fmt.code_range is None and fmt.bits in rules.narrow_widths:
        return -fmt.qmax, fmt.qmax
    return fmt.qmin, fmt.qmax


def symmetric_zero_point(fmt: IntFormat, codes: tuple[int, int], rules: Toolkit) -> int:
    """The code of 0 in a symmetric scheme."""
    match rules.middle:
        case Middle.UPPER:
            return (codes[0] + codes[1] + 1) // 2
        case Middle.LOWER:
            return (codes[0] + codes[1]) // 2
        case Middle.TOWARD_ZERO:
            return int((codes[0] + codes[1] + 1) / 2)
        case Middle.TORCH_PT2E:
            return 128 if fmt.bits == 8 and not fmt.signed else 0
        case Middle.TORCH if not fmt.signed:
            is_whole_type = fmt.code_range is None and not fmt.narrow and fmt.bits == 8
            return 1 << fmt.bits - 1 if is_whole_type or fmt.bits == 16 else sum(codes) // 2
        case _:
            return max(0, codes[0])


def symmetric_steps(codes: Codes, middle: int, rules: Toolkit) -> Fraction:
    """Into how many steps the largest magnitude is divided; with NO_CLIPPING that of the upper side."""
    qmin, qmax = codes
    match rules.denominator:
        case Denominator.NO_CLIPPING:
            return Fraction(qmax)
        case Denominator.HALF_RANGE:
            return Fraction(qmax - qmin, 2)
        case Denominator.LONGER_SIDE:
            return Fraction(max(qmax - middle, middle - qmin))
        case Denominator.QMAX:
            return Fraction(min(n for n in (qmax - middle, middle - qmin) if n > 0))


def _affine_zero_point(
    low: NDArray[Any],
    high: NDArray[Any],
    scale: NDArray[Any],
    codes: Codes,
    rules: Toolkit,
    precision: Precision | None,
) -> Iterator[Step]:
    """The values up to where 0 lies among the codes, not yet clipped to them; a whole number, but for FLOAT.

    With ZeroPoint.FACTOR, `scale` is the scale factor; with WEIGHTED_ENDS, the width of the range.
    """
    dtype = scale.dtype if rules.zero_point_dtype is None else _precision(low, rules.zero_point_dtype)
    working = None  # where it is not narrower than `dtype`
    if rules.in_scale_dtype and rules.zero_point_dtype is None:
        dtype, working = low.dtype, precision
    if rules.zero_point_dtype is not None or working is not None:
        scale = _kept(scale, precision)  # computed from the scale as it is kept
    (qmin, qmax), scale = codes, _in(scale, dtype)
    low, high = _in(low, dtype), _in(high, dtype)
    yield "divisor", scale
    rounding = find_arithmetic(rules.arithmetic).rounding
    match rules.zero_point:
        case ZeroPoint.FLOAT:
            yield "low_in_steps", low / scale
            yield "unrounded", -low / scale
        case ZeroPoint.CLIP_ROUNDED:
            in_steps = _kept(low / scale, working)
            yield "low_in_steps", in_steps
            rounded = _rounded(in_steps, rounding)
            yield "rounded", rounded
            yield "unclipped", qmin - rounded
        case ZeroPoint.ROUND_CLIPPED:
            yield "low_in_steps", low / scale
            yield "unrounded", qmin - low / scale
            yield "unclipped", _rounded(qmin - low / scale, rounding)
        case ZeroPoint.NEARER_END | ZeroPoint.DIFFERENCES | ZeroPoint.SIGNED_SUM:
            below, above = low / scale, high / scale
            yield from (("low_in_steps", below), ("high_in_steps", above))
            is_from_low = _is_low_nearer(below, above, codes, rules)
            yield "is_low_nearer", is_from_low
            unrounded = np.where(is_from_low, qmin - below, qmax - above)
            yield "unrounded", unrounded
            yield "unclipped", _rounded(unrounded, rounding)
        case ZeroPoint.WEIGHTED_ENDS:
            weighted = (qmin * high - qmax * low) / np.where(scale == 0, _number(1, dtype), scale)
            yield "unrounded", weighted
            yield "unclipped", _rounded(weighted, rounding)
        case ZeroPoint.FACTOR:
            shifted = -scale * low + qmin
            yield "unrounded", shifted
            yield "unclipped", _rounded(shifted, rounding)


def _is_low_nearer(low: NDArray[Any], high: NDArray[Any], codes: Codes, rules: Toolkit) -> NDArray[np.bool_]:
    """Whether the zero point is computed from the low end; `low` and `high` are in steps."""
    qmin, qmax = codes
    match rules.zero_point:
        case ZeroPoint.DIFFERENCES:
            return np.asarray(abs(qmin) - np.abs(low) < abs(qmax) - np.abs(high))
        case ZeroPoint.SIGNED_SUM:
            return np.asarray((qmin + low) + (qmax + high) > 0)
        case _:  # the rounding error of each is proportional to the sum of its terms
            return np.asarray(abs(qmin) + np.abs(low) < abs(qmax) + np.abs(high))


def _stretched(
    low: NDArray[Any],
    high: NDArray[Any],
    scale: NDArray[Any],
    n_steps: int | Fraction,
    rules: Toolkit,
    precision: Precision | None,
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """The ends and the scale, enlarged where that is too small; the ends in the precision in which they are kept."""
    least = _number(rules.stretched_scale, low.dtype)
    is_small, by, reach = scale < least, least / _kept(scale, precision), least * _number(n_steps, low.dtype)
    below = np.where(high == 0, -reach, low * by)
    above = np.where(low == 0, reach, high * by)
    return (
        np.where(is_small, np.where(low == 0, low, below), low),
        np.where(is_small, np.where(high == 0, high, above), high),
        np.where(is_small, _number(rules.stretched_scale, scale.dtype), scale),
    )


def _not_degenerate(
    scale: NDArray[Any], is_empty: NDArray[np.bool_], n_steps: Any, stored: Precision | None, rules: Toolkit
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """The one place that decides what becomes of a range without width (all values 0, or too close to it)."""
    is_float16 = stored is not None and stored.name == "float16" and rules.min_scale_float16 is not None
    min_scale: Any = rules.min_scale_float16 if is_float16 else rules.min_scale
    if rules.degenerate is Degenerate.LEAST_WIDTH:
        least = np.asarray(_number(LEAST_WIDTH, scale.dtype))
        min_scale = (_kept(least, stored) if rules.in_scale_dtype else least).astype(scale.dtype) / n_steps
    is_degenerate = ~(_kept(scale, stored) > 0).astype(bool) | (scale < min_scale).astype(bool) | is_empty.astype(bool)
    match rules.degenerate:
        case Degenerate.FLOOR | Degenerate.LEAST_WIDTH:
            instead: Any = min_scale
        case Degenerate.UNIT_RANGE:
            instead = 1 / n_steps
        case Degenerate.TENTH:
            instead = Fraction(1, 10)
        case _:
            instead = 1
    return np.where(is_degenerate, _number(instead, scale.dtype), scale), is_degenerate


def _division_dtype(low: NDArray[Any], rules: Toolkit) -> np.dtype[Any]:
    # float16 cannot hold the number of 16-bit codes
    if rules.range_dtype is not None:
        return _precision(low, rules.range_dtype)
    return _wide(low.dtype)


def _wide(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The precision that holds every code, as float16 does not; exact numbers stay exact."""
    return dtype if dtype.kind == "O" else np.result_type(dtype, np.float32)


def _precision(exact_or_not: NDArray[Any], dtype: Any) -> np.dtype[Any]:
    """The precision of a step; exact numbers stay exact."""
    return exact_or_not.dtype if exact_or_not.dtype.kind == "O" else np.dtype(dtype)


def _in(numbers: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    return numbers.astype(dtype)


def _kept(numbers: NDArray[Any], precision: Precision | None) -> NDArray[Any]:
    """Numbers as they are kept; exact ones stay exact."""
    kept: NDArray[Any] = numbers if precision is None else precision.keep(numbers)
    return kept


def _number(number: Any, dtype: np.dtype[Any]) -> Any:
    return Fraction(number) if dtype.kind == "O" else dtype.type(number)


def _rounded(numbers: NDArray[Any], rounding: str) -> NDArray[Any]:
    if numbers.dtype.kind == "f":
        return round_whole(numbers, rounding)
    return np.array([Fraction(round_fraction(number, rounding)) for number in numbers.flat]).reshape(numbers.shape)

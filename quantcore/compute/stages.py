"""The steps of an arithmetic: the one computation that every toolkit's record parametrises.

They are generators of named values, so that `quantize` and `dequantize`, which take the last one, and `trace`, which
takes all, cannot disagree.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import QuantError
from ..precision import Precision, precision_of
from ..toolkits.arithmetic import Arithmetic, Scaling, Unscaling
from .kernels import add_number

FloatArray = NDArray[np.floating[Any]]
Step = tuple[str, FloatArray]


def working_precision(arithmetic: Arithmetic, kept: Precision) -> Precision:
    """The precision in which the codes are computed, for a scale that is kept in another."""
    return kept if arithmetic.dtype is None else precision_of(arithmetic.dtype)


def result_precision(arithmetic: Arithmetic, kept: Precision) -> Precision:
    """The precision in which the reconstruction is given."""
    if arithmetic.result_dtype is None:
        return working_precision(arithmetic, kept)
    return precision_of(arithmetic.result_dtype)


def multiplier(
    scale: FloatArray,
    arithmetic: Arithmetic,
    highest: float,
    kept: Precision,
    scale_factor: FloatArray | None = None,
) -> FloatArray:
    """What x is divided by or multiplied with.

    Args:
        scale: As it is kept.
        arithmetic: Whose steps.
        highest: What the highest code stands for before it is scaled: qmax of integers.
        kept: The precision of the scale.
        scale_factor: As it is kept, for `Scaling.FACTOR`; None: the reciprocal of the scale.

    Raises:
        QuantError: If it is not finite or is 0 in the precision of the arithmetic.
    """
    working = working_precision(arithmetic, kept)
    dtype = working.dtype
    if arithmetic.scaling is Scaling.DIVIDE and scale.dtype == dtype:
        return scale
    with np.errstate(over="ignore", under="ignore", divide="ignore", invalid="ignore"):
        if arithmetic.scaling is Scaling.RECIPROCAL_FLOAT64:
            factor = (1 / scale.astype(np.float64)).astype(dtype)
        elif arithmetic.scaling is Scaling.ABSMAX:
            factor = 1 / (scale.astype(np.float64) * highest).astype(dtype) * dtype.type(highest)
        elif arithmetic.scaling is Scaling.FACTOR:
            factor = (1 / scale if scale_factor is None else scale_factor).astype(dtype)
        else:
            factor = scale.astype(dtype)
            if arithmetic.scaling is Scaling.RECIPROCAL:
                factor = 1 / factor
        kept_factor: FloatArray = working.keep(factor)
    wrong = ~(np.isfinite(kept_factor) & (kept_factor > 0))
    if wrong.any():
        raise QuantError(
            f"scale is {scale[wrong].flat[0]}; {arithmetic.name} computes {arithmetic.scaling.value} in {working}, and "
            "there it, or its reciprocal, is not a finite number above 0. Use a scale nearer to 1, or float64.",
            "scale",
        )
    return kept_factor


def before_rounding(
    x: FloatArray,
    factor: FloatArray,
    zero_point: FloatArray,
    arithmetic: Arithmetic,
    bits: int,
    lowest: int | None,
    working: Precision,
    out: FloatArray | None = None,
) -> Iterator[Step]:
    """The values from `x` to the one that is rounded, step by step, each with its name.

    Args:
        x: Real numbers in the working precision.
        factor: `multiplier` of the scale, and
        zero_point: in `wide_dtype` of the working precision, both broadcasting against x.
        arithmetic: Whose steps.
        bits: Width of the codes.
        lowest: The lowest code; None for formats without a zero point.
        working: The precision that x is in, and in which it is scaled.
        out: Where they are computed, one after the other; a step must be read before the next.
    """
    if arithmetic.is_fused(bits):
        yield "shifted", fused_multiply_add(x, factor, zero_point)
        return
    if arithmetic.scaling is Scaling.FROM_LOWEST and lowest is not None:
        steps_below = lowest - zero_point
        value = np.subtract(x, steps_below * factor, out=out)
        value = np.add(np.divide(value, factor, out=out), steps_below, out=out)
    else:
        value = working.keep((np.divide if arithmetic.divides else np.multiply)(x, factor, out=out))
    yield "scaled", value
    if arithmetic.zero_point_first:
        yield "shifted", np.add(value, zero_point, out=out if value.dtype == zero_point.dtype else None)


def after_rounding(
    value: FloatArray, zero_point: FloatArray, code_range: tuple[int, int], arithmetic: Arithmetic
) -> Iterator[Step]:
    """The values from the rounded one to the code, which is the last."""
    if not arithmetic.zero_point_first:
        value = value + zero_point
        yield "shifted", value
    yield "code", np.clip(value, *code_range) if arithmetic.clips else value


def decode(
    q: NDArray[Any], scale: FloatArray, zero_point: FloatArray, qmax: float, arithmetic: Arithmetic, out: FloatArray
) -> Iterator[Step]:
    """The values from a code to its reconstruction, step by step.

    Args:
        q: Codes; of floats and codebooks their numbers.
        scale: As it is kept, or with `Unscaling.FACTOR` the scale factor, and
        zero_point: in `wide_dtype` of the working precision, both broadcasting against q.
        qmax: The highest code, or the greatest number.
        arithmetic: Whose steps.
        out: Where they are computed, in `wide_dtype`; a step must be read before the next.
    """
    np.copyto(out, q, casting="unsafe")
    dtype = out.dtype
    if zero_point.ndim or zero_point:  # subtracting 0 would change nothing
        add_number(out, -zero_point)
    match arithmetic.unscaling:
        case Unscaling.MULTIPLY:
            yield "difference", out
            np.multiply(out, scale.astype(dtype, copy=False), out=out)
        case Unscaling.MULTIPLY_FLOAT64:
            yield "difference", out
            np.multiply(out, scale, out=out, dtype=np.float64, casting="same_kind")
        case Unscaling.DIVIDE_FLOAT64:
            yield "difference", out
            np.divide(out, (1 / scale.astype(np.float64)).astype(dtype), out=out)
        case Unscaling.ABSMAX:
            np.multiply(out, (scale.astype(np.float64) * qmax).astype(dtype), out=out)
            yield "scaled code", out
            np.multiply(out, dtype.type(1 / qmax), out=out)
        case Unscaling.FACTOR:
            yield "difference", out
            np.divide(out, scale.astype(dtype, copy=False), out=out)
    yield "reconstruction", out


def wide_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The precision in which whole numbers are kept: float16 does not hold every code."""
    return np.result_type(dtype, np.float32)


def fused_multiply_add(x: FloatArray, factor: FloatArray, addend: FloatArray) -> FloatArray:
    """Compute x * factor + addend of float32 numbers, rounded once to float32 (IEEE 754 fusedMultiplyAdd).

    The float64 product is exact (24 + 24 bits). The float64 sum need not be, and rounding it again to float32 could go
    wrong on a tie. So the sum is rounded to odd: of the two float64 neighbours of an inexact sum, the one with an odd
    last bit. That keeps the final rounding right because 53 >= 24 + 2 (Boldo and Melquiond, 2008, "Emulation of FMA and
    correctly rounded sums").
    """
    product = x.astype(np.float64) * factor.astype(np.float64)
    added = addend.astype(np.float64)
    total = product + added
    # Knuth's TwoSum: total + error == product + added, exactly
    shadow = total - product
    error = (product - (total - shadow)) + (added - shadow)
    is_even = (total.view(np.int64) & 1) == 0
    nudge = (error != 0) & is_even
    odd = np.where(nudge, np.nextafter(total, np.where(error > 0, np.inf, -np.inf)), total)
    return odd.astype(np.float32)

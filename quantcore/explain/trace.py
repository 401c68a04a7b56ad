"""The steps of one number through an arithmetic, beside what exact arithmetic would give."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks import real_numbers, refuse_not_finite, whole_number
from ..compute.stages import (
    after_rounding,
    before_rounding,
    decode,
    multiplier,
    result_precision,
    wide_dtype,
    working_precision,
)
from ..errors import QuantError
from ..formats.integers import IntFormat
from ..parameters.granularity import PerAxis, PerTensor, parameter_place
from ..parameters.qparams import QuantParams, check_params, fitted
from ..rounding import check_rounding, round_fraction, round_whole
from ..toolkits.arithmetic import Arithmetic, Scaling, Unscaling, find_arithmetic
from .words import TIES, is_tie, what_precision_decided, what_precision_did, what_rounding_did

FloatArray = NDArray[np.floating[Any]]
_FACTORS = {Scaling.DIVIDE: "scale", Scaling.FROM_LOWEST: "scale", Scaling.FACTOR: "scale factor"}


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One intermediate value.

    Attributes:
        name: "x", "scale", "reciprocal" or "scale factor", then "scaled", "shifted", "rounded", "code" in the order of
            the arithmetic, then "difference" or "scaled code", and "reconstruction".
        value: What was computed.
        exact: What exact arithmetic gives for the same step from the numbers as they are kept; from "difference" on,
            for the code that was computed.
        note: In words, where rounding of floating point, a tie or clipping decided something; else empty.
        dtype: The precision in which it was computed.
    """

    name: str
    value: float
    exact: Fraction
    note: str = ""
    dtype: str = "float64"


@dataclass(frozen=True, slots=True)
class Trace:
    """The steps of one element.

    Attributes:
        index: Where the element is.
        arithmetic: The name of the arithmetic of this element.
        rounding: The rule by which it was rounded.
        steps: From x to its reconstruction.
        is_tie: Whether the value that was rounded lay halfway between two whole numbers.
        is_decided_by_float: Whether exact arithmetic would have given another code.
        is_clipped: Whether the code was moved to the end of the range.
    """

    index: tuple[int, ...]
    arithmetic: str
    rounding: str
    steps: tuple[TraceStep, ...]
    is_tie: bool
    is_decided_by_float: bool
    is_clipped: bool

    def __getitem__(self, name: str) -> TraceStep:
        """The step of this name."""
        return next(step for step in self.steps if step.name == name)


def trace(
    x: ArrayLike,
    params: QuantParams,
    index: int | tuple[int, ...] = 0,
    arithmetic: str | Arithmetic = "onnx",
    rounding: str | None = None,
    rng: np.random.Generator | None = None,
) -> Trace:
    """Follow x[index] through `quantize` and `dequantize`.

    Args:
        x: As for `quantize`.
        params: As for `quantize`.
        index: Of the element; one number counts in C order.
        arithmetic: As for `quantize`.
        rounding: As for `quantize`.
        rng: As for `quantize`.

    Raises:
        QuantError: As `quantize`, or for an index that x does not have.

    >>> import quantcore as qc
    >>> found = trace([1.0, 2.5], qc.QuantParams(1.0, 1, qc.INT8), 1)
    >>> found["rounded"].note
    '2.5 is a tie, exactly halfway between 2 and 3; ties go to the even one: 2'
    """
    check_params(params)
    steps, fmt = find_arithmetic(arithmetic), params.fmt
    if not isinstance(fmt, IntFormat):
        raise QuantError(f"fmt is {fmt.name}; trace follows integers. Use trace_element.", "fmt")
    numbers = real_numbers(x)
    place = checked_index(index, numbers.shape)
    steps = steps.with_rounding(rounding)
    if isinstance(params.granularity, PerTensor):
        steps = steps.of_element(_flat(place, numbers.shape), numbers.size, fmt.bits)
    rounding = check_rounding(steps.rounding, rng)
    where = parameter_place(params.granularity, place, numbers.shape)
    arrays = fitted(params, numbers.shape)
    scale, zero_point = (array[where].reshape(1) for array in arrays)
    scale_factor = params.scale_factor.reshape(arrays[0].shape)[where].reshape(1)
    given = numbers[place].reshape(1)
    working = working_precision(steps, params.precision)
    refuse_not_finite(given, working)
    one = QuantParams(scale, zero_point, fmt, PerAxis(0), scale_factor=scale_factor, precision=params.precision)
    values = _values(working.keep(given), one, fmt, steps, rounding, rng)
    by = 1 / Fraction(scale_factor.item()) if steps.scaling is Scaling.FACTOR else Fraction(scale.item())
    exact = _exact_values(Fraction(given.item()), by, Fraction(zero_point.item()), values, fmt, steps, rounding)
    unrounded = "scaled" if not steps.zero_point_first else "shifted"
    notes = {
        unrounded: what_precision_did(values[unrounded], exact[unrounded], working.name),
        "rounded": _note_on_rounding(values[unrounded], exact[unrounded], values["rounded"], rounding, working.name),
        "code": _note_on_clipping(values, fmt) if steps.clips else "",
    }
    return Trace(
        index=place,
        arithmetic=steps.name,
        rounding=rounding,
        steps=tuple(TraceStep(name, n, exact[name], notes.get(name, ""), working.name) for name, n in values.items()),
        is_tie=math.isfinite(values[unrounded]) and is_tie(Fraction(values[unrounded])),
        is_decided_by_float=values["code"] != exact["code"],
        is_clipped=bool(notes["code"]),
    )


def _values(
    x: FloatArray,
    params: QuantParams,
    fmt: IntFormat,
    steps: Arithmetic,
    rounding: str,
    rng: np.random.Generator | None,
) -> dict[str, float]:
    """What is computed, by the functions that `quantize` and `dequantize` use."""
    scale, kept = params.scale, params.precision
    factor = multiplier(scale, steps, fmt.highest, kept, params.scale_factor)
    wide, working = wide_dtype(x.dtype), working_precision(steps, kept)
    offset, result = params.zero_point.astype(wide), result_precision(steps, kept)
    values = {"x": x.item(), _FACTORS.get(steps.scaling, "reciprocal"): factor.item()}
    with np.errstate(all="ignore"):
        for name, value in before_rounding(x, factor, offset, steps, fmt.bits, fmt.qmin, working):
            values[name], unrounded = value.item(), value
        rounded = round_whole(unrounded.astype(wide), rounding, rng)
        values["rounded"] = rounded.item()
        for name, value in after_rounding(rounded, offset, (fmt.qmin, fmt.qmax), steps):
            values[name], code = value.item(), value
        by = factor if steps.unscaling is Unscaling.FACTOR else scale
        for name, value in decode(code, by, offset, fmt.qmax, steps, np.empty(1, wide)):
            values[name] = result.keep(value).item() if name == "reconstruction" else value.item()
    return values


def _exact_values(
    x: Fraction,
    s: Fraction,
    z: Fraction,
    values: dict[str, float],
    fmt: IntFormat,
    steps: Arithmetic,
    rounding: str,
) -> dict[str, Fraction]:
    """The same steps in exact arithmetic; the way back starts from the code that was computed."""
    first = x / s + (z if steps.zero_point_first else 0)
    by_chance = rounding == "stochastic" and math.isfinite(values["rounded"])
    nearest = round_fraction(first, "floor" if rounding == "stochastic" else rounding)
    rounded = Fraction(values["rounded"] if by_chance else nearest)
    last = rounded if steps.zero_point_first else rounded + z
    q = Fraction(values["code"])
    return {
        "x": x,
        "scale": s,
        "reciprocal": 1 / s,
        "scale factor": 1 / s,
        "scaled": x / s,
        "shifted": first if steps.zero_point_first else last,
        "rounded": rounded,
        "code": min(max(last, Fraction(fmt.qmin)), Fraction(fmt.qmax)) if steps.clips else last,
        "difference": q - z,
        "scaled code": (q - z) * s * fmt.qmax,
        "reconstruction": (q - z) * s,
    }


def _note_on_rounding(value: float, exact: Fraction, rounded: float, rounding: str, dtype: str) -> str:
    """What was decided by a tie, by chance or by the precision."""
    if not math.isfinite(value):
        return ""
    is_drawn = rounding == "stochastic" and not value.is_integer()
    is_decided = is_drawn or (rounding in TIES and is_tie(Fraction(value)))
    notes = (
        what_rounding_did(value, int(rounded), rounding) if is_decided else "",
        what_precision_decided(exact, int(rounded), rounding, dtype),
    )
    return "; ".join(filter(None, notes))


def _note_on_clipping(values: dict[str, float], fmt: IntFormat) -> str:
    unclipped = [value for name, value in values.items() if name in ("rounded", "shifted")][-1]
    if unclipped > fmt.qmax:
        return f"{unclipped:.9g} is above the highest code, {fmt.qmax}"
    return f"{unclipped:.9g} is below the lowest code, {fmt.qmin}" if unclipped < fmt.qmin else ""


def _flat(index: tuple[int, ...], shape: tuple[int, ...]) -> int:
    return int(np.ravel_multi_index(index, shape)) if shape else 0


def checked_index(index: int | tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """The index of an element; one number counts in C order.

    Raises:
        QuantError: If an array of the shape has none such.
    """
    size = math.prod(shape)
    if not isinstance(index, tuple):
        flat = whole_number(index, "element", "a whole number, or one for each axis")
        if not 0 <= flat < size:
            allowed = f"it must be from 0 to {size - 1}" if size else "there are no values"
            raise QuantError(f"element is {flat}; {allowed}.", "element")
        return tuple(int(i) for i in np.unravel_index(flat, shape))
    if len(index) != len(shape) or not all(0 <= i < n for i, n in zip(index, shape, strict=True)):
        raise QuantError(f"element is {index}; the values have the shape {shape}.", "element")
    return tuple(int(i) for i in index)

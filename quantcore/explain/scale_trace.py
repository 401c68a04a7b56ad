"""How a range becomes the scale of a float or a codebook, step by step."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from ..errors import QuantError
from ..formats.format import Format
from ..formats.integers import IntFormat
from ..formats.powers import ElementRange
from ..parameters.choose import qparams_from_range
from ..precision import Precision
from ..toolkits.choosing import Toolkit, ZeroPoint, find_toolkit
from .exact_steps import StoredStep, Walk
from .scaled_steps import exponent_steps


def trace_scale(
    low: float,
    high: float,
    fmt: Format,
    dtype: DTypeLike | Precision | None = None,
    toolkit: str | Toolkit = "onnx",
    scale_mode: str | None = None,
) -> tuple[StoredStep, ...]:
    """Follow the range [low, high] through `qparams_from_range`, whose arguments and errors these are.

    The steps are "low", "high", "below" (minus low), "absmax", then "quotient" (or "scale_factor", where the toolkit
    keeps that) or the exponent as the mode has it, and last "scale".

    Raises:
        QuantError: For integers, which `trace_qparams` follows.

    >>> import quantcore as qc
    >>> [(step.name, step.value) for step in trace_scale(-7.0, 3.0, qc.FORMATS["float8_e4m3fn"])][3:]
    [('absmax', 7.0), ('quotient', 0.015625), ('scale', 0.015625)]
    """
    if isinstance(fmt, IntFormat):
        raise QuantError(f"fmt is {fmt!r}; trace_scale follows floats and codebooks. Use trace_qparams.", "fmt")
    rules = find_toolkit(toolkit)
    params = qparams_from_range(low, high, fmt, dtype=dtype, toolkit=rules, scale_mode=scale_mode)
    scale, precision = params.scale.item(), params.precision
    kept = precision.name
    walk = Walk()
    walk.take("low", "given", float(precision.keep(low)), kept)
    walk.take("high", "given", float(precision.keep(high)), kept)
    walk.add("below", "negate", "low", dtype=kept)
    if scale_mode is not None:
        walk.add("absmax", "maximum", "below", "high", ("zero", 0.0))
        exponent = exponent_steps(walk, scale_mode, ElementRange.of(fmt), scale)
        ends = ("least exponent", -127), ("greatest exponent", 127)
        walk.add("scale_exponent", "clamp", exponent, *ends, dtype="integer")
        walk.add("scale", "power_of_two", "scale_exponent", dtype=kept)
        return tuple(walk.steps)
    greatest = ("greatest number", max(-fmt.lowest, fmt.highest))
    divided = np.result_type(params.scale.dtype, np.float32) if rules.range_dtype is None else rules.range_dtype
    working = np.dtype(divided).name
    walk.add("absmax", "maximum", "below", "high", ("zero", 0.0), dtype=working)
    if rules.zero_point is ZeroPoint.FACTOR and walk["absmax"].value:
        walk.add("scale_factor_wanted", "divide", greatest, "absmax", dtype=working)
        walk.add("scale_factor", "same", "scale_factor_wanted", dtype=kept)
        walk.add("quotient", "divide", ("one", 1.0), "scale_factor_wanted", dtype=working)
    else:
        walk.add("quotient", "divide", "absmax", greatest, dtype=working)
    if walk["quotient"].value == scale or precision.keep(walk["quotient"].value) == scale:
        walk.add("scale", "same", "quotient", dtype=kept)
    else:
        walk.take("scale", "given", scale, kept, note=f"the range is too small to divide: {rules.degenerate.value}")
    return tuple(walk.steps)

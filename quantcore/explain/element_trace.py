"""The way of one element of a float or a codebook under a scale, as `quantize` and `dequantize` go it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..checks import one_of, real_numbers, refuse_not_finite
from ..compute.quantize import quantize
from ..compute.stages import multiplier, result_precision, working_precision
from ..errors import QuantError
from ..formats.format import OVERFLOWS, Format, Overflow
from ..formats.integers import IntFormat
from ..formats.table import format_codes
from ..parameters.granularity import PerTensor, elements_at, parameter_place
from ..parameters.qparams import QuantParams, check_params, fitted
from ..precision import Precision
from ..rounding import check_rounding
from ..toolkits.arithmetic import Arithmetic, Scaling, Unscaling, find_arithmetic
from .exact_steps import Walk
from .stored_context import round_element
from .stored_trace import StoredTrace
from .trace import checked_index


def trace_element(
    x: ArrayLike,
    params: QuantParams,
    index: int | tuple[int, ...] = 0,
    arithmetic: str | Arithmetic = "onnx",
    rounding: str | None = None,
    rng: np.random.Generator | None = None,
    overflow: Overflow = "saturate",
) -> StoredTrace:
    """Follow x[index] through `quantize` and `dequantize` with a float or a codebook; the arguments are those of both.

    The steps are "x", "scale" (or "factor", where the arithmetic multiplies), "scaled", then as in `StoredTrace`.

    Raises:
        QuantError: As `quantize`; for an index that x does not have; for integers, which `trace` follows.

    >>> import quantcore as qc
    >>> found = trace_element([464.0], qc.QuantParams(1.0, 0, qc.FORMATS["float8_e4m3fn"]))
    >>> found["rounded"].value, found["rounded"].note
    (448.0, 'a tie: exactly halfway between 448 and 480')
    """
    check_params(params)
    fmt, steps = params.fmt, find_arithmetic(arithmetic)
    if isinstance(fmt, IntFormat):
        raise QuantError(f"fmt is {fmt!r}; trace_element follows floats and codebooks. Use trace.", "fmt")
    one_of(overflow, "overflow", OVERFLOWS)
    rule = check_rounding("half_even" if rounding is None else rounding, rng)
    numbers = real_numbers(x)
    at = checked_index(index, numbers.shape)
    where = parameter_place(params.granularity, at, numbers.shape)
    scales, _ = fitted(params, numbers.shape)
    scale = scales[where].reshape(1)
    kept_factor = params.scale_factor.reshape(scales.shape)[where].reshape(1)
    working = working_precision(steps, params.precision)
    refuse_not_finite(numbers[at].reshape(1), working)
    one = QuantParams(scale, 0, fmt, scale_factor=kept_factor, precision=params.precision)
    code = quantize(numbers[at].reshape(1), one, steps, rounding, rng, overflow=overflow)
    number = float(fmt.decode(code)[0])
    walk = Walk()
    walk.level = "tensor" if isinstance(params.granularity, PerTensor) else "block"
    by = _scale(walk, params, scale, kept_factor, steps)
    walk.level = "element"
    walk.take("x", "given", float(working.keep(numbers[at])), working.name)
    walk.add("scaled", "divide" if steps.divides else "multiply", "x", by, dtype=working.name)
    is_tie, is_clipped = _rounded(walk, fmt, rule, number, working)
    walk.take("number", "table", number, fmt.name, int(code[0]), "" if np.isfinite(number) else "it overflows")
    over = _back(walk, params.precision, by, fmt.highest, steps)
    return _trace(walk, fmt, params, at, numbers.shape, int(code[0]), over, is_tie, is_clipped)


def trace_code(
    codes: ArrayLike, params: QuantParams, index: int | tuple[int, ...] = 0, arithmetic: str | Arithmetic = "onnx"
) -> StoredTrace:
    """Follow codes[index] through `dequantize` with a float or a codebook; the arguments are those of that.

    Raises:
        QuantError: As `dequantize`; for an index that codes do not have; for integers.

    >>> import quantcore as qc
    >>> found = trace_code([0x77], qc.QuantParams(0.5, 0, qc.FORMATS["float8_e4m3fn"]))
    >>> found["number"].value, found["reconstruction"].value
    (240.0, 120.0)
    """
    check_params(params)
    fmt, steps = params.fmt, find_arithmetic(arithmetic)
    if isinstance(fmt, IntFormat):
        raise QuantError(f"fmt is {fmt!r}; trace_code follows floats and codebooks. Use trace.", "fmt")
    given = format_codes(codes, fmt)
    at = checked_index(index, given.shape)
    where = parameter_place(params.granularity, at, given.shape)
    scales, _ = fitted(params, given.shape)
    scale = scales[where].reshape(1)
    kept_factor = params.scale_factor.reshape(scales.shape)[where].reshape(1)
    walk = Walk()
    walk.level = "tensor" if isinstance(params.granularity, PerTensor) else "block"
    by = _scale(walk, params, scale, kept_factor, steps)
    walk.level = "element"
    code = given[at].reshape(1)
    walk.take("number", "table", float(fmt.decode(code)[0]), fmt.name, int(code[0]))
    over = _back(walk, params.precision, by, fmt.highest, steps)
    return _trace(walk, fmt, params, at, given.shape, int(code[0]), over)


def _trace(
    walk: Walk,
    fmt: Format,
    params: QuantParams,
    at: tuple[int, ...],
    shape: tuple[int, ...],
    code: int,
    over: str,
    is_tie: bool = False,
    is_clipped: bool = False,
) -> StoredTrace:
    """The steps, and which elements share the scale."""
    where = parameter_place(params.granularity, at, shape)
    scales, _ = fitted(params, shape)
    flat = np.arange(math.prod(shape)).reshape(shape)
    members = flat[elements_at(where, params.granularity, shape)].reshape(-1)
    return StoredTrace(
        index=at,
        format=fmt.name,
        block=int(np.ravel_multi_index(where, scales.shape)) if where else 0,
        sub_block=0,
        place=int(np.searchsorted(members, flat[at])),
        members=members,
        sharing=members,
        steps=tuple(walk.steps),
        scale=over,
        offset="",
        code=code,
        code_bits=fmt.bits,
        bits=(),
        is_tie=is_tie,
        is_clipped=is_clipped,
        is_searched=False,
    )


def _scale(walk: Walk, params: QuantParams, scale: Any, scale_factor: Any, steps: Arithmetic) -> str:
    """The scale, and what x is multiplied by where that is something else."""
    kept, working = params.precision, working_precision(steps, params.precision)
    walk.take("scale", "given", float(scale[0]), kept.name)
    factor = multiplier(scale, steps, params.fmt.highest, kept, scale_factor)
    if steps.divides:
        if working.dtype != kept.dtype:
            walk.add("scale_in_arithmetic", "same", "scale", dtype=working.name)
            return "scale_in_arithmetic"
        return "scale"
    if steps.scaling is Scaling.RECIPROCAL and working.dtype == kept.dtype:
        walk.add("factor", "divide", ("one", 1.0), "scale", dtype=working.name)
    else:
        walk.take("factor", "given", float(factor[0]), working.name, note=steps.scaling.value)
    return "factor"


def _back(walk: Walk, kept: Precision, factor: str, highest: float, steps: Arithmetic) -> str:
    """From the number to the reconstruction; the name of the step that it is multiplied by, or divided by."""
    result, working = result_precision(steps, kept), working_precision(steps, kept)
    match steps.unscaling:
        case Unscaling.FACTOR:
            walk.add("reconstruction", "divide", "number", factor, dtype=result.name)
            return factor
        case Unscaling.DIVIDE_FLOAT64:
            walk.add("divisor", "divide", ("one", 1.0), "scale", dtype=working.name)
            walk.add("reconstruction", "divide", "number", "divisor", dtype=result.name)
            return "divisor"
        case Unscaling.ABSMAX:
            walk.add("absmax", "multiply", "scale", ("greatest number", highest), dtype=working.name)
            walk.add("scaled_number", "multiply", "number", "absmax", dtype=working.name)
            walk.add("share", "divide", ("one", 1.0), ("greatest number", highest), dtype=working.name)
            walk.add("reconstruction", "multiply", "scaled_number", "share", dtype=result.name)
            return "absmax"
    walk.add("reconstruction", "multiply", "number", "scale", dtype=result.name)
    return "scale"


def _rounded(walk: Walk, fmt: Any, rule: str, number: float, working: Precision) -> tuple[bool, bool]:
    """The steps of rounding; a quotient that is too large for the precision is the largest one."""
    name = "scaled"
    if not np.isfinite(walk[name].value):
        limit = float(np.copysign(working.largest, walk[name].value))
        walk.take("scaled_limited", "given", limit, walk[name].dtype)
        name = "scaled_limited"
    return round_element(walk, name, fmt, rule, number)

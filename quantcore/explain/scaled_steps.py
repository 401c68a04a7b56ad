"""How the scales of MX, NVFP4, bitsandbytes and integer blocks come about, and what of an element is rounded.

Each family is a function that takes a `Context`, adds the steps from the block's values (or from the bytes alone) to
the scale, then those of the element up to what is rounded, and says which steps those are.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..blocks.bitsandbytes import CodebookBlocks
from ..blocks.integer import IntegerBlocks
from ..blocks.microscaling import MicroscaledBlocks
from ..blocks.nvfp4 import Nvfp4Blocks
from ..formats.powers import ElementRange
from .exact_steps import Walk
from .stored_context import Context, round_element


class Names(NamedTuple):
    """The steps that the way back needs.

    Attributes:
        scale: What the number of the code is multiplied by.
        offset: What is added then; empty where there is none.
        is_tie: Whether the element was one.
        is_clipped: Whether it was beyond the numbers of the format.
    """

    scale: str
    offset: str = ""
    is_tie: bool = False
    is_clipped: bool = False


def microscaled(context: Context) -> Names:
    """The exponent that the mode chooses; x over the power of two; the element."""
    walk, fmt = context.walk, context.stored.fmt
    assert isinstance(fmt, MicroscaledBlocks)
    own = "scale" if fmt.unit == 1 else "block_scale"
    if context.values is None:
        context.keep("scale", name=own)
    else:
        context.largest(context.values)
        mode = context.options.get("scale_mode", "floor")
        exponent = exponent_steps(walk, mode, fmt.element_range, context.level("scale")[0])
        ends = ("least exponent", -127), ("greatest exponent", 127)
        walk.add("scale_exponent", "clamp", exponent, *ends, dtype="integer")
        context.keep("scale", "power_of_two", "scale_exponent", name=own)
    if fmt.unit != 1:
        walk.add("scale", "multiply", own, ("unit", fmt.unit))
    return _element(context, "scale")


def exponent_steps(walk: Walk, mode: str, element: ElementRange, scale: float) -> str | tuple[str, float]:
    """The name of the step of the exponent before it is clamped, or a constant for a block of zeros.

    Args:
        walk: With the step "absmax".
        mode: A name in SCALE_MODES.
        element: What the element format can hold.
        scale: The power of two that was chosen, for magnitudes that are subnormal in float32.
    """
    divided = mode == "rceil"
    amax = "absmax"
    if mode in ("ceil", "even") and 0 < walk["absmax"].value < 2.0**-126:
        note = "the exponent bits of a subnormal float32, which do not tell its magnitude"
        walk.take("exponent", "given", np.log2(scale), "integer", note=note)
        return "exponent"
    if divided:
        walk.add("quotient", "divide", "absmax", ("greatest element", element.highest))
        amax = "quotient"
    elif mode == "even" and walk["absmax"].value:
        walk.add("absmax_rounded", "round_mantissa", "absmax", ("mantissa bits", element.mantissa_bits), dtype="exact")
        amax = "absmax_rounded"
    if not walk[amax].value:
        return "exponent of a block of zeros", -127
    walk.add("exponent", "ceil_log2" if mode in ("ceil", "rceil") else "floor_log2", amax, dtype="integer")
    if divided:
        return "exponent"
    largest = ("exponent of the greatest power of two", element.largest_exponent)
    walk.add("exponent_unclamped", "subtract", "exponent", largest, dtype="integer")
    return "exponent_unclamped"


def nvfp4(context: Context) -> Names:
    """The tensor's scale, the block's scale in E4M3 by the rule of the library, and x over both."""
    walk, fmt = context.walk, context.stored.fmt
    assert isinstance(fmt, Nvfp4Blocks)
    rule = context.options.get("rule", fmt.rules[0])
    has_tensor = len(context.stored.levels) == 2
    tensor = fmt.tensor_level
    if has_tensor:
        walk.level = "tensor"
        _tensor_level(context, tensor, rule)
        walk.level = "block"
    if context.values is None:
        context.keep("scale", name="block_scale")
    else:
        context.largest(context.values)
        wanted, limits = _block_scale_of_nvfp4(context, rule, tensor if has_tensor else "")
        if limits:
            walk.add("block_scale_clamped", "clamp", wanted, *limits)
            wanted = "block_scale_clamped"
        if rule == "compressed_tensors":
            walk.add("block_scale_rounded", "same", wanted, dtype="float8_e4m3fn")
            context.keep("scale", "instead_of_zero", "block_scale_rounded", ("instead of 0", 0.125), name="block_scale")
        else:
            context.keep("scale", "same", wanted, name="block_scale")
    if has_tensor:
        walk.add("scale", "divide" if tensor == "tensor_divisor" else "multiply", "block_scale", tensor)
    scale = "scale" if has_tensor else "block_scale"
    if context.values is None:
        return Names(scale)
    walk.level = "element"
    walk.take("x", "given", context.x)
    if rule == "torchao":  # times a reciprocal
        over = tensor if has_tensor else ("no tensor scale", 1.0)
        walk.add("tensor_reciprocal", "divide", ("one", 1.0), over)
        walk.add("reciprocal", "divide", "tensor_reciprocal", "block_scale")
        walk.add("scaled", "multiply", "x", "reciprocal")
    else:
        walk.add("scaled", "divide", "x", scale)
    return Names(scale, "", *round_element(walk, "scaled", fmt.element, _rounding(context), context.number))


def _tensor_level(context: Context, tensor: str, rule: str) -> None:
    """The number of the whole tensor: given, or from its largest magnitude."""
    walk = context.walk
    if context.values is None or context.options.get("tensor_scale", "amax") != "amax":
        context.keep(tensor, operation="given")
        return
    walk.take("tensor_absmax", "given", context.tensor_absmax)
    full = ("greatest element times greatest scale", 6.0 * 448.0)
    if context.tensor_absmax == 0:
        context.keep(tensor, operation="given", note="a tensor of zeros has the scale 1")
    elif rule == "compressed_tensors":
        walk.add("tensor_reciprocal", "divide", ("one", 1.0), "tensor_absmax")
        context.keep(tensor, "multiply", "tensor_reciprocal", full)
    else:
        context.keep(tensor, "divide", "tensor_absmax", full)


def _block_scale_of_nvfp4(context: Context, rule: str, tensor: str) -> tuple[str, tuple[tuple[str, float], ...]]:
    """The step of the scale before it is rounded to E4M3, and the limits to which it is held."""
    walk = context.walk
    greatest = ("greatest element", 6.0)
    if rule == "torchao":
        walk.add("block_scale_wanted", "divide", "absmax", greatest)
        if tensor:
            walk.add("block_scale_relative", "divide", "block_scale_wanted", tensor)
        return "block_scale_relative" if tensor else "block_scale_wanted", (("least", 2.0**-6), ("greatest", 448.0))
    if rule == "modelopt":
        walk.add("greatest_of_block", "multiply", greatest, tensor or ("no tensor scale", 1.0))
        walk.add("block_scale_relative", "divide", "absmax", "greatest_of_block")
        walk.add("block_scale_not_zero", "instead_of_zero", "block_scale_relative", ("instead of 0", 1.0))
        return "block_scale_not_zero", (("least", 2.0**-9), ("greatest", 448.0))
    walk.add("block_scale_wanted", "divide", "absmax", greatest)
    walk.add("block_scale_relative", "multiply", tensor or ("no tensor divisor", 1.0), "block_scale_wanted")
    return "block_scale_relative", ()


def codebook(context: Context) -> Names:
    """absmax, or what double quantization makes of it; x times its reciprocal."""
    walk, fmt = context.walk, context.stored.fmt
    assert isinstance(fmt, CodebookBlocks)
    if context.values is None:
        scale = _double_quantized(context) if fmt.is_double else "absmax"
        if not fmt.is_double:
            context.keep("absmax")
        return Names(scale)
    if fmt.is_double:
        context.largest(context.values)
        scale = _double_quantized(context)
    else:
        first = int(np.abs(context.values).argmax())
        context.keep("absmax", "absolute", (f"x[{first}]", float(context.values[first])))
        scale = "absmax"
    walk.add("divisor", "maximum", "absmax", ("least divisor", float(np.float32(1e-38))))
    walk.add("reciprocal", "divide", ("one", 1.0), "divisor")
    walk.level = "element"
    walk.take("x", "given", context.x)
    walk.add("scaled", "multiply", "x", "reciprocal")
    return Names(scale, "", *round_element(walk, "scaled", fmt.element, "half_even", context.number))


def _double_quantized(context: Context) -> str:
    """The scale, which is a number of the dynamic 8-bit map times a scale of 256 scales, plus their mean."""
    walk = context.walk
    walk.level = "tensor"
    context.keep("offset", operation="given", note="the mean of all absmax")
    context.keep("nested_absmax", operation="given", note="the largest magnitude of 256 absmax less their mean")
    walk.level = "block"
    if context.values is not None:
        nested = ("nested_absmax, at least 1e-38", max(walk["nested_absmax"].value, float(np.float32(1e-38))))
        walk.add("absmax_without_mean", "subtract", "absmax", "offset")
        walk.add("nested_reciprocal", "divide", ("one", 1.0), nested)
        walk.add("absmax_scaled", "multiply", "absmax_without_mean", "nested_reciprocal")
    context.keep("absmax", name="absmax_number", operation="table", note="the nearest number of the dynamic 8-bit map")
    walk.add("absmax_times_nested", "multiply", "absmax_number", "nested_absmax")
    walk.add("scale", "add", "absmax_times_nested", "offset")
    return "scale"


def integer(context: Context) -> Names:
    """Scale (and minimum) of the block in their format; what is left of x over the scale."""
    walk, fmt = context.walk, context.stored.fmt
    assert isinstance(fmt, IntegerBlocks)
    if context.values is None:
        for level in context.stored.levels:
            context.keep(level.name)
        return Names("scale", "minimum" if fmt.has_minimum else "")
    if fmt.is_mlx:
        _mlx(context, fmt)
    elif fmt.has_minimum:
        context.extreme("low", float(context.values.min()))
        context.extreme("high", float(context.values.max()))
        walk.add("width", "subtract", "high", "low")
        walk.add("scale_wanted", "divide", "width", ("highest code", fmt.element.qmax))
        context.keep("scale", "same", "scale_wanted")
        context.keep("minimum", "same", "low")
    else:
        context.largest(context.values)
        walk.add("scale_wanted", "divide", "absmax", ("highest code", fmt.element.qmax))
        rounding = "ceil" if fmt.scale_format == "float8_e8m0fnu" else "half_even"
        context.keep("scale", "same", "scale_wanted", rounding=rounding)
    return _element(context, "scale", "minimum" if fmt.has_minimum else "")


def _mlx(context: Context, fmt: IntegerBlocks) -> None:
    """The extreme of larger magnitude becomes a code exactly."""
    walk = context.walk
    assert context.values is not None
    low, high = float(context.values.min()), float(context.values.max())
    context.extreme("low", low)
    context.extreme("high", high)
    walk.add("width", "subtract", "high", "low")
    walk.add("scale_wanted", "divide", "width", ("highest code", fmt.element.qmax))
    walk.add("scale_limited", "maximum", "scale_wanted", ("least scale", float(np.float32(1e-7))))
    is_low = abs(low) > abs(high)
    walk.add("signed_scale", "same" if is_low else "negate", "scale_limited")
    walk.add("edge", "same", "low" if is_low else "high", note="the extreme of larger magnitude")
    walk.add("edge_in_steps", "divide", "edge", "signed_scale")
    walk.add("edge_code", "same", "edge_in_steps", dtype="integer")
    if walk["edge_code"].value:
        context.keep("scale", "divide", "edge", "edge_code")
        context.keep("minimum", "same", "edge")
    else:
        context.keep("scale", "same", "signed_scale")
        context.keep("minimum", "same", ("no code of its own", 0.0))


def _element(context: Context, scale: str, offset: str = "") -> Names:
    """x, less the offset, divided by the scale, and rounded."""
    walk, fmt = context.walk, context.stored.fmt
    if context.values is None:
        return Names(scale, offset)
    walk.level = "element"
    walk.take("x", "given", context.x)
    left = "x"
    if offset:
        walk.add("above_minimum", "subtract", "x", offset)
        left = "above_minimum"
    divisor: str | tuple[str, float] = scale if walk[scale].value else ("instead of a scale of 0", 1.0)
    walk.add("scaled", "divide", left, divisor)
    return Names(scale, offset, *round_element(walk, "scaled", fmt.element, _rounding(context), context.number))


def _rounding(context: Context) -> str:
    return str(context.options.get("rounding", "half_even"))

"""How ggml's blocks come about: the float16 scale of a block, the scales of its sub-blocks, and what is rounded.

What a search found (the scales of K-quants and IQ4, the points of the IQ grids, and all codes of the first formats
where an importance matrix is given) is a step "searched"; from there on every step is followed.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np

from ..blocks.gguf import GgufFormat
from ..formats.integers import IntFormat
from .ggml_super_steps import grids, inverse_of, nonlinear, of_products, super_block
from .scaled_steps import Names
from .stored_context import Context, neighbours, round_element

_SEARCHED = "the code that a search found"
_F32 = np.float32


def centred(context: Context) -> Names:
    """Q4_0, Q5_0: d = m / -8 of the m of largest magnitude; code = trunc(x / d + 8.5) - 8."""
    walk, fmt = context.walk, context.stored.fmt
    assert isinstance(fmt.element, IntFormat)
    half = -fmt.element.qmin
    if context.values is None:
        context.keep("d")
        return Names("d")
    if context.has_searched_codes:
        return _all_searched(context, Names("d"))
    context.largest(context.values, signed=True)
    walk.add("d_unrounded", "divide", "signed_absmax", ("lowest code", -half))
    context.keep("d", "same", "d_unrounded")
    if not _times_inverse(context, "x"):
        return Names("d")
    neighbours(walk, "scaled", fmt.element)
    walk.add("shifted", "add", "scaled", ("half more than the middle", half + 0.5))
    walk.add("truncated", "same", "shifted", dtype="integer", rounding="toward_zero")
    walk.add("stored_code", "minimum", "truncated", ("highest code", 2 * half - 1), dtype="integer")
    walk.add("rounded", "subtract", "stored_code", ("middle", half), dtype="integer")
    return Names("d", "", _is_tie(context), walk["stored_code"].value < walk["truncated"].value)


def above_minimum(context: Context) -> Names:
    """Q4_1, Q5_1: d = (max - min) / 15, m = min; code = trunc((x - m) / d + 0.5)."""
    walk, fmt = context.walk, context.stored.fmt
    names = Names("d", "m")
    assert isinstance(fmt.element, IntFormat)
    if context.values is None:
        context.keep("d")
        context.keep("m")
        return names
    if context.has_searched_codes:
        return _all_searched(context, names)
    context.extreme("low", float(context.values.min()))
    context.extreme("high", float(context.values.max()))
    walk.add("width", "subtract", "high", "low")
    walk.add("d_unrounded", "divide", "width", ("highest code", fmt.element.qmax))
    context.keep("d", "same", "d_unrounded")
    context.keep("m", "same", "low")
    if not _times_inverse(context, "above_minimum"):
        return names
    neighbours(walk, "scaled", fmt.element)
    walk.add("shifted", "add", "scaled", ("half", 0.5))
    walk.add("truncated", "same", "shifted", dtype="integer", rounding="toward_zero")
    walk.add("rounded", "minimum", "truncated", ("highest code", fmt.element.qmax), dtype="integer")
    return Names("d", "m", _is_tie(context), walk["rounded"].value < walk["truncated"].value)


def by_absmax(context: Context) -> Names:
    """Q8_0, Q2_0, TQ1_0, TQ2_0: d = absmax / 127, or absmax; code = x / d, ties away from zero."""
    walk, fmt = context.walk, context.stored.fmt
    if context.values is None:
        context.keep("d")
        return Names("d")
    context.largest(context.values)
    walk.add("d_unrounded", "divide", "absmax", ("highest number in use", 127 if fmt.name == "q8_0" else 1))
    context.keep("d", "same", "d_unrounded")
    if not _times_inverse(context, "x"):
        return Names("d")
    neighbours(walk, "scaled", fmt.element)
    walk.add("rounded", "same", "scaled", dtype="integer", rounding="half_away")
    return Names("d", "", _is_tie(context))


def signs(context: Context) -> Names:
    """Q1_0: d = mean magnitude; 1 where x >= 0, else -1."""
    walk = context.walk
    if context.values is None:
        context.keep("d")
        return Names("d")
    total = _F32(0)
    for magnitude in np.abs(context.values):
        total += magnitude
    walk.take("sum", "given", float(total), note="of all magnitudes, added in float32 one after the other")
    walk.add("mean", "divide", "sum", ("elements", len(context.values)))
    context.keep("d", "same", "mean")
    walk.level = "element"
    walk.take("x", "given", context.x)
    walk.add("rounded", "sign", "x", dtype="integer")
    return Names("d")


def fp4(context: Context) -> Names:
    """MXFP4, NVFP4 of ggml: half of a power of two, or of an E4M3 number; the nearest doubled E2M1 number."""
    walk, fmt = context.walk, context.stored.fmt
    level = "e" if fmt.name == "gguf_mxfp4" else "d"
    walk.level = "block" if level == "e" else "sub_block"
    if context.values is not None:
        context.largest(context.sub_values)
        (_power_of_ggml if level == "e" else _ue4m3)(context)
    else:
        context.keep(level, name="block_scale")
    walk.add("scale", "divide", "block_scale", ("doubled numbers", 2))
    if context.values is None:
        return Names("scale")
    walk.level = "element"
    walk.take("x", "given", context.x)
    if not walk["scale"].value:
        context.searched_number("the scale is 0; so is the code")
        return Names("scale")
    walk.add("scaled", "divide", "x", "scale", dtype="exact")
    if abs(walk["scaled"].value) > 16:
        context.searched_number("so far beyond the greatest number, float32 differences decide")
        return Names("scale")
    return Names("scale", "", *round_element(walk, "scaled", fmt.element, "half_toward_zero", context.number))


def _all_searched(context: Context, names: Names) -> Names:
    """An importance matrix was given: the scale is searched, and the codes with it."""
    walk, blocks = context.walk, context.stored.blocks
    assert blocks.divisor is not None
    walk.take("d_unrounded", "searched", float(blocks.divisor[context.block, 0]))
    context.keep("d", "same", "d_unrounded")
    if names.offset:
        assert blocks.subtrahend is not None
        walk.take("m_unrounded", "searched", float(blocks.subtrahend[context.block, 0]))
        context.keep("m", "same", "m_unrounded")
    walk.level = "element"
    walk.take("x", "given", context.x)
    context.searched_number(_SEARCHED)
    return names


def _times_inverse(context: Context, left: str) -> bool:
    """x, or what of it is above the minimum, times the reciprocal of the unrounded scale."""
    walk = context.walk
    is_finite = inverse_of(context, "d_unrounded")
    walk.level = "element"
    walk.take("x", "given", context.x)
    if not is_finite:
        context.searched_number("the scale has no reciprocal in float32: all codes of the block are the same")
        return False
    if left == "above_minimum":
        walk.add(left, "subtract", "x", "low")
    walk.add("scaled", "multiply", left, "inverse")
    return True


def _is_tie(context: Context) -> bool:
    walk = context.walk
    return "threshold" in walk and walk.exact("scaled") == walk.exact("threshold")


def _power_of_ggml(context: Context) -> None:
    """floor(log2 absmax) - 2, the logarithm in float32."""
    walk = context.walk
    if not walk["absmax"].value:
        context.keep("e", name="block_scale", operation="given", note="a block of zeros has the exponent byte 0")
        return
    value, _, _ = context.level("e")
    exact = int(np.frexp(walk["absmax"].value)[1]) - 1
    if value != 2.0 ** (exact - 2):  # log2f rounds up just below a power of two; below 2^-125 the byte wraps
        context.keep("e", name="block_scale", operation="searched", note="float32's log2 of absmax, its floor less 2")
        return
    walk.add("exponent", "floor_log2", "absmax", dtype="integer")
    walk.add("scale_exponent", "subtract", "exponent", ("exponent of the greatest power of two", 2), dtype="integer")
    context.keep("e", "power_of_two", "scale_exponent", name="block_scale")


def _ue4m3(context: Context) -> None:
    """absmax / 6 in unsigned E4M3, ties upward; what rounds to 256 or more becomes 448."""
    walk = context.walk
    walk.add("quotient", "divide", "absmax", ("greatest number", 6))
    value, _, _ = context.level("d")
    wanted = walk.exact("quotient")
    assert wanted is not None
    if value in (448.0, 7 * 2.0**-9) and wanted != Fraction(value):
        note = "256 and more become 448" if value == 448 else "below 2^-6 at most 7 steps of 2^-9"
        context.keep("d", name="block_scale", operation="searched", note=note)
        return
    context.keep("d", "same", "quotient", name="block_scale", rounding="half_up")


FAMILIES: dict[str, Callable[[Context], Names]] = {
    "q4_0": centred, "q5_0": centred, "q4_1": above_minimum, "q5_1": above_minimum, "q8_0": by_absmax,
    "q2_0": by_absmax, "tq1_0": by_absmax, "tq2_0": by_absmax, "q1_0": signs, "q8_k": of_products,
    "q2_k": super_block, "q3_k": super_block, "q4_k": super_block, "q5_k": super_block, "q6_k": super_block,
    "iq4_nl": nonlinear, "iq4_xs": nonlinear, "gguf_mxfp4": fp4, "gguf_nvfp4": fp4,
}  # fmt: skip


def gguf(context: Context) -> Names:
    """The family of a GGUF format; those that are not named here have a lattice."""
    assert isinstance(context.stored.fmt, GgufFormat)
    return FAMILIES.get(context.stored.fmt.name, grids)(context)

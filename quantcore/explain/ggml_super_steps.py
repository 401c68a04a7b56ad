"""How ggml's super-blocks come about: scales of sub-blocks that are whole numbers times the scale of the block.

They were searched; from there on every step is followed.
"""

from __future__ import annotations

import numpy as np

from ..formats.integers import IntFormat
from .scaled_steps import Names
from .stored_context import Context, round_element


def super_block(context: Context) -> Names:
    """K-quants: d * scale (- dmin * minimum) of a sub-block; (x + minimum) / scale to the nearest code."""
    walk, fmt = context.walk, context.stored.fmt
    assert isinstance(fmt.element, IntFormat)
    levels = [level.name for level in context.stored.levels]
    _two_levels(context, "d", "scales", "scale")
    offset = ""
    if "dmin" in levels:
        _two_levels(context, "dmin", "mins", "minimum")
        walk.add("offset", "negate", "minimum")
        offset = "offset"
    names = Names("scale", offset)
    if context.values is None:
        return names
    walk.level = "element"
    walk.take("x", "given", context.x)
    if not walk["scale"].value:
        context.searched_number("the scale became 0; the code is that of the search")
        return names
    left = "x"
    if offset:
        walk.add("above_minimum", "add", "x", "minimum")
        left = "above_minimum"
    walk.add("scaled", "divide", left, "scale")
    if not abs(walk["scaled"].value) < 2**22:
        context.searched_number("beyond what ggml's rounding by addition can round")
        return names
    return Names("scale", offset, *round_element(walk, "scaled", fmt.element, "half_even", context.number))


def of_products(context: Context) -> Names:
    """Q8_K: d = m / -127 in float32; code = x times its reciprocal, as far as 127."""
    walk, fmt = context.walk, context.stored.fmt
    if context.values is None:
        context.keep("d")
        return Names("d")
    context.largest(context.values, signed=True)
    if not walk["signed_absmax"].value:
        context.keep("d", operation="given", note="a block of zeros")
        context.searched_number("a block of zeros has the code 0")
        return Names("d")
    walk.add("inverse", "divide", ("negative highest code", -127), "signed_absmax")
    context.keep("d", "divide", ("one", 1), "inverse")
    walk.level = "element"
    walk.take("x", "given", context.x)
    walk.add("scaled", "multiply", "inverse", "x")
    return Names("d", "", *round_element(walk, "scaled", fmt.element, "half_even", context.number))


def nonlinear(context: Context) -> Names:
    """IQ4_NL, IQ4_XS: the number of the table nearest to x over the scale that was searched."""
    walk, fmt, blocks = context.walk, context.stored.fmt, context.stored.blocks
    has_scales = fmt.name == "iq4_xs"
    if context.values is not None:
        assert blocks.divisor is not None
        walk.level = "sub_block" if has_scales else "block"
        walk.take("divisor", "searched", float(blocks.divisor[context.block, context.sub]), note="before d was rounded")
    if has_scales:
        _two_levels(context, "d", "scales", "scale")
    elif context.values is None:
        context.keep("d")
    else:
        context.keep("d", "same", "divisor")
    scale = "scale" if has_scales else "d"
    if context.values is None:
        return Names(scale)
    inverse_of(context, "divisor")
    walk.level = "element"
    walk.take("x", "given", context.x)
    walk.add("scaled", "multiply", "x", "inverse")
    if not np.isfinite(walk["scaled"].value):
        context.searched_number("the reciprocal of the scale is infinite")
        return Names(scale)
    return Names(scale, "", *round_element(walk, "scaled", fmt.element, "half_even", context.number))


def grids(context: Context) -> Names:
    """The IQ grids: a scale of the sub-block from d and a few bits; the point of the lattice was searched."""
    walk, name = context.walk, context.stored.fmt.name
    searched = "" if context.values is None else "searched"
    walk.level = "block"
    context.keep("d", operation=searched)
    walk.level = "sub_block"
    context.keep("scales", operation=searched)
    if name.startswith("iq2") or name == "iq3_xxs":
        walk.add("scales_and_half", "add", ("half", 0.5), "scales")
        walk.add("d_times", "multiply", "d", "scales_and_half")
        walk.add("scale", "multiply", "d_times", ("quarter", 0.25) if name.startswith("iq2") else ("half", 0.5))
    else:
        walk.add("doubled", "multiply", ("two", 2), "scales", dtype="integer")
        walk.add("odd", "add", ("one", 1), "doubled", dtype="integer")
        walk.add("scale", "multiply", "d", "odd")
    if context.values is not None:
        walk.level = "element"
        walk.take("x", "given", context.x)
        context.searched_number("part of the point of a lattice that a search found")
    return Names("scale")


def _two_levels(context: Context, d: str, codes: str, product: str) -> None:
    """A float16 of the super-block times a whole number of the sub-block."""
    walk = context.walk
    searched = "" if context.values is None else "searched"
    walk.level = "block"
    context.keep(d, operation=searched)
    walk.level = "sub_block"
    context.keep(codes, operation=searched)
    walk.add(product, "multiply", d, codes)


def inverse_of(context: Context, d: str) -> bool:
    """The reciprocal in float32, 0 of 0; false where it is infinite."""
    walk = context.walk
    if not walk[d].value:
        walk.take("inverse", "given", 0.0, note="a scale of 0 has the reciprocal 0 here")
        return True
    walk.add("inverse", "divide", ("one", 1.0), d)
    return bool(np.isfinite(walk["inverse"].value) and np.isfinite(walk[d].value))

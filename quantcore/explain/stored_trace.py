"""The way of one element through a stored array: from its block to its bits, and from the bits back to a number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..blocks.bitsandbytes import CodebookBlocks
from ..blocks.block import Stored
from ..blocks.gguf import GgufBlocks, GgufFormat
from ..blocks.integer import IntegerBlocks
from ..blocks.microscaling import MicroscaledBlocks
from ..blocks.nvfp4 import Nvfp4Blocks
from ..checks import real_numbers
from ..errors import QuantError
from ..formats.format import pattern
from .exact_steps import StoredStep
from .ggml_steps import gguf
from .scaled_steps import Names, codebook, integer, microscaled, nvfp4
from .stored_context import Context

_FAMILIES: dict[type, Callable[[Context], Names]] = {
    MicroscaledBlocks: microscaled,
    Nvfp4Blocks: nvfp4,
    CodebookBlocks: codebook,
    IntegerBlocks: integer,
    GgufFormat: gguf,
}


@dataclass(frozen=True, slots=True, eq=False)
class StoredTrace:
    """The steps of one element.

    Attributes:
        index: Where the element is in the array.
        format: The name of the block format; of an array that is not stored in blocks, that of its number format.
        block: The number of its block, and
        sub_block: of the part of the block that has a scale of its own.
        place: Where it is in the block.
        members: (n,) flat indices of the array's elements that are in the block, in its order.
        sharing: Those of them that are in the sub-block: that share the scale.
        steps: From the values (or, of bytes, from what is stored) to the reconstruction, which is the last one. The
            element's own are "x", "scaled", "below", "above", "threshold", "rounded", "clamped", "number", "product",
            "reconstruction", as far as there are such.
        scale: The name of the step that the number is multiplied by.
        offset: The name of the step that is added; empty where there is none.
        code: The element's bit pattern, unsigned.
        code_bits: How many bits it has.
        bits: The bits of `Stored.to_bytes` of which each, if it is flipped, changes the code, as (byte, bit); bit 0 is
            the lowest. Empty for an element that is not in a stored array.
        is_tie: Whether what was rounded lay halfway between two numbers.
        is_clipped: Whether it lay beyond the numbers of the format.
        is_searched: Whether the code was chosen by a search over many elements.
    """

    index: tuple[int, ...]
    format: str
    block: int
    sub_block: int
    place: int
    members: NDArray[np.intp]
    sharing: NDArray[np.intp]
    steps: tuple[StoredStep, ...]
    scale: str
    offset: str
    code: int
    code_bits: int
    bits: tuple[tuple[int, int], ...]
    is_tie: bool
    is_clipped: bool
    is_searched: bool

    def __getitem__(self, name: str) -> StoredStep:
        """The step of this name."""
        return next(step for step in self.steps if step.name == name)

    def __contains__(self, name: str) -> bool:
        """Whether there is a step of this name."""
        return any(step.name == name for step in self.steps)


def trace_stored(stored: Stored, index: int | tuple[int, ...] = 0, x: ArrayLike | None = None) -> StoredTrace:
    """Follow an element into its block and back.

    Args:
        stored: What `store` made, or `from_bytes` read.
        index: Of the element; one number counts in C order.
        x: The values that were stored, for the steps by which scale and code were chosen. None: only those from the
            bytes to the number.

    Raises:
        QuantError: For an index that the array does not have, or values that do not become what is stored.

    >>> import quantcore as qc
    >>> x = [0.0, 1.3, -6.0, *[0.0] * 29]
    >>> found = trace_stored(qc.store(x, "mxfp4"), 1, x)
    >>> [found[name].value for name in ("absmax", "scale", "scaled", "below", "above", "threshold", "rounded")]
    [6.0, 1.0, 1.2999999523162842, 1.0, 1.5, 1.25, 1.5]
    """
    block, place = stored.layout.place(index)
    context = Context(stored, block, place, *_values(stored, block, x))
    with np.errstate(all="ignore"):
        names = _FAMILIES[type(stored.fmt)](context)
    walk, element = context.walk, stored.fmt.element
    walk.level = "element"
    unsigned = int(pattern(stored.codes[block, place : place + 1], element.bits)[0])
    if context.values is not None:
        last = walk["clamped" if "clamped" in walk else "rounded"].value
        if last != context.number:
            context.mismatch("number", last, context.number)
    walk.take("number", "table", context.number, element.name, unsigned)
    if names.offset:
        walk.add("product", "multiply", "number", names.scale)
        walk.add("reconstruction", "add", "product", names.offset)
    else:
        walk.add("reconstruction", "multiply", "number", names.scale)
    members = stored.layout.to_blocks(np.arange(1, stored.layout.size + 1).reshape(stored.shape))[block] - 1
    flat, size = int(members[place]), members.size // stored.scale.shape[1]
    sharing = members[context.sub * size : (context.sub + 1) * size]
    return StoredTrace(
        index=tuple(int(i) for i in np.unravel_index(flat, stored.shape)),
        format=stored.fmt.name,
        block=block,
        sub_block=context.sub,
        place=place,
        members=members[members >= 0],
        sharing=sharing[sharing >= 0],
        steps=tuple(walk.steps),
        scale=names.scale,
        offset=names.offset,
        code=unsigned,
        code_bits=element.bits,
        bits=_bits(stored, block, place, flat),
        is_tie=names.is_tie,
        is_clipped=names.is_clipped,
        is_searched=context.is_searched,
    )


def _values(stored: Stored, block: int, x: ArrayLike | None) -> tuple[NDArray[np.float32] | None, float]:
    """The block's values and the largest magnitude of all."""
    if x is None:
        return None, 0.0
    numbers = real_numbers(x)
    if numbers.shape != stored.shape:
        raise QuantError(f"values have the shape {numbers.shape}; what is stored has {stored.shape}.", "values")
    numbers = numbers.astype(np.float32, copy=False)
    return stored.layout.to_blocks(numbers)[block], float(np.abs(numbers).max(initial=0))


def _bits(stored: Stored, block: int, place: int, flat: int) -> tuple[tuple[int, int], ...]:
    """Where the element's code is in the bytes."""
    fmt = stored.fmt
    if not isinstance(fmt, GgufFormat):
        first, width = flat * fmt.element.bits, fmt.element.bits
        if not getattr(fmt, "is_high_first", False):
            return tuple(divmod(bit, 8) for bit in range(first, first + width))
        byte, position = divmod(first, 8)
        return tuple((byte, bit) for bit in range(8 - position - width, 8 - position))
    assert isinstance(stored.blocks, GgufBlocks)
    data = stored.blocks.data[block]
    flips: NDArray[Any] = np.repeat(data[None], 8 * data.size, axis=0)
    bit = np.arange(8 * data.size)
    flips[bit, bit // 8] ^= (1 << bit % 8).astype(np.uint8)
    changes = np.flatnonzero(fmt.unpack(flips).codes[:, place] != stored.codes[block, place])
    start = block * data.size
    return tuple((start + int(i) // 8, int(i) % 8) for i in changes)

"""Where a block is in the bytes of a file: its fields, and which numbers each byte has a part in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..blocks.block import Stored
from ..blocks.gguf import GgufBlocks, GgufFormat
from ..formats.table import FORMATS
from .stored_context import level_index


@dataclass(frozen=True, slots=True)
class StoredField:
    """Neighbouring bytes of one meaning.

    Attributes:
        name: As the format's authors call it: "codes", "scale"; in GGUF files "d", "qs".
        start: The first byte of it, in `Stored.to_bytes`.
        size: How many bytes it has.
    """

    name: str
    start: int
    size: int


def stored_fields(stored: Stored, block: int) -> tuple[StoredField, ...]:
    """The fields of a block, in the order of the file; with what it shares with other blocks, such as a tensor's scale.

    >>> import quantcore as qc
    >>> [(field.name, field.start, field.size) for field in stored_fields(qc.store([1.0] * 64, "mxfp4"), 1)]
    [('codes', 16, 16), ('scale', 33, 1)]
    """
    fmt = stored.fmt
    if isinstance(fmt, GgufFormat):
        found, start = [], block * fmt.block_bytes
        for name, size in fmt.fields:
            found.append(StoredField(name, start, size))
            start += size
        return tuple(found)
    members = stored_members(stored, block)
    first, last = int(members[0]) * fmt.element.bits // 8, (int(members[-1] + 1) * fmt.element.bits - 1) // 8
    found, start = [StoredField("codes", first, last - first + 1)], -(-stored.layout.size * fmt.element.bits // 8)
    for level in stored.levels:
        width = 4 if level.codes is None else -(-FORMATS[level.format].bits // 8)
        found.append(StoredField(level.name, start + width * level_index(stored, level, block), width))
        start += width * level.values.size
    return tuple(found)


def stored_members(stored: Stored, block: int) -> NDArray[np.intp]:
    """The flat indices of the array's elements that are in a block, in its order."""
    numbers = np.arange(1, stored.layout.size + 1).reshape(stored.shape)
    inside = stored.layout.to_blocks(numbers)[block] - 1
    members: NDArray[np.intp] = inside[inside >= 0]
    return members


def byte_members(stored: Stored, block: int) -> tuple[NDArray[np.bool_], ...]:
    """Tell for each field of a block which of its elements each byte has a part in.

    Returns:
        One array (size, number of members) for each of `stored_fields`. In GGUF's formats true where the number would
        change if some bit of the byte were flipped; else where the code has bits in the byte, and for scales always.
    """
    fields, fmt = stored_fields(stored, block), stored.fmt
    members = stored_members(stored, block)
    if isinstance(fmt, GgufFormat):
        changes = _changes(stored, block)
        edges = np.cumsum([field.size for field in fields])[:-1]
        return tuple(np.split(changes, edges))
    codes = fields[0]
    bytes_of_codes = np.arange(codes.start, codes.start + codes.size)[:, None]
    bits = fmt.element.bits
    first, last = members * bits // 8, ((members + 1) * bits - 1) // 8
    own = (first <= bytes_of_codes) & (bytes_of_codes <= last)
    return (own, *(np.ones((field.size, members.size), np.bool_) for field in fields[1:]))


def _changes(stored: Stored, block: int) -> NDArray[np.bool_]:
    """(block_bytes, block_size): whether a number changes with some bit of a byte."""
    fmt, blocks = stored.fmt, stored.blocks
    assert isinstance(fmt, GgufFormat)
    assert isinstance(blocks, GgufBlocks)
    data = blocks.data[block]
    flips = np.repeat(data[None], 8 * data.size, axis=0)
    bit = np.arange(8 * data.size)
    flips[bit, bit // 8] ^= (1 << bit % 8).astype(np.uint8)
    with np.errstate(all="ignore"):
        now = fmt.dequantize(fmt.unpack(data[None])).view(np.uint32)
        then = fmt.dequantize(fmt.unpack(flips)).view(np.uint32)
    changed: NDArray[np.bool_] = (then != now).reshape(data.size, 8, -1).any(axis=1)
    return changed

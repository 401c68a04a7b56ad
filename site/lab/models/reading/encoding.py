"""What numbers the bytes of a stored tensor are: one record a type, whatever a container calls it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import quantcore as qc
from quantcore.blocks.gguf import GgufFormat

Octets = NDArray[np.uint8]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Encoding:
    """A type of stored numbers.

    Attributes:
        label: As people write it.
        unit: Elements that are stored together: 1, two nibbles, or a block.
        unit_bytes: Bytes of a unit.
        codes: The codes that whole units hold, in a row; of numbers that are stored as they are, these.
        decode: The numbers that whole units hold, in a row.
        fmt: What the codes stand for; None for blocks and for numbers as they are.
        block: The block format, where it is one.
        note: What is assumed about the layout.
        stored: Whole blocks as an array of this shape; None where it is no block format.
    """

    label: str
    unit: int
    unit_bytes: int
    codes: Callable[[Octets], NDArray[Any]]
    decode: Callable[[Octets], Floats]
    fmt: qc.Format | None = None
    block: qc.BlockFormat | None = None
    note: str = ""
    stored: Callable[[Octets, tuple[int, ...]], qc.Stored] | None = None

    @property
    def bits(self) -> float:
        """Bits of one element."""
        return 8 * self.unit_bytes / self.unit

    def size_bytes(self, count: int) -> int:
        """Bytes of so many elements, the last unit filled up as far as a byte goes."""
        if self.block is not None:
            return -(-count // self.unit) * self.unit_bytes
        return -(-count * self.unit_bytes // self.unit)


def plain(label: str, dtype: str) -> Encoding:
    """Numbers as they are, of a NumPy type."""
    stored = np.dtype(dtype)

    def codes(octets: Octets) -> NDArray[Any]:
        return octets.view(stored)

    def decode(octets: Octets) -> Floats:
        with np.errstate(over="ignore"):
            return octets.view(stored).astype(np.float32)

    return Encoding(label, 1, stored.itemsize, codes, decode)


def coded(label: str, name: str, note: str = "", is_big_endian: bool = False) -> Encoding:
    """Codes of a format of quantcore: of 8 or 16 bits, or packed from the lowest bits of a byte on."""
    fmt = qc.FORMATS[name]
    stored = fmt.dtype.newbyteorder(">" if is_big_endian else "<")
    unit = math.lcm(8, fmt.bits) // fmt.bits
    is_signed = isinstance(fmt, qc.IntFormat) and fmt.signed

    def codes(octets: Octets) -> NDArray[Any]:
        if fmt.bits >= 8:
            return octets.view(stored).astype(fmt.dtype, copy=False)
        return qc.unpack(octets, fmt.bits, signed=is_signed).astype(fmt.dtype, copy=False)

    def decode(octets: Octets) -> Floats:
        return fmt.decode(codes(octets))

    return Encoding(label, unit, unit * fmt.bits // 8, codes, decode, fmt, None, note)


def blocked(label: str, name: str, is_big_endian: bool = False) -> Encoding:
    """A block format of GGUF files; of a big-endian file the numbers in its blocks are, too."""
    block = qc.BLOCK_FORMATS[name]
    assert isinstance(block, GgufFormat)

    def stored(octets: Octets, shape: tuple[int, ...]) -> qc.Stored:
        little = block.swapped(octets) if is_big_endian else octets
        return block.from_bytes(little.data, shape)

    def in_a_row(octets: Octets) -> qc.Stored:
        return stored(octets, (octets.size // block.block_bytes * block.block_size,))

    def codes(octets: Octets) -> NDArray[Any]:
        return in_a_row(octets).codes.reshape(-1)

    def decode(octets: Octets) -> Floats:
        return qc.restore(in_a_row(octets))

    return Encoding(label, block.block_size, block.block_bytes, codes, decode, None, block, stored=stored)

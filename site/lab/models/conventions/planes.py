"""Stored numbers as rows and columns, read and unpacked row by row, whatever way they are packed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

import quantcore as qc
from quantcore.formats.packing import unpack_planes, unpack_words

from ..reading.raw import RawTensor

Array = NDArray[Any]
WORD = 32  # bits


class Plane(Protocol):
    """An array of rows and columns of which some rows are read."""

    def rows(self, start: int, stop: int) -> Array:
        """The rows from `start` to `stop`."""


def _filled(octets: NDArray[np.uint8], whole: int) -> NDArray[np.uint8]:
    """Rows of bytes filled up to a multiple of `whole` of them, so that no code goes from one row into the next."""
    missing = -octets.shape[1] % whole
    return np.pad(octets, ((0, 0), (0, missing))) if missing else octets


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """The numbers of a tensor in rows of `n_columns`, of which those beyond `n_used` are padding."""

    tensor: RawTensor
    n_columns: int
    n_used: int | None = None

    def rows(self, start: int, stop: int) -> Array:
        """As float32."""
        found = self.tensor.numbers(start * self.n_columns, stop * self.n_columns)
        return found.reshape(stop - start, self.n_columns)[:, : self.n_used]


@dataclass(frozen=True, slots=True, eq=False)
class Codes:
    """The codes of a tensor in rows of `n_columns`."""

    tensor: RawTensor
    n_columns: int

    def rows(self, start: int, stop: int) -> Array:
        """As they are stored."""
        found = self.tensor.codes(start * self.n_columns, stop * self.n_columns)
        return found.reshape(stop - start, self.n_columns)


@dataclass(frozen=True, slots=True, eq=False)
class PackedAlong:
    """Codes packed along each row into the bytes of a tensor.

    Attributes:
        tensor: Words or bytes; each of `n_rows` rows has as many.
        n_rows: Of the plane.
        n_columns: Codes of a row; what follows them is padding.
        bits: Of a code.
        order: "low_first" or "high_first" in each byte; "words": 32 // bits codes in each word, the rest padding.
        columns: Which unpacked code each column of neighbours is, where they are shuffled (AWQ).
        signed: Whether codes are in two's complement.
    """

    tensor: RawTensor
    n_rows: int
    n_columns: int
    bits: int
    order: Literal["low_first", "high_first", "words"] = "low_first"
    columns: Sequence[int] = ()
    signed: bool = False

    def rows(self, start: int, stop: int) -> Array:
        """The codes."""
        width = self.tensor.size_bytes // max(1, self.n_rows)
        octets = self.tensor.octets(start * width, stop * width)
        if self.order == "words":
            found = unpack_words(octets.view("<u4"), self.bits)
        else:
            octets = _filled(octets.reshape(stop - start, width), self.bits)
            found = qc.unpack(octets, self.bits, signed=self.signed, order=self.order)
        if self.columns:
            found = found.reshape(-1, len(self.columns))[:, list(self.columns)]
        return found.reshape(stop - start, -1)[:, : self.n_columns]


@dataclass(frozen=True, slots=True, eq=False)
class PackedDown:
    """Codes packed down the columns of a tensor of 32-bit words: neighbours of a word are in different rows.

    Attributes:
        tensor: (words, n_columns) of 32-bit words.
        n_rows: Of the plane.
        bits: Of a code.
        is_planar: Each 32 codes are in `bits` words by planes of bits, the lowest first, not one stream.
    """

    tensor: RawTensor
    n_rows: int
    bits: int
    is_planar: bool = False

    def rows(self, start: int, stop: int) -> Array:
        """The codes; 32 of them are in `bits` words, so those are read."""
        n_words, n_columns = self.tensor.shape
        first = start // WORD
        end = min(-(-stop // WORD) * self.bits, n_words)
        octets = self.tensor.octets(first * self.bits * n_columns * 4, end * n_columns * 4)
        words = np.ascontiguousarray(octets.view("<u4").reshape(-1, n_columns).T)
        packed = _filled(words.view(np.uint8), 4 * self.bits)
        found = unpack_planes(packed, self.bits) if self.is_planar else qc.unpack(packed, self.bits)
        codes = found.reshape(n_columns, -1)
        return codes[:, start - first * WORD : stop - first * WORD].T


@dataclass(frozen=True, slots=True, eq=False)
class Planar:
    """Codes in planes of bits along each row: each 32 in `bits` words, the lowest plane first."""

    tensor: RawTensor
    n_columns: int
    bits: int

    def rows(self, start: int, stop: int) -> Array:
        """The codes."""
        width = self.tensor.shape[-1] * 4
        found = unpack_planes(self.tensor.octets(start * width, stop * width), self.bits)
        return found.reshape(stop - start, -1)[:, : self.n_columns]


@dataclass(frozen=True, slots=True, eq=False)
class Transposed:
    """A small plane whose rows are the columns that are stored; all of it is read."""

    plane: Plane
    n_stored: int

    def rows(self, start: int, stop: int) -> Array:
        """Columns of it."""
        return self.plane.rows(0, self.n_stored)[:, start:stop].T


@dataclass(frozen=True, slots=True, eq=False)
class Reciprocal:
    """One over the numbers of a plane."""

    plane: Plane

    def rows(self, start: int, stop: int) -> Array:
        """The reciprocals, in float32."""
        with np.errstate(all="ignore"):
            return np.float32(1) / self.plane.rows(start, stop)


@dataclass(frozen=True, slots=True, eq=False)
class Added:
    """A plane of whole numbers with a constant added; where `bits` is given, what does not fit is cut off."""

    plane: Plane
    constant: int
    bits: int | None = None

    def rows(self, start: int, stop: int) -> Array:
        """The sums."""
        sums = self.plane.rows(start, stop).astype(np.int32) + self.constant
        return sums if self.bits is None else sums & ((1 << self.bits) - 1)


@dataclass(frozen=True, slots=True, eq=False)
class Negated:
    """Minus the product of two planes, in float32."""

    plane: Plane
    other: Plane

    def rows(self, start: int, stop: int) -> Array:
        """The products."""
        with np.errstate(all="ignore"):
            return -(self.plane.rows(start, stop) * self.other.rows(start, stop))


@dataclass(frozen=True, slots=True, eq=False)
class Nested:
    """Scales that have codes and scales of their own: table[code] * scale[i // size] + offset (bitsandbytes)."""

    codes: RawTensor
    table: NDArray[np.float32]
    scale: RawTensor
    size: int
    offset: float

    def rows(self, start: int, stop: int) -> Array:
        """One column."""
        groups = np.arange(start, stop) // self.size
        first, last = (int(groups[0]), int(groups[-1]) + 1) if groups.size else (0, 0)
        scale = self.scale.numbers(first, last)[groups - first]
        numbers = self.table[self.codes.codes(start, stop)]
        return qc.reconstruct(numbers, scale, 0, np.float32(self.offset))[:, None]

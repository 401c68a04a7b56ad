"""How rows of a logical tensor are computed from its planes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

import quantcore as qc

from ..reading.encoding import Floats
from ..reading.raw import RawTensor
from .planes import Plane


class Values(Protocol):
    """Rows along the last axis of a tensor."""

    def rows(self, start: int, stop: int) -> Floats:
        """The rows from `start` to `stop`, (stop - start, row_length)."""


class Decoder(Protocol):
    """What turns codes into numbers: a number format, or a table of the file."""

    def decode(self, codes: NDArray[Any]) -> Floats:
        """The numbers of codes."""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Numbers that the file itself lists, by code."""

    numbers: Floats

    def decode(self, codes: NDArray[Any]) -> Floats:
        """The numbers of codes."""
        return np.take(self.numbers, codes)


@dataclass(frozen=True, slots=True, eq=False)
class Plain:
    """A stored tensor that is its own numbers."""

    tensor: RawTensor

    def rows(self, start: int, stop: int) -> Floats:
        """As they are stored."""
        return self.tensor.rows(start, stop)

    @property
    def fmt(self) -> qc.BlockFormat | None:
        """The block format, if rows are whole blocks of one."""
        encoding = self.tensor.encoding
        block = None if encoding is None else encoding.block
        return block if block is not None and self.tensor.row_length % block.block_size == 0 else None

    def stored(self, start: int, stop: int) -> qc.Stored:
        """Some rows of a block format as they are stored."""
        tensor, encoding = self.tensor, self.tensor.encoding
        assert encoding is not None
        assert encoding.stored is not None
        width = tensor.size_bytes // max(1, tensor.n_rows)
        return encoding.stored(tensor.octets(start * width, stop * width), (stop - start, tensor.row_length))


@dataclass(frozen=True, slots=True, eq=False)
class Affine:
    """x = (number(code) - zero_point) * scale * factor + offset, with parameters that blocks of elements share.

    Attributes:
        shape: Of the tensor.
        codes: Its codes, (rows along the last axis, row_length).
        blocks: Elements along each axis that share parameters: (1, 128) is 128 neighbours of a row.
        scale: Of each block, in rows along the last axis; None: 1.
        zero_point: Likewise, or one for all.
        offset: Likewise.
        decoder: Numbers of the codes; None: they are numbers.
        factor: A constant after the scale.
        row_groups: Which row of parameters each row of the tensor has, where these are in no order (act-order).
        column_groups: Likewise of the columns.
    """

    shape: tuple[int, ...]
    codes: Plane
    blocks: tuple[int, ...]
    scale: Plane | None
    zero_point: Plane | int = 0
    offset: Plane | None = None
    decoder: Decoder | None = None
    factor: float = 1.0
    row_groups: RawTensor | None = None
    column_groups: RawTensor | None = field(default=None)

    def rows(self, start: int, stop: int) -> Floats:
        """The numbers."""
        codes = self.codes.rows(start, stop)
        numbers = codes if self.decoder is None else self.decoder.decode(codes)
        at = self._parameter_rows(start, stop)
        spread = self._spread()

        def parameter(plane: Plane) -> NDArray[Any]:
            if not at.size:
                return np.zeros((0, 1), np.float32)
            first = int(at.min())
            return spread(plane.rows(first, int(at.max()) + 1)[at - first])

        scale = None if self.scale is None else parameter(self.scale)
        zero = self.zero_point if isinstance(self.zero_point, int) else parameter(self.zero_point)
        offset = None if self.offset is None else parameter(self.offset)
        return qc.reconstruct(numbers, scale, zero, offset, self.factor)

    def _parameter_rows(self, start: int, stop: int) -> NDArray[Any]:
        """Which row of parameters each of these rows has."""
        if self.row_groups is not None:
            return self.row_groups.codes(start, stop).astype(np.int64)
        leading = self.shape[:-1]
        if not leading:
            return np.zeros(stop - start, np.int64)
        n_blocks = tuple(-(-n // max(1, b)) for n, b in zip(leading, self.blocks, strict=False))
        found = np.zeros(stop - start, np.int64)
        rest = np.arange(start, stop, dtype=np.int64)
        stride = 1
        for length, block, count in reversed(list(zip(leading, self.blocks, n_blocks, strict=False))):
            found += rest % length // block * stride
            rest //= length
            stride *= count
        return found

    def _spread(self) -> Callable[[NDArray[Any]], NDArray[Any]]:
        """What repeats the parameters of a row over its elements."""
        length, block = (self.shape[-1], self.blocks[-1]) if self.shape else (1, 1)
        groups = None if self.column_groups is None else self.column_groups.codes(0, length).astype(np.int64)

        def spread(found: NDArray[Any]) -> NDArray[Any]:
            if groups is not None:
                return found[:, groups]
            if found.shape[1] == 1 or block == 1:
                return found
            return np.repeat(found, block, axis=1)[:, :length]

        return spread


@dataclass(frozen=True, slots=True, eq=False)
class Flat:
    """A tensor whose blocks run on over the ends of its rows; `inner` has a row for each block."""

    shape: tuple[int, ...]
    inner: Affine

    def rows(self, start: int, stop: int) -> Floats:
        """The numbers."""
        length, block = self.shape[-1] if self.shape else 1, self.inner.shape[-1]
        first, last = start * length, stop * length
        begin = first // block
        found = self.inner.rows(begin, -(-last // block)).reshape(-1)
        return found[first - begin * block : last - begin * block].reshape(stop - start, length)


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """A tensor in a block format of quantcore, whose codes and levels are stored apart.

    Attributes:
        fmt: The format.
        shape: Of the tensor.
        parts: Codes, then the levels, as the format's `from_bytes` takes them: what gives the bytes of some rows.
    """

    fmt: qc.BlockFormat
    shape: tuple[int, ...]
    parts: tuple[Callable[[int, int], bytes], ...]

    def stored(self, start: int, stop: int) -> qc.Stored:
        """Some rows as they are stored."""
        data = b"".join(part(start, stop) for part in self.parts)
        return self.fmt.from_bytes(data, (stop - start, self.shape[-1]))

    def rows(self, start: int, stop: int) -> Floats:
        """The numbers."""
        return qc.restore(self.stored(start, stop))


def octets_of_rows(tensor: RawTensor, n_rows: int) -> Callable[[int, int], bytes]:
    """The bytes of rows, all of one length."""
    width = tensor.size_bytes // max(1, n_rows)
    return lambda start, stop: tensor.octets(start * width, stop * width).tobytes()


def float32_of_rows(plane: Plane) -> Callable[[int, int], bytes]:
    """The numbers of rows as float32."""
    return lambda start, stop: plane.rows(start, stop).astype("<f4").tobytes()


def constant(number: float) -> Callable[[int, int], bytes]:
    """A float32 that is the same for all rows."""
    data = np.float32(number).tobytes()
    return lambda start, stop: data


def n_rows_of(shape: tuple[int, ...]) -> int:
    """Rows along the last axis."""
    return math.prod(shape[:-1])

"""An array as it is stored: codes in blocks, and for each block how codes become numbers.

    x_hat = value(code) * scale + offset        in float32: one product, then one sum where there is an offset

`value` is the number that the code has in the element format. Block formats work on arrays of shape (n_blocks,
block_size) and know nothing of the array's own shape; `Stored` puts both together.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks import whole_number
from ..errors import QuantError
from ..formats.format import Format
from ..formats.grid import Grid
from .layout import Axes, Layout

Float32Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """Parameters as they are stored, one level of several: the scales of blocks, a scale of those scales.

    Attributes:
        name: As the format's authors call it: "scale", "d", "dmin", "tensor_scale".
        format: A name in FORMATS, or "float32".
        values: The numbers: (n_blocks, n) for n of them in a block; any other shape if they are not of one block each,
            () for one of the whole tensor.
        codes: Their codes in `format`, of the same shape; None for "float32".
    """

    name: str
    format: str
    values: NDArray[np.floating[Any]]
    codes: NDArray[Any] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """What a block format makes of an array (n_blocks, block_size).

    Attributes:
        codes: (n_blocks, block_size), codes of the element format.
        scale: (n_blocks, n_sub) float32; each entry serves block_size // n_sub neighbours.
        offset: As `scale`; None where the format has none.
        levels: How scale and offset came about, the outermost first.
        divisor: As `scale`: what elements were divided by when codes were chosen, where that is not `scale` (ggml keeps
            the scale unrounded there). None: it is `scale`, or the blocks were read from bytes.
        subtrahend: As `offset`: what was subtracted before, where that is not `offset`.
    """

    codes: NDArray[Any]
    scale: Float32Array
    offset: Float32Array | None = None
    levels: tuple[Level, ...] = ()
    divisor: Float32Array | None = None
    subtrahend: Float32Array | None = None


@runtime_checkable
class BlockFormat(Protocol):
    """How a library stores numbers in blocks. Inherit from it: what has a body here need not be written again.

    Records are frozen dataclasses. `store` has checked x: finite, float32, in whole blocks (the last one of a row
    padded with zeros if `is_partial_allowed`), and passes only options that `options` names.
    """

    name: str  # in BLOCK_FORMATS
    label: str  # as people write it
    library: str  # whose arithmetic this is, with its version
    version: str
    source: str  # file or section where it is written down
    summary: str  # one sentence: what is particular about it
    element: Format
    block_size: int
    options: tuple[str, ...]  # keyword arguments of `quantize`
    axes: Axes  # along which axes blocks may lie
    is_partial_allowed: bool
    can_encode: bool

    @property
    def fields(self) -> tuple[tuple[str, int], ...]:
        """Name and bytes of what a block consists of, in the order of the file."""

    @property
    def block_bytes(self) -> int:
        """Bytes of one block, its own scales included."""
        return sum(n_bytes for _, n_bytes in self.fields)

    @property
    def bits_per_value(self) -> float:
        """Bits of one element in a full block, the block's scales included."""
        return 8 * self.block_bytes / self.block_size

    def quantize(self, x: Float32Array, **options: Any) -> Blocks:
        """Codes and scales of x (n_blocks, block_size).

        The option "importance" comes as a float32 array of the shape of x, and with it "blocks_per_row".
        """
        raise QuantError(f"{self.name} can only be decoded; choose a format that can be encoded.", "format")

    def dequantize(self, blocks: Blocks) -> Float32Array:
        """The numbers (n_blocks, block_size)."""
        n_blocks, n_sub = blocks.scale.shape
        values = self.element.decode(blocks.codes).reshape(n_blocks, n_sub, self.block_size // n_sub)
        with np.errstate(all="ignore"):
            values *= blocks.scale[:, :, None]
            if blocks.offset is not None:
                values += blocks.offset[:, :, None]
        return values.reshape(blocks.codes.shape)

    def to_bytes(self, stored: Stored) -> bytes:
        """The array as it is in a file."""

    def from_bytes(self, data: bytes | bytearray | memoryview, shape: tuple[int, ...], axis: int = -1) -> Stored:
        """The array of `shape` that these bytes hold.

        Raises:
            QuantError: If there are more or fewer bytes than that takes, or they mean nothing.
        """

    def size_bytes(self, stored: Stored) -> int:
        """The number of bytes of `to_bytes`."""


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """An array as it is stored.

    Attributes:
        fmt: The block format.
        layout: Shape of the array, and where its blocks lie.
        blocks: Codes and scales.
        options: With which `store` was called; empty where the array was read from bytes.
    """

    fmt: BlockFormat
    layout: Layout
    blocks: Blocks
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return self.layout.shape

    @property
    def codes(self) -> NDArray[Any]:
        """(n_blocks, block_size), padding included."""
        return self.blocks.codes

    @property
    def scale(self) -> Float32Array:
        """(n_blocks, n_sub)."""
        return self.blocks.scale

    @property
    def offset(self) -> Float32Array | None:
        """(n_blocks, n_sub), or None."""
        return self.blocks.offset

    @property
    def levels(self) -> tuple[Level, ...]:
        """How scale and offset came about, the outermost first."""
        return self.blocks.levels

    @property
    def size_bytes(self) -> int:
        """The number of bytes of `to_bytes`."""
        return self.fmt.size_bytes(self)

    @property
    def bits_per_value(self) -> float:
        """Bits of one element, everything included."""
        return 8 * self.size_bytes / max(1, math.prod(self.shape))

    def to_bytes(self) -> bytes:
        """The array as it is in a file."""
        return self.fmt.to_bytes(self)

    def element_codes(self) -> NDArray[Any]:
        """The codes in the shape of the array, without padding."""
        return self.layout.from_blocks(self.codes)

    def grid(self, element: int | tuple[int, ...]) -> Grid:
        """Codes, reconstruction levels and decision thresholds of the (part of the) block that has this element.

        Args:
            element: An index of the array; one number counts in C order.
        """
        block, i = self.layout.place(element)
        blocks = self.blocks
        sub = i * blocks.scale.shape[1] // blocks.codes.shape[1]

        def here(values: Float32Array | None) -> np.float32:
            return np.float32(0) if values is None else values[block, sub]

        scale, offset = here(blocks.scale), here(blocks.offset)
        if not np.isfinite(scale) or scale == 0:  # all codes stand for the same number, or for none
            real = self.fmt.dequantize(self.one_block(block))[0, i]
            return Grid(blocks.codes[block, i : i + 1], np.array([real], np.float64), np.array([-np.inf, np.inf]))
        plain = self.fmt.element.grid()
        with np.errstate(over="ignore", invalid="ignore"):  # an offset that is no number
            reals = (plain.reals.astype(np.float32) * scale + offset).astype(np.float64)
        divisor = scale if blocks.divisor is None else here(blocks.divisor)
        subtrahend = offset if blocks.subtrahend is None else here(blocks.subtrahend)
        thresholds = plain.thresholds * float(divisor) + float(subtrahend)
        step = 1 if scale > 0 else -1
        return Grid(plain.codes[::step], reals[::step], thresholds[::step])

    def sides(self, x: ArrayLike) -> NDArray[np.int8]:
        """Tell which of the stored values lie beyond the numbers of their block: -1 below, 1 above, 0 within.

        Args:
            x: The values, of the shape of the array.
        """
        blocks, ends = self.blocks, self.fmt.element.grid().thresholds
        values = self.layout.to_blocks(np.asarray(x, np.float32)).reshape(*blocks.scale.shape, -1)
        divisor = blocks.scale if blocks.divisor is None else blocks.divisor
        subtrahend = blocks.offset if blocks.subtrahend is None else blocks.subtrahend
        with np.errstate(all="ignore"):
            shifted = values if subtrahend is None else values - subtrahend[:, :, None]
            scaled = np.where(divisor[:, :, None] == 0, np.float32(0), shifted / divisor[:, :, None])
        sides = np.subtract(scaled > ends[-1], scaled < ends[0], dtype=np.int8)
        np.negative(sides, out=sides, where=divisor[:, :, None] < 0)
        return self.layout.from_blocks(sides.reshape(self.codes.shape))

    def one_block(self, block: int) -> Blocks:
        """Codes, scale and offset of one block alone."""
        blocks, here = self.blocks, slice(block, block + 1)
        offset = None if blocks.offset is None else blocks.offset[here]
        return Blocks(blocks.codes[here], blocks.scale[here], offset)


def octets_of(data: ArrayLike | bytes | bytearray | memoryview, wanted: int, what: str) -> NDArray[np.uint8]:
    """`data` as `wanted` bytes.

    Raises:
        QuantError: If it is not bytes, or another number of them.
    """
    if isinstance(data, (bytes, bytearray, memoryview)):
        octets = np.frombuffer(data, np.uint8)
    else:
        octets = np.asarray(data)
        if octets.dtype != np.uint8:
            raise QuantError(
                f"bytes are of type {octets.dtype}; they must be bytes, or a NumPy array of uint8.", "bytes"
            )
        octets = octets.reshape(-1)
    if octets.size != wanted:
        raise QuantError(f"there are {octets.size} bytes; {what} takes {wanted}.", "bytes")
    return octets


def block_count(value: object, field: str) -> int:
    """`value` as a size of blocks, 1 or more.

    Raises:
        QuantError: Otherwise.
    """
    size = whole_number(value, field, "a whole number, 1 or more")
    if size < 1:
        raise QuantError(f"{field} is {size}; it must be a whole number, 1 or more.", field)
    return size

"""Where the blocks of an array lie: along an axis, or along the flattened array."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..checks import shape_of, whole_number
from ..errors import QuantError

Axes = Literal["last", "any", "flat"]
Element = TypeVar("Element", bound=np.generic)
Indices = NDArray[np.intp]


class Blocked(Protocol):
    """What a layout must know of a block format."""

    @property
    def name(self) -> str:
        """For messages."""

    @property
    def block_size(self) -> int:
        """Elements of a block."""

    @property
    def axes(self) -> Axes:
        """Along which axes blocks may lie."""

    @property
    def is_partial_allowed(self) -> bool:
        """Whether the last block of a row may be shorter."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Rows along an axis, each cut in blocks; all blocks of the first row come first.

    Attributes:
        shape: Of the array.
        axis: Along which blocks lie, 0 or more; None: along the flattened array (one row).
        block_size: Elements of a block; the last one of each row may be shorter.
    """

    shape: tuple[int, ...]
    axis: int | None
    block_size: int

    @classmethod
    def of(cls, fmt: Blocked, shape: tuple[int, ...], axis: int = -1) -> Layout:
        """The layout of an array of `shape`, as the format allows it.

        Raises:
            QuantError: For an axis that there is not, or that the format does not allow, or a row that is no whole
                number of blocks where it must be one.
        """
        shape = shape_of(shape)
        layout = cls(shape, _checked_axis(fmt, shape, axis), fmt.block_size)
        length, block = layout.row_length, fmt.block_size
        if length % block and not fmt.is_partial_allowed:
            where = "the last axis" if axis == -1 else f"axis {axis}"
            raise QuantError(
                f"{where} has {length} elements; {fmt.name} stores whole blocks of {block}. "
                f"Use {length // block * block or block} or {-(-length // block) * block} elements.",
                "values",
            )
        return layout

    @property
    def row_length(self) -> int:
        """Elements of a row."""
        return math.prod(self.shape) if self.axis is None else self.shape[self.axis]

    @property
    def size(self) -> int:
        """Elements of the array."""
        return math.prod(self.shape)

    @property
    def blocks_per_row(self) -> int:
        """Blocks of a row."""
        return -(-self.row_length // self.block_size)

    @property
    def n_blocks(self) -> int:
        """Blocks of the array."""
        rows = 1 if self.axis is None else math.prod(self.shape[: self.axis] + self.shape[self.axis + 1 :])
        return rows * self.blocks_per_row

    def to_blocks(self, array: NDArray[Element]) -> NDArray[Element]:
        """`array` as (n_blocks, block_size), the last block of each row padded with zeros; a view where that can be."""
        rows = array.reshape(1, -1) if self.axis is None else np.moveaxis(array, self.axis, -1)
        missing = -self.row_length % self.block_size
        if missing:
            rows = np.pad(rows, [(0, 0)] * (rows.ndim - 1) + [(0, missing)])
        return rows.reshape(self.n_blocks, self.block_size)

    def from_blocks(self, blocks: NDArray[Element]) -> NDArray[Element]:
        """The array of which these are the blocks, without the padding."""
        if self.axis is None:
            return blocks.reshape(-1)[: self.row_length].reshape(self.shape)
        others = self.shape[: self.axis] + self.shape[self.axis + 1 :]
        rows = blocks.reshape(*others, self.blocks_per_row * self.block_size)[..., : self.row_length]
        return np.moveaxis(rows, -1, self.axis)

    def parameter_shape(self) -> tuple[int, ...]:
        """The shape of one number a block, laid out as the blocks are in the array."""
        if self.axis is None:
            return (self.blocks_per_row,)
        return (*self.shape[: self.axis], self.blocks_per_row, *self.shape[self.axis + 1 :])

    def place(self, element: int | tuple[int, ...]) -> tuple[int, int]:
        """The block and the element in it of an index of the array; one number counts in C order.

        Raises:
            QuantError: If the array has no such element.
        """
        try:
            flat = int(element if isinstance(element, (int, np.integer)) else np.ravel_multi_index(element, self.shape))
            index = np.unravel_index(flat, self.shape)
        except (ValueError, TypeError):
            raise QuantError(
                f"index is {element!r}; an array of shape {self.shape} has no such element.", "index"
            ) from None
        block, inside = self.places(index)
        return int(block), int(inside)

    def places(self, index: tuple[Any, ...]) -> tuple[Any, Any]:
        """The blocks of elements and where they are in them.

        Args:
            index: One index, or one array of them, for each axis of the array.
        """
        if self.axis is None:
            flat = np.ravel_multi_index(index, self.shape) if self.shape else np.intp(0)
            return np.divmod(flat, self.block_size)
        row: Any = np.intp(0)
        for axis, (i, n) in enumerate(zip(index, self.shape, strict=True)):
            row = row if axis == self.axis else row * n + i
        block, inside = np.divmod(index[self.axis], self.block_size)
        return row * self.blocks_per_row + block, inside


def parts(n_blocks: int, at_once: int) -> list[slice]:
    """Slices of so many blocks that cover all."""
    return [slice(start, min(start + at_once, n_blocks)) for start in range(0, n_blocks, max(1, at_once))]


def _checked_axis(fmt: Blocked, shape: tuple[int, ...], given: object) -> int | None:
    axis = whole_number(given, "axis", "a whole number")
    n_axes = max(1, len(shape))
    if not -n_axes <= axis < n_axes:
        raise QuantError(f"axis is {axis}; an array of shape {shape} has the axes {-n_axes} to {n_axes - 1}.", "axis")
    if fmt.axes == "flat" or not shape:
        if axis not in (-1, n_axes - 1):
            raise QuantError(f"axis is {axis}; {fmt.name} flattens the array. Leave axis out.", "axis")
        return None
    if fmt.axes == "last" and axis not in (-1, n_axes - 1):
        raise QuantError(f"axis is {axis}; blocks of {fmt.name} lie along the last axis. Move it there.", "axis")
    return axis % n_axes

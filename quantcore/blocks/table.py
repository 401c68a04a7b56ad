"""All block formats by name, and the doors: an array is stored, and read back."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks import first_place, real_numbers, refuse_not_finite
from ..errors import QuantError
from ..precision import PRECISIONS
from .bitsandbytes import BITSANDBYTES
from .block import BlockFormat, Stored
from .gguf_formats import GGUF_FORMATS
from .integer import INTEGER
from .layout import Layout
from .microscaling import MICROSCALED
from .nvfp4 import NVFP4, NVFP4_DIVISOR

_FAMILIES: tuple[tuple[BlockFormat, ...], ...] = (
    MICROSCALED,
    (NVFP4, NVFP4_DIVISOR),
    BITSANDBYTES,
    INTEGER,
    GGUF_FORMATS,
)

BLOCK_FORMATS: Mapping[str, BlockFormat] = MappingProxyType({fmt.name: fmt for family in _FAMILIES for fmt in family})


def find_block(block: str | BlockFormat) -> BlockFormat:
    """The block format of this name; a record is returned as it is.

    Raises:
        QuantError: If there is none.
    """
    if isinstance(block, BlockFormat):
        return block
    if not isinstance(block, str) or block not in BLOCK_FORMATS:
        raise QuantError(f"format is {block!r}; it must be one of {', '.join(BLOCK_FORMATS)}.", "format")
    return BLOCK_FORMATS[block]


def store(x: ArrayLike, block: str | BlockFormat, *, axis: int = -1, **options: Any) -> Stored:
    """`x` as the format stores it: codes, and how the codes of each block become numbers.

    Args:
        x: Real numbers, any shape; they are computed with as float32.
        block: A name in BLOCK_FORMATS, or a record.
        axis: Along which blocks lie, where the format allows others than the last.
        options: What the format's `options` name. "importance": how much the error of each element matters, 0 or more,
            of the shape of x, or one number for each element of a row.

    Raises:
        QuantError: Numbers that are not finite, rows that are no whole number of blocks, unknown options.
    """
    fmt = find_block(block)
    unknown = [name for name in options if name not in fmt.options]
    if unknown:
        allowed = f"its options are {', '.join(fmt.options)}" if fmt.options else "it has no options"
        raise QuantError(f"{unknown[0]} is no option of {fmt.name}; {allowed}.", unknown[0])
    numbers = real_numbers(x)
    refuse_not_finite(numbers, PRECISIONS["float32"])
    layout = Layout.of(fmt, numbers.shape, axis)
    given = MappingProxyType(dict(options))
    if options.get("importance") is not None:
        options["importance"] = layout.to_blocks(_importance(options["importance"], numbers.shape))
        options["blocks_per_row"] = layout.blocks_per_row
    blocks = layout.to_blocks(numbers.astype(np.float32, copy=False))
    return Stored(fmt, layout, fmt.quantize(blocks, **options), given)


def restore(stored: Stored) -> NDArray[np.float32]:
    """The numbers that `stored` stands for, in the shape of the array."""
    if not isinstance(stored, Stored):
        raise QuantError(f"stored is {stored!r}; it must be what store answers, or a format's from_bytes.", "stored")
    return stored.layout.from_blocks(stored.fmt.dequantize(stored.blocks))


def _importance(given: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.float32]:
    numbers = real_numbers(given)
    if numbers.shape != shape and numbers.shape != shape[-1:]:
        raise QuantError(
            f"importance has the shape {numbers.shape}; it must have that of the values, {shape}, "
            f"or one number for each element of a row, {shape[-1:]}.",
            "importance",
        )
    wrong = ~(np.isfinite(numbers) & (numbers >= 0))
    if wrong.any():
        index, where = first_place(wrong)
        raise QuantError(
            f"importance{where} is {numbers[index]}; it must be finite and 0 or more.",
            "importance",
        )
    return np.broadcast_to(numbers.astype(np.float32), shape)

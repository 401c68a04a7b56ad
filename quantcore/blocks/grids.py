"""The IQ formats of ggml whose groups of 4 or 8 elements are one point of a lattice, signs and scales apart: decoding.

A code has the level of an element in its lower bits and, above them, its sign (IQ1: the sign of the shift).

Source: ggml-quants.c of ggml 0.20.2, dequantize_row_iq*; the points are kgrid_* of iq2xs_init_impl and iq3xs_init_impl.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .block import Blocks, Level
from .ggml_arithmetic import Floats, bit_planes, f32
from .ggml_blocks import Records, float_level, whole_level

# read when imported: a memory image of Python keeps what was read, and has no files
_DIGITS: dict[str, str] = json.loads(Path(__file__).with_name("grid_points.json").read_text(encoding="ascii"))


@functools.cache
def points(grid: str) -> NDArray[Any]:
    """(n_points, 8) levels, (n_points, 4) of the IQ3 grids: the lattice points, in the order of their numbers.

    grid_points.json writes a point as a hexadecimal number: 8 levels of 2 bits or 4 of 3, the first one lowest.
    """
    digits = _DIGITS[grid]
    size, width, length = (4, 3, 3) if grid.startswith("iq3") else (8, 2, 4)
    numbers = np.array([int(digits[i : i + length], 16) for i in range(0, len(digits), length)])
    levels: NDArray[Any] = numbers[:, None] >> width * np.arange(size) & (1 << width) - 1
    return levels.astype(np.uint8)


def unpack_iq2_xxs(records: Records) -> Blocks:
    """number * d * (scale + 1/2) / 4 for 32 elements; seven signs of eight are stored, their product is 1."""
    low, high = records["qs"][..., 0], records["qs"][..., 1]
    index = np.ascontiguousarray(low).view(np.uint8).reshape(-1, 32)
    return _quarter(records, index, _even_signs(high), (high >> 28)[..., None], "iq2_xxs")


def unpack_iq2_xs(records: Records) -> Blocks:
    """As IQ2_XXS with 512 points and a scale for 16 elements."""
    signs = _even(records["qs"] >> 9)
    return _quarter(records, records["qs"] & 511, signs, bit_planes(records["scales"][..., None], 4), "iq2_xs")


def unpack_iq2_s(records: Records) -> Blocks:
    """As IQ2_XS with 1,024 points and all signs stored."""
    high = bit_planes(records["qh"][..., None], 2).reshape(-1, 32)
    index = records["qs"] | high.astype(np.uint16) << 8
    return _quarter(records, index, records["signs"], bit_planes(records["scales"][..., None], 4), "iq2_s")


def unpack_iq3_xxs(records: Records) -> Blocks:
    """number * d * (scale + 1/2) / 2 for 32 elements; points of four elements, seven signs of eight."""
    scales = (records["signs"] >> 28).astype(np.uint8)
    scale = _d(records) * (f32(0.5) + scales.astype(np.float32)) * f32(0.5)
    return _signed(records, records["qs"], _even_signs(records["signs"]), scale, scales, "iq3_xxs")


def unpack_iq3_s(records: Records) -> Blocks:
    """number * d * (2 scale + 1) for 32 elements; points of four elements, all signs stored."""
    scales = bit_planes(records["scales"][..., None], 4).reshape(-1, 8)
    scale = _d(records) * (1 + 2 * scales.astype(np.int16)).astype(np.float32)
    high = np.unpackbits(np.ascontiguousarray(records["qh"]), axis=1, bitorder="little")
    index = records["qs"] | high.astype(np.uint16) << 8
    return _signed(records, index, records["signs"], scale, scales, "iq3_s")


def unpack_iq1_s(records: Records) -> Blocks:
    """(level - 1 + shift) * d * (2 scale + 1) for 32 elements, shift 1/8 or -1/8."""
    high = records["qh"]
    index = records["qs"].reshape(-1, 8, 4) | (high[..., None] >> np.array([0, 3, 6, 9], np.uint16) & 7) << 8
    scales = (high >> 12 & 7).astype(np.uint8)
    scale = _d(records) * (2 * scales.astype(np.int16) + 1).astype(np.float32)
    return _shifted(records["d"], scales, index, np.repeat(high >> 15, 4, axis=1), scale)


def unpack_iq1_m(records: Records) -> Blocks:
    """(level - 1 + shift) * d * (2 scale + 1) for 16 elements, a shift for each 8; d is spread over the scales."""
    packed = records["scales"]
    d = np.bitwise_or.reduce(packed >> 12 << np.array([0, 4, 8, 12], np.uint16), axis=1).view(np.float16)
    scales = (packed[..., None] >> np.array([0, 3, 6, 9], np.uint16) & 7).astype(np.uint8).reshape(-1, 16)
    scale = d.astype(np.float32)[:, None] * (2 * scales.astype(np.int16) + 1).astype(np.float32)
    high = bit_planes(records["qh"][..., None], 4).reshape(-1, 32)
    index = records["qs"] | (high & 7).astype(np.uint16) << 8
    return _shifted(d, scales, index, high >> 3, scale)


def _quarter(records: Records, index: NDArray[Any], signs: NDArray[Any], scales: NDArray[Any], grid: str) -> Blocks:
    scales = scales.reshape(len(records), -1).astype(np.uint8)
    scale = _d(records) * (f32(0.5) + scales.astype(np.float32)) * f32(0.25)
    return _signed(records, index, signs, scale, scales, grid)


def _signed(
    records: Records, index: NDArray[Any], signs: NDArray[Any], scale: Floats, scales: NDArray[Any], grid: str
) -> Blocks:
    """Levels of the points, and above them the signs: a byte for 8 elements."""
    sign_bit = 3 if grid.startswith("iq3") else 2
    codes = _in_words(grid)[index].view(np.uint8).reshape(len(records), 256)
    codes |= _spread(sign_bit)[signs].view(np.uint8).reshape(len(records), 256)
    levels = (
        float_level("d", records["d"]),
        whole_level("scales", "uint4", scales),
        whole_level("points", f"uint{(len(points(grid)) - 1).bit_length()}", index),
        whole_level("signs", "uint8", np.ascontiguousarray(signs)),
    )
    return Blocks(codes, scale, None, levels)


def _shifted(
    d: NDArray[Any], scales: NDArray[Any], index: NDArray[Any], negative: NDArray[Any], scale: Floats
) -> Blocks:
    index = index.reshape(len(scale), 32)
    words = _in_words("iq1")[index] | negative.astype(np.uint64) * np.uint64(0x0404040404040404)
    codes = words.view(np.uint8).reshape(len(scale), 256)
    levels = (
        float_level("d", d),
        whole_level("scales", "uint3", scales),
        whole_level("points", "uint11", index),
        Level("shifts", "float32", np.where(negative != 0, f32(-0.125), f32(0.125))),
    )
    return Blocks(codes, scale, None, levels)


def _d(records: Records) -> Floats:
    d: Floats = records["d"].astype(np.float32)[:, None]
    return d


@functools.cache
def _in_words(grid: str) -> NDArray[Any]:
    """(n_points,) the levels of a point as one little-endian word, a byte each."""
    levels = points(grid)
    words: NDArray[Any] = np.ascontiguousarray(levels).view(f"<u{levels.shape[1]}")[:, 0]
    return words


@functools.cache
def _spread(bit: int) -> NDArray[Any]:
    """(256,) each bit of a byte as bit `bit` of a byte of its own, in a word of 8."""
    bits = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1, bitorder="little")
    words: NDArray[Any] = (bits << np.uint8(bit)).view("<u8")[:, 0]
    return words


def _even(seven: NDArray[Any]) -> NDArray[Any]:
    """Seven signs and the eighth that makes an even number of them."""
    folded = seven ^ seven >> 4
    folded ^= folded >> 2
    folded ^= folded >> 1
    eight: NDArray[Any] = (seven | (folded & 1) << 7).astype(np.uint8)
    return eight


def _even_signs(words: NDArray[Any]) -> NDArray[Any]:
    """(n_blocks, 32) from the lower 28 bits of eight words."""
    seven = words[..., None] >> np.array([0, 7, 14, 21], np.uint32) & 127
    return _even(seven.astype(np.uint8)).reshape(-1, 32)

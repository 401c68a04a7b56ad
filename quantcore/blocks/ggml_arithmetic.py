"""ggml's float32 arithmetic on many blocks at once, each operation and each sum in the order of the C code.

Arrays that a search works on are (block_size, n_blocks): a row holds the same element of every block, so that adding
the rows one after the other adds each block's elements one after the other.

Source: ggml-quants.c of ggml 0.20.2, compiled for x86-64: no fused multiply-add, no reordered sums.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[Any]  # float32
Ints = NDArray[Any]  # int32

GROUP_MAX_EPS = np.float32(1e-15)  # a block whose largest magnitude is below it counts as zero
_ROUND = np.float32(12582912.0)  # 1.5 * 2**23: the sum's lowest mantissa bit is worth 1


def f32(x: float) -> Any:
    """A constant of the C code with the suffix f."""
    return np.float32(x)


def add_up(terms: Floats) -> Floats:
    """0 + terms[0] + terms[1] + ..., in this order: NumPy's own sum of a single column goes in pairs."""
    if terms.shape[1] == 1:
        terms = np.repeat(terms, 2, axis=1)
        return add_up(terms)[:1]
    total: Floats = np.add.reduce(terms, axis=0, initial=np.float32(0))
    return total


def nearest_int(x: Floats) -> Ints:
    """Ties to even for |x| <= 2**22; beyond, and for what is not finite, the bits that ggml's trick leaves.

    The trick: x + 1.5 * 2**23 has the rounded x in its mantissa. (nearest_int)
    """
    return ((np.ascontiguousarray(x, np.float32) + _ROUND).view(np.int32) & 0x007FFFFF) - 0x00400000


def round_within(x: Floats, low: int, high: int) -> Floats:
    """max(low, min(high, nearest_int(x))) as float32."""
    return nearest_int(x).clip(low, high).astype(np.float32)


def inverse(d: Floats) -> Floats:
    """1 / d, and 0 where d is 0."""
    return np.divide(np.float32(1), d, out=np.zeros_like(d), where=d != 0)


def without_inverse(d: Floats) -> NDArray[np.bool_]:
    """Where 1 / d overflows, or d is infinite: ggml multiplies by it and casts the infinities and NaNs to 0."""
    return ~(np.isfinite(d) & np.isfinite(inverse(d)))


def largest(blocks: Floats, axis: int = -1) -> tuple[Floats, Floats]:
    """Of each block the first element of the largest magnitude, and that magnitude; +0 for a block of zeros.

    NaN, which sums that overflow leave, is larger than nothing.
    """
    magnitude = np.abs(blocks)
    first = np.expand_dims(magnitude.argmax(axis=axis), axis)  # of a NaN, where there is one
    signed = np.take_along_axis(blocks, first, axis).squeeze(axis)
    amax: Floats = np.abs(signed)
    if np.isnan(amax).any():
        return largest(np.nan_to_num(blocks, nan=0, posinf=np.inf, neginf=-np.inf), axis)
    return np.where(amax > 0, signed, np.float32(0)), amax


def half(x: Floats) -> NDArray[np.float16]:
    """float16, nearest, ties to even; to infinity where it is too large (GGML_FP32_TO_FP16)."""
    with np.errstate(over="ignore", invalid="ignore"):
        return x.astype(np.float16)


def low_high(packed: NDArray[Any]) -> NDArray[Any]:
    """(..., n) bytes to (..., 2 n) nibbles: all low ones, then all high ones."""
    packed = np.ascontiguousarray(packed)
    words: dict[int, Any] = {8: np.float64, 16: np.complex128}
    word = words.get(packed.shape[-1], np.uint8)  # moved as one
    halves = [half.view(word) for half in (packed & 15, packed >> 4)]
    return np.concatenate(halves, axis=-1).view(np.uint8)


def join_nibbles(codes: NDArray[Any]) -> NDArray[Any]:
    """The inverse of `low_high` for (n, 32) codes: the lower four bits of each, eight neighbours as one word."""
    words = np.ascontiguousarray(codes).view(np.uint64) & np.uint64(0x0F0F0F0F0F0F0F0F)
    packed = np.empty((len(words), 2), np.uint64)
    for i in range(2):
        np.left_shift(words[:, i + 2], np.uint64(4), out=packed[:, i])
        packed[:, i] |= words[:, i]
    return packed.view(np.uint8)


def bit_planes(packed: NDArray[Any], width: int) -> NDArray[Any]:
    """(..., n) bytes to (..., 8 / width, n) codes of `width` bits: the lowest bits of all bytes come first."""
    shifts = np.arange(0, 8, width, dtype=np.uint8)[:, None]
    return (packed[..., None, :] >> shifts) & np.uint8((1 << width) - 1)


def join_planes(codes: NDArray[Any], width: int) -> NDArray[Any]:
    """The inverse of `bit_planes`."""
    shifts = np.arange(0, 8, width, dtype=np.uint8)[:, None]
    joined: NDArray[Any] = np.bitwise_or.reduce(codes << shifts, axis=-2)
    return joined

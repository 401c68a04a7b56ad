"""The inner loops of quantize and dequantize, written for speed; each says why it is exact.

NumPy on WebAssembly has no vector instructions: a pass over an array costs half a nanosecond for each item, whatever
the size of an item. There, neighbours are handled as one item where that is exact (`PAIRED`): two float32 as a
complex64, two int32 or eight int8 as a uint64. With vector instructions that gains nothing; other passes are cheaper.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating[Any]]
PAIRED = sys.platform == "emscripten"


@dataclass(frozen=True, slots=True)
class _Rounder:
    """A number that rounds what is added to it; and, as integers, its bits and where its magnitude begins and ends."""

    number: np.floating[Any]
    bits_type: np.dtype[Any]
    zero: int
    begin: int
    end: int


def _rounder(dtype: type[np.floating[Any]]) -> _Rounder:
    n_bits, bits_type = np.finfo(dtype).nmant, np.dtype(f"i{np.dtype(dtype).itemsize}")
    zero, begin, end = (int(dtype(factor * 2.0**n_bits).view(bits_type)) for factor in (1.5, 1, 2))
    return _Rounder(dtype(1.5 * 2.0**n_bits), bits_type, zero, begin, end)


_ROUNDERS = {np.dtype(dtype): _rounder(dtype) for dtype in (np.float32, np.float64)}


def round_and_store(
    value: FloatArray,
    x: FloatArray,
    zero_point: FloatArray | None,
    codes: tuple[int, int],
    target: NDArray[np.integer[Any]],
    sides: NDArray[np.int8] | None = None,
) -> bool:
    """Round half to even, add the zero point, clip, cast: four passes, or one more where something must be clipped.

    Adding 1.5 * 2^23 to a float32 (1.5 * 2^52 to a float64) of smaller magnitude leaves no bits for a fraction, so the
    addition rounds half to even, and the low bits of the sum are the whole number in two's complement. Read as
    integers, the sums of all values are in order, too large ones and infinities included, so clipping them is exact.

    Args:
        value: What is rounded, float32 or float64, contiguous; it is overwritten.
        x: The numbers that it came from.
        zero_point: A whole number, or those that broadcast against `value`; None: it is in `value` already.
        codes: (qmin, qmax).
        target: Where the codes go.
        sides: Zeros; -1 goes where a code is clipped from below, 1 where from above.

    Returns:
        False, with nothing stored, if some x is not finite.
    """
    rounder = _ROUNDERS[value.dtype]
    add_number(value, rounder.number)
    added = 0
    if zero_point is not None and zero_point.ndim:
        add_number(value, zero_point)  # exact: whole numbers of fewer bits than the fraction has
    elif zero_point is not None:
        added = int(zero_point)
    bits = value.view(rounder.bits_type)
    low, high = (rounder.zero + code - added for code in codes)
    store = _store_paired if PAIRED else _store
    return store(bits, (low, high), lambda: _clip(bits, (low, high), rounder, x, sides), codes[0], target)


def add_number(values: FloatArray, number: Any) -> None:
    """values += number, in place: a single number, or those that broadcast against `values`."""
    number = np.asarray(number, values.dtype)
    if PAIRED and values.flags.c_contiguous and number.flags.c_contiguous:
        values = values if number.ndim else values.reshape(-1)
        if values.shape[-1] % 2 == 0:
            pair = np.dtype(np.complex64 if values.dtype == np.float32 else np.complex128)
            is_one = number.shape[-1:] in ((), (1,))  # for a whole row
            values, number = values.view(pair), np.multiply(number, 1 + 1j, dtype=pair) if is_one else number.view(pair)
    np.add(values, number, out=values)


def _store(
    bits: NDArray[Any], ends: tuple[int, int], clip: Callable[[], bool], qmin: int, target: NDArray[Any]
) -> bool:
    """Clip `bits` to `ends` where needed, and store the codes, of which `qmin` has the bits ends[0]."""
    low, high = ends
    if (np.minimum.reduce(bits, axis=None) < low or np.maximum.reduce(bits, axis=None) > high) and not clip():
        return False
    np.copyto(target, bits, casting="unsafe")
    excess = low - qmin  # of the bits over the code; its low bits are those of minus the zero point
    if excess & 0xFFFF:
        np.subtract(target, np.array(excess).astype(target.dtype), out=target)  # wraps, as what was stored has
    return True


def _store_paired(
    bits: NDArray[Any], ends: tuple[int, int], clip: Callable[[], bool], qmin: int, target: NDArray[Any]
) -> bool:
    """As `_store`, with two int32 in a word: counted from the lowest code all must be small, so their union must be.

    Where an element lies below the lowest code, subtracting borrows from its neighbour; but then the union is not
    small, and adding restores both.
    """
    low, high = ends
    words = _words(bits)
    lowest = _repeated(low, bits.dtype, words.dtype)
    np.subtract(words, lowest, out=words)
    union = int(np.bitwise_or.reduce(words))
    # a word holds one element or two
    if (union if bits.itemsize == 8 else max(union >> 32, union & 0xFFFFFFFF)) > high - low:
        np.add(words, lowest, out=words)
        if not clip():
            return False
        np.subtract(words, lowest, out=words)
    # the low bytes, which come first
    np.copyto(target, bits.reshape(-1).view(target.dtype)[:: bits.itemsize // target.itemsize].reshape(target.shape))
    sign = 1 << 8 * target.itemsize - 1
    if qmin == -sign and target.flags.c_contiguous:
        codes = _words(target)
        np.bitwise_xor(codes, _repeated(sign, target.dtype, codes.dtype), out=codes)
    elif qmin:
        np.add(target, target.dtype.type(qmin), out=target)
    return True


def _clip(
    bits: NDArray[Any], ends: tuple[int, int], rounder: _Rounder, x: FloatArray, sides: NDArray[np.int8] | None
) -> bool:
    """Clip `bits` to `ends`, and tell `sides` who was; False, with nothing done, if some x is not finite."""
    if not _are_finite(bits, rounder, x):
        return False
    low, high = ends
    if sides is not None:
        np.subtract(bits > high, bits < low, out=sides, dtype=np.int8)
    np.clip(bits, low, high, out=bits)
    return True


def _are_finite(bits: NDArray[Any], rounder: _Rounder, x: FloatArray) -> bool:
    """Whether all x are; there is no need to look where all sums have the magnitude of the rounder."""
    is_near = np.minimum.reduce(bits, axis=None) >= rounder.begin and np.maximum.reduce(bits, axis=None) < rounder.end
    return is_near or bool(np.isfinite(x).all())


def _words(array: NDArray[Any]) -> NDArray[Any]:
    """A contiguous array as words of 64 bits, or as unsigned items of its own size where it does not fill them."""
    return array.reshape(-1).view(np.uint64 if array.nbytes % 8 == 0 else f"u{array.itemsize}")


def _repeated(number: int, item: np.dtype[Any], word: np.dtype[Any]) -> Any:
    """The word whose items all are `number`, which is not negative."""
    return word.type(number * ((1 << 8 * word.itemsize) - 1) // ((1 << 8 * item.itemsize) - 1))

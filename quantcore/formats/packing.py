"""Codes of 1 to 8 bits in bytes, in the orders that file formats and toolkits use.

A byte holds n = 8 // bits codes. With 4 bits and the codes a b c d e f:

    order        byte 0      byte 1      byte 2     who
    low_first    b<<4 | a    d<<4 | c    f<<4 | e   ONNX, ONNX Runtime, torchao, modelopt (FP4)
    high_first   a<<4 | b    c<<4 | d    e<<4 | f   bitsandbytes, modelopt (NF4)
    halves       d<<4 | a    e<<4 | b    f<<4 | c   GGUF, in each block of 32

"halves" puts the first half of the codes in the low bits and the second half above them; with 2 bits it is quarters,
with 1 bit eighths. Codes of 3, 5, 6 or 7 bits are a dense stream of bits, in which a code may lie across two bytes:
with "low_first" each byte is filled from its lowest bit, as in GPTQ, compressed-tensors and MLX; with "high_first"
from its highest.
Codes that do not fill the last byte are followed by zeros. Signed codes are stored in two's complement.
"""

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from ..checks import as_array, one_of, truth, whole_number
from ..errors import QuantError
from .format import from_pattern

Order = Literal["low_first", "high_first", "halves"]

ORDERS: tuple[Order, ...] = ("low_first", "high_first", "halves")


def pack(q: npt.ArrayLike, bits: int, order: Order = "low_first") -> npt.NDArray[np.uint8]:
    """Pack codes into bytes, in C order.

    Args:
        q: integer codes of any shape, signed or unsigned, each within `bits` bits.
        bits: 1 to 8.
        order: one of `ORDERS`; "halves" only with 1, 2, 4 or 8 bits.

    Returns:
        ceil(q.size * bits / 8) bytes.

    Raises:
        QuantError: another width or order, codes that are not integers or do not fit.

    >>> [f"{byte:08b}" for byte in pack([1, -2, 3], 4)]
    ['11100001', '00000011']
    >>> [f"{byte:08b}" for byte in pack([1, -2, 3], 4, "high_first")]
    ['00011110', '00110000']
    """
    _check(bits, order)
    codes = as_array(q, "codes")
    if codes.dtype.kind not in "iu":
        raise QuantError(f"codes are of type {codes.dtype}; they must be whole numbers.", "codes")
    codes = codes.reshape(-1)
    low, high = (int(codes.min()), int(codes.max())) if codes.size else (0, 0)
    if low < -(1 << (bits - 1)) or high >= 1 << bits or (low < 0 and high >= 1 << (bits - 1)):
        raise QuantError(
            f"codes go from {low} to {high}; {bits} bits hold {-(1 << (bits - 1))} to {(1 << (bits - 1)) - 1} "
            f"or 0 to {(1 << bits) - 1}. Use a wider format.",
            "codes",
        )
    if 8 % bits:
        return _pack_dense(codes.astype(np.uint8), bits, order)
    n_per_byte = 8 // bits
    n_bytes = -(-codes.size // n_per_byte)
    fields = np.zeros(n_bytes * n_per_byte, np.uint8)
    fields[: codes.size] = codes.astype(np.uint8) & (2**bits - 1)
    packed = np.zeros(n_bytes, np.uint8)
    for column, shift in _columns(fields, bits, order):
        packed |= column << shift
    return packed


def unpack(
    packed: npt.ArrayLike, bits: int, n: int | None = None, *, signed: bool = False, order: Order = "low_first"
) -> npt.NDArray[Any]:
    """The codes that `pack` packed: int8 if `signed`, else uint8, one-dimensional.

    Args:
        packed: bytes (uint8), of any shape.
        bits: 1 to 8.
        n: how many codes there are; all that fit if None, the padding included.
        signed: read the codes as two's complement.
        order: one of `ORDERS`.

    Raises:
        QuantError: another width or order, not bytes, or a number of codes that these bytes do not hold.

    >>> unpack([0b11100001, 0b00000011], 4, 3, signed=True).tolist()
    [1, -2, 3]
    """
    _check(bits, order)
    octets = as_array(packed, "packed")
    if octets.dtype.kind not in "iu" or (octets.size and not (octets.min() >= 0 and octets.max() <= 255)):
        raise QuantError(f"packed has dtype {octets.dtype}; it must hold bytes, 0 to 255.", "packed")
    octets = octets.reshape(-1).astype(np.uint8)
    most = octets.size * 8 // bits
    least = (octets.size - 1) * 8 // bits + 1 if octets.size else 0
    count = most if n is None else whole_number(n, "n", "a whole number")
    if not least <= count <= most:
        raise QuantError(f"n is {count}; {octets.size} bytes hold {least} to {most} codes of {bits} bits.", "n")
    if 8 % bits:
        fields = _unpack_dense(octets, bits, count, order)
    else:
        fields = np.empty(most, np.uint8)
        for column, shift in _columns(fields, bits, order):
            column[...] = octets >> shift & (2**bits - 1)
    if not truth(signed, "signed"):
        return fields[:count]
    return from_pattern(fields[:count], bits, np.dtype(np.int8))


def unpack_words(words: npt.ArrayLike, bits: int) -> npt.NDArray[np.uint8]:
    """32 // bits codes of each 32-bit word, from its lowest bits on; the bits left over are padding.

    Source: compressed-tensors before 0.17, pack_quantized.

    >>> unpack_words(np.array([0b10_001_000 | 1 << 30], np.uint32), 3).tolist()
    [0, 1, 2, 0, 0, 0, 0, 0, 0, 0]
    """
    _check(bits, "low_first")
    shifts = np.arange(32 // bits, dtype=np.uint32) * np.uint32(bits)
    fields = np.asarray(words, np.uint32).reshape(-1, 1) >> shifts & np.uint32((1 << bits) - 1)
    return fields.astype(np.uint8).reshape(-1)


PLANES = {1: (1,), 2: (2,), 3: (2, 1), 4: (4,), 5: (4, 1), 6: (4, 2), 7: (4, 2, 1), 8: (8,)}
"""Widths of the planes in which GPTQModel's gptq_p stores codes, the lowest bits first."""


def unpack_planes(packed: npt.NDArray[np.uint8], bits: int) -> npt.NDArray[np.uint8]:
    """Codes of which each 32 take `bits` words: a plane of their low bits, then planes of the higher ones.

    Within a plane codes are packed from the lowest bits on.
    Source: GPTQModel 7.7.0, utils/planar_packing.py.

    >>> low, high = pack([3] + [0] * 31, 2), pack([1, 1] + [0] * 30, 1)
    >>> unpack_planes(np.concatenate([low, high]), 3)[:3].tolist()
    [7, 4, 0]
    """
    _check(bits, "low_first")
    groups = packed.reshape(-1, 4 * bits)
    codes, place, shift = np.zeros((len(groups), 32), np.uint8), 0, 0
    for width in PLANES[bits]:
        plane = np.ascontiguousarray(groups[:, place : place + 4 * width])
        codes |= unpack(plane, width).reshape(-1, 32) << np.uint8(shift)
        place, shift = place + 4 * width, shift + width
    return codes.reshape(-1)


def _columns(fields: npt.NDArray[np.uint8], bits: int, order: Order) -> list[tuple[npt.NDArray[np.uint8], int]]:
    """The fields that share a bit position, one to a byte, as views; each with its shift."""
    n = 8 // bits
    if order == "halves":
        columns = list(fields.reshape(n, -1))
    else:
        columns = list(fields.reshape(-1, n).T)
    shifts = [i * bits for i in range(n)]
    if order == "high_first":
        shifts.reverse()
    return list(zip(columns, shifts, strict=True))


def _pack_dense(codes: NDArray[np.uint8], bits: int, order: Order) -> NDArray[np.uint8]:
    """A stream of bits, each code from its lowest or from its highest bit."""
    if order == "low_first":
        return np.packbits(np.unpackbits(codes[:, None], axis=1, bitorder="little")[:, :bits], bitorder="little")
    return np.packbits(np.unpackbits(codes[:, None], axis=1)[:, 8 - bits :])


def _unpack_dense(octets: NDArray[np.uint8], bits: int, count: int, order: Order) -> NDArray[np.uint8]:
    if order == "low_first":
        stream = np.unpackbits(octets, bitorder="little")[: count * bits].reshape(count, bits)
        return np.packbits(stream, axis=1, bitorder="little")[:, 0]
    stream = np.unpackbits(octets)[: count * bits].reshape(count, bits)
    return np.packbits(stream, axis=1)[:, 0] >> np.uint8(8 - bits)


def _check(bits: int, order: str) -> None:
    if not 1 <= whole_number(bits, "bits", "a whole number from 1 to 8") <= 8:
        raise QuantError(f"bits is {bits}; codes of 1 to 8 bits are packed.", "bits")
    one_of(order, "order", ORDERS)
    if order == "halves" and 8 % bits:
        raise QuantError(f"bits is {bits}; halves are for codes of 1, 2, 4 or 8 bits. Use low_first.", "bits")

"""ggml's ternary blocks for models trained with weights -1, 0 and 1 (BitNet b1.58, TriLM): 256 elements, one scale.

An importance matrix is ignored.

Source: ggml-quants.c of ggml 0.20.2, quantize_row_tq1_0_ref, quantize_row_tq2_0_ref, dequantize_row_tq1_0/tq2_0.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .block import Blocks
from .ggml_arithmetic import Floats, bit_planes, half, inverse, join_planes, without_inverse
from .ggml_blocks import Encoded, Importance, Records, float_level
from .ggml_layouts import TQ1_0, TQ2_0
from .legacy import round_away

# The elements of a TQ1_0 block in the order of storing: bytes (first, last), digits a byte, first element.
_TQ1_0_GROUPS = ((0, 32, 5, 0), (32, 48, 5, 160), (48, 52, 4, 240))
_SHIFTS = np.array([1, 3, 9, 27, 81], np.uint8)  # products are taken modulo 256
_POWERS = np.array([81, 27, 9, 3, 1], np.uint16)


def quantize_tq1_0(blocks: Floats, importance: Importance | None = None) -> Encoded:
    """Five base-3 digits a byte, as ceil(number * 256 / 243), so that multiplying by 3 shifts the first one out."""
    records, codes, d = _ternary(blocks, TQ1_0)
    stored = np.empty((len(blocks), 52), np.uint8)
    for first, last, digits, start in _TQ1_0_GROUPS:
        size = last - first
        group = codes[:, start : start + digits * size].reshape(-1, digits, size)
        number = (group * _POWERS[:digits, None]).sum(axis=1, dtype=np.uint16)
        stored[:, first:last] = (number * np.uint32(256) + np.uint32(242)) // np.uint32(243)
    records["qs"], records["qh"] = stored[:, :48], stored[:, 48:]
    return Encoded(records, d[:, None])


def quantize_tq2_0(blocks: Floats, importance: Importance | None = None) -> Encoded:
    """Two bits an element: bits 2 k of byte j of 32 are element 32 k + j."""
    records, codes, d = _ternary(blocks, TQ2_0)
    records["qs"] = join_planes(codes.reshape(-1, 2, 4, 32), 2).reshape(-1, 64)
    return Encoded(records, d[:, None])


def unpack_tq1_0(records: Records) -> Blocks:
    """(digit - 1) * d; digit n of a byte is ((byte * 3**n mod 256) * 3) >> 8."""
    stored = np.concatenate([records["qs"], records["qh"]], axis=1)
    codes = np.empty((len(records), 256), np.uint8)
    for first, last, digits, start in _TQ1_0_GROUPS:
        size = last - first
        group = codes[:, start : start + digits * size].reshape(-1, digits, size)
        shifted = stored[:, None, first:last] * _SHIFTS[:digits, None]
        group[:] = shifted.astype(np.uint16) * np.uint16(3) >> 8
    return _scaled(codes, records)


def unpack_tq2_0(records: Records) -> Blocks:
    """(code - 1) * d; code 3 stands for 2 d and is never written."""
    return _scaled(bit_planes(records["qs"].reshape(-1, 2, 32), 2).reshape(-1, 256), records)


def _ternary(blocks: Floats, layout: np.dtype[np.void]) -> tuple[Records, NDArray[Any], Floats]:
    """d = max |x|; code = x / d, ties away from zero, plus 1."""
    records = np.zeros(len(blocks), layout)
    d = np.abs(blocks).max(axis=1)
    records["d"] = half(d)
    codes = (round_away(blocks * inverse(d)[:, None]) + np.int8(1)).astype(np.uint8)
    codes[without_inverse(d)] = 1
    return records, codes, d


def _scaled(codes: NDArray[Any], records: Records) -> Blocks:
    d = float_level("d", records["d"])
    return Blocks(codes, d.values, None, (d,))

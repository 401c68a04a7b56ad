"""IQ4_NL and IQ4_XS of ggml: four bits choose one of sixteen numbers that lie closer together near zero.

Source: ggml-quants.c of ggml 0.20.2, quantize_row_iq4_nl_impl with 7 tries (as quantize_iq4_nl calls it; the function
quantize_row_iq4_nl_ref of the same file makes none), best_index_int8, dequantize_row_iq4_nl, dequantize_row_iq4_xs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .block import Blocks
from .ggml_arithmetic import (
    GROUP_MAX_EPS,
    Floats,
    add_up,
    bit_planes,
    f32,
    half,
    inverse,
    join_planes,
    largest,
    low_high,
    nearest_int,
)
from .ggml_blocks import Encoded, Importance, Records, float_level, importance_by_magnitude, whole_level
from .ggml_layouts import IQ4_NL, IQ4_XS
from .ggml_numbers import IQ4

VALUES = np.array(IQ4, np.float32)
_TRIES = 7

# Thresholds are multiples of 1/2, so that the whole part of 2 x decides: the code of 2 x = -254 .. 226.
_LOWEST, _HIGHEST = -254, 226
_CODES = np.searchsorted(VALUES[:-1] + VALUES[1:], np.arange(_LOWEST, _HIGHEST + 1), side="right").astype(np.uint8)
_NEAREST = VALUES[_CODES]


def quantize_iq4_nl(blocks: Floats, importance: Importance | None = None) -> Encoded:
    """One float16 scale for 32 elements, searched by weighted least squares."""
    records = np.zeros(len(blocks), IQ4_NL)
    scales = _search(blocks, blocks, importance)
    records["d"] = half(scales)
    codes = _CODES[_position(blocks * inverse(scales)[:, None])]
    records["qs"] = codes[:, :16] | codes[:, 16:] << 4
    return Encoded(records, scales[:, None])


def quantize_iq4_xs(blocks: Floats, importance: Importance | None = None) -> Encoded:
    """Eight sub-blocks of 32 with a signed 6-bit scale each, no minimum."""
    records = np.zeros(len(blocks), IQ4_XS)
    sub_blocks = blocks.reshape(-1, 32)
    scales = _search(sub_blocks, blocks, importance).reshape(-1, 8)
    d = -largest(scales)[0] / f32(32)
    records["d"] = half(d)
    rounded = nearest_int(inverse(d)[:, None] * scales).clip(-32, 31)
    scale = d[:, None] * rounded.astype(np.float32)
    codes = _CODES[_position(sub_blocks * inverse(scale).reshape(-1, 1))]
    packed = (rounded + 32).astype(np.uint8)
    records["scales_l"] = packed[:, 0::2] & 15 | packed[:, 1::2] << 4
    high = (packed >> 4).astype(np.uint16) << np.arange(0, 16, 2, dtype=np.uint16)
    records["scales_h"] = np.bitwise_or.reduce(high, axis=1)
    records["qs"] = join_planes(codes.reshape(-1, 8, 2, 16), 4).reshape(-1, 128)
    return Encoded(records, scale)


def unpack_iq4_nl(records: Records) -> Blocks:
    """number(code) * d."""
    d = float_level("d", records["d"])
    return Blocks(low_high(records["qs"]), d.values, None, (d,))


def unpack_iq4_xs(records: Records) -> Blocks:
    """number(code) * d * (scale - 32)."""
    d = float_level("d", records["d"])
    low = bit_planes(records["scales_l"], 4).transpose(0, 2, 1).reshape(-1, 8)
    high = (records["scales_h"][:, None] >> np.arange(0, 16, 2, dtype=np.uint16) & 3).astype(np.uint8)
    scales = (low | high << 4).view(np.int8) - np.int8(32)
    scale = d.values * scales.astype(np.float32)
    codes = low_high(records["qs"].reshape(-1, 8, 16)).reshape(-1, 256)
    return Blocks(codes, scale, None, (d, whole_level("scales", "int6", scales)))


def _search(sub_blocks: Floats, blocks: Floats, importance: Importance | None) -> Floats:
    """The scale of each sub-block that leaves the least weighted squared error, of sixteen tried."""
    x = np.ascontiguousarray(sub_blocks.T)
    if importance is None:
        weights = x * x
    else:
        columns = np.ascontiguousarray(blocks.T)
        energy = add_up(columns * columns) * f32(2.0 / blocks.shape[1])
        by_element = importance_by_magnitude(blocks, energy[:, None], importance.weights)
        weights = np.ascontiguousarray(by_element.reshape(-1, 32).T)
    highest, magnitude = largest(x, axis=0)
    empty = magnitude < GROUP_MAX_EPS
    highest = np.where(empty, f32(1), highest)

    def sums(inverse_scale: Floats) -> tuple[Floats, Floats]:
        numbers = _NEAREST[_position(inverse_scale * x)]
        terms = weights * numbers
        sum_qq = add_up(terms * numbers)
        terms *= x
        return add_up(terms), sum_qq

    sum_qx, sum_qq = sums(f32(1) / (-highest / VALUES[0]))
    scale = np.divide(sum_qx, sum_qq, out=np.zeros_like(sum_qx), where=sum_qq > 0)
    best = scale * sum_qx
    for step in range(-_TRIES, _TRIES + 1):
        sum_qx, sum_qq = sums((f32(step) + VALUES[0]) / highest)
        better = (sum_qq > 0) & (sum_qx * sum_qx > best * sum_qq)
        np.divide(sum_qx, sum_qq, out=scale, where=better)
        np.multiply(scale, sum_qx, out=best, where=better)
    return np.where(empty, f32(0), scale)


def _position(x: Floats) -> NDArray[Any]:
    """Where in _CODES the code of each x is: a tie goes to the greater number, NaN to the greatest."""
    doubled = x + x
    np.floor(doubled, out=doubled)
    np.fmin(doubled, f32(_HIGHEST), out=doubled)
    position: NDArray[Any] = np.maximum(doubled, f32(_LOWEST)).astype(np.int32) - _LOWEST
    return position

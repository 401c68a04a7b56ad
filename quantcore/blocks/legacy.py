"""ggml's first block formats: one scale (and minimum) of 32 to 128 elements, rounded without a search.

With an importance matrix Q4_0, Q4_1, Q5_0 and Q5_1 search as the K-quants do; Q8_0, Q1_0 and Q2_0 ignore it.

Source: ggml-quants.c of ggml 0.20.2, quantize_row_*_ref, quantize_row_*_impl and dequantize_row_*.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .block import Blocks
from .ggml_arithmetic import (
    Floats,
    add_up,
    bit_planes,
    f32,
    half,
    inverse,
    join_nibbles,
    join_planes,
    largest,
    low_high,
    without_inverse,
)
from .ggml_blocks import Encoded, Importance, Records, float_level, importance_by_magnitude
from .ggml_layouts import Q1_0, Q2_0, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0
from .ggml_searches import fit_scale, fit_scale_and_minimum


def quantize_q4_0(blocks: Floats, importance: Importance | None = None) -> Encoded:
    """d = m / -8 of the m of largest magnitude; code = min(15, trunc(x / d + 8.5))."""
    return _centred(blocks, importance, Q4_0, 8)


def quantize_q5_0(blocks: Floats, importance: Importance | None = None) -> Encoded:
    """d = m / -16 of the m of largest magnitude; code = min(31, trunc(x / d + 16.5))."""
    return _centred(blocks, importance, Q5_0, 16)


def quantize_q4_1(blocks: Floats, importance: Importance | None = None) -> Encoded:
    """d = (max - min) / 15, m = min; code = trunc((x - m) / d + 0.5)."""
    return _above_minimum(blocks, importance, Q4_1, 15)


def quantize_q5_1(blocks: Floats, importance: Importance | None = None) -> Encoded:
    """d = (max - min) / 31, m = min; code = trunc((x - m) / d + 0.5)."""
    return _above_minimum(blocks, importance, Q5_1, 31)


def quantize_q8_0(blocks: Floats, importance: Importance | None = None) -> Encoded:
    """d = max |x| / 127; code = x / d, ties away from zero."""
    records = np.zeros(len(blocks), Q8_0)
    d = np.abs(blocks).max(axis=1) / f32(127)
    records["d"] = half(d)
    codes = round_away(blocks * inverse(d)[:, None])
    codes[without_inverse(d)] = 0
    records["qs"] = codes
    return Encoded(records, d[:, None])


def quantize_q1_0(blocks: Floats, importance: Importance | None = None) -> Encoded:
    """d = mean |x|; code 1 where x >= 0."""
    records = np.zeros(len(blocks), Q1_0)
    records["d"] = half(add_up(np.ascontiguousarray(np.abs(blocks).T)) / f32(128))
    records["qs"] = np.packbits(blocks >= 0, axis=1, bitorder="little")
    return Encoded(records)


def quantize_q2_0(blocks: Floats, importance: Importance | None = None) -> Encoded:
    """d = max |x|; code = x / d, ties away from zero, plus 1: the highest, 3, is never written."""
    records = np.zeros(len(blocks), Q2_0)
    d = np.abs(blocks).max(axis=1)
    records["d"] = half(d)
    codes = (round_away(blocks * inverse(d)[:, None]) + np.int8(1)).astype(np.uint8)
    codes[without_inverse(d)] = 0
    records["qs"] = join_planes(codes.reshape(-1, 16, 4).transpose(0, 2, 1), 2)
    return Encoded(records, d[:, None])


def unpack_q4_0(records: Records) -> Blocks:
    """(code - 8) * d."""
    return _scaled(low_high(records["qs"]).view(np.int8) - np.int8(8), records)


def unpack_q5_0(records: Records) -> Blocks:
    """(code - 16) * d; bit j of qh is bit 4 of element j."""
    return _scaled(_five_bits(records).view(np.int8) - np.int8(16), records)


def unpack_q4_1(records: Records) -> Blocks:
    """code * d + m."""
    return _scaled(low_high(records["qs"]), records)


def unpack_q5_1(records: Records) -> Blocks:
    """code * d + m; bit j of qh is bit 4 of element j."""
    return _scaled(_five_bits(records), records)


def unpack_q8_0(records: Records) -> Blocks:
    """code * d."""
    return _scaled(records["qs"], records)


def unpack_q1_0(records: Records) -> Blocks:
    """d where the bit is set, else -d; bit j % 8 of byte j / 8 is element j."""
    return _scaled(np.unpackbits(np.ascontiguousarray(records["qs"]), axis=1, bitorder="little"), records)


def unpack_q2_0(records: Records) -> Blocks:
    """(code - 1) * d; bits 2 (j % 4) of byte j / 4 are element j."""
    return _scaled(bit_planes(records["qs"], 2).transpose(0, 2, 1).reshape(-1, 64), records)


def round_away(x: Floats) -> NDArray[Any]:
    """The nearest whole number, ties away from zero, for |x| < 128 (roundf)."""
    whole = np.trunc(x)
    whole += np.trunc((x - whole) * np.float32(2))  # the difference is exact
    return whole.astype(np.int8)


def _centred(blocks: Floats, importance: Importance | None, layout: np.dtype[Any], n_max: int) -> Encoded:
    records = np.zeros(len(blocks), layout)
    if importance is None:
        d = largest(blocks)[0] / f32(-n_max)
        scaled = blocks * inverse(d)[:, None]
        scaled += f32(n_max + 0.5)
        codes = _truncate(scaled, 2 * n_max - 1, d)
    else:
        x = np.ascontiguousarray(blocks.T)
        weights = importance_by_magnitude(blocks, importance.row_energy[:, None], importance.weights)
        d, searched = fit_scale(x, n_max, np.ascontiguousarray(weights.T))
        codes = searched.T.astype(np.uint8)
    records["d"] = half(d)
    return Encoded(_put_codes(records, codes), d[:, None])


def _above_minimum(blocks: Floats, importance: Importance | None, layout: np.dtype[Any], n_max: int) -> Encoded:
    records = np.zeros(len(blocks), layout)
    if importance is None:
        low = blocks.min(axis=1)
        if (low == 0).any():  # -0 or +0: the first of the least
            first = (blocks == low[:, None]).argmax(axis=1)
            low = np.take_along_axis(blocks, first[:, None], axis=1)[:, 0]
        d = np.abs(blocks.max(axis=1) - low) / f32(n_max)  # of zeros +0, whatever their signs
        scaled = blocks - low[:, None]
        scaled *= inverse(d)[:, None]
        scaled += f32(0.5)
        codes = _truncate(scaled, n_max, d)
    else:
        x = np.ascontiguousarray(blocks.T)
        weights = importance_by_magnitude(blocks, importance.row_energy[:, None], importance.weights)
        d, minus_low, searched = fit_scale_and_minimum(
            x, np.ascontiguousarray(weights.T), n_max, start=-0.9, step=0.05, n_steps=36
        )
        low, codes = -minus_low, searched.T.astype(np.uint8)
    records["d"], records["m"] = half(d), half(low)
    return Encoded(_put_codes(records, codes), d[:, None], low[:, None])


def _truncate(scaled: Floats, highest: int, d: Floats) -> NDArray[Any]:
    """Toward zero, at most `highest`; 0 where the scale has no reciprocal."""
    codes: NDArray[Any] = scaled.astype(np.uint8)
    np.minimum(codes, np.uint8(highest), out=codes)
    codes[without_inverse(d)] = 0
    return codes


def _put_codes(records: Records, codes: NDArray[Any]) -> Records:
    """Low nibbles the first half of a block, high nibbles the second; the fifth bit of element j is bit j of qh."""
    records["qs"] = join_nibbles(codes)
    if "qh" in (records.dtype.names or ()):
        records["qh"] = np.packbits(codes >> 4, axis=1, bitorder="little")
    return records


def _five_bits(records: Records) -> NDArray[Any]:
    high = np.unpackbits(np.ascontiguousarray(records["qh"]), axis=1, bitorder="little")
    codes: NDArray[Any] = low_high(records["qs"]) | high << 4
    return codes


def _scaled(codes: NDArray[Any], records: Records) -> Blocks:
    """One float16 scale d, and perhaps one float16 minimum m, of a block."""
    levels = tuple(float_level(name, records[name]) for name in ("d", "m") if name in (records.dtype.names or ()))
    return Blocks(codes, levels[0].values, levels[1].values if len(levels) > 1 else None, levels)

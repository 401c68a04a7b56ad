"""ggml's K-quants: super-blocks of 256 elements, whose sub-blocks have scales (and minimums) that are quantized, too.

Scales are searched for each sub-block alone, rounded to a few bits times one float16 of the super-block, and then all
elements are rounded again with what the scales have become.

Source: ggml-quants.c of ggml 0.20.2, quantize_row_q*_K_ref, quantize_row_q*_K_impl, dequantize_row_q*_K.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .block import Blocks, Level
from .ggml_arithmetic import (
    GROUP_MAX_EPS,
    Floats,
    Ints,
    add_up,
    bit_planes,
    f32,
    half,
    join_planes,
    largest,
    nearest_int,
)
from .ggml_blocks import Encoded, Importance, Records, float_level, importance_by_magnitude, whole_level
from .ggml_layouts import Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, Q8_K
from .ggml_searches import fit_scale, fit_scale_and_minimum, fit_scale_by_turns, fit_scale_of_scales


def quantize_q2_k(blocks: Floats, importance: Importance | None = None) -> Encoded:
    """Sixteen sub-blocks of 16 with a 4-bit scale and a 4-bit minimum each."""
    records = np.zeros(len(blocks), Q2_K)
    x = _columns(blocks, 16)
    if importance is None:
        scales, mins, codes = fit_scale_and_minimum(x, np.abs(x), 3, -0.5, 0.1, 15, absolute=True)
        scale_codes, records["d"] = _to_highest(_by_block(scales, 16), 15)
        min_codes, records["dmin"] = _to_highest(_by_block(mins, 16), 15)
    else:
        weights = _weights(blocks, importance, 16, 1)
        scales, mins, codes = fit_scale_and_minimum(x, weights, 3, -0.9, 0.05, 36)
        scale_codes, records["d"] = _fit_scales(scales, weights, 16, 15)
        min_codes, records["dmin"] = _fit_scales(mins, weights, 16, 15)
    records["scales"] = scale_codes | min_codes << 4
    scale, minimum = _times(records["d"], records["scales"] & 15), _times(records["dmin"], records["scales"] >> 4)
    elements = _round_again(blocks, scale, minimum, codes, 0, 3).astype(np.uint8)
    records["qs"] = join_planes(elements.reshape(-1, 2, 4, 32), 2).reshape(-1, 64)
    return Encoded(records)


def quantize_q3_k(blocks: Floats, importance: Importance | None = None) -> Encoded:
    """Sixteen sub-blocks of 16 with a signed 6-bit scale each, no minimum."""
    records = np.zeros(len(blocks), Q3_K)
    x = _columns(blocks, 16)
    if importance is None:
        scales, codes = fit_scale_by_turns(x, 4)
        by_block = _by_block(scales, 16)
        highest = largest(by_block)[0][:, None]
        inverse_d = f32(-32) / np.where(highest != 0, highest, f32(1))
        # a signed byte holds the rounded scale before it is held to -32 to 31
        rounded = nearest_int(inverse_d * by_block).astype(np.int8).clip(-32, 31).astype(np.int32) + 32
        scale_codes = np.where(highest != 0, rounded, 0)
        records["d"] = half(np.where(highest != 0, f32(1) / inverse_d, f32(0))[:, 0])
    else:
        weights = _weights(blocks, importance, 16, 2)
        scales, codes = fit_scale(x, 4, weights)
        d, fitted = fit_scale(_columns(_by_block(scales, 16), 16), 32, _columns(_sums(weights, 16), 16))
        records["d"], scale_codes = half(d), fitted.T
    packed = scale_codes.astype(np.uint8)
    records["scales"][:, :8] = (packed[:, :8] & 15) | (packed[:, 8:] & 15) << 4
    records["scales"][:, 8:] = join_planes((packed >> 4).reshape(-1, 4, 4), 2)
    scale = _times(records["d"], packed.astype(np.int8) - np.int8(32))
    elements = _round_again(blocks, scale, None, codes - 4, -4, 3, zero=-4)
    unsigned = (elements + 4).astype(np.uint8)
    records["hmask"] = join_planes((unsigned >> 2).reshape(-1, 8, 32), 1)
    records["qs"] = join_planes((unsigned & 3).reshape(-1, 2, 4, 32), 2).reshape(-1, 64)
    return Encoded(records)


def quantize_q4_k(blocks: Floats, importance: Importance | None = None) -> Encoded:
    """Eight sub-blocks of 32 with a 6-bit scale and a 6-bit minimum each."""
    records, codes = _with_minimums(blocks, importance, Q4_K, 15)
    records["qs"] = join_planes(codes.reshape(-1, 4, 2, 32), 4).reshape(-1, 128)
    return Encoded(records)


def quantize_q5_k(blocks: Floats, importance: Importance | None = None) -> Encoded:
    """As Q4_K; the fifth bits of the elements are stored by themselves."""
    records, codes = _with_minimums(blocks, importance, Q5_K, 31)
    records["qs"] = join_planes((codes & 15).reshape(-1, 4, 2, 32), 4).reshape(-1, 128)
    records["qh"] = join_planes((codes >> 4).reshape(-1, 8, 32), 1)
    return Encoded(records)


def quantize_q6_k(blocks: Floats, importance: Importance | None = None) -> Encoded:
    """Sixteen sub-blocks of 16 with a signed 8-bit scale each, no minimum."""
    records = np.zeros(len(blocks), Q6_K)
    weights = None if importance is None else _columns(importance.weights, 16)
    scales, codes = fit_scale(_columns(blocks, 16), 32, weights)
    by_block = _by_block(scales, 16)
    highest, magnitude = largest(by_block)
    empty = magnitude < GROUP_MAX_EPS
    inverse_d = f32(-128) / np.where(empty, f32(1), highest)
    records["d"] = half(f32(1) / inverse_d)
    records["scales"] = np.minimum(127, nearest_int(inverse_d[:, None] * by_block))
    scale = _times(records["d"], records["scales"])
    elements = (_round_again(blocks, scale, None, codes - 32, -32, 31, zero=-32) + 32).astype(np.uint8)
    records["ql"] = join_planes((elements & 15).reshape(-1, 2, 2, 64), 4).reshape(-1, 128)
    records["qh"] = join_planes((elements >> 4).reshape(-1, 2, 4, 32), 2).reshape(-1, 64)
    records[empty] = np.zeros((), Q6_K)
    return Encoded(records)


def quantize_q8_k(blocks: Floats, importance: Importance | None = None) -> Encoded:
    """d = m / -127 of the m of largest magnitude, in float32; the sums of 16 codes are stored beside them."""
    records = np.zeros(len(blocks), Q8_K)
    highest, magnitude = largest(blocks)
    inverse_d = f32(-127) / np.where(magnitude != 0, highest, f32(1))
    codes = np.minimum(127, nearest_int(inverse_d[:, None] * blocks)).astype(np.int8)
    records["d"] = np.where(magnitude != 0, f32(1) / inverse_d, f32(0))
    records["qs"] = np.where(magnitude[:, None] != 0, codes, np.int8(0))
    records["bsums"] = records["qs"].reshape(-1, 16, 16).sum(axis=2, dtype=np.int16)
    return Encoded(records)


def unpack_q2_k(records: Records) -> Blocks:
    """d * scale * code - dmin * minimum."""
    codes = bit_planes(records["qs"].reshape(-1, 2, 32), 2).reshape(-1, 256)
    return _two_levels(codes, records, "uint4", records["scales"] & 15, records["scales"] >> 4)


def unpack_q3_k(records: Records) -> Blocks:
    """d * (scale - 32) * (code - 4); where the bit of hmask is clear, 4 is taken away."""
    low = bit_planes(records["qs"].reshape(-1, 2, 32), 2).reshape(-1, 256)
    high = bit_planes(records["hmask"], 1).reshape(-1, 256)
    codes = (low | high << 2).view(np.int8) - np.int8(4)
    packed = records["scales"]
    scales = np.concatenate([packed[:, :8] & 15, packed[:, :8] >> 4], axis=1)
    scales |= bit_planes(packed[:, 8:], 2).reshape(-1, 16) << 4
    return _two_levels(codes, records, "int6", scales.view(np.int8) - np.int8(32))


def unpack_q4_k(records: Records) -> Blocks:
    """d * scale * code - dmin * minimum; of 32 bytes the low nibbles are a sub-block, the high ones the next."""
    codes = bit_planes(records["qs"].reshape(-1, 4, 32), 4).reshape(-1, 256)
    return _two_levels(codes, records, "uint6", *unpack_scales(records["scales"]))


def unpack_q5_k(records: Records) -> Blocks:
    """As Q4_K; bit j of qh is bit 4 of sub-block j."""
    codes = bit_planes(records["qs"].reshape(-1, 4, 32), 4).reshape(-1, 256)
    codes |= bit_planes(records["qh"], 1).reshape(-1, 256) << 4
    return _two_levels(codes, records, "uint6", *unpack_scales(records["scales"]))


def unpack_q6_k(records: Records) -> Blocks:
    """d * scale * (code - 32)."""
    codes = bit_planes(records["ql"].reshape(-1, 2, 64), 4).reshape(-1, 256)
    codes |= bit_planes(records["qh"].reshape(-1, 2, 32), 2).reshape(-1, 256) << 4
    return _two_levels(codes.view(np.int8) - np.int8(32), records, "int8", np.ascontiguousarray(records["scales"]))


def unpack_q8_k(records: Records) -> Blocks:
    """d * code, d in float32."""
    d = np.ascontiguousarray(records["d"])[:, None]
    levels = (Level("d", "float32", d), whole_level("bsums", "int16", np.ascontiguousarray(records["bsums"])))
    return Blocks(np.ascontiguousarray(records["qs"]), d, None, levels)


def pack_scales(scales: NDArray[Any], mins: NDArray[Any]) -> NDArray[Any]:
    """Eight 6-bit scales and minimums in 12 bytes: the first four whole, the others' upper bits above those."""
    packed = np.empty((len(scales), 12), np.uint8)
    packed[:, :4] = scales[:, :4] | scales[:, 4:] >> 4 << 6
    packed[:, 4:8] = mins[:, :4] | mins[:, 4:] >> 4 << 6
    packed[:, 8:] = (scales[:, 4:] & 15) | (mins[:, 4:] & 15) << 4
    return packed


def unpack_scales(packed: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """The inverse of `pack_scales` (get_scale_min_k4)."""
    first, second, third = packed[:, :4], packed[:, 4:8], packed[:, 8:]
    scales = np.concatenate([first & 63, third & 15 | first >> 6 << 4], axis=1)
    mins = np.concatenate([second & 63, third >> 4 | second >> 6 << 4], axis=1)
    return scales, mins


def _with_minimums(
    blocks: Floats, importance: Importance | None, layout: np.dtype[Any], n_max: int
) -> tuple[Records, NDArray[Any]]:
    records = np.zeros(len(blocks), layout)
    x = _columns(blocks, 32)
    if importance is None:
        weights = np.sqrt(add_up(x * x) / f32(32)) + np.abs(x)
        steps = (-1.0, 0.1, 20) if n_max == 15 else (-0.5, 0.1, 15)
        scales, mins, codes = fit_scale_and_minimum(x, weights, n_max, *steps)
        scale_codes, records["d"] = _to_highest(_by_block(scales, 8), 63, limit=True)
        min_codes, records["dmin"] = _to_highest(_by_block(mins, 8), 63, limit=True)
    else:
        weights = _weights(blocks, importance, 32, 2)
        scales, mins, codes = fit_scale_and_minimum(x, weights, n_max, -0.9, 0.05, 36)
        scale_codes, records["d"] = _fit_scales(scales, weights, 8, 63)
        min_codes, records["dmin"] = _fit_scales(mins, weights, 8, 63)
        if n_max == 31:
            scale_codes, min_codes = np.minimum(scale_codes, 63), np.minimum(min_codes, 63)
    records["scales"] = pack_scales(scale_codes, min_codes)
    kept_scales, kept_mins = unpack_scales(records["scales"])
    scale, minimum = _times(records["d"], kept_scales), _times(records["dmin"], kept_mins)
    return records, _round_again(blocks, scale, minimum, codes, 0, n_max).astype(np.uint8)


def _to_highest(values: Floats, n_max: int, limit: bool = False) -> tuple[NDArray[Any], NDArray[np.float16]]:
    """Codes (n_blocks, n) of values >= 0, and the float16 d that gives the largest the code n_max."""
    highest = np.fmax.reduce(values, axis=1)
    highest = np.where(highest > 0, highest, f32(0))
    inverse_d = np.divide(f32(n_max), highest, out=np.zeros_like(highest), where=highest > 0)
    codes = nearest_int(inverse_d[:, None] * values).astype(np.uint8)
    return np.minimum(codes, n_max) if limit else codes, half(highest / f32(n_max))


def _fit_scales(values: Floats, weights: Floats, n_sub: int, n_max: int) -> tuple[NDArray[Any], NDArray[np.float16]]:
    """As `_to_highest`, by the search that weighs each sub-block with the sum of its weights."""
    d, codes = fit_scale_of_scales(
        _columns(_by_block(values, n_sub), n_sub), n_max, _columns(_sums(weights, n_sub), n_sub)
    )
    return codes.T.astype(np.uint8), half(d)


def _round_again(
    blocks: Floats, scale: Floats, minimum: Floats | None, codes: Ints, low: int, high: int, zero: int = 0
) -> Ints:
    """(x + minimum) / scale, rounded; the codes of the search where a scale has become 0."""
    x = blocks.reshape(*scale.shape, -1)
    shifted = x if minimum is None else x + minimum[..., None]
    rounded = nearest_int(shifted / scale[..., None]).clip(low, high)
    kept = codes.T.reshape(x.shape)
    return np.where(scale[..., None] != 0, rounded, kept).reshape(blocks.shape)


def _weights(blocks: Floats, importance: Importance, size: int, factor: int) -> Floats:
    """(size, n_sub_blocks) importance * sqrt(factor * mean square of the super-block + x * x)."""
    x = np.ascontiguousarray(blocks.T)
    energy = f32(factor) * add_up(x * x) / f32(256)
    return _columns(importance_by_magnitude(blocks, energy[:, None], importance.weights), size)


def _columns(values: Floats, size: int) -> Floats:
    """(n, m) to (size, n * m / size): each group of `size` neighbours becomes a column."""
    return np.ascontiguousarray(values.reshape(-1, size).T)


def _by_block(values: Floats, n_sub: int) -> Floats:
    """(n_blocks * n_sub,) to (n_blocks, n_sub)."""
    return values.reshape(-1, n_sub)


def _sums(weights: Floats, n_sub: int) -> Floats:
    """(n_blocks, n_sub) the sum of each sub-block's weights."""
    return add_up(weights).reshape(-1, n_sub)


def _times(d: NDArray[np.float16], codes: NDArray[Any]) -> Floats:
    """(n_blocks, n_sub) d * code in float32."""
    product: Floats = d.astype(np.float32)[:, None] * codes.astype(np.float32)
    return product


def _two_levels(
    codes: NDArray[Any], records: Records, fmt: str, scales: NDArray[Any], mins: NDArray[Any] | None = None
) -> Blocks:
    levels: tuple[Level, ...] = (float_level("d", records["d"]), whole_level("scales", fmt, scales))
    if mins is None:
        return Blocks(codes, _times(records["d"], scales), None, levels)
    levels += (float_level("dmin", records["dmin"]), whole_level("mins", fmt, mins))
    return Blocks(codes, _times(records["d"], scales), -_times(records["dmin"], mins), levels)

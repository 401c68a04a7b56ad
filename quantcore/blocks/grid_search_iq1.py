"""Encoders of the IQ1 formats: every split of a sub-block's sorted elements into -1, 0 and 1 is tried.

Source: ggml-quants.c of ggml 0.20.2, quantize_row_iq1_s_impl, quantize_row_iq1_m_impl, iq1_find_best_neighbour2.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .ggml_arithmetic import Floats, Ints, add_up, f32, half, nearest_int
from .ggml_blocks import Encoded, Importance, importance_by_magnitude
from .ggml_layouts import IQ1_M, IQ1_S
from .grid_neighbours import neighbours, pack_levels, snap
from .grids import points

_UP = np.array([-0.875, 0.125, 1.125], np.float32)  # numbers of the levels, shifted by 1/8
_DOWN = np.array([-1.125, -0.125, 0.875], np.float32)
_LEAST_SCORE = np.float32(-3.4028235e38)


def quantize_iq1_s(blocks: Floats, importance: Importance | None = None) -> Encoded:
    """Needs an importance matrix."""
    records = np.zeros(len(blocks), IQ1_S)
    weights = _weights(blocks, importance).reshape(-1, 32)
    x = blocks.reshape(-1, 32)
    empty = np.abs(x).max(axis=1) < f32(1e-12)
    levels, scale, shift = _split(x, weights, _scores_of_32)
    numbers = np.where((shift == 0)[:, None], _UP, _DOWN)[:, None].repeat(4, axis=1)
    found, scale = _to_points(x, weights, levels, scale, numbers)
    empty |= shift < 0
    scale, shift = np.where(empty, f32(0), scale), np.where(empty, 0, shift)
    found = np.where(empty[:, None], 0, found)
    codes, d = _scale_codes(scale.reshape(-1, 8))
    records["d"] = half(d * f32(1.125))
    records["qs"] = (found & 255).reshape(-1, 32)
    high = np.bitwise_or.reduce(found >> 8 << np.array([0, 3, 6, 9]), axis=1).reshape(-1, 8)
    lead = codes | shift.reshape(-1, 8) << 3
    records["qh"] = high | np.where(d[:, None] == 0, 0, lead << 12)
    return Encoded(records)


def quantize_iq1_m(blocks: Floats, importance: Importance | None = None) -> Encoded:
    """Without an importance matrix an element counts by its square; d is fitted once more in the end."""
    records = np.zeros(len(blocks), IQ1_M)
    weights = _weights(blocks, importance).reshape(-1, 16)
    x = blocks.reshape(-1, 16)
    empty = np.abs(x).max(axis=1) < f32(1e-7)
    levels, scale, shift = _split(x, weights, _scores_of_16)
    empty |= shift < 0
    shift = np.where(empty, 0, shift)
    down = np.stack([shift >> 1, shift & 1], axis=1)
    numbers = np.where((down == 0)[..., None], _UP, _DOWN)
    found, scale = _to_points(x, weights, levels, scale, numbers)
    found, scale = np.where(empty[:, None], 0, found), np.where(empty, f32(0), scale)
    codes, d = _scale_codes(scale.reshape(-1, 16))
    number = np.take_along_axis(numbers[:, :, None], points("iq1")[found].astype(np.intp)[..., None, :], axis=3)[
        :, :, 0
    ]
    number = number.reshape(blocks.shape) * np.repeat(2 * codes + 1, 16, axis=1).astype(np.float32)
    sum_qx, sum_qq = _sums(blocks, weights.reshape(blocks.shape), number)
    d = np.where((d != 0) & (sum_qq > 0), sum_qx / sum_qq, d)
    records["qs"] = (found & 255).reshape(-1, 32)
    high = found >> 8
    used = np.where(np.repeat(d == 0, 16)[:, None], 0, down)
    high |= used << 3
    records["qh"] = (high[:, 0] | high[:, 1] << 4).reshape(-1, 16)
    quarters = np.bitwise_or.reduce(codes.reshape(-1, 4, 4) << np.array([0, 3, 6, 9]), axis=2)
    bits = half(d * f32(1.1125)).view(np.uint16).astype(np.int32)[:, None]
    spread = quarters | (bits >> np.array([0, 4, 8, 12]) & 15) << 12
    records["scales"] = np.where((scale.reshape(-1, 16).max(axis=1) == 0)[:, None], 0, spread)
    return Encoded(records)


def _weights(blocks: Floats, importance: Importance | None) -> Floats:
    if importance is None:
        squares: Floats = blocks * blocks
        return squares
    x = np.ascontiguousarray(blocks.T)
    energy = f32(2) * add_up(x * x) / f32(256)
    return importance_by_magnitude(blocks, energy[:, None], importance.weights)


def _split(x: Floats, weights: Floats, scores: Any) -> tuple[Ints, Floats, Ints]:
    """The best levels (n, size), their scale, and which shift they go with, -1 where no split has a score."""
    order = x.argsort(axis=1, kind="stable")
    rank = order.argsort(axis=1, kind="stable")
    scale = np.abs(x).max(axis=1)
    best = np.full(len(x), _LEAST_SCORE)
    first, second, shift = (np.full(len(x), -1) for _ in range(3))
    for i, j, sums_qx, sums_qq in scores(x, weights, order):
        for k, (sum_qx, sum_qq) in enumerate(zip(sums_qx, sums_qq, strict=True)):
            better = (sum_qq > 0) & (sum_qx * sum_qx > best * sum_qq)
            if better.any():
                np.divide(sum_qx, sum_qq, out=scale, where=better)
                np.multiply(scale, sum_qx, out=best, where=better)
                first[better], second[better], shift[better] = i, j, k
    levels = (rank >= first[:, None]).astype(np.int32) + (rank >= second[:, None])
    negative = scale < 0
    levels[negative] = 2 - levels[negative]
    n_shifts = len(sums_qx)
    return levels, np.abs(scale), np.where(negative & (shift >= 0), n_shifts - 1 - shift, shift)


def _scores_of_32(x: Floats, weights: Floats, order: Ints) -> Any:
    """For each split of 32 the sums of both shifts, from running sums."""
    sum_x, sum_w = _running(weights * x, order), _running(weights, order)
    for i in range(33):
        for j in range(i, 33):
            parts_x = (sum_x[i], sum_x[j] - sum_x[i], sum_x[32] - sum_x[j])
            parts_w = (sum_w[i], sum_w[j] - sum_w[i], sum_w[32] - sum_w[j])
            sums_qx = [parts_x[0] * n[0] + parts_x[1] * n[1] + parts_x[2] * n[2] for n in (_UP, _DOWN)]
            sums_qq = [
                parts_w[0] * n[0] * n[0] + parts_w[1] * n[1] * n[1] + parts_w[2] * n[2] * n[2] for n in (_UP, _DOWN)
            ]
            yield i, j, sums_qx, sums_qq


def _scores_of_16(x: Floats, weights: Floats, order: Ints) -> Any:
    """For each split of 16 the sums of the four pairs of shifts, one of each half, added element by element."""
    w = np.take_along_axis(weights, order, axis=1).T
    values = np.take_along_axis(x, order, axis=1).T
    second_half = order.T >= 8
    # (level, element, pair of shifts, n): what an element adds to the sums
    terms = np.empty((3, 16, 8, len(x)), np.float32)
    for level in range(3):
        up_x, down_x = w * _UP[level] * values, w * _DOWN[level] * values
        up_w, down_w = w * _UP[level] * _UP[level], w * _DOWN[level] * _DOWN[level]
        for k in range(4):
            is_down = np.where(second_half, bool(k & 1), bool(k & 2))
            terms[level, :, k] = np.where(is_down, down_x, up_x)
            terms[level, :, 4 + k] = np.where(is_down, down_w, up_w)
    low = np.zeros((8, len(x)), np.float32)
    for i in range(17):
        middle = low
        for j in range(i, 17):
            total = middle
            for element in range(j, 16):
                total = total + terms[2, element]
            yield i, j, total[:4], total[4:]
            if j < 16:
                middle = middle + terms[1, j]
        if i < 16:
            low = low + terms[0, i]


def _running(terms: Floats, order: Ints) -> Floats:
    """(size + 1, n) the sums of the first 0, 1, 2, ... terms of each row in the given order."""
    sums = np.zeros((terms.shape[1] + 1, len(terms)), np.float32)
    np.add.accumulate(np.take_along_axis(terms, order, axis=1).T, axis=0, out=sums[1:])
    return sums


def _to_points(x: Floats, weights: Floats, levels: Ints, scale: Floats, numbers: Floats) -> tuple[Ints, Floats]:
    """Numbers of lattice points (n, n_groups), and the scale, fitted once more where a group had to move."""
    n_groups = numbers.shape[1]
    parts = [values.reshape(-1, 8) for values in (levels, x, weights)]
    per_group = np.repeat(scale, n_groups)
    snapped, is_point = snap("iq1", parts[0], parts[1], parts[2], per_group, numbers.reshape(-1, 3))
    number = np.take_along_axis(numbers.reshape(-1, 3), snapped, axis=1).reshape(x.shape)
    sum_qx, sum_qq = _sums(x, weights, number)
    moved = ~is_point.reshape(-1, n_groups).all(axis=1) & (sum_qx > 0) & (sum_qq > 0)
    scale = np.divide(sum_qx, sum_qq, out=scale.copy(), where=moved)
    return neighbours("iq1").point[pack_levels(snapped)].reshape(-1, n_groups), scale


def _sums(x: Floats, weights: Floats, number: Floats) -> tuple[Floats, Floats]:
    terms = np.ascontiguousarray((weights * number).T)
    return add_up(terms * x.T), add_up(terms * number.T)


def _scale_codes(scales: Floats) -> tuple[Ints, Floats]:
    """scale = d * (2 code + 1), codes of 3 bits; d (n_blocks,)."""
    d = scales.max(axis=1) / f32(15)
    inverse_d = f32(1) / np.where(d == 0, f32(1), d)
    codes: NDArray[Any] = nearest_int(f32(0.5) * (inverse_d[:, None] * scales - f32(1))).clip(0, 7)
    return codes, d

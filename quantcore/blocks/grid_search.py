"""Encoders of IQ2 and IQ3: some scales of each sub-block are tried, and every group becomes a lattice point.

Source: ggml-quants.c of ggml 0.20.2, quantize_row_iq2_xxs_impl, _iq2_xs_impl, _iq2_s_impl, _iq3_xxs_impl, _iq3_s_impl.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .ggml_arithmetic import GROUP_MAX_EPS, Floats, Ints, add_up, f32, half, join_planes, nearest_int
from .ggml_blocks import Encoded, Importance, importance_by_magnitude
from .ggml_layouts import IQ2_S, IQ2_XS, IQ2_XXS, IQ3_S, IQ3_XXS
from .ggml_searches import fit_scale_of_scales
from .grid_neighbours import neighbours, pack_levels, snap


@dataclass(frozen=True, slots=True)
class Rules:
    """What the searches differ in.

    Attributes:
        grid: The lattice.
        size: Elements that share a scale.
        energy: How often the super-block's mean square counts in the weights.
        tries, step: 2 tries + 1 scales are tried, `step` levels apart.
        least: A sub-block whose largest magnitude is below it counts as zero.
        even_signs: Only seven signs of eight are stored: of an odd number one is changed.
        factor: d is multiplied by it, after the scales have been rounded.
    """

    grid: str
    size: int
    energy: int
    tries: int
    step: float
    least: float
    even_signs: bool
    factor: float

    @property
    def n_levels(self) -> int:
        """Levels that an element can have."""
        return 8 if self.grid.startswith("iq3") else 3

    @property
    def group(self) -> int:
        """Elements of a lattice point."""
        return 4 if self.grid.startswith("iq3") else 8


_EPS = float(GROUP_MAX_EPS)
_IQ2_XXS = Rules("iq2_xxs", 32, 1, 6, 0.1, _EPS, True, 1.0)
_IQ2_XS = Rules("iq2_xs", 16, 1, 9, 0.1, _EPS, True, 1.0)
_IQ2_S = Rules("iq2_s", 16, 2, 9, 0.1, 1e-8, False, 0.9875)
_IQ3_XXS = Rules("iq3_xxs", 32, 2, 15, 0.2, 1e-8, True, 1.0125)
_IQ3_S = Rules("iq3_s", 32, 2, 9, 0.2, 1e-45, False, 1.033)


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """d (n_blocks,) float16, scales (n_blocks, n_sub), points (n_blocks, n_groups), signs (n_blocks, 32) bytes."""

    d: NDArray[Any]
    scales: NDArray[Any]
    points: NDArray[Any]
    signs: NDArray[Any]


def quantize_iq2_xxs(blocks: Floats, importance: Importance | None = None) -> Encoded:
    """Needs an importance matrix."""
    found, records = _search(blocks, importance, _IQ2_XXS), np.zeros(len(blocks), IQ2_XXS)
    records["d"] = found.d
    records["qs"][..., 0] = found.points.astype(np.uint8).view("<u4")
    records["qs"][..., 1] = _four_sevens(found.signs) | found.scales.astype(np.uint32) << 28
    return Encoded(records)


def quantize_iq2_xs(blocks: Floats, importance: Importance | None = None) -> Encoded:
    """Needs an importance matrix."""
    found, records = _search(blocks, importance, _IQ2_XS), np.zeros(len(blocks), IQ2_XS)
    records["d"], records["scales"] = found.d, _nibbles(found.scales)
    records["qs"] = found.points | (found.signs & 127).astype(np.uint16) << 9
    return Encoded(records)


def quantize_iq2_s(blocks: Floats, importance: Importance | None = None) -> Encoded:
    """Without an importance matrix an element counts by its square and a quarter of the super-block's mean square."""
    found, records = _search(blocks, importance, _IQ2_S), np.zeros(len(blocks), IQ2_S)
    records["d"], records["scales"], records["signs"] = found.d, _nibbles(found.scales), found.signs
    records["qs"] = found.points & 255
    records["qh"] = join_planes((found.points >> 8).astype(np.uint8).reshape(-1, 8, 4, 1), 2)[..., 0]
    return Encoded(records)


def quantize_iq3_xxs(blocks: Floats, importance: Importance | None = None) -> Encoded:
    """Without an importance matrix an element counts by its square."""
    found, records = _search(blocks, importance, _IQ3_XXS), np.zeros(len(blocks), IQ3_XXS)
    records["d"], records["qs"] = found.d, found.points
    records["signs"] = _four_sevens(found.signs) | found.scales.astype(np.uint32) << 28
    return Encoded(records)


def quantize_iq3_s(blocks: Floats, importance: Importance | None = None) -> Encoded:
    """Without an importance matrix an element counts by its square.

    A sub-block of zeros is left out where points and signs are written, so that those after it move forward, while
    their scales stay: a defect of ggml, whose files decode as they are.
    """
    found, records = _search(blocks, importance, _IQ3_S), np.zeros(len(blocks), IQ3_S)
    records["d"], records["scales"] = found.d, _nibbles(found.scales)
    written = np.argsort(~blocks.reshape(-1, 8, 32).any(axis=2), axis=1, kind="stable")
    records["signs"] = _reordered(found.signs, written)
    records["qs"] = _reordered(found.points & 255, written)
    records["qh"] = np.packbits((found.points >> 8).astype(np.uint8), axis=1, bitorder="little")
    return Encoded(records)


def _search(blocks: Floats, importance: Importance | None, rules: Rules) -> Found:
    sub_blocks = blocks.reshape(-1, rules.size)
    weights = _weights(blocks, importance, rules).reshape(-1, rules.size)
    x, signs = _magnitudes(sub_blocks, weights, rules.even_signs)
    highest = x.max(axis=1)
    empty = highest < f32(rules.least)
    if rules.grid == "iq2_xxs":
        first, _ = fit_scale_of_scales(np.ascontiguousarray(x.T), rules.n_levels + 1, np.ascontiguousarray(weights.T))
        highest = first * f32(rules.n_levels)
        empty |= highest <= 0
    else:
        first = highest / f32(2 * rules.n_levels - 1)
    highest = np.where(empty, f32(1), highest)
    levels, scale = _fit(x, weights, highest, np.where(empty, f32(1), first), rules)
    negative = scale < 0
    signs[negative] = ~signs[negative]
    scale = np.where(empty, f32(0), np.abs(scale))
    numbers = neighbours(rules.grid).point[pack_levels(_groups(levels, rules.group))]
    numbers = np.where(empty[:, None], 0, numbers.reshape(len(x), -1))
    signs = np.where(empty[:, None], 0, signs)
    return _with_scales(scale.reshape(len(blocks), -1), numbers, signs, rules)


def _fit(x: Floats, weights: Floats, highest: Floats, scale: Floats, rules: Rules) -> tuple[Ints, Floats]:
    """Levels (n_sub, size) and scale (n_sub,) of the try with the least error, its groups then chosen once more."""
    n_max = rules.n_levels - 1
    w = np.ascontiguousarray(weights.T)
    wx = w * np.ascontiguousarray(x.T)
    roots = np.sqrt(weights)
    odd = np.arange(1, 2 * rules.n_levels, 2, dtype=np.float32)

    def nearest(inverse_scale: Floats, step: Floats) -> tuple[Ints, Any]:
        levels = nearest_int(f32(0.5) * (inverse_scale[:, None] * x - f32(1))).clip(0, n_max)
        per_group = np.repeat(step, rules.size // rules.group)
        parts = [_groups(values, rules.group) for values in (levels, x, roots)]
        snapped, is_point = snap(rules.grid, parts[0], parts[1], parts[2], per_group, odd)
        return snapped.reshape(x.shape), is_point.reshape(len(x), -1)

    def sums(levels: Ints) -> tuple[Floats, Floats]:
        number = (2 * np.ascontiguousarray(levels.T) + 1).astype(np.float32)
        return add_up(wx * number), add_up(w * number * number)

    best = np.zeros_like(scale)
    best_levels = np.zeros(x.shape, np.int32)
    on_grid = np.full((len(x), rules.size // rules.group), rules.grid != "iq3_s")
    for i in range(-rules.tries, rules.tries + 1):
        inverse_scale = (f32(2 * n_max + 1) + f32(i) * f32(rules.step)) / highest
        levels, is_point = nearest(inverse_scale, f32(1) / inverse_scale)
        sum_qx, sum_qq = sums(levels)
        better = (sum_qq > 0) & (sum_qx * sum_qx > best * sum_qq)
        np.divide(sum_qx, sum_qq, out=scale, where=better)
        np.multiply(scale, sum_qx, out=best, where=better)
        best_levels[better], on_grid[better] = levels[better], is_point[better]
    again = scale > 0
    if rules.grid != "iq2_xxs":
        again &= ~on_grid.all(axis=1)
    levels, _ = nearest(f32(1) / np.where(again, scale, f32(1)), np.where(again, scale, f32(1)))
    renewed = again[:, None] & (~on_grid if rules.grid not in ("iq2_xxs", "iq3_s") else again[:, None])
    best_levels = np.where(np.repeat(np.broadcast_to(renewed, on_grid.shape), rules.group, axis=1), levels, best_levels)
    sum_qx, sum_qq = sums(best_levels)
    np.divide(sum_qx, sum_qq, out=scale, where=again & (sum_qq > 0))
    return best_levels, scale


def _weights(blocks: Floats, importance: Importance | None, rules: Rules) -> Floats:
    x = np.ascontiguousarray(blocks.T)
    energy = (f32(rules.energy) * add_up(x * x) / f32(256))[:, None]
    if importance is not None:
        return importance_by_magnitude(blocks, energy, importance.weights)
    squares = blocks * blocks
    return f32(0.25) * energy + squares if rules.grid == "iq2_s" else squares


def _magnitudes(x: Floats, weights: Floats, even_signs: bool) -> tuple[Floats, NDArray[Any]]:
    """|x| and the signs, a byte for 8 elements; where their number must be even, the element that costs least turns."""
    groups = x.reshape(-1, 8)
    negative = groups < 0
    magnitude = np.abs(groups)
    if even_signs:
        odd = np.flatnonzero(negative.sum(axis=1) % 2)
        cheapest = (weights.reshape(-1, 8)[odd] * groups[odd] * groups[odd]).argmin(axis=1)
        magnitude[odd, cheapest] *= f32(-1)
        negative[odd, cheapest] ^= True
    signs = np.packbits(negative, axis=1, bitorder="little")
    return magnitude.reshape(x.shape), signs.reshape(len(x), -1)


def _with_scales(scales: Floats, numbers: Ints, signs: NDArray[Any], rules: Rules) -> Found:
    """Scales as codes of 4 bits: scale = d * (code + 1/2) * 2."""
    n_blocks = len(scales)
    highest = scales.max(axis=1)
    empty = highest == 0
    d = highest / f32(31)
    codes = nearest_int(f32(0.5) * ((f32(1) / np.where(empty, f32(1), d))[:, None] * scales - f32(1))).clip(0, 15)
    none = empty[:, None] & rules.even_signs  # the others keep what was written before
    return Found(
        half(d * f32(rules.factor)),
        np.where(empty[:, None], 0, codes).astype(np.uint8),
        np.where(none, 0, numbers.reshape(n_blocks, -1)).astype(np.uint16),
        np.where(none, 0, signs.reshape(n_blocks, -1)).astype(np.uint8),
    )


def _groups(values: NDArray[Any], size: int) -> NDArray[Any]:
    return values.reshape(-1, size)


def _reordered(values: NDArray[Any], order: Ints) -> NDArray[Any]:
    """(n_blocks, m) with its eight parts in another order."""
    parts = values.reshape(len(values), 8, -1)
    return np.take_along_axis(parts, order[..., None], axis=1).reshape(values.shape)


def _nibbles(scales: NDArray[Any]) -> NDArray[Any]:
    """(n, 2 m) codes of 4 bits as (n, m) bytes, the first in the low bits."""
    packed: NDArray[Any] = scales[:, 0::2] | scales[:, 1::2] << 4
    return packed


def _four_sevens(signs: NDArray[Any]) -> NDArray[Any]:
    """(n, 32) signs of 8 elements, their last one dropped, as (n, 8) words of 28 bits."""
    shifted = (signs & 127).astype(np.uint32).reshape(len(signs), -1, 4) << np.array([0, 7, 14, 21], np.uint32)
    words: NDArray[Any] = np.bitwise_or.reduce(shifted, axis=2)
    return words

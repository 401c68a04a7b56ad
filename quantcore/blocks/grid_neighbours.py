"""Lattice points near a group of levels that is no lattice point itself, and the choice among them.

Source: ggml-quants.c of ggml 0.20.2, iq2xs_init_impl, iq3xs_init_impl, iq2_find_best_neighbour.
"""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import QuantError
from .ggml_arithmetic import Floats, Ints
from .grids import points

_SHELLS = {"iq1": 3, "iq2_xxs": 2, "iq2_xs": 2, "iq2_s": 1, "iq3_xxs": 2, "iq3_s": 3}  # distances that count as near


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """Of every packed group of levels the point that it is, or the points near it.

    Attributes:
        point: (n_packed,) its number, -1 where the group is no point.
        start, count: (n_packed,) its part of `near`.
        near: Numbers of points, for each group from the nearest on, equally near ones by their number.
    """

    point: Ints
    start: Ints
    count: Ints
    near: Ints


def pack_levels(levels: Ints) -> Ints:
    """(..., 8) levels of 2 bits or (..., 4) of 3 as one number, the first lowest."""
    width = 2 if levels.shape[-1] == 8 else 3
    packed: Ints = np.bitwise_or.reduce(levels << width * np.arange(levels.shape[-1], dtype=np.int32), axis=-1)
    return packed


@functools.cache
def neighbours(grid: str) -> Neighbours:
    """All groups of levels that a search can meet; computed once, a tenth of a second."""
    lattice = points(grid)
    n_levels = 8 if grid.startswith("iq3") else 3
    groups = np.array(list(itertools.product(range(n_levels), repeat=lattice.shape[1])), np.int32)
    packed = pack_levels(groups)
    size = 1 << (16 if n_levels == 3 else 12)
    point = np.full(size, -1, np.int32)
    point[pack_levels(lattice.astype(np.int32))] = np.arange(len(lattice))
    off = np.flatnonzero(point[packed] < 0)
    distance = np.zeros((len(off), len(lattice)), np.uint8)
    for axis in range(lattice.shape[1]):
        step = groups[off, axis].astype(np.int8)[:, None] - lattice[:, axis].astype(np.int8)
        distance += (step * step).view(np.uint8)
    present = np.zeros((len(off), 256), np.bool_)
    present[np.arange(len(off))[:, None], distance] = True
    farthest = (present.cumsum(axis=1) <= _SHELLS[grid]).sum(axis=1) - 1  # up to the next distance's predecessor
    row, column = np.nonzero(distance <= farthest[:, None])
    near = column[np.argsort(row * 256 + distance[row, column], kind="stable")]
    count, start = np.zeros(size, np.int32), np.zeros(size, np.int32)
    count[packed[off]] = np.bincount(row, minlength=len(off))
    start[packed[off]] = np.concatenate([[0], np.cumsum(count[packed[off]])[:-1]])
    return Neighbours(point, start, count, near.astype(np.int32))


def snap(grid: str, levels: Ints, x: Floats, weights: Floats, scale: Floats, numbers: Floats) -> tuple[Ints, Any]:
    """Each group's levels if they are a point, else those of the near point with the least weighted error.

    Args:
        grid: A name of `points`.
        levels: (n_groups, 8 or 4).
        x: As levels: what is to be approximated by scale * numbers[level].
        weights: As levels.
        scale: (n_groups,).
        numbers: (n_levels,) or (n_groups, n_levels).

    Returns:
        The levels, and which groups were points.

    Raises:
        QuantError: No error can be computed: the numbers are too large.
    """
    found = neighbours(grid)
    packed = pack_levels(levels)
    is_point = found.point[packed] >= 0
    off = np.flatnonzero(~is_point)
    if not off.size:
        return levels, is_point
    count = found.count[packed[off]]
    owner = np.repeat(np.arange(len(off)), count)
    offset = np.cumsum(count) - count
    candidate = found.near[found.start[packed[off]][owner] + np.arange(len(owner)) - offset[owner]]
    lattice = points(grid)
    error = np.zeros(len(owner), np.float32)
    group = off[owner]
    for i in range(levels.shape[1]):
        level = lattice[candidate, i]
        number = numbers[level] if numbers.ndim == 1 else numbers[group, level]
        difference = scale[group] * number - x[group, i]
        error += weights[group, i] * difference * difference
    least = np.minimum.reduceat(error, offset)
    if not (least < np.finfo(np.float32).max).all():
        raise QuantError(
            "values are so large that their squares overflow float32, in which this format searches. "
            "Scale them down, or choose another format.",
            "values",
        )
    first = np.flatnonzero(error == least[owner])[::-1]  # backwards, so that the first of equals is written last
    best = np.empty(len(off), np.int32)
    best[owner[first]] = candidate[first]
    snapped = levels.copy()
    snapped[off] = lattice[best]
    return snapped, is_point

"""Searches for the range with the least mean squared error, for many slices at once: the first axis of every array.

Magnitudes are in units of each slice's widest range.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..formats.integers import IntFormat
from .settings import CalibrationSettings, FloatArray

CHUNK = 1 << 16  # elements of a temporary
OCTAVES = 16  # of magnitudes that are told apart
SCAN_COST = 1 << 22  # points times thresholds of a scan
SCAN_2D = np.unique(np.concatenate([np.arange(1, 13) / 12, 2.0 ** -np.arange(1.0, OCTAVES)]))
STARTS, STARTS_2D = 8, 4  # places of a scan that are looked at closely


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Points of n slices, (n, n_points), and how a range becomes codes.

    One slice may have weights that sum to 1; else all points weigh the same.
    """

    points: FloatArray
    weights: FloatArray | None
    fmt: IntFormat
    is_symmetric: bool

    def only(self, slices: NDArray[np.intp]) -> "Sample":
        """The sample of some of the slices."""
        return Sample(self.points[slices], self.weights, self.fmt, self.is_symmetric)

    def total(self, ranges: FloatArray) -> FloatArray:
        """The mean squared error of each range; ranges of shape (n, k, 2)."""
        total = np.empty(ranges.shape[:2])
        for place, _, errors, _ in self._errors(ranges):
            total[place] = self._mean(errors)
        return total

    def parts(self, ranges: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The clipping and the rounding part of the mean squared error of each range."""
        clipping, total = np.empty(ranges.shape[:2]), np.empty(ranges.shape[:2])
        for place, nearest, errors, clipped in self._errors(ranges):
            total[place] = self._mean(errors)
            errors *= clipped != nearest
            clipping[place] = self._mean(errors)
        return clipping, np.maximum(total - clipping, 0.0)

    def _errors(self, ranges: FloatArray) -> Iterator[tuple[tuple[slice, slice], FloatArray, FloatArray, FloatArray]]:
        """Pieces: where, codes, squared errors and clipped codes, (n, k, n_points)."""
        n_points = self.points.shape[1]
        n_ranges = max(1, min(ranges.shape[1], CHUNK // n_points))
        n_slices = max(1, CHUNK // (n_points * n_ranges))
        for i in range(0, ranges.shape[0], n_slices):
            points = self.points[i : i + n_slices, np.newaxis]
            for k in range(0, ranges.shape[1], n_ranges):
                place = slice(i, i + n_slices), slice(k, k + n_ranges)
                scale, first, last = self._codes(ranges[place])  # each of shape (n, k, 1)
                nearest = np.rint(points / scale)
                clipped = np.clip(nearest, first, last)
                errors = clipped * scale
                errors -= points
                errors *= errors
                yield place, nearest, errors, clipped

    def _mean(self, errors: FloatArray) -> FloatArray:
        if self.weights is None:
            return np.asarray(errors.sum(axis=-1) / errors.shape[-1])
        # not BLAS: its threads cost more than they bring here
        weighted: FloatArray = np.einsum("nkj,j->nk", errors, self.weights)
        return weighted

    def _codes(self, ranges: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Scale, lowest and highest code, the codes counted from the zero point."""
        low, high, (qmin, qmax) = ranges[..., :1], ranges[..., 1:], (self.fmt.qmin, self.fmt.qmax)
        if self.is_symmetric:
            middle = (qmin + qmax + 1) // 2
            scale = high / min(qmax - middle, middle - qmin)
            return scale, np.full_like(scale, qmin - middle), np.full_like(scale, qmax - middle)
        scale = (high - low) / (qmax - qmin)
        first = np.rint(low / scale)
        return scale, first, first + (qmax - qmin)


def search(sample: Sample, widest: FloatArray, settings: CalibrationSettings) -> tuple[FloatArray, FloatArray]:
    """The best range of each slice, (n, 2), and for a symmetric scheme the last thresholds tried, (n, k)."""
    if sample.is_symmetric:
        return _search_symmetric(sample)
    centre = np.zeros((len(widest), 1)) if settings.include_zero else widest.mean(axis=1, keepdims=True)
    return _search_affine(sample, widest, centre), widest


def _search_symmetric(sample: Sample) -> tuple[FloatArray, FloatArray]:
    """The best [-T, T] of each slice: a coarse scan, finer ones around its best dips, a finest around their best."""
    scan = coarse_scan(sample.points.shape[1])
    n = len(sample.points)
    total = sample.total(np.broadcast_to(mirrored(scan), (n, scan.size, 2)))
    beyond = np.full((n, 1), np.inf)
    is_dip = (total <= np.hstack([beyond, total[:, :-1]])) & (total <= np.hstack([total[:, 1:], beyond]))
    depth = np.where(is_dip, total, np.inf)
    dips = np.argsort(depth, axis=1, kind="stable")[:, :STARTS]
    dips = np.where(np.isinf(np.take_along_axis(depth, dips, axis=1)), dips[:, :1], dips)  # fewer: the best again
    n_fine = int(np.clip(SCAN_COST // (4 * sample.points.shape[1] * STARTS), 33, 65))
    before, after = scan[np.maximum(dips - 1, 0)], scan[np.minimum(dips + 1, scan.size - 1)]
    fine = np.sort(np.linspace(before, after, n_fine, axis=-1).reshape(n, -1), axis=1)
    best = np.take_along_axis(fine, sample.total(mirrored(fine)).argmin(axis=1)[:, np.newaxis], axis=1)
    below = np.where(fine < best, fine, -np.inf).max(axis=1, keepdims=True)
    above = np.where(fine > best, fine, np.inf).min(axis=1, keepdims=True)
    below, above = np.where(np.isinf(below), best, below), np.where(np.isinf(above), best, above)
    finest = np.hstack([np.linspace(below[:, 0], above[:, 0], 33, axis=-1), best])
    found = np.take_along_axis(finest, sample.total(mirrored(finest)).argmin(axis=1)[:, np.newaxis], axis=1)
    return np.hstack([-found, found]), finest


def _search_affine(sample: Sample, widest: FloatArray, centre: FloatArray) -> FloatArray:
    """The best range of each slice; all slices have the same ends at the centre.

    Both ends are shares of the way from the centre to the widest range: a coarse grid of pairs, then three grids of
    9 by 9, each four times finer, around the best pairs that are not neighbours.
    """
    n, reach = len(widest), (widest - centre)[:, np.newaxis]
    ends = [SCAN_2D if end != 0 else np.ones(1) for end in reach[0, 0]]
    total = sample.total(centre[:, np.newaxis] + reach * _pairs(*(np.broadcast_to(end, (n, end.size)) for end in ends)))
    total = total.reshape(n, ends[0].size, ends[1].size)
    i, j = np.indices(total.shape[1:])
    least, found = np.full(n, np.inf), widest.copy()
    for _ in range(STARTS_2D):
        start = total.reshape(n, -1).argmin(axis=1)
        at = start // ends[1].size, start % ends[1].size
        is_near = (
            np.maximum(*(np.abs(grid - k[:, np.newaxis, np.newaxis]) for grid, k in zip((i, j), at, strict=True))) <= 1
        )
        spans = [
            (end[np.maximum(k - 1, 0)], end[np.minimum(k + 1, end.size - 1)]) for end, k in zip(ends, at, strict=True)
        ]
        for _ in range(3):
            shares = _pairs(*(np.linspace(*span, 9, axis=-1) for span in spans))
            ranges = centre[:, np.newaxis] + reach * shares
            errors = sample.total(ranges)
            best = errors.argmin(axis=1)
            pick = np.arange(n), best
            is_better = errors[pick] < least
            least = np.where(is_better, errors[pick], least)
            found[is_better] = ranges[pick][is_better]
            steps = [(end - begin) / 8 for begin, end in spans]
            spans = [
                (np.maximum(middle - step, 2.0**-40), np.minimum(middle + step, 1.0))
                for middle, step in zip(shares[pick].T, steps, strict=True)
            ]
        total = np.where(is_near, np.inf, total)
    return found


def coarse_scan(n_points: int) -> FloatArray:
    """Thresholds from 2^-16 to 1: even steps, the more the fewer points there are, and eight to an octave."""
    n_even = int(np.clip(SCAN_COST // n_points, 128, 1024))
    return np.unique(np.concatenate([np.arange(1, n_even + 1) / n_even, 2.0 ** -np.arange(4, OCTAVES, 1 / 8)]))


def mirrored(threshold: FloatArray) -> FloatArray:
    """The ranges [-T, T]."""
    return np.stack([-threshold, threshold], axis=-1)


def _pairs(first: FloatArray, second: FloatArray) -> FloatArray:
    """All pairs of each slice, in rows: shape (n, first.shape[1] * second.shape[1], 2)."""
    n, n_first, n_second = len(first), first.shape[1], second.shape[1]
    pairs = np.empty((n, n_first, n_second, 2))
    pairs[..., 0], pairs[..., 1] = first[:, :, np.newaxis], second[:, np.newaxis]
    return pairs.reshape(n, -1, 2)

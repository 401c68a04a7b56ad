"""Searches for the range with the least mean squared error, for many slices at once: the first axis of every array.

Magnitudes are in units of each slice's widest range.
"""

import numpy as np
from numpy.typing import NDArray

from .mse_sample import Sample, mirrored
from .settings import CalibrationSettings, FloatArray

OCTAVES = 16  # of magnitudes that are told apart
SCAN_COST = 1 << 22  # points times thresholds of a scan
SCAN_2D = np.unique(np.concatenate([np.arange(1, 13) / 12, 2.0 ** -np.arange(1.0, OCTAVES)]))
_STRIDE = 16  # steps of a scan between thresholds at which clipping is looked at
_MORE = 1 + 1e-9  # for the rounding of sums that are compared
STARTS, STARTS_2D = 8, 4  # places of a scan that are looked at closely


def search(
    sample: Sample, widest: FloatArray, full: FloatArray, settings: CalibrationSettings
) -> tuple[FloatArray, FloatArray]:
    """The best range of each slice, (n, 2), and for a symmetric scheme the last thresholds tried, (n, k).

    `full` are the errors of the widest ranges, (n,).
    """
    if sample.is_symmetric:
        return _search_symmetric(sample, full)
    centre = np.zeros((len(widest), 1)) if settings.include_zero else widest.mean(axis=1, keepdims=True)
    return _search_affine(sample, widest, full, centre), widest


def _search_symmetric(sample: Sample, full: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The best [-T, T] of each slice: a coarse scan, finer ones around its best dips, a finest around their best.

    The scan leaves out thresholds where clipping alone costs more than min-max does.
    """
    scan = coarse_scan(sample.points.shape[1])
    n = len(sample.points)
    total = _errors_at(sample, np.broadcast_to(scan, (n, scan.size)), _may_be_best(sample, scan, full))
    beyond = np.full((n, 1), np.inf)
    is_dip = (total <= np.hstack([beyond, total[:, :-1]])) & (total <= np.hstack([total[:, 1:], beyond]))
    depth = np.where(is_dip, total, np.inf)
    dips = np.argsort(depth, axis=1, kind="stable")[:, :STARTS]
    dips = np.where(np.isinf(np.take_along_axis(depth, dips, axis=1)), dips[:, :1], dips)  # fewer: the best again
    n_fine = int(np.clip(SCAN_COST // (4 * sample.points.shape[1] * STARTS), 33, 65))
    before, after = scan[np.maximum(dips - 1, 0)], scan[np.minimum(dips + 1, scan.size - 1)]
    fine = np.sort(np.linspace(before, after, n_fine, axis=-1).reshape(n, -1), axis=1)
    is_new = np.diff(fine, prepend=0) != 0
    best = np.take_along_axis(fine, _errors_at(sample, fine, is_new).argmin(axis=1)[:, np.newaxis], axis=1)
    below = np.where(fine < best, fine, -np.inf).max(axis=1, keepdims=True)
    above = np.where(fine > best, fine, np.inf).min(axis=1, keepdims=True)
    below, above = np.where(np.isinf(below), best, below), np.where(np.isinf(above), best, above)
    finest = np.hstack([np.linspace(below[:, 0], above[:, 0], 33, axis=-1), best])
    found = np.take_along_axis(finest, sample.total(mirrored(finest)).argmin(axis=1)[:, np.newaxis], axis=1)
    return np.hstack([-found, found]), finest


def _may_be_best(sample: Sample, scan: FloatArray, full: FloatArray) -> NDArray[np.bool_]:
    """Whether clipping at a threshold of the scan, or near it, costs less than the error of min-max, (n, k)."""
    checked = scan[::_STRIDE]
    costs = sample.least_mirrored(checked) > full[:, np.newaxis] * _MORE  # the more, the smaller the threshold
    first = np.maximum((costs.sum(axis=1) - 1) * _STRIDE - 2, 0)
    return np.asarray(np.arange(scan.size) >= first[:, np.newaxis])


def _errors_at(sample: Sample, thresholds: FloatArray, is_wanted: NDArray[np.bool_]) -> FloatArray:
    """The errors of [-T, T] for each T, (n, k), where they are wanted; else inf."""
    errors = np.full(thresholds.shape, np.inf)
    errors[is_wanted] = sample.total_at(np.nonzero(is_wanted)[0], mirrored(thresholds[is_wanted]))
    return errors


def _search_affine(sample: Sample, widest: FloatArray, full: FloatArray, centre: FloatArray) -> FloatArray:
    """The best range of each slice; all slices have the same ends at the centre.

    Both ends are shares of the way from the centre to the widest range: a coarse grid of pairs, then three grids of
    9 by 9, each four times finer, around the best pairs that are not neighbours. Nothing is looked at where clipping
    alone costs more than the least error that is known.
    """
    n, reach = len(widest), widest - centre
    ends = [SCAN_2D if end != 0 else np.ones(1) for end in reach[0]]
    least, found = full.copy(), widest.copy()
    total = _grid(sample, centre, reach, [np.broadcast_to(end, (n, end.size)) for end in ends], least, n_wider=1)
    known = np.minimum(least, total.min(axis=(1, 2)))
    i, j = np.indices(total.shape[1:])
    for _ in range(STARTS_2D):
        flat = total.reshape(n, -1)
        start = flat.argmin(axis=1)
        left = np.flatnonzero(np.isfinite(flat[np.arange(n), start]))
        if left.size == 0:
            break
        at = start[left] // ends[1].size, start[left] % ends[1].size
        is_near = (
            np.maximum(*(np.abs(grid - k[:, np.newaxis, np.newaxis]) for grid, k in zip((i, j), at, strict=True))) <= 1
        )
        total[left] = np.where(is_near, np.inf, total[left])
        spans = [
            (end[np.maximum(k - 1, 0)], end[np.minimum(k + 1, end.size - 1)]) for end, k in zip(ends, at, strict=True)
        ]
        for _ in range(3):
            if left.size == 0:
                break
            shares = [np.linspace(*span, min(9, end.size), axis=-1) for span, end in zip(spans, ends, strict=True)]
            errors = _grid(sample.only(left), centre[left], reach[left], shares, known[left]).reshape(left.size, -1)
            best = errors.argmin(axis=1)
            error = errors[np.arange(left.size), best]
            middles = [
                np.take_along_axis(share, k[:, np.newaxis], axis=1)[:, 0]
                for share, k in zip(shares, divmod(best, shares[1].shape[1]), strict=True)
            ]
            is_better = error < least[left]
            better = left[is_better]
            least[better] = error[is_better]
            found[better] = centre[better] + reach[better] * np.stack(middles, axis=1)[is_better]
            known = np.minimum(known, least)
            goes_on = np.isfinite(error)
            left = left[goes_on]
            spans = [
                (
                    np.maximum(middle - (end - begin) / 8, 2.0**-40)[goes_on],
                    np.minimum(middle + (end - begin) / 8, 1.0)[goes_on],
                )
                for middle, (begin, end) in zip(middles, spans, strict=True)
            ]
    return found


def _grid(
    sample: Sample, centre: FloatArray, reach: FloatArray, shares: list[FloatArray], known: FloatArray, n_wider: int = 0
) -> FloatArray:
    """The errors of all pairs of ends, (n, k, l); inf where they clip too much to reach the error that is known, (n,).

    Args:
        sample: Of the n slices.
        centre: Where both ends begin, (n, 1).
        reach: How far each end goes from there, (n, 2).
        shares: How much of its reach each end has, ascending, (n, k) and (n, l).
        known: An error of each slice that others are to be less than.
        n_wider: A pair is looked at if the one that is wider by so many steps may be good enough.
    """
    low, high = centre[:, :1] + reach[:, :1] * shares[0], centre[:, -1:] + reach[:, 1:] * shares[1]
    bound = sample.least(low, high, reach[:, 1:] - reach[:, :1])
    for axis in (1, 2):
        wider = np.minimum(np.arange(bound.shape[axis]) + n_wider, bound.shape[axis] - 1)
        bound = bound.take(wider, axis=axis)
    i, j, k = np.nonzero(bound <= known[:, np.newaxis, np.newaxis] * _MORE)
    errors = np.full(bound.shape, np.inf)
    errors[i, j, k] = sample.total_at(i, np.stack([low[i, j], high[i, k]], axis=1))
    return errors


def coarse_scan(n_points: int) -> FloatArray:
    """Thresholds from 2^-16 to 1: even steps, the more the fewer points there are, and eight to an octave."""
    n_even = int(np.clip(SCAN_COST // n_points, 128, 1024))
    return np.unique(np.concatenate([np.arange(1, n_even + 1) / n_even, 2.0 ** -np.arange(4, OCTAVES, 1 / 8)]))

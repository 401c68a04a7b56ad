"""The range with the least mean squared error, clipping and rounding together.

The error is evaluated on some ten thousand weighted points at most: the values themselves where they are few, else the
means of the bins of a histogram whose bins grow with the magnitude, so that a distant outlier does not blur what is
near zero. A coarse scan is followed by finer ones around its best places; the winner still has to beat min-max on the
values themselves. Magnitudes are in units of absmax until the end.
"""

from dataclasses import dataclass

import numpy as np

from ..formats.integers import IntFormat
from .settings import Batches, Calibrated, CalibrationSettings, Curve, FloatArray

_MAX_EXACT = 8192  # values that are searched as they are
_BINS = 512  # to an octave
_OCTAVES = 16  # below absmax * 2^-16 all magnitudes of one sign share a bin
_CHUNK = 1 << 16  # elements of a temporary
_SCAN_COST = 1 << 22  # points times thresholds of a scan
_SCAN_2D = np.unique(np.concatenate([np.arange(1, 13) / 12, 2.0 ** -np.arange(1.0, _OCTAVES)]))
_STARTS, _STARTS_2D = 8, 4  # places of a scan that are looked at closely
_ULP = 2.0**-23  # float32 misplaces a value by up to levels * 2^-24 steps; min-max is only left for more than that
_NEGLIGIBLE = 1e-15  # mean squared error below the precision of float32, in units of absmax^2


def mse(batches: Batches, fmt: IntFormat, settings: CalibrationSettings) -> Calibrated:
    """The range with the least mean (x - x_hat)^2, the scale being absmax / qmax, or (max - min) / (qmax - qmin).

    Symmetric: the threshold T of [-T, T]. Affine: both ends; with `include_zero` neither crosses zero, without it
    neither crosses the middle of the data. Never worse than min-max, which is the answer where clipping gains nothing.
    Toolkits that divide otherwise (absmax / 127.5, say) get nearly the least error with it.
    """
    low, high = min(float(batch.min()) for batch in batches), max(float(batch.max()) for batch in batches)
    is_symmetric = settings.scheme == "symmetric"
    if is_symmetric:
        low, high = min(low, -high), max(high, -low)
    elif settings.include_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    unit = max(-low, high)
    if low == high or unit == 0:
        return Calibrated(low, high)
    sample = _sample(batches, unit, fmt, is_symmetric)
    widest = np.array([low, high]) / unit
    if is_symmetric:
        scanned, found = _search_symmetric(sample)
    else:
        centre = 0.0 if settings.include_zero else float(widest.mean())
        found = _search_affine(sample, widest, centre)
        scanned = None
    chosen, full = _on_the_values(batches, unit, sample, np.array([found, widest]))
    if chosen + _NEGLIGIBLE >= (1 - fmt.levels * _ULP) * full:
        found = widest
    else:
        low, high = float(found[0]) * unit, float(found[1]) * unit
    if scanned is None:
        scanned = _scan_far_end(sample, found)
    return Calibrated(low, high, scanned.curve(float(np.abs(found).max()), unit))


@dataclass(frozen=True, slots=True, eq=False)
class _Sample:
    """Points with weights that sum to 1, and how a range becomes codes."""

    points: FloatArray
    weights: FloatArray
    fmt: IntFormat
    is_symmetric: bool

    def errors(self, ranges: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The clipping and the rounding part of the mean squared error of each range; ranges of shape (n, 2)."""
        clipping, total = np.empty(len(ranges)), np.empty(len(ranges))
        n_rows = max(1, _CHUNK // self.points.size)
        for start in range(0, len(ranges), n_rows):
            rows = slice(start, start + n_rows)
            scale, first, last = self._codes(ranges[rows])  # each of shape (n_rows, 1)
            nearest = np.rint(self.points / scale)
            errors = np.clip(nearest, first, last)
            is_clipped = errors != nearest
            errors *= scale
            errors -= self.points
            errors *= errors
            total[rows] = np.einsum(
                "ij,j", errors, self.weights
            )  # not BLAS: its threads cost more than they bring here
            errors *= is_clipped
            clipping[rows] = np.einsum("ij,j", errors, self.weights)
        return clipping, np.maximum(total - clipping, 0.0)

    def total(self, ranges: FloatArray) -> FloatArray:
        """The mean squared error of each range."""
        return np.add(*self.errors(ranges))

    def _codes(self, ranges: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Scale, lowest and highest code, the codes counted from the zero point."""
        low, high, (qmin, qmax) = ranges[:, :1], ranges[:, 1:], (self.fmt.qmin, self.fmt.qmax)
        if self.is_symmetric:
            middle = (qmin + qmax + 1) // 2
            scale = high / min(qmax - middle, middle - qmin)
            return scale, np.full_like(scale, qmin - middle), np.full_like(scale, qmax - middle)
        scale = (high - low) / (qmax - qmin)
        first = np.rint(low / scale)
        return scale, first, first + (qmax - qmin)


def _sample(batches: Batches, unit: float, fmt: IntFormat, is_symmetric: bool) -> _Sample:
    """At most `_MAX_EXACT` values as they are, else the bins' means, weighted by how many they stand for."""
    n = sum(batch.size for batch in batches)
    if n <= _MAX_EXACT:
        points = np.concatenate(batches).astype(np.float64) / unit
        return _Sample(points, np.full(n, 1 / n), fmt, is_symmetric)
    n_bins = _OCTAVES * _BINS + 1
    counts, sums = np.zeros(2 * n_bins), np.zeros(2 * n_bins)
    for batch in batches:
        for start in range(0, batch.size, _CHUNK):
            chunk = batch[start : start + _CHUNK].astype(np.float64) / unit
            # the leading bits of a float are its sign, its exponent (the octave) and the place within the octave
            bits = np.abs(chunk).astype(np.float32).view(np.int32)
            index = np.maximum((bits >> (23 - 9)) - ((127 - _OCTAVES) * _BINS - 1), 0)
            index = np.where(chunk < 0, n_bins, 0) + np.minimum(index, n_bins - 1)
            index = index.astype(np.intp)
            counts += np.bincount(index, minlength=counts.size)
            sums += np.bincount(index, weights=chunk, minlength=sums.size)
    used = counts > 0
    return _Sample(sums[used] / counts[used], counts[used] / n, fmt, is_symmetric)


@dataclass(frozen=True, slots=True, eq=False)
class _Scanned:
    """Thresholds in any order, and the errors there."""

    threshold: FloatArray
    clipping: FloatArray
    rounding: FloatArray

    def curve(self, chosen: float, unit: float) -> Curve:
        """The curve in the unit of the data; `chosen` is one of the thresholds."""
        threshold, first = np.unique(self.threshold, return_index=True)
        with np.errstate(over="ignore"):  # squares of extreme float64 values may not be representable
            clipping, rounding = (part[first] * unit * unit for part in (self.clipping, self.rounding))
        best = int(np.searchsorted(threshold, chosen))
        return Curve(threshold * unit, clipping + rounding, best, "mse", clipping, rounding)


def _search_symmetric(sample: _Sample) -> tuple[_Scanned, FloatArray]:
    """The best [-T, T], and all the thresholds of the coarse scan with those next to the best."""
    scan = _scan(sample.points.size)
    clipping, rounding = sample.errors(_mirrored(scan))
    total = clipping + rounding
    is_dip = (total <= np.append(np.inf, total[:-1])) & (total <= np.append(total[1:], np.inf))
    dips = np.flatnonzero(is_dip)
    dips = dips[np.argsort(total[dips], kind="stable")][:_STARTS]
    n_fine = int(np.clip(_SCAN_COST // (4 * sample.points.size * _STARTS), 33, 65))
    fine = np.unique(np.concatenate([np.linspace(*_neighbours(scan, i), n_fine) for i in dips.tolist()]))
    best = int(sample.total(_mirrored(fine)).argmin())
    finest = np.append(np.linspace(*_neighbours(fine, best), 33), fine[best])
    last = sample.errors(_mirrored(finest))
    found = _mirrored(finest)[np.add(*last).argmin()]
    scanned = (np.append(before, after) for before, after in zip((clipping, rounding), last, strict=True))
    return _Scanned(np.append(scan, finest), *scanned), found


def _search_affine(sample: _Sample, widest: FloatArray, centre: float) -> FloatArray:
    """The best range.

    Both ends are shares of the way from the centre to the widest range: a coarse grid of pairs, then three grids of
    9 by 9, each four times finer, around the best pairs that are not neighbours.
    """
    reach = widest - centre
    low, high = (_SCAN_2D if end != 0 else np.ones(1) for end in reach)
    pairs = _pairs(low, high)
    order = np.argsort(sample.total(centre + reach * pairs), kind="stable")
    starts: list[tuple[int, int]] = []
    for i, j in (divmod(int(k), high.size) for k in order):
        if all(max(abs(i - other_i), abs(j - other_j)) > 1 for other_i, other_j in starts):
            starts.append((i, j))
        if len(starts) == _STARTS_2D:
            break
    least, found = np.inf, widest
    for i, j in starts:
        spans = [_neighbours(low, i), _neighbours(high, j)]
        for _ in range(3):
            pairs = _pairs(*(np.unique(np.linspace(*span, 9)) for span in spans))
            ranges = centre + reach * pairs
            total = sample.total(ranges)
            best = int(total.argmin())
            if total[best] < least:
                least, found = total[best], ranges[best]
            steps = [(end - begin) / 8 for begin, end in spans]
            spans = [
                (max(at - step, 2.0**-40), min(at + step, 1.0)) for at, step in zip(pairs[best], steps, strict=True)
            ]
    return found


def _on_the_values(batches: Batches, unit: float, sample: _Sample, ranges: FloatArray) -> FloatArray:
    """The mean squared error of each range over all the values, not the sample."""
    n = sum(batch.size for batch in batches)
    if sample.points.size == n:
        return sample.total(ranges)
    total = np.zeros(len(ranges))
    for batch in batches:
        for start in range(0, batch.size, _CHUNK):
            points = batch[start : start + _CHUNK].astype(np.float64) / unit
            total += _Sample(points, np.full(points.size, 1 / n), sample.fmt, sample.is_symmetric).total(ranges)
    return total


def _scan_far_end(sample: _Sample, found: FloatArray) -> _Scanned:
    """The errors along the end that is farther from zero, the other held where it was found."""
    side = int(abs(found[1]) >= abs(found[0]))
    threshold = np.append(_scan(_MAX_EXACT), abs(found[side]))
    ranges = np.tile(found, (threshold.size, 1))
    ranges[:, side] = threshold if side else -threshold
    is_range = ranges[:, 0] < ranges[:, 1]
    return _Scanned(threshold[is_range], *sample.errors(ranges[is_range]))


def _scan(n_points: int) -> FloatArray:
    """Thresholds from 2^-16 to 1: even steps, the more the fewer points there are, and eight to an octave."""
    n_even = int(np.clip(_SCAN_COST // n_points, 128, 1024))
    return np.unique(np.concatenate([np.arange(1, n_even + 1) / n_even, 2.0 ** -np.arange(4, _OCTAVES, 1 / 8)]))


def _mirrored(threshold: FloatArray) -> FloatArray:
    return np.stack([-threshold, threshold], axis=1)


def _pairs(first: FloatArray, second: FloatArray) -> FloatArray:
    """All pairs, in rows: shape (first.size * second.size, 2)."""
    return np.stack(np.meshgrid(first, second, indexing="ij"), axis=-1).reshape(-1, 2)


def _neighbours(values: FloatArray, i: int) -> tuple[float, float]:
    return float(values[max(i - 1, 0)]), float(values[min(i + 1, values.size - 1)])

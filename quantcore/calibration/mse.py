"""The range with the least mean squared error, clipping and rounding together.

The error is evaluated on some ten thousand weighted points at most: the values themselves where they are few, else the
means of the bins of a histogram whose bins grow with the magnitude, so that a distant outlier does not blur what is
near zero. What `mse_search` finds on them still has to beat min-max on the values themselves.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..formats.format import Format
from ..formats.integers import IntFormat
from .mse_sample import Sample, mirrored
from .mse_search import OCTAVES, coarse_scan, search
from .settings import Batches, Calibrated, CalibrationSettings, Curve, FloatArray, Rows

MAX_ROW = 8192  # values that are searched as they are
_BINS = 512  # to an octave; below absmax * 2^-OCTAVES all magnitudes of one sign share a bin
_CHUNK = 1 << 16  # values of a batch that are looked at together
_ULP = 2.0**-23  # float32 misplaces a value by up to levels * 2^-24 steps; min-max is only left for more than that
_NEGLIGIBLE = 1e-15  # mean squared error below the precision of float32, in units of absmax^2


def mse(batches: Batches, fmt: Format, settings: CalibrationSettings) -> Calibrated:
    """The range with the least mean (x - x_hat)^2, the scale being absmax / qmax, or (max - min) / (qmax - qmin).

    Of floats and codebooks the scale is T / the greatest number.

    Symmetric: the threshold T of [-T, T]. Affine: both ends; with `include_zero` neither crosses zero, without it
    neither crosses the middle of the data. Never worse than min-max, which is the answer where clipping gains nothing.
    Toolkits that divide otherwise (absmax / 127.5, say) get nearly the least error with it.
    """
    is_symmetric = settings.scheme == "symmetric"
    low, high = min(float(batch.min()) for batch in batches), max(float(batch.max()) for batch in batches)
    ends = _widest(np.array([[low, high]]), settings)
    low, high = float(ends[0, 0]), float(ends[0, 1])
    unit = max(-low, high)
    if low == high or unit == 0:
        return Calibrated(low, high)
    widest = ends / unit
    sample = _sample(batches, unit, fmt, is_symmetric)
    found, finest = search(sample, widest, sample.total(widest[:, np.newaxis])[:, 0], settings)
    chosen, full = _on_the_values(batches, unit, sample, np.stack([found[0], widest[0]]))
    if not _gains(chosen, full, fmt):
        found = widest
    else:
        low, high = float(found[0, 0]) * unit, float(found[0, 1]) * unit
    scanned = _scan_symmetric(sample, finest) if is_symmetric else _scan_far_end(sample, found[0])
    return Calibrated(low, high, scanned.curve(float(np.abs(found).max()), unit))


def mse_rows(rows: Rows, fmt: Format, settings: CalibrationSettings) -> tuple[FloatArray, FloatArray]:
    """The ranges of many slices of no more than `MAX_ROW` values, as `mse` finds that of each."""
    x = rows.astype(np.float64)
    ends = _widest(np.stack([x.min(axis=1), x.max(axis=1)], axis=1), settings)
    unit = np.maximum(-ends[:, :1], ends[:, 1:])
    has_width = np.flatnonzero((ends[:, 0] != ends[:, 1]) & (unit[:, 0] != 0))
    sample = Sample(x[has_width] / unit[has_width], None, fmt, settings.scheme == "symmetric")
    widest = ends[has_width] / unit[has_width]
    full = sample.total(widest[:, np.newaxis])[:, 0]
    is_worth = np.flatnonzero(_gains(np.zeros_like(full), full, fmt))  # else min-max is as good as nothing lost
    sample, widest, full = sample.only(is_worth), widest[is_worth], full[is_worth]
    for kind in np.unique(widest == 0, axis=0):  # of ranges with an end at 0 that end is not searched for
        alike = np.flatnonzero(((widest == 0) == kind).all(axis=1))
        found, _ = search(sample.only(alike), widest[alike], full[alike], settings)
        gains = _gains(sample.only(alike).total(found[:, np.newaxis])[:, 0], full[alike], fmt)
        place = has_width[is_worth[alike[gains]]]
        ends[place] = found[gains] * unit[place]
    return ends[:, 0], ends[:, 1]


def _widest(ends: FloatArray, settings: CalibrationSettings) -> FloatArray:
    """The ranges that clip nothing, (n, 2)."""
    low, high = ends[:, 0], ends[:, 1]
    if settings.scheme == "symmetric":
        low, high = np.minimum(low, -high), np.maximum(high, -low)
    elif settings.include_zero:
        low, high = np.minimum(low, 0.0), np.maximum(high, 0.0)
    return np.stack([low, high], axis=1)


def _gains(chosen: FloatArray, full: FloatArray, fmt: Format) -> NDArray[np.bool_]:
    """Whether an error is worth leaving min-max for, whose error is `full`."""
    levels = fmt.levels if isinstance(fmt, IntFormat) else 1 << fmt.bits
    return np.asarray(chosen + _NEGLIGIBLE < (1 - levels * _ULP) * full)


def _sample(batches: Batches, unit: float, fmt: Format, is_symmetric: bool) -> Sample:
    """One slice: at most `MAX_ROW` values as they are, else the bins' means, weighted by how many they stand for."""
    n = sum(batch.size for batch in batches)
    if n <= MAX_ROW:
        return Sample(np.concatenate(batches).astype(np.float64)[np.newaxis] / unit, None, fmt, is_symmetric)
    n_bins = OCTAVES * _BINS + 1
    counts, sums = np.zeros(2 * n_bins), np.zeros(2 * n_bins)
    for batch in batches:
        for start in range(0, batch.size, _CHUNK):
            chunk = batch[start : start + _CHUNK].astype(np.float64) / unit
            # the leading bits of a float are its sign, its exponent (the octave) and the place within the octave
            bits = np.abs(chunk).astype(np.float32).view(np.int32)
            index = np.maximum((bits >> (23 - 9)) - ((127 - OCTAVES) * _BINS - 1), 0)
            index = np.where(chunk < 0, n_bins, 0) + np.minimum(index, n_bins - 1)
            index = index.astype(np.intp)
            counts += np.bincount(index, minlength=counts.size)
            sums += np.bincount(index, weights=chunk, minlength=sums.size)
    used = counts > 0
    return Sample((sums[used] / counts[used])[np.newaxis], counts[used] / n, fmt, is_symmetric)


def _on_the_values(batches: Batches, unit: float, sample: Sample, ranges: FloatArray) -> FloatArray:
    """The mean squared error of each of two ranges, (2, 2), over all the values of the one slice, not the sample."""
    if sample.weights is None:
        exact: FloatArray = sample.total(ranges[np.newaxis])[0]
        return exact
    n = sum(batch.size for batch in batches)
    total = np.zeros(len(ranges))
    for batch in batches:
        for start in range(0, batch.size, _CHUNK):
            points = batch[np.newaxis, start : start + _CHUNK].astype(np.float64) / unit
            weights = np.full(points.size, 1 / n)
            total += Sample(points, weights, sample.fmt, sample.is_symmetric).total(ranges[np.newaxis])[0]
    return total


@dataclass(frozen=True, slots=True, eq=False)
class _Scanned:
    """Thresholds in any order, and the errors there, of one slice."""

    threshold: FloatArray
    clipping: FloatArray
    rounding: FloatArray

    def curve(self, chosen: float, unit: float) -> Curve:
        """The curve in the unit of the data; `chosen` is one of the thresholds."""
        threshold, first = np.unique(self.threshold, return_index=True)
        with np.errstate(over="ignore"):  # squares of extreme float64 values may not be representable
            clipping, rounding = (part[first] * unit * unit for part in (self.clipping, self.rounding))
        best = int(np.searchsorted(threshold, chosen))
        return Curve(
            threshold=threshold * unit,
            total=clipping + rounding,
            best=best,
            unit="mse",
            clipping=clipping,
            rounding=rounding,
        )


def _scan_symmetric(sample: Sample, finest: FloatArray) -> _Scanned:
    """The errors along the coarse scan and the finest one."""
    threshold = np.append(coarse_scan(sample.points.shape[1]), finest[0])
    clipping, rounding = sample.parts(mirrored(threshold))
    return _Scanned(threshold, clipping, rounding)


def _scan_far_end(sample: Sample, found: FloatArray) -> _Scanned:
    """The errors along the end that is farther from zero, the other held where it was found."""
    side = int(abs(found[1]) >= abs(found[0]))
    threshold = np.append(coarse_scan(MAX_ROW), abs(found[side]))
    ranges = np.tile(found, (threshold.size, 1))
    ranges[:, side] = threshold if side else -threshold
    is_range = ranges[:, 0] < ranges[:, 1]
    clipping, rounding = sample.parts(ranges[is_range])
    return _Scanned(threshold[is_range], clipping, rounding)

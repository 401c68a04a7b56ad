"""KL(p||q) of all candidates of ONNX Runtime's search, for many slices at once, but for the library's rounding."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .entropy import SMOOTHING, candidates_of
from .settings import CalibrationSettings, FloatArray

Counts = NDArray[np.int64]
Floats = NDArray[np.float32]  # precise enough here, and quicker
_MOST_LESS = 0.1  # of what smoothing takes from a bin of q: the logarithm of the rest is a series up to its square


@dataclass(frozen=True, slots=True, eq=False)
class Grids:
    """The candidates, each with the grid that its merged bins belong to.

    Attributes:
        starts, ends: The bins of each candidate, (k,).
        n_merged: Merged bins of each.
        width: Bins that are merged into one, (k,).
        grid: Which grid a candidate belongs to, (k,).
        widths, offsets: Of each grid: bins that are merged into one, and the first bin where one begins, (n_grids,).
    """

    starts: Counts
    ends: Counts
    n_merged: int
    width: Counts
    grid: Counts
    widths: Counts
    offsets: Counts


@lru_cache(maxsize=4)
def grids_of(settings: CalibrationSettings) -> Grids:
    """The candidates in a histogram of one batch, with their grids."""
    tried, n_merged = candidates_of(settings), settings.quantized_bins
    width = (tried.ends - tried.starts) // n_merged
    pairs = np.stack([width, tried.starts % width], axis=1)
    grids, grid = np.unique(pairs, axis=0, return_inverse=True)
    return Grids(tried.starts, tried.ends, n_merged, width, grid.reshape(-1), grids[:, 0], grids[:, 1])


@dataclass(frozen=True, slots=True, eq=False)
class Slices:
    """Histograms of n slices, (n, bins), and their bins that are not empty, slice after slice.

    Attributes:
        counts: Values in each bin.
        below: Values in lower bins, (n, bins + 1).
        position: How many bins before this one, of this and all former slices, are not empty, (n, bins + 1).
        owner, place, values: Of each bin that is not empty: the slice, the bin, how many values it holds.
    """

    counts: Floats
    below: Floats
    position: NDArray[np.int32]
    owner: Counts
    place: Counts
    values: Counts

    @classmethod
    def of(cls, counts: Counts) -> "Slices":
        """The slices with these histograms."""
        n, bins = counts.shape
        owner, place = used_bins(counts)
        below, position = np.zeros((n, bins + 1), np.float32), np.empty((n, bins + 1), np.int32)
        counts32 = counts.astype(np.float32)
        np.cumsum(counts32, axis=1, out=below[:, 1:])
        until = _running(counts > 0)
        position[:, :-1], position[:, -1] = until[:-1].reshape(n, bins), until[bins::bins]
        return cls(counts32, below, position, owner, place, counts[owner, place])


def used_bins(counts: Counts) -> tuple[Counts, Counts]:
    """The slice and the bin of every bin that is not empty, slice after slice."""
    owner, place = np.divmod(np.flatnonzero(counts > 0), counts.shape[1])
    return owner, place


def estimates(slices: Slices, grids: Grids) -> Floats:
    """KL(p||q) of every candidate of every slice, (n, k); -inf where this formula does not hold."""
    length, width = ((grids.ends - grids.starts).astype(np.float32), grids.width.astype(np.float32))
    cuts = [grids.starts, grids.starts + grids.width, grids.starts + (grids.n_merged - 1) * grids.width]
    cuts += [grids.starts + grids.n_merged * grids.width, grids.ends]
    below = [slices.below.take(cut, axis=1, mode="clip") for cut in cuts]
    position = [slices.position.take(cut, axis=1, mode="clip") for cut in cuts]
    n_values = slices.below[:, -1:]
    # what p has more than the counts: the values beyond, in its first and its last bin
    first, last = (slices.counts.take(cut, axis=1, mode="clip") for cut in (grids.starts, grids.ends - 1))
    before, after = below[0], n_values - below[-1]
    is_new = (first == 0) & (before > 0), (last == 0) & (after > 0)
    n_used = (position[-1] - position[0] + is_new[0] + is_new[1]).astype(np.float32)
    p_less = SMOOTHING * (length - n_used) / n_used  # what each used bin gives up
    # the first and the last merged bin; of the last what is beyond its width is merged, but not spread over
    is_flush = grids.ends == cuts[3]
    merged = below[1] - below[0], below[-1] - below[2]
    used = position[1] - position[0] + is_new[0], position[3] - position[2] + (is_new[1] & is_flush)
    held = below[1], below[3] - below[2] + after * is_flush
    average = [np.floor(m / np.maximum(u, 1).astype(np.float32)) * (u > 0) for m, u in zip(merged, used, strict=True)]
    runs = _Runs.of(slices, grids)
    begin, end = (grids.grid * slices.place.size + cut for cut in position[1:3])
    between = runs.between(begin, end)
    n_spread = width * (between + (average[0] > 0) + (average[1] > 0)).astype(np.float32)
    q_less = SMOOTHING * (length - n_spread) / np.maximum(n_spread, 1)
    # a merged bin holds m - give * u + more of p, and each of its bins average - q_less of q
    give, more = p_less + np.float32(SMOOTHING), np.float32(SMOOTHING) * width
    p = below[2] - below[1] - give * (position[2] - position[1]).astype(np.float32) + more * between
    log_one = np.log(np.maximum(1 - q_less, 0.5))
    cross = p * log_one
    left = n_values - p
    for h, u, a in zip(held, used, average, strict=True):
        p = (h - give * u.astype(np.float32) + more) * (a > 0)
        cross += p * np.log(np.maximum(a - q_less, 0.5))
        left -= p
    cross += left * math.log(SMOOTHING)  # all other bins have the smoothed 0 in q
    q_total = between + average[0] + average[1]  # in units of the width
    here, fuller = runs.fuller(begin, end)
    one, log, inverse = (m - give[here] * u + more[here[1]] * n for m, u, n in fuller[:9].reshape(3, 3, -1))
    cross[here] += log - log_one[here] * one - q_less[here] * (inverse + q_less[here] / 2 * fuller[9])
    q_total[here] += fuller[10]
    own = (length - n_used) * (SMOOTHING * math.log(SMOOTHING))
    own += _own(slices, position[0], position[-1], p_less)
    for count, beyond in ((first, before), (last, after)):
        own += _entropy(count + beyond - p_less) - _entropy(count - p_less)
    divergence = (own - cross) / n_values + np.log(np.maximum(q_total, 1) * width / n_values)
    divergence[q_total == 0] = np.inf
    divergence[(q_total > 0) & ((p_less >= 1) | (q_less > _MOST_LESS))] = -np.inf
    return np.asarray(divergence)


def _own(slices: Slices, first: NDArray[np.int32], last: NDArray[np.int32], p_less: Floats) -> Floats:
    """The sum of p log p over the bins that hold values from one position to another, each giving up `p_less`."""
    own = np.zeros_like(p_less)
    for value in np.unique(slices.values).tolist():
        having = _running(slices.values == value).astype(np.float32)
        own += (having.take(last) - having.take(first)) * _entropy(value - p_less)
    return own


@dataclass(frozen=True, slots=True, eq=False)
class _Runs:
    """The merged bins of all grids that are not empty: runs of bins that hold values, (n_grids, n_positions) in a row.

    Attributes:
        until: How many runs begin before each position of each grid.
        until_fuller: The same of those whose average is more than 1.
        terms: Of each of those, (11, n_runs): values, used bins and 1; the same times the logarithm of the average;
            the same divided by the average; values / average^2; average - 1.
    """

    until: NDArray[np.int32]
    until_fuller: NDArray[np.int32]
    terms: FloatArray

    @classmethod
    def of(cls, slices: Slices, grids: Grids) -> "_Runs":
        """The runs of these histograms."""
        n = slices.place.size
        # counted from one merged bin before the first; half a bin keeps the quotient off whole numbers
        before = (grids.offsets - grids.widths - 0.5).astype(np.float32)[:, np.newaxis]
        quotient = slices.place.astype(np.float32) - before
        quotient /= grids.widths.astype(np.float32)[:, np.newaxis]
        merged = quotient.astype(np.int16)
        is_begin = np.ones(merged.shape, np.bool_)
        np.not_equal(merged[:, 1:], merged[:, :-1], out=is_begin[:, 1:])
        is_begin[:, 1:] |= slices.owner[1:] != slices.owner[:-1]
        until = _running(is_begin)
        many = np.flatnonzero(slices.values > 1)  # only where there are such can the average be more than 1
        begin = np.append(np.flatnonzero(is_begin), is_begin.size)
        index = until[1:].reshape(is_begin.shape)[:, many].reshape(-1) - 1
        row = np.repeat(np.arange(len(is_begin)) * n, many.size)
        is_other = np.diff(index, prepend=-1) != 0
        index, row = index[is_other], row[is_other]
        below = np.concatenate(([0], np.cumsum(slices.values)))
        used = begin[index + 1] - begin[index]
        values = below[begin[index + 1] - row] - below[begin[index] - row]
        average = values // used
        is_more = average > 1
        values, used, average = values[is_more], used[is_more], average[is_more]
        is_fuller = np.zeros(is_begin.size, np.bool_)
        is_fuller[begin[index[is_more]]] = True
        log, inverse = np.log(average), 1 / average
        terms = [values, used, np.ones_like(log), values * log, used * log, log]
        terms += [values * inverse, used * inverse, inverse, values * inverse**2, average - 1.0]
        return cls(until, _running(is_fuller), np.array(terms))

    def between(self, begin: Counts, end: Counts) -> NDArray[np.int32]:
        """How many runs there are from one position to another."""
        return np.asarray(self.until.take(end) - self.until.take(begin))

    def fuller(self, begin: Counts, end: Counts) -> tuple[tuple[NDArray[np.intp], ...], Floats]:
        """Where there are runs with an average of more than 1, and there the sums of their terms."""
        first, last = self.until_fuller.take(begin), self.until_fuller.take(end)
        here = np.nonzero(first != last)
        first, last = first[here], last[here]
        sums = np.zeros((len(self.terms), self.terms.shape[1] + 1))
        np.cumsum(self.terms, axis=1, out=sums[:, 1:])
        return here, (sums.take(last, axis=1) - sums.take(first, axis=1)).astype(np.float32)


def _running(is_one: NDArray[np.bool_]) -> NDArray[np.int32]:
    """How many are true before each, and of all."""
    sums = np.zeros(is_one.size + 1, np.int32)
    np.cumsum(is_one.reshape(-1), dtype=np.int32, out=sums[1:])
    return sums


def _entropy(p: Floats) -> Floats:
    """p log p, 0 where there is nothing."""
    return p * np.log(np.where(p > 0, p, 1))

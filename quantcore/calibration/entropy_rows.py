"""ONNX Runtime's search by entropy for many slices: an estimate tells which few candidates must be computed exactly.

The divergence of a candidate follows from how many values, and how many bins that are not empty, each of its merged
bins holds; cumulated counts give these for all candidates at once. That is the divergence up to the rounding of the
library's float32 sums, which are only computed where they can decide.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..formats.integers import IntFormat
from .entropy import SMOOTHING, Candidates, candidates_of, divergence_onnxruntime, entropy_onnxruntime
from .histograms import centred_histogram, clipped_into
from .settings import CalibrationSettings, FloatArray, Rows

Counts = NDArray[np.int64]

_UNSURE = (
    2e-4  # how far below the least estimate, relative to 1 + divergence, an exact one may be: ten times what is seen
)
_MAX_DISTINCT = 64  # different counts of a bin that an estimate may have to look at


def entropy_rows(rows: Rows, fmt: IntFormat, settings: CalibrationSettings) -> tuple[FloatArray, FloatArray]:
    """The ranges of many slices, each as `entropy_onnxruntime` finds it, to the last bit."""
    low, high = np.empty(len(rows)), np.empty(len(rows))
    tried = candidates_of(settings)
    bests: dict[Any, int] = {}  # short slices often have the same histogram
    for i, row in enumerate(rows):
        histogram = centred_histogram((row,), settings.bins)
        counts, edges = histogram.counts.astype(np.int64), histogram.edges
        distinct = np.unique(counts)[1:] if (counts == 0).any() else np.unique(counts)
        if edges.dtype == np.float16 or distinct.size > _MAX_DISTINCT:  # float16 makes ties of what differs more
            found = entropy_onnxruntime((row,), fmt, settings)
            low[i], high[i] = found.low, found.high
            continue
        used = np.flatnonzero(counts)
        key = used.tobytes(), counts[used].tobytes(), edges.dtype
        if key not in bests:
            bests[key] = _best(counts, distinct, tried, settings.quantized_bins, edges.dtype)
        best = bests[key]
        ends = float(edges[tried.starts[best]]), float(edges[tried.ends[best]])
        low[i], high[i] = clipped_into(*ends, (row,))
    return low, high


def _best(counts: Counts, distinct: Counts, tried: Candidates, n_merged: int, dtype: np.dtype[Any]) -> int:
    """The first candidate with the least divergence, in the precision in which the library compares."""
    estimate = _estimates(counts, distinct, tried, n_merged)
    least = estimate.min()
    if not np.isfinite(least):
        return 0
    near = np.flatnonzero(estimate <= least + _UNSURE * (1 + abs(least)))
    below = np.concatenate(([0], np.cumsum(counts)))
    exact = [divergence_onnxruntime(counts, below, int(tried.starts[k]), int(tried.ends[k]), n_merged) for k in near]
    return int(near[np.array(exact).astype(dtype).argmin()])


def _estimates(counts: Counts, distinct: Counts, tried: Candidates, n_merged: int) -> FloatArray:
    """KL(p||q) of every candidate, in float64; `distinct` are the different counts above 0."""
    starts, ends = tried.starts, tried.ends
    below, used_below = (np.concatenate(([0], np.cumsum(part))) for part in (counts, counts > 0))
    n_values, length = int(below[-1]), ends - starts
    width = length // n_merged
    # what p has more than the counts: the values beyond, in its first and its last bin
    first, last = counts[starts], counts[ends - 1]
    before, after = below[starts], n_values - below[ends]
    is_new = (first == 0) & (before > 0), (last == 0) & (after > 0)
    n_used = used_below[ends] - used_below[starts] + is_new[0] + is_new[1]
    merged, used, held, owner = _groups(counts, tried, width, n_merged, (before, after), is_new)
    average = np.zeros_like(merged)
    np.floor_divide(merged, used, out=average, where=used > 0)
    n_spread = np.bincount(owner, average > 0, starts.size) * width
    with np.errstate(divide="ignore", invalid="ignore"):
        p_less = SMOOTHING * (length - n_used) / n_used  # what each used bin gives up
        q_less = SMOOTHING * (length - n_spread) / n_spread
        p = held - p_less[owner] * used + SMOOTHING * (width[owner] - used)
        log_q = np.where(average > 0, np.log(average - q_less[owner]), np.log(SMOOTHING))
        # all other bins, empty groups' and those that are merged but not spread over, have the smoothed 0 in q
        left = n_values - np.bincount(owner, p, starts.size)
        cross = np.bincount(owner, p * log_q, starts.size) + left * np.log(SMOOTHING)
        own = (length - n_used) * _entropy(np.full(1, SMOOTHING))
        for value in distinct.tolist():
            having = np.concatenate(([0], np.cumsum(counts == value)))
            own = own + (having[ends] - having[starts]) * _entropy(value - p_less)
        for count, more in ((first, before), (last, after)):
            own += _entropy(count + more - p_less) - _entropy(count - p_less)
        q_total = np.bincount(owner, average, starts.size) * width
        divergence = (own - cross) / n_values - np.log(n_values) + np.log(q_total)
    return np.where(q_total > 0, divergence, np.inf)


def _groups(
    counts: Counts,
    tried: Candidates,
    width: Counts,
    n_merged: int,
    beyond: tuple[Counts, Counts],
    is_new: tuple[NDArray[np.bool_], NDArray[np.bool_]],
) -> tuple[Counts, Counts, Counts, Counts]:
    """The merged bins that are not empty, of all candidates one after the other.

    Returns:
        How many values each holds, how many used bins, how many values with those beyond added, and which candidate
        it belongs to.
    """
    place = np.flatnonzero(counts)
    n = tried.starts.size
    at = np.empty((n, place.size + 2), np.int64)  # the candidate's first bin, the bins that hold values, its last bin
    at[:, 0], at[:, 1:-1], at[:, -1] = tried.starts, place, tried.ends - 1
    group = np.clip((at - tried.starts[:, np.newaxis]) // width[:, np.newaxis], 0, n_merged)
    is_spread = group < n_merged  # else it is merged into the last group, but not spread over
    group = np.minimum(group, n_merged - 1)
    is_inside = (place >= tried.starts[:, np.newaxis]) & (place < tried.ends[:, np.newaxis])
    merged, used = np.zeros_like(at), np.zeros_like(at)
    merged[:, 1:-1], used[:, 1:-1] = counts[place] * is_inside, is_inside
    used[:, 0], used[:, -1] = is_new
    held = merged.copy()
    held[:, 0], held[:, -1] = beyond
    used *= is_spread
    held *= is_spread
    is_first = np.ones(at.shape, np.bool_)
    is_first[:, 1:] = group[:, 1:] != group[:, :-1]
    begin = np.flatnonzero(is_first)
    merged, used, held = (np.add.reduceat(part.reshape(-1), begin) for part in (merged, used, held))
    return merged, used, held, begin // at.shape[1]


def _entropy(p: FloatArray) -> FloatArray:
    """p log p, 0 where there is nothing."""
    return np.where(p > 0, p * np.log(np.where(p > 0, p, 1)), 0.0)

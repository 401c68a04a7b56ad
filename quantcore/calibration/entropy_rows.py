"""ONNX Runtime's search by entropy for many slices: an estimate tells which few candidates must be computed exactly.

The divergence of a candidate follows from how many values, and how many bins that are not empty, each of its merged
bins holds; cumulated counts give these for all candidates at once. That is the divergence up to the rounding of the
library's float32 sums, which are only computed where they can decide.
"""

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
    for i, row in enumerate(rows):
        histogram = centred_histogram((row,), settings.bins)
        counts, edges = histogram.counts.astype(np.int64), histogram.edges
        distinct = np.unique(counts)[1:] if (counts == 0).any() else np.unique(counts)
        if edges.dtype == np.float16 or distinct.size > _MAX_DISTINCT:  # float16 makes ties of what differs more
            found = entropy_onnxruntime((row,), fmt, settings)
            low[i], high[i] = found.low, found.high
            continue
        estimate = _estimates(counts, distinct, tried, settings.quantized_bins)
        least = estimate.min()
        near = (
            np.flatnonzero(estimate <= least + _UNSURE * (1 + abs(least))) if np.isfinite(least) else np.zeros(1, int)
        )
        below = np.concatenate(([0], np.cumsum(counts)))
        exact = [
            divergence_onnxruntime(counts, below, int(tried.starts[k]), int(tried.ends[k]), settings.quantized_bins)
            for k in near
        ]
        best = near[int(np.array(exact).astype(edges.dtype).argmin())]
        ends = float(edges[tried.starts[best]]), float(edges[tried.ends[best]])
        low[i], high[i] = clipped_into(*ends, (row,))
    return low, high


def _estimates(counts: Counts, distinct: Counts, tried: Candidates, n_merged: int) -> FloatArray:
    """KL(p||q) of every candidate, in float64; `distinct` are the different counts above 0."""
    starts, ends = tried.starts, tried.ends
    below, used_below = (np.concatenate(([0], np.cumsum(part))) for part in (counts, counts > 0))
    n_values, length = int(below[-1]), ends - starts
    width = length // n_merged
    cuts = starts[:, np.newaxis] + width[:, np.newaxis] * np.arange(n_merged + 1)  # (n_candidates, n_merged + 1)
    has_rest = cuts[:, -1] < ends  # bins at the end that are merged, but not spread over
    # what p has more than the counts: the values beyond, in its first and its last bin
    first, last = counts[starts], counts[ends - 1]
    before, after = below[starts], n_values - below[ends]
    is_new_first, is_new_last = (first == 0) & (before > 0), (last == 0) & (after > 0)
    used = np.diff(used_below[cuts])
    used[:, 0] += is_new_first
    used[:, -1] += is_new_last & ~has_rest
    held = np.diff(below[cuts])
    merged = held.copy()
    merged[:, -1] += below[ends] - below[cuts[:, -1]]
    average = np.zeros_like(merged)
    np.floor_divide(merged, used, out=average, where=used > 0)
    held[:, 0] += before
    held[:, -1] += np.where(has_rest, 0, after)
    n_used = used_below[ends] - used_below[starts] + is_new_first + is_new_last
    n_spread = (average > 0).sum(axis=1) * width
    with np.errstate(divide="ignore", invalid="ignore"):
        p_less = SMOOTHING * (length - n_used) / n_used  # what each used bin gives up
        q_less = SMOOTHING * (length - n_spread) / n_spread
        p = held - p_less[:, np.newaxis] * used + SMOOTHING * (width[:, np.newaxis] - used)
        log_q = np.full(p.shape, np.log(SMOOTHING))
        i, group = np.nonzero(average)  # few, where the values are few
        log_q[i, group] = np.log(average[i, group] - q_less[i])
        cross = (p * log_q).sum(axis=1) + (n_values - p.sum(axis=1)) * np.log(SMOOTHING)
        own = (length - n_used) * _entropy(np.full(1, SMOOTHING))
        for value in distinct.tolist():
            having = np.concatenate(([0], np.cumsum(counts == value)))
            own = own + (having[ends] - having[starts]) * _entropy(value - p_less)
        for count, more in ((first, before), (last, after)):
            own += _entropy(count + more - p_less) - _entropy(count - p_less)
        q_total = average.sum(axis=1) * width
        divergence = (own - cross) / n_values - np.log(n_values) + np.log(q_total)
    return np.where(q_total > 0, divergence, np.inf)


def _entropy(p: FloatArray) -> FloatArray:
    """p log p, 0 where there is nothing."""
    return np.where(p > 0, p * np.log(np.where(p > 0, p, 1)), 0.0)

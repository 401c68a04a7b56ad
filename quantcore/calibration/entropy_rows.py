"""ONNX Runtime's search by entropy for many slices: an estimate tells which few candidates must be computed exactly.

The divergence of a candidate follows from how many values, and how many bins that are not empty, each of its merged
bins holds. Candidates that merge as many bins at the same places share a grid of merged bins, so that cumulated sums
along a grid give these for each of its candidates at once. That is the divergence up to the rounding of the library's
float32 sums, which are only computed where they can decide.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..formats.integers import IntFormat
from .entropy import divergence_onnxruntime, entropy_onnxruntime
from .entropy_estimate import Grids, Slices, estimates, grids_of, used_bins
from .histograms import centred_rows
from .settings import CalibrationSettings, FloatArray, Rows

Counts = NDArray[np.int64]

_UNSURE = (
    1e-5  # how far below the least estimate, relative to 1 + divergence, an exact one may be: ten times what is seen
)
_MAX_DISTINCT = 64  # different counts of a bin that an estimate may have to look at
_TOGETHER = 1 << 10  # bins that are not empty, of the slices that are estimated together
_MOST = 64  # slices that are estimated together


def entropy_rows(rows: Rows, fmt: IntFormat, settings: CalibrationSettings) -> tuple[FloatArray, FloatArray]:
    """The ranges of many slices, each as `entropy_onnxruntime` finds it, to the last bit."""
    grids = grids_of(settings)
    low, high = np.empty(len(rows)), np.empty(len(rows))
    bests: dict[Any, int] = {}  # short slices often have the same histogram
    n_together = min(_MOST, max(1, _TOGETHER // min(rows.shape[1], settings.bins)))
    for start in range(0, len(rows), n_together):
        part = slice(start, start + n_together)
        low[part], high[part] = _search(rows[part], fmt, settings, grids, bests)
    return low, high


def _search(
    rows: Rows, fmt: IntFormat, settings: CalibrationSettings, grids: Grids, bests: dict[Any, int]
) -> tuple[FloatArray, FloatArray]:
    """The ranges of some slices; `bests` keeps the best candidate of every histogram that was met."""
    histograms = centred_rows(rows, settings.bins)
    counts = np.stack([histogram.counts for histogram in histograms])
    owner, place = used_bins(counts)
    values, begin = counts[owner, place], np.searchsorted(owner, np.arange(len(rows) + 1)).tolist()
    low, high = np.empty(len(rows)), np.empty(len(rows))
    keys: dict[int, Any] = {}
    for i, (histogram, a, b) in enumerate(zip(histograms, begin, begin[1:], strict=False)):
        dtype = histogram.edges.dtype
        if dtype == np.float16 or len(set(values[a:b].tolist())) > _MAX_DISTINCT:  # float16 makes ties of more
            found = entropy_onnxruntime((rows[i],), fmt, settings)
            low[i], high[i] = found.low, found.high
        else:
            keys[i] = place[a:b].tobytes(), values[a:b].tobytes(), dtype
    new = {key: i for i, key in keys.items() if key not in bests}
    if new:
        estimated = estimates(Slices.of(counts[list(new.values())]), grids)
        for (key, i), estimate in zip(new.items(), estimated, strict=True):
            bests[key] = _best(counts[i], estimate, grids, histograms[i].edges.dtype)
    for i, key in keys.items():
        edges = histograms[i].edges
        low[i], high[i] = edges[grids.starts[bests[key]]], edges[grids.ends[bests[key]]]
    return np.maximum(low, rows.min(axis=1)), np.minimum(high, rows.max(axis=1))


def _best(counts: Counts, estimate: FloatArray, grids: Grids, dtype: np.dtype[Any]) -> int:
    """The first candidate with the least divergence, in the precision in which the library compares."""
    least = estimate[estimate > -np.inf].min(initial=np.inf)
    if estimate.min() == np.inf:
        return 0
    near = np.flatnonzero(estimate <= least + _UNSURE * (1 + abs(least)))
    if near.size == 1:
        return int(near[0])
    below = np.concatenate(([0], np.cumsum(counts)))
    exact = [
        divergence_onnxruntime(counts, below, int(grids.starts[k]), int(grids.ends[k]), grids.n_merged) for k in near
    ]
    return int(near[np.array(exact).astype(dtype).argmin()])

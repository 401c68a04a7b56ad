"""PyTorch's HistogramObserver: the range by a greedy search for the least L2 error on a histogram."""

import bisect
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..formats.integers import IntFormat
from .histograms import as_float32, histc
from .settings import Batch, Batches, Calibrated, CalibrationSettings, Curve

Float32Array = npt.NDArray[np.float32]

_UPSAMPLING = 16  # parts into which a bin is cut when a wider batch redistributes the histogram
_QUANTILE_STEP = 1e-5


def mse_torch(batches: Batches, fmt: IntFormat, settings: CalibrationSettings) -> Calibrated:
    """Cut quantile steps of 1e-5 off one end or the other while the L2 error falls; stop at its first rise.

    The values are taken as spread evenly within their bin, and the range as cut into 256 cells (2^bits of the storage
    type). The search is local: a lone outlier at 50 is kept at 49.98. It is the same for both schemes; a symmetric one
    mirrors the range afterwards. Source: torch.ao.quantization.HistogramObserver (torch 2.13).
    """
    observed = _observe(tuple(as_float32(batch) for batch in batches), settings.bins)
    if observed.low == observed.high:
        return Calibrated(float(observed.low), float(observed.high))
    n_cells = 1 << (8 * fmt.dtype.itemsize)
    shares = np.cumsum(observed.counts, dtype=np.float64).astype(np.float32).tolist()
    total = float(observed.counts.sum())
    width = (observed.high - observed.low) / settings.bins
    start, end, least = 0, settings.bins - 1, np.inf
    alpha, beta = 0.0, 1.0
    tried: list[tuple[float, float]] = []
    n_accepted = 0
    while alpha < beta:
        next_alpha, next_beta = alpha + _QUANTILE_STEP, beta - _QUANTILE_STEP
        left = min(end, max(start, bisect.bisect_left(shares, np.float32(next_alpha * total))))
        right = max(start, min(end, bisect.bisect_right(shares, np.float32(next_beta * total)) - 1))
        next_start, next_end = start, end
        if left - start > end - right:
            next_start, alpha = left, next_alpha
        else:
            next_end, beta = right, next_beta
        if (next_start, next_end) == (start, end):
            continue
        error = _l2_error(observed, next_start, next_end, n_cells)
        tried.append((_reach(observed, next_start, next_end), error / total))
        if error > least:
            break
        start, end, least = next_start, next_end, error
        n_accepted += 1
    low = float(observed.low + width * np.float32(start))
    high = float(observed.low + width * np.float32(end + 1))
    return Calibrated(low, high, _curve(tried, n_accepted))


@dataclass(frozen=True, slots=True, eq=False)
class _Observed:
    counts: Float32Array
    low: np.float32
    high: np.float32


def _observe(batches: Batches, bins: int) -> _Observed:
    """The histogram of all batches; when a batch is wider, what was counted before is spread over the new bins."""
    seen = _observe_one(batches[0], bins)
    for batch in batches[1:]:
        low, high = min(seen.low, batch.min()), max(seen.high, batch.max())
        seen = _Observed(histc(batch, bins, low, high) + _redistributed(seen, low, high), low, high)
    return seen


def _observe_one(batch: Batch, bins: int) -> _Observed:
    low, high = batch.min(), batch.max()
    return _Observed(histc(batch, bins, low, high), low, high)


def _redistributed(seen: _Observed, low: np.float32, high: np.float32) -> Float32Array:
    """The counts of `seen` in as many bins of [low, high]: each bin in 16 parts, each part where its middle lies."""
    bins = seen.counts.size
    if (low, high) == (seen.low, seen.high):
        return seen.counts
    if seen.low == seen.high:
        return np.asarray(histc(np.array([seen.low]), bins, low, high) * seen.counts.sum())
    parts = np.repeat(seen.counts, _UPSAMPLING) / np.float32(_UPSAMPLING)
    part_width = (seen.high - seen.low) / np.float32(parts.size)
    middles = np.linspace(seen.low, seen.high, parts.size + 1, dtype=np.float32)[:-1] + np.float32(0.5) * part_width
    edges = np.linspace(low, high, bins + 1, dtype=np.float32)
    index = np.clip(np.searchsorted(edges, middles, side="right") - 1, 0, bins - 1)
    return np.bincount(index, weights=parts, minlength=bins).astype(np.float32)


def _l2_error(observed: _Observed, start: int, end: int, n_cells: int) -> float:
    """Sum of squared errors when bins start..end are cut into `n_cells` cells, each answering its middle, in float32.

    A bin that begins in one cell and ends in another contributes the integrals of u^2 over the rest of the first cell,
    over the whole cells between, and over the beginning of the last.
    """
    bins = observed.counts.size
    width = (float(observed.high) - float(observed.low)) / bins
    cell = width * (end - start + 1) / n_cells
    if cell == 0:
        return 0.0
    with np.errstate(all="ignore"):  # extreme magnitudes over- or underflow when cubed, as they do in the library
        half, cell32 = np.float32(cell / 2), np.float32(cell)
        begins = (np.arange(bins) - start).astype(np.float32) * np.float32(width)
        ends = begins + np.float32(width)
        first = np.clip(begins // cell32, 0, n_cells - 1)
        last = np.clip(ends // cell32, 0, n_cells - 1)
        density = observed.counts / np.float32(width)
        norm = density * _cubes(begins - (first + np.float32(0.5)) * cell32, half)
        norm += (last - first - 1) * (density * _cubes(-half, half))
        norm += density * _cubes(-half, ends - (last * cell32 + half))
        return float(norm.sum())


def _cubes(begin: npt.NDArray[np.float32] | np.float32, end: npt.NDArray[np.float32] | np.float32) -> Float32Array:
    """The integral of u^2 from begin to end."""
    return np.asarray((end * end * end - begin * begin * begin) / np.float32(3))


def _reach(observed: _Observed, start: int, end: int) -> float:
    """How far from zero the range of bins start..end goes."""
    width = (float(observed.high) - float(observed.low)) / observed.counts.size
    return max(abs(float(observed.low) + width * start), abs(float(observed.low) + width * (end + 1)))


def _curve(tried: list[tuple[float, float]], n_accepted: int) -> Curve | None:
    """The ranges tried, narrowest first; None if none was."""
    if not tried:
        return None
    threshold, total = np.array(tried[::-1]).T
    return Curve(threshold=threshold, total=total, best=len(tried) - n_accepted, unit="mse")

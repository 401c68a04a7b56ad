"""Ranges by entropy: the threshold whose quantized histogram tells most about the original one (least KL divergence).

Both libraries follow S. Migacz, "8-bit inference with TensorRT", GTC 2017: cut the histogram at a threshold, add what
lies beyond to the last bin (p), merge p's bins into as many as there are codes and spread each evenly over its nonzero
bins again (q), and take the threshold where KL(p||q) is least. They differ in nearly every detail.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import QuantError
from ..formats.integers import IntFormat
from .histograms import Histogram, centred_histogram, clipped_into, torch_histogram
from .settings import Batches, Calibrated, CalibrationSettings, Curve

SMOOTHING = 0.0001
_MAX_BINS = 1 << 14  # the time grows with their square: a few seconds at this number


def entropy_onnxruntime(batches: Batches, fmt: IntFormat, settings: CalibrationSettings) -> Calibrated:
    """The first threshold with the least KL(p||q), on a histogram of x on [-absmax, absmax]; clipped into [min, max].

    Candidates are i bins on each side of the middle, i from quantized_bins / 2 to bins / 2. With the library's own
    defaults, bins = quantized_bins = 128, there is one candidate, the full range: it then equals min-max.

    Source: onnxruntime.quantization.calibrate.HistogramCollector.get_entropy_threshold (1.32). It quantizes to
    `quantized_bins` bins whatever the format.
    """
    tried = candidates_of(settings)
    histogram = centred_histogram(batches, settings.bins)
    counts, edges = _searchable(histogram)
    if counts.size != settings.bins:  # a later batch widened it
        tried = _candidates(counts.size, settings.quantized_bins)
    starts, ends = tried.starts, tried.ends
    below = np.concatenate(([0], np.cumsum(counts)))
    slices = zip(starts.tolist(), ends.tolist(), strict=True)
    divergence = np.array([divergence_onnxruntime(counts, below, a, b, settings.quantized_bins) for a, b in slices])
    with np.errstate(over="ignore"):
        divergence = divergence.astype(edges.dtype)  # kept in the precision of the data: float16 makes ties
    best = int(divergence.argmin())
    low, high = clipped_into(float(edges[starts[best]]), float(edges[ends[best]]), batches)
    return Calibrated(low, high, Curve(threshold=edges[ends], total=divergence, best=best, unit="kl"))


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """The ranges of bins that ONNX Runtime tries: from `starts` up to, but without, `ends`."""

    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]


def candidates_of(settings: CalibrationSettings) -> Candidates:
    """The candidates in a histogram of one batch.

    Raises:
        QuantError: if there are too few bins to be merged, or too many to be searched.
    """
    if settings.bins < settings.quantized_bins:
        raise QuantError(
            f"bins is {settings.bins}; with {settings.quantized_bins} quantized bins there must be as many or more.",
            "bins",
        )
    _require_few(settings.bins)
    return _candidates(settings.bins, settings.quantized_bins)


def _candidates(bins: int, quantized_bins: int) -> Candidates:
    middle = bins // 2
    reach = np.arange(quantized_bins // 2, middle + 1)
    return Candidates(middle - reach, np.minimum(middle + reach + 1, bins))


def entropy_modelopt(batches: Batches, fmt: IntFormat, settings: CalibrationSettings) -> Calibrated:
    """The last threshold with the least KL(p||q), on a histogram of |x| on [0, absmax] with bin 0 set to bin 1.

    Candidates are the edges of bins start_bin, start_bin + stride, ...; q has one bin for each magnitude, so
    2^(bits - 1) of them, 2^bits for an unsigned format. modelopt is symmetric only: the range is [-T, T], or [0, T].

    Source: modelopt.torch.quantization.calib.histogram._compute_amax_entropy (0.47).
    """
    histogram = torch_histogram(batches, settings.bins)
    counts, edges = _searchable(histogram)
    counts[0] = counts[1]
    candidates = np.arange(settings.start_bin, counts.size + 1, settings.stride)
    if candidates.size == 0:
        raise QuantError(
            f"start_bin is {settings.start_bin}; with {counts.size} bins it must be at most {counts.size}.", "start_bin"
        )
    n_codes = 1 << (fmt.bits - int(fmt.signed))
    divergence = np.array([_divergence_modelopt(counts, int(i), n_codes) for i in candidates])
    best = divergence.size - 1 - int(divergence[::-1].argmin())
    high = float(edges[candidates[best]])
    curve = Curve(threshold=edges[candidates], total=divergence, best=best, unit="kl")
    return Calibrated(-high if fmt.signed else 0.0, high, curve)


def _searchable(histogram: Histogram) -> tuple[npt.NDArray[np.int64], npt.NDArray[Any]]:
    """Counts and edges, if they are few enough."""
    _require_few(histogram.counts.size)
    return histogram.counts.astype(np.int64), histogram.edges


def _require_few(bins: int) -> None:
    if bins > _MAX_BINS:
        raise QuantError(
            f"the histogram has {bins} bins; an entropy search takes up to {_MAX_BINS}. Set fewer, "
            "or give the batches with the largest values first.",
            "bins",
        )


def divergence_onnxruntime(
    counts: npt.NDArray[np.int64], below: npt.NDArray[np.int64], start: int, end: int, n_merged: int
) -> float:
    """KL(p||q) of bins start..end; `below` holds the cumulated counts."""
    kept = counts[start:end]
    p = kept.copy()
    p[0] += below[start]
    p[-1] += below[-1] - below[end]
    width = kept.size // n_merged
    cuts = start + width * np.arange(n_merged + 1)
    nonzero_below = np.concatenate(([0], np.cumsum(p != 0)))
    nonzeros = np.diff(nonzero_below[cuts - start])
    cuts[-1] = end  # the last merged bin takes the remainder, but is spread over its first `width` bins only
    merged = np.diff(below[cuts])
    average = merged // np.maximum(nonzeros, 1)  # whole counts: the library truncates here
    q = np.zeros_like(p)
    q[: width * n_merged] = np.repeat(np.where(nonzeros > 0, average, 0), width)
    return kl_divergence(_smoothed(p), _smoothed(q))


def _divergence_modelopt(counts: npt.NDArray[np.int64], n_kept: int, n_merged: int) -> float:
    """KL(p||q) of the first `n_kept` bins, with what lies beyond in p's last bin but not in q."""
    kept = counts[:n_kept]
    group = np.searchsorted(np.linspace(0, n_kept, n_merged + 1), np.arange(n_kept), side="right") - 1
    is_used = kept != 0
    total = np.bincount(group, weights=kept, minlength=n_merged)
    used = np.bincount(group[is_used], minlength=n_merged)
    q = np.where(is_used, (total / np.maximum(used, 1))[group], 0.0)
    p = kept.astype(np.float64)
    p[-1] += counts[n_kept:].sum()
    return kl_divergence(p, q)


def _smoothed(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.float32] | None:
    """Every zero becomes 1e-4, and the others give up as much together, in float32; None if there is nothing but zeros.

    Source: onnxruntime.quantization.quant_utils.smooth_distribution (1.32).
    """
    is_zero = counts == 0
    n_zeros = int(is_zero.sum())
    n_nonzeros = counts.size - n_zeros
    if n_nonzeros == 0:
        return None
    given_up = SMOOTHING * n_zeros / n_nonzeros
    return counts.astype(np.float32) + np.where(is_zero, np.float32(SMOOTHING), np.float32(-given_up))


def kl_divergence(p: npt.NDArray[Any] | None, q: npt.NDArray[Any] | None) -> float:
    """Sum of p log(p/q) in nats, both normalised first; +inf where q misses something that p has, or is nothing at all.

    Source: scipy.stats.entropy(p, q), which modelopt calls, and ONNX Runtime's own copy of it, which works in float32.
    """
    if p is None or q is None:
        return np.inf
    with np.errstate(divide="ignore", invalid="ignore"):  # 0/0 where nothing is to be normalised: NaN
        p, q = p / p.sum(), q / q.sum()
        terms = p * np.log(p / q)
    terms[(p == 0) & (q >= 0)] = 0
    return float(terms.sum())

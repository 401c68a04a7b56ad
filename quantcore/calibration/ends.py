"""Ranges read off the data: extremes, their moving average, percentiles.

The percentiles of ONNX Runtime and modelopt are looked up in a histogram and answer the *left edge* of a bin, so that
even a percentile of 100 does not return the maximum; NumPy's interpolates between the values themselves.
"""

import numpy as np

from ..formats.format import Format
from ..formats.integers import IntFormat
from .histograms import absolute_histogram, centred_histogram, clipped_into, counted, torch_histogram
from .settings import Batches, Calibrated, CalibrationSettings, Curve, FloatArray, Rows


def minmax(batches: Batches, fmt: Format, settings: CalibrationSettings) -> Calibrated:
    """The smallest and the largest value; symmetric: +-absmax."""
    low = min(float(batch.min()) for batch in batches)
    high = max(float(batch.max()) for batch in batches)
    return _ends(low, high, settings)


def moving_average(batches: Batches, fmt: Format, settings: CalibrationSettings) -> Calibrated:
    """Running ends, end += momentum * (end of the batch - end), from the first batch on, in the data's precision.

    Source: torch.ao.quantization.MovingAverageMinMaxObserver (torch 2.13), averaging_constant 0.01.
    """
    momentum = batches[0].dtype.type(settings.momentum)
    low, high = batches[0].min(), batches[0].max()
    for batch in batches[1:]:
        low = low + momentum * (batch.min() - low)
        high = high + momentum * (batch.max() - high)
    return _ends(float(low), float(high), settings)


def percentile(batches: Batches, fmt: Format, settings: CalibrationSettings) -> Calibrated:
    """Keep `percentile` percent of the values: numpy.percentile, linear between neighbours, in float64.

    Symmetric: T is that percentile of |x|. Affine: the ends are the percentiles 100 - p and p of x, so that up to
    100 - p percent are clipped on either side.
    """
    x = np.concatenate(batches).astype(np.float64)
    if settings.scheme == "symmetric":
        np.abs(x, out=x)
        high = float(np.percentile(x, settings.percentile, overwrite_input=True))
        low = -high
    else:
        sides = [100 - settings.percentile, settings.percentile]
        low, high = sorted(float(end) for end in np.percentile(x, sides, overwrite_input=True))
    counts, edges = counted(x, settings.bins)
    return Calibrated(low, high, _tail(counts, edges, int(np.abs(edges - high).argmin())))


def percentile_rows(rows: Rows, fmt: Format, settings: CalibrationSettings) -> tuple[FloatArray, FloatArray]:
    """The ranges of many slices at once, as `percentile` reads that of each."""
    x = rows.astype(np.float64)
    if settings.scheme == "symmetric":
        high = np.percentile(np.abs(x), settings.percentile, axis=1, overwrite_input=True)
        return -high, high
    ends = np.percentile(x, [100 - settings.percentile, settings.percentile], axis=1, overwrite_input=True)
    return ends.min(axis=0), ends.max(axis=0)


def percentile_onnxruntime(batches: Batches, fmt: Format, settings: CalibrationSettings) -> Calibrated:
    """Left edge of the first bin at which the cumulated share reaches the percentile; clipped into [min, max].

    Symmetric: a histogram of |x|, and T where the share reaches p. Affine: a histogram of x on [-absmax, absmax], and
    half of what is to be clipped on either side. Source: onnxruntime.quantization.calibrate.HistogramCollector (1.32);
    its own defaults are bins=2048, percentile=99.999, symmetric.
    """
    if settings.scheme == "symmetric":
        histogram = absolute_histogram(batches, settings.bins)
        right = histogram.index_at_share(settings.percentile / 100)
        low, high = -histogram.edges[right], histogram.edges[right]
    else:
        histogram = centred_histogram(batches, settings.bins)
        cut = (100.0 - settings.percentile) / 200.0
        right = histogram.index_at_share(1.0 - cut)
        low, high = histogram.edges[histogram.index_at_share(cut)], histogram.edges[right]
    low, high = clipped_into(float(low), float(high), batches)
    return Calibrated(low, high, _tail(histogram.counts, histogram.edges, right))


def percentile_modelopt(batches: Batches, fmt: IntFormat, settings: CalibrationSettings) -> Calibrated:
    """Left edge of the first bin of |x| at which the cumulated share reaches the percentile.

    modelopt is symmetric only: the range is [-T, T], or [0, T] for an unsigned format, whatever the scheme.
    Source: modelopt.torch.quantization.calib.HistogramCalibrator (0.47), percentile=99.99.
    """
    histogram = torch_histogram(batches, settings.bins)
    best = histogram.index_at_share(settings.percentile / 100)
    high = float(histogram.edges[best])
    return Calibrated(-high if fmt.signed else 0.0, high, _tail(histogram.counts, histogram.edges, best))


def _ends(low: float, high: float, settings: CalibrationSettings) -> Calibrated:
    if settings.scheme == "symmetric":
        high = max(-low, high)
        low = -high
    return Calibrated(low, high)


def _tail(counts: FloatArray, edges: FloatArray, best: int) -> Curve:
    """The share of values above each edge."""
    below = np.concatenate(([0.0], np.cumsum(counts, dtype=np.float64)))
    return Curve(threshold=edges, total=1 - below / below[-1], best=best, unit="share")

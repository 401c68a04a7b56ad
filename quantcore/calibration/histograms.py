"""The histograms that the libraries' calibrators search, bin for bin, collected over one or more batches."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import QuantError
from .settings import MAX_BINS, Batch, Batches, Rows

_CHUNK = 1 << 16  # elements of a temporary


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """Counts of values between neighbouring edges; `edges` has one entry more than `counts`."""

    counts: npt.NDArray[Any]
    edges: npt.NDArray[Any]

    def index_at_share(self, share: float) -> int:
        """The first bin at which the cumulated share of the values reaches `share` (rounding may find none: the end).

        The shares are added up one by one in float64, as the libraries do: the last bits decide at shares like 1.
        """
        counts = self.counts.astype(np.float64)
        return int(np.searchsorted(np.cumsum(counts / counts.sum()), share))


def absolute_histogram(batches: Batches, bins: int) -> Histogram:
    """Histogram of |x| from its smallest to its largest value; later batches append bins as they need them.

    Source: onnxruntime.quantization.calibrate.HistogramCollector.collect_absolute_value (1.32).
    """
    counts, edges = counted(np.abs(batches[0]), bins)
    for batch in batches[1:]:
        magnitudes = np.abs(batch)
        peak = magnitudes.max()
        if peak > edges[-1]:
            width = edges[1] - edges[0]
            _require_few(peak - edges[-1], width, bins)
            edges = np.hstack((edges, np.arange(edges[-1] + width, peak + width, width)))
        more, edges = np.histogram(magnitudes, edges)
        edges = edges.astype(batch.dtype)
        more[: counts.size] += counts
        counts = more
    return Histogram(counts, edges)


def centred_histogram(batches: Batches, bins: int) -> Histogram:
    """Histogram of x on [-T, T], T = absmax; a batch with a larger absmax widens it by whole bins on both sides.

    Source: onnxruntime.quantization.calibrate.HistogramCollector.collect_value and merge_histogram (1.32).
    """
    limit = _absmax(batches[0])
    counts, edges = counted(batches[0], bins, (-limit, limit))
    for batch in batches[1:]:
        peak = _absmax(batch)
        grow = 0
        if peak > limit:
            if limit == 0:
                limit = peak
            else:
                stride = 2 * limit / counts.size
                _require_few(2 * (peak - limit), stride, counts.size)
                grow = int((peak - limit) // stride + 1)
                limit = grow * stride + limit
            more, edges = counted(batch, counts.size + 2 * grow, (-limit, limit))
        else:
            more, _ = counted(batch, counts.size, (-limit, limit))
        more[grow : more.size - grow] += counts
        counts = more
    return Histogram(counts, edges)


def centred_rows(rows: Rows, bins: int) -> list[Histogram]:
    """The `centred_histogram` of each row, most of them at once.

    Source of the arithmetic: numpy.histogram (2.3) with equal bins.
    """
    limit = np.abs(rows).max(axis=1)
    least = float(np.finfo(rows.dtype).tiny) * bins  # below it, edges may coincide
    is_ordinary = (limit > least) & (rows.dtype != np.float16)
    x, limit = rows[is_ordinary], limit[is_ordinary, np.newaxis]
    edges = np.linspace(-limit[:, 0], limit[:, 0], bins + 1, axis=-1, dtype=rows.dtype)
    index = ((x + limit) / (limit + limit) * bins).astype(np.intp)
    index[index == bins] -= 1
    index -= x < np.take_along_axis(edges, index, axis=1)
    index += (x >= np.take_along_axis(edges, index + 1, axis=1)) & (index != bins - 1)
    index += bins * np.arange(len(x))[:, np.newaxis]
    counts = np.bincount(index.reshape(-1), minlength=len(x) * bins).reshape(-1, bins)
    together = (Histogram(*pair) for pair in zip(counts, edges, strict=True))
    return [next(together) if is_ordinary[i] else centred_histogram((rows[i],), bins) for i in range(len(rows))]


def torch_histogram(batches: Batches, bins: int) -> Histogram:
    """Histogram of |x| on [0, absmax] in float32, as torch.histc bins it.

    Source: modelopt.torch.quantization.calib.HistogramCalibrator.collect (0.47), torch_hist=True.
    """
    first = np.abs(as_float32(batches[0]))
    counts = histc(first, bins, np.float32(0), first.max())
    edges = torch_linspace(np.float32(0), first.max(), bins + 1)
    for batch in batches[1:]:
        magnitudes = np.abs(as_float32(batch))
        peak = magnitudes.max()
        if peak > edges[-1]:
            width = edges[1] - edges[0]
            _require_few(peak, width)
            edges = _torch_arange(peak + width, width)
            bins = int(np.ceil(peak / width))
            if edges.size != bins + 1:  # the library's searches fail on arrays of different lengths
                raise QuantError(
                    f"float32 rounds the edges of the histogram to {edges.size - 1} bins and their number to {bins}. "
                    "Give the batches with the largest values first.",
                    "values",
                )
        more = histc(magnitudes, bins, np.float32(0), edges[-1])
        more[: counts.size] += counts
        counts = more
    return Histogram(counts, edges)


def counted(x: Batch, bins: int, ends: tuple[Any, Any] | None = None) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """numpy.histogram, in the precision of x, or in float64 where that has not enough numbers for so many bins."""
    try:
        counts, edges = np.histogram(x, bins, ends)
    except ValueError:  # "Too many bins for data range", where the libraries give up
        low, high = (float(end) for end in ends or (x.min(), x.max()))
        if low == high:
            low, high = widened(low)
        index = ((x.astype(np.float64) - low) / (high - low) * bins).astype(np.intp)
        counts, edges = np.bincount(np.minimum(index, bins - 1), minlength=bins), np.linspace(low, high, bins + 1)
    return counts, edges


def widened(value: float) -> tuple[float, float]:
    """A range around a single value: half to either side, or more where that would make no difference."""
    room = max(0.5, abs(value) * 2.0**-20)
    return value - room, value + room


def as_float32(batch: Batch) -> npt.NDArray[np.float32]:
    """The values in float32, where their range can be computed too.

    Raises:
        QuantError: if they are too large for that.
    """
    peak = float(_absmax(batch))
    if 2 * peak > float(np.finfo(np.float32).max):
        raise QuantError(
            f"values go up to {peak:.4g}; this calibration works in float32 and takes up to 1.7e38. "
            "Scale them down, or use another one.",
            "calibration",
        )
    return np.asarray(batch, np.float32)


def histc(x: npt.NDArray[np.float32], bins: int, low: np.float32, high: np.float32) -> npt.NDArray[np.float32]:
    """Counts in equal bins of [low, high] by trunc((x - low) / (high - low) * bins), every step in float32.

    Source: torch.histc on the CPU (ATen, HistogramKernel.cpp); values outside are not counted, `high` is in the last
    bin, and an empty range is widened by 1 on both sides (where that makes no difference, to the next numbers: there
    the library divides 0 by 0).
    """
    if low == high:
        room = np.float32(1) if low - np.float32(1) < high + np.float32(1) else np.spacing(np.abs(low))
        low, high = low - room, high + room
    counts = np.zeros(bins, np.intp)
    for start in range(0, x.size, _CHUNK):
        part = x[start : start + _CHUNK]
        part = part[(part >= low) & (part <= high)]
        index = ((part - low) / (high - low) * np.float32(bins)).astype(np.intp)
        counts += np.bincount(np.minimum(index, bins - 1), minlength=bins)
    return counts.astype(np.float32)


def torch_linspace(start: np.float32, end: np.float32, n: int) -> npt.NDArray[np.float32]:
    """torch.linspace(start, end, n) in float32: from the nearer end, each product and sum rounded once, together."""
    step = np.float64((end - start) / np.float32(n - 1)) if n > 1 else np.float64(0)
    index = np.arange(n)
    after, before = np.float64(start) + index * step, np.float64(end) - (n - 1 - index) * step
    return np.where(index < max(n // 2, 1), after, before).astype(np.float32)


def _torch_arange(end: np.float32, step: np.float32) -> npt.NDArray[np.float32]:
    """torch.arange(0, end, step) in float32: eight numbers at a time from one in float32, the last ones by themselves.

    Source: ATen's RangeFactories on x86-64, observed in torch 2.13.
    """
    exact = np.float64(step)
    index = np.arange(int(np.ceil(np.float64(end) / exact)))
    whole = index.size // 16 * 16
    first = (index[:whole] // 8 * 8 * exact).astype(np.float32)
    eights = first.astype(np.float64) + index[:whole] % 8 * exact
    return np.concatenate((eights, index[whole:] * exact)).astype(np.float32)


def clipped_into(low: float, high: float, batches: Batches) -> tuple[float, float]:
    """The range, with each end drawn back to the data where it lies beyond."""
    return (
        max(low, min(float(batch.min()) for batch in batches)),
        min(high, max(float(batch.max()) for batch in batches)),
    )


def _require_few(more: Any, width: Any, bins: int = 0) -> None:
    """Refuse to let a batch that is far wider than the first grow the histogram without end.

    It would get `bins` and as many of this width as `more` takes; the precision of the width must hold their number.
    """
    with np.errstate(all="ignore"):
        wanted = bins + np.float64(more) / np.float64(width)
    if not wanted <= min(MAX_BINS, float(np.finfo(width.dtype).max)):
        raise QuantError(
            f"a later batch is so much wider than the first that the histogram would grow to {wanted:.3g} bins. "
            "Give the batches with the largest values first.",
            "values",
        )


def _absmax(batch: Batch) -> Any:
    return np.abs(batch).max()

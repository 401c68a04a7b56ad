"""The mean squared error of quantizing points to ranges, for many slices at once: the first axis of every array."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..formats.format import Format
from ..formats.integers import IntFormat
from .settings import FloatArray

_CHUNK = 1 << 15  # elements of a temporary: a cache holds it


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Points of n slices, (n, n_points), and how a range becomes codes.

    One slice may have weights that sum to 1; else all points weigh the same.
    """

    points: FloatArray
    weights: FloatArray | None
    fmt: Format
    is_symmetric: bool

    def only(self, slices: NDArray[np.intp]) -> "Sample":
        """The sample of some of the slices."""
        return Sample(self.points[slices], self.weights, self.fmt, self.is_symmetric)

    def total(self, ranges: FloatArray) -> FloatArray:
        """The mean squared error of each range; ranges of shape (n, k, 2)."""
        n, k = ranges.shape[:2]
        return self.total_at(np.repeat(np.arange(n), k), ranges.reshape(-1, 2)).reshape(n, k)

    def total_at(self, slices: NDArray[np.intp], ranges: FloatArray) -> FloatArray:
        """The mean squared error of each range, (m, 2), on the slice of that index, (m,)."""
        total = np.empty(len(ranges))
        for part, points, scale, (first, last) in self._pieces(slices, ranges):
            errors = points / scale
            self._round(errors)
            np.maximum(errors, first, out=errors)
            np.minimum(errors, last, out=errors)
            errors *= scale
            errors -= points
            errors *= errors
            total[part] = self._mean(errors)
        return total

    def parts(self, ranges: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The clipping and the rounding part of the mean squared error of each range, (m, 2), on the one slice."""
        clipping, total = np.empty(len(ranges)), np.empty(len(ranges))
        for part, points, scale, ends in self._pieces(np.zeros(len(ranges), np.intp), ranges):
            nearest = points / scale
            self._round(nearest)
            clipped = np.clip(nearest, *ends)
            errors = (clipped * scale - points) ** 2
            total[part] = self._mean(errors)
            clipping[part] = self._mean(errors * (clipped != nearest))
        return clipping, np.maximum(total - clipping, 0.0)

    def least(self, low: FloatArray, high: FloatArray, reach: FloatArray) -> FloatArray:
        """What clipping alone costs at least in the range of each pair of a low, (n, k), and a high end, (n, l).

        The outermost codes lie up to half a step beyond the ends, which are no farther apart than `reach`, (n, 1).
        """
        assert isinstance(self.fmt, IntFormat)  # others have no affine scheme
        room = reach / (2 * (self.fmt.qmax - self.fmt.qmin))
        below = self._excess(-self.points, room - low)
        above = self._excess(self.points, room + high)
        return below[:, :, np.newaxis] + above[:, np.newaxis]

    def least_mirrored(self, threshold: FloatArray) -> FloatArray:
        """What clipping alone costs at least in [-T, T], for each T, (k,): shape (n, k)."""
        scale, lowest, highest = self._codes(mirrored(threshold))
        ends = (np.maximum(-lowest, highest) * scale)[:, 0]  # of the side that has a code more
        return self._excess(np.abs(self.points), np.broadcast_to(ends, (len(self.points), ends.size)))

    def _excess(self, points: FloatArray, ends: FloatArray) -> FloatArray:
        """The mean square of what points have beyond each end; ends of shape (n, k)."""
        square = np.empty(ends.shape)
        n_slices = max(1, _CHUNK // (points.shape[1] * ends.shape[1]))
        for i in range(0, len(points), n_slices):
            beyond = points[i : i + n_slices, np.newaxis] - ends[i : i + n_slices, :, np.newaxis]
            np.maximum(beyond, 0, out=beyond)
            beyond *= beyond
            square[i : i + n_slices] = self._mean(beyond)
        return square

    def _pieces(
        self, slices: NDArray[np.intp], ranges: FloatArray
    ) -> Iterator[tuple[slice, FloatArray, FloatArray, tuple[FloatArray, FloatArray]]]:
        """Which ranges, the points of their slices, (m, n_points), and, (m, 1) each, scales and outermost codes."""
        n_ranges = max(4, _CHUNK // self.points.shape[1])
        for start in range(0, len(ranges), n_ranges):
            part = slice(start, start + n_ranges)
            scale, *ends = self._codes(ranges[part])
            points = self.points if len(self.points) == 1 else self.points[slices[part]]
            yield part, points, scale, (ends[0], ends[1])

    def _mean(self, errors: FloatArray) -> FloatArray:
        if self.weights is None:
            return np.asarray(errors.sum(axis=-1) / errors.shape[-1])
        # not BLAS: its threads cost more than they bring here
        weighted: FloatArray = np.einsum("...j,j->...", errors, self.weights)
        return weighted

    def _round(self, x: FloatArray) -> None:
        """To the nearest code or number, in place; of floats and codebooks, not what is beyond their numbers."""
        if isinstance(self.fmt, IntFormat):
            np.rint(x, out=x)
            return
        grid = self.fmt.grid()
        is_within = (grid.thresholds[0] <= x) & (x <= grid.thresholds[-1])
        np.copyto(x, grid.reals[np.searchsorted(grid.thresholds[1:-1], x)], where=is_within)

    def _codes(self, ranges: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Scale, lowest and highest code, the codes counted from the zero point; of floats and codebooks numbers."""
        low, high, fmt = ranges[..., :1], ranges[..., 1:], self.fmt
        if not isinstance(fmt, IntFormat):
            return high / fmt.highest, np.full_like(high, fmt.lowest), np.full_like(high, fmt.highest)
        qmin, qmax = fmt.qmin, fmt.qmax
        if self.is_symmetric:
            middle = (qmin + qmax + 1) // 2
            scale = high / min(qmax - middle, middle - qmin)
            return scale, np.full_like(scale, qmin - middle), np.full_like(scale, qmax - middle)
        scale = (high - low) / (qmax - qmin)
        first = np.rint(low / scale)
        return scale, first, first + (qmax - qmin)


def mirrored(threshold: FloatArray) -> FloatArray:
    """The ranges [-T, T]."""
    return np.stack([-threshold, threshold], axis=-1)

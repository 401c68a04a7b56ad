"""The values that schemes are measured on: all of them, or stretches of them, with the ranges of all."""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]

MEASURED = 1 << 17
"""Of more values than this, evenly spaced rows (or stretches of long ones) are measured, with the ranges of all."""
STRETCH = 4096  # a multiple of every block size, so that no block is cut


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """The values that are measured: all of them, or stretches of them.

    Attributes:
        shape: number of rows and length of a row, of all values.
        low, high: smallest and largest of all values.
        stretches: what is measured; each lies in one row.
        row_low, row_high: smallest and largest value of the row that a stretch lies in, each of shape (n, 1).
    """

    shape: tuple[int, int]
    low: float
    high: float
    stretches: Floats
    row_low: Floats
    row_high: Floats

    @property
    def is_complete(self) -> bool:
        """Whether every value is measured."""
        return self.stretches.size == math.prod(self.shape)

    def thinned(self, limit: int) -> "Sample":
        """The same with no more values than this, of evenly spaced stretches; one at least.

        >>> sample_of(np.zeros((8, 5))).thinned(20).stretches.shape
        (4, 5)
        """
        if self.stretches.size <= limit:
            return self
        stretches, row = _spread(self.stretches, limit)
        return replace(self, stretches=stretches, row_low=self.row_low[row], row_high=self.row_high[row])


def sample_of(x: Floats, limit: int = MEASURED) -> Sample:
    """The values to measure.

    >>> sample_of(np.zeros((3, 5))).stretches.shape, sample_of(np.zeros((1000, 10)), 100).stretches.shape
    ((3, 5), (10, 10))
    """
    rows = x.reshape(1, -1) if x.ndim < 2 else x.reshape(x.shape[0], -1)
    row_low, row_high = rows.min(axis=1, keepdims=True), rows.max(axis=1, keepdims=True)
    n_rows, length = rows.shape
    return Sample(
        shape=(n_rows, length),
        low=float(row_low.min()),
        high=float(row_high.max()),
        stretches=rows,
        row_low=row_low,
        row_high=row_high,
    ).thinned(limit)


def _spread(rows: Floats, limit: int) -> tuple[Floats, NDArray[np.intp]]:
    """Evenly spaced rows, or stretches of long ones, of so many values in all; and the row of each."""
    n_rows, length = rows.shape
    per_row, width = (length // STRETCH, STRETCH) if length > STRETCH else (1, length)
    n_stretches = n_rows * per_row
    chosen = np.unique(np.linspace(0, n_stretches - 1, max(1, min(n_stretches, limit // width))).astype(np.intp))
    row, start = chosen // per_row, chosen % per_row * width
    return np.stack([rows[i, a : a + width] for i, a in zip(row, start, strict=True)]), row

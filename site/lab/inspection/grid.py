"""Numbers of rows and columns, by cells of a grid: the root of their mean square, and the largest magnitude."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Grid:
    """What is known, by cells, of numbers that come some rows at a time; what is not finite is left out.

    Attributes:
        shape: Rows along the last axis, and their length.
        blocks: How many of either a cell stands for; those at the far edges may have fewer.
        peaks: The largest magnitudes; 0 where nothing was read.
    """

    def __init__(self, n_rows: int, row_length: int, side: int) -> None:
        """Begins with empty cells, at most `side` along either axis."""
        self.shape = n_rows, row_length
        self.blocks = -(-n_rows // side), -(-row_length // side)
        cells = -(-n_rows // self.blocks[0]), -(-row_length // self.blocks[1])
        self.peaks, self._squares, self._counts = np.zeros(cells), np.zeros(cells), np.zeros(cells)

    def add(self, row: int, values: Floats) -> None:
        """Takes rows from one on, (n, row length)."""
        is_finite = np.isfinite(values)
        sizes = np.abs(np.where(is_finite, values, 0))
        with np.errstate(over="ignore"):  # float64 has no squares beyond 1e308: the root is told as infinite
            squares = np.square(sizes)
        at = (row + np.arange(len(values))) // self.blocks[0]
        starts = np.arange(0, self.shape[1], self.blocks[1])
        np.maximum.at(self.peaks, at, np.maximum.reduceat(sizes, starts, axis=1))
        np.add.at(self._squares, at, np.add.reduceat(squares, starts, axis=1))
        np.add.at(self._counts, at, np.add.reduceat(is_finite.astype(np.float64), starts, axis=1))

    @property
    def rms(self) -> Floats:
        """The root mean squares; NaN where nothing was read."""
        with np.errstate(invalid="ignore"):
            return np.asarray(np.sqrt(self._squares / self._counts))

"""The codes of the followed number's slice on the real line: which numbers they stand for, and where they change."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import quantcore as qc

from .result import Result

Float64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """The real numbers that codes stand for, in one slice.

    Attributes:
        qmin, qmax: the lowest and highest code to draw: those of the format, and under the notebook's formulas, which
            do not clip, also those that the values reached.
        scale, zero_point: of the slice.
        rounding: how a number between two codes is rounded.
        toward: the code that rounding toward zero rounds to: that of 0, or code 0 where the zero point is added first.
    """

    qmin: int
    qmax: int
    scale: float
    zero_point: float
    rounding: str
    toward: float = 0.0

    @property
    def n_codes(self) -> int:
        """How many codes there are to draw."""
        return self.qmax - self.qmin + 1

    @property
    def low(self) -> float:
        """The real number of the lowest code."""
        return float(self.reals(np.array([self.qmin]))[0])

    @property
    def high(self) -> float:
        """The real number of the highest code."""
        return float(self.reals(np.array([self.qmax]))[0])

    def reals(self, codes: NDArray[Any]) -> Float64:
        """The real numbers that codes stand for."""
        return (codes.astype(np.float64) - self.zero_point) * self.scale

    def thresholds(self, codes: NDArray[Any]) -> Float64:
        """For each code, the real number above which the next code begins."""
        steps = codes.astype(np.float64) - self.zero_point
        if self.rounding == "floor":
            steps = steps + 1
        elif self.rounding == "toward_zero":
            steps = np.where(codes >= self.toward, steps + 1, steps)
        elif self.rounding != "ceil":
            steps = steps + 0.5
        return steps * self.scale


def grid_of(result: Result) -> Grid:
    """The grid of the slice that the followed number is in."""
    scale, _, zero_point = result.scale_of(result.element)
    fmt = result.settings.fmt
    qmin, qmax = fmt.qmin, fmt.qmax
    if not result.is_clipping:
        qmin, qmax = min(qmin, int(result.q.min())), max(qmax, int(result.q.max()))
    toward = 0.0 if qc.ARITHMETICS[result.arithmetic].zero_point_first else float(zero_point)
    return Grid(qmin, qmax, float(scale), float(zero_point), result.settings.rounding, toward)


def spread_out(low: int, high: int, limit: int) -> NDArray[np.int64]:
    """Whole numbers from low to high, all of them or evenly thinned out, both ends included.

    >>> spread_out(0, 3, 9).tolist(), spread_out(-128, 127, 3).tolist()
    ([0, 1, 2, 3], [-128, 0, 127])
    """
    if high - low < limit:
        return np.arange(low, high + 1)
    return np.unique(np.rint(np.linspace(low, high, limit)).astype(np.int64))

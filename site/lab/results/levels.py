"""The grid of the followed number's slice, as drawings ask for it: some codes at a time, for there may be 65,536."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import quantcore as qc

from .result import Result

Float64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """The codes of one slice on the real line.

    Attributes:
        qmin, qmax: the lowest and highest code to draw: those of the format, and under the notebook's formulas, which
            do not clip, also those that the values reached.
        params: of the slice.
        arithmetic, rounding: by which codes are computed.
    """

    qmin: int
    qmax: int
    params: qc.QuantParams
    arithmetic: str
    rounding: str

    @property
    def scale(self) -> float:
        """The step between neighbouring codes."""
        return float(self.params.scale)

    @property
    def zero_point(self) -> float:
        """The code of 0."""
        return float(self.params.zero_point)

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
        """The real numbers that codes stand for; the largest there are, where that is beyond the precision."""
        return _drawable(qc.reconstruction_levels(_floats(codes), self.params, self.arithmetic))

    def thresholds(self, codes: NDArray[Any]) -> Float64:
        """For each code, the real number above which the next code begins."""
        return _drawable(qc.decision_thresholds(_floats(codes) + 1, self.params, self.arithmetic, self.rounding))


def grid_of(result: Result) -> Levels:
    """The grid of the slice that the followed number is in."""
    scale, factor, zero_point = result.scale_of(result.element)
    fmt = result.settings.fmt
    qmin, qmax = fmt.qmin, fmt.qmax
    if not result.is_clipping:
        qmin, qmax = min(qmin, int(result.q.min())), max(qmax, int(result.q.max()))
    params = qc.QuantParams(scale, zero_point, fmt, scale_factor=factor)
    return Levels(qmin, qmax, params, result.arithmetic, result.settings.rounding)


def spread_out(low: int, high: int, limit: int) -> NDArray[Any]:
    """Whole numbers from low to high, all of them or evenly thinned out, both ends included.

    >>> spread_out(0, 3, 9).tolist(), spread_out(-128, 127, 3).tolist()
    ([0, 1, 2, 3], [-128, 0, 127])
    """
    if high - low < limit:
        return np.arange(low, high + 1)
    some: NDArray[Any] = np.unique(np.rint(np.linspace(float(low), float(high), limit)))
    return some.astype(np.int64) if high - low < 2**53 else some  # the notebook's may be beyond any integer type


def _floats(codes: NDArray[Any]) -> Float64:
    return np.asarray(codes, np.float64)


def _drawable(numbers: Float64) -> Float64:
    limit = float(np.finfo(np.float64).max)
    return np.clip(numbers, -limit, limit)

"""The grid of the followed number's slice, as drawings ask for it: some codes at a time, for there may be 65,536.

Drawings count codes by their *places* on the real line, which ascend with the numbers that the codes stand for. The
places of integers are the codes themselves, evenly far apart; those of floats, codebooks and blocks are counted from 0.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import quantcore as qc

from ..notation import display
from ..notation.codes import code_name
from .result import Result
from .uneven_levels import UnevenLevels, drawable, uneven_levels

Float64 = NDArray[np.float64]
Places = NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class EvenLevels:
    """Integers with a scale: what they stand for is computed when it is asked for.

    Attributes:
        qmin, qmax: those of the format, and under the notebook's formulas, which do not clip, also those that the
            values reached.
        params: of the slice.
        arithmetic, rounding: by which codes are computed.
    """

    qmin: int
    qmax: int
    params: qc.QuantParams
    arithmetic: str
    rounding: str

    @property
    def is_even(self) -> bool:
        """Whether all steps are equal."""
        return True

    @property
    def scale(self) -> float:
        """The step between neighbouring codes."""
        return float(self.params.scale)

    @property
    def zero_point(self) -> float:
        """The code of 0."""
        return float(self.params.zero_point)

    def place(self, code: Any) -> int:
        """The code itself."""
        return int(code)

    def name(self, place: int) -> str:
        """The code in decimal."""
        return display.shortest(place)

    def long_name(self, place: int) -> str:
        """The code: it says all."""
        return self.name(place)

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

    def within(self, low: float, high: float) -> tuple[int, int]:
        """The first and the last code that stand for numbers from `low` to `high`."""
        with np.errstate(over="ignore"):  # far outside of the codes
            ends = np.clip(np.array([low, high]) / self.scale + self.zero_point, self.qmin - 1, self.qmax + 1)
        return max(self.qmin, int(np.ceil(ends[0]))), min(self.qmax, int(np.floor(ends[1])))

    def reals(self, places: Places) -> Float64:
        """The real numbers that codes stand for; the largest there are, where that is beyond the precision."""
        return drawable(qc.reconstruction_levels(_floats(places), self.params, self.arithmetic))

    def thresholds(self, places: Places) -> Float64:
        """For each code, the real number above which the next code begins."""
        return drawable(qc.decision_thresholds(_floats(places) + 1, self.params, self.arithmetic, self.rounding))


Levels = EvenLevels | UnevenLevels


def grid_of(result: Result) -> Levels:
    """The grid of the slice that the followed number is in."""
    return result.once(_grid_of)


def _grid_of(result: Result) -> Levels:
    if not result.settings.are_integers:
        return uneven_levels(result)
    scale, factor, zero_point = result.scale_of(result.element)
    fmt = result.settings.integers
    qmin, qmax = fmt.qmin, fmt.qmax
    if not result.is_clipping:
        qmin, qmax = min(qmin, int(result.q.min())), max(qmax, int(result.q.max()))
    params = qc.QuantParams(scale, zero_point, fmt, scale_factor=factor, precision=result.kept)
    rounding = "half_even" if result.settings.is_dequantize else result.settings.rounding
    return EvenLevels(qmin, qmax, params, result.arithmetic, rounding)


FAR = 4.0
"""A grid that reaches so many times as far as the values is drawn only where the values are."""


def view_of(grid: Levels, low: float, high: float) -> tuple[float, float]:
    """The part of the real line to draw: values from `low` to `high`, and all levels if these do not reach far beyond.

    The range of integers is the request's own, and always drawn.
    """
    if not grid.n_codes:
        return low, high
    is_far = grid.high - grid.low > FAR * max(high - low, abs(low), abs(high))
    if is_far and isinstance(grid, UnevenLevels):
        return low, high
    return min(low, grid.low), max(high, grid.high)


def seen_apart(grid: Levels, low: float, high: float, limit: int = 300) -> Places:
    """The levels of a part of the real line; of several too near to each other to be told apart, one."""
    first, last = grid.within(low, high)
    places = np.arange(first, last + 1)
    if places.size <= limit:
        return places
    spots = np.floor((grid.reals(places) - low) / (high - low) * limit)
    return places[np.unique(spots, return_index=True)[1]]


def at_or_below(grid: Levels, numbers: Float64) -> list[int]:
    """The places of the last levels that are not above some numbers."""
    return [max(grid.qmin, grid.within(number, number)[1]) for number in numbers.tolist()]


def code_names(result: Result, elements: NDArray[Any]) -> list[str]:
    """The codes of some elements, as people write them."""
    return [code_name(code, result.settings.fmt) for code in result.flat_q[elements].tolist()]


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

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
from .result import Result

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
        return _drawable(qc.reconstruction_levels(_floats(places), self.params, self.arithmetic))

    def thresholds(self, places: Places) -> Float64:
        """For each code, the real number above which the next code begins."""
        return _drawable(qc.decision_thresholds(_floats(places) + 1, self.params, self.arithmetic, self.rounding))


@dataclass(frozen=True, slots=True, eq=False)
class UnevenLevels:
    """Codes whose numbers are not evenly far apart: all that there are.

    Attributes:
        grid: all of them.
        scale: the step at the followed number.
        rounding: by which codes are computed.
        bits: of a code.
    """

    grid: qc.Grid
    scale: float
    rounding: str
    bits: int

    @property
    def is_even(self) -> bool:
        """As `EvenLevels` has it, and so are all the others."""
        return False

    @property
    def qmin(self) -> int:
        """The first place."""
        return 0

    @property
    def qmax(self) -> int:
        """The last place."""
        return len(self.grid.codes) - 1

    @property
    def n_codes(self) -> int:
        """How many codes there are."""
        return self.qmax + 1

    @property
    def low(self) -> float:
        """The lowest number."""
        return float(self.grid.reals[0])

    @property
    def high(self) -> float:
        """The highest number."""
        return float(self.grid.reals[-1])

    @property
    def zero_point(self) -> float:
        """The place of 0; NaN where no code stands for it."""
        found = np.flatnonzero(self.grid.reals == 0)
        return float(found[0]) if found.size else float("nan")

    def place(self, code: Any) -> int:
        """The place of a code; of -0 that of 0, of a code that stands for no number the nearest end's."""
        found = np.flatnonzero(self.grid.codes == code)
        if found.size:
            return int(found[0])
        negative_zero = 1 << self.bits - 1
        return int(self.zero_point) if int(code) == negative_zero and np.isfinite(self.zero_point) else self.qmax

    def name(self, place: int) -> str:
        """The code's bit pattern in hexadecimal."""
        return display.hexadecimal(int(self.grid.codes[place]), self.bits)

    def within(self, low: float, high: float) -> tuple[int, int]:
        """As `EvenLevels` has it."""
        reals = self.grid.reals
        return int(np.searchsorted(reals, low)), int(np.searchsorted(reals, high, side="right")) - 1

    def reals(self, places: Places) -> Float64:
        """As `EvenLevels` has it."""
        return _drawable(self.grid.reals[np.clip(np.asarray(places, np.int64), 0, self.qmax)])

    def thresholds(self, places: Places) -> Float64:
        """As `EvenLevels` has it."""
        return _drawable(self.grid.thresholds[np.clip(np.asarray(places, np.int64) + 1, 0, self.qmax + 1)])


Levels = EvenLevels | UnevenLevels


def grid_of(result: Result) -> Levels:
    """The grid of the slice that the followed number is in."""
    return result.once(_grid_of)


def _grid_of(result: Result) -> Levels:
    if not result.settings.are_integers:
        return _uneven(result)
    scale, factor, zero_point = result.scale_of(result.element)
    fmt = result.settings.integers
    qmin, qmax = fmt.qmin, fmt.qmax
    if not result.is_clipping:
        qmin, qmax = min(qmin, int(result.q.min())), max(qmax, int(result.q.max()))
    params = qc.QuantParams(scale, zero_point, fmt, scale_factor=factor)
    rounding = "half_even" if result.settings.is_dequantize else result.settings.rounding
    return EvenLevels(qmin, qmax, params, result.arithmetic, rounding)


def _uneven(result: Result) -> Levels:
    settings = result.settings
    if result.stored is not None:
        grid = result.stored.grid(tuple(int(i) for i in np.unravel_index(result.element, result.x.shape)))
        rounding = "half_even"
    else:
        params = qc.QuantParams(result.scale_of(result.element)[0], 0, settings.fmt)
        grid, rounding = qc.grid(params, result.arithmetic, settings.rounding), settings.rounding
    x_hat = float(result.flat_x_hat[result.element])
    gaps = np.diff(grid.reals)
    at = int(np.searchsorted(grid.reals, x_hat)) if np.isfinite(x_hat) else 0
    beside = gaps[max(0, at - 1) : at + 1]
    step = float(beside.mean()) if beside.size else max(abs(float(grid.reals[0])), 1.0)
    return UnevenLevels(grid, step, rounding, settings.fmt.bits)


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

"""The grid of the followed number's slice where codes are those of floats, codebooks or blocks."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import quantcore as qc

from ..notation.codes import code_name, number_name
from .result import Result
from .steps import is_evenly_spaced, steps_at

Float64 = NDArray[np.float64]
Places = NDArray[np.integer[Any]]
FEW = 1024


@dataclass(frozen=True, slots=True, eq=False)
class UnevenLevels:
    """Codes in the order of the numbers that they stand for, which need not be evenly far apart.

    Attributes:
        fmt: of a code.
        codes: all that stand for a number; none where the scale is no number.
        real_numbers: what they stand for, ascending.
        scale: the step at the followed number.
        rounding: by which codes are computed; empty where a library has its own rule.
        thresholds_before: for places from 0 to the number of codes, the thresholds at which they begin.
    """

    fmt: qc.Format
    codes: NDArray[Any]
    real_numbers: Float64
    scale: float
    rounding: str
    thresholds_before: Callable[[Places], Float64]

    @property
    def is_even(self) -> bool:
        """Whether all steps are equal, as those of integers in a block are."""
        return is_evenly_spaced(self.fmt)

    @property
    def qmin(self) -> int:
        """The first place."""
        return 0

    @property
    def qmax(self) -> int:
        """The last place."""
        return len(self.codes) - 1

    @property
    def n_codes(self) -> int:
        """How many codes there are."""
        return len(self.codes)

    @property
    def low(self) -> float:
        """The lowest number; NaN if there is none."""
        return float(self.real_numbers[0]) if self.n_codes else float("nan")

    @property
    def high(self) -> float:
        """The highest number; NaN if there is none."""
        return float(self.real_numbers[-1]) if self.n_codes else float("nan")

    @property
    def zero_point(self) -> float:
        """The place of 0; NaN where no code stands for it."""
        found = np.flatnonzero(self.real_numbers == 0)
        return float(found[0]) if found.size else float("nan")

    def place(self, code: Any) -> int:
        """The place of a code; of another code with the same number, as -0, that of the number; -1 if it has none."""
        found = np.flatnonzero(self.codes == code)
        if not found.size:
            number = self.fmt.decode(np.asarray(code).astype(self.fmt.dtype).reshape(1))
            found = np.flatnonzero(self.fmt.decode(self.codes) == number)
        return int(found[0]) if found.size else -1

    def name(self, place: int) -> str:
        """The code as people write it."""
        return code_name(self.codes[place], self.fmt)

    def long_name(self, place: int) -> str:
        """The code with the number that it has before the scale."""
        return f"{self.name(place)} ({number_name(self.codes[place], self.fmt)})"

    def within(self, low: float, high: float) -> tuple[int, int]:
        """As `EvenLevels` has it."""
        reals = self.real_numbers
        return int(np.searchsorted(reals, low)), int(np.searchsorted(reals, high, side="right")) - 1

    def reals(self, places: Places) -> Float64:
        """As `EvenLevels` has it."""
        if not self.n_codes:
            return np.full(np.shape(places), np.nan)
        return drawable(self.real_numbers[np.clip(np.asarray(places, np.int64), 0, self.qmax)])

    def thresholds(self, places: Places) -> Float64:
        """As `EvenLevels` has it."""
        return drawable(self.thresholds_before(np.clip(np.asarray(places, np.int64) + 1, 0, self.n_codes)))


def uneven_levels(result: Result) -> UnevenLevels:
    """The levels of the block, or of the slice, that the followed number is in."""
    step = float(steps_at(result, np.array([result.element]))[0])
    return _of_block(result, step) if result.stored is not None else _of_slice(result, step)


def _of_block(result: Result, step: float) -> UnevenLevels:
    assert result.stored is not None
    grid = result.stored.grid(result.place_of(result.element))
    reals, codes, thresholds = grid.reals, grid.codes, grid.thresholds
    if not np.isfinite(reals).all():  # a scale that is no number
        reals, codes, thresholds = reals[:0], codes[:0], thresholds[:1]

    def before(places: Places) -> Float64:
        return thresholds[places]

    return UnevenLevels(result.settings.fmt, codes, reals, step, result.settings.rounding, before)


def _of_slice(result: Result, step: float) -> UnevenLevels:
    """Thresholds are searched for, which takes as long for one as for hundreds: all at once, unless there are more."""
    settings, fmt = result.settings, result.settings.fmt
    params = qc.QuantParams(result.scale_of(result.element)[0], 0, fmt, precision=result.kept)
    codes = fmt.grid().codes
    reals = qc.reconstruction_levels(codes, params, result.arithmetic)

    if len(codes) <= FEW:
        every = qc.grid(params, result.arithmetic, settings.rounding).thresholds
        return UnevenLevels(fmt, codes, reals, step, settings.rounding, every.__getitem__)

    def before(places: Places) -> Float64:
        found = np.empty(places.shape)
        is_last = places == len(codes)
        if not is_last.all():
            own = codes[places[~is_last]]
            found[~is_last] = qc.decision_thresholds(own, params, result.arithmetic, settings.rounding)
        if is_last.any():
            found[is_last] = qc.grid(params, result.arithmetic, settings.rounding, codes[-1:]).thresholds[1]
        return found

    return UnevenLevels(fmt, codes, reals, step, settings.rounding, before)


def drawable(numbers: Float64) -> Float64:
    """The numbers, as far as float64 has room for drawing them."""
    limit = float(np.finfo(np.float64).max)
    return np.clip(numbers, -limit, limit)

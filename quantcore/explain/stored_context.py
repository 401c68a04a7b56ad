"""What the steps of a stored element are built from: the block that it is in, and how an element is rounded."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..blocks.block import Level, Stored
from ..errors import QuantError
from ..formats.codebooks import Codebook, Ties
from ..formats.floats import FloatFormat
from ..formats.format import Format
from ..formats.integers import IntFormat
from .exact_steps import Walk


@dataclass(slots=True)
class Context:
    """One element of a stored array, and the steps that are known of it.

    Attributes:
        stored: The array.
        block, place: The block of the element, and where it is in it.
        values: The block's values that were stored, float32; None where only the bytes are known.
        tensor_absmax: The largest magnitude of all values; not used where `values` is None.
        walk: The steps so far.
        is_searched: Whether the code was found by a search that cannot be followed number by number.
    """

    stored: Stored
    block: int
    place: int
    values: NDArray[np.float32] | None
    tensor_absmax: float
    walk: Walk = field(default_factory=Walk)
    is_searched: bool = False

    @property
    def sub(self) -> int:
        """The sub-block of the element."""
        return int(self.place * self.stored.scale.shape[1] // self.stored.codes.shape[1])

    @property
    def sub_values(self) -> NDArray[np.float32]:
        """The values of the sub-block."""
        assert self.values is not None
        size = len(self.values) // self.stored.scale.shape[1]
        return self.values[self.sub * size : (self.sub + 1) * size]

    @property
    def x(self) -> float:
        """The element's value."""
        assert self.values is not None
        return float(self.values[self.place])

    @property
    def options(self) -> Any:
        """With which the array was stored."""
        return self.stored.options

    @property
    def has_searched_codes(self) -> bool:
        """Whether an importance matrix made a search of a rule."""
        return self.options.get("importance") is not None and getattr(self.stored.fmt, "importance", "") == "used"

    def largest(self, values: NDArray[np.float32], signed: bool = False) -> None:
        """The step "absmax" (or "signed_absmax"): the magnitude of the first element that has the largest."""
        first = int(np.abs(values).argmax())
        value = float(values[first])
        name, operation = ("signed_absmax", "same") if signed else ("absmax", "absolute")
        self.walk.add(name, operation, (f"x[{first}]", value))

    def extreme(self, name: str, value: float) -> None:
        """The step "low" or "high"."""
        assert self.values is not None
        first = int(np.flatnonzero(self.values == value)[0])
        self.walk.add(name, "same", (f"x[{first}]", value))

    def level(self, name: str) -> tuple[float, int | None, str]:
        """Number, code and format of a level of this block, or of the sub-block where each has one."""
        level = next(level for level in self.stored.levels if level.name == name)
        values, index = level.values, level_index(self.stored, level, self.block, self.sub)
        code = None if level.codes is None else int(level.codes.reshape(-1)[index])
        return float(values.reshape(-1)[index]), code, level.format

    def keep(
        self,
        level: str,
        *computed: Any,
        name: str = "",
        rounding: str = "half_even",
        note: str = "",
        dtype: str = "",
        operation: str = "",
    ) -> None:
        """The step of a level as it is stored: computed, or read, or found by a search (`operation`)."""
        value, code, fmt = self.level(level)
        if computed and self.values is not None:
            found = self.walk.add(name or level, *computed, dtype=dtype or fmt, rounding=rounding, code=code, note=note)
            if not (found == value or (np.isnan(found) and np.isnan(value))):
                self.mismatch(name or level, found, value)
            return
        read = "stored" if self.values is None else operation or "stored"
        self.walk.take(name or level, read, value, fmt, code, note)

    def mismatch(self, name: str, found: float, stored: float) -> None:
        """Refuse values that are not those that were stored.

        Raises:
            QuantError: Always.
        """
        raise QuantError(
            f"the values give the {name} {found:.9g}; {stored:.9g} is stored. "
            "Give the values that were stored, and the array that `store` made of them.",
            "values",
        )

    def searched_number(self, note: str) -> None:
        """The number of the element, where it was found by a search."""
        self.is_searched = True
        self.walk.level = "element"
        self.walk.take("rounded", "searched", self.number, "exact", note=note)

    @property
    def code(self) -> Any:
        """The element's code, an integer of NumPy."""
        return self.stored.codes[self.block, self.place]

    @property
    def number(self) -> float:
        """The number of the element's code."""
        return float(self.stored.fmt.element.decode(self.stored.codes[self.block, self.place : self.place + 1])[0])


def level_index(stored: Stored, level: Level, block: int, sub: int = 0) -> int:
    """Which of a level's numbers, flattened, serves a sub-block."""
    values, n_blocks = level.values, stored.codes.shape[0]
    if values.size == 1:
        return 0
    if values.size % n_blocks == 0 and values.ndim == 2:
        return int(block * values.shape[1] + sub * values.shape[1] // stored.scale.shape[1])
    return block if values.size == n_blocks else block // 256  # scales of scales: each serves 256


def numbers_around(value: Fraction, fmt: Format) -> tuple[float, float] | None:
    """The two numbers of a format between which a value lies; None if it is one of them, or beyond all.

    A float goes on by one number on either side, to which it would round; an integer format without end.
    """
    if isinstance(fmt, IntFormat):
        low = value.numerator // value.denominator
        return None if value == low else (float(low), float(low + 1))
    reals = _reals(fmt)
    at = bisect_right(reals, value)
    if at == 0 or at == len(reals) or reals[at - 1] == value:
        return None
    return float(reals[at - 1]), float(reals[at])


def round_element(walk: Walk, name: str, fmt: Format, rounding: str, taken: float) -> tuple[bool, bool]:
    """The steps from a scaled value to a number of the format: neighbours, threshold, "rounded", and "clamped".

    Args:
        walk: Where the steps go.
        name: Of the step of the scaled value.
        fmt: Of the element.
        rounding: A name in ROUNDINGS; codebooks have a rule of their own for ties.
        taken: The number of the stored code, for stochastic rounding.

    Returns:
        Whether the value is a tie, and whether it was clipped.
    """
    value = walk.exact(name)
    if value is None:  # a reciprocal overflowed
        walk.take("rounded", "given", taken, "exact", note="what is rounded is not finite in float32")
        return False, bool(np.isinf(walk[name].value))
    if isinstance(fmt, Codebook) and rounding == "half_even":
        rounding = "lower" if fmt.ties is Ties.LOWER else "upper"
    around = numbers_around(value, fmt)
    lowest, highest = fmt.lowest, fmt.highest
    if around is None:
        if lowest <= value <= highest:
            walk.add("rounded", "same", name, dtype="exact", note="it is a number of the format")
            return False, False
        walk.add("rounded", "clamp", name, ("lowest", lowest), ("highest", highest), dtype="exact",
                 note=f"it is beyond {highest:g}, the greatest number")  # fmt: skip
        return False, True
    below, above = around
    middle = (Fraction(below) + Fraction(above)) / 2
    is_tie = value == middle
    if rounding == "stochastic":
        found = below if taken == below or (taken == lowest and below < lowest) else above
    else:
        found = above if _goes_up(value, Fraction(below), Fraction(above), rounding, fmt) else below
    note = f"a tie: exactly halfway between {below:g} and {above:g}" if is_tie else ""
    walk.nearest(name, below, above, found, rounding, note)
    if not lowest <= found <= highest:
        walk.add("clamped", "clamp", "rounded", ("lowest", lowest), ("highest", highest), dtype="exact",
                 note=f"{found:g} is beyond {highest:g}, the greatest number")  # fmt: skip
        return is_tie, True
    return is_tie, False


def neighbours(walk: Walk, name: str, fmt: Format) -> None:
    """The numbers on either side of a value, and the threshold between them, where it is not decided by them alone."""
    value = walk.exact(name)
    around = None if value is None else numbers_around(value, fmt)
    if around is not None:
        walk.neighbours(*around)


def _goes_up(value: Fraction, below: Fraction, above: Fraction, rounding: str, fmt: Format) -> bool:
    middle = (below + above) / 2
    match rounding:
        case "floor":
            return False
        case "ceil":
            return True
        case "toward_zero":
            return value < 0
        case "away":
            return value > 0
    if value != middle:
        return value > middle
    match rounding:
        case "half_up" | "upper":
            return True
        case "lower":
            return False
        case "half_away":
            return value > 0
        case "half_toward_zero":
            return value < 0
    return _is_even(above, fmt)


def _is_even(number: Fraction, fmt: Format) -> bool:
    """Whether the last bit of a number's code is 0."""
    if isinstance(fmt, FloatFormat):
        reals = _reals(fmt)
        return (bisect_left(reals, abs(number)) - len(reals) // 2) % 2 == 0  # the middle one is 0, with the code 0
    return number % 2 == 0


def _reals(fmt: Format) -> list[Fraction]:
    """The numbers in order; of a float with one more on either side."""
    assert isinstance(fmt, (FloatFormat, Codebook))
    return _numbers(fmt)


@cache
def _numbers(fmt: FloatFormat | Codebook) -> list[Fraction]:
    reals = [Fraction(real) for real in np.unique(fmt.grid().reals).tolist()]
    if isinstance(fmt, FloatFormat):
        step = reals[-1] - reals[-2]
        reals = [reals[0] - step, *reals, reals[-1] + step]
    return reals

"""How far tensors of one model are from those of another, measured by parts of both."""

import math
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from quantcore import QuantError
from quantcore.metrics import ErrorSums, Metrics

from ..data.files.contents import Floats
from ..data.store import File
from .matching import Matched, Pair, matched
from .work import parts_of


class Part(NamedTuple):
    """Some numbers of a pair, in one order.

    Attributes:
        start: The place of the first, counted in the side that is walked.
        first: Those of the first side.
        second: Those of the second.
        n_read: How many numbers were read for them.
    """

    start: int
    first: Floats
    second: Floats
    n_read: int


def walk(pair: Pair) -> Iterator[Part]:
    """The numbers of both sides; where rows do not lie alike, one side is read, held and rearranged before.

    Raises:
        ModelFileError: they cannot be read.
    """
    held = pair.held
    if held is None:
        one, other = (parts_of(side.entry) for side in pair.sides)
        start = 0
        for (_, first), (_, second) in zip(one, other, strict=True):
            yield Part(start, first.reshape(-1), second.reshape(-1), 2 * first.size)
            start += first.size
        return
    numbers, nothing = np.empty(0, np.float32), np.empty(0, np.float32)
    start = 0
    for _, part in parts_of(pair.sides[held].entry):
        if not start:
            numbers = np.empty(pair.n_values, part.dtype)
        numbers[start : start + part.size] = part.reshape(-1)
        start += part.size
        yield Part(0, nothing, nothing, part.size)
    numbers = pair.arranged(numbers)
    start = 0
    for _, part in parts_of(pair.sides[1 - held].entry):
        there = numbers[start : start + part.size]
        first, second = (part.reshape(-1), there) if held else (there, part.reshape(-1))
        yield Part(start, first, second, part.size)
        start += part.size


@dataclass(slots=True, eq=False)
class Outcome:
    """What was measured of a pair.

    Attributes:
        pair: What was measured.
        sums: Of all numbers that are finite in both, the second as reconstruction of the first.
        n_not_finite: How many are not.
        worst: Where the largest error is, counted in the side that is walked.
        values: What the two have there.
        fault: Why it could not be measured.
    """

    pair: Pair
    sums: ErrorSums = field(default_factory=ErrorSums)
    n_not_finite: int = 0
    worst: int = 0
    values: tuple[float, float] = (math.nan, math.nan)
    fault: str = ""

    def add(self, part: Part) -> None:
        """Takes some numbers more."""
        x, y = part.first, part.second
        is_finite = np.isfinite(x) & np.isfinite(y)
        places = None if is_finite.all() else np.flatnonzero(is_finite)
        if places is not None:
            x, y = x[places], y[places]
            self.n_not_finite += is_finite.size - places.size
        if not x.size:
            return
        before = self.sums.max_abs if self.sums.n else -1.0
        self.sums.add(x, y)
        if self.sums.max_abs > before:
            with np.errstate(over="ignore"):
                place = int(np.abs(x.astype(np.float64) - y).argmax())
            self.values = float(x[place]), float(y[place])
            self.worst = part.start + (place if places is None else int(places[place]))

    def metrics(self, reference: int) -> Metrics:
        """The figures with one of the two as the reference: 0 or 1."""
        return (self.sums.swapped if reference else self.sums).metrics

    @property
    def n(self) -> int:
        """How many numbers were compared, or left out."""
        return self.sums.n + self.n_not_finite

    @property
    def index(self) -> tuple[int, ...]:
        """Where the largest error is, in the side that is walked."""
        shape = self.pair.walked.tensor.shape
        return tuple(int(one) for one in np.unravel_index(self.worst, shape)) if shape else ()


def measured(pair: Pair) -> Generator[int, None, Outcome]:
    """Measures a pair, yielding how many numbers were read; what cannot be read is a fault."""
    outcome = Outcome(pair, fault=pair.fault)
    if pair.fault:
        return outcome
    try:
        for part in walk(pair):
            outcome.add(part)
            yield part.n_read
    except QuantError as error:
        outcome.fault = error.message
    except MemoryError:
        outcome.fault = "They need more memory than there is."
    if not outcome.fault and not outcome.sums.n:
        outcome.fault = "There is no value that is finite in both."
    return outcome


class Comparison:
    """Two models, and what was measured so far of their tensors."""

    def __init__(self, files: tuple[File, File]) -> None:
        self.files = files
        self.matched: Matched = matched(*files)
        self.outcomes: list[Outcome] = []

    def measure(self) -> Generator[float, None, None]:
        """Measures what is not measured yet, yielding the share of numbers that are read."""
        pairs = self.matched.pairs
        total = max(1, sum(2 * pair.n_values for pair in pairs if not pair.fault))
        done = sum(2 * outcome.pair.n_values for outcome in self.outcomes if not outcome.pair.fault)
        for pair in pairs[len(self.outcomes) :]:
            work, n_read = measured(pair), 0
            while True:
                try:
                    n_read += next(work)
                except StopIteration as end:
                    self.outcomes.append(end.value)
                    break
                yield (done + n_read) / total
            done += 0 if pair.fault else 2 * pair.n_values
        yield 1.0

    @property
    def compared(self) -> list[Outcome]:
        """Those that could be measured."""
        return [outcome for outcome in self.outcomes if not outcome.fault]

    @property
    def together(self) -> ErrorSums:
        """The sums of all that is measured."""
        sums = ErrorSums()
        for outcome in self.compared:
            sums.merge(outcome.sums)
        return sums

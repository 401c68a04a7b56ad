"""Measures rivals in turns (A, B, A, B, ...) and compares them turn by turn: a disturbance then hits all of them."""

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self, TypeVar

Figure = TypeVar("Figure")


@dataclass(frozen=True, slots=True)
class Spread:
    """A median with the middle half of the values around it.

    >>> str(Spread.of([3, 1, 2, 5, 4])), str(Spread.of([1234.5])), str(Spread.of([2.5, 2.504]))
    ('3.00 (2.00 to 4.00)', '1,234', '2.50')
    """

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Self:
        """The median and the quartiles, which are themselves values, or lie between two of them."""
        values = list(values)
        low, median, high = statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else 3 * values
        return cls(median, low, high)

    def __str__(self) -> str:
        median, low, high = map(written, (self.median, self.low, self.high))
        return median if low == median == high else f"{median} ({low} to {high})"


def in_turns(rivals: Mapping[str, Callable[[], Figure]], n_turns: int, n_before: int = 0) -> dict[str, list[Figure]]:
    """Lets every rival have its turn, `n_turns` times after `n_before` turns that do not count."""
    figures: dict[str, list[Figure]] = {name: [] for name in rivals}
    for turn in range(n_before + n_turns):
        for name, measure in rivals.items():
            figure = measure()
            if turn >= n_before:
                figures[name].append(figure)
    return figures


def ratio(figures: Sequence[float], yardstick: Sequence[float]) -> Spread:
    """How many times the yardstick's figure, each compared with that of its own turn."""
    return Spread.of(figure / unit for figure, unit in zip(figures, yardstick, strict=True))


def written(value: float) -> str:
    """A number to three digits or so.

    >>> written(0.0123), written(1.5), written(12.34), written(1234.5), written(0)
    ('0.0123', '1.50', '12.3', '1,234', '0')
    """
    if value and abs(value) < 0.1:
        return f"{value:.3g}"
    return f"{value:,.{0 if abs(value) >= 100 or not value else 1 if abs(value) >= 10 else 2}f}"


def print_table(title: str, rows: Mapping[str, Mapping[str, object]]) -> None:
    """Prints figures under their names, every row with the columns of the first."""
    heads = list(next(iter(rows.values())))
    lines = [["", *heads], *([name, *(str(row[head]) for head in heads)] for name, row in rows.items())]
    first, *others = (max(map(len, column)) for column in zip(*lines, strict=True))
    print(f"\n{title}")
    for name, *cells in lines:
        print("  ".join([name.ljust(first), *map(str.rjust, cells, others)]))

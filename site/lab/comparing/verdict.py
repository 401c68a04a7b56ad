"""The best of the schemes that were measured: at the size of the present settings, and at their error."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from .measuring import Measured

TIE_DB = 0.1
"""Schemes whose signal to noise is no farther apart are equally exact."""
TIE_BITS = 0.01
"""Schemes whose bits per value are no farther apart are equally large."""


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """What beats the present settings; of schemes that do so alike, all.

    Attributes:
        exact: the most exact of the schemes that take no more bits, if it is more exact; empty where none is.
        small: the smallest of the schemes that are as exact at least, if it is smaller; empty where none is.
    """

    exact: tuple[Measured, ...]
    small: tuple[Measured, ...]


def verdict(measured: list[Measured]) -> Verdict | None:
    """What beats the present settings, which come first; None where they have no ratio of signal to noise."""
    present, *others = measured
    exactness, size = present.metrics.sqnr_db, present.bits_per_value
    if math.isnan(exactness) or exactness == -math.inf:
        return None
    better = [s for s in others if s.bits_per_value <= size + TIE_BITS and s.metrics.sqnr_db > exactness + TIE_DB]
    smaller = [s for s in others if s.metrics.sqnr_db >= exactness and s.bits_per_value < size - TIE_BITS]
    return Verdict(
        exact=_first(better, lambda s: (-s.metrics.sqnr_db, s.bits_per_value)),
        small=_first(smaller, lambda s: (s.bits_per_value, -s.metrics.sqnr_db)),
    )


def _first(schemes: list[Measured], order: Callable[[Measured], tuple[float, float]]) -> tuple[Measured, ...]:
    """Those that come first, in an order of two figures."""
    least = min(map(order, schemes), default=None)
    return tuple(scheme for scheme in schemes if order(scheme) == least)

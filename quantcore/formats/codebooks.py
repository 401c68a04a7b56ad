"""Codebooks: the number of each code stands in a table."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import first_place
from ..errors import QuantError
from ..rounding import check_rounding
from .format import BitField, Overflow, look_up
from .grid import Grid

_FEW = 15  # thresholds
_PIECE = 1 << 15  # elements at a time: they stay in the cache


class Ties(Enum):
    """Which of two neighbours a number halfway between them becomes."""

    LOWER = "the lower number"
    UPPER = "the upper number"


@dataclass(frozen=True, slots=True)
class Codebook:
    """Codes whose numbers are listed.

    Args:
        name: The name in FORMATS.
        label: As people write it.
        numbers: Of each code in turn, 2^bits of them, NaN for one not used; they are float32. Two codes may have
            the same one: they follow each other, the lower code first, with the threshold at the number itself.
        source: Where the table is published.
        ties: Of "half_even", which here is the library's own rule.

    >>> NF4.encode(np.array([-1, 0, 0.1, 1], np.float32)).tolist()
    [0, 7, 8, 15]
    """

    name: str
    label: str
    numbers: tuple[float, ...] = field(repr=False)
    source: str
    ties: Ties = Ties.LOWER

    @property
    def bits(self) -> int:
        """The width of a code."""
        return (len(self.numbers) - 1).bit_length()

    @property
    def dtype(self) -> np.dtype[Any]:
        """An unsigned byte."""
        return np.dtype(np.uint8)

    @property
    def values(self) -> NDArray[np.float64]:
        """The number of every code in turn."""
        return _values(self).astype(np.float64)

    @property
    def lowest(self) -> float:
        """The least number."""
        return float(np.nanmin(self.values))

    @property
    def highest(self) -> float:
        """The greatest number."""
        return float(np.nanmax(self.values))

    def encode(
        self,
        x: NDArray[np.floating[Any]],
        rounding: str = "half_even",
        overflow: Overflow = "saturate",
        rng: np.random.Generator | None = None,
    ) -> NDArray[Any]:
        """The codes of the nearest numbers; by other roundings, of a neighbour as the rule says.

        Raises:
            QuantError: NaN and infinity; they have no code.
        """
        wrong = ~np.isfinite(x)
        if wrong.any():
            index, where = first_place(wrong)
            raise QuantError(f"values{where} is {x[index]}; {self.label} has no code for it.", "values")
        return _codes(self, x, check_rounding(rounding, rng), rng)

    def decode(self, codes: NDArray[Any]) -> NDArray[np.float32]:
        """The numbers of codes."""
        return look_up(_values(self), codes)

    def bit_fields(self) -> tuple[BitField, ...]:
        """The place in the table."""
        return (BitField("index", self.bits, 0),)

    def grid(self) -> Grid:
        """All numbers, and the thresholds of rounding to the nearest; beyond the ends it clips."""
        return _grid(self)


def _codes(fmt: Codebook, x: NDArray[Any], rounding: str, rng: np.random.Generator | None) -> NDArray[Any]:
    codes, reals, middles = _sorted(fmt)
    if x.dtype != np.float64 and np.array_equal(middles, middles.astype(np.float32)):
        reals, middles = reals.astype(np.float32), middles.astype(np.float32)
    if rounding == "half_even":
        return np.asarray(codes.take(_rank(x, middles, fmt.ties)))
    low = (np.searchsorted(reals, x, "right") - 1).clip(0, len(reals) - 1)  # the last number that is not above x
    high = np.minimum(low + 1, len(reals) - 1)
    part, gap = x.astype(np.float64) - reals[low], reals[high] - reals[low]
    is_up = {
        "half_up": 2 * part >= gap,
        "half_away": (2 * part > gap) | ((2 * part == gap) & (x > 0)),
        "half_toward_zero": (2 * part > gap) | ((2 * part == gap) & (x < 0)),
        "floor": np.zeros(x.shape, np.bool_),
        "ceil": part > 0,
        "toward_zero": (part > 0) & (x < 0),
        "away": (part > 0) & (x > 0),
    }
    chance = rng.random(x.shape) * gap < part if rounding == "stochastic" and rng is not None else is_up[rounding]
    return np.asarray(codes[np.where(chance, high, low)])


def _rank(x: NDArray[Any], middles: NDArray[Any], ties: Ties) -> NDArray[Any]:
    """How many thresholds are below each number: for a few of them, comparing with each is faster than searching."""
    if len(middles) > _FEW:
        return np.searchsorted(middles, x, "left" if ties is Ties.LOWER else "right")
    compare = np.greater if ties is Ties.LOWER else np.greater_equal
    flat, rank = x.reshape(-1), np.zeros(x.size, np.uint8)
    is_above = np.empty(min(x.size, _PIECE), np.bool_)
    for start in range(0, x.size, _PIECE):
        part, count = flat[start : start + _PIECE], rank[start : start + _PIECE]
        here = is_above[: part.size]
        for middle in middles:
            compare(part, middle, out=here)
            count += here.view(np.uint8)
    return rank.reshape(x.shape)


@cache
def _values(fmt: Codebook) -> NDArray[np.float32]:
    values = np.array(fmt.numbers, np.float32)
    values.setflags(write=False)
    return values


@cache
def _sorted(fmt: Codebook) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Codes in the order of their numbers, these, and the midpoints between them."""
    codes = np.argsort(fmt.values, kind="stable").astype(fmt.dtype)
    reals = fmt.values[codes]
    return codes, reals, reals[:-1] + np.diff(reals) / 2


@cache
def _grid(fmt: Codebook) -> Grid:
    """Of codes with the same number the first one: ggml never writes the other, bitsandbytes on one side of it."""
    codes, reals, _ = _sorted(fmt)
    reals, first = np.unique(reals[np.isfinite(reals)], return_index=True)
    return Grid(codes[first], reals, np.concatenate([reals[:1], reals[:-1] + np.diff(reals) / 2, reals[-1:]]))


def _mirrored(magnitudes: tuple[float, ...]) -> tuple[float, ...]:
    return magnitudes + tuple(-magnitude for magnitude in magnitudes)


_BNB = "bitsandbytes 0.50.2, functional.py, get_4bit_type"
# fmt: off
NF4 = Codebook("nf4", "NF4", (
    -1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334,
    -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
    0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0,
), _BNB)
# fmt: on
FP4_BNB = Codebook(
    "fp4_bnb", "FP4 (bitsandbytes)", _mirrored((0.0, 0.0625 / 12, 8 / 12, 1.0, 4 / 12, 6 / 12, 2 / 12, 3 / 12)), _BNB
)


def _dynamic_map() -> tuple[float, ...]:
    """+-10^(i - 6) times the midpoints of 2^i + 1 numbers from 0.1 to 1, and 0 and 1 (create_dynamic_map)."""
    numbers: list[float] = [0.0, 1.0]
    for i in range(7):
        ends = np.linspace(0.1, 1, 2**i + 1, dtype=np.float32)
        middles = (ends[:-1] + ends[1:]) / np.float32(2)
        magnitudes = 10.0 ** (i - 6) * middles.astype(np.float64)
        numbers += [*magnitudes.tolist(), *(-magnitudes).tolist()]
    return tuple(sorted(numbers))


DYNAMIC8 = Codebook("dynamic8_bnb", "dynamic 8-bit map", _dynamic_map(), "bitsandbytes 0.50.2, create_dynamic_map")
CODEBOOKS = (NF4, FP4_BNB, DYNAMIC8)

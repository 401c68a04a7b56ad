"""What every number format can say and do, whatever its kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from .grid import Grid

_PIECE = 1 << 16  # indices at a time
Element = TypeVar("Element", bound=np.generic)
Overflow = Literal["saturate", "overflow"]
OVERFLOWS: tuple[Overflow, ...] = ("saturate", "overflow")


@dataclass(frozen=True, slots=True)
class BitField:
    """Neighbouring bits of a code with one meaning: `code >> shift & (1 << width) - 1`."""

    name: Literal["sign", "exponent", "mantissa", "integer", "index"]
    width: int
    shift: int


class Format(Protocol):
    """Codes and the numbers that they stand for, before any scale.

    A code is a whole number of `dtype`: of an integer format the signed number itself, of all others the bit pattern,
    unsigned. `pattern` and `from_pattern` go between the two.
    """

    @property
    def name(self) -> str:
        """The name in `FORMATS`, as "float8_e4m3fn"."""

    @property
    def label(self) -> str:
        """The name as people write it, as "FP8 E4M3"."""

    @property
    def source(self) -> str:
        """Title and section of the specification."""

    @property
    def bits(self) -> int:
        """The width of a code, 1 to 16."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """The NumPy integer that holds a code, one an element."""

    @property
    def values(self) -> NDArray[np.float64]:
        """(2**bits,) the number of every bit pattern in turn: NaN where it has none, infinities as they are."""

    @property
    def lowest(self) -> float:
        """The least finite number."""

    @property
    def highest(self) -> float:
        """The greatest finite number."""

    def encode(
        self,
        x: NDArray[np.floating[Any]],
        rounding: str = "half_even",
        overflow: Overflow = "saturate",
        rng: np.random.Generator | None = None,
    ) -> NDArray[Any]:
        """The codes of `x`, with one rounding; behind the door (`quantcore.encode` is the door)."""

    def decode(self, codes: NDArray[Any]) -> NDArray[np.float32]:
        """The numbers of `codes`, exactly; behind the door (`quantcore.decode` is the door)."""

    def __hash__(self) -> int:
        """Records do not change, so that what is made of one can be kept."""

    def bit_fields(self) -> tuple[BitField, ...]:
        """The parts of a code, from the highest bit to the lowest."""

    def grid(self) -> Grid:
        """All finite numbers, and the thresholds of rounding to the nearest."""


def nearest_grid(values: NDArray[np.float64], dtype: np.dtype[Any], below: float, above: float) -> Grid:
    """The finite numbers among `values` in order, with the midpoints between them.

    Args:
        values: Of every bit pattern.
        dtype: Of a code.
        below: The threshold before the first number.
        above: The threshold after the last.
    """
    finite = np.flatnonzero(np.isfinite(values))
    reals, first = np.unique(values[finite], return_index=True)  # of -0 and +0 the lower pattern
    patterns = finite[first].astype(f"u{dtype.itemsize}")
    middles = reals[:-1] + np.diff(reals) / 2
    codes = from_pattern(patterns, int(values.size).bit_length() - 1, dtype)
    grid = Grid(codes, reals, np.concatenate([[below], middles, [above]]))
    for shared in (grid.codes, grid.reals, grid.thresholds):
        shared.setflags(write=False)
    return grid


def look_up(table: NDArray[Element], codes: NDArray[Any]) -> NDArray[Element]:
    """The entries of a table, a piece at a time: NumPy makes 8 bytes of every index.

    >>> look_up(np.array([0.0, 0.5, 1.0]), np.array([2, 1], np.uint8)).tolist()
    [1.0, 0.5]
    """
    found = np.empty(codes.shape, table.dtype)
    flat, target = codes.reshape(-1), found.reshape(-1)
    for start in range(0, flat.size, _PIECE):
        piece = slice(start, start + _PIECE)
        np.take(table, flat[piece], out=target[piece], mode="clip")  # all are in the table; this writes directly
    return found


def pattern(codes: NDArray[Any], bits: int) -> NDArray[Any]:
    """The bit patterns of codes, unsigned: two's complement in `bits` bits where they are negative.

    >>> pattern(np.array([-1, 3], np.int8), 4).tolist()
    [15, 3]
    """
    unsigned = np.dtype(f"u{codes.dtype.itemsize}")
    patterns: NDArray[Any] = codes.astype(unsigned, copy=False) & unsigned.type((1 << bits) - 1)
    return patterns


def from_pattern(patterns: NDArray[Any], bits: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """The codes of `dtype` that bit patterns of `bits` bits hold.

    >>> from_pattern(np.array([15, 3], np.uint8), 4, np.dtype(np.int8)).tolist()
    [-1, 3]
    """
    if dtype.kind == "u":
        return patterns.astype(dtype, copy=False)
    sign = dtype.type(1 << bits - 1) if bits < 8 * dtype.itemsize else dtype.type(0)
    codes: NDArray[Any] = (patterns.astype(dtype) ^ sign) - sign
    return codes

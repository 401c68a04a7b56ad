"""Integer formats: the codes are the numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks import as_array, first_place, truth, whole_number
from ..errors import QuantError
from ..rounding import round_whole
from .format import BitField, Overflow, from_pattern, nearest_grid
from .grid import Grid

MIN_BITS, MAX_BITS = 2, 16


@dataclass(frozen=True, slots=True)
class IntFormat:
    """The whole numbers from qmin to qmax, stored in `bits` bits.

    Args:
        bits: Width, 2 to 16.
        signed: Two's complement, or not.
        narrow: Leave out the lowest code, so that a signed range is symmetric about 0.
        code_range: (qmin, qmax), where neither the full nor the narrow range is meant, as with PyTorch's `quant_min`
            and `quant_max`. It must fit in `bits` bits.

    Raises:
        QuantError: For a width or a range that does not exist.

    >>> IntFormat(4), IntFormat(4).qmin, IntFormat(4).qmax, IntFormat(8, narrow=True).qmin
    (int4, -8, 7, -127)
    """

    bits: int
    signed: bool = True
    narrow: bool = False
    code_range: tuple[int, int] | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        """Refuse what does not exist."""
        bits = whole_number(self.bits, "bits", f"a whole number from {MIN_BITS} to {MAX_BITS}")
        if not MIN_BITS <= bits <= MAX_BITS:
            raise QuantError(f"bits is {bits}; it must be a whole number from {MIN_BITS} to {MAX_BITS}.", "bits")
        object.__setattr__(self, "bits", bits)
        for name in ("signed", "narrow"):
            object.__setattr__(self, name, truth(getattr(self, name), name))
        if self.code_range is not None:
            object.__setattr__(self, "code_range", self._checked_range(self.code_range))

    def _checked_range(self, code_range: object) -> tuple[int, int]:
        if self.narrow:
            raise QuantError("narrow and code_range both say what the lowest code is; give only one of them.", "narrow")
        if not isinstance(code_range, (tuple, list)) or len(code_range) != 2:
            raise QuantError(f"code_range is {code_range!r}; it must be a pair (qmin, qmax).", "code_range")
        low, high = (whole_number(code, "code_range", "a pair of whole numbers") for code in code_range)
        lowest, highest = self.storage_range
        if not lowest <= low < high <= highest:
            raise QuantError(
                f"code_range is ({low}, {high}); it must rise and lie within {lowest} to {highest}, "
                f"the codes of {self.bits} {'signed' if self.signed else 'unsigned'} bits.",
                "code_range",
            )
        return low, high

    @property
    def storage_range(self) -> tuple[int, int]:
        """All codes that the bits can hold, whichever of them are used."""
        return (-(1 << self.bits - 1), (1 << self.bits - 1) - 1) if self.signed else (0, (1 << self.bits) - 1)

    @property
    def qmin(self) -> int:
        """The lowest code in use."""
        return self.code_range[0] if self.code_range else self.storage_range[0] + self.narrow

    @property
    def qmax(self) -> int:
        """The highest code in use."""
        return self.code_range[1] if self.code_range else self.storage_range[1]

    @property
    def levels(self) -> int:
        """The number of codes."""
        return self.qmax - self.qmin + 1

    @property
    def dtype(self) -> np.dtype[Any]:
        """The smallest NumPy integer that holds a code: one code an element, not packed."""
        return np.dtype(f"{'' if self.signed else 'u'}int{8 if self.bits <= 8 else 16}")

    @property
    def name(self) -> str:
        """The short name."""
        return repr(self)

    @property
    def label(self) -> str:
        """As people write it."""
        return f"{'' if self.signed else 'U'}INT{self.bits}"

    @property
    def source(self) -> str:
        """Where the codes are written down."""
        return "two's complement" if self.signed else "binary numbers"

    @property
    def values(self) -> NDArray[np.float64]:
        """The number of every bit pattern in turn, NaN for those that are not in use."""
        patterns = np.arange(1 << self.bits, dtype=f"u{self.dtype.itemsize}")
        codes = from_pattern(patterns, self.bits, self.dtype).astype(np.float64)
        codes[(codes < self.qmin) | (codes > self.qmax)] = np.nan
        return codes

    @property
    def lowest(self) -> float:
        """The lowest code, as a number."""
        return float(self.qmin)

    @property
    def highest(self) -> float:
        """The highest code, as a number."""
        return float(self.qmax)

    def encode(
        self,
        x: NDArray[np.floating[Any]],
        rounding: str = "half_even",
        overflow: Overflow = "saturate",
        rng: np.random.Generator | None = None,
    ) -> NDArray[Any]:
        """Round and saturate; there is no infinity or NaN to overflow to.

        Raises:
            QuantError: For numbers that are not finite.
        """
        wrong = ~np.isfinite(x)
        if wrong.any():
            index, where = first_place(wrong)
            raise QuantError(f"values{where} is {x[index]}; {self!r} has no code for it. Replace it.", "values")
        return np.clip(round_whole(x, rounding, rng), self.qmin, self.qmax).astype(self.dtype)

    def decode(self, codes: NDArray[Any]) -> NDArray[np.float32]:
        """The codes are the numbers."""
        return codes.astype(np.float32)

    def bit_fields(self) -> tuple[BitField, ...]:
        """One whole number."""
        return (BitField("integer", self.bits, 0),)

    def grid(self) -> Grid:
        """All numbers, and the thresholds of rounding to the nearest."""
        return nearest_grid(self.values, self.dtype, self.qmin - 0.5, self.qmax + 0.5)

    def __repr__(self) -> str:
        """The short name, as "uint4" or "int8 narrow"."""
        name = f"{'' if self.signed else 'u'}int{self.bits}"
        if self.narrow:
            return f"{name} narrow"
        return f"{name} {self.code_range[0]}..{self.code_range[1]}" if self.code_range else name


def whole_codes(q: ArrayLike, fmt: IntFormat | None) -> NDArray[Any]:
    """`q` as an array of codes of the format; None: of whole numbers, which may be floating point.

    Raises:
        QuantError: If it is ragged, holds something else, or a number that is not a code.
    """
    array = as_array(q, "codes")
    if fmt is None:
        is_number = array.dtype.kind in "iuf" and array.dtype.itemsize <= 8
        if not is_number or (array.dtype.kind == "f" and not (np.isfinite(array) & (array == np.rint(array))).all()):
            raise QuantError("codes hold something else than whole numbers; round them first.", "codes")
        return array
    if array.dtype.kind not in "iu" and array.size:
        raise QuantError(f"codes are of type {array.dtype}; they must be whole numbers.", "codes")
    type_holds_only_codes = array.dtype == fmt.dtype and fmt.levels == 1 << 8 * fmt.dtype.itemsize
    if array.size and not type_holds_only_codes and (array.min() < fmt.qmin or array.max() > fmt.qmax):
        wrong = (array < fmt.qmin) | (array > fmt.qmax)
        index, where = first_place(wrong)
        raise QuantError(f"codes{where} is {array[index]}; {fmt!r} has the codes {fmt.qmin} to {fmt.qmax}.", "codes")
    return array


INT2, INT4, INT8, INT16 = (IntFormat(bits) for bits in (2, 4, 8, 16))
UINT2, UINT4, UINT8, UINT16 = (IntFormat(bits, signed=False) for bits in (2, 4, 8, 16))

"""The floating-point numbers in which values, ranges and scales are kept.

float16, float32 and float64 are NumPy's own types. bfloat16 is not: it is the upper 16 bits of a float32, and held so,
in a float32 whose lower bits are 0. An operation in bfloat16 is the one in float32, rounded again: as float32 has
24 >= 2 * 8 + 2 bits, rounding twice gives what rounding once would (Figueroa, 1995, "When is double rounding
innocuous?", SIGNUM Newsletter 30 (3)).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from .errors import QuantError

FloatArray = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Precision:
    """One kind of floating-point numbers.

    Attributes:
        name: As NumPy, PyTorch and ONNX have it.
        dtype: NumPy's type that holds them.

    >>> str(PRECISIONS["bfloat16"]), PRECISIONS["bfloat16"].keep([0.1, 257.0, 3.4e38]).tolist()
    ('bfloat16', [0.10009765625, 256.0, inf])
    """

    name: str
    dtype: np.dtype[Any]

    def __str__(self) -> str:
        """Its name."""
        return self.name

    @property
    def is_numpy_type(self) -> bool:
        """Whether every number of `dtype` is one of these."""
        return self.name == _name(self.dtype)

    @property
    def largest(self) -> float:
        """The greatest finite number."""
        limit = float(np.finfo(self.dtype).max)
        return limit if self.is_numpy_type else limit * (2 - 2.0**-7) / (2 - 2.0**-23)

    def keep(self, numbers: ArrayLike) -> Any:
        """Numbers rounded to these, half to even; infinite where they are too large.

        float64 becomes bfloat16 through float32, as in PyTorch and ml_dtypes.
        """
        with np.errstate(over="ignore", under="ignore"):
            held = np.asarray(numbers).astype(self.dtype, copy=False)
        return held if self.is_numpy_type else _upper_half(held)


@cache
def _name(dtype: np.dtype[Any]) -> str:
    """NumPy puts the name together whenever it is asked for."""
    return dtype.name


def _upper_half(x: NDArray[np.float32]) -> FloatArray:
    bits = x.view(np.uint32)
    with np.errstate(over="ignore"):  # of NaN, which stays as it is
        up = bits + (np.uint32(0x7FFF) + (bits >> np.uint32(16) & np.uint32(1)))
    return np.where(np.isnan(x), x, (up & np.uint32(0xFFFF0000)).view(np.float32))


PRECISIONS: Mapping[str, Precision] = MappingProxyType(
    {
        "float16": Precision("float16", np.dtype(np.float16)),
        "bfloat16": Precision("bfloat16", np.dtype(np.float32)),
        "float32": Precision("float32", np.dtype(np.float32)),
        "float64": Precision("float64", np.dtype(np.float64)),
    }
)


def precision_of(dtype: DTypeLike | Precision) -> Precision:
    """The record of a NumPy type or of a name; a record is returned as it is.

    Raises:
        QuantError: If it is none of PRECISIONS.

    >>> precision_of(np.float32).name, precision_of("bfloat16").name
    ('float32', 'bfloat16')
    """
    if isinstance(dtype, Precision):
        return dtype
    name = dtype
    if not isinstance(dtype, str):
        try:
            name = np.dtype(dtype).name
        except TypeError:
            name = ""
    if name not in PRECISIONS:
        raise QuantError(f"dtype is {dtype!r}; it must be one of {', '.join(PRECISIONS)}.", "precision")
    return PRECISIONS[str(name)]

"""All number formats by name, and the doors: numbers to codes and back, before any scale."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks import as_array, one_of, real_numbers
from ..errors import QuantError
from ..rounding import check_rounding
from .codebooks import CODEBOOKS, Codebook
from .floats import FLOATS, FloatFormat
from .format import OVERFLOWS, Format, Overflow, pattern
from .integers import MAX_BITS, MIN_BITS, IntFormat

_INTEGERS = tuple(IntFormat(bits, signed) for signed in (True, False) for bits in range(MIN_BITS, MAX_BITS + 1))
_ALL: tuple[Format, ...] = (*_INTEGERS, *FLOATS, *CODEBOOKS)

FORMATS: Mapping[str, Format] = MappingProxyType({fmt.name: fmt for fmt in _ALL})


def find_format(fmt: str | Format) -> Format:
    """The format of this name; a record is returned as it is.

    Raises:
        QuantError: If there is none.
    """
    if isinstance(fmt, (IntFormat, FloatFormat, Codebook)):
        return fmt
    if not isinstance(fmt, str) or fmt not in FORMATS:
        raise QuantError(f"fmt is {fmt!r}; it must be one of {', '.join(FORMATS)}.", "fmt")
    return FORMATS[fmt]


def encode(
    x: ArrayLike,
    fmt: str | Format,
    rounding: str = "half_even",
    overflow: Overflow = "saturate",
    rng: np.random.Generator | None = None,
) -> NDArray[Any]:
    """The codes of numbers, with one rounding.

    Args:
        x: Real numbers, any shape; float64 is rounded once, not by way of float32.
        fmt: A name in FORMATS, or a record.
        rounding: A name in ROUNDINGS.
        overflow: "saturate": what is too large becomes the greatest number, infinity too where the format is a
            floating-point one. "overflow": infinity or NaN, as the format has them; one with neither saturates.
        rng: For "stochastic".

    Returns:
        Whole numbers of the shape of x: of integer formats the numbers themselves, else bit patterns.

    Raises:
        QuantError: Unknown names; NaN (and infinity, where it does not saturate) if the format has no code for it.

    >>> encode([1000, 464, 465], "float8_e4m3fn", overflow="overflow").tolist()
    [127, 126, 127]
    """
    found = find_format(fmt)
    one_of(overflow, "overflow", OVERFLOWS)
    numbers = real_numbers(x)
    if numbers.dtype.kind != "f":
        numbers = numbers.astype(np.float64)
    return found.encode(numbers, check_rounding(rounding, rng), overflow, rng)


def encode_twice_rounded(x: ArrayLike, fmt: str | Format, overflow: Overflow = "overflow") -> NDArray[Any]:
    """As ml_dtypes casts float64: to float32 first, and then to the format; both round half to even.

    >>> [f([1.0625 + 2**-40], "float8_e4m3fn").item() for f in (encode, encode_twice_rounded)]
    [57, 56]
    """
    with np.errstate(over="ignore"):
        return encode(real_numbers(x).astype(np.float32), fmt, overflow=overflow)


def decode(codes: ArrayLike, fmt: str | Format) -> NDArray[np.float32]:
    """The numbers that codes stand for, exactly: float32, of the shape of `codes`.

    Raises:
        QuantError: For what is no code of the format.

    >>> decode([0x7E, 0x01, 0xFF], "float8_e4m3fn").tolist()
    [448.0, 0.001953125, nan]
    """
    found = find_format(fmt)
    return found.decode(format_codes(codes, found))


def format_codes(codes: ArrayLike, fmt: Format) -> NDArray[Any]:
    """`codes` in the type of the format.

    Raises:
        QuantError: For what is no code of the format.
    """
    given = as_array(codes, "codes")
    if given.dtype.kind not in "iu" and given.size:
        raise QuantError(f"codes are of type {given.dtype}; they must be whole numbers.", "codes")
    given = given if given.size else given.astype(fmt.dtype)
    info = np.iinfo(fmt.dtype)
    fits = (given >= info.min) & (given <= info.max)
    narrow = given.astype(fmt.dtype)
    if isinstance(fmt, IntFormat):
        is_code = fits & (narrow >= fmt.qmin) & (narrow <= fmt.qmax)
    else:
        is_code = fits & (pattern(narrow, fmt.bits) == narrow)
    if not is_code.all():
        wrong = given[~is_code][0]
        raise QuantError(f"codes hold {wrong}; it is no code of {fmt.name}, {fmt.bits} bits.", "codes")
    return narrow

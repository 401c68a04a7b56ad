"""Floating-point formats of 4 to 16 bits: sign, exponent and mantissa in one code.

    (-1)^s * 2^(e - bias) * (1 + m / 2^mantissa_bits)      normal
    (-1)^s * 2^(1 - bias) * m / 2^mantissa_bits            subnormal, where e is 0

Codes of one sign are in the order of their magnitudes, so rounding is done on a whole number: the magnitude in steps of
the last mantissa bit. A carry out of the mantissa then lands in the exponent by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import first_place
from ..errors import QuantError
from ..rounding import round_whole
from .format import BitField, Overflow, look_up, nearest_grid
from .grid import Grid

FloatArray = NDArray[np.floating[Any]]
_PIECE = 1 << 16  # elements at a time: temporaries stay in the cache
_TABLE_BITS = 15  # of a float32, at most: a table of codes that fits in the first-level cache


class Nans(Enum):
    """Which codes are no numbers."""

    NONE = "none"
    IEEE = "exponent all ones, mantissa not 0"
    ALL_ONES = "all bits but the sign are 1"
    NEGATIVE_ZERO = "the code of -0, which the format does not have"


@dataclass(frozen=True, slots=True)
class FloatFormat:
    """Sign, exponent and mantissa.

    Args:
        name: As ml_dtypes has it.
        label: As people write it.
        exponent_bits: 1 or more.
        mantissa_bits: 0 or more; without any there are no subnormals and there is no zero.
        bias: Subtracted from the exponent.
        infinities: Whether the exponent of all ones with a mantissa of 0 is infinity.
        nans: Which codes are NaN.
        source: Title and section of the specification.
        signed: Whether there is a sign.

    >>> FLOAT4_E2M1FN.decode(np.arange(8)).tolist()
    [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0]
    """

    name: str
    label: str
    exponent_bits: int
    mantissa_bits: int
    bias: int
    infinities: bool
    nans: Nans
    source: str
    signed: bool = True

    @property
    def bits(self) -> int:
        """The width of a code."""
        return self.signed + self.exponent_bits + self.mantissa_bits

    @property
    def dtype(self) -> np.dtype[Any]:
        """The bit pattern's NumPy type."""
        return np.dtype(np.uint8 if self.bits <= 8 else np.uint16)

    @property
    def has_subnormals(self) -> bool:
        """Whether an exponent of 0 means something else, zero among it."""
        return self.mantissa_bits > 0

    @property
    def least_exponent(self) -> int:
        """Of a normal number, and of the subnormals."""
        return self.has_subnormals - self.bias

    @property
    def highest_code(self) -> int:
        """The code of the greatest finite number."""
        top = (1 << self.exponent_bits + self.mantissa_bits) - 1
        if self.nans is Nans.IEEE:
            return top - (1 << self.mantissa_bits)
        return top - (self.nans is Nans.ALL_ONES)

    @property
    def nan_code(self) -> int | None:
        """The code that NaN becomes: the quiet one of IEEE 754, or the only one; None where there is none."""
        top = (1 << self.exponent_bits + self.mantissa_bits) - 1
        if self.nans is Nans.IEEE:
            return top - (1 << self.mantissa_bits - 1) + 1
        return {Nans.ALL_ONES: top, Nans.NEGATIVE_ZERO: top + 1, Nans.NONE: None}[self.nans]

    @property
    def values(self) -> NDArray[np.float64]:
        """The number of every code in turn."""
        return _values(self)

    @property
    def lowest(self) -> float:
        """The least finite number."""
        return -self.highest if self.signed else 2.0**self.least_exponent

    @property
    def highest(self) -> float:
        """The greatest finite number."""
        return _highest(self)

    def encode(
        self,
        x: FloatArray,
        rounding: str = "half_even",
        overflow: Overflow = "saturate",
        rng: np.random.Generator | None = None,
    ) -> NDArray[Any]:
        """The codes of x with one rounding, also from float64.

        Args:
            x: Floating point, any shape.
            rounding: A name in ROUNDINGS.
            overflow: What becomes of numbers that round to more than the greatest, and of infinity. "saturate": the
                greatest. "overflow": infinity, else NaN; a format with neither saturates. Rounding toward a smaller
                magnitude stays at the greatest, except from infinity (IEEE 754-2019, 7.4).
            rng: For "stochastic".

        Raises:
            QuantError: NaN, where the format has none; or a number below what a format without sign has, unless its NaN
                or its least number may stand for it.
        """
        x = x.astype(np.float32) if x.dtype == np.float16 else np.ascontiguousarray(x)
        if self.nan_code is None and np.isnan(x).any():
            _, where = first_place(np.isnan(x))
            raise QuantError(f"values{where} is nan; {self.label} has no code for it. Replace it.", "values")
        flat, codes = x.reshape(-1), np.empty(x.size, self.dtype)
        bits = _index_bits(self)
        by_table = x.dtype == np.float32 and rounding != "stochastic" and bits <= _TABLE_BITS and x.size >= 4096
        table = _table(self, rounding, overflow) if by_table else None
        for start in range(0, x.size, _PIECE):
            part = flat[start : start + _PIECE]
            found = _encode(part, self, rounding, overflow, rng) if table is None else _look_up(part, table, bits)
            codes[start : start + _PIECE] = found
        return codes.reshape(x.shape)

    def is_beyond(
        self, x: FloatArray, rounding: str = "half_even", rng: np.random.Generator | None = None
    ) -> NDArray[np.bool_]:
        """Whether numbers would round to more than the greatest one if the format went on: what overflows.

        >>> FLOAT8_E4M3FN.is_beyond(np.array([464.0, 465.0, 479.0]), "half_even").tolist()
        [False, True, True]
        """
        place = int(np.frexp(self.highest)[1]) - 1 - self.mantissa_bits  # of the greatest number's last bit
        with np.errstate(over="ignore", under="ignore"):
            steps = np.ldexp(x, -place)
        beyond: NDArray[np.bool_] = np.abs(round_whole(steps, rounding, rng)) > np.ldexp(self.highest, -place)
        return beyond

    def decode(self, codes: NDArray[Any]) -> NDArray[np.float32]:
        """The numbers of codes, exactly."""
        return look_up(_values32(self), codes)

    def bit_fields(self) -> tuple[BitField, ...]:
        """Sign, exponent, mantissa, where there are any."""
        widths = (("sign", int(self.signed)), ("exponent", self.exponent_bits), ("mantissa", self.mantissa_bits))
        shifts = (self.exponent_bits + self.mantissa_bits, self.mantissa_bits, 0)
        return tuple(
            BitField(name, width, shift)  # type: ignore[arg-type]
            for (name, width), shift in zip(widths, shifts, strict=True)
            if width
        )

    def grid(self) -> Grid:
        """All finite numbers, and the thresholds of rounding to the nearest."""
        return _grid(self)


def _encode(
    x: FloatArray, fmt: FloatFormat, rounding: str, overflow: Overflow, rng: np.random.Generator | None
) -> NDArray[Any]:
    """Codes of float32 or float64, by any rounding."""
    with np.errstate(invalid="ignore"):
        finite = np.where(np.isfinite(x), x, 0)
    # exponent of the last place: 2^e <= |x| < 2^(e + 1), or the subnormals' one
    exponents = np.where(finite == 0, fmt.least_exponent, np.frexp(finite)[1] - 1)
    exponents = np.maximum(exponents, fmt.least_exponent)
    scaled = np.ldexp(finite, fmt.mantissa_bits - exponents)  # exact: only the exponent changes
    whole = np.abs(round_whole(scaled, rounding, rng)).astype(np.int64)
    codes = (exponents.astype(np.int64) - fmt.least_exponent << fmt.mantissa_bits) + whole
    if not fmt.has_subnormals:
        codes = np.maximum(codes - 1, 0)  # a magnitude begins at 1; below the least number there is only it
    is_negative = np.signbit(x)
    is_infinite = np.isinf(x)
    is_beyond = (codes > fmt.highest_code) | is_infinite
    codes = np.where(is_beyond, fmt.highest_code, codes)
    nan = 0 if fmt.nan_code is None else fmt.nan_code
    if overflow == "overflow" and (fmt.infinities or nan):
        always, never = np.ones(x.shape, np.bool_), np.zeros(x.shape, np.bool_)
        stays = {"toward_zero": always, "floor": ~is_negative, "ceil": is_negative}.get(rounding, never)
        codes = np.where(is_beyond & (is_infinite | ~stays), fmt.highest_code + 1 if fmt.infinities else nan, codes)
    if not fmt.signed:  # zero and negative numbers
        codes = np.where(x <= 0, nan if overflow == "overflow" else 0, codes)
    if fmt.nans is Nans.NEGATIVE_ZERO:
        is_negative &= (codes != 0) & (codes != nan)
    if fmt.signed:
        codes |= is_negative.astype(np.int64) << fmt.bits - 1
    return np.where(np.isnan(x), nan, codes).astype(fmt.dtype)


def _index_bits(fmt: FloatFormat) -> int:
    """Of a float32: sign, exponent, mantissa, the rounding bit, and one that says whether anything follows.

    Another one where the format's own least number is subnormal in float32, which has no leading 1 there.
    """
    return 11 + fmt.mantissa_bits + (fmt.least_exponent < -126)


def _look_up(x: NDArray[np.float32], table: NDArray[Any], bits: int) -> NDArray[Any]:
    """Codes of float32 by their first bits, of which the last says whether anything follows.

    Of a number, rounding needs the bits that stay, the first that goes, and whether any after it is set.
    """
    shift = 32 - bits
    mask = np.uint32((1 << shift) - 1)
    pattern = x.view(np.uint32)
    index = pattern & mask
    index += mask  # carries into the last bit of the index if any bit below is set
    index |= pattern
    index >>= np.uint32(shift)
    codes: NDArray[Any] = table.take(index)
    return codes


@cache
def _table(fmt: FloatFormat, rounding: str, overflow: Overflow) -> NDArray[Any]:
    """The code of every beginning of a float32, computed by `_encode`."""
    bits = _index_bits(fmt)
    first = np.arange(1 << bits, dtype=np.uint32) << np.uint32(32 - bits)
    return _encode(first.view(np.float32), fmt, rounding, overflow, None)


@cache
def _values(fmt: FloatFormat) -> NDArray[np.float64]:
    values = _decoded(fmt, np.arange(1 << fmt.bits))
    values.setflags(write=False)
    return values


@cache
def _highest(fmt: FloatFormat) -> float:
    """Decoded by itself: all numbers of a format may be 65,536."""
    return float(_decoded(fmt, np.array([fmt.highest_code]))[0])


def _decoded(fmt: FloatFormat, codes: NDArray[np.int64]) -> NDArray[np.float64]:
    exponent = codes >> fmt.mantissa_bits & (1 << fmt.exponent_bits) - 1
    mantissa = codes & (1 << fmt.mantissa_bits) - 1
    is_normal = (exponent > 0) | (not fmt.has_subnormals)
    whole = mantissa + (is_normal.astype(np.int64) << fmt.mantissa_bits)
    power = np.where(is_normal, exponent - fmt.bias, fmt.least_exponent)
    values: NDArray[np.float64] = np.ldexp(whole.astype(np.float64), power - fmt.mantissa_bits)
    if fmt.nans is Nans.IEEE:
        top = exponent == (1 << fmt.exponent_bits) - 1
        values[top] = np.where(mantissa[top] == 0, np.inf, np.nan)
    if fmt.signed:
        values[codes >> fmt.bits - 1 == 1] *= -1
    if fmt.nans is Nans.ALL_ONES:
        values[codes & (1 << fmt.bits - fmt.signed) - 1 == fmt.nan_code] = np.nan
    if fmt.nans is Nans.NEGATIVE_ZERO:
        values[codes == fmt.nan_code] = np.nan
    return values


@cache
def _grid(fmt: FloatFormat) -> Grid:
    step = fmt.highest - float(fmt.values[fmt.highest_code - 1]) if fmt.mantissa_bits else fmt.highest
    end = fmt.highest + step / 2  # where the next number would begin
    return nearest_grid(fmt.values, fmt.dtype, -end if fmt.signed else -np.inf, end)


@cache
def _values32(fmt: FloatFormat) -> NDArray[np.float32]:
    return _values(fmt).astype(np.float32)


_IEEE = "IEEE 754-2019, 3.6"
_OFP8 = "OCP 8-bit Floating Point Specification (OFP8) 1.0, table 1"
_MX = "OCP Microscaling Formats (MX) 1.0, 5.3"
_FNUZ = "Noune et al., 8-bit Numerical Formats for Deep Neural Networks, arXiv:2206.02915"
_ML = "ml_dtypes, README"
# fmt: off
FLOAT16 = FloatFormat("float16", "FP16", 5, 10, 15, True, Nans.IEEE, _IEEE)
BFLOAT16 = FloatFormat("bfloat16", "BF16", 8, 7, 127, True, Nans.IEEE, "the upper 16 bits of IEEE 754's binary32")
FLOAT8_E4M3FN = FloatFormat("float8_e4m3fn", "FP8 E4M3", 4, 3, 7, False, Nans.ALL_ONES, _OFP8)
FLOAT8_E5M2 = FloatFormat("float8_e5m2", "FP8 E5M2", 5, 2, 15, True, Nans.IEEE, _OFP8)
FLOAT8_E4M3FNUZ = FloatFormat("float8_e4m3fnuz", "FP8 E4M3 FNUZ", 4, 3, 8, False, Nans.NEGATIVE_ZERO, _FNUZ)
FLOAT8_E5M2FNUZ = FloatFormat("float8_e5m2fnuz", "FP8 E5M2 FNUZ", 5, 2, 16, False, Nans.NEGATIVE_ZERO, _FNUZ)
FLOAT8_E4M3B11FNUZ = FloatFormat("float8_e4m3b11fnuz", "FP8 E4M3 B11", 4, 3, 11, False, Nans.NEGATIVE_ZERO, _ML)
FLOAT8_E4M3 = FloatFormat("float8_e4m3", "FP8 E4M3 IEEE", 4, 3, 7, True, Nans.IEEE, _ML)
FLOAT8_E3M4 = FloatFormat("float8_e3m4", "FP8 E3M4", 3, 4, 3, True, Nans.IEEE, _ML)
FLOAT6_E2M3FN = FloatFormat("float6_e2m3fn", "FP6 E2M3", 2, 3, 1, False, Nans.NONE, _MX)
FLOAT6_E3M2FN = FloatFormat("float6_e3m2fn", "FP6 E3M2", 3, 2, 3, False, Nans.NONE, _MX)
FLOAT4_E2M1FN = FloatFormat("float4_e2m1fn", "FP4 E2M1", 2, 1, 1, False, Nans.NONE, _MX)
FLOAT8_E8M0FNU = FloatFormat(
    "float8_e8m0fnu", "E8M0", 8, 0, 127, False, Nans.ALL_ONES, "OCP Microscaling Formats (MX) 1.0, 5.4.1", signed=False
)
# fmt: on
FLOATS = (
    FLOAT16,
    BFLOAT16,
    FLOAT8_E4M3FN,
    FLOAT8_E5M2,
    FLOAT8_E4M3FNUZ,
    FLOAT8_E5M2FNUZ,
    FLOAT8_E4M3B11FNUZ,
    FLOAT8_E4M3,
    FLOAT8_E3M4,
    FLOAT6_E2M3FN,
    FLOAT6_E3M2FN,
    FLOAT4_E2M1FN,
    FLOAT8_E8M0FNU,
)

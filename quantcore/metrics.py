"""How far a reconstruction is from its original, and how much was clipped.

Every sum runs over chunks in float64, so the figures hold for float32 data with a large offset or extreme magnitudes,
and no temporary grows with the input.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from .checks import as_array, real_numbers
from .compute.quantize import clipped
from .errors import QuantError
from .parameters.qparams import QuantParams
from .toolkits.arithmetic import Arithmetic

FloatArray = npt.NDArray[np.float64]

_CHUNK = 65_536  # elements: three float64 chunks are 1.5 MB and stay in the cache


@dataclass(frozen=True, slots=True)
class Metrics:
    """Error figures of a reconstruction `x_hat` of `x`, in the unit of `x` unless the name says otherwise.

    Attributes:
        max_abs: max |x - x_hat|.
        mae: mean |x - x_hat|.
        mse: mean (x - x_hat)^2.
        rmse: square root of `mse`.
        sqnr_db: 10 log10(sum x^2 / sum (x - x_hat)^2) in decibels. No error: +inf. A reference of zeros with an
            error: -inf. Zeros reconstructed as zeros: NaN (0/0).
        cosine: x . x_hat / (|x| |x_hat|), from -1 to 1; 0 where either is all zero.
    """

    max_abs: float
    mae: float
    mse: float
    rmse: float
    sqnr_db: float
    cosine: float


def compare(x: npt.ArrayLike, x_hat: npt.ArrayLike) -> Metrics:
    """Measure the error of `x_hat` as a reconstruction of `x`.

    The definitions are those of torch.ao.ns.fx.utils.compute_sqnr and torch.nn.functional.{l1_loss, mse_loss,
    cosine_similarity} (torch 2.13), its answers for zero vectors included; but summed in float64, where torch sums in
    float32 and overflows at 1e30.

    Args:
        x: the original, any shape, finite, not empty.
        x_hat: the reconstruction, same shape, finite: of `dequantize`, `decode` or `restore`.

    Raises:
        QuantError: shapes differ, nothing to compare, or a value is not finite.

    >>> compare([3.0, 4.0], [3.0, 4.5])
    Metrics(max_abs=0.5, mae=0.25, mse=0.125, rmse=0.3535533905932738, sqnr_db=20.0, cosine=0.9984603532054123)
    """
    sums = ErrorSums()
    sums.add(x, x_hat)
    return sums.metrics


class ErrorSums:
    """What the figures of :func:`compare` are made of, where a reconstruction comes part by part.

    >>> sums = ErrorSums()
    >>> sums.add([3.0], [3.0])
    >>> sums.add([4.0], [4.5])
    >>> sums.metrics == compare([3.0, 4.0], [3.0, 4.5])
    True
    """

    def __init__(self) -> None:
        self.n = 0
        self._sums = _Sums(0, 0, 0)

    def add(self, x: npt.ArrayLike, x_hat: npt.ArrayLike) -> None:
        """Take some values more, and their reconstruction.

        Raises:
            QuantError: shapes differ, or a value is not finite.
        """
        reference, estimate = _real("x", x), _real("x_hat", x_hat)
        if reference.shape != estimate.shape:
            raise QuantError(
                f"x_hat has shape {estimate.shape}; it must have the shape of x, {reference.shape}. "
                "Reshape one of them.",
                "x_hat",
            )
        if reference.size == 0:
            return
        sums = _sums(reference, estimate)
        if not sums.are_exact:  # squares left float64 on one side or the other: again, in units of what is largest
            _refuse_non_finite(reference, estimate)
            sums = _sums(reference, estimate, *(_exponent(peak) for peak in _peaks(reference, estimate)))
        self._sums = self._sums.plus(sums) if self.n else sums
        self.n += reference.size

    def merge(self, other: "ErrorSums") -> None:
        """Take all values that another has."""
        if other.n:
            self._sums = self._sums.plus(other._sums) if self.n else other._sums
            self.n += other.n

    @property
    def swapped(self) -> "ErrorSums":
        """The same values, each the other's reconstruction."""
        there, sums = ErrorSums(), self._sums
        there.n = self.n
        there._sums = replace(sums, unit_x=sums.unit_y, unit_y=sums.unit_x, xx=sums.yy, yy=sums.xx)
        return there

    @property
    def max_abs(self) -> float:
        """The largest error so far."""
        return self._sums.max_d * math.ldexp(1.0, self._sums.unit_d)

    @property
    def metrics(self) -> Metrics:
        """The figures of all values.

        Raises:
            QuantError: there is none.
        """
        if not self.n:
            raise QuantError("x is empty; an error needs at least one value. Give a value and its reconstruction.", "x")
        sums, unit = self._sums, math.ldexp(1.0, self._sums.unit_d)
        return Metrics(
            max_abs=self.max_abs,
            mae=sums.d / self.n * unit,
            mse=sums.dd / self.n * unit * unit,
            rmse=math.sqrt(sums.dd / self.n) * unit,
            sqnr_db=_decibels(sums.xx, sums.dd) + 20 * math.log10(2) * (sums.unit_x - sums.unit_d),
            cosine=_cosine(sums.xy, sums.xx, sums.yy),
        )


@dataclass(slots=True)
class _Sums:
    """What is added up over x, y = x_hat and d = |x - y|, each in units of a power of two."""

    unit_x: int
    unit_y: int
    unit_d: int
    xx: float = 0.0
    yy: float = 0.0
    xy: float = 0.0
    dd: float = 0.0
    d: float = 0.0
    max_d: float = 0.0

    @property
    def are_exact(self) -> bool:
        """Whether no square can have over- or underflowed (or been 0: that is seen when it is looked at again)."""
        return all(1e-280 < total < 1e300 for total in (self.xx, self.yy, self.dd))

    def plus(self, other: "_Sums") -> "_Sums":
        """The sums over both, each in the larger unit of the two."""
        x = _larger((self.xx, self.unit_x), (other.xx, other.unit_x))
        y = _larger((self.yy, self.unit_y), (other.yy, other.unit_y))
        d = _larger((self.dd, self.unit_d), (other.dd, other.unit_d))
        a, b = self._in_units(x, y, d), other._in_units(x, y, d)
        return _Sums(x, y, d, a.xx + b.xx, a.yy + b.yy, a.xy + b.xy, a.dd + b.dd, a.d + b.d, max(a.max_d, b.max_d))

    def _in_units(self, x: int, y: int, d: int) -> "_Sums":
        up_x, up_y, up_d = self.unit_x - x, self.unit_y - y, self.unit_d - d
        return _Sums(
            x,
            y,
            d,
            math.ldexp(self.xx, 2 * up_x),
            math.ldexp(self.yy, 2 * up_y),
            math.ldexp(self.xy, up_x + up_y),
            math.ldexp(self.dd, 2 * up_d),
            math.ldexp(self.d, up_d),
            math.ldexp(self.max_d, up_d),
        )


def _larger(*totals: tuple[float, int]) -> int:
    """The larger unit of totals; those that are 0 have none."""
    return max((unit for total, unit in totals if total), default=0)


def _sums(
    x: npt.NDArray[np.generic], y: npt.NDArray[np.generic], unit_x: int = 0, unit_y: int = 0, unit_d: int = 0
) -> _Sums:
    sums = _Sums(unit_x, unit_y, unit_d)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        for a, b in _chunks(x, y):
            # the difference of the largest float64 is none itself: of halves it is
            d = a - b if unit_d < 1023 else a / 2 - b / 2
            if unit_x or unit_y or unit_d:
                a, b = np.ldexp(a, -unit_x), np.ldexp(b, -unit_y)
                d = np.ldexp(d, -unit_d if unit_d < 1023 else 1 - unit_d)
            sums.xx += _dot(a, a)
            sums.yy += _dot(b, b)
            sums.xy += _dot(a, b)
            sums.dd += _dot(d, d)
            np.abs(d, out=d)
            sums.d += float(d.sum())
            sums.max_d = max(sums.max_d, float(d.max()))
    return sums


def _peaks(x: npt.NDArray[np.generic], y: npt.NDArray[np.generic]) -> tuple[float, float, float]:
    """The largest magnitudes of x, y and x - y, the last maybe infinite."""
    peaks = np.zeros(3)
    with np.errstate(over="ignore"):
        for a, b in _chunks(x, y):
            peaks = np.maximum(peaks, [np.abs(part).max() for part in (a, b, a - b)])
    return peaks[0], peaks[1], peaks[2]


def _exponent(peak: float) -> int:
    """Of the unit in which `peak` is about 1."""
    return 1023 if math.isinf(peak) else min(math.frexp(peak)[1], 1023)


def clipped_share(
    x: npt.ArrayLike,
    params: QuantParams,
    arithmetic: str | Arithmetic = "onnx",
    rounding: str | None = None,
    rng: np.random.Generator | None = None,
) -> float:
    """The share of the values whose code is moved to an end of the format: those that `clipped` tells.

    Args:
        x: real numbers, any shape, not empty.
        params: as for `quantize`, and so are the other arguments.
        arithmetic: by whose steps.
        rounding: a name in ROUNDINGS.
        rng: for rounding "stochastic".

    Raises:
        QuantError: as `quantize`, or nothing to count.

    >>> from quantcore.formats.integers import INT4
    >>> clipped_share([-9.0, -8.5, 0.0, 7.5, 8.0], QuantParams(1.0, 0, INT4))
    0.6
    """
    values = real_numbers(x)
    if values.size == 0:
        raise QuantError("values are empty; give at least one number.", "values")
    return int(np.count_nonzero(clipped(values, params, arithmetic, rounding, rng))) / values.size


def _real(field: str, value: npt.ArrayLike) -> npt.NDArray[np.generic]:
    """`value` as an array of real numbers."""
    array = as_array(value, field)
    if array.dtype.kind not in "fiub":
        raise QuantError(f"{field} has dtype {array.dtype}; it must hold real numbers.", field)
    return array


def _chunks(*arrays: npt.NDArray[np.generic]) -> Iterator[tuple[FloatArray, ...]]:
    """Corresponding pieces of the flattened arrays, as float64."""
    flat = [array.reshape(-1) for array in arrays]
    for start in range(0, flat[0].size, _CHUNK):
        yield tuple(array[start : start + _CHUNK].astype(np.float64) for array in flat)


def _dot(a: FloatArray, b: FloatArray) -> float:
    """Sum of products, not by BLAS: on chunks this short its threads cost more than they bring."""
    return float(np.einsum("i,i", a, b))


def _decibels(signal: float, noise: float) -> float:
    if noise == 0:
        return math.inf if signal > 0 else math.nan
    return 10 * math.log10(signal / noise) if signal > 0 else -math.inf


def _cosine(sum_xy: float, sum_xx: float, sum_yy: float) -> float:
    norms = math.sqrt(sum_xx) * math.sqrt(sum_yy)
    return min(1.0, max(-1.0, sum_xy / norms)) if norms > 0 else 0.0  # rounding may leave 1.0000000000000002


def _refuse_non_finite(x: npt.NDArray[np.generic], x_hat: npt.NDArray[np.generic]) -> None:
    for field, array in (("x", x), ("x_hat", x_hat)):
        bad = np.flatnonzero(~np.isfinite(array.astype(np.float64)))
        if bad.size:
            index = int(bad[0])
            raise QuantError(
                f"{field} is {array.reshape(-1)[index]} at index {index}; error figures need finite values. "
                "Remove it or replace it.",
                field,
            )

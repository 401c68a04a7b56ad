"""Rounding to whole numbers: the one place that does it.

`floor(x + 0.5)` is not rounding: it sends 0.49999999999999994 to 1 and moves values of 2^52 and more. Every function
here works on the exact fraction `x - trunc(x)`, which floating point computes without error, or on NumPy's own rint,
floor, ceil and trunc.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .checks import one_of
from .errors import QuantError

FloatArray = NDArray[np.floating[Any]]
Rounding = Callable[[FloatArray, np.random.Generator | None], FloatArray]


def _half_even(x: FloatArray, rng: np.random.Generator | None) -> FloatArray:
    """Nearest, ties to the even neighbour (IEEE 754 roundTiesToEven): 0.5 -> 0, 1.5 -> 2, 2.5 -> 2."""
    return np.rint(x)


def _half_away(x: FloatArray, rng: np.random.Generator | None) -> FloatArray:
    """Nearest, ties away from zero (C `round`): 2.5 -> 3, -2.5 -> -3."""
    whole = np.trunc(x)
    return whole + np.copysign(np.abs(x - whole) >= 0.5, x)


def _half_toward_zero(x: FloatArray, rng: np.random.Generator | None) -> FloatArray:
    """Nearest, ties toward zero: 2.5 -> 2, -2.5 -> -2."""
    whole = np.trunc(x)
    return whole + np.copysign(np.abs(x - whole) > 0.5, x)


def _half_up(x: FloatArray, rng: np.random.Generator | None) -> FloatArray:
    """Nearest, ties toward plus infinity: 2.5 -> 3, -2.5 -> -2."""
    whole = np.floor(x)
    return whole + (x - whole >= 0.5)


def _toward_zero(x: FloatArray, rng: np.random.Generator | None) -> FloatArray:
    """The fraction is cut off: 2.7 -> 2, -2.7 -> -2."""
    return np.trunc(x)


def _floor(x: FloatArray, rng: np.random.Generator | None) -> FloatArray:
    """Down: 2.7 -> 2, -2.2 -> -3."""
    return np.floor(x)


def _ceil(x: FloatArray, rng: np.random.Generator | None) -> FloatArray:
    """Up: 2.2 -> 3, -2.7 -> -2."""
    return np.ceil(x)


def _away(x: FloatArray, rng: np.random.Generator | None) -> FloatArray:
    """Away from zero: 2.2 -> 3, -2.2 -> -3."""
    return np.copysign(np.ceil(np.abs(x)), x)


def _stochastic(x: FloatArray, rng: np.random.Generator | None) -> FloatArray:
    """Down or up at random, up with the probability of the fraction: right on average, and whole numbers stay."""
    assert rng is not None  # check_rounding saw to it
    whole = np.floor(x)
    return whole + (rng.random(x.shape) < x - whole)


ROUNDINGS: Mapping[str, Rounding] = MappingProxyType(
    {
        "half_even": _half_even,
        "half_away": _half_away,
        "half_toward_zero": _half_toward_zero,
        "half_up": _half_up,
        "toward_zero": _toward_zero,
        "floor": _floor,
        "ceil": _ceil,
        "away": _away,
        "stochastic": _stochastic,
    }
)


def round_whole(x: FloatArray, rounding: str = "half_even", rng: np.random.Generator | None = None) -> FloatArray:
    """The whole numbers next to `x`, in the dtype of `x`, by the named rule of ROUNDINGS.

    Args:
        x: Floating point, any shape. Infinities stay what they are.
        rounding: A name in ROUNDINGS.
        rng: Needed by "stochastic" only, which draws one number an element, in C order.

    Raises:
        QuantError: If the name is unknown, or "stochastic" has no rng.

    >>> round_whole(np.array([0.5, 1.5, 2.5, -2.5])).tolist()
    [0.0, 2.0, 2.0, -2.0]
    >>> round_whole(np.array([0.49999999999999994, 2.5]), "half_away").tolist()
    [0.0, 3.0]
    """
    rule = ROUNDINGS[check_rounding(rounding, rng)]
    with np.errstate(invalid="ignore"):  # infinity has no fraction: it is NaN on the way, and infinity again
        return rule(x, rng)


def check_rounding(rounding: str, rng: np.random.Generator | None) -> str:
    """The name, if it is one, and "stochastic" only with an rng.

    Raises:
        QuantError: Otherwise.
    """
    one_of(rounding, "rounding", ROUNDINGS)
    if rounding == "stochastic" and not isinstance(rng, np.random.Generator):
        raise QuantError("rounding is stochastic; it needs rng, for instance numpy.random.default_rng(0).", "rounding")
    return rounding


def round_fraction(value: Fraction, rounding: str = "half_even") -> int:
    """The whole number next to an exact `value`, by any rule of ROUNDINGS but "stochastic".

    >>> [round_fraction(Fraction(5, 2), rounding) for rounding in ("half_even", "half_away", "floor")]
    [2, 3, 2]
    """
    low, rest = divmod(value.numerator, value.denominator)
    beyond = 2 * rest - value.denominator  # of the middle between two whole numbers, 0 in it
    is_up = {
        "half_even": beyond > 0 or (beyond == 0 and low % 2 == 1),
        "half_away": beyond > 0 or (beyond == 0 and low >= 0),
        "half_toward_zero": beyond > 0 or (beyond == 0 and low < 0),
        "half_up": beyond >= 0,
        "toward_zero": rest > 0 and low < 0,
        "floor": False,
        "ceil": rest > 0,
        "away": rest > 0 and low >= 0,
    }
    return low + is_up[rounding]

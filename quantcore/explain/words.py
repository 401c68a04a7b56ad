"""What rounding did to one number, in words: the one voice, for a trace's notes and for whoever writes them elsewhere.

Each function returns a clause without a capital or a full stop. `show` writes its numbers: floating-point and whole
ones as they are, exact ones as a `Decimal` or, where that has not all of their digits, as a `Truncated` one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from decimal import Decimal, Inexact, localcontext
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from ..rounding import round_fraction

TIES: Mapping[str, str] = MappingProxyType(
    {
        "half_even": "ties go to the even one",
        "half_away": "ties go away from zero",
        "half_toward_zero": "ties go toward zero",
        "half_up": "ties go up",
    }
)
DIRECTED: Mapping[str, str] = MappingProxyType(
    {
        "toward_zero": "the fraction is cut off",
        "floor": "it is rounded down",
        "ceil": "it is rounded up",
        "away": "it is rounded away from zero",
    }
)
DIGITS = 17
ELLIPSIS = "..."
Show = Callable[[Any], str]


class Truncated(Decimal):
    """The first digits of an exact number that has more."""


def plain(number: Any) -> str:
    """A number in ASCII: the shortest decimal of a floating-point one, "..." after digits of which there are more."""
    if isinstance(number, Decimal):
        text = format(number, "f" if 1e-6 <= abs(number) < 1e18 or not number else "E")
        return f"{text}{ELLIPSIS}" if isinstance(number, Truncated) else text
    return str(int(number) if float(number).is_integer() else number)


def is_tie(value: Fraction) -> bool:
    """Whether a number lies halfway between two whole ones."""
    return value.denominator == 2


def what_rounding_did(number: Any, rounded: int, rounding: str, show: Show = plain) -> str:
    """Between which whole numbers a finite one lies, which it became, and why.

    >>> what_rounding_did(2.5, 2, "half_even")
    '2.5 is a tie, exactly halfway between 2 and 3; ties go to the even one: 2'
    """
    value, text, target = Fraction(float(number)), show(number), show(rounded)
    floor = math.floor(value)
    between = f"{show(floor)} and {show(floor + 1)}"
    if value == floor:
        return f"{text} is a whole number already"
    if rounding == "stochastic":
        chance = f"{float(value - floor):.3g}"
        return f"{text} lies between {between}; it goes up with probability {chance}, and became {target} this time"
    if rounding in DIRECTED:
        return f"{DIRECTED[rounding]}: {text} becomes {target}"
    if is_tie(value):
        return f"{text} is a tie, exactly halfway between {between}; {TIES[rounding]}: {target}"
    return f"{text} lies between {between}, nearer to {target}"


def what_precision_did(number: Any, exact: Fraction, dtype: str, show: Show = plain) -> str:
    """Where floating point made a tie or unmade one, or moved a number past one; else empty.

    >>> what_precision_did(2.5, Fraction("2.50000003"), "float32")
    'it is a tie only because float32 rounded it to one: the exact number lies a little above, 2.50000003'
    """
    if not math.isfinite(number):
        return f"too large for {dtype}"
    value = Fraction(float(number))
    if value == exact:
        return ""
    if is_tie(value):
        side = f"{'above' if exact > value else 'below'}, {show(_decimal(exact))}"
        return f"it is a tie only because {dtype} rounded it to one: the exact number lies a little {side}"
    if is_tie(exact):
        return f"exactly, it would be the tie {show(_decimal(exact))}; {dtype} computes {show(number)}, which is none"
    if math.floor(value + Fraction(1, 2)) != math.floor(exact + Fraction(1, 2)):
        return f"on the way {dtype} took it past a tie: the exact number is {show(_decimal(exact))}"
    return ""


def what_precision_decided(exact: Fraction, rounded: int, rounding: str, dtype: str, show: Show = plain) -> str:
    """What would have come of the exact number, where that is something else; empty where chance decides, too."""
    if rounding == "stochastic" or (expected := round_fraction(exact, rounding)) == rounded:
        return ""
    return f"{dtype} decided: the exact number would become {show(expected)}"


def _decimal(value: Fraction) -> Decimal:
    """The first DIGITS significant digits."""
    with localcontext() as context:
        context.prec = DIGITS
        context.traps[Inexact] = False
        digits = (Decimal(value.numerator) / Decimal(value.denominator)).normalize()
    return digits if Fraction(digits) == value else Truncated(digits)

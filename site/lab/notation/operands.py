"""How a number is written in a formula and in the sentence beside it: with how many of its digits."""

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from quantcore.explain.words import ELLIPSIS, Truncated, plain
from quantcore.rounding import round_fraction

from . import display

DIGITS = 10
ALL = 17
EVERY = 0  # of the exact decimal
WHOLE_FROM = 2.0**52  # from here on every float64 is a whole number


def bare(text: str) -> str:
    """A formatted number without its sign of approximation."""
    return text.removeprefix(display.ABOUT)


def shown(number: Any) -> str:
    """A number as it stands in a formula; near a tie every digit is written, for there they matter."""
    return display.shortest(number) if is_near_tie(number) else display.short(number, DIGITS)


def whole_text(number: Any) -> str:
    """The text of `whole`: a whole number in full, any other as it is shown."""
    return display.shortest(int(number)) if float(number).is_integer() else shown(number)


def typeset(number: Any) -> str:
    """A number in quantcore's words, whose exact ones are decimals."""
    if isinstance(number, Decimal):
        text = display.typographic(plain(number).removesuffix(ELLIPSIS).lower())
        return f"{display.ABOUT}{text}" if isinstance(number, Truncated) else text
    return display.shortest(number) if is_whole(number) else shown(number)


def to_be_rounded(number: Any, rounding: str, digits: int) -> str:
    """A number before it is rounded: so many digits, or as many as it takes to round to the same whole number.

    Two places follow the point at least, and no number looks like a tie that is none.

    >>> to_be_rounded(2.4999999999, "half_even", 4), to_be_rounded(41.12903225, "half_even", 4)
    ('2.4999999999', '≈41.13')
    >>> to_be_rounded(12345.4987, "half_away", 5)
    '≈12345.499'
    """
    if not math.isfinite(number):
        return display.short(number)
    rule, exact = "floor" if rounding == "stochastic" else rounding, Fraction(float(number))
    outcome = round_fraction(exact, rule), is_tie(exact)
    for n in range(max(digits, len(str(int(abs(number)))) + 2), ALL):
        seen = Fraction(f"{float(number):.{n}g}")
        if (round_fraction(seen, rule), is_tie(seen)) == outcome:
            return display.short(number, n)
    return display.short(number, ALL)


def is_tie(number: Fraction) -> bool:
    """Whether a number lies halfway between two whole ones."""
    return number % 1 == Fraction(1, 2)


def with_digits(number: Any, digits: int) -> str:
    """A floating-point number with more digits than stand for it in its precision."""
    exact = Fraction(float(number))
    shortest = display.ascii_shortest(number)
    if Fraction(shortest) == exact:
        return display.typographic(shortest)
    if digits == EVERY:
        return display.typographic(str(Decimal(float(number))).lower().replace("e+", "e"))
    text = f"{float(number):.{digits}g}"
    return ("" if Fraction(text) == exact else display.ABOUT) + display.typographic(text)


def counted(number: Any) -> str:
    """A whole number, or one and a half."""
    exact = Fraction(int(number)) if is_whole(number) else number
    return display.shortest(int(exact)) if exact.denominator == 1 else display.shortest(float(exact))


def is_near_tie(number: Any) -> bool:
    """Whether a number lies about halfway between two whole ones.

    >>> is_near_tie(2.5), is_near_tie(2.4999999999), is_near_tie(2.4)
    (True, True, False)
    """
    return bool(abs(float(number)) < WHOLE_FROM and abs(float(np.mod(float(number), 1)) - 0.5) < 1e-6)


def is_whole(number: Any) -> bool:
    """Whether a number has the type of whole ones."""
    return isinstance(number, (int, np.integer))

"""What rounding did to one number, in words: ties, near misses, and what floating point had to do with it."""

import math
from fractions import Fraction
from typing import Any

from . import display
from .equations import is_near_tie

HALF = Fraction(1, 2)

TIES = {
    "half_even": "ties go to the even one",
    "half_away": "ties go away from zero",
    "half_toward_zero": "ties go toward zero",
    "half_up": "ties go up",
}
DIRECTED = {
    "toward_zero": "The fraction is cut off",
    "floor": "It is rounded down",
    "ceil": "It is rounded up",
    "away": "It is rounded away from zero",
}


def explain(number: Any, exact: Fraction, rounded: int, rounding: str, precision: str) -> str:
    """One or two sentences about a rounding.

    Args:
        number: the floating-point number that was rounded.
        exact: what the same formula gives without any rounding before.
        rounded: the whole number that it became.
        rounding: the name of the rule.
        precision: the name of the floating-point type.

    >>> explain(2.5, Fraction(5, 2), 2, "half_even", "float64")
    '2.5 is a tie, exactly halfway between 2 and 3; ties go to the even one: 2.'
    """
    text = display.shortest(number) if is_near_tie(number) else display.short(number, 10)
    target = display.shortest(rounded)
    floor = math.floor(float(number))
    between = f"{display.shortest(floor)} and {display.shortest(floor + 1)}"
    if float(number) == floor:
        words = f"{text} is a whole number already."
    elif rounding == "stochastic":
        chance = display.percent(float(number) - floor)
        words = f"{text} lies between {between}; it goes up with a chance of {chance}, and became {target} this time."
    elif rounding in DIRECTED:
        words = f"{DIRECTED[rounding]}: {text} becomes {target}."
    elif Fraction(float(number)) - floor == HALF:
        words = f"{text} is a tie, exactly halfway between {between}; {TIES[rounding]}: {target}."
    else:
        words = f"{text} lies between {between}, nearer to {target}."
    return words + _about_floating_point(number, exact, precision)


def _about_floating_point(number: Any, exact: Fraction, precision: str) -> str:
    """Where floating point made a tie or unmade one."""
    is_tie = Fraction(float(number)) % 1 == HALF
    if is_tie and exact % 1 != HALF:
        side = "above" if exact > Fraction(float(number)) else "below"
        return f" It is a tie only because {precision} rounded it to one: the exact number lies a little {side}."
    if not is_tie and exact % 1 == HALF:
        return (
            f" Exactly, it would be the tie {display.shortest(float(exact))}; "
            f"{precision} computes {display.shortest(number)}, which is none."
        )
    return ""

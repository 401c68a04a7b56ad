"""One figure of a result, and how one number or a range of many is written in it."""

from typing import Any

import numpy as np

from ..answer_types import Node, Tile
from ..notation import display
from ..results.cost import bits_per_value
from ..results.result import Result


def tile(key: str, label: str, symbol: Node, value: str, hint: str, digits: str = "") -> Tile:
    """One figure; `digits` are all of them, where the value has fewer."""
    number, is_many, _ = value.partition(", ")
    found: Tile = {
        "key": key,
        "label": label,
        "symbol": symbol,
        "value": value,
        "brief": display.brief(value),
        "hint": hint,
    }
    if is_many:
        found["many"] = f"{number.split()[0]} of them"
    if digits:
        found["digits"] = digits
    return found


def share_tile(key: str, label: str, share: float, hint: str) -> Tile:
    """A share of one as a percentage."""
    return tile(key, label, "", display.percent(share), hint, display.full_percent(share))


def cost_tile(result: Result, hint: str) -> Tile:
    """How many bits a value takes, scales and zero points included."""
    bits = bits_per_value(result)
    value = display.short(bits, 5).removesuffix(".0")
    return tile("bits_per_value", "Bits per value", "", value, hint, display.shortest(bits).removesuffix(".0"))


def one_or_many(numbers: Any, noun: str) -> str:
    """The number, if there is one or all are alike; else how many, and from which to which of those that are numbers.

    >>> one_or_many(np.zeros(128, np.int32), "zero point"), one_or_many(np.array([1.5, 2, 2]), "scale")
    ('0 for all 128', '3 scales, 1.5 to 2.0')
    """
    number = numbers.reshape(-1)[0]
    if (numbers == number).all() or numbers.size == 1:
        is_whole = noun == "zero point" and float(number).is_integer()
        text = display.shortest(int(number)) if is_whole else display.shortest(number)
        return text if numbers.size == 1 else f"{text} for all {display.count(numbers.size)}"
    low, high = ends(numbers, 4)
    return f"{display.plural(numbers.size, noun)}, {low} to {high}"


def ends(numbers: Any, digits: int = 6) -> tuple[str, str]:
    """The smallest and the largest number, of those that are finite."""
    numbers = numbers[np.isfinite(numbers)]
    if not numbers.size:
        return display.NOTHING, display.NOTHING
    low, high = numbers.min(), numbers.max()
    if float(low).is_integer() and float(high).is_integer() and (numbers.dtype.kind in "iu"):
        return display.shortest(int(low)), display.shortest(int(high))
    return display.short(low, digits), display.short(high, digits)

"""One figure of a result, and how one number or a range of many is written in it."""

from typing import Any

import numpy as np

from ..answer_types import Node, Tile
from ..notation import display


def tile(key: str, label: str, symbol: Node, value: str, hint: str) -> Tile:
    """One figure."""
    return {"key": key, "label": label, "symbol": symbol, "value": value, "hint": hint}


def one_or_many(numbers: Any, noun: str) -> str:
    """The number, if there is one; else how many, and from which to which; those that are numbers."""
    if numbers.size == 1:
        number = numbers.reshape(-1)[0]
        return (
            display.shortest(int(number))
            if float(number).is_integer() and noun == "zero point"
            else display.shortest(number)
        )
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

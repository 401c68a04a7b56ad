"""The shape that nested lists give to numbers, and where a list is out of shape.

NumPy counts the brackets: a million numbers take a fraction of a second.
"""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quantcore import QuantError

from ..notation.display import plural
from .places import quoted_token, where

Positions = NDArray[np.intp]

MAX_DEPTH = 8


@dataclass(frozen=True, slots=True, eq=False)
class _Brackets:
    """Where lists and numbers begin and end in a text; positions are indices into its characters."""

    opening: Positions
    closing: Positions
    depth: NDArray[np.intp]  # of each opening bracket: 1 for the outermost
    closing_depth: NDArray[np.intp]
    numbers: Positions  # where each number starts
    number_depth: NDArray[np.intp]

    @classmethod
    def of(cls, source: str) -> "_Brackets":
        characters = np.frombuffer(source.encode("ascii", "replace"), np.uint8)
        is_opening = (characters == ord("[")) | (characters == ord("("))
        is_closing = (characters == ord("]")) | (characters == ord(")"))
        is_gap = (
            (characters <= ord(" ")) | (characters == ord(",")) | (characters == ord(";")) | is_opening | is_closing
        )
        starts = ~is_gap
        starts[1:] &= is_gap[:-1]
        opening, closing, numbers = (np.flatnonzero(mask) for mask in (is_opening, is_closing, starts))

        def open_before(places: Positions) -> NDArray[np.intp]:
            return np.searchsorted(opening, places) - np.searchsorted(closing, places)

        return cls(opening, closing, open_before(opening) + 1, open_before(closing), numbers, open_before(numbers))


def shape_of(source: str, field: str) -> tuple[int, ...]:
    """The shape that the brackets of a text give; several lists side by side are the rows of one.

    Raises:
        QuantError: for a list that is out of shape, with its place in the text.

    >>> shape_of("[1, 2, 3] [4, 5, 6]", "values")
    (2, 3)
    """
    brackets = _Brackets.of(source)
    _check_balance(source, brackets, field)
    deepest = int(brackets.depth.max())
    if deepest > MAX_DEPTH:
        raise QuantError(f"{field} is nested {deepest} lists deep; at most {MAX_DEPTH} are allowed. Flatten it.", field)
    stray = np.flatnonzero(brackets.number_depth != deepest)
    if stray.size:
        entry = int(stray[0])
        place = where(source, int(brackets.numbers[entry]))
        raise QuantError(
            f"{field} is ragged: {quoted_token(source, entry)} {place} stands beside lists; "
            "every number must be nested equally deep.",
            field,
        )
    shape: list[int] = []
    outermost = np.flatnonzero(brackets.depth == 1)
    if outermost.size > 1:
        shape.append(int(outermost.size))
    for level in range(1, deepest + 1):
        members = brackets.numbers if level == deepest else brackets.opening[brackets.depth == level + 1]
        shape.append(_common_length(source, brackets, level, members, field))
    return tuple(shape)


def _common_length(source: str, brackets: _Brackets, level: int, members: Positions, field: str) -> int:
    """How many members each list of one level has.

    Raises:
        QuantError: if they differ, naming the first that does.
    """
    opening = brackets.opening[brackets.depth == level]
    closing = brackets.closing[brackets.closing_depth == level]
    lengths = np.searchsorted(members, closing) - np.searchsorted(members, opening)
    different = np.flatnonzero(lengths != lengths[0])
    if different.size:
        which = int(different[0])
        raise QuantError(
            f"{field} is ragged: list {which + 1} {where(source, int(opening[which]))} holds "
            f"{plural(int(lengths[which]), 'entry', 'entries')}, the first {int(lengths[0])}; "
            "all lists of a level must be equally long.",
            field,
        )
    return int(lengths[0])


def _check_balance(source: str, brackets: _Brackets, field: str) -> None:
    """Raise where a bracket is closed that was not opened, or left open."""
    unopened = np.flatnonzero(brackets.closing_depth < 1)
    if unopened.size:
        place = int(brackets.closing[unopened[0]])
        raise QuantError(
            f'{field} has a "{source[place]}" {where(source, place)} that closes nothing; delete it or open its list.',
            field,
        )
    if brackets.opening.size > brackets.closing.size:
        place = _left_open(source)
        raise QuantError(
            f'{field} has a "{source[place]}" {where(source, place)} that is never closed; close it or delete it.',
            field,
        )


def _left_open(source: str) -> int:
    """The position of the last bracket that stays open."""
    stack: list[int] = []
    for found in re.finditer(r"[\[\]()]", source):
        if found.group() in "[(":
            stack.append(found.start())
        elif stack:
            stack.pop()
    return stack[-1]

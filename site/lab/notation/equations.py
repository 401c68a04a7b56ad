"""Chains of terms, and the signs between them.

The value of a `Term` is computed from the numbers as they are *written*. So the sign between two members of a chain can
be decided, and the digits of each number chosen such that the written operands give the written result: more for
operands where they cancel, fewer for a result that floating point has rounded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np

from ..answer_types import Node, Step
from . import display, lines
from . import mathml as m
from .operands import ALL, DIGITS, EVERY, counted, is_near_tie, is_whole, shown, with_digits
from .terms import Term, kept_in, written

ENOUGH = 6  # a result with fewer is written with more digits of its operands, if that helps
ATTEMPTS = ((None, False), (10, False), (12, False), (14, False), (ALL, False), (ALL, True), (EVERY, True))
Members = Callable[["Writer"], list[Term]]


def step(key: str, title: str, text: str, formula: Node) -> Step:
    """One step: in words, as the page shows it and as LaTeX."""
    return {
        "key": key,
        "title": title,
        "text": display.prose(text),
        "math": lines.shown(formula),
        "latex": m.latex(formula),
    }


@dataclass(slots=True)
class Writer:
    """How numbers are written at one attempt: with so many digits, with or without a function for every rounding.

    Attributes:
        digits: of an operand; None for those that stand for it in its precision, DIGITS at most.
        is_precise: whether every operation is rounded as it was computed, and says so.
        fewest: the digits of the shortest result, as far as it has more.
        fails: whether a result cannot be written so that it is true.
    """

    digits: int | None
    is_precise: bool
    fewest: int = ALL
    fails: bool = False

    def operand(self, number: Any) -> Term:
        """A number that others follow from."""
        precision = _precision(number) if self.is_precise else None
        if isinstance(number, Fraction) or is_whole(number):
            return replace(written(counted(number)), precision=precision)
        return written(shown(number) if self.digits is None else with_digits(number, self.digits), precision)

    def in_one(self, term: Term, like: Any) -> Term:
        """A term of operands without a precision, whose one rounding is to the precision of a number."""
        return kept_in(term, like.dtype.name) if self.is_precise else term

    def result(
        self, number: Any, given: Term, digits: int = DIGITS, keeps: Callable[[Term], bool] | None = None
    ) -> Term:
        """What was computed for `given`, with as many digits as make it true.

        Args:
            number: what was computed.
            given: the term for it, of operands as they are written.
            digits: at most.
            keeps: whether the text still leads to what follows from the number; by default any does.
        """
        most = ALL if self.is_precise or is_near_tie(number) else digits
        for n_digits in range(min(most, _agreeing(number, given)), 0, -1):
            text = (
                with_digits(number, EVERY) if self.is_precise and n_digits == ALL else display.short(number, n_digits)
            )
            term = written(text)
            if is_true(given, term) and (keeps is None or keeps(term)):
                if n_digits < min(ENOUGH, display.significant_digits(display.ascii_shortest(number))):
                    self.fewest = min(self.fewest, n_digits)
                return term
        self.fails = True
        return written(shown(number))


def chain(symbols: Sequence[Term], members: Members) -> Node:
    """Symbols = numbers = ... = outcome, with "≈" where digits were left out.

    Args:
        symbols: the first members, in symbols.
        members: makes the others, all numbers written by the writer that it is given.
    """
    best: tuple[int, list[Term]] | None = None
    for digits, is_precise in ATTEMPTS:
        if is_precise and best is not None:
            break
        writer = Writer(digits, is_precise)
        found = members(writer)
        pairs = pairwise(found)
        if writer.fails or not all(is_true(left, right) for left, right in pairs):
            continue
        if best is None or writer.fewest > best[0]:
            best = writer.fewest, found
        if writer.fewest == ALL:
            break
    numbers = found if best is None else best[1]
    signs = ["="] * (len(symbols) - 1)
    if symbols and numbers:
        signs.append("=" if numbers[0].is_uncut else display.ABOUT)
    signs += [sign(left, right) for left, right in pairwise(numbers)]
    return m.chain(*(term.node for term in (*symbols, *numbers)), relations=signs)


def sign(left: Term, right: Term) -> str:
    """The sign between two terms."""
    return "=" if left.value == right.value and (right.is_uncut or left.unit is not None) else display.ABOUT


def is_true(left: Term, right: Term) -> bool:
    """Whether two terms are the same, to the digits that the second is written with."""
    if right.arguments:
        same = all(is_true(*pair) for pair in zip(left.arguments, right.arguments, strict=False))
        return left.value == right.value and same
    if left.value is None or right.value is None or left.value == right.value:
        return True
    return right.unit is not None and abs(left.value - right.value) <= right.unit / 2


def _agreeing(number: Any, given: Term) -> int:
    """To how many digits a number can be written so that it still is about what is given."""
    computed = Fraction(float(number))
    difference = abs(computed - (given.value or 0))
    if not difference or not computed:
        return ALL
    ratio = abs(computed) / difference
    return min(ALL, max(1, len(str(ratio.numerator // ratio.denominator)) + 1))


def _precision(number: Any) -> str | None:
    return number.dtype.name if isinstance(number, np.floating) else None

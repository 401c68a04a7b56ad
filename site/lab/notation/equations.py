"""Formulas that know what they are worth: one expression, written with symbols and with numbers, and the signs between.

A `Term` is a formula with its exact value, computed from the numbers as they are *written*. So the sign between two
members of a chain can be decided, and the digits of each number chosen such that the written operands give the written
result: more for operands where they cancel, fewer for a result that floating point has rounded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np

from quantcore.explain.words import ELLIPSIS, Truncated, plain
from quantcore.rounding import round_fraction

from ..answer_types import Step
from . import display
from . import mathml as m
from .nodes import Node

DIGITS = 10
ENOUGH = 6  # a result with fewer is written with more digits of its operands, if that helps
ALL = 17
EVERY = 0  # of the exact decimal
ATTEMPTS = ((None, False), (10, False), (12, False), (14, False), (ALL, False), (ALL, True), (EVERY, True))
WHOLE_FROM = 2.0**52  # from here on every float64 is a whole number
SUM, PRODUCT, ATOM = range(3)


@dataclass(frozen=True, slots=True)
class Term:
    """A formula.

    Attributes:
        node: how it is written.
        value: what it is worth; None for symbols.
        rank: SUM, PRODUCT or ATOM, which says where it needs parentheses.
        is_uncut: whether no number in it has digits left out.
        is_signed: whether it needs parentheses after an operator: a number that is negative or has an exponent.
        unit: of a number's last digit.
        arguments: of a function.
        precision: what every operation with it is rounded to, told by a function of that name; None: nothing.
    """

    node: Node
    value: Fraction | None = None
    rank: int = ATOM
    is_uncut: bool = True
    is_signed: bool = False
    unit: Fraction | None = None
    arguments: tuple[Term, ...] = ()
    precision: str | None = None

    def __add__(self, other: Term) -> Term:
        """self + other."""
        return _combined(m.row(self.node, m.operator("+"), other.after(SUM)), SUM, lambda a, b: a + b, self, other)

    def __sub__(self, other: Term) -> Term:
        """self − other."""
        node = m.row(self.node, m.operator(display.MINUS), other.after(PRODUCT))
        return _combined(node, SUM, lambda a, b: a - b, self, other)

    def __mul__(self, other: Term) -> Term:
        """self · other."""
        left = m.fenced(self.node) if self.rank == SUM else self.node
        node = m.row(left, m.operator("·"), other.after(PRODUCT))
        return _combined(node, PRODUCT, lambda a, b: a * b, self, other)

    def __truediv__(self, other: Term) -> Term:
        """Self over other, as a fraction."""
        return _combined(m.fraction(self.node, other.node), ATOM, lambda a, b: a / b, self, other)

    def __neg__(self) -> Term:
        """Minus self; its sign is never rounded."""
        node = m.row(m.operator(display.MINUS), self.after(PRODUCT) if self.rank != PRODUCT else self.node)
        value = None if self.value is None else -self.value
        return replace(self, node=node, value=value, rank=PRODUCT, is_signed=True, unit=None, arguments=())

    def after(self, rank: int) -> Node:
        """How it is written after an operator of a rank."""
        return m.fenced(self.node) if self.is_signed or self.rank < rank else self.node


def step(key: str, title: str, text: str, formula: Node) -> Step:
    """One step: in words, as MathML and as LaTeX."""
    return {"key": key, "title": title, "text": text, "math": m.math(formula), "latex": m.latex(formula)}


def written(text: str, precision: str | None = None) -> Term:
    """A formatted number."""
    digits = bare(text)
    ascii_text = digits.replace(display.MINUS, "-")
    plain = digits.isdigit() or digits.replace(".", "", 1).isdigit()
    value, unit = _worth(ascii_text)
    return Term(m.number(digits), value, is_uncut=digits == text, is_signed=not plain, unit=unit, precision=precision)


def whole(number: Any) -> Term:
    """A whole number, whatever type holds it; a zero point that is none, as it is."""
    return written(whole_text(number))


def whole_text(number: Any) -> str:
    """The same as text."""
    return display.shortest(int(number)) if float(number).is_integer() else shown(number)


def call(name: str, function: Callable[..., Fraction], *arguments: Term) -> Term:
    """A function of terms."""
    values = [argument.value for argument in arguments]
    return Term(
        m.call(name, *(argument.node for argument in arguments)),
        None if None in values else function(*values),
        is_uncut=all(argument.is_uncut for argument in arguments),
        arguments=arguments,
    )


def rounded(term: Term, rounding: str, outcome: int | None = None) -> Term:
    """round(term); by chance, what came of it."""

    def function(value: Fraction) -> Fraction:
        if rounding != "stochastic":
            return Fraction(round_fraction(value, rounding))
        return Fraction(outcome if outcome is not None and abs(outcome - value) < 1 else round(value))

    return call("round", function, term)


def clipped(term: Term, low: Term, high: Term) -> Term:
    """clip(term, low, high)."""
    return call("clip", lambda value, least, most: min(max(value, least), most), term, low, high)


def magnitude(term: Term) -> Term:
    """|term|."""
    value = None if term.value is None else abs(term.value)
    return Term(m.fenced(term.node, left="|", right="|"), value, is_uncut=term.is_uncut)


def maximum(*terms: Term) -> Term:
    """max(term, ...)."""
    return call("max", max, *terms)


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
        if isinstance(number, Fraction) or _is_whole(number):
            return replace(written(_plain(number)), precision=precision)
        return written(shown(number) if self.digits is None else _long(number, self.digits), precision)

    def in_one(self, term: Term, like: Any) -> Term:
        """A term of operands without a precision, whose one rounding is to the precision of a number."""
        if not self.is_precise or term.value is None:
            return term
        precision = like.dtype.name
        kept = nearest(term.value, precision)
        return term if kept == term.value else replace(term, node=m.call(precision, term.node), value=kept, rank=ATOM)

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
            text = _long(number, EVERY) if self.is_precise and n_digits == ALL else display.short(number, n_digits)
            term = written(text)
            if is_true(given, term) and (keeps is None or keeps(term)):
                if n_digits < min(ENOUGH, display.significant_digits(display.ascii_shortest(number))):
                    self.fewest = min(self.fewest, n_digits)
                return term
        self.fails = True
        return written(shown(number))


Members = Callable[[Writer], list[Term]]


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


def bare(text: str) -> str:
    """A formatted number without its sign of approximation."""
    return text.removeprefix(display.ABOUT)


def shown(number: Any) -> str:
    """A number as it stands in a formula; near a tie every digit is written, for there they matter."""
    return display.shortest(number) if is_near_tie(number) else display.short(number, DIGITS)


def typeset(number: Any) -> str:
    """A number in quantcore's words, whose exact ones are decimals."""
    if isinstance(number, Decimal):
        text = display.typographic(plain(number).removesuffix(ELLIPSIS).lower())
        return f"{display.ABOUT}{text}" if isinstance(number, Truncated) else text
    return display.shortest(number) if _is_whole(number) else shown(number)


def is_near_tie(number: Any) -> bool:
    """Whether a number lies about halfway between two whole ones.

    >>> is_near_tie(2.5), is_near_tie(2.4999999999), is_near_tie(2.4)
    (True, True, False)
    """
    return bool(abs(float(number)) < WHOLE_FROM and abs(float(np.mod(float(number), 1)) - 0.5) < 1e-6)


def nearest(value: Fraction, precision: str) -> Fraction:
    """The number of a floating-point type that is nearest to an exact one, ties to even.

    >>> nearest(Fraction(1, 3), "float32") == Fraction(float(np.float32(1) / np.float32(3)))
    True
    """
    dtype = np.dtype(precision).type
    with np.errstate(over="ignore", under="ignore"):
        near = dtype(float(value))
        around = (np.nextafter(near, dtype(-np.inf)), near, np.nextafter(near, dtype(np.inf)))
    finite = [number for number in around if np.isfinite(number)]
    bits = f"i{np.dtype(precision).itemsize}"
    return Fraction(float(min(finite, key=lambda n: (abs(Fraction(float(n)) - value), int(n.view(bits)) & 1))))


def _combined(
    node: Node, rank: int, operation: Callable[[Fraction, Fraction], Fraction], left: Term, right: Term
) -> Term:
    precision = left.precision or right.precision
    is_uncut = left.is_uncut and right.is_uncut
    if left.value is None or right.value is None:
        return Term(node, None, rank, is_uncut)
    exact = operation(left.value, right.value)
    if precision is not None and (kept := nearest(exact, precision)) != exact:
        return Term(m.call(precision, node), kept, ATOM, is_uncut, precision=precision)
    return Term(node, exact, rank, is_uncut, precision=precision)


def _agreeing(number: Any, given: Term) -> int:
    """To how many digits a number can be written so that it still is about what is given."""
    computed = Fraction(float(number))
    difference = abs(computed - (given.value or 0))
    if not difference or not computed:
        return ALL
    ratio = abs(computed) / difference
    return min(ALL, max(1, len(str(ratio.numerator // ratio.denominator)) + 1))


@lru_cache(maxsize=2048)
def _worth(text: str) -> tuple[Fraction, Fraction]:
    """The number of a text, and the unit of its last digit."""
    mantissa, _, exponent = text.partition("e")
    decimals = len(mantissa.partition(".")[2])
    return Fraction(text), Fraction(10) ** (int(exponent or 0) - decimals)


def _precision(number: Any) -> str | None:
    return number.dtype.name if isinstance(number, np.floating) else None


def _is_whole(number: Any) -> bool:
    return isinstance(number, (int, np.integer))


def _plain(number: Any) -> str:
    """A whole number, or one and a half."""
    exact = Fraction(int(number)) if _is_whole(number) else number
    return display.shortest(int(exact)) if exact.denominator == 1 else display.shortest(float(exact))


def _long(number: Any, digits: int) -> str:
    """With more digits than stand for it in its precision."""
    exact = Fraction(float(number))
    shortest = display.ascii_shortest(number)
    if Fraction(shortest) == exact:
        return display.typographic(shortest)
    if digits == EVERY:
        return display.typographic(str(Decimal(float(number))).lower().replace("e+", "e"))
    text = f"{float(number):.{digits}g}"
    return ("" if Fraction(text) == exact else display.ABOUT) + display.typographic(text)

"""Formulas that know what they are worth: an expression, written with symbols or with numbers, and its exact value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np

from quantcore.explain.exact_steps import rounded_to
from quantcore.precision import PRECISIONS
from quantcore.rounding import round_fraction

from ..answer_types import Node
from . import display
from . import mathml as m
from .operands import bare, whole_text

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
        return _combined(m.fraction(self.node, other.node), ATOM, lambda a, b: a / b if b else None, self, other)

    def __neg__(self) -> Term:
        """Minus self; its sign is never rounded."""
        node = m.row(m.operator(display.MINUS), self.after(PRODUCT) if self.rank != PRODUCT else self.node)
        value = None if self.value is None else -self.value
        return replace(self, node=node, value=value, rank=PRODUCT, is_signed=True, unit=None, arguments=())

    def after(self, rank: int) -> Node:
        """How it is written after an operator of a rank."""
        return m.fenced(self.node) if self.is_signed or self.rank < rank else self.node


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


def kept_in(term: Term, precision: str) -> Term:
    """A term of numbers, rounded once to a precision; as it is where that changes nothing."""
    value = term.value if term.value is None else nearest(term.value, precision)
    if value == term.value:
        return term
    return replace(term, node=m.call(precision, term.node), value=value, rank=ATOM, is_signed=False, unit=None)


def nearest(value: Fraction, precision: str) -> Fraction:
    """The number of a floating-point type that is nearest to an exact one, ties to even.

    >>> nearest(Fraction(1, 3), "float32") == Fraction(float(np.float32(1) / np.float32(3)))
    True
    """
    if precision == "bfloat16":
        most = Fraction(PRECISIONS[precision].largest)
        return Fraction(rounded_to(min(max(value, -most), most), precision))
    dtype = np.dtype(precision).type
    with np.errstate(over="ignore", under="ignore"):
        near = dtype(float(value))
        around = (np.nextafter(near, dtype(-np.inf)), near, np.nextafter(near, dtype(np.inf)))
    finite = [number for number in around if np.isfinite(number)]
    bits = f"i{np.dtype(precision).itemsize}"
    return Fraction(float(min(finite, key=lambda n: (abs(Fraction(float(n)) - value), int(n.view(bits)) & 1))))


def _combined(
    node: Node, rank: int, operation: Callable[[Fraction, Fraction], Fraction | None], left: Term, right: Term
) -> Term:
    precision = left.precision or right.precision
    is_uncut = left.is_uncut and right.is_uncut
    if left.value is None or right.value is None:
        return Term(node, None, rank, is_uncut)
    exact = operation(left.value, right.value)
    if exact is None:  # divided by 0
        return Term(node, None, rank, is_uncut)
    if precision is not None and (kept := nearest(exact, precision)) != exact:
        return Term(m.call(precision, node), kept, ATOM, is_uncut, precision=precision)
    return Term(node, exact, rank, is_uncut, precision=precision)


@lru_cache(maxsize=2048)
def _worth(text: str) -> tuple[Fraction, Fraction]:
    """The number of a text, and the unit of its last digit."""
    mantissa, _, exponent = text.partition("e")
    decimals = len(mantissa.partition(".")[2])
    return Fraction(text), Fraction(10) ** (int(exponent or 0) - decimals)

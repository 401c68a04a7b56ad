"""What the steps are made of: numbers as they stand in formulas, and the sign that is right between two members."""

from fractions import Fraction
from typing import Any

import numpy as np

from ..answer_types import Step
from . import display
from . import mathml as m
from .nodes import Node

DIGITS = 10
WHOLE_FROM = 2.0**52  # from here on every float64 is a whole number


def step(key: str, title: str, text: str, formula: Node) -> Step:
    """One step: in words, as MathML and as LaTeX."""
    return {"key": key, "title": title, "text": text, "math": m.math(formula), "latex": m.latex(formula)}


def shown(number: Any) -> str:
    """A number as it stands in a formula; near a tie every digit is written, for there they matter."""
    text = display.short(number, DIGITS)
    return display.shortest(number) if is_near_tie(number) else text


def is_near_tie(number: Any) -> bool:
    """Whether a number lies about halfway between two whole ones.

    >>> is_near_tie(2.5), is_near_tie(2.4999999999), is_near_tie(2.4)
    (True, True, False)
    """
    return bool(abs(float(number)) < WHOLE_FROM and abs(float(np.mod(float(number), 1)) - 0.5) < 1e-6)


def whole(number: Any) -> str:
    """A whole number as it stands in a formula, whatever type holds it; a zero point that is none, as it is."""
    return display.shortest(int(number)) if float(number).is_integer() else shown(float(number))


def bare(text: str) -> str:
    """A formatted number without its sign of approximation."""
    return text.removeprefix(display.ABOUT)


def value(text: str) -> Fraction:
    """The number that a formatted text shows."""
    return Fraction(bare(text).replace(display.MINUS, "-"))


def alone(text: str) -> Node:
    """A formatted number as it stands alone."""
    return m.number(bare(text))


def operand(text: str) -> Node:
    """A formatted number as it stands after an operator."""
    return m.operand(bare(text))


def minus(left: Node, right: Node) -> Node:
    """left − right."""
    return m.row(left, m.operator(display.MINUS), right)


def plus(left: Node, right: Node) -> Node:
    """left + right."""
    return m.row(left, m.operator("+"), right)


def times(left: Node, right: Node) -> Node:
    """left · right."""
    return m.row(left, m.operator("·"), right)


def magnitude(inside: Node) -> Node:
    """|inside|."""
    return m.fenced(inside, left="|", right="|")


def is_exact(*texts: str) -> bool:
    """Whether no digits were left out of any of some formatted numbers."""
    return not any(text.startswith(display.ABOUT) for text in texts)


def relate(holds_exactly: bool) -> str:
    """The sign between two members."""
    return "=" if holds_exactly else display.ABOUT


def equation(symbol: Node, formula: Node, inserted: Node, operands: list[str], exact: Fraction, outcome: str) -> Node:
    """Writes symbol = formula = formula with numbers = outcome, with "≈" where digits are missing or were rounded off.

    Args:
        symbol: what is computed.
        formula: from what, in symbols.
        inserted: the same with numbers.
        operands: those numbers, formatted.
        exact: the exact result for the operands as they are written.
        outcome: the result, formatted.
    """
    signs = ["=", relate(is_exact(*operands)), relate(exact == value(outcome))]
    return m.chain(symbol, formula, inserted, alone(outcome), relations=signs)

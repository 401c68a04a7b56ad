"""Bit patterns in formulas: powers, digits in base two, and the fields of a code, each of its own colour."""

from fractions import Fraction
from itertools import groupby

from quantcore.formats.format import BitField

from ..answer_types import Node
from . import display
from . import mathml as m
from .nodes import node
from .terms import Term, whole

THIN_SPACE = "\u202f"


def power(base: Term, exponent: Term) -> Term:
    """A power with a whole exponent."""
    below = m.fenced(base.node) if base.is_signed else base.node
    value = None
    if base.value is not None and exponent.value is not None:
        value = base.value ** int(exponent.value)
    return Term(node("msup", None, below, exponent.node), value, is_uncut=base.is_uncut and exponent.is_uncut)


def power_of_two(exponent: Term) -> Term:
    """Two to a power."""
    return power(whole(2), exponent)


def binary(pattern: int, bits: int) -> Term:
    """A pattern in base two, in groups of four bits."""
    digits = display.binary(pattern, bits).replace(" ", THIN_SPACE)
    return Term(m.index(node("mn", None, digits), m.number("2")), Fraction(pattern))


def in_fields(pattern: int, fields: tuple[BitField, ...]) -> Term:
    """A pattern in base two, in its fields from the highest bit to the lowest; each has the class of its name."""
    parts: list[Node] = []
    for field in fields:
        gap = [node("mo", {"lspace": "0", "rspace": "0"}, THIN_SPACE)] if parts else []
        parts += [*gap, node("mn", {"class": f"bits-{field.name}"}, digits_of(pattern, field))]
    return Term(m.index(m.row(*parts), m.number("2")), Fraction(pattern))


def value_of(pattern: int, field: BitField) -> int:
    """The whole number in a field of a pattern."""
    return pattern >> field.shift & (1 << field.width) - 1


def digits_of(pattern: int, field: BitField) -> str:
    """The digits of a field.

    >>> digits_of(0b0_1111_101, BitField("exponent", 4, 3))
    '1111'
    """
    return f"{value_of(pattern, field):0{field.width}b}"


def marked(byte: int, own: list[int]) -> Term:
    """A byte in base two, some of whose bits are marked; a space parts them from the others."""
    parts: list[Node] = []
    for is_own, run in groupby(range(7, -1, -1), key=lambda bit: bit in own):
        gap = [node("mo", {"lspace": "0", "rspace": "0"}, THIN_SPACE)] if parts else []
        digits = "".join(str(byte >> bit & 1) for bit in run)
        parts += [*gap, node("mn", {"class": "bits-own"} if is_own else None, digits)]
    return Term(m.index(m.row(*parts), m.number("2")), Fraction(byte))

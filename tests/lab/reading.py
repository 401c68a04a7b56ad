"""Reads the formulas of an answer as they are written in LaTeX, and says whether they are true, in exact arithmetic.

Written from what the signs mean and not from how the lab makes them: "=" is equality, "≈" equality to the last digit
that is written. What holds a symbol is worth nothing; only members that are numbers throughout are compared.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

from lab.notation.mathml import latex

from quantcore.rounding import round_fraction
from tests.core.oracle import FLOAT32, FLOAT64, half_away, half_even, rounded

BITS = re.compile(r"([01]+(?:\\,[01]+)*)_\{2\}")
COMMANDS = re.compile(r"\\operatorname\{\w+\}|\\frac|\\cdot|\\times|\\[lr](?:floor|ceil) ")
LOGARITHMS = {
    "floor": re.compile(r"\\lfloor \\operatorname\{log\}_\{2\}\("),
    "ceil": re.compile(r"\\lceil \\operatorname\{log\}_\{2\}\("),
}
FLOATS = {"float16": (11, -14, 15), "bfloat16": (8, -126, 127), "float32": FLOAT32, "float64": FLOAT64}


@dataclass(frozen=True)
class Member:
    """A member of a chain: its value, the unit of its last digit if it is a number, its arguments if a function."""

    value: Any  # a Fraction; an infinity; None for one of the last two arguments, by chance or a rule for ties
    unit: Fraction | None = None
    name: str = ""
    arguments: tuple["Member", ...] = ()


def untruths(text: str, rounding: str) -> list[str]:
    """The pairs of neighbours in a chain that do not hold."""
    parts = re.split(r"(=|\\approx )", text)
    members = [read(part, rounding) for part in parts[::2]]
    return [
        f"{left_text} {sign} {right_text}"
        for (left, right), sign, (left_text, right_text) in zip(
            pairwise(members), parts[1::2], pairwise(parts[::2]), strict=True
        )
        if left is not None and right is not None and not holds(left, sign, right, rounding)
    ]


def untruths_of(step: dict[str, Any], rounding: str) -> list[str]:
    """The same, of a step's formula as it is copied and as the page shows it, in pieces and with other fractions."""
    return [*untruths(step["latex"], rounding), *untruths(latex(step["math"]), rounding)]


def holds(left: Member, sign: str, right: Member, rounding: str) -> bool:
    """Whether two members are equal, or to the digits of the second."""
    by_chance = rounding == "stochastic" and "round" in (left.name, right.name)
    if left.value is None and right.name != left.name:
        room = (right.unit or 0) / 2 if sign != "=" else 0
        return any(abs(argument.value - right.value) <= room for argument in left.arguments[1:])
    if left.name and left.name == right.name and sign != "=":
        pairs = zip(left.arguments, right.arguments, strict=True)
        same = all(holds(one, sign, other, rounding) for one, other in pairs)
        return same and (left.value == right.value or by_chance)
    if by_chance:
        return abs(left.arguments[0].value - right.value) < 1
    if sign == "=" or right.unit is None:
        return left.value == right.value
    return abs(left.value - right.value) <= right.unit / 2


def read(text: str, rounding: str) -> Member | None:
    """A member's value; None if there is a symbol in it."""
    if match := BITS.fullmatch(text):
        return Member(Fraction(int(match[1].replace("\\,", ""), 2)))
    if text in (r"\infty ", r"-\infty "):
        return Member(float(text.replace(r"\infty ", "inf")))
    if re.search(r"[A-Za-z\\]", COMMANDS.sub("", text)):
        return None
    parser = _Parser(text, rounding)
    found = parser.sum()
    assert parser.rest == "", f"cannot read {parser.rest!r} in {text!r}"
    return found


def decimal(text: str) -> Member:
    """A number as a table has it."""
    mantissa, _, exponent = text.removeprefix("≈").replace("−", "-").partition("e")
    unit = Fraction(10) ** (int(exponent or 0) - len(mantissa.partition(".")[2]))
    return Member(Fraction(mantissa) * Fraction(10) ** int(exponent or 0), unit)


def finite(value: Fraction, precision: tuple[int, int, int]) -> Fraction | float:
    """The nearest number of a precision, or infinity."""
    bits, _, largest = precision
    if abs(value) >= (2 - Fraction(1, 2**bits)) * Fraction(2) ** largest:
        return math.inf if value > 0 else -math.inf
    return rounded(value, precision)


def logarithm(value: Fraction, end: str) -> int:
    """The whole number below, or above, the logarithm to base 2."""
    found = 0
    while Fraction(2) ** found > value:
        found -= 1
    while Fraction(2) ** (found + 1) <= value:
        found += 1
    return found + (end == "ceil" and Fraction(2) ** found != value)


def of_digits(value: Fraction, bits: Fraction, whole: Callable[[Fraction], int]) -> Fraction:
    """The value with so many bits after the leading one."""
    step = Fraction(2) ** (logarithm(value, "floor") - int(bits))
    return whole(value / step) * step


def e4m3(value: Fraction, whole: Callable[[Fraction], int]) -> Fraction:
    """The nearest number of E4M3, 448 at most (OFP8, section 5); no value is negative here."""
    step = Fraction(2) ** (max(logarithm(value, "floor"), -6) - 3) if value else Fraction(1)
    return min(whole(value / step) * step, Fraction(448))


def nearest(value: Fraction, low: Fraction, high: Fraction) -> Fraction | None:
    """The nearer of two; None, for either, at a tie."""
    if 2 * value == low + high:
        return None
    return low if 2 * value < low + high else high


def _doubt(member: Member) -> Fraction:
    """The unit of a number's last digit; 0 of a whole one."""
    return Fraction(0) if member.unit in (None, 1) or member.value is None else Fraction(member.unit)


class _Parser:
    """Recursive descent; a method for every rank."""

    def __init__(self, text: str, rounding: str) -> None:
        self.rest, self.rounding = text, rounding

    def take(self, sign: str) -> bool:
        """Go past a sign, if it comes next."""
        if not self.rest.startswith(sign):
            return False
        self.rest = self.rest[len(sign) :]
        return True

    def need(self, sign: str) -> None:
        """Go past a sign that must come next."""
        assert self.take(sign), f"{sign!r} expected before {self.rest!r}"

    def sum(self) -> Member:
        """Terms with + and - between them."""
        found = self.product()
        while self.rest[:1] in ("+", "-"):
            is_minus = self.take("-") or not self.take("+")
            right = self.product()
            found = Member(found.value - right.value if is_minus else found.value + right.value)
        return found

    def product(self) -> Member:
        """Factors with a dot between them; what is known of each to its last digit is so known of their product."""
        if self.take("-"):
            inside = self.product()
            return Member(-inside.value, inside.unit)
        found = self.factor()
        while (is_over := self.take("/")) or self.take("\\cdot "):
            if is_over:
                found = Member(found.value / self.factor().value)
                continue
            sign, right = -1 if self.take("-") else 1, self.factor()
            unit = _doubt(found) * abs(right.value) + _doubt(right) * abs(found.value)
            found = Member(found.value * sign * right.value, unit or None)
        return found

    def factor(self) -> Member:
        """A number, a fraction, a function, or what is in brackets."""
        if self.take("\\frac{"):
            above = self.sum()
            self.need("}{")
            below = self.sum()
            self.need("}")
            return Member(above.value / below.value)
        if self.take("("):
            inside = self.sum()
            self.need(")")
            return self.powered(inside.value) if self.take("^{") else inside
        if self.take("|"):
            inside = self.sum()
            self.need("|")
            return Member(abs(inside.value))
        for name, opening in LOGARITHMS.items():
            if match := opening.match(self.rest):
                self.rest = self.rest[match.end() :]
                inside = self.sum()
                self.need(f")\\r{name} ")
                return Member(Fraction(logarithm(inside.value, name)))
        if match := re.match(r"\\operatorname\{(\w+)\}\(", self.rest):
            self.rest = self.rest[match.end() :]
            return self.function(match[1])
        return self.number()

    def function(self, name: str) -> Member:
        """A function whose first bracket is behind us."""
        arguments = [self.sum()]
        while self.take(","):
            arguments.append(self.sum())
        self.need(")")
        return Member(self.apply(name, [argument.value for argument in arguments]), None, name, tuple(arguments))

    def apply(self, name: str, values: list[Fraction]) -> Fraction:
        """What a function gives."""
        by_chance = self.rounding == "stochastic"
        functions: dict[str, Callable[..., Fraction]] = {
            "round": lambda x: Fraction(math.floor(x) if by_chance else round_fraction(x, self.rounding)),
            "clip": lambda x, low, high: min(max(x, low), high),
            "max": max,
            "min": min,
            "trunc": lambda x: Fraction(math.trunc(x)),
            "sign": lambda x: Fraction(1 if x >= 0 else -1),
            "mantissa": lambda x, bits: of_digits(x, bits, half_away),
            "E4M3": lambda x: e4m3(x, half_even),
            "UE4M3": lambda x: e4m3(x, lambda value: math.floor(value + Fraction(1, 2))),
            "E8M0": lambda x: Fraction(2) ** min(max(logarithm(x, "ceil"), -127), 127) if x else Fraction(1, 2**127),
            "nearest": nearest,
            "either": lambda x, low, high: None,
            "lower": lambda x, low, high: low,
            "upper": lambda x, low, high: high,
            "inner": lambda x, low, high: low if x > 0 else high,
            "outer": lambda x, low, high: high if x > 0 else low,
            **{kind: lambda x, kind=kind: finite(x, FLOATS[kind]) for kind in FLOATS},
        }
        return functions[name](*values)

    def powered(self, base: Fraction) -> Member:
        """A power whose exponent is next."""
        exponent = self.sum().value
        self.need("}")
        return Member(base ** int(exponent))

    def number(self) -> Member:
        """A decimal, perhaps with a power of ten, or a power of two."""
        match = re.match(r"(\d+)(?:\.(\d+))?(?:\\times 10\^\{(-?\d+)\})?", self.rest)
        assert match, f"a number expected before {self.rest!r}"
        self.rest = self.rest[match.end() :]
        if self.take("^{"):
            return self.powered(Fraction(match[1]))
        decimals, power = match[2] or "", int(match[3] or 0)
        unit = Fraction(10) ** (power - len(decimals))
        return Member(int(match[1] + decimals) * unit, unit)

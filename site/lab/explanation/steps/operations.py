"""quantcore's operations as formulas: one line for each, whatever the format that uses it."""

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import quantcore as qc
from quantcore.explain.exact_steps import rounded_to

from ...answer_types import Node
from ...notation import mathml as m
from ...notation.bits import power_of_two
from ...notation.terms import Term, call, clipped, magnitude, maximum, rounded, whole

Operation = Callable[..., Term]


def _logarithm(name: str, left: str, right: str) -> Operation:
    """The whole number below, or above, a logarithm to base 2."""

    def write(a: Term) -> Term:
        log: Node = m.row(m.index(m.identifier("log"), m.number("2")), m.fenced(a.node))
        value = None if a.value is None else qc.OPERATIONS[name](a.value)
        return Term(m.row(m.operator(left), log, m.operator(right)), value, is_uncut=a.is_uncut)

    return write


def _called(shown: str, name: str) -> Operation:
    return lambda *terms: call(shown, qc.OPERATIONS[name], *terms)


FORMULAS: Mapping[str, Operation] = {
    "same": lambda a: a,
    "absolute": magnitude,
    "negate": lambda a: -a,
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "maximum": maximum,
    "minimum": _called("min", "minimum"),
    "clamp": clipped,
    "mean": _called("mean", "mean"),
    "sign": _called("sign", "sign"),
    "floor_log2": _logarithm("floor_log2", "⌊", "⌋"),
    "ceil_log2": _logarithm("ceil_log2", "⌈", "⌉"),
    "power_of_two": power_of_two,
    "round_mantissa": _called("mantissa", "round_mantissa"),
    "midpoint": lambda a, b: (a + b) / whole(2),
}

CHOOSERS = {"floor": "lower", "ceil": "upper", "toward_zero": "inner", "away": "outer", "stochastic": "either"}
"""Functions that choose one of two neighbours, by rounding; all others choose the nearest."""

ROUNDERS = {
    ("float8_e4m3fn", "half_even"): "E4M3",
    ("float8_e4m3fn", "half_up"): "UE4M3",
    ("float8_e8m0fnu", "ceil"): "E8M0",
    ("float16", "half_even"): "float16",
    ("bfloat16", "half_even"): "bfloat16",
    ("integer", "toward_zero"): "trunc",
}
"""Functions that round to a precision, by it and by the rounding."""


def neighbour(step: qc.StoredStep, terms: list[Term]) -> Term:
    """Which of two neighbours is taken."""
    value, below, above = terms
    name = CHOOSERS.get(step.rounding, "nearest")
    taken = Fraction(step.value)

    def choose(x: Fraction, low: Fraction, high: Fraction) -> Fraction:
        if name != "nearest" or not low <= x <= high or 2 * x == low + high:
            return taken
        return high if 2 * x > low + high else low

    return call(name, choose, value, below, above)


def formula(step: qc.StoredStep, terms: list[Term]) -> Term:
    """A step's operation on terms, with its rounding where that is to a format or to a whole number."""
    if step.operation == "nearest":
        return neighbour(step, terms)
    if step.operation == "instead_of_zero":
        return terms[step.operands[0].value == 0]
    return _to_precision(step, FORMULAS[step.operation](*terms))


def _to_precision(step: qc.StoredStep, term: Term) -> Term:
    if not math.isfinite(step.value):  # an overflow, or what follows from one
        return Term(m.call(step.dtype, term.node)) if term.value is not None else term
    if step.exact is not None and step.exact == Fraction(step.value) and step.operation != "same":
        return term
    if step.dtype == "integer" and step.rounding != "toward_zero":
        return term if step.operation != "same" else rounded(term, step.rounding)
    name = ROUNDERS.get((step.dtype, step.rounding))
    if name is None:
        return term

    def function(value: Fraction) -> Any:
        return Fraction(rounded_to(value, step.dtype, step.rounding))

    return call(name, function, term)

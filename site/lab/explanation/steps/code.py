"""The steps from a value to its code, in the order and the precision of the arithmetic in force."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

import quantcore as qc
from quantcore.toolkits.arithmetic import Scaling

from ...answer_types import Step
from ...notation import mathml as m
from ...notation.equations import alone, equation, is_exact, operand, plus, relate, shown, step, times, value, whole
from ...notation.nodes import Node
from ...notation.rounding_words import explain
from ...results.result import Result

RECIPROCAL = m.identifier("r")


@dataclass(frozen=True, slots=True, eq=False)
class Passage:
    """One value on its way to a code.

    Attributes:
        x: the value.
        by: what it is multiplied with or divided by: scale factor, reciprocal of the scale, or scale.
        by_symbol: its symbol.
        divides: whether it is divided by.
        zero_point: of its slice.
        is_added_first: whether the zero point is added before rounding.
        scaled: the product or quotient.
        before: what is rounded.
        exact: the same without any rounding on the way.
        rounded: the whole number that it is rounded to.
        q: the code.
    """

    x: Any
    by: Any
    by_symbol: Node
    divides: bool
    zero_point: Any
    is_added_first: bool
    scaled: Any
    before: Any
    exact: Fraction
    rounded: int
    q: int


def way_there(result: Result) -> list[Step]:
    """Scaled, rounded and, where codes are clipped, the code."""
    passage = passage_of(result)
    found = [_reciprocal(result, passage)] if passage.by_symbol is RECIPROCAL else []
    found += [_scaled(result, passage), _rounded(result, passage)]
    return [*found, _clipped(result, passage)] if result.is_clipping else found


def passage_of(result: Result) -> Passage:
    """Every intermediate value of the followed number."""
    x, q = result.flat_x[result.element], int(result.flat_q[result.element])
    scale, factor, zero_point = result.scale_of(result.element)
    if result.settings.is_notebook:
        with np.errstate(over="ignore", under="ignore"):
            scaled = x * factor
        exact = Fraction(float(x)) * Fraction(float(factor)) + Fraction(float(zero_point))
        return Passage(x, factor, m.SCALE_FACTOR, False, zero_point, True, scaled, scaled + zero_point, exact, q, q)
    rules = qc.ARITHMETICS[result.arithmetic]
    params = qc.QuantParams(scale, zero_point, result.settings.fmt)
    rng = np.random.default_rng(result.settings.seed)
    found = qc.trace(np.array([x]), params, 0, rules, result.settings.rounding, rng)
    dtype: Any = np.dtype(rules.dtype or scale.dtype).type
    divides = rules.scaling is Scaling.DIVIDE
    by = dtype(found["scale" if divides else "reciprocal"].value)
    unrounded = found["shifted" if rules.zero_point_first else "scaled"]
    with np.errstate(over="ignore", under="ignore"):
        scaled = dtype(x) / by if divides else dtype(x) * by
    rounded = int(found["rounded"].value)
    if result.settings.rounding == "stochastic":
        rounded = _by_chance(unrounded.value, q if rules.zero_point_first else q - int(zero_point))
    symbol, is_first = m.SCALE if divides else RECIPROCAL, rules.zero_point_first
    before = dtype(unrounded.value)
    return Passage(dtype(x), by, symbol, divides, zero_point, is_first, scaled, before, unrounded.exact, rounded, q)


def _by_chance(number: float, otherwise: int) -> int:
    """What chance made of a number; it cannot be asked twice, so the code tells, as far as it was not clipped."""
    floor = int(np.floor(number))
    return min(max(otherwise, floor), floor + 1)


def _reciprocal(result: Result, passage: Passage) -> Step:
    s, r = shown(result.scale_of(result.element)[0]), shown(passage.by)
    name = qc.ARITHMETICS[result.arithmetic].library
    text = f"{name} does not divide by the scale: it multiplies by the reciprocal, rounded to {passage.by.dtype}."
    one = m.number("1")
    formula = equation(RECIPROCAL, m.fraction(one, m.SCALE), m.fraction(one, alone(s)), [s], 1 / value(s), r)
    return step("reciprocal", "Reciprocal", text, formula)


def _scaled(result: Result, passage: Passage) -> Step:
    x, by, scaled = shown(passage.x), shown(passage.by), shown(passage.scaled)
    if passage.divides:
        text, exact = "The value divided by the scale: how many steps it lies from 0.", value(x) / value(by)
        members = [m.fraction(m.X, m.SCALE), m.fraction(alone(x), alone(by))]
    else:
        name = "scale factor" if result.settings.is_notebook else "reciprocal"
        text, exact = f"The value times the {name}: how many steps it lies from 0.", value(x) * value(by)
        members = [times(m.X, passage.by_symbol), times(alone(x), operand(by))]
    signs = [relate(is_exact(x, by)), relate(exact == value(scaled))]
    return step("scaled", "Scaled", text, m.chain(*members, alone(scaled), relations=signs))


def _rounded(result: Result, passage: Passage) -> Step:
    scaled, before, z = shown(passage.scaled), shown(passage.before), whole(passage.zero_point)
    in_steps = m.fraction(m.X, m.SCALE) if passage.divides else times(m.X, passage.by_symbol)
    text = explain(passage.before, passage.exact, passage.rounded, result.settings.rounding, str(passage.x.dtype))
    outcome = m.number(whole(passage.rounded))
    if not passage.is_added_first:
        members = [m.call("round", in_steps), m.call("round", alone(scaled)), outcome]
        return step("rounded", "Rounded", text, m.chain(*members, relations=[relate(is_exact(scaled)), "="]))
    how = "in one go, with a single rounding" if qc.ARITHMETICS[result.arithmetic].fused else "before rounding"
    text = f"The zero point is added {how}. {text}{_not_clipped(result, passage)}"
    sum_of_both = value(scaled) + value(z) == value(before)
    members = [
        m.call("round", plus(in_steps, m.ZERO_POINT)),
        m.call("round", plus(alone(scaled), operand(z))),
        m.call("round", alone(before)),
        outcome,
    ]
    signs = [relate(is_exact(scaled, z)), relate(sum_of_both), "="]
    if not result.is_clipping:
        members, signs = [m.Q, *members], ["=", *signs]
    return step("rounded", "Rounded", text, m.chain(*members, relations=signs))


def _not_clipped(result: Result, passage: Passage) -> str:
    """What the notebook leaves undone, where it matters."""
    fmt = result.settings.fmt
    if result.is_clipping or fmt.qmin <= passage.q <= fmt.qmax:
        return ""
    return (
        f" The notebook does not clip: {whole(passage.q)} is beyond the codes {whole(fmt.qmin)} to {whole(fmt.qmax)}, "
        f"and would not fit into {fmt.bits} bits."
    )


def _clipped(result: Result, passage: Passage) -> Step:
    fmt, z, rounded = result.settings.fmt, whole(passage.zero_point), whole(passage.rounded)
    ends = [m.number(whole(fmt.qmin)), m.number(whole(fmt.qmax))]
    total = passage.rounded if passage.is_added_first else passage.rounded + int(passage.zero_point)
    q = m.number(whole(passage.q))
    if total == passage.q:
        outcome = f"{whole(total)} is one of the codes, so nothing is clipped."
    else:
        end = "highest" if total > passage.q else "lowest"
        outcome = (
            f"{whole(total)} is beyond the {end} code, {whole(passage.q)}, and is clipped to it: "
            "the value lies outside the range that the codes cover."
        )
    shorter = m.call("clip", m.number(whole(total)), *ends)
    if passage.is_added_first:
        return step("clipped", "Code", outcome, m.chain(m.Q, shorter, q))
    steps_from_zero = m.fraction(m.X, m.SCALE) if passage.divides else times(m.X, passage.by_symbol)
    formula = m.call("clip", plus(m.call("round", steps_from_zero), m.ZERO_POINT), m.QMIN, m.QMAX)
    inserted = m.call("clip", plus(m.number(rounded), operand(z)), *ends)
    text = f"The zero point is added. {outcome}"
    return step("clipped", "Code", text, m.chain(m.Q, formula, inserted, shorter, q))

"""The steps from a value to its code, in the order and the precision of the arithmetic in force."""

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

import quantcore as qc
from quantcore.toolkits.arithmetic import Scaling

from ...answer_types import Step
from ...notation import mathml as m
from ...notation.equations import Term, Writer, chain, clipped, rounded, step, whole, whole_text
from ...notation.rounding_words import explain
from ...results.result import Result
from .parameters import QMAX, QMIN, SCALE, SCALE_FACTOR, ZERO_POINT, X
from .stored import Q

RECIPROCAL = Term(m.identifier("r"))
BY = {
    Scaling.DIVIDE: ("scale", SCALE),
    Scaling.FACTOR: ("scale factor", SCALE_FACTOR),
    Scaling.RECIPROCAL: ("reciprocal", RECIPROCAL),
    Scaling.RECIPROCAL_FLOAT64: ("reciprocal", RECIPROCAL),
}


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
        is_fused: whether that is done in one rounding.
        scaled: the product or quotient.
        before: what is rounded.
        exact: the same without any rounding on the way.
        rounded: the whole number that it is rounded to.
        q: the code.
    """

    x: Any
    by: Any
    by_symbol: Term
    divides: bool
    zero_point: Any
    is_added_first: bool
    is_fused: bool
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
    """Every intermediate value of the followed number, as quantcore's trace of it has them."""
    x, q = result.flat_x[result.element], int(result.flat_q[result.element])
    scale, factor, zero_point = result.scale_of(result.element)
    rules = qc.ARITHMETICS[result.arithmetic]
    params = qc.QuantParams(scale, zero_point, result.settings.fmt, scale_factor=factor)
    rng = np.random.default_rng(result.settings.seed)
    found = qc.trace(np.array([x]), params, 0, rules, result.settings.rounding, rng)
    dtype: Any = np.dtype(rules.dtype or scale.dtype).type
    name, symbol = BY[rules.scaling]
    unrounded = found["shifted" if rules.zero_point_first else "scaled"]
    rounded = int(found["rounded"].value)
    if result.settings.rounding == "stochastic":
        rounded = _by_chance(unrounded.value, q if rules.zero_point_first else q - int(zero_point))
    # the product of two float32 is exact in float64; a fused operation rounds it together with the sum
    scaled = found["x"].value * found[name].value if rules.fused else dtype(found["scaled"].value)
    return Passage(
        dtype(x), dtype(found[name].value), symbol, rules.scaling is Scaling.DIVIDE, zero_point,
        rules.zero_point_first, rules.fused, scaled, dtype(unrounded.value),
        unrounded.exact, rounded, q,
    )  # fmt: skip


def _by_chance(number: float, otherwise: int) -> int:
    """What chance made of a number; it cannot be asked twice, so the code tells, as far as it was not clipped."""
    floor = int(np.floor(number))
    return min(max(otherwise, floor), floor + 1)


def _reciprocal(result: Result, passage: Passage) -> Step:
    scale = result.scale_of(result.element)[0]
    name = qc.ARITHMETICS[result.arithmetic].library
    text = f"{name} does not divide by the scale: it multiplies by the reciprocal, rounded to {passage.by.dtype}."

    def members(write: Writer) -> list[Term]:
        quotient = whole(1) / write.operand(scale)
        return [quotient, write.result(passage.by, quotient)]

    return step("reciprocal", "Reciprocal", text, chain([RECIPROCAL, whole(1) / SCALE], members))


def _formula(passage: Passage, x: Term, by: Term) -> Term:
    return x / by if passage.divides else x * by


def _scaled(result: Result, passage: Passage) -> Step:
    if passage.divides:
        text = "The value divided by the scale: how many steps it lies from 0."
    else:
        name = "scale factor" if passage.by_symbol is SCALE_FACTOR else "reciprocal"
        text = f"The value times the {name}: how many steps it lies from 0."

    def members(write: Writer) -> list[Term]:
        computed = _formula(passage, write.operand(passage.x), write.operand(passage.by))
        return [computed, write.result(passage.scaled, computed)]

    return step("scaled", "Scaled", text, chain([_formula(passage, X, passage.by_symbol)], members))


def _rounded(result: Result, passage: Passage) -> Step:
    in_steps = _formula(passage, X, passage.by_symbol)
    rounding, outcome = result.settings.rounding, passage.rounded
    text = explain(passage.before, passage.exact, outcome, rounding, str(passage.x.dtype))

    def round_(term: Term) -> Term:
        return rounded(term, rounding, outcome)

    def members(write: Writer) -> list[Term]:
        if not passage.is_added_first:
            return [round_(write.operand(passage.before)), whole(outcome)]
        if passage.is_fused:
            x, by = (replace(write.operand(number), precision=None) for number in (passage.x, passage.by))
            shifted = write.in_one(_formula(passage, x, by) + whole(passage.zero_point), passage.x)
        else:
            shifted = write.operand(passage.scaled) + whole(passage.zero_point)
        before = write.result(passage.before, shifted, keeps=lambda term: round_(term).value == outcome)
        return [round_(shifted), round_(before), whole(outcome)]

    if not passage.is_added_first:
        return step("rounded", "Rounded", text, chain([round_(in_steps)], members))
    how = "in one go, with a single rounding" if passage.is_fused else "before rounding"
    text = f"The zero point is added {how}. {text}{_not_clipped(result, passage)}"
    symbols = [round_(in_steps + ZERO_POINT)]
    return step("rounded", "Rounded", text, chain(symbols if result.is_clipping else [Q, *symbols], members))


def _not_clipped(result: Result, passage: Passage) -> str:
    """What the notebook leaves undone, where it matters."""
    fmt = result.settings.fmt
    if result.is_clipping or fmt.qmin <= passage.q <= fmt.qmax:
        return ""
    return (
        f" The notebook does not clip: {whole_text(passage.q)} is beyond the codes "
        f"{whole_text(fmt.qmin)} to {whole_text(fmt.qmax)}, and would not fit into {fmt.bits} bits."
    )


def _clipped(result: Result, passage: Passage) -> Step:
    fmt, z = result.settings.fmt, whole(passage.zero_point)
    total = passage.rounded if passage.is_added_first else passage.rounded + int(passage.zero_point)
    if total == passage.q:
        outcome = f"{whole_text(total)} is one of the codes, so nothing is clipped."
    else:
        end = "highest" if total > passage.q else "lowest"
        outcome = (
            f"{whole_text(total)} is beyond the {end} code, {whole_text(passage.q)}, and is clipped to it: "
            "the value lies outside the range that the codes cover."
        )
    ends = whole(fmt.qmin), whole(fmt.qmax)
    last = [clipped(whole(total), *ends), whole(passage.q)]
    if passage.is_added_first:
        return step("clipped", "Code", outcome, chain([Q], lambda _: last))
    in_steps = _formula(passage, X, passage.by_symbol)
    symbols = [Q, clipped(rounded(in_steps, result.settings.rounding) + ZERO_POINT, QMIN, QMAX)]
    first = clipped(whole(passage.rounded) + z, *ends)
    return step("clipped", "Code", f"The zero point is added. {outcome}", chain(symbols, lambda _: [first, *last]))

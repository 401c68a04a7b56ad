"""The steps from a value to its code, in the order and the precision of the arithmetic in force."""

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

import quantcore as qc
from quantcore.explain import words
from quantcore.toolkits.arithmetic import Scaling

from ...answer_types import Step
from ...notation import mathml as m
from ...notation.equations import Writer, chain, step
from ...notation.operands import typeset, whole_text
from ...notation.terms import Term, clipped, kept_in, rounded, whole
from ...results.result import Result
from .parameters import QMAX, QMIN, SCALE, SCALE_FACTOR, ZERO_POINT, X
from .stored import Q

RECIPROCAL = Term(m.identifier("r"))
BY = {
    Scaling.DIVIDE: ("scale", SCALE),
    Scaling.FROM_LOWEST: ("scale", SCALE),
    Scaling.FACTOR: ("scale factor", SCALE_FACTOR),
    Scaling.ABSMAX: ("reciprocal", RECIPROCAL),
    Scaling.RECIPROCAL: ("reciprocal", RECIPROCAL),
    Scaling.RECIPROCAL_FLOAT64: ("reciprocal", RECIPROCAL),
}


@dataclass(frozen=True, slots=True, eq=False)
class ValueTrace:
    """One value on its way to a code.

    Attributes:
        x: the value.
        by: what it is multiplied with or divided by: scale factor, reciprocal of the scale, or scale.
        by_symbol: its symbol.
        divides: whether it is divided by.
        below: how many steps above 0 the lowest code is from which it is measured; 0 where it is measured from 0.
        zero_point: of its slice.
        is_added_first: whether the zero point is added before rounding.
        is_fused: whether that is done in one rounding.
        scaled: the product or quotient.
        before: what is rounded.
        precision: in which it was computed.
        exact: the same without any rounding on the way.
        rounding: the rule by which it is rounded.
        rounded: the whole number that it is rounded to; 0 where that is infinite.
        q: the code.
    """

    x: Any
    by: Any
    by_symbol: Term
    divides: bool
    below: int
    zero_point: Any
    is_added_first: bool
    is_fused: bool
    scaled: Any
    before: Any
    precision: str
    exact: Fraction
    rounding: str
    rounded: int
    q: int


def way_there(result: Result) -> list[Step]:
    """Scaled, rounded and, where codes are clipped, the code."""
    trace = trace_of(result)
    found = [_reciprocal(result, trace)] if trace.by_symbol is RECIPROCAL else []
    if not np.isfinite(trace.before):
        return [*found, *_infinite(trace)]
    found += [_scaled(result, trace), _rounded(result, trace)]
    return [*found, _clipped(result, trace)] if result.is_clipping else found


def trace_of(result: Result) -> ValueTrace:
    """Every intermediate value of the followed number, as quantcore's trace of it has them."""
    x, q = result.flat_x[result.element], int(result.flat_q[result.element])
    scale, factor, zero_point = result.scale_of(result.element)
    rules = _rules_of(result)
    is_fused = rules.is_fused(result.settings.integers.bits)
    fmt, kept = result.settings.integers, result.kept
    params = qc.QuantParams(scale, zero_point, fmt, scale_factor=factor, precision=kept)
    rng = np.random.default_rng(result.settings.seed)
    found = qc.trace(np.array([x]), params, 0, rules, None, rng)
    dtype: Any = np.dtype(rules.dtype or scale.dtype).type
    name, symbol = BY[rules.scaling]
    unrounded = found["shifted" if rules.zero_point_first else "scaled"]
    if not np.isfinite(unrounded.value):
        rounded = 0
    elif rules.rounding == "stochastic":
        rounded = _by_chance(unrounded.value, q if rules.zero_point_first else q - int(zero_point))
    else:
        rounded = int(found["rounded"].value)
    # the product of two float32 is exact in float64; a fused operation rounds it together with the sum
    scaled = found["x"].value * found[name].value if is_fused else dtype(found["scaled"].value)
    return ValueTrace(
        x=dtype(x),
        by=dtype(found[name].value),
        by_symbol=symbol,
        divides=rules.divides,
        below=result.settings.integers.qmin - int(zero_point) if rules.scaling is Scaling.FROM_LOWEST else 0,
        zero_point=zero_point,
        is_added_first=rules.zero_point_first,
        is_fused=is_fused,
        scaled=scaled,
        before=dtype(unrounded.value),
        precision=found["scaled" if not is_fused else "shifted"].dtype,
        exact=unrounded.exact,
        rounding=rules.rounding,
        rounded=rounded,
        q=q,
    )


def _rules_of(result: Result) -> qc.Arithmetic:
    """The arithmetic of the followed number, which is another one where it is left over from groups of eight."""
    settings = result.settings
    rules = qc.ARITHMETICS[result.arithmetic].with_rounding(settings.rounding)
    if isinstance(settings.granularity, qc.PerTensor):
        rules = rules.of_element(result.element, result.size, settings.integers.bits)
    return replace(rules, tail=None)  # it is traced alone


def _by_chance(number: float, otherwise: int) -> int:
    """What chance made of a number; it cannot be asked twice, so the code tells, as far as it was not clipped."""
    return min(max(otherwise, math.floor(number)), math.ceil(number))


def _reciprocal(result: Result, trace: ValueTrace) -> Step:
    scale = result.scale_of(result.element)[0]
    name = qc.ARITHMETICS[result.arithmetic].library
    text = f"{name} does not divide by the scale: it multiplies by the reciprocal, rounded to {trace.precision}."

    def members(write: Writer) -> list[Term]:
        quotient = _as_kept(whole(1) / write.operand(scale), trace)
        return [quotient, write.result(trace.by, quotient)]

    return step("reciprocal", "Reciprocal", text, chain([RECIPROCAL, whole(1) / SCALE], members))


def _as_kept(term: Term, trace: ValueTrace) -> Term:
    """A term rounded to bfloat16, whose few digits show it."""
    return kept_in(term, "bfloat16") if trace.precision == "bfloat16" else term


def _formula(trace: ValueTrace, x: Term, by: Term) -> Term:
    return x / by if trace.divides else x * by


def _scaled(result: Result, trace: ValueTrace) -> Step:
    if trace.divides:
        text = "The value divided by the scale: how many steps it lies from 0."
        if trace.below:
            lowest = whole_text(result.settings.integers.qmin)
            text = f"The value is measured from what the lowest code, {lowest}, stands for, in steps: and from 0."
    else:
        name = "scale factor" if trace.by_symbol is SCALE_FACTOR else "reciprocal"
        text = f"The value times the {name}: how many steps it lies from 0."

    def from_lowest(x: Term, by: Term, below: Term) -> Term:
        return (x - below * by) / by + below

    def members(write: Writer) -> list[Term]:
        x, by = write.operand(trace.x), write.operand(trace.by)
        computed = from_lowest(x, by, whole(trace.below)) if trace.below else _formula(trace, x, by)
        computed = _as_kept(computed, trace)
        return [computed, write.result(trace.scaled, computed)]

    symbols = [_formula(trace, X, trace.by_symbol)]
    if trace.below:
        symbols.append(from_lowest(X, SCALE, QMIN - ZERO_POINT))
    return step("scaled", "Scaled", text, chain(symbols, members))


def _infinite(trace: ValueTrace) -> list[Step]:
    """A number so large that its precision does not hold the scaled one."""
    symbols = [_formula(trace, X, trace.by_symbol)]
    end = "highest" if trace.before > 0 else "lowest"
    text = f"That is beyond what {trace.precision} holds, and counts as infinite."
    formula = chain(symbols, lambda write: [_formula(trace, write.operand(trace.x), write.operand(trace.by))])
    outcome = f"Infinity is clipped to the {end} code, {whole_text(trace.q)}."
    return [
        step("scaled", "Scaled", text, formula),
        step("clipped", "Code", outcome, chain([Q], lambda _: [whole(trace.q)])),
    ]


def _rounded(result: Result, trace: ValueTrace) -> Step:
    in_steps = _formula(trace, X, trace.by_symbol)
    rounding, outcome = trace.rounding, trace.rounded
    text = _what_rounding_did(trace, rounding)

    def round_(term: Term) -> Term:
        return rounded(term, rounding, outcome)

    def members(write: Writer) -> list[Term]:
        if not trace.is_added_first:
            return [round_(write.operand(trace.before)), whole(outcome)]
        if trace.is_fused:
            x, by = (replace(write.operand(number), precision=None) for number in (trace.x, trace.by))
            shifted = write.in_one(_formula(trace, x, by) + whole(trace.zero_point), trace.x)
        else:
            shifted = write.operand(trace.scaled) + whole(trace.zero_point)
        before = write.result(trace.before, shifted, keeps=lambda term: round_(term).value == outcome)
        return [round_(shifted), round_(before), whole(outcome)]

    if not trace.is_added_first:
        return step("rounded", "Rounded", text, chain([round_(in_steps)], members))
    how = "in one go, with a single rounding" if trace.is_fused else "before rounding"
    text = f"The zero point is added {how}. {text}{_not_clipped(result, trace)}"
    symbols = [round_(in_steps + ZERO_POINT)]
    return step("rounded", "Rounded", text, chain(symbols if result.is_clipping else [Q, *symbols], members))


def _what_rounding_did(trace: ValueTrace, rounding: str) -> str:
    """quantcore's words, as sentences, with numbers as they are written here."""
    dtype = trace.precision
    clauses = (
        words.what_rounding_did(trace.before, trace.rounded, rounding, typeset),
        words.what_precision_did(trace.before, trace.exact, dtype, typeset),
        words.what_precision_decided(trace.exact, trace.rounded, rounding, dtype, typeset),
    )
    return " ".join(f"{clause[0].upper()}{clause[1:]}." for clause in clauses if clause)


def _not_clipped(result: Result, trace: ValueTrace) -> str:
    """What the notebook leaves undone, where it matters."""
    fmt = result.settings.integers
    if result.is_clipping or fmt.qmin <= trace.q <= fmt.qmax:
        return ""
    return (
        f" The notebook does not clip: {whole_text(trace.q)} is beyond the codes "
        f"{whole_text(fmt.qmin)} to {whole_text(fmt.qmax)}, and would not fit into {fmt.bits} bits."
    )


def _clipped(result: Result, trace: ValueTrace) -> Step:
    fmt, z = result.settings.integers, whole(trace.zero_point)
    total = trace.rounded if trace.is_added_first else trace.rounded + int(trace.zero_point)
    if total == trace.q:
        outcome = f"{whole_text(total)} is one of the codes, so nothing is clipped."
    else:
        end = "highest" if total > trace.q else "lowest"
        outcome = (
            f"{whole_text(total)} is beyond the {end} code, {whole_text(trace.q)}, and is clipped to it: "
            "the value lies outside the range that the codes cover."
        )
    ends = whole(fmt.qmin), whole(fmt.qmax)
    last = [clipped(whole(total), *ends), whole(trace.q)]
    if trace.is_added_first:
        return step("clipped", "Code", outcome, chain([Q], lambda _: last))
    in_steps = _formula(trace, X, trace.by_symbol)
    symbols = [Q, clipped(rounded(in_steps, trace.rounding) + ZERO_POINT, QMIN, QMAX)]
    first = clipped(whole(trace.rounded) + z, *ends)
    return step("clipped", "Code", f"The zero point is added. {outcome}", chain(symbols, lambda _: [first, *last]))

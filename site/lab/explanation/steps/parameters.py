"""The first steps: how the range becomes a scale and a zero point."""

from fractions import Fraction
from typing import Any

import quantcore as qc
from quantcore.toolkits.choosing import ZeroPoint

from ...answer_types import Step
from ...notation import display
from ...notation import mathml as m
from ...notation.equations import (
    alone,
    bare,
    equation,
    is_exact,
    magnitude,
    minus,
    operand,
    plus,
    relate,
    shown,
    step,
    times,
    value,
    whole,
)
from ...notation.nodes import Node
from ...results.ranges import Range, range_of
from ...results.result import Result

ABSMAX = m.row(m.words("max"), magnitude(m.X))
RANGE = minus(m.XMAX, m.XMIN)
N_STEPS = minus(m.QMAX, m.QMIN)


def parameters(result: Result) -> list[Step]:
    """Range, scale (in the notebook the scale factor) and zero point of the followed number's slice."""
    used = range_of(result)
    is_symmetric, is_notebook = result.settings.scheme == "symmetric", result.settings.is_notebook
    first = _largest_magnitude(used) if is_symmetric else _range(used)
    second = _scale_factor(result, used) if is_notebook else _scale(result, used)
    if is_symmetric:
        return [first, second, _fixed_zero_point(result)]
    return [first, second, _notebook_zero_point(result, used) if is_notebook else _zero_point(result, used)]


def _range(used: Range) -> Step:
    low, high, width = shown(used.low), shown(used.high), shown(used.width)
    text = f"{used.origin} {low} to {high}."
    if used.is_degenerate:
        text += f" That is no range at all; it counts as {shown(used.divisor)}."
    inserted = minus(alone(high), operand(low))
    signs = [relate(is_exact(low, high)), relate(value(high) - value(low) == value(width))]
    return step("range", "Range", text, m.chain(RANGE, inserted, alone(width), relations=signs))


def _largest_magnitude(used: Range) -> Step:
    low, high, absmax = shown(used.low), shown(used.high), shown(used.width)
    inserted = m.call("max", magnitude(alone(low)), magnitude(alone(high)))
    text = (
        f"{used.origin} {low} to {high}; the largest magnitude is {absmax}, "
        "and the range reaches as far on both sides of 0."
    )
    if used.is_degenerate:
        text = f"All values are 0. That is no range at all; the largest magnitude counts as {shown(used.divisor)}."
    signs = [relate(is_exact(low, high)), "="]
    return step("range", "Range", text, m.chain(ABSMAX, inserted, alone(absmax), relations=signs))


def _scale_factor(result: Result, used: Range) -> Step:
    fmt = result.settings.fmt
    S, width = display.shortest(result.scale_of(result.element)[1]), shown(used.divisor)
    if result.settings.scheme == "symmetric":
        text = f"The highest code, {whole(fmt.qmax)}, stands for the largest magnitude: so many codes fall on one unit."
        above, number, below = m.QMAX, m.number(whole(fmt.qmax)), ABSMAX
    else:
        text = (
            f"{display.count(int(used.n_steps))} steps between the codes are spread over the range: so many codes "
            "fall on one unit. The reciprocal, the scale, is the step between two codes."
        )
        above, number, below = N_STEPS, minus(m.number(whole(fmt.qmax)), operand(whole(fmt.qmin))), RANGE
    formula, inserted = m.fraction(above, below), m.fraction(number, alone(width))
    exact = Fraction(used.n_steps) / value(width)
    return step("scale_factor", "Scale factor", text, equation(m.SCALE_FACTOR, formula, inserted, [width], exact, S))


def _scale(result: Result, used: Range) -> Step:
    s, width = display.shortest(result.scale_of(result.element)[0]), shown(used.divisor)
    n_steps = display.typographic(f"{used.n_steps:g}")
    if result.settings.scheme == "symmetric":
        text = f"The largest magnitude is divided by {n_steps} steps to either side: so far apart are two codes."
        formula = m.fraction(ABSMAX, m.words("steps"))
    else:
        text = (
            f"The range is divided by the {n_steps} steps between the codes: so far apart are two neighbouring codes."
        )
        formula = m.fraction(RANGE, N_STEPS)
    if used.is_floored:
        text += f" That is less than the smallest scale that is allowed here, {s}, which is taken instead."
        return step("scale", "Scale", text, m.chain(m.SCALE, m.number(bare(s))))
    inserted = m.fraction(alone(width), m.number(n_steps))
    exact = value(width) / value(n_steps)
    return step("scale", "Scale", text, equation(m.SCALE, formula, inserted, [width], exact, s))


def _notebook_zero_point(result: Result, used: Range) -> Step:
    fmt = result.settings.fmt
    _, factor, zero_point = result.scale_of(result.element)
    S, low, qmin = shown(factor), shown(used.low), whole(fmt.qmin)
    negative = m.row(m.operator(display.MINUS), times(m.SCALE_FACTOR, m.XMIN))
    numbers = m.row(m.operator(display.MINUS), times(operand(S), operand(low)))
    before = shown(-factor * used.low + fmt.qmin)
    signs = [relate(is_exact(S, low)), relate(-value(S) * value(low) + fmt.qmin == value(before))]
    rounded = [plus(negative, m.QMIN), plus(numbers, operand(qmin)), alone(before)]
    return _rounded_zero_point(
        f"The low end of the range, {low}, becomes the lowest code, {qmin}", rounded, signs, zero_point
    )


def _zero_point(result: Result, used: Range) -> Step:
    fmt, rules = result.settings.fmt, qc.TOOLKITS[result.settings.profile.toolkit]
    scale, _, zero_point = result.scale_of(result.element)
    real, code, real_symbol, code_symbol, names = used.low, fmt.qmin, m.XMIN, m.QMIN, ("low", "lowest")
    if rules.zero_point is ZeroPoint.NEARER_END and not _is_low_end_better(used, fmt, float(scale)):
        real, code, real_symbol, code_symbol, names = used.high, fmt.qmax, m.XMAX, m.QMAX, ("high", "highest")
    s, end, q_end = shown(scale), shown(real), whole(code)
    before = shown(scale.dtype.type(code) - scale.dtype.type(real) / scale)
    signs = [relate(is_exact(s, end)), relate(code - value(end) / value(s) == value(before))]
    rounded = [
        minus(code_symbol, m.fraction(real_symbol, m.SCALE)),
        minus(m.number(q_end), m.fraction(alone(end), alone(s))),
        alone(before),
    ]
    text = f"The {names[0]} end of the range, {end}, becomes the {names[1]} code, {q_end}"
    return _rounded_zero_point(text, rounded, signs, zero_point)


def _rounded_zero_point(text: str, rounded: list[Node], signs: list[str], zero_point: Any) -> Step:
    """The zero point: what is rounded in symbols, in numbers and computed, and the signs between these three."""
    z = whole(zero_point)
    members = [m.ZERO_POINT, *(m.call("round", inside) for inside in rounded), m.number(bare(z))]
    formula = m.chain(*members, relations=["=", *signs, "="])
    return step("zero_point", "Zero point", f"{text}; so the real 0 becomes {z}.", formula)


def _fixed_zero_point(result: Result) -> Step:
    z = whole(result.scale_of(result.element)[2])
    text = f"A symmetric scheme does not choose its zero point: the real 0 is always the code {z}."
    return step("zero_point", "Zero point", text, m.chain(m.ZERO_POINT, m.number(z)))


def _is_low_end_better(used: Range, fmt: qc.IntFormat, scale: float) -> bool:
    """Whether the low end bounds the rounding error of the zero point lower than the high end."""
    return abs(fmt.qmin) + abs(float(used.low)) / scale < abs(fmt.qmax) + abs(float(used.high)) / scale

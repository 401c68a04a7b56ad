"""The arithmetic of one number, step by step, with its own numbers beside the symbols."""

from fractions import Fraction

from ...answer_types import Step
from ...notation import display
from ...notation import mathml as m
from ...notation.equations import (
    alone,
    bare,
    equation,
    is_exact,
    minus,
    operand,
    relate,
    shown,
    step,
    times,
    value,
    whole,
)
from ...results.result import Result
from .code import way_there
from .parameters import parameters
from .stored import stored


def steps(result: Result) -> list[Step]:
    """Every step for the followed number."""
    if result.settings.is_dequantize:
        return [*stored(result), _way_back(result)]
    return [*parameters(result), *way_there(result), *stored(result), _way_back(result), _error(result)]


def _way_back(result: Result) -> Step:
    element = result.element
    scale, factor, zero_point = result.scale_of(element)
    q, z, back = whole(result.flat_q[element]), whole(zero_point), shown(result.flat_x_hat[element])
    distance = value(q) - value(z)
    steps_away = display.short(distance) if distance.denominator > 1 else display.shortest(int(distance))
    above, numbers = minus(m.Q, m.ZERO_POINT), minus(m.number(q), operand(z))
    if result.settings.is_notebook:
        by, verb = shown(factor), "divided by the scale factor"
        formula, inserted = m.fraction(above, m.SCALE_FACTOR), m.fraction(numbers, alone(by))
        shorter, exact = m.fraction(alone(steps_away), alone(by)), distance / value(by)
    else:
        by, verb = shown(scale), "multiplied by the scale"
        formula, inserted = times(m.fenced(above), m.SCALE), times(m.fenced(numbers), operand(by))
        shorter, exact = times(alone(steps_away), operand(by)), distance * value(by)
    relations = ["=", relate(is_exact(by, z)), relate(is_exact(steps_away)), relate(exact == value(back))]
    text = f"The zero point is subtracted, and the difference {verb}: {_position(distance)}."
    formula = m.chain(m.X_HAT, formula, inserted, shorter, alone(back), relations=relations)
    return step("dequantized", "Dequantized", text, formula)


def _position(distance: Fraction) -> str:
    """Where a code lies from the code of 0."""
    if distance == 0:
        return "the code is the code of 0"
    many = abs(distance)
    far = display.plural(int(many), "step") if many.denominator == 1 else f"{bare(display.short(float(many), 6))} steps"
    return f"the code lies {far} {'below' if distance < 0 else 'above'} the code of 0"


def _error(result: Result) -> Step:
    element = result.element
    x, x_hat = result.flat_x[element], result.flat_x_hat[element]
    scale, _, _ = result.scale_of(element)
    difference = float(x_hat) - float(x)
    x_text, back, error = shown(x), shown(x_hat), display.short(difference, 6)
    share = display.short(abs(difference) / float(scale), 3)
    text = "The value comes back exactly."
    if difference:
        unit = "of a step" if abs(difference) < float(scale) else "steps"
        text = f"That is {'' if is_exact(share) else 'about '}{bare(share)} {unit}."
    formula = equation(
        m.words("error"), minus(m.X_HAT, m.X), minus(alone(back), operand(x_text)), [x_text, back],
        value(back) - value(x_text), error,
    )  # fmt: skip
    return step("error", "Error", text, formula)

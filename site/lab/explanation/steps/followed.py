"""The arithmetic of one number, step by step, with its own numbers beside the symbols."""

from fractions import Fraction

import numpy as np

import quantcore as qc
from quantcore.compute.stages import result_precision
from quantcore.toolkits.arithmetic import Unscaling

from ...answer_types import Step
from ...notation import display
from ...notation import mathml as m
from ...notation.equations import Writer, chain, step
from ...notation.operands import bare
from ...notation.terms import Term, kept_in, whole
from ...results.result import Result
from .code import way_there
from .formats import format_steps
from .given import given
from .parameters import SCALE, SCALE_FACTOR, ZERO_POINT, parameters
from .stored import Q, stored

X_HAT = Term(m.X_HAT)


def steps(result: Result) -> list[Step]:
    """Every step for the followed number."""
    if not result.settings.are_integers:
        return format_steps(result)
    if result.settings.is_dequantize:
        return [*stored(result), _way_back(result)]
    first = given(result) if result.settings.has_given_params else parameters(result)
    return [*first, *way_there(result), *stored(result), _way_back(result), _error(result)]


def _way_back(result: Result) -> Step:
    scale, factor, zero_point = result.scale_of(result.element)
    q = result.flat_q[result.element].item()
    far = Fraction(q) - Fraction(zero_point.item())
    divides = qc.ARITHMETICS[result.arithmetic].unscaling is Unscaling.FACTOR

    def formula(distance: Term, by: Term) -> Term:
        return distance / by if divides else distance * by

    def members(write: Writer) -> list[Term]:
        by = write.operand(factor if divides else scale)
        distance = whole(q) - (whole(zero_point) if zero_point == np.rint(zero_point) else write.operand(zero_point))
        steps_away = whole(far) if far.denominator == 1 else write.result(float(far), distance)
        computed, again = (_as_kept(formula(steps, by), result) for steps in (distance, steps_away))
        return [computed, again, write.result(result.flat_x_hat[result.element], computed)]

    verb = "divided by the scale factor" if divides else "multiplied by the scale"
    text = f"The zero point is subtracted, and the difference {verb}: {_position(far)}."
    first = formula(Q - ZERO_POINT, SCALE_FACTOR if divides else SCALE)
    return step("dequantized", "Dequantized", text, chain([X_HAT, first], members))


def _as_kept(term: Term, result: Result) -> Term:
    """A term rounded to bfloat16 where the reconstruction is, whose few digits show it."""
    kept = result_precision(qc.ARITHMETICS[result.arithmetic], result.kept).name
    return kept_in(term, kept) if kept == "bfloat16" else term


def _position(distance: Fraction) -> str:
    """Where a code lies from the code of 0."""
    if distance == 0:
        return "the code is the code of 0"
    many = abs(distance)
    far = display.plural(int(many), "step") if many.denominator == 1 else f"{bare(display.short(float(many), 6))} steps"
    return f"the code lies {far} {'below' if distance < 0 else 'above'} the code of 0"


def _error(result: Result) -> Step:
    x, x_hat = result.flat_x[result.element], result.flat_x_hat[result.element]
    scale, _, _ = result.scale_of(result.element)
    difference = float(x_hat) - float(x)
    text = "The value comes back exactly."
    if difference:
        share = display.short(abs(difference) / float(scale), 3)
        unit = "of a step" if abs(difference) < float(scale) else "steps"
        text = f"That is {'' if bare(share) == share else 'about '}{bare(share)} {unit}."

    def members(write: Writer) -> list[Term]:
        distance = write.operand(x_hat) - write.operand(x)
        return [distance, write.result(difference, distance, 6)]

    return step("error", "Error", text, chain([Term(m.words("error")), X_HAT - Term(m.X)], members))

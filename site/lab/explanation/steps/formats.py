"""The steps of one number through a float, a codebook or a block, as quantcore's trace of it has them."""

import numpy as np

import quantcore as qc

from ...answer_types import Step
from ...notation import display
from ...notation import mathml as m
from ...notation.equations import Writer, chain, step
from ...notation.terms import Term
from ...results.followed import trace_of
from ...results.result import Result
from .code_bits import code_steps, level_bits, packed
from .names import NAMES
from .telling import Telling

LEAVES = ("given", "stored", "searched", "table")
SILENT = ("x", "low", "high", "below", "above")
"""Steps that are told with those that use them."""


def format_steps(result: Result) -> list[Step]:
    """Every step for the followed number: the scale, the code, its bits and bytes, and back."""
    trace, chosen = trace_of(result), _scale_steps(result)
    found: list[Step] = []
    for part in filter(None, (chosen, trace.steps)):
        telling = Telling(result, trace, part)
        for one in part:
            if not (chosen and part is trace.steps and one.name == "scale"):  # it has been told already
                found += _told(telling, one)
    return [*found, *_error(result)]


def _scale_steps(result: Result) -> list[qc.StoredStep]:
    """From the range to the scale, where the request chose one."""
    settings, ranges = result.settings, result.ranges
    if ranges is None or settings.calibration == "given":
        return []
    index = int(result.parameter_index(np.array([result.element]))[0])
    low, high = (float(end.reshape(-1)[index]) for end in (ranges.low, ranges.high))
    return list(qc.trace_scale(low, high, settings.fmt, settings.precision, settings.profile.toolkit))


def _told(telling: Telling, one: qc.StoredStep) -> list[Step]:
    """A step of quantcore as steps of the page: none, one, or also its bits."""
    if one.name == "number":
        return [*code_steps(telling, one), *packed(telling.result)]
    if one.name in SILENT or telling.is_passed_over(one):
        return []
    name = telling.called(one)
    title, text = NAMES[name].title, telling.sentences(one)
    if one.operation in LEAVES:
        has_bits = one.code is not None and one.dtype in qc.FORMATS
        if has_bits and not isinstance(qc.FORMATS[one.dtype], qc.IntFormat):
            return [level_bits(telling, one, title, text)]
        return [step(one.name, title, text, chain([NAMES[name].symbol], lambda w: [telling.result_of(one, w)]))]

    def members(write: Writer) -> list[Term]:
        computed = telling.formula(one, write)
        outcome = telling.result_of(one, write, computed)
        return [outcome] if computed.node == outcome.node else [computed, outcome]

    found = step(one.name, title, text, chain([NAMES[name].symbol, telling.formula(one)], members))
    return [found] if one.code is None else [found, level_bits(telling, one, f"{title}, as stored")]


def _error(result: Result) -> list[Step]:
    """What is lost; nothing where nobody knows the value, or no number comes back."""
    x, x_hat = result.flat_x[result.element], result.flat_x_hat[result.element]
    if result.settings.is_dequantize or not np.isfinite(x_hat):
        return []
    difference = float(x_hat) - float(x)
    text = "The value comes back exactly."
    if difference:
        share = display.percent(abs(difference) / abs(float(x))) if x else ""
        text = f"That is {share.replace(display.ABOUT, 'about ')} of the value." if x else "The value is 0."

    def members(write: Writer) -> list[Term]:
        distance = write.operand(x_hat) - write.operand(x)
        return [distance, write.result(difference, distance, 6)]

    return [step("error", "Error", text, chain([Term(m.words("error")), Term(m.X_HAT) - Term(m.X)], members))]

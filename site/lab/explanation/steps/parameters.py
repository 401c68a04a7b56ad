"""The first steps: how the range becomes a scale and a zero point, as quantcore's trace of them has it."""

import math
from typing import Any

import numpy as np

import quantcore as qc
from quantcore.toolkits.choosing import Degenerate, Denominator, ZeroPoint

from ...answer_types import Step
from ...notation import display
from ...notation import mathml as m
from ...notation.equations import Writer, chain, step
from ...notation.operands import ALL, bare, shown, whole_text
from ...notation.terms import Term, clipped, kept_in, magnitude, maximum, rounded, whole, written
from ...results.result import Result

X, SCALE, SCALE_FACTOR, ZERO_POINT = Term(m.X), Term(m.SCALE), Term(m.SCALE_FACTOR), Term(m.ZERO_POINT)
QMIN, QMAX, XMIN, XMAX = Term(m.QMIN), Term(m.QMAX), Term(m.XMIN), Term(m.XMAX)
ABSMAX = Term(m.row(m.words("max"), magnitude(X).node))
STEPS = Term(m.words("steps"))
FEW_DIGITS = ("float16", "bfloat16")
"""Precisions of so few digits that results are seen to be rounded."""


def parameters(result: Result) -> list[Step]:
    """Range, scale (or scale factor) and zero point of the followed number's slice."""
    settings, rules = result.settings, qc.TOOLKITS[result.settings.profile.toolkit]
    assert result.ranges is not None
    index = int(result.parameter_index(np.array([result.element]))[0])
    low, high = (float(end.reshape(-1)[index]) for end in (result.ranges.low, result.ranges.high))
    found = qc.trace_qparams(
        low,
        high,
        settings.integers,
        settings.scheme,
        include_zero=settings.include_zero,
        dtype=settings.scale_precision,
        toolkit=rules,
        reduce_range=settings.reduce_range,
    )
    zero_point = _fixed_zero_point if settings.scheme == "symmetric" else _zero_point
    if rules.zero_point is ZeroPoint.FACTOR:
        scale = _scale_factor(found)
    else:
        scale = _scale(found, rules, settings.reduce_range)
    return [_range(result, found, rules), scale, zero_point(found, rules)]


def number(found: qc.QParamsTrace, name: str) -> Any:
    """The value of a step in its own precision."""
    return qc.PRECISIONS[found[name].dtype].dtype.type(found[name].value)


def _range(result: Result, found: qc.QParamsTrace, rules: qc.Toolkit) -> Step:
    low, high = number(found, "low"), number(found, "high")
    text = f"{_origin(result, found)} {shown(low)} to {shown(high)}"
    if found.scheme == "symmetric":
        largest = shown(max(abs(low), abs(high)))
        text += f"; the largest magnitude is {largest}, and the range reaches as far on both sides of 0"
        return step("range", "Range", f"{text}.{_no_width(found)}", chain([ABSMAX], lambda w: _absmax(w, low, high)))
    width = number(found, "width")

    def members(write: Writer) -> list[Term]:
        difference = write.operand(high) - write.operand(low)
        if rules.in_scale_dtype:
            difference = _as_kept(difference, found)
        return [difference, write.result(width, difference)]

    return step("range", "Range", f"{text}.{_no_width(found)}", chain([XMAX - XMIN], members))


def _absmax(write: Writer, low: Any, high: Any) -> list[Term]:
    ends = [write.operand(low), write.operand(high)]
    return [maximum(*(magnitude(end) for end in ends)), write.operand(max(abs(low), abs(high)))]


def _origin(result: Result, found: qc.QParamsTrace) -> str:
    """The beginning of the sentence that goes on with "low to high"."""
    settings = result.settings
    values = result.slice_of(result.element)
    whose = "The values" if result.scale.size == 1 else "The values that share a scale with this one"
    if settings.calibration == "minmax":
        return f"Widened to hold 0, {whose.lower()} reach from" if found.is_widened else f"{whose} reach from"
    widened = " (widened to hold 0)" if found.is_widened else ""
    if settings.calibration == "manual":
        return f"The range was given{widened}:"
    is_percentile = settings.calibration == "percentile"
    name = f"the {display.ascii_shortest(settings.percentile)} percentile" if is_percentile else settings.calibration
    ends = f"{display.short(values.min(), 6)} to {display.short(values.max(), 6)}"
    return f"{whose} reach from {ends}; {name} chose{widened}"


def _no_width(found: qc.QParamsTrace) -> str:
    """What is done where the range is none."""
    if not found.is_degenerate or number(found, "low") != number(found, "high"):
        return ""
    what = "largest magnitude" if found.scheme == "symmetric" else "range"
    scale = found.params.scale.astype(np.promote_types(found.params.scale.dtype, np.float32))  # 65535 is no float16
    counts = shown(scale[()] * float(found.n_steps))
    return f" That is no range at all; the {what} counts as {counts}."


def _scale_factor(found: qc.QParamsTrace) -> Step:
    codes = [whole(code) for code in found.codes]
    factor = number(found, "scale_factor")
    if found.scheme == "symmetric":
        highest = whole_text(found.codes[1])
        text = f"The highest code, {highest}, stands for the largest magnitude: the factor is the codes per unit."
        formula, width = QMAX / ABSMAX, number(found, "absmax")
    else:
        text = (
            f"{display.count(int(found.n_steps))} steps between the codes are spread over the range. The factor is "
            "the number of codes per unit; its reciprocal, the scale, is the step between two codes."
        )
        formula, width = (QMAX - QMIN) / (XMAX - XMIN), number(found, "width")

    def members(write: Writer) -> list[Term]:
        steps = codes[1] if found.scheme == "symmetric" else codes[1] - codes[0]
        quotient = steps / (whole(1) if found.is_degenerate else write.operand(width))
        return [quotient, write.result(factor, quotient, ALL)]

    return step("scale_factor", "Scale factor", text, chain([SCALE_FACTOR, formula], members))


def _scale(found: qc.QParamsTrace, rules: qc.Toolkit, reduced: bool) -> Step:
    n_steps, scale = found.n_steps, number(found, "scale")
    if found.scheme == "symmetric" and rules.denominator is Denominator.NO_CLIPPING:
        return _scale_of_either_side(found)
    steps = display.shortest(int(n_steps)) if n_steps.denominator == 1 else display.shortest(float(n_steps))
    if found.scheme == "symmetric":
        text = f"The largest magnitude is divided by {steps} steps on either side: the distance between two codes."
        formula, width = ABSMAX / STEPS, number(found, "absmax")
    else:
        text = f"The range is divided by the {steps} steps between the codes: the distance between two codes."
        formula, width = XMAX - XMIN, number(found, "width")
        formula = formula / (QMAX - QMIN)
    if reduced:
        lowest, highest = map(whole_text, found.codes)
        text += f" Only the codes {lowest} to {highest} are counted, so that sums of products do not saturate."
        formula = formula if found.scheme == "symmetric" else (XMAX - XMIN) / STEPS
    if found.is_degenerate or is_stretched(found, rules):
        return step("scale", "Scale", text + _instead(found), chain([SCALE], lambda _: [written(bare(shown(scale)))]))

    def members(write: Writer) -> list[Term]:
        quotient = write.operand(width) / write.operand(n_steps)
        quotient = _as_kept(quotient, found)
        return [quotient, write.result(scale, quotient, ALL)]

    return step("scale", "Scale", text, chain([SCALE, formula], members))


def _as_kept(term: Term, found: qc.QParamsTrace) -> Term:
    """A term rounded to the precision of the scale, where that is seen: it has few digits, or too few so near to 0."""
    kept, scale = found.params.precision.name, number(found, "scale")
    is_subnormal = scale < np.finfo(scale.dtype).tiny
    return kept_in(term, kept) if kept in FEW_DIGITS or is_subnormal else term


def _instead(found: qc.QParamsTrace) -> str:
    """The scale that is taken where the quotient is too small for one."""
    s = shown(number(found, "scale"))
    if not found["quotient"].value:
        return f" That would be 0, which is no scale; {bare(s)} is taken instead."
    return f" That is less than the smallest scale that is allowed here, {bare(s)}, which is taken instead."


def is_stretched(found: qc.QParamsTrace, rules: qc.Toolkit) -> bool:
    """Whether a small scale became the least, and the ends of the range moved apart with it."""
    return bool(rules.stretched_scale) and found["quotient"].value < rules.stretched_scale


def _scale_of_either_side(found: qc.QParamsTrace) -> Step:
    """The smallest scale that clips neither end."""
    low, high, scale = number(found, "low"), number(found, "high"), number(found, "scale")
    text = "Both ends are divided by the code on their side; the larger quotient is the scale."
    if found.is_degenerate:
        return step("scale", "Scale", text + _instead(found), chain([SCALE], lambda _: [written(bare(shown(scale)))]))

    def members(write: Writer) -> list[Term]:
        upper = write.operand(max(high, high.dtype.type(0))) / whole(found.codes[1])
        if not found.codes[0]:
            upper = _as_kept(upper, found)
            return [upper, write.result(scale, upper, ALL)]
        larger = maximum(write.operand(min(low, low.dtype.type(0))) / whole(found.codes[0]), upper)
        larger = _as_kept(larger, found)
        return [larger, write.result(scale, larger, ALL)]

    formula = maximum(XMIN / QMIN, XMAX / QMAX) if found.codes[0] else XMAX / QMAX
    if not found.codes[0]:
        text = "The upper end is divided by the highest code; the lowest code is 0, so the lower end gives no scale."
    return step("scale", "Scale", text, chain([SCALE, formula], members))


def _fixed_zero_point(found: qc.QParamsTrace, rules: qc.Toolkit) -> Step:
    z = number(found, "zero_point")
    text = f"A symmetric scheme does not choose its zero point: the real 0 is always the code {whole_text(z)}."
    if found.is_degenerate and rules.degenerate is Degenerate.ONE_AND_ZERO:
        text = f"Where there is no range, the real 0 is the code {whole_text(z)}."
    return step("zero_point", "Zero point", text, chain([ZERO_POINT], lambda _: [whole(z)]))


def _zero_point(found: qc.QParamsTrace, rules: qc.Toolkit) -> Step:
    if found.is_degenerate and rules.degenerate is Degenerate.ONE_AND_ZERO:
        return _fixed_zero_point(found, rules)
    code, symbols = whole(found.codes[0]), (QMIN, XMIN)
    if not found.is_from_low:
        code, symbols = whole(found.codes[1]), (QMAX, XMAX)
    kind = "stretched_" if is_stretched(found, rules) else ""
    end, by = number(found, f"{kind}{'low' if found.is_from_low else 'high'}"), number(found, "divisor")
    end = by.dtype.type(end)  # as it is divided
    rounding, z = qc.ARITHMETICS[rules.arithmetic].rounding, number(found, "zero_point")

    if not all(np.isfinite(one.value) for one in found.steps):
        text = f"{_about_zero(found, rules)} The quotient itself is too large for {end.dtype}."
        return step(
            "zero_point", "Zero point", text, chain([ZERO_POINT], lambda _: [whole(number(found, "zero_point"))])
        )

    if rules.zero_point is ZeroPoint.WEIGHTED_ENDS:
        return _zero_point_of_both_ends(found, rounding)

    def formula(code: Term, end: Term, by: Term) -> Term:
        if rules.zero_point is ZeroPoint.FLOAT:
            return -end / by
        return -by * end + code if rules.zero_point is ZeroPoint.FACTOR else code - end / by

    def members(write: Writer) -> list[Term]:
        inside = formula(code, write.operand(end), write.operand(by))
        if rules.zero_point is ZeroPoint.FLOAT:
            return [inside, write.result(number(found, "zero_point"), inside)]
        if rules.zero_point is ZeroPoint.CLIP_ROUNDED:  # the quotient is rounded, then subtracted
            inside = write.operand(end) / write.operand(by)
            if found["divisor"].dtype == "bfloat16":
                inside = kept_in(inside, "bfloat16")
            terms = _twice(write, inside, number(found, "low_in_steps"), rounding, number(found, "rounded"))
            terms = [write.in_one(code - term, by) for term in (*terms, whole(number(found, "rounded")))]
        else:
            terms = _twice(write, inside, number(found, "unrounded"), rounding, number(found, "unclipped"))
        return [*_ended(found, terms), whole(number(found, "zero_point"))]

    first = formula(*symbols, SCALE_FACTOR if rules.zero_point is ZeroPoint.FACTOR else SCALE)
    if rules.zero_point is ZeroPoint.CLIP_ROUNDED:
        first = symbols[0] - rounded(symbols[1] / SCALE, rounding)
    elif rules.zero_point is not ZeroPoint.FLOAT:
        first = rounded(first, rounding)
    if found.is_clipped:
        first = clipped(first, QMIN, QMAX)
    text = _about_zero(found, rules)
    quotient = found["low_in_steps" if rules.zero_point is ZeroPoint.CLIP_ROUNDED else "unrounded"]
    if not math.isfinite(quotient.value):
        text = f"{text} On the way {quotient.dtype} became infinite."
        return step("zero_point", "Zero point", text, chain([ZERO_POINT, first], lambda _: [whole(z)]))
    return step("zero_point", "Zero point", text, chain([ZERO_POINT, first], members))


def _zero_point_of_both_ends(found: qc.QParamsTrace, rounding: str) -> Step:
    """Where 0 lies between the ends, by the lowest and the highest code."""
    low, high, width = (number(found, name) for name in ("low", "high", "divisor"))
    unclipped, z = (number(found, name) for name in ("unclipped", "zero_point"))
    text = (
        f"0 divides the range as it divides the codes {whole_text(found.codes[0])} to {whole_text(found.codes[1])}"
        f"{'; what that gives is clipped to the codes' if found.is_clipped else ''}; "
        f"so the real 0 becomes {bare(whole_text(z))}."
    )
    if not width:
        return step("zero_point", "Zero point", text, chain([ZERO_POINT], lambda _: [whole(z)]))

    def formula(qmin: Term, qmax: Term, low: Term, high: Term, width: Term) -> Term:
        return (qmin * high - qmax * low) / width

    def members(write: Writer) -> list[Term]:
        inside = formula(*map(whole, found.codes), *(write.operand(n) for n in (low, high, width)))
        terms = _twice(write, inside, number(found, "unrounded"), rounding, unclipped)
        return [*_ended(found, terms), whole(z)]

    first = rounded(formula(QMIN, QMAX, XMIN, XMAX, XMAX - XMIN), rounding)
    if found.is_clipped:
        first = clipped(first, QMIN, QMAX)
    return step("zero_point", "Zero point", text, chain([ZERO_POINT, first], members))


def _ended(found: qc.QParamsTrace, terms: list[Term]) -> list[Term]:
    """What was rounded, clipped to the codes; or, where it need be none, kept in a precision that lacks it."""
    z, unclipped = number(found, "zero_point"), number(found, "unclipped")
    if found.is_clipped:
        return [clipped(term, *map(whole, found.codes)) for term in (*terms, whole(unclipped))]
    if unclipped != z:
        return [kept_in(term, found["zero_point"].dtype) for term in (*terms, whole(unclipped))]
    return terms


def _twice(write: Writer, inside: Term, number: Any, rounding: str, outcome: Any) -> list[Term]:
    """What is rounded, with its operands and computed."""
    computed = write.result(number, inside, keeps=lambda term: rounded(term, rounding).value == int(outcome))
    return [rounded(inside, rounding), rounded(computed, rounding)]


def _about_zero(found: qc.QParamsTrace, rules: qc.Toolkit) -> str:
    """The zero point in words."""
    names, code = (("low", "lowest"), found.codes[0]) if found.is_from_low else (("high", "highest"), found.codes[1])
    kind = "stretched_" if is_stretched(found, rules) else ""
    text = f"The {names[0]} end of the range, {shown(number(found, kind + names[0]))}, becomes the {names[1]} code, "
    text += whole_text(code)
    if rules.zero_point is ZeroPoint.FLOAT:
        text = f"The low end of the range, {shown(number(found, 'low'))}, becomes 0, whatever the lowest code is"
    if is_stretched(found, rules):
        text = f"The range is stretched as the scale was. Its {text[4:]}"
    if rules.zero_point is ZeroPoint.NEARER_END:
        text += " (computed from this end, the rounding errors are smaller)"
    if found["divisor"].dtype != found.params.precision.name:
        text += f", with the scale in {found['divisor'].dtype}, as it is before it is stored"
    text += "; what that gives is clipped to the codes" if found.is_clipped else ""
    return f"{text}; so the real 0 becomes {bare(whole_text(number(found, 'zero_point')))}."

"""The arithmetic of one number, step by step, with its own numbers beside the symbols."""

from fractions import Fraction
from typing import Any

import numpy as np

from . import display
from . import mathml as m
from .mathml import Node
from .ranges import Range, range_of
from .result import Result
from .table import scaled_value

Json = dict[str, Any]

DIGITS = 10


def steps(result: Result) -> list[Json]:
    """Every step for the followed number."""
    if result.settings.is_dequantize:
        return _way_back(result)
    parameters = _notebook_parameters(result) if result.settings.is_notebook else _parameters(result)
    there = _notebook_way_there(result) if result.settings.is_notebook else _way_there(result)
    return parameters + there + _way_back(result) + [_error(result)]


def step(key: str, title: str, text: str, formula: Node) -> Json:
    """One step: in words, as MathML and as LaTeX."""
    return {"key": key, "title": title, "text": text, "math": m.math(formula), "latex": m.latex(formula)}


# Numbers in formulas


def shown(value: Any) -> str:
    """A number as it stands in a formula; near a tie every digit is written, for there they matter."""
    text = display.short(value, DIGITS)
    if text.startswith(display.ABOUT) and abs(float(value)) < 2**52:
        fraction = float(value) - np.floor(float(value))
        if abs(fraction - 0.5) < 1e-6:
            return display.shortest(value)
    return text


def bare(text: str) -> str:
    """A formatted number without its sign of approximation."""
    return text.removeprefix(display.ABOUT)


def value(text: str) -> Fraction:
    """The number that a formatted text shows."""
    return Fraction(bare(text).replace(display.MINUS, "-"))


def operand(text: str) -> Node:
    """A formatted number as it stands after an operator."""
    return m.operand(bare(text))


def plain(text: str) -> Node:
    """A formatted number as it stands alone."""
    return m.number(bare(text))


def relate(is_exact: bool) -> str:
    """The sign between two members."""
    return "=" if is_exact else display.ABOUT


def equation(symbol: Node, formula: Node, inserted: Node, operands: list[str], exact: Fraction, outcome: str) -> Node:
    """Symbol = formula = formula with numbers = outcome, with "≈" where digits were left out or rounding came between.

    Args:
        symbol: what is computed.
        formula: from what, in symbols.
        inserted: the same with numbers.
        operands: those numbers, formatted.
        exact: the exact result for the operands as they are written.
        outcome: the result, formatted.
    """
    is_cut = any(text.startswith(display.ABOUT) for text in operands)
    signs = ["=", relate(not is_cut), relate(exact == value(outcome))]
    return m.chain(symbol, formula, inserted, plain(outcome), relations=signs)


# Scale and zero point


def _notebook_parameters(result: Result) -> list[Json]:
    settings, used = result.settings, range_of(result)
    fmt = settings.fmt
    _, factor, zero_point = result.scale_of(result.element)
    S, z = shown(factor), display.shortest(int(zero_point))
    if settings.scheme == "symmetric":
        return [_absmax(used), _symmetric_factor(used, fmt.qmax, S), _fixed_zero_point(z)]
    low, high, width = shown(used.low), shown(used.high), shown(used.divisor)
    qmin, qmax = display.shortest(fmt.qmin), display.shortest(fmt.qmax)
    formula = m.fraction(
        m.row(m.QMAX, m.operator(display.MINUS), m.QMIN), m.row(m.XMAX, m.operator(display.MINUS), m.XMIN)
    )
    inserted = m.fraction(m.row(m.number(qmax), m.operator(display.MINUS), m.operand(qmin)), plain(width))
    factor_step = step(
        "scale_factor", "Scale factor",
        f"{display.count(fmt.qmax - fmt.qmin)} steps between the codes are spread over the range: so many codes fall on one unit. "
        "Its reciprocal, the scale, is the step between two codes.",
        equation(m.SCALE_FACTOR, formula, inserted, [width], Fraction(fmt.qmax - fmt.qmin) / value(width), S),
    )  # fmt: skip
    before = -value(S) * value(low) + fmt.qmin
    formula = m.call(
        "round", m.row(m.operator(display.MINUS), m.SCALE_FACTOR, m.operator("·"), m.XMIN, m.operator("+"), m.QMIN)
    )
    inserted = m.call("round", m.row(
        m.operator(display.MINUS), operand(S), m.operator("·"), operand(low), m.operator("+"), m.operand(qmin),
    ))  # fmt: skip
    rounded = m.call("round", plain(display.short(float(before), DIGITS)))
    zero_step = step(
        "zero_point", "Zero point",
        f"The smallest value, {low}, is to become the lowest code, {qmin}; so the real 0 becomes the code {z}.",
        m.chain(m.ZERO_POINT, formula, inserted, rounded, m.number(z), relations=["=", display.ABOUT, "=", "="]),
    )  # fmt: skip
    return [_range(used, low, high), factor_step, zero_step]


def _parameters(result: Result) -> list[Json]:
    settings, used = result.settings, range_of(result)
    fmt = settings.fmt
    scale, _, zero_point = result.scale_of(result.element)
    s = shown(scale)
    z = display.short(zero_point, DIGITS) if float(zero_point) % 1 else display.shortest(int(zero_point))
    low, high, width = shown(used.low), shown(used.high), shown(used.divisor)
    if settings.scheme == "symmetric":
        n_steps = display.typographic(f"{used.n_steps:g}")
        formula = m.fraction(m.row(m.words("max"), m.fenced(m.X, left="|", right="|")), m.words("steps"))
        scale_step = step(
            "scale", "Scale",
            f"The largest magnitude, {width}, is divided by {n_steps} steps to either side: the step between two codes.",
            equation(m.SCALE, formula, m.fraction(plain(width), m.number(n_steps)), [width], value(width) / value(n_steps), s),
        )  # fmt: skip
        return [_absmax(used), scale_step, _fixed_zero_point(z)]
    n_steps = display.typographic(f"{used.n_steps:g}")
    formula = m.fraction(
        m.row(m.XMAX, m.operator(display.MINUS), m.XMIN), m.row(m.QMAX, m.operator(display.MINUS), m.QMIN)
    )
    scale_step = step(
        "scale", "Scale",
        f"The range is divided by the {n_steps} steps between the codes: the step between two neighbouring codes.",
        equation(m.SCALE, formula, m.fraction(plain(width), m.number(n_steps)), [width], value(width) / value(n_steps), s),
    )  # fmt: skip
    qmin = display.shortest(fmt.qmin)
    formula = m.call("round", m.row(m.QMIN, m.operator(display.MINUS), m.fraction(m.XMIN, m.SCALE)))
    inserted = m.call("round", m.row(m.number(qmin), m.operator(display.MINUS), m.fraction(plain(low), plain(s))))
    before = display.short(float(fmt.qmin - value(low) / value(s)), DIGITS)
    zero_step = step(
        "zero_point", "Zero point",
        f"The low end of the range, {low}, is to become the lowest code, {qmin}; so the real 0 becomes the code {z}.",
        m.chain(m.ZERO_POINT, formula, inserted, m.call("round", plain(before)), m.number(z),
                relations=["=", display.ABOUT, "=", "="]),
    )  # fmt: skip
    return [_range(used, low, high), scale_step, zero_step]


def _range(used: Range, low: str, high: str) -> Json:
    width = shown(used.width)
    text = f"{used.origin} {low} to {high}."
    if used.is_degenerate:
        text += f" That is no range at all; it counts as {shown(used.divisor)}."
    symbol = m.row(m.XMAX, m.operator(display.MINUS), m.XMIN)
    inserted = m.row(plain(high), m.operator(display.MINUS), operand(low))
    is_exact = value(high) - value(low) == value(width)
    formula = m.chain(symbol, inserted, plain(width), relations=[_cut_or_equal(low, high), relate(is_exact)])
    return step("range", "Range", text, formula)


def _absmax(used: Range) -> Json:
    low, high, absmax = shown(used.low), shown(used.high), shown(used.width)
    magnitudes = m.call("max", m.fenced(plain(low), left="|", right="|"), m.fenced(plain(high), left="|", right="|"))
    text = f"{used.origin} {low} to {high}; the largest magnitude is {absmax}, and the range reaches as far to both sides of 0."
    if used.is_degenerate:
        text = f"All values are 0. That is no range at all; it counts as {shown(used.divisor)}."
    symbol = m.row(m.words("max"), m.fenced(m.X, left="|", right="|"))
    return step(
        "range", "Range", text, m.chain(symbol, magnitudes, plain(absmax), relations=[_cut_or_equal(low, high), "="])
    )


def _symmetric_factor(used: Range, qmax: int, S: str) -> Json:
    width = shown(used.divisor)
    formula = m.fraction(m.QMAX, m.row(m.words("max"), m.fenced(m.X, left="|", right="|")))
    inserted = m.fraction(m.number(display.shortest(qmax)), plain(width))
    return step(
        "scale_factor", "Scale factor",
        f"The highest code, {qmax}, is to stand for the largest magnitude: so many codes fall on one unit.",
        equation(m.SCALE_FACTOR, formula, inserted, [width], Fraction(qmax) / value(width), S),
    )  # fmt: skip


def _fixed_zero_point(z: str) -> Json:
    text = f"A symmetric scheme does not choose its zero point: the real 0 is always the code {z}."
    return step("zero_point", "Zero point", text, m.chain(m.ZERO_POINT, m.number(z)))


def _cut_or_equal(*texts: str) -> str:
    return relate(not any(text.startswith(display.ABOUT) for text in texts))


# There


def _notebook_way_there(result: Result) -> list[Json]:
    from .rounding_words import explain

    settings, element = result.settings, result.element
    x, q = result.flat_x[element], int(result.flat_q[element])
    _, factor, zero_point = result.scale_of(element)
    S, z, x_text = shown(factor), display.shortest(int(zero_point)), shown(x)
    product = scaled_value(result, element)
    scaled = shown(product)
    scaled_step = step(
        "scaled", "Scaled", "The value times the scale factor: how many steps it lies from 0.",
        m.chain(m.row(m.X, m.operator("·"), m.SCALE_FACTOR), m.row(plain(x_text), m.operator("·"), operand(S)), plain(scaled),
                relations=[_cut_or_equal(x_text, S), relate(value(x_text) * value(S) == value(scaled))]),
    )  # fmt: skip
    total = product + zero_point
    exact = Fraction(float(x)) * Fraction(float(factor)) + Fraction(int(zero_point))
    words = explain(total, exact, q, settings.rounding, str(settings.dtype))
    text = f"The zero point is added, then the sum is rounded. {words}"
    if not settings.fmt.qmin <= q <= settings.fmt.qmax:
        text += (
            f" The notebook does not clip: {display.shortest(q)} is beyond the codes {display.shortest(settings.fmt.qmin)} "
            f"to {display.shortest(settings.fmt.qmax)}, and would not fit into {settings.fmt.bits} bits."
        )
    formula = m.call("round", m.row(m.X, m.operator("·"), m.SCALE_FACTOR, m.operator("+"), m.ZERO_POINT))
    inserted = m.call("round", m.row(plain(scaled), m.operator("+"), m.operand(z)))
    rounded = m.call("round", plain(shown(total)))
    relations = ["=", _cut_or_equal(scaled), _cut_or_equal(shown(total)), "="]
    code = m.number(display.shortest(q))
    return [
        scaled_step,
        step("rounded", "Rounded", text, m.chain(m.Q, formula, inserted, rounded, code, relations=relations)),
    ]


def _way_there(result: Result) -> list[Json]:
    from .rounding_words import explain

    settings, element = result.settings, result.element
    fmt = settings.fmt
    x, q = result.flat_x[element], int(result.flat_q[element])
    scale, _, zero_point = result.scale_of(element)
    x_text, s = shown(x), shown(scale)
    z = shown(float(zero_point)) if float(zero_point) % 1 else display.shortest(int(zero_point))
    quotient = scaled_value(result, element)
    scaled = shown(quotient)
    scaled_step = step(
        "scaled", "Scaled", "The value divided by the scale: how many steps it lies from 0.",
        m.chain(m.fraction(m.X, m.SCALE), m.fraction(plain(x_text), plain(s)), plain(scaled),
                relations=[_cut_or_equal(x_text, s), relate(value(x_text) / value(s) == value(scaled))]),
    )  # fmt: skip
    steps_from_zero = q - int(zero_point)
    if settings.rounding != "stochastic":
        steps_from_zero = int(_rounded(quotient, settings.rounding))
    exact = Fraction(float(x)) / Fraction(float(scale))
    rounded_step = step(
        "rounded", "Rounded", explain(quotient, exact, steps_from_zero, settings.rounding, str(settings.dtype)),
        m.chain(m.call("round", m.fraction(m.X, m.SCALE)), m.call("round", plain(scaled)),
                m.number(display.shortest(steps_from_zero)), relations=[_cut_or_equal(scaled), "="]),
    )  # fmt: skip
    total = steps_from_zero + int(zero_point)
    formula = m.row(m.call("round", m.fraction(m.X, m.SCALE)), m.operator("+"), m.ZERO_POINT)
    inserted = m.row(m.number(display.shortest(steps_from_zero)), m.operator("+"), m.operand(z))
    clip = m.call("clip", formula, m.QMIN, m.QMAX)
    ends = [m.number(display.shortest(end)) for end in (fmt.qmin, fmt.qmax)]
    if total == q:
        text = f"The zero point is added. {display.shortest(q)} lies within the codes, so nothing is clipped."
    else:
        end = "largest" if total > q else "smallest"
        text = (
            f"The zero point is added. {display.shortest(total)} lies beyond the {end} code, {display.shortest(q)}, "
            f"so it is clipped to it: the value lies outside the range that the codes cover."
        )
    inside = m.call("clip", inserted, *ends)
    shifted = m.call("clip", m.number(display.shortest(total)), *ends)
    code_step = step("clipped", "Code", text, m.chain(m.Q, clip, inside, shifted, m.number(display.shortest(q))))
    return [scaled_step, rounded_step, code_step]


def _rounded(number: Any, rounding: str) -> float:
    import quantcore as qc

    return float(qc.round_whole(np.asarray([number]), rounding)[0])


# Back


def _way_back(result: Result) -> list[Json]:
    element, settings = result.element, result.settings
    q, x_hat = int(result.flat_q[element]), result.flat_x_hat[element]
    scale, factor, zero_point = result.scale_of(element)
    z, q_text, back = display.shortest(int(zero_point)), display.shortest(q), shown(x_hat)
    distance = q - int(zero_point)
    above = m.row(m.Q, m.operator(display.MINUS), m.ZERO_POINT)
    numbers = m.row(m.number(q_text), m.operator(display.MINUS), m.operand(z))
    if settings.is_notebook:
        by = shown(factor)
        formula, inserted = m.fraction(above, m.SCALE_FACTOR), m.fraction(numbers, plain(by))
        short = m.fraction(m.number(display.shortest(distance)), plain(by))
        exact, text = (
            Fraction(distance) / value(by),
            "The zero point is subtracted, and the difference divided by the scale factor",
        )
    else:
        by = shown(scale)
        formula = m.row(m.fenced(above), m.operator("·"), m.SCALE)
        inserted = m.row(m.fenced(numbers), m.operator("·"), operand(by))
        short = m.row(m.number(display.shortest(distance)), m.operator("·"), operand(by))
        exact, text = distance * value(by), "The zero point is subtracted, and the difference multiplied by the scale"
    relations = ["=", _cut_or_equal(by), "=", relate(exact == value(back))]
    text += (
        f": the code lies {display.plural(abs(distance), 'step')} {'below' if distance < 0 else 'above'} the code of 0."
    )
    return [
        step(
            "dequantized",
            "Dequantized",
            text,
            m.chain(m.X_HAT, formula, inserted, short, plain(back), relations=relations),
        )
    ]


def _error(result: Result) -> Json:
    element = result.element
    x, x_hat = result.flat_x[element], result.flat_x_hat[element]
    scale, _, _ = result.scale_of(element)
    difference = float(x_hat) - float(x)
    x_text, back, error = shown(x), shown(x_hat), display.short(difference, 6)
    share = display.short(abs(difference) / float(scale), 3)
    if difference == 0:
        text = "The value comes back exactly."
    else:
        about = "about " if share.startswith(display.ABOUT) else ""
        text = f"That is {about}{bare(share)} of a step."
    formula = m.chain(
        m.row(m.X_HAT, m.operator(display.MINUS), m.X), m.row(plain(back), m.operator(display.MINUS), operand(x_text)), plain(error),
        relations=[_cut_or_equal(x_text, back), relate(value(back) - value(x_text) == value(error))],
    )  # fmt: skip
    return step("error", "Error", text, formula)

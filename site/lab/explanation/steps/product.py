"""One output of the product, step by step."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

import quantcore as qc

from ...answer_types import Step
from ...comparing.layer import Product
from ...notation import display
from ...notation import mathml as m
from ...notation.equations import Writer, chain, step
from ...notation.operands import shown, whole_text
from ...notation.terms import Term, clipped, rounded, whole
from .parameters import QMAX, QMIN

MAX_WRITTEN = 4  # factors of a sum that are written out

S_X, S_W, S_Y = (Term(m.index(m.SCALE, m.identifier(name))) for name in "xwy")
Z_X, Z_W, Z_Y = (Term(m.index(m.ZERO_POINT, m.identifier(name))) for name in "xwy")
Q_X, Q_W, Q_Y = (Term(m.index(m.Q, m.identifier(name))) for name in "xwy")
Y_HAT, Y, DEPTH = (Term(m.identifier(name)) for name in ("y" + m.HAT, "y", "K"))
ACC = Term(m.words("acc"))


def product_steps(product: Product, at: tuple[int, int]) -> list[Step]:
    """Every step of the output at a place (row of x, column of w)."""
    return [
        _products(product, at),
        *_corrections(product, at),
        _accumulator(product, at),
        _real(product, at),
        *_requantized(product, at),
        _error(product, at),
    ]


def _sum_over(term: Term) -> Term:
    """Σ term."""
    return Term(m.row(m.operator("Σ"), m.fenced(term.node) if term.rank == 0 else term.node), rank=1)


def product_of(left: Term, right: Term) -> Term:
    """left · right, in parentheses after a sign if it begins with one."""
    return replace(left * right, is_signed=left.is_signed)


def _sum(terms: list[Term]) -> Term:
    """A sum with its first terms written out."""
    found = terms[0]
    for term in terms[1:MAX_WRITTEN]:
        found = found + term
    if len(terms) <= MAX_WRITTEN:
        return found
    total = sum((term.value or Fraction(0) for term in terms), Fraction(0))
    return Term(m.row(found.node, m.operator("+"), m.operator("…")), total, rank=0)


def _z_x(product: Product, at: tuple[int, int]) -> int:
    return int(product.z_x.reshape(-1)[at[0] if product.z_x.ndim else 0])


def _s_x(product: Product, at: tuple[int, int]) -> float:
    return float(product.s_x.reshape(-1)[at[0] if product.s_x.ndim else 0])


def _term(term: Any, product: Product, at: tuple[int, int]) -> int:
    return int(np.broadcast_to(term, product.y.shape)[at])


def _products(product: Product, at: tuple[int, int]) -> Step:
    left, right = product.q_x[at[0]], product.q_w[:, at[1]]
    pairs = [product_of(whole(a), whole(b)) for a, b in zip(left, right, strict=True)]
    text = (
        f"The codes of row {product.first_row + at[0]} of the values times those of column {at[1]} of the weights, "
        "added up: whole numbers only."
    )
    members = [_sum(pairs), whole(_term(product.terms.product, product, at))]
    symbols = [Term(m.row(m.operator("Σ"), Q_X.node, Q_W.node))]
    return step("products", "Products of codes", text, chain(symbols, lambda _: members))


def _corrections(product: Product, at: tuple[int, int]) -> list[Step]:
    z_x, depth = _z_x(product, at), product.x.shape[1]
    columns = _correction(
        "columns",
        ("the values' zero point", "the weights' column: known before any value comes"),
        (Z_X, Q_W),
        z_x,
        product.q_w[:, at[1]],
        _term(product.terms.columns, product, at),
    )
    rows = _correction(
        "rows",
        ("the weights' zero point", "the values' row"),
        (Z_W, Q_X),
        product.z_w,
        product.q_x[at[0]],
        _term(product.terms.rows, product, at),
    )
    text = f"Subtracting both takes this off twice, so it is added once; the row has {display.plural(depth, 'value')}."
    members = [whole(depth) * whole(z_x) * whole(product.z_w), whole(_term(product.terms.constant, product, at))]
    formula = chain([DEPTH * Z_X * Z_W], lambda _: members)
    return [columns, rows, step("constant", "Correction for both", text, formula)]


def _correction(
    key: str, words: tuple[str, str], symbols: tuple[Term, Term], zero_point: int, codes: Any, total: int
) -> Step:
    """A zero point times the sum of the other side's codes."""
    what, whose = words
    text = f"The zero point times the sum over {whose}. It will be subtracted."
    if zero_point == 0:
        text = f"The zero point is 0: nothing to correct, and the sum over {whose.partition(':')[0]} need not be taken."
    members = [whole(zero_point) * _sum([whole(code) for code in codes]), whole(total)]
    formula = chain([symbols[0] * Term(m.row(m.operator("Σ"), symbols[1].node))], lambda _: members)
    return step(key, f"Correction for {what}", text, formula)


def _accumulator(product: Product, at: tuple[int, int]) -> Step:
    first, columns, rows, constant = (
        _term(term, product, at)
        for term in (product.terms.product, product.terms.columns, product.terms.rows, product.terms.constant)
    )
    total = int(product.terms.total[at])
    members = [whole(first) - whole(columns) - whole(rows) + whole(constant), whole(total)]
    exact = Term(m.row(m.operator("Σ"), m.fenced((Q_X - Z_X).node), m.fenced((Q_W - Z_W).node)))
    text = (
        "All four together: exactly the sum over (q − z)(q − z), in whole numbers. This is what the accumulator holds."
    )
    if not -(2**31) <= total < 2**31:
        text += " It does not fit into 32 bits: hardware would wrap around."
    return step("accumulator", "Accumulator", text, chain([ACC, exact], lambda _: members))


def _real(product: Product, at: tuple[int, int]) -> Step:
    total, y_hat = whole(product.terms.total[at]), float(product.y_hat[at])

    def members(write: Writer) -> list[Term]:
        computed = write.operand(_s_x(product, at)) * write.operand(product.s_w) * total
        return [computed, write.result(y_hat, computed)]

    text = "Both scales, multiplied once for the whole output, turn the sum into a real number."
    return step("real", "In real numbers", text, chain([Y_HAT, S_X * S_W * ACC], members))


def _requantized(product: Product, at: tuple[int, int]) -> list[Step]:
    """The step to a code; none where there is no code, or float32 does not hold the multiplier."""
    if product.q_y is None:
        return []
    fmt, z_y, q_y = product.y_params.integers, int(product.y_params.zero_point), int(product.q_y[at])
    with np.errstate(over="ignore", under="ignore", divide="ignore", invalid="ignore"):
        scales = [np.float32(scale) for scale in (_s_x(product, at), product.s_w, product.y_params.scale)]
        ratio = scales[0] * scales[1] / scales[2]
        held = int(product.terms.total[at].astype(np.int32))  # wraps, as the accumulator does
        total = np.float32(held)
        scaled = total * ratio
    if not np.isfinite(scaled):
        return []
    outcome = int(qc.round_whole(np.array([scaled]))[0])

    def clip(inside: Term, offset: Term, *ends: Term) -> Term:
        return clipped(rounded(inside, "half_even") + offset, *ends)

    def members(write: Writer) -> list[Term]:
        ends = whole(z_y), whole(fmt.qmin), whole(fmt.qmax)
        computed = write.operand(total) * write.operand(ratio)
        second = write.result(scaled, computed, keeps=lambda term: rounded(term, "half_even").value == outcome)
        return [clip(computed, *ends), clip(second, *ends), whole(q_y)]

    text = (
        f"The next layer wants codes: the three scales become one multiplier, {shown(ratio)}, in float32; the product "
        f"is rounded to {whole_text(outcome)}, and the output's zero point {whole_text(z_y)} is added."
    )
    if held != product.terms.total[at]:
        text += f" In 32 bits the sum has become {whole_text(held)}."
    if outcome + z_y != q_y:
        text += " That lies beyond the codes, so it is clipped."
    symbols = [Q_Y, clip(ACC * (Term(m.row(S_X.node, S_W.node)) / S_Y), Z_Y, QMIN, QMAX)]
    return [step("requantized", "Requantized", text, chain(symbols, members))]


def _error(product: Product, at: tuple[int, int]) -> Step:
    y, y_hat = float(product.y[at]), float(product.y_hat[at])
    back = y_hat if product.y_back is None else float(product.y_back[at])
    before, after = display.short(y_hat - y, 4), display.short(back - y, 4)
    symbol = Y_HAT if product.y_back is None else Term(m.row(S_Y.node, m.fenced((Q_Y - Z_Y).node)))

    def members(write: Writer) -> list[Term]:
        distance = write.operand(back) - write.operand(y)
        return [distance, write.result(back - y, distance, 4)]

    text = f"In real numbers the output is {shown(y)}; the sum alone is off by {before}"
    text += "." if product.y_back is None else f", the requantized output by {after}."
    return step("output_error", "Error", text, chain([symbol - Y], members))

"""One output of the product, step by step."""

from typing import Any

import numpy as np

import quantcore as qc

from ...answer_types import Step
from ...comparing.layer import Product
from ...notation import display
from ...notation import mathml as m
from ...notation.equations import alone, operand, plus, relate, shown, step, times, value, whole
from ...notation.nodes import Node

MAX_WRITTEN = 4  # factors of a sum that are written out

S_X, S_W, S_Y = (m.index(m.SCALE, m.identifier(name)) for name in "xwy")
Z_X, Z_W, Z_Y = (m.index(m.ZERO_POINT, m.identifier(name)) for name in "xwy")
Q_X, Q_W, Q_Y = (m.index(m.Q, m.identifier(name)) for name in "xwy")
Y_HAT = m.identifier("y" + m.HAT)
SUM = m.operator("Σ")
ACC = m.words("acc")


def product_steps(product: Product, at: tuple[int, int]) -> list[Step]:
    """Every step of the output at a place (row of x, column of w)."""
    return [
        _products(product, at),
        *_corrections(product, at),
        _accumulator(product, at),
        _real(product, at),
        *([] if product.q_y is None else [_requantized(product, at)]),
        _error(product, at),
    ]


def _int(number: int) -> Node:
    return m.number(display.shortest(number))


def _after(number: int) -> Node:
    return m.operand(display.shortest(number))


def _written(numbers: Any) -> Node:
    """A sum with its first terms written out."""
    terms = [int(number) for number in numbers[:MAX_WRITTEN]]
    found = _int(terms[0])
    for term in terms[1:]:
        found = plus(found, _after(term))
    return plus(found, m.operator("…")) if len(numbers) > MAX_WRITTEN else found


def _z_x(product: Product, at: tuple[int, int]) -> int:
    return int(product.z_x.reshape(-1)[at[0] if product.z_x.ndim else 0])


def _s_x(product: Product, at: tuple[int, int]) -> float:
    return float(product.s_x.reshape(-1)[at[0] if product.s_x.ndim else 0])


def _term(term: Any, product: Product, at: tuple[int, int]) -> int:
    return int(np.broadcast_to(term, product.y.shape)[at])


def _products(product: Product, at: tuple[int, int]) -> Step:
    left, right = product.q_x[at[0]], product.q_w[:, at[1]]
    pairs = [
        times(_int(int(a)) if a >= 0 else _after(int(a)), _after(int(b))) for a, b in zip(left, right, strict=True)
    ]
    written = pairs[0]
    for pair in pairs[1:MAX_WRITTEN]:
        written = plus(written, pair)
    if len(pairs) > MAX_WRITTEN:
        written = plus(written, m.operator("…"))
    total = _int(_term(product.terms.product, product, at))
    text = (
        f"The codes of row {product.first_row + at[0]} of the values times those of column {at[1]} of the weights, "
        "added up: whole numbers only."
    )
    return step("products", "Products of codes", text, m.chain(m.row(SUM, Q_X, Q_W), written, total))


def _corrections(product: Product, at: tuple[int, int]) -> list[Step]:
    z_x, depth = _z_x(product, at), product.x.shape[1]
    columns = _correction(
        "columns", ("the values' zero point", "the weights' column: known before any value comes"), (Z_X, Q_W),
        z_x, product.q_w[:, at[1]], _term(product.terms.columns, product, at),
    )  # fmt: skip
    rows = _correction(
        "rows", ("the weights' zero point", "the values' row"), (Z_W, Q_X),
        product.z_w, product.q_x[at[0]], _term(product.terms.rows, product, at),
    )  # fmt: skip
    text = f"Subtracting both takes this off twice, so it is added once; the row has {display.plural(depth, 'value')}."
    formula = m.chain(
        m.row(m.identifier("K"), m.operator("·"), Z_X, m.operator("·"), Z_W),
        m.row(_int(depth), m.operator("·"), _after(z_x), m.operator("·"), _after(product.z_w)),
        _int(_term(product.terms.constant, product, at)),
    )
    return [columns, rows, step("constant", "Correction for both", text, formula)]


def _correction(
    key: str, words: tuple[str, str], symbols: tuple[Node, Node], zero_point: int, codes: Any, total: int
) -> Step:
    """A zero point times the sum of the other side's codes."""
    what, whose = words
    text = f"The zero point times the sum over {whose}. It will be subtracted."
    if zero_point == 0:
        text = f"The zero point is 0: nothing to correct, and the sum over {whose.partition(':')[0]} need not be taken."
    symbol = times(symbols[0], m.row(SUM, symbols[1]))
    formula = m.chain(symbol, times(_int(zero_point), m.fenced(_written(codes))), _int(total))
    return step(key, f"Correction for {what}", text, formula)


def _accumulator(product: Product, at: tuple[int, int]) -> Step:
    first, columns, rows, constant = (
        _term(term, product, at)
        for term in (product.terms.product, product.terms.columns, product.terms.rows, product.terms.constant)
    )
    total = int(product.terms.total[at])
    minus = m.operator(display.MINUS)
    inserted = m.row(_int(first), minus, _after(columns), minus, _after(rows), m.operator("+"), _after(constant))
    exact = m.row(SUM, m.fenced(m.row(Q_X, minus, Z_X)), m.fenced(m.row(Q_W, minus, Z_W)))
    text = (
        "All four together: exactly the sum over (q − z)(q − z), in whole numbers. This is what the accumulator holds."
    )
    if not -(2**31) <= total < 2**31:
        text += " It does not fit into 32 bits: hardware would wrap around."
    return step("accumulator", "Accumulator", text, m.chain(ACC, exact, inserted, _int(total)))


def _real(product: Product, at: tuple[int, int]) -> Step:
    s_x, s_w = shown(_s_x(product, at)), shown(product.s_w)
    total, y_hat = display.shortest(int(product.terms.total[at])), shown(float(product.y_hat[at]))
    inserted = m.row(alone(s_x), m.operator("·"), operand(s_w), m.operator("·"), operand(total))
    is_cut = display.ABOUT in s_x + s_w
    signs = ["=", relate(not is_cut), relate(value(s_x) * value(s_w) * value(total) == value(y_hat))]
    formula = m.row(S_X, m.operator("·"), S_W, m.operator("·"), ACC)
    text = "Both scales, multiplied once for the whole output, turn the sum into a real number."
    return step("real", "In real numbers", text, m.chain(Y_HAT, formula, inserted, alone(y_hat), relations=signs))


def _requantized(product: Product, at: tuple[int, int]) -> Step:
    if product.q_y is None:
        raise ValueError("the output has no codes")
    fmt = product.y_params.fmt
    s_y, z_y = float(product.y_params.scale), int(product.y_params.zero_point)
    ratio = np.float32(_s_x(product, at)) * np.float32(product.s_w) / np.float32(s_y)
    scaled = np.float32(int(product.terms.total[at])) * ratio
    total = display.shortest(int(product.terms.total[at]))
    rounded = int(qc.round_whole(np.array([scaled]))[0])
    symbols = times(ACC, m.fraction(m.row(S_X, S_W), S_Y))
    numbers = times(m.number(total), operand(shown(ratio)))

    def clipped(inside: Node, offset: Node, *ends: Node) -> Node:
        return m.call("clip", plus(m.call("round", inside), offset), *ends)

    ends = (_int(fmt.qmin), _int(fmt.qmax))
    members = [
        Q_Y,
        clipped(symbols, Z_Y, m.QMIN, m.QMAX),
        clipped(numbers, _after(z_y), *ends),
        clipped(alone(shown(scaled)), _after(z_y), *ends),
        _int(int(product.q_y[at])),
    ]
    signs = ["=", relate(False), relate(display.ABOUT not in shown(scaled)), "="]
    text = (
        f"The next layer wants codes: the three scales become one multiplier, {shown(ratio)}, in float32; the product "
        f"is rounded to {whole(rounded)}, and the output's zero point {whole(z_y)} is added."
    )
    if rounded + z_y != int(product.q_y[at]):
        text += " That lies beyond the codes, so it is clipped."
    return step("requantized", "Requantized", text, m.chain(*members, relations=signs))


def _error(product: Product, at: tuple[int, int]) -> Step:
    y, y_hat = float(product.y[at]), float(product.y_hat[at])
    back = y_hat if product.y_back is None else float(product.y_back[at])
    before, after = display.short(y_hat - y, 4), display.short(back - y, 4)
    symbol = Y_HAT if product.y_back is None else m.row(S_Y, m.fenced(m.row(Q_Y, m.operator(display.MINUS), Z_Y)))
    members = [
        m.row(symbol, m.operator(display.MINUS), m.identifier("y")),
        m.row(alone(shown(back)), m.operator(display.MINUS), operand(shown(y))),
        alone(after),
    ]
    is_cut = display.ABOUT in shown(back) + shown(y)
    signs = [relate(not is_cut), relate(value(shown(back)) - value(shown(y)) == value(after))]
    text = f"In real numbers the output is {shown(y)}; the sum alone is off by {before}"
    text += "." if product.y_back is None else f", the requantized output by {after}."
    return step("output_error", "Error", text, m.chain(*members, relations=signs))

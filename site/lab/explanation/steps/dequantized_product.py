"""One output of a product of reconstructions, step by step."""

from fractions import Fraction
from typing import Any

from ...answer_types import Node, Step
from ...comparing.dequantized_layer import DequantizedProduct
from ...notation import display
from ...notation import mathml as m
from ...notation.equations import Writer, chain, step
from ...notation.operands import shown
from ...notation.terms import Term
from .product import MAX_WRITTEN, Y_HAT, Y, product_of

X_HAT, W_HAT, X, W = (Term(m.identifier(name)) for name in ("x" + m.HAT, "w" + m.HAT, "x", "w"))


def dequantized_steps(product: DequantizedProduct, at: tuple[int, int]) -> list[Step]:
    """Every step of the output at a place (row of x, column of w)."""
    i, j = at
    y, y_hat = float(product.y[at]), float(product.y_hat[at])
    row = f"row {product.first_row + i} of the values times those of column {j} of the weights"

    def difference(write: Writer) -> list[Term]:
        distance = write.operand(y_hat) - write.operand(y)
        return [distance, write.result(y_hat - y, distance, 4)]

    return [
        step(
            "products",
            "Products of what comes back",
            f"The numbers that come back in {row}, added up in float64.",
            _sum((Y_HAT, X_HAT, W_HAT), product.x_hat[i], product.w_hat[:, j], y_hat),
        ),
        step(
            "originals",
            "Products of the originals",
            "The same sum without quantization.",
            _sum((Y, X, W), product.x[i], product.w[:, j], y),
        ),
        step(
            "output_error",
            "Error",
            f"The output is off by {display.short(y_hat - y, 4)}; without quantization it is {shown(y)}.",
            chain([Y_HAT - Y], difference),
        ),
    ]


def _sum(symbols: tuple[Term, Term, Term], left: Any, right: Any, total: float) -> Node:
    """y = Σ x w = the first products, and dots for the rest = what all come to."""
    outcome, x, w = symbols
    rest = Fraction(total) - sum(
        (Fraction(float(a)) * Fraction(float(b)) for a, b in zip(left[:MAX_WRITTEN], right[:MAX_WRITTEN], strict=True)),
        Fraction(0),
    )

    def members(write: Writer) -> list[Term]:
        pairs = [
            product_of(write.operand(float(a)), write.operand(float(b)))
            for a, b in zip(left[:MAX_WRITTEN], right[:MAX_WRITTEN], strict=True)
        ]
        found = pairs[0]
        for pair in pairs[1:]:
            found = found + pair
        if len(left) > MAX_WRITTEN:
            found = Term(m.row(found.node, m.operator("+"), m.operator("…")), (found.value or Fraction(0)) + rest, 0)
        return [found, write.result(total, found)]

    return chain([outcome, Term(m.row(m.operator("Σ"), x.node, w.node))], members)

"""The values times weights: of integers the sums of a kernel and its output, of other formats what comes back."""

import numpy as np

import quantcore as qc

from ..answer_types import Table
from ..comparing.layer import Product, misfit, multiply, obstacle
from ..comparing.layer import applies as applies
from ..drawing.figure import BACK, ERROR
from ..explanation.steps.product import product_steps
from ..explanation.table import Cell, column, table
from ..notation import display
from ..results.result import Result
from . import dequantized_product
from .instrument import Instrument
from .product_outputs import error_figure, error_table, followed, multiplied, page_of_outputs


def build(result: Result) -> Instrument:
    """The instrument for a result."""
    are_integers = result.settings.are_integers
    reason = misfit(result) or (obstacle(result) if are_integers else "")
    if not reason:
        try:
            return _of_integers(result, multiply(result)) if are_integers else dequantized_product.build(result)
        except qc.QuantError as error:
            reason = f"The weights or the product cannot be quantized: {error.message}"
    return Instrument(
        reason, None, table("No product", [], []), title="" if are_integers else dequantized_product.TITLE
    )


def _of_integers(result: Result, product: Product) -> Instrument:
    at = followed(result, product)
    estimates = [("from the sums", BACK, "diamond-open", product.y_hat)]
    errors = [("the output, from the sums", product.y_hat)]
    if product.y_back is not None:
        estimates.insert(0, ("after requantizing", ERROR, "circle", product.y_back))
        errors.append(("the output, requantized", product.y_back))
    return Instrument(
        _caption(product),
        error_figure(product, at, estimates, float(product.y_params.scale) / 2),
        _table(product, at),
        steps=product_steps(product, at),
        tables=[error_table(product, errors)],
    )


def _caption(product: Product) -> str:
    text = (
        f"{multiplied(product)} The kernel multiplies codes and adds "
        "them up in 32-bit whole numbers; zero points are put right afterwards by three corrections, which vanish "
        "where a zero point is 0. The marks are the errors of the outputs: from the sums themselves (only the values' "
        "and the weights' own rounding), and after the output has become codes again, which adds up to half a step "
        "(the band)."
    )
    if product.q_y is None:
        reason = "The scales are too small or too large for the factor that float32 would need"
        if not product.has_whole_zero_point:
            reason = "The values' zero point is no code here"
        text += f" {reason}, so an integer kernel could not write codes; see the sums only."
    if product.overflows:
        text += " A sum leaves the range of 32 bits: hardware would wrap around, and the output be wrong altogether."
    return text


def _table(product: Product, at: tuple[int, int]) -> Table:
    columns = [
        column("place", "Place", "row of the values, column of the weights"),
        column("product", "Σ q_x q_w", "the sum of the products of codes"),
        column("columns", "− z_x Σ q_w", "correction for the values' zero point: the sum of the weights' column"),
        column("rows", "− z_w Σ q_x", "correction for the weights' zero point: the sum of the values' row"),
        column("constant", "+ K z_x z_w", "correction for both, taken off twice before"),
        column("total", "Sum (int32)", "what the accumulator holds"),
        column("y_hat", "Output ŷ", "the sum times both scales"),
        column("y", "In real numbers y", "the same product without quantization"),
        column("error", "Error ŷ − y", "how far the output is off"),
        column("q_y", "Code of ŷ", "the output as a code again"),
        column("y_back", "Back", "what that code stands for"),
    ]
    return page_of_outputs(product, at, columns, _cells, " with the sums behind it")


def _cells(product: Product, i: int, j: int) -> list[Cell]:
    terms = [
        int(np.broadcast_to(term, product.y.shape)[i, j])
        for term in (product.terms.product, -product.terms.columns, -product.terms.rows, product.terms.constant)
    ]
    y, y_hat = float(product.y[i, j]), float(product.y_hat[i, j])
    has_code = product.q_y is not None and product.y_back is not None
    return [
        f"[{product.first_row + i}, {j}]",
        *terms,
        int(product.terms.total[i, j]),
        y_hat,
        y,
        y_hat - y,
        int(product.q_y[i, j]) if product.q_y is not None else display.NOTHING,
        float(product.y_back[i, j]) if has_code and product.y_back is not None else display.NOTHING,
    ]

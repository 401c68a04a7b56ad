"""The values times weights in a float, a codebook or a block format: what comes back of both, multiplied."""

from ..answer_types import Table
from ..comparing.dequantized_layer import DequantizedProduct, multiply_dequantized
from ..drawing.figure import BACK
from ..explanation.steps.dequantized_product import dequantized_steps
from ..explanation.table import Cell, column
from ..results.result import Result
from .instrument import Instrument
from .product_outputs import error_figure, error_table, followed, multiplied, page_of_outputs

TITLE = "A product of what comes back"


def build(result: Result) -> Instrument:
    """The instrument for a result; raises quantcore.QuantError where there is no product."""
    product = multiply_dequantized(result)
    at = followed(result, product)
    return Instrument(
        _caption(product),
        error_figure(product, at, [("of what comes back", BACK, "circle", product.y_hat)]),
        _table(product, at),
        title=TITLE,
        steps=dequantized_steps(product, at),
        tables=[error_table(product, [("the output", product.y_hat)])],
    )


def _caption(product: DequantizedProduct) -> str:
    return (
        f"{multiplied(product)} Values and weights are both quantized with the format, the weights along the sum as "
        "the values are, and what comes back of both is multiplied and added up in float64. So the marks, the errors "
        "of the outputs, come from rounding the two alone; in a sum many roundings cancel."
    )


def _table(product: DequantizedProduct, at: tuple[int, int]) -> Table:
    columns = [
        column("place", "Place", "row of the values, column of the weights"),
        column("y_hat", "Output ŷ", "the product of what comes back"),
        column("y", "Of the originals y", "the same product without quantization"),
        column("error", "Error ŷ − y", "how far the output is off"),
    ]
    return page_of_outputs(product, at, columns, _cells)


def _cells(product: DequantizedProduct, i: int, j: int) -> list[Cell]:
    y, y_hat = float(product.y[i, j]), float(product.y_hat[i, j])
    return [f"[{product.first_row + i}, {j}]", y_hat, y, y_hat - y]

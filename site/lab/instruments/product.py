"""The values times weights, in whole numbers: the sums of an integer kernel, its output, and its error."""

from typing import Any

import numpy as np

import quantcore as qc

from ..answer_types import Figure, Table
from ..comparing.layer import MAX_COLUMNS, Product, multiply, obstacle
from ..comparing.layer import applies as applies
from ..drawing import figure
from ..drawing.figure import BACK, CODE, ERROR, NEUTRAL
from ..explanation.steps.product import product_steps
from ..explanation.table import PAGE_SIZE, column, row, table
from ..notation import display
from ..results.result import Result
from .comparison import decibels
from .instrument import Instrument

Json = dict[str, Any]


def build(result: Result) -> Instrument:
    """The instrument for a result."""
    reason = obstacle(result)
    if not reason:
        try:
            return _built(result, multiply(result))
        except qc.QuantError as error:
            reason = f"The weights or the product cannot be quantized: {error.message}"
    return Instrument(reason, None, table("No product", [], []))


def _built(result: Result, product: Product) -> Instrument:
    at = followed(result, product)
    return Instrument(
        _caption(product),
        _figure(product, at),
        _table(product, at),
        steps=product_steps(product, at),
        tables=[_error_table(product)],
    )


def followed(result: Result, product: Product) -> tuple[int, int]:
    """The output whose steps are shown: the first one that the followed number takes part in."""
    return result.element // result.x.shape[1] - product.first_row, 0


def _caption(product: Product) -> str:
    (n_rows, depth), n_columns = product.x.shape, product.w.shape[1]
    origin = f"made up from the seed, {MAX_COLUMNS} columns at most" if product.is_generated else "your weights"
    text = (
        f"{display.plural(n_rows, 'row')} of {display.plural(depth, 'value')} times {depth} × {n_columns} weights "
        f"({origin}), each output a sum over {display.plural(depth, 'product')}. The kernel multiplies codes and adds "
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


def _figure(product: Product, at: tuple[int, int]) -> Figure:
    y = product.y.reshape(-1)
    error = product.y_hat.reshape(-1) - y
    index = at[0] * product.w.shape[1] + at[1]
    columns, names = [error], [("from the sums", BACK, "diamond-open")]
    if product.y_back is not None:
        columns.insert(0, product.y_back.reshape(-1) - y)
        names.insert(0, ("after requantizing", ERROR, "circle"))
    shown = figure.select([y, *columns], keep=(index,))
    n = len(shown)
    traces = [
        figure.markers(
            y[shown],
            values[shown],
            color,
            name,
            9 if n <= 80 else 7,
            symbol,
            opacity=1.0 if n <= 80 else 0.8,
            hovertemplate="y = %{x}<br>error = %{y}<extra></extra>",
        )
        for values, (name, color, symbol) in zip(columns, names, strict=True)
    ]
    traces.append(
        figure.markers(
            [y[index]], [columns[0][index]], CODE, "output in the steps", 18, "circle-open", hoverinfo="skip"
        )
    )
    half = float(product.y_params.scale) / 2
    top = 1.2 * max(half, *(float(np.abs(values).max()) for values in columns))
    low, high = figure.padded(float(y.min()), float(y.max()), 0.06)
    shapes = [figure.band(0, 1, -half, half, NEUTRAL, xref="paper"), figure.segment(low, 0, high, 0)]
    layout = figure.layout(
        xaxis=figure.axis("output y in real numbers", low, high),
        yaxis=figure.axis("error of the output", -top, top),
        shapes=shapes,
    )
    return figure.figure(traces, layout)


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
    n_columns = product.w.shape[1]
    index = at[0] * n_columns + at[1]
    first = index // PAGE_SIZE * PAGE_SIZE
    shown = range(first, min(first + PAGE_SIZE, product.y.size))
    rows = [row(i, _cells(product, i // n_columns, i % n_columns), i == index) for i in shown]
    what = "Every output" if len(rows) == product.y.size else f"Outputs {shown.start} to {shown.stop - 1}"
    return table(f"{what} with the sums behind it", columns, rows, first, product.y.size)


def _cells(product: Product, i: int, j: int) -> list[str]:
    terms = [
        int(np.broadcast_to(term, product.y.shape)[i, j])
        for term in (product.terms.product, -product.terms.columns, -product.terms.rows, product.terms.constant)
    ]
    y, y_hat = float(product.y[i, j]), float(product.y_hat[i, j])
    has_code = product.q_y is not None and product.y_back is not None
    return [
        f"[{product.first_row + i}, {j}]",
        *(display.shortest(term) for term in terms),
        display.shortest(int(product.terms.total[i, j])),
        display.short(y_hat, 7),
        display.short(y, 7),
        display.short(y_hat - y, 4),
        display.shortest(int(product.q_y[i, j])) if product.q_y is not None else display.NOTHING,
        display.short(float(product.y_back[i, j]), 7) if has_code and product.y_back is not None else display.NOTHING,
    ]


def _error_table(product: Product) -> Table:
    """Output error beside the error of what went in."""
    columns = [
        column("what", "Of", "which numbers are compared with their originals"),
        column(
            "sqnr_db", "Signal to noise", "SQNR: the power of the numbers over the power of the errors, in decibels"
        ),
        column("rmse", "Root mean squared error", "in the unit of the numbers"),
        column("max_abs", "Largest error", "the farthest that one is off"),
    ]
    compared = [
        ("the values", product.x, product.x_hat),
        ("the weights", product.w, product.w_hat),
        ("the output, from the sums", product.y, product.y_hat),
    ]
    if product.y_back is not None:
        compared.append(("the output, requantized", product.y, product.y_back))
    rows = []
    for index, (what, reference, estimate) in enumerate(compared):
        metrics = qc.compare(reference, estimate)
        cells = [what, decibels(metrics.sqnr_db), display.short(metrics.rmse, 4), display.short(metrics.max_abs, 4)]
        rows.append(row(index, cells))
    return table("Output error beside the error of values and weights", columns, rows)

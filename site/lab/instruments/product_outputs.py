"""What products of all formats show alike: which outputs, their errors as a figure and as tables."""

from collections.abc import Callable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

import quantcore as qc

from ..answer_types import Column, Figure, Table
from ..comparing.dequantized_layer import DequantizedProduct
from ..comparing.layer import MAX_COLUMNS, Product
from ..drawing import figure
from ..drawing.figure import CODE, NEUTRAL
from ..explanation.table import PAGE_SIZE, Cell, column, row, table
from ..notation import display
from ..results.result import Result
from .comparison_words import decibel_cell

Float64 = NDArray[np.float64]
Either = Product | DequantizedProduct
P = TypeVar("P", Product, DequantizedProduct)


def followed(result: Result, product: Either) -> tuple[int, int]:
    """The output whose steps are shown: the first one that the followed number takes part in."""
    return result.element // result.x.shape[1] - product.first_row, 0


def multiplied(product: Either) -> str:
    """What is multiplied, in words."""
    (n_rows, depth), n_columns = product.x.shape, product.w.shape[1]
    origin = f"made up from the seed, {MAX_COLUMNS} columns at most" if product.is_generated else "your weights"
    return (
        f"{display.plural(n_rows, 'row')} of {display.plural(depth, 'value')} times {depth} × {n_columns} weights "
        f"({origin}), each output a sum over {display.plural(depth, 'product')}."
    )


def error_figure(
    product: Either, at: tuple[int, int], estimates: list[tuple[str, str, str, Float64]], half: float | None = None
) -> Figure:
    """The error of every output over the output; a band of half a step where outputs become codes."""
    y = product.y.reshape(-1)
    index = at[0] * product.w.shape[1] + at[1]
    columns = [estimate.reshape(-1) - y for *_, estimate in estimates]
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
        for values, (name, color, symbol, _) in zip(columns, estimates, strict=True)
    ]
    traces.append(
        figure.markers(
            [y[index]], [columns[0][index]], CODE, "output in the steps", 18, "circle-open", hoverinfo="skip"
        )
    )
    top = 1.2 * max(half or 0.0, *(float(np.abs(values).max()) for values in columns)) or 1.0
    low, high = figure.padded(float(y.min()), float(y.max()), 0.06)
    band = [] if half is None else [figure.band(0, 1, -half, half, NEUTRAL, xref="paper")]
    layout = figure.layout(
        xaxis=figure.axis("output y in real numbers", low, high),
        yaxis=figure.axis("error of the output", -top, top),
        shapes=[*band, figure.segment(low, 0, high, 0)],
    )
    return figure.figure(traces, layout)


def page_of_outputs(
    product: P, at: tuple[int, int], columns: list[Column], cells: Callable[[P, int, int], list[Cell]], words: str = ""
) -> Table:
    """The page of the table of all outputs that the followed one is on."""
    n_columns = product.w.shape[1]
    index = at[0] * n_columns + at[1]
    first = index // PAGE_SIZE * PAGE_SIZE
    shown = range(first, min(first + PAGE_SIZE, product.y.size))
    rows = [row(i, cells(product, i // n_columns, i % n_columns), i == index) for i in shown]
    what = "Every output" if len(rows) == product.y.size else f"Outputs {shown.start} to {shown.stop - 1}"
    return table(f"{what}{words}", columns, rows, first, product.y.size)


def error_table(product: Either, outputs: list[tuple[str, Float64]]) -> Table:
    """Output error beside the error of what went in."""
    columns = [
        column("what", "Of", "which numbers are compared with their originals", is_text=True),
        column(
            "sqnr_db",
            "SQNR",
            "signal-to-quantization-noise ratio: the power of the numbers over the power of the errors, in decibels",
        ),
        column("rmse", "Root mean squared error", "in the unit of the numbers"),
        column("max_abs", "Largest error", "the farthest that one is off"),
    ]
    compared = [("the values", product.x, product.x_hat), ("the weights", product.w, product.w_hat)]
    compared += [(what, product.y, estimate) for what, estimate in outputs]
    rows = []
    for index, (what, reference, estimate) in enumerate(compared):
        metrics = qc.compare(reference, estimate)
        rows.append(row(index, [what, decibel_cell(metrics.sqnr_db), metrics.rmse, metrics.max_abs]))
    return table("Output error beside the error of values and weights", columns, rows)

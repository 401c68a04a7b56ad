"""A matrix before, between and after: original, codes, reconstruction and error as linked heat maps."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

import quantcore as qc

from ..answer_types import Table
from ..drawing import figure
from ..explanation.table import Cell, column, row, table
from ..notation import display
from ..notation.codes import code_name
from ..results.result import Floats, Result
from .heatmaps_figure import Panel, draw
from .instrument import Instrument

Json = dict[str, Any]

MAX_SIDE = 256
"""Cells along a side; more are drawn in blocks."""
MAX_LINES = 40
"""Boundaries in one direction; more would hide the cells."""
REACH = 2
"""The table shows so many rows and columns to each side of the followed number."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """How many rows and columns of the matrix one drawn cell stands for."""

    rows: int
    columns: int

    @property
    def is_whole(self) -> bool:
        """Whether every number has a cell of its own."""
        return self.rows == self.columns == 1

    def means(self, matrix: NDArray[Any]) -> Floats:
        """The mean of each block; the blocks at the far edges may be smaller."""
        if self.is_whole:
            return matrix.astype(np.float64)
        return self._pooled(matrix, partial(np.mean, dtype=np.float64))

    def extremes(self, matrix: Floats) -> Floats:
        """Of each block the number that is farthest from 0, with its sign."""
        if self.is_whole:
            return matrix.astype(np.float64)
        highest, lowest = self._pooled(matrix, np.max), self._pooled(matrix, np.min)
        return np.where(highest >= -lowest, highest, lowest).astype(np.float64)

    def _pooled(self, matrix: NDArray[Any], pool: Callable[..., Any]) -> Floats:
        """Of each block one number: rows first, for these lie in one piece, then the columns of what is left."""
        upright = np.ascontiguousarray(_every(self.rows, matrix, pool).T)
        pooled: Floats = _every(self.columns, upright, pool).T
        return pooled


def _every(side: int, matrix: NDArray[Any], pool: Callable[..., Any]) -> NDArray[Any]:
    """Each `side` rows in one, and the rest, if they do not divide the matrix, in one more."""
    n_whole = len(matrix) // side * side
    whole = pool(matrix[:n_whole].reshape(-1, side, matrix.shape[1]), axis=1)
    return whole if n_whole == len(matrix) else np.vstack([whole, pool(matrix[n_whole:], axis=0)])


def applies(result: Result) -> bool:
    """Whether the numbers are a matrix of more than one row and column."""
    return result.x.ndim == 2 and min(result.x.shape) > 1


def build(result: Result) -> Instrument:
    """The instrument for a result."""
    n_rows, n_columns = result.x.shape
    blocks = Blocks(-(-n_rows // MAX_SIDE), -(-n_columns // MAX_SIDE))
    rows, columns = boundaries(result)
    drawn = draw(
        panels(result, blocks),
        (n_rows, n_columns),
        (blocks.rows, blocks.columns),
        rows if len(rows) <= MAX_LINES else (),
        columns if len(columns) <= MAX_LINES else (),
        divmod(result.element, n_columns),
    )
    return Instrument(_caption(result, blocks, len(rows), len(columns)), drawn, _table(result))


def panels(result: Result, blocks: Blocks) -> list[Panel]:
    """What is drawn, each as large as the others: values in the same colours before and after."""
    x_hat, coded = blocks.means(result.x_hat), _codes(result, blocks)
    if result.settings.is_dequantize:
        reach = _reach(x_hat)
        return [coded, Panel("reconstruction x̂", x_hat, -reach, reach, "values")]
    x = blocks.means(result.x)
    error = blocks.extremes(result.x_hat.astype(np.float64) - result.x)
    reach, error_reach = max(_reach(x), _reach(x_hat)), _reach(error)
    return [
        Panel("original x", x, -reach, reach, "values"),
        coded,
        Panel("reconstruction x̂", x_hat, -reach, reach, "values"),
        Panel("error x̂ − x", error, -error_reach, error_reach, "errors"),
    ]


def _codes(result: Result, blocks: Blocks) -> Panel:
    """Codes that are whole numbers as they are; of bit patterns, whose order means nothing, the numbers."""
    fmt = result.settings.fmt
    if not isinstance(fmt, qc.IntFormat):
        numbers = blocks.means(fmt.decode(result.q))
        reach = min(_reach(numbers), max(abs(fmt.lowest), fmt.highest))
        return Panel("codes, as numbers before the scale", numbers, -reach, reach, "values")
    codes, (lowest, highest) = blocks.means(result.q), result.settings.code_ends
    return Panel("codes q", codes, min(lowest, float(codes.min())), max(highest, float(codes.max())), "sequential")


def _reach(numbers: Floats) -> float:
    """The largest magnitude of those that are numbers."""
    return max(map(abs, figure.ends(numbers))) or 1.0


def boundaries(result: Result) -> tuple[list[float], list[float]]:
    """Between which rows, and between which columns, one scale ends and another begins: 1.5 is between rows 1 and 2."""
    granularity, shape = result.settings.granularity, result.x.shape
    between: list[list[float]] = [[], []]
    if result.stored is not None:
        return _block_boundaries(result, result.stored)
    if isinstance(granularity, qc.PerTensor):
        return between[0], between[1]
    axis = granularity.axis % 2
    if isinstance(granularity, qc.PerAxis):
        between[axis] = [place - 0.5 for place in range(1, shape[axis])]
    else:
        between[axis] = [place - 0.5 for place in range(granularity.block_size, shape[axis], granularity.block_size)]
        between[1 - axis] = [place - 0.5 for place in range(1, shape[1 - axis])]
    return between[0], between[1]


def _block_boundaries(result: Result, stored: qc.Stored) -> tuple[list[float], list[float]]:
    """The same of blocks; some libraries' run on from one row to the next, and may end anywhere."""
    n_rows, n_columns = result.x.shape
    length = stored.fmt.block_size // stored.scale.shape[1]
    if stored.fmt.axes != "flat" or n_columns % length == 0:
        return [i - 0.5 for i in range(1, n_rows)], [j - 0.5 for j in range(length, n_columns, length)]
    height = length // n_columns
    return [i - 0.5 for i in range(height, n_rows, height)] if length % n_columns == 0 else [], []


def _caption(result: Result, blocks: Blocks, n_row_lines: int, n_column_lines: int) -> str:
    n_rows, n_columns = result.x.shape
    size = f"{display.plural(n_rows, 'row')} and {display.plural(n_columns, 'column')}"
    if result.settings.is_dequantize:
        text = f"The codes and what they stand for, in {size}. "
    else:
        text = (
            f"The values, their codes, what the codes stand for, and the error, in {size}. Values before and after "
            "have the same colours: where the picture coarsens, there are too few codes. A pattern in the error is "
            "something that quantization lost. "
        )
    text += "Zoom into one and all follow."
    if n_row_lines or n_column_lines:
        hidden = max(n_row_lines, n_column_lines) > MAX_LINES
        text += f" Lines separate what has different scales: {display.plural(result.scale.size, 'scale')}."
        text += " Where the lines would be too dense, they are left out." if hidden else ""
    if not blocks.is_whole:
        text += (
            f" Each cell stands for up to {display.count(blocks.rows)} × {display.count(blocks.columns)} numbers: "
            + (
                "their mean."
                if result.settings.is_dequantize
                else "their mean, and in the error map the largest error among them."
            )
        )
    return text


def _table(result: Result) -> Table:
    """The numbers around the followed one, cell by cell."""
    n_rows, n_columns = result.x.shape
    at_row, at_column = divmod(result.element, n_columns)
    rows_shown = range(max(0, at_row - REACH), min(n_rows, at_row + REACH + 1))
    columns_shown = range(max(0, at_column - REACH), min(n_columns, at_column + REACH + 1))
    columns = [column("place", "Place", "row and column, from 0")]
    if not result.settings.is_dequantize:
        columns.append(column("x", "Value x", "the value"))
    columns += [column("q", "Code q", "its code"), column("x_hat", "Dequantized x̂", "what the code stands for")]
    if not result.settings.is_dequantize:
        columns.append(column("error", "Error x̂ − x", "how far it moved"))
    lines = []
    for i in rows_shown:
        for j in columns_shown:
            element = i * n_columns + j
            x, x_hat = result.flat_x[element], result.flat_x_hat[element]
            code = code_name(result.flat_q[element], result.settings.fmt)
            cells: list[Cell] = [f"[{i}, {j}]", code, x_hat]
            if not result.settings.is_dequantize:
                cells.insert(1, x)
                cells.append(float(x_hat) - float(x))
            lines.append(row(element, cells, element == result.element))
    return table(f"The numbers around [{at_row}, {at_column}]", columns, lines)

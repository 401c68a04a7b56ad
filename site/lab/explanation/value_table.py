"""The table of the numbers: few rows, each with everything about one number, and more of them on request."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

import quantcore as qc
from quantcore.toolkits.arithmetic import Scaling

from ..answer_types import Column, Table
from ..notation import display
from ..results.result import Result
from .format_columns import format_columns
from .table import Cell, before_rounding, column, place, row, table

Indices = NDArray[np.intp]


def value_table(result: Result, at_least: int = 0) -> Table:
    """The page of numbers that holds the followed one, or those with the largest errors, the largest first.

    Args:
        result: what was computed.
        at_least: how many rows there are to be, where there are as many numbers and fewer are asked for.
    """
    page_size, is_by_error = max(result.settings.rows, at_least), result.settings.by_error
    first = 0 if is_by_error else result.element // page_size * page_size
    chosen = largest_errors(result, page_size) if is_by_error else np.arange(first, min(first + page_size, result.size))
    shown = chosen.tolist()
    columns, lines = _integers(result, shown) if result.settings.are_integers else _formats(result, shown)
    if result.x.ndim > 1:
        columns = [column("place", "Place", "the indices in the matrix, row first"), *columns]
        lines = [[place(result, i), *cells] for i, cells in zip(shown, lines, strict=True)]
    rows = [row(i, cells, i == result.element) for i, cells in zip(shown, lines, strict=True)]
    n, of_all = display.count(len(shown)), display.count(result.size)
    if len(shown) == result.size:
        caption = f"All {display.plural(result.size, 'number')}"
    elif is_by_error:
        caption = f"The {n} numbers with the largest errors, of {of_all}"
    else:
        caption = f"Numbers {display.count(first)} to {display.count(shown[-1])} of {of_all}"
    if is_by_error and len(shown) == result.size:
        caption += ", the largest error first"
    return table(caption, columns, rows, first, result.size, page_size)


def largest_errors(result: Result, n: int) -> Indices:
    """The elements with the n largest errors, largest first; of equal ones the first comes first, no number last."""
    with np.errstate(invalid="ignore", over="ignore"):  # an infinity that comes back has no error that is a number
        error = np.abs(result.flat_x_hat.astype(np.float64) - result.flat_x)
    error = np.where(np.isnan(error), -1.0, error)
    least = np.partition(error, -n)[-n] if n < error.size else -1.0
    candidates = np.flatnonzero(error >= least)
    return candidates[np.argsort(-error[candidates], kind="stable")][:n]


def _integers(result: Result, shown: list[int]) -> tuple[list[Column], list[list[Cell]]]:
    if result.settings.is_dequantize:
        return _dequantize_columns(), [_dequantize_cells(result, i) for i in shown]
    return _quantize_columns(result), [_quantize_cells(result, i) for i in shown]


def _formats(result: Result, shown: list[int]) -> tuple[list[Column], list[list[Cell]]]:
    found = format_columns(result, np.array(shown))
    cells = zip(*(cells for _, cells in found), strict=True)
    return [one for one, _ in found], [list(line) for line in cells]


CODE_COLUMNS = [
    column("q", "Code q", "the whole number that is stored"),
    column("hex", "Hex", "the code in hexadecimal, two's complement"),
    column("bits", "Bits", "the code as it is stored, in two's complement"),
]


def _quantize_columns(result: Result) -> list[Column]:
    """What is told about each number."""
    if _keeps_factor(result):
        scaled = column(
            "scaled", "x · S", "the value times the scale factor: its place among the codes, before the zero point"
        )
    else:
        scaled = column("scaled", "x / s", "the value in steps: its place among the codes, before the zero point")
    return [
        column("x", "Value x", "the number before quantization"),
        scaled,
        *CODE_COLUMNS,
        column("x_hat", "Dequantized x̂", "the number that the code stands for"),
        column("error", "Error x̂ − x", "the difference between what comes back and the value"),
        column("error_steps", "Error in steps", "the error divided by the scale; at most half a step unless clipped"),
    ]


def _dequantize_columns() -> list[Column]:
    """What is told about each code."""
    return [
        *CODE_COLUMNS,
        column("shifted", "q − z", "how many steps the number lies from 0"),
        column("x_hat", "Dequantized x̂", "the number that the code stands for"),
        column("from", "From", "the smallest real number that this code stands for, half a step below"),
        column("to", "To", "the largest real number that this code stands for, half a step above"),
    ]


def _code_cells(code: Any, bits: int) -> list[Cell]:
    """A code in decimal, hexadecimal and binary."""
    whole = int(code)
    return [whole, display.hexadecimal(whole, bits), display.binary(whole, bits)]


def _scaled_value(result: Result, element: int) -> Any:
    """The value in steps, in the precision of the computation."""
    scale, factor, _ = result.scale_of(element)
    x = result.flat_x[element]
    with np.errstate(over="ignore", under="ignore"):
        found = x * factor if _keeps_factor(result) else x / scale
    return result.kept.keep(found)[()] if result.kept.name == "bfloat16" else found


def _keeps_factor(result: Result) -> bool:
    return qc.ARITHMETICS[result.arithmetic].scaling is Scaling.FACTOR


def _quantize_cells(result: Result, element: int) -> list[Cell]:
    scale, _, _ = result.scale_of(element)
    x, x_hat = result.flat_x[element], result.flat_x_hat[element]
    error = float(x_hat) - float(x)
    return [
        x,
        before_rounding(_scaled_value(result, element), result.settings.rounding),
        *_code_cells(result.flat_q[element], result.settings.fmt.bits),
        x_hat,
        error,
        error / float(scale),
    ]


def _dequantize_cells(result: Result, element: int) -> list[Cell]:
    scale, _, zero_point = result.scale_of(element)
    q, x_hat = result.flat_q[element], result.flat_x_hat[element]
    half = float(scale) / 2
    return [
        *_code_cells(q, result.settings.fmt.bits),
        int(q) - int(zero_point),
        x_hat,
        float(x_hat) - half,
        float(x_hat) + half,
    ]

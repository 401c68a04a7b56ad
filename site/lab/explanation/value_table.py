"""The table of the numbers: one page of rows, each with everything about one number."""

from typing import Any

import numpy as np

import quantcore as qc
from quantcore.toolkits.arithmetic import Scaling

from ..answer_types import Column, Table
from ..notation import display
from ..notation.operands import to_be_rounded
from ..results.result import Result
from .format_columns import format_columns
from .table import column, page_around, place, row, table


def value_table(result: Result) -> Table:
    """The page of numbers that holds the followed one."""
    shown = page_around(result.element, result.size)
    columns, lines = _integers(result, shown) if result.settings.are_integers else _formats(result, shown)
    rows = [row(i, cells, i == result.element) for i, cells in zip(shown, lines, strict=True)]
    if result.x.ndim > 1:
        columns = [column("place", "Place", "the indices in the matrix, row first"), *columns]
        for i, line in zip(shown, rows, strict=True):
            line["cells"] = [place(result, i), *line["cells"]]
    caption = (
        f"All {display.plural(result.size, 'number')}"
        if len(shown) == result.size
        else (
            f"Numbers {display.count(shown.start)} to {display.count(shown.stop - 1)} of {display.count(result.size)}"
        )
    )
    return table(caption, columns, rows, shown.start, result.size)


def _integers(result: Result, shown: range) -> tuple[list[Column], list[list[str]]]:
    if result.settings.is_dequantize:
        return _dequantize_columns(), [_dequantize_cells(result, i) for i in shown]
    return _quantize_columns(result), [_quantize_cells(result, i) for i in shown]


def _formats(result: Result, shown: range) -> tuple[list[Column], list[list[str]]]:
    found = format_columns(result, np.array(shown))
    cells = zip(*(cells for _, cells in found), strict=True)
    return [one for one, _ in found], [list(line) for line in cells]


CODE_COLUMNS = [
    column("q", "Code q", "the whole number that is stored"),
    column("hex", "Hex", "the code in hexadecimal, two's complement"),
    column("bits", "Bits", "the code as it lies in memory, two's complement"),
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
        column("x_hat", "Back x̂", "the number that the code stands for"),
        column("error", "Error x̂ − x", "how far the way there and back has moved the number"),
        column("error_steps", "Error in steps", "the error divided by the scale; at most half a step unless clipped"),
    ]


def _dequantize_columns() -> list[Column]:
    """What is told about each code."""
    return [
        *CODE_COLUMNS,
        column("shifted", "q − z", "how many steps the number lies from 0"),
        column("x_hat", "Real x̂", "the number that the code stands for"),
        column("from", "From", "the smallest real number that this code stands for, half a step below"),
        column("to", "To", "the largest real number that this code stands for, half a step above"),
    ]


def _code_cells(code: Any, bits: int) -> list[str]:
    """A code in decimal, hexadecimal and binary."""
    whole = int(code)
    return [display.shortest(whole), display.hexadecimal(whole, bits), display.binary(whole, bits)]


def _scaled_value(result: Result, element: int) -> Any:
    """The value in steps, in the precision of the computation."""
    scale, factor, _ = result.scale_of(element)
    x = result.flat_x[element]
    with np.errstate(over="ignore", under="ignore"):
        found = x * factor if _keeps_factor(result) else x / scale
    return result.kept.keep(found)[()] if result.kept.name == "bfloat16" else found


def _keeps_factor(result: Result) -> bool:
    return qc.ARITHMETICS[result.arithmetic].scaling is Scaling.FACTOR


def _quantize_cells(result: Result, element: int) -> list[str]:
    scale, _, _ = result.scale_of(element)
    x, x_hat = result.flat_x[element], result.flat_x_hat[element]
    error = float(x_hat) - float(x)
    return [
        display.short(x),
        to_be_rounded(_scaled_value(result, element), result.settings.rounding, 9),
        *_code_cells(result.flat_q[element], result.settings.fmt.bits),
        display.short(x_hat),
        display.short(error, 6),
        display.short(error / float(scale), 4),
    ]


def _dequantize_cells(result: Result, element: int) -> list[str]:
    scale, _, zero_point = result.scale_of(element)
    q, x_hat = result.flat_q[element], result.flat_x_hat[element]
    half = float(scale) / 2
    return [
        *_code_cells(q, result.settings.fmt.bits),
        display.shortest(int(q) - int(zero_point)),
        display.short(x_hat),
        display.short(float(x_hat) - half),
        display.short(float(x_hat) + half),
    ]

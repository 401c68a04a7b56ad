"""The columns of the table of numbers where codes are those of floats, codebooks or blocks."""

from collections.abc import Iterable

import numpy as np

import quantcore as qc

from ..answer_types import Column
from ..notation.codes import code_bits, code_name, number_name
from ..notation.display import NOTHING, hexadecimal
from ..results.result import Indices, Result
from ..results.steps import before_scaling, is_evenly_spaced, steps_at
from .table import Cell, column

Filled = tuple[Column, list[Cell]]
FIELDS = {"integer": "two's complement", "index": "the place in the table"}


def format_columns(result: Result, shown: Indices) -> list[Filled]:
    """Every column with its cells for some elements."""
    found = [*_code(result, shown), *_scales(result, shown)]
    x_hat = list(result.flat_x_hat[shown])
    if result.settings.is_dequantize:
        return [*found, _filled("x_hat", "Dequantized x̂", "the number that the code stands for", x_hat)]
    back = _filled("x_hat", "Dequantized x̂", "the number that the code stands for", x_hat)
    return [*_values(result, shown), *found, back, *_errors(result, shown)]


def _filled(key: str, label: str, hint: str, cells: Iterable[Cell]) -> Filled:
    return column(key, label, hint), list(cells)


def _values(result: Result, shown: Indices) -> list[Filled]:
    has_offset = result.stored is not None and result.stored.offset is not None
    label, of = ("(x − o) / s", "the value without its offset") if has_offset else ("x / s", "the value")
    scaled = before_scaling(result, shown)
    return [
        _filled("x", "Value x", "the number before quantization", result.flat_x[shown]),
        _filled("scaled", label, f"{of} over its scale, among the numbers of the format", scaled),
    ]


def _code(result: Result, shown: Indices) -> list[Filled]:
    fmt, codes = result.settings.fmt, result.flat_q[shown].tolist()
    parts = " ".join(FIELDS.get(part.name, part.name) for part in fmt.bit_fields())
    found = [_filled("q", "Code q", "what is stored", [code_name(code, fmt) for code in codes])]
    if isinstance(fmt, qc.IntFormat):
        hexadecimals = [hexadecimal(code, fmt.bits) for code in codes]
        found.append(_filled("hex", "Hex", "the code in hexadecimal, two's complement", hexadecimals))
    found.append(_filled("bits", "Bits", f"the code in bits: {parts}", [code_bits(code, fmt) for code in codes]))
    if not isinstance(fmt, qc.IntFormat):
        numbers = [number_name(code, fmt) for code in codes]
        found.append(_filled("number", "Number v", "what the code stands for before the scale", numbers))
    return found


def _scales(result: Result, shown: Indices) -> list[Filled]:
    """Scale and offset, where not all numbers have the same."""
    if result.scale.size == 1:
        return []
    index = result.parameter_index(shown)
    scales = result.scale.reshape(-1)[index]
    found = [_filled("scale", "Scale s", "by which the number of the code is multiplied", scales)]
    if result.stored is not None and result.stored.offset is not None:
        offsets = result.stored.offset.reshape(-1)[index]
        found.append(_filled("offset", "Offset o", "what is added then", offsets))
    return found


def _errors(result: Result, shown: Indices) -> list[Filled]:
    errors = result.flat_x_hat[shown].astype(np.float64) - result.flat_x[shown]
    in_steps = [
        error / step if step and np.isfinite(error) else NOTHING
        for error, step in zip(errors.tolist(), steps_at(result, shown).tolist(), strict=True)
    ]
    by = "the scale" if is_evenly_spaced(result.settings.fmt) else "the gap between the two numbers around the value"
    return [
        _filled(
            "error",
            "Error x̂ − x",
            "the difference between what comes back and the value",
            [error if np.isfinite(error) else NOTHING for error in errors.tolist()],
        ),
        _filled("error_steps", "Error in steps", f"the error divided by {by}", in_steps),
    ]

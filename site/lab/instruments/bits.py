"""The code of the followed number as switches, and every code of its format on a line and in a table."""

from typing import Any

import numpy as np

import quantcore as qc

from ..answer_types import Figure, Row, Switches, Table
from ..drawing import figure
from ..drawing.figure import CODE, ERROR, VALUE
from ..explanation.steps.spelled import is_subnormal, number_text
from ..explanation.table import Cell, column, row, table
from ..notation import display
from ..results.flips import Flips, flips_of
from ..results.result import Result
from .instrument import Instrument

Json = dict[str, Any]
TICKS = 7
FEW = 300  # points of a line, where a format has more numbers
LINEAR, LOGARITHMIC = [0.62, 1.0], [0.0, 0.38]  # heights of the two lines
NUMBER = figure.note(1, 1, "number", xref="x domain", yref="y domain", xanchor="right", yanchor="top")
"""The title of the upper line, above it: below it there is no room on paper."""


def applies(result: Result) -> bool:
    """All codes must be such: the notebook's formulas do not clip."""
    if not result.settings.are_integers:
        return True
    lowest, highest = result.settings.integers.storage_range
    return result.is_clipping or bool(lowest <= result.q.min() and result.q.max() <= highest)


def build(result: Result) -> Instrument:
    """The instrument for a result."""
    found, fmt = flips_of(result), _format(result)
    each = _table_of_flips(found)
    is_small = isinstance(fmt, (qc.FloatFormat, qc.Codebook)) and fmt.bits <= 8
    return Instrument(
        _caption(found, fmt),
        _figure(found, fmt),
        _table_of_codes(result, found, fmt) if is_small else each,
        tables=[each] if is_small else [],
        switches=_switches(found),
        use="Press a bit to flip it: its number is shown beneath, and as an open diamond on the lines.",
    )


def _format(result: Result) -> qc.Format:
    return result.settings.fmt if result.stored is None else result.stored.fmt.element


def _caption(found: Flips, fmt: qc.Format) -> str:
    own = number_text(float(found.numbers[found.at(found.code)]))
    text = f"The {display.plural(len(found.bits), 'bit')} of the followed number’s code: {own}. "
    text += f"The lines show every number of {fmt.label}, plainly and by the logarithm of its magnitude"
    special = _special(fmt)
    return f"{text}. {special}" if special else f"{text}."


def _special(fmt: qc.Format) -> str:
    """How many codes are subnormal, infinite, or no number."""
    if not isinstance(fmt, qc.FloatFormat):
        return ""
    values = fmt.values
    n_nan, n_infinite = int(np.isnan(values).sum()), int(np.isinf(values).sum())
    n_subnormal = int(np.count_nonzero(_are_subnormal(fmt) & (values != 0)))
    counted = ((n_subnormal, "subnormal"), (n_infinite, "infinite"), (n_nan, "NaN"))
    parts = [f"{display.count(n)} {'is' if n == 1 else 'are'} {what}" for n, what in counted if n]
    return f"Of its {display.count(values.size)} codes, {', '.join(parts)}." if parts else ""


def _are_subnormal(fmt: qc.FloatFormat) -> Any:
    """Of each code whether its exponent field is 0; all at once."""
    if not fmt.has_subnormals:
        return np.zeros(1 << fmt.bits, np.bool_)
    codes = np.arange(1 << fmt.bits)
    return codes >> fmt.mantissa_bits & (1 << fmt.exponent_bits) - 1 == 0


def _switches(found: Flips) -> Switches:
    width = len(found.bits)
    return {
        "code": found.code,
        "switches": [
            {"field": bit.field, "shift": bit.shift, "label": _label(bit.shift, bit.field, bit.place)}
            for bit in found.bits
        ],
        "numbers": {
            str(code): _sentence(found, code, number, real, width)
            for code, number, real in zip(
                found.codes.tolist(), found.numbers.tolist(), found.reals.tolist(), strict=True
            )
        },
        "marks": {
            str(code): number
            for code, number in zip(found.codes.tolist(), found.numbers.astype(np.float64).tolist(), strict=True)
            if np.isfinite(number)
        },
    }


def _label(shift: int, field: str, place: tuple[int, int] | None) -> str:
    if place is None:
        return f"bit {shift}, {field}"
    return f"bit {place[1]} of byte {place[0]}, {field}"


def _sentence(found: Flips, code: int, number: float, real: float, width: int) -> str:
    shown = number_text(number)
    text = f"{display.hexadecimal(code, width)} is {shown}" if found.bits[0].place is None else f"The number is {shown}"
    is_all = number == real or real != real
    return f"{text}." if is_all else f"{text} and stands for {display.prose(display.short(real, display.BRIEF))}."


def _figure(found: Flips, fmt: qc.Format) -> Figure:
    values = fmt.values
    finite = np.flatnonzero(np.isfinite(values))
    subnormal = _are_subnormal(fmt)[finite] if isinstance(fmt, qc.FloatFormat) else np.zeros(finite.size, np.bool_)
    numbers, codes = values[finite], finite
    if numbers.size > FEW:
        some = np.argsort(numbers)[np.unique(np.linspace(0, numbers.size - 1, FEW).astype(int))]
        numbers, codes, subnormal = numbers[some], codes[some], subnormal[some]
    traces: list[Json] = []
    for is_here, color, symbol, name in (
        (~subnormal, VALUE, "circle", "normal" if isinstance(fmt, qc.FloatFormat) else "number"),
        (subnormal, CODE, "diamond", "subnormal or 0"),
    ):
        if is_here.any():
            texts = [display.hexadecimal(int(code), fmt.bits) for code in codes[is_here]]
            traces += _marks(numbers[is_here], texts, color, symbol, name)
    own = float(found.numbers[found.at(found.code)])
    if np.isfinite(own):
        traces.append(figure.ring([own], [0], showlegend=False))
        if own:
            traces.append(figure.ring([abs(own)], [1 if own > 0 else -1], xaxis="x2", yaxis="y2", showlegend=False))
    traces += [_after_flips("linear"), _after_flips("log", xaxis="x2", yaxis="y2")]
    return figure.figure(traces, _layout(numbers))


def _after_flips(line: str, **more: str) -> Json:
    """The place of the code that switches were flipped to, on one of the lines: the page puts it there."""
    told = figure.hover("after the flips", "%{x:.9~g}")
    trace = figure.markers([], [], ERROR, "after the flips", 15, "diamond-open", showlegend=False, **told, **more)
    trace["marker"]["line"] = {"width": 3}
    return {**trace, "meta": {"flipped": line}}


def _marks(numbers: Any, texts: list[str], color: str, symbol: str, name: str) -> list[Json]:
    """The numbers on both lines."""
    told = figure.hover("%{text}", "%{x:.9~g}")
    first = figure.markers(numbers, np.zeros(numbers.size), color, name, 6, symbol, text=texts, **told)
    some = numbers != 0
    signs = np.where(numbers[some] > 0, 1.0, -1.0)
    kept = [text for text, is_kept in zip(texts, some.tolist(), strict=True) if is_kept]
    second = figure.markers(
        np.abs(numbers[some]),
        signs,
        color,
        name,
        6,
        symbol,
        text=kept,
        xaxis="x2",
        yaxis="y2",
        showlegend=False,
        **told,
    )
    return [first, second] if kept else [first]


def _layout(numbers: Any) -> Json:
    magnitudes = np.abs(numbers[numbers != 0])
    ends = (np.log10(magnitudes.min()), np.log10(magnitudes.max())) if magnitudes.size else (0.0, 1.0)
    low, high = figure.padded(float(numbers.min()), float(numbers.max()))
    bottom, top = figure.padded(float(ends[0]), float(ends[1]))
    return figure.layout(
        xaxis=figure.axis("", low, high),
        yaxis=figure.axis("", -1, 1, domain=LINEAR, visible=False, fixedrange=True),
        xaxis2=figure.axis(
            "magnitude, logarithmic", bottom, top, type="log", anchor="y2", **_powers_of_two(bottom, top)
        ),
        yaxis2=figure.axis(
            "", -2, 2, domain=LOGARITHMIC, anchor="x2", tickvals=[1, -1], ticktext=["+", "−"], fixedrange=True
        ),
        margin={"l": 40, "r": 16, "t": 36, "b": 48},
        annotations=[NUMBER],
    )


def _powers_of_two(low: float, high: float) -> Json:
    """Ticks at some powers of two, between which floats are evenly far apart; the ends are powers of ten."""
    first, last = int(np.ceil(low / np.log10(2))), int(np.floor(high / np.log10(2)))
    every = max(1, -(-(last - first + 1) // TICKS))
    exponents = [k for k in range(first, last + 1) if k % every == 0]
    return {"tickvals": [2.0**k for k in exponents], "ticktext": [_tick(k) for k in exponents]}


def _tick(exponent: int) -> str:
    return display.short(2.0**exponent, 6).removesuffix(".0") if -5 < exponent < 14 else f"2<sup>{exponent}</sup>"


def _table_of_flips(found: Flips) -> Table:
    columns = [
        column("field", "Field", "what the bit is part of", is_text=True),
        column("bit", "Bit", "0 or 1, as it is"),
        column("number", "After the flip", "the number that the code then is in its format"),
        column("real", "Stands for", "the same with scale and offset"),
    ]
    rows: list[Row] = []
    for bit in found.bits:
        at = found.at(found.code ^ 1 << bit.shift)
        cells: list[Cell] = [
            bit.field if bit.place is None else f"{bit.field}, byte {bit.place[0]}, bit {bit.place[1]}",
            str(found.code >> bit.shift & 1),
            number_text(float(found.numbers[at])),
            float(found.reals[at]) if np.isfinite(found.reals[at]) else number_text(found.reals[at]),
        ]
        rows.append(row(bit.shift, cells))
    return table("Each bit flipped alone", columns, rows)


def _table_of_codes(result: Result, found: Flips, fmt: qc.Format) -> Table:
    columns = [
        column("hex", "Code", "in hexadecimal"),
        column("bits", "Bits", "in its fields"),
        column("number", "Number", "what it stands for, before any scale"),
    ]
    own = result.flat_q[result.element]
    rows = [
        row(
            code,
            [display.hexadecimal(code, fmt.bits), _in_fields(fmt, code), _told(fmt, code, number)],
            bool(code == own),
        )
        for code, number in enumerate(fmt.values.tolist())
    ]
    return table(f"All {display.count(len(rows))} codes of {fmt.label}", columns, rows)


def _in_fields(fmt: qc.Format, code: int) -> str:
    digits = f"{code:0{fmt.bits}b}"
    cuts = [fmt.bits - field.shift for field in fmt.bit_fields()]
    return " ".join(digits[start:end] for start, end in zip([0, *cuts], cuts, strict=False))


def _told(fmt: qc.Format, code: int, number: float) -> str:
    text = number_text(number)
    if isinstance(fmt, qc.FloatFormat) and np.isfinite(number) and number and is_subnormal(fmt, code):
        return f"{text}, subnormal"
    return text

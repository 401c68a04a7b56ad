"""Why two number formats give different numbers back for the same values: which elements, and by which rule."""

from collections import Counter
from fractions import Fraction
from typing import Any

import numpy as np

import quantcore as qc

from ..answer_types import Figure, Table
from ..comparing.format_rivals import FormatComparison, compare_formats, reasons_for
from ..drawing import figure
from ..drawing.figure import CODE, NEUTRAL, VALUE
from ..explanation.label import slices
from ..explanation.table import Cell, column, place, row, table
from ..notation import display
from ..results.result import Indices, Result
from .instrument import Instrument

MAX_EXPLAINED = 10
"""So many differences are listed, each with its reason: it takes the whole way of a number through both formats."""


def build(result: Result) -> Instrument:
    """The instrument for a result whose codes are no plain integers."""
    try:
        found = compare_formats(result)
    except qc.QuantError as error:
        return Instrument(f"No comparison: {error.message}", None, table("No comparison", [], []))
    listed = _listed(found)
    why = reasons_for(found, listed)
    return Instrument(
        _caption(found, why),
        _figure(found),
        _table(found, listed, why),
        title=f"{found.a} against {found.b}",
        tables=[_rules(found)],
        reply=_reply(found),
    )


def _listed(found: FormatComparison) -> Indices:
    """The first differences, the followed number's own among them."""
    differing = found.differing
    element = found.first.element
    if element in differing[MAX_EXPLAINED:]:
        return np.append(differing[: MAX_EXPLAINED - 1], element)
    return differing[:MAX_EXPLAINED]


def _reply(found: FormatComparison) -> str:
    n, total = found.differing.size, found.first.size
    if not n:
        return f"{found.a} and {found.b} give the same number back for every one of {display.plural(total, 'value')}."
    verb = "comes" if n == 1 else "come"
    share = display.told_percent(Fraction(n, total))
    return f"{display.count(n)} of {display.count(total)} values {verb} back differently ({share})."


def _caption(found: FormatComparison, why: list[tuple[str, ...]]) -> str:
    if not found.differing.size:
        return (
            "They agree on these values. Ties, values beyond the largest number, and blocks whose largest magnitude is "
            "near a power of two may bring out how they differ."
        )
    counted = Counter(name for group in why for name in group).most_common()
    told = "; ".join(f"{qc.FORMAT_REASONS[name]}: {display.count(n)}" for name, n in counted)
    of = "" if len(why) == found.differing.size else f" of the {display.count(len(why))} listed"
    errors = [result.metrics for result in (found.first, found.second)]
    better = ""
    if errors[0] is not None and errors[1] is not None and errors[0].mse != errors[1].mse:
        nearer, other = (found.a, found.b) if errors[0].mse < errors[1].mse else (found.b, found.a)
        low, high = sorted(error.mse for error in errors if error is not None)
        better = (
            f" In all, {nearer} is nearer to these values: its mean squared error is {display.told(low, 3)}, that of "
            f"{other} {display.told(high, 3)}."
        )
    return (
        f"Each mark above or below the line is a value for which {found.b} gives back a larger or a smaller number "
        f"than {found.a}. Reasons{of}: {told}.{better}"
    )


def _rules(found: FormatComparison) -> Table:
    """What both store, and how they choose it, side by side."""
    columns = [
        column("rule", "What", "a property of the format", is_text=True),
        column("a", found.a, "the present format", is_text=True),
        column("b", found.b, "the other one", is_text=True),
    ]
    sides = [_properties(result) for result in (found.first, found.second)]
    rows = [
        row(i, [name, *texts])
        for i, (name, *texts) in enumerate((name, sides[0][name], sides[1][name]) for name in sides[0])
        if texts[0] != texts[1]
    ]
    return table("What they do differently", columns, rows)


def _properties(result: Result) -> dict[str, str]:
    settings, stored = result.settings, result.stored
    block, options = settings.codes.block, settings.codes.options
    sharing = display.plural(block.block_size, "value") if block else _sharing(settings.granularity, result.x.ndim)
    scales = "one, of the request’s own"
    bits = float(settings.fmt.bits)
    if settings.calibration == "none" and stored is None:
        sharing, scales = display.NOTHING, "none"
    if stored is not None:
        bits = stored.bits_per_value
        scales = ", ".join(f"{level.name} in {_type(level.format)}" for level in stored.levels)
    return {
        "whose rules": f"{block.library} {block.version}" if block else "a cast to the format",
        "numbers of a code": settings.fmt.label,
        "what shares a scale": sharing,
        "scales": scales,
        "power of two": str(options.get("scale_mode", "floor")) if block and "scale_mode" in block.options else "",
        "rule": str(options.get("rule", "")),
        "beyond the largest number": "" if block else settings.codes.overflow,
        "bits per value": display.short(bits, 5),
    }


def _sharing(granularity: qc.PerTensor | qc.PerAxis | qc.PerBlock, ndim: int) -> str:
    if isinstance(granularity, qc.PerBlock):
        return display.plural(granularity.block_size, "value")
    return "all values" if isinstance(granularity, qc.PerTensor) else f"each {slices(granularity.axis, ndim)}"


def _type(name: str) -> str:
    return qc.FORMATS[name].label if name in qc.FORMATS else name


def _figure(found: FormatComparison) -> Figure:
    x, element = found.first.flat_x, found.first.element
    with np.errstate(invalid="ignore"):
        change = found.second.flat_x_hat.astype(np.float64) - found.first.flat_x_hat
    change = np.where(np.isfinite(change), change, 0.0)  # no numbers have no place in a chart; the table has them
    shown = figure.select([x, change], keep=(element,))
    differs = np.isin(shown, found.differing, assume_unique=True)
    sides = ((shown[~differs], NEUTRAL, "same", 6.0, "circle"), (shown[differs], VALUE, "differs", 9.0, "diamond"))
    traces = [
        figure.markers(
            x[places],
            change[places],
            color,
            name,
            size,
            symbol,
            customdata=places.tolist(),
            hovertemplate="x = %{x}<br>%{y:+}<extra></extra>",
        )
        for places, color, name, size, symbol in sides
    ]
    traces.append(
        figure.markers([x[element]], [change[element]], CODE, "followed", 18, "circle-open", hoverinfo="skip")
    )
    low, high = figure.padded(float(x.min()), float(x.max()), 0.06)
    reach = figure.within_floats(0.0, 1.3 * float(np.abs(change).max()))[1] or 1.0
    layout = figure.layout(
        xaxis=figure.axis("value x", low, high),
        yaxis=figure.axis("number given back, <br>higher or lower", -reach, reach),
        shapes=[figure.segment(low, 0, high, 0)],
    )
    return figure.figure([trace for trace in traces if trace["x"]], layout)


def _table(found: FormatComparison, listed: Indices, why: list[tuple[str, ...]]) -> Table:
    columns = [
        column("place", "Place", "the index, or the indices in the matrix"),
        column("x", "Value x", "the number before quantization"),
    ]
    for key, name in (("a", found.a), ("b", found.b)):
        columns += [
            column(f"q_{key}", f"{name} q", "its code"),
            column(f"scale_{key}", f"{name} scale", "by which the number of the code is multiplied"),
            column(f"x_hat_{key}", f"{name} x̂", "the number that comes back"),
        ]
    columns.append(column("reason", "Reason", "the rule that makes the difference", is_text=True))
    rows = []
    for i, names in zip(listed.tolist(), why, strict=True):
        cells: list[Cell] = [place(found.first, i), found.first.flat_x[i]]
        for result in (found.first, found.second):
            cells += [_code(result, i), result.scale_of(i)[0], result.flat_x_hat[i]]
        rows.append(row(i, [*cells, ", ".join(qc.FORMAT_REASONS[name] for name in names)], i == found.first.element))
    total = found.differing.size
    caption = f"{display.count(len(listed))} of {display.count(total)} differences"
    if total == len(listed):
        caption = f"All {display.plural(total, 'difference')}" if total else "No difference"
    return table(caption, columns, rows)


def _code(result: Result, element: int) -> str:
    code: Any = result.flat_q[element]
    return display.shortest(int(code))

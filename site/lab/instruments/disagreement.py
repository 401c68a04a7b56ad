"""Why two libraries give different codes for the same values: which elements, and by which rule."""

from collections import Counter
from fractions import Fraction
from typing import Any

import numpy as np

import quantcore as qc
from quantcore.explain.pipelines import REASONS, different_rules, unrounded

from ..answer_types import Figure, Table
from ..comparing.every_toolkit import every_toolkit
from ..comparing.toolkits import ToolkitComparison, compare_toolkits, elements_of, named_pipeline, reasons_for
from ..drawing import figure
from ..drawing.figure import CODE, NEUTRAL, VALUE
from ..explanation.table import PAGE_SIZE, Cell, before_rounding, column, place, row, table
from ..notation import display
from ..request.fields import PROFILES
from ..results.result import Indices, Result
from . import format_disagreement
from .instrument import Instrument

Json = dict[str, Any]

MAX_EXPLAINED = 1000


def build(result: Result) -> Instrument:
    """The instrument for a result; of other formats than integers, what `format_disagreement` makes of it."""
    if not result.settings.are_integers:
        return format_disagreement.build(result)
    try:
        found = compare_toolkits(result)
    except qc.QuantError as error:
        return Instrument(f"No comparison: {error.message}", None, table("No comparison", [], []))
    explained = found.differing[:MAX_EXPLAINED]
    why = reasons_for(found, explained)
    return Instrument(
        _caption(found, why),
        _figure(found),
        _table(found, why[:PAGE_SIZE]),
        title=f"{found.a.name} against {found.b.name}",
        tables=[_rules(found), _every_toolkit(result)],
        reply=_reply(found),
    )


def _reply(found: ToolkitComparison) -> str:
    n, total = found.differing.size, found.first.size
    if not n:
        return f"{found.a.name} and {found.b.name} agree on every one of {display.plural(total, 'number')}."
    what = "codes" if found.is_about_codes else "codes agree, but reconstructions"
    share = display.told_percent(Fraction(n, total))
    lead = "" if found.is_about_codes else "All "
    verb = "differs" if n == 1 and found.is_about_codes else "differ"
    count = f"{display.count(n)} of {display.count(total)}"
    if found.is_about_codes:
        return f"{count} {what} {verb} ({share})."
    return f"{lead}{what} differ for {count} numbers ({share})."


def _caption(found: ToolkitComparison, why: list[tuple[str, ...]]) -> str:
    if not found.differing.size:
        rules = [REASONS[name] for name in different_rules(found.a, found.b)]
        if not rules:
            return "Both follow the same rules here, so they agree on any values."
        return (
            f"They agree on these values. They have different rules ({', '.join(rules)}); values that lie exactly "
            "halfway between two codes, or whose range leaves out 0, may bring that out."
        )
    if not found.is_about_codes:
        return (
            "Both give the same codes, but not the same numbers back: the last digits depend on the precision of the "
            "scale and on the order of the operations. The chart shows by how much."
        )
    counted = Counter(name for group in why for name in group).most_common()
    of = "" if len(why) == found.differing.size else f" (of the first {display.count(len(why))})"
    told = "; ".join(f"{REASONS[name]}: {display.count(n)}" for name, n in counted)
    step = int(np.abs(found.second.flat_q[found.differing] - found.first.flat_q[found.differing]).max())
    return (
        f"Each mark above or below the line is a value to which {found.b.name} gives a higher or a lower code "
        f"than {found.a.name}, by {display.plural(step, 'step')} at most. A rule is the reason where it alone, put in "
        f"place of the other library's, gives the other code. Reasons{of}: {told}."
    )


def _every_toolkit(result: Result) -> Table:
    """One row a toolkit, for the present values."""
    lines, n_counted = every_toolkit(result)
    fmt = result.settings.integers
    columns = [
        column("toolkit", "Toolkit", "whose rules and arithmetic", is_text=True),
        column("scale", "Scale", "of the followed number's block or channel"),
        column("zero_point", "Zero point", "of the same"),
        column("codes", "First codes", "of the values, in order"),
        column("differ", "Differ", f"codes other than the present ones, of {display.count(n_counted)}"),
        column("rule", "Rule", "what makes the difference, the rule that explains most first", is_text=True),
    ]
    rows = []
    for i, line in enumerate(lines):
        label, is_own = PROFILES[line.name].label, line.name == result.settings.profile_name
        if line.obstacle:
            rows.append(row(i, [label, *[display.NOTHING] * 4, line.obstacle], is_own))
            continue
        why = "symmetric: it has no other scheme"
        if not line.has_own_scheme:
            pipeline = named_pipeline(result, line.name)
            why = "; ".join(f"{REASONS[rule]}: {pipeline.in_words(rule, fmt)}" for rule in line.rules)
        codes = ", ".join(map(display.shortest, line.codes))
        z = int(line.zero_point) if line.zero_point == int(line.zero_point) else line.zero_point
        cells = [line.scale, z, codes, display.count(line.n_differing)]
        rows.append(row(i, [label, *cells, why or display.NOTHING], is_own))
    return table("Every toolkit on these values", columns, rows)


def _rules(found: ToolkitComparison) -> Table:
    """The rules in which both differ, side by side."""
    columns = [
        column("rule", "Rule", "what is done differently", is_text=True),
        column("a", found.a.name, "how the present settings do it", is_text=True),
        column("b", found.b.name, "how the other one does it", is_text=True),
    ]
    fmt = found.first.settings.integers
    rows = [
        row(i, [REASONS[name], found.a.in_words(name, fmt), found.b.in_words(name, fmt)])
        for i, name in enumerate(different_rules(found.a, found.b))
    ]
    return table("The rules that differ", columns, rows)


def _figure(found: ToolkitComparison) -> Figure:
    x, element = found.first.flat_x, found.first.element
    if found.is_about_codes:
        change = found.second.flat_q.astype(np.float64) - found.first.flat_q
        title = "codes <br>higher or lower"
    else:
        change = found.second.flat_x_hat.astype(np.float64) - found.first.flat_x_hat
        title = "reconstruction <br>higher or lower"
    shown = figure.select([x, change], keep=(element,))
    differs = change[shown] != 0
    same, other = shown[~differs], shown[differs]
    traces = [
        _marks(found, same, change, NEUTRAL, "same", 6, "circle"),
        _marks(found, other, change, VALUE, "differs", 9, "diamond"),
        figure.markers([x[element]], [change[element]], CODE, "followed", 18, "circle-open", hoverinfo="skip"),
    ]
    low, high = figure.padded(float(x.min()), float(x.max()), 0.06)
    reach = figure.within_floats(0.0, 1.3 * float(np.abs(change).max()))[1] or 1.0
    ticks = {"dtick": 1, "tickformat": "d"} if found.is_about_codes and reach < 6 else {}
    layout = figure.layout(
        xaxis=figure.axis("value x", low, high),
        yaxis=figure.axis(title, -reach, reach, **ticks),
        shapes=[figure.segment(low, 0, high, 0)],
    )
    return figure.figure([trace for trace in traces if trace["x"]], layout)


def _marks(
    found: ToolkitComparison, places: Indices, change: Any, color: str, name: str, size: float, symbol: str
) -> Json:
    return figure.markers(
        found.first.flat_x[places],
        change[places],
        color,
        name,
        size,
        symbol,
        customdata=places.tolist(),
        hovertemplate="x = %{x}<br>%{y:+}<extra></extra>",
    )


def _table(found: ToolkitComparison, why: list[tuple[str, ...]]) -> Table:
    a, b = found.a.name, found.b.name
    columns = [
        column("place", "Place", "the index, or the indices in the matrix"),
        column("x", "Value x", "the number before quantization"),
        column("scaled_a", f"{a} rounds", "the value in steps, with the zero point where that is added before"),
        column("q_a", f"{a} q", "its code"),
        column("scaled_b", f"{b} rounds", "the value in steps, with the zero point where that is added before"),
        column("q_b", f"{b} q", "its code"),
        column("x_hat_a", f"{a} x̂", "what its code stands for"),
        column("x_hat_b", f"{b} x̂", "what its code stands for"),
        column(
            "reason", "Reason", "the rule that alone makes the difference, or the rules that do together", is_text=True
        ),
    ]
    places = found.differing[:PAGE_SIZE]
    rows = []
    if places.size:
        sides = [
            (pipeline.arithmetic.rounding, unrounded(pipeline, elements_of(result, places)), result)
            for pipeline, result in ((found.a, found.first), (found.b, found.second))
        ]
        for n, (i, names) in enumerate(zip(places.tolist(), why, strict=True)):
            cells: list[Cell] = [place(found.first, i), found.first.flat_x[i]]
            for rounding, before, result in sides:
                cells += [before_rounding(before[n], rounding), int(result.flat_q[i])]
            cells += [result.flat_x_hat[i] for result in (found.first, found.second)]
            rows.append(row(i, [*cells, ", ".join(REASONS[name] for name in names)], i == found.first.element))
    total = found.differing.size
    caption = f"The first {PAGE_SIZE} of {display.count(total)} differences"
    if total <= PAGE_SIZE:
        caption = f"All {display.plural(total, 'difference')}" if total else "No difference"
    return table(caption, columns, rows)

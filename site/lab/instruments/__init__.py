"""The instruments, in the order of the page. A new one is a new module here and a line in this table.

A request's `show` may name instruments and, for pages that show little, the other parts of an answer.

Imports `request`, `request.fields`, `results`, `comparing`, `explanation`, `explanation.steps`, `drawing`, `notation`
and quantcore.
"""

from collections.abc import Collection

from ..answer_types import Figure, InstrumentView
from ..notation.derivation import derivation
from ..notation.display import ascii_shortest, sentence
from ..request.fields.requantizing import REQUANTIZING
from ..results.result import Result
from . import (
    bits,
    calibration,
    comparison,
    disagreement,
    error,
    error_histogram,
    heatmaps,
    histogram,
    mapping,
    number_line,
    product,
    requantize,
    staircase,
    stored_bytes,
)
from .instrument import GROUPS, RANGE_ENDS, Entry, Instrument, Size, when_measured, when_quantizing

INSTRUMENTS: dict[str, Entry] = {
    "mapping": Entry(
        title="From real numbers to codes and back",
        group="mapping",
        build=mapping.build,
        size=Size.LEAD,
        in_first_reply=True,
    ),
    "staircase": Entry(
        title="The staircase",
        group="mapping",
        build=staircase.build,
        applies=staircase.applies,
        size=Size.HALF,
        in_first_reply=True,
    ),
    "number_line": Entry(
        title="Decision thresholds around one number",
        group="mapping",
        build=number_line.build,
        applies=number_line.applies,
        size=Size.HALF,
    ),
    "histogram": Entry(
        title="Distribution of the values",
        group="range",
        build=histogram.build,
        size=Size.HALF,
        applies=when_quantizing,
    ),
    "calibration": Entry(
        title="Which range is best?",
        group="range",
        build=calibration.build,
        size=Size.HALF,
        applies=calibration.applies,
    ),
    "error": Entry(
        title="The error",
        group="error",
        build=error.build,
        size=Size.HALF,
        in_first_reply=True,
    ),
    "error_histogram": Entry(
        title="Is the error evenly spread?",
        group="error",
        build=error_histogram.build,
        size=Size.HALF,
        applies=when_measured,
    ),
    "bits": Entry(
        title="The bits of one code",
        group="stored",
        build=bits.build,
        size=Size.HALF,
        applies=bits.applies,
    ),
    "stored_bytes": Entry(
        title="The bytes of the codes",
        group="stored",
        build=stored_bytes.build,
        size=Size.HALF,
        applies=stored_bytes.applies,
    ),
    "heatmaps": Entry(
        title="The matrix",
        group="matrix",
        build=heatmaps.build,
        size=Size.TALL,
        applies=heatmaps.applies,
    ),
    "comparison": Entry(
        title="Which scheme for these values?",
        group="compare",
        build=comparison.build,
        size=Size.TALL,
        applies=when_measured,
        controls=("compare", "max_error", "error_by", "model_parameters"),
        opens_table=True,
    ),
    "disagreement": Entry(
        title="Where two libraries disagree",
        group="compare",
        build=disagreement.build,
        applies=when_quantizing,
        controls=("against", "against_format"),
    ),
    "product": Entry(
        title="Matrix product in integers",
        group="matrix",
        build=product.build,
        applies=product.applies,
        controls=("weights",),
    ),
    "requantize": Entry(
        title="Requantization: from a sum to a code",
        group="matrix",
        build=requantize.build,
        applies=requantize.applies,
        controls=tuple(field.name for field in REQUANTIZING),
        opens_table=True,
    ),
}

LEAD = next(name for name, entry in INSTRUMENTS.items() if entry.size is Size.LEAD)

PARTS = {
    "table": "Number by number",
    "summary": "Parameters and error",
    "steps": "Follow one number",
    "code": "As a program",
}
"""What a page shows beside instruments, with its heading. Every answer has it; `show` names it for the page."""


def look(result: Result, shown: Collection[str]) -> tuple[list[InstrumentView], dict[str, Figure]]:
    """Every instrument as the answer carries it, and the figures of those that were built, by name.

    Built is what applies to the result, and of that only what is in `shown`; all where that is empty. The rest stands
    in its place with `applies` false; what would apply, were it shown, also has `waits` true.
    """
    views: list[InstrumentView] = []
    figures: dict[str, Figure] = {}
    shown = shown or INSTRUMENTS
    for name, entry in INSTRUMENTS.items():
        seen = _place(name, entry)
        views.append(seen)
        if not entry.applies(result):
            continue
        if name not in shown:
            seen["waits"] = True
            continue
        built = result.once(entry.build)
        _fill(seen, built)
        if built.figure is not None:
            figures[name] = built.figure
    return views, figures


def _place(name: str, entry: Entry) -> InstrumentView:
    """What the answer carries of an instrument that is not built."""
    place: InstrumentView = {
        "name": name,
        "title": entry.title,
        "group": entry.group,
        "size": entry.size,
        "controls": list(entry.controls),
        "applies": False,
        "has_figure": False,
    }
    return {**place, "opens_table": True} if entry.opens_table else place


def _fill(seen: InstrumentView, built: Instrument) -> None:
    """Adds what a built instrument shows; what is empty is left out."""
    seen["applies"], seen["has_figure"] = True, built.figure is not None
    seen["title"] = built.title or seen["title"]
    seen["caption"], digits = sentence(built.caption)
    if digits:
        seen["caption_digits"] = digits
    seen["table"] = built.table
    if built.use:
        seen["use"] = built.use
    if built.steps:
        seen["steps"], seen["copy"] = list(built.steps), derivation(list(built.steps))
    if built.tables:
        seen["tables"] = list(built.tables)
    if built.reply:
        seen["reply"], digits = sentence(built.reply)
        if digits:
            seen["reply_digits"] = digits
    if built.offers:
        seen["offers"] = list(built.offers)
    if built.switches:
        seen["switches"] = built.switches
    if built.nodes:
        seen["nodes"] = list(built.nodes)
    if built.handles:
        seen["handles"] = dict(built.handles)
        seen["ends"] = {name: ascii_shortest(end) for name, end in built.handles.items() if name in RANGE_ENDS}
    if built.heights:
        seen["heights"] = dict(built.heights)


__all__ = ["GROUPS", "INSTRUMENTS", "LEAD", "PARTS", "Entry", "Instrument", "Size", "look"]

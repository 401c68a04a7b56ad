"""The instruments, in the order of the page. A new one is a new module here and a line in this table.

A request's `show` may name instruments and, for pages that show little, the other parts of an answer.
"""

from collections.abc import Collection
from typing import Any

from ..results.result import Result
from . import (
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
    staircase,
)
from .instrument import Entry, Instrument, when_quantizing

INSTRUMENTS: dict[str, Entry] = {
    "mapping": Entry("From real numbers to codes and back", "mapping", mapping.build),
    "staircase": Entry("The staircase", "mapping", staircase.build),
    "number_line": Entry(number_line.TITLE, "mapping", number_line.build),
    "histogram": Entry(histogram.TITLE, "range", histogram.build, when_quantizing),
    "calibration": Entry(calibration.TITLE, "range", calibration.build, calibration.applies),
    "error": Entry("The error", "error", error.build),
    "error_histogram": Entry(error_histogram.TITLE, "error", error_histogram.build, when_quantizing),
    "heatmaps": Entry(heatmaps.TITLE, "matrix", heatmaps.build, heatmaps.applies),
    "comparison": Entry(comparison.TITLE, "compare", comparison.build, when_quantizing, comparison.CONTROLS),
    "disagreement": Entry(disagreement.TITLE, "compare", disagreement.build, when_quantizing, ("against",)),
    "product": Entry(product.TITLE, "matrix", product.build, product.applies, ("weights",)),
}

PARTS = ("summary", "table", "steps", "code")
"""What a page shows beside instruments. Every answer has them; `show` names them for the page."""


def look(result: Result, shown: Collection[str]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Every instrument as the answer carries it, and the figures of those that were built, by name.

    Built is what applies to the result, and of that only what is in `shown`; all where that is empty. The rest stands
    in its place with `applies` false; what would apply, were it shown, also has `waits` true.
    """
    views: list[dict[str, Any]] = []
    figures: dict[str, Any] = {}
    shown = shown or INSTRUMENTS
    for name, entry in INSTRUMENTS.items():
        place = {"group": entry.group, "controls": list(entry.controls)}
        if not (entry.applies(result) and name in shown):
            absent = {"name": name, "title": entry.title, **place, "applies": False, "has_figure": False}
            views.append({**absent, "waits": True} if entry.applies(result) else absent)
            continue
        built = entry.build(result)
        views.append({**built.view(), **place})
        if built.figure is not None:
            figures[name] = built.figure
    return views, figures


__all__ = ["INSTRUMENTS", "PARTS", "Entry", "Instrument", "look"]

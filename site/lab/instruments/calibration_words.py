"""All calibrations at once: a table to take them from, which of them is the best, and which lose much."""

import math
from collections.abc import Callable

from ..answer_types import Offer, Row, Table
from ..comparing.calibrations import Calibrated
from ..comparing.verdict import TIE_DB
from ..explanation.table import Shortened, column, row, table
from ..notation import display
from ..request.fields import FIELDS
from ..results.result import Result
from .comparison_words import decibel_cell, told_decibels

MUCH = 5.0
"""Decibels; a calibration that has so many fewer than the best is said to lose them."""


def label(found: Calibrated, result: Result) -> str:
    """What the form calls a calibration."""
    words = FIELDS["calibration"].choices[found.name]
    return f"{words} ({result.settings.texts['percentile']} %)" if found.name == "percentile" else words


def table_of(found: list[Calibrated], result: Result) -> Table:
    """Each calibration with its range and its error, the name of each to be taken."""
    columns = [
        column("calibration", "Scale from", "how the range is found", is_text=True),
        column("range", "Range", "what the codes are to cover, in four digits"),
        column("sqnr_db", "SQNR", "signal-to-quantization-noise ratio of the values that share the scale"),
        column("loss", "Against the best", "how many decibels it has fewer than the best", is_text=True),
    ]
    best = _best(found)
    rows: list[Row] = []
    for index, one in enumerate(found):
        cells = [
            label(one, result) + (", in use" if one.is_in_use else ""),
            Shortened(range_text(one, result), _range(one, result, display.shortest)),
            decibel_cell(one.metrics.sqnr_db),
            _loss_text(best, one),
        ]
        line = row(index, cells, one.is_in_use)
        rows.append(line if one.is_own else {**line, "fields": {"calibration": one.name}})
    return table("Every calibration, each on the values that share a scale", columns, rows)


def verdict_of(found: list[Calibrated], result: Result) -> tuple[str, list[Offer]]:
    """The best of them in a sentence, with what takes it, and which lose 5 dB or more."""
    best = _best(found)
    if best is None or len(found) < 2:
        return "", []
    offers: list[Offer] = []
    now = next(one for one in found if one.is_in_use)
    if _loss(best, now) <= TIE_DB:
        text = f"No calibration here is better than the one in use: “{label(now, result)}”, {_ratio(now)}."
    else:
        reach = _range(best, result, lambda end: display.told(end, 4))
        ahead = f"“{label(best, result)}” ({reach}), with {_ratio(best)}"
        text = f"The best of these is {ahead}; “{label(now, result)}”, in use, has {_ratio(now)}"
        text += f" and loses {_loss(best, now):.1f} dB." if MUCH <= _loss(best, now) < math.inf else "."
        if not best.is_own:
            offers = [{"label": f"Use {label(best, result)}", "fields": {"calibration": best.name}}]
    losing = [f"“{label(one, result)}”" for one in found if _loss(best, one) >= MUCH and one is not now]
    if losing:
        text += f" {' and '.join(losing)} would lose {MUCH:.0f} dB or more."
    return text, offers


def range_text(one: Calibrated, result: Result) -> str:
    """From where to where, in the precision of the values."""
    return display.prose(_range(one, result, lambda end: display.short(end, 4)))


def _range(one: Calibrated, result: Result, text: Callable[[display.Number], str]) -> str:
    low, high = (text(display.held(end, result.settings.dtype)) for end in (one.low, one.high))
    return f"{low} to {high}"


def _best(found: list[Calibrated]) -> Calibrated | None:
    """The one with the highest ratio, the one in use where others are no better; None where there is no ratio."""
    known = [one for one in found if not math.isnan(one.metrics.sqnr_db)]
    if not known:
        return None
    best = max(known, key=lambda one: one.metrics.sqnr_db)
    return next((one for one in known if one.is_in_use and _loss(best, one) <= TIE_DB), best)


def _loss(best: Calibrated, one: Calibrated) -> float:
    """How many decibels it has fewer; none where the two have the same."""
    return 0.0 if best.metrics.sqnr_db == one.metrics.sqnr_db else best.metrics.sqnr_db - one.metrics.sqnr_db


def _loss_text(best: Calibrated | None, one: Calibrated) -> str:
    if best is None:
        return display.NOTHING
    loss = _loss(best, one)
    if loss <= TIE_DB:
        return "the best" if one is best else "as good"
    if math.isinf(loss):
        return "has an error, the best has none"
    return f"loses {loss:.1f} dB" if loss >= MUCH else f"{loss:.1f} dB less"


def _ratio(one: Calibrated) -> str:
    return told_decibels(one.metrics.sqnr_db)

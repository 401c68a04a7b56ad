"""How the range was found: the error over all ranges that a search looks at, clipping and rounding apart."""

from typing import Any

import numpy as np

import quantcore as qc

from ..answer_types import Figure, Table
from ..comparing.calibrations import Calibrated, calibrations_of, searched
from ..comparing.searches import LOWER, UNITS, Float64, Search, search_of
from ..drawing import figure
from ..drawing.figure import BACK, CODE, ERROR, NEUTRAL, VALUE
from ..explanation.table import column, row, table
from ..notation import display
from ..results.result import Result
from .calibration_words import label, range_text, table_of, verdict_of
from .comparison_words import decibels
from .instrument import Instrument

Json = dict[str, Any]

MAX_ROWS = 16
EVEN = (
    "A wide range rounds coarsely, a narrow one clips much: the squared error is the sum of both, and least where the "
    "two are in balance. "
)
FLOATING = (
    "A narrow range clips much. A wide one hardly rounds more coarsely, because the steps of a float are wide only "
    "where its numbers are large, until most values are so small that the steps no longer shrink with them. "
)


def applies(result: Result) -> bool:
    """Whether there are values of which a range can be chosen."""
    if result.settings.has_given_params or result.settings.codes.block is not None:
        return False
    values = result.slice_of(result.element)
    return bool(values.min() < values.max())


def build(result: Result) -> Instrument:
    """The instrument for a result."""
    found, every = search_of(result), calibrations_of(result)
    reply, offers = verdict_of(every, result)
    caption = _caption(result, found) + _of_every(every, found, result)
    tables = [table_of(every, result)]
    figure, use = _figure(result, found, every), "Click a ring, or a name in the table, to take that calibration."
    return Instrument(caption, figure, _table(found), tables=tables, reply=reply, offers=offers, use=use)


def _of_every(every: list[Calibrated], found: Search, result: Result) -> str:
    """What is particular about the calibrations beside the one in use."""
    text = " The rings are the other calibrations." if found.unit == "mse" else ""
    if not result.is_clipping:
        text += " Their errors count values beyond the range as if they became its end."
    if (n := searched(result).size) < (total := result.slice_of(result.element).size):
        text += f" They are searched among {display.count(n)} of {display.count(total)} values, taken evenly."
    return text


def _caption(result: Result, found: Search) -> str:
    settings = result.settings
    text = "" if result.scale.size == 1 else "For the values that share a scale with the followed number. "
    chosen, widest = (display.told(display.held(end, settings.dtype), 4) for end in (found.chosen[0], found.widest))
    if found.unit == "share":
        return text + (
            f"The share of the values beyond a threshold falls as the threshold grows. The percentile "
            f"{display.ascii_shortest(settings.percentile)} cuts it at {chosen}; the largest magnitude is {widest}."
        )
    if found.unit == "kl":
        return text + (
            "How much the distribution of the values changes when all beyond a threshold is clipped and the rest is "
            f"rounded. The divergence is least at {chosen}; the largest magnitude is {widest}."
        )
    text += FLOATING if isinstance(settings.fmt, qc.FloatFormat) else EVEN
    if not settings.codes.saturates:
        text += "Values beyond the range count here as if they became its end. "
    if settings.calibration == "mse":
        return (
            text
            + f"The search chose {chosen}; from the smallest to the largest value, the range would end at {widest}."
        )
    assert found.best is not None
    least, at = float(found.total[found.best]), display.told(float(found.threshold[found.best]), 4)
    ends = "Among symmetric ranges" if settings.is_symmetric else "With both ends drawn in alike"
    gain = found.chosen[1] / least if 0 < least < np.inf else 1.0
    if not np.isfinite(gain):
        return text + f"{ends}, it is least for a range that ends at {at}; the one in use ends at {chosen}."
    if gain < 1.02:
        return text + f"{ends}, no range is much better than the one in use, which ends at {chosen}."
    return text + (
        f"{ends}, it is least for a range that ends at {at}; the one in use ends at {chosen} and costs "
        f"{display.told(gain, 3) if gain < 1000 else display.count(round(gain))} times as much."
    )


def _figure(result: Result, found: Search, every: list[Calibrated]) -> Figure:
    traces = [figure.lines(found.threshold, _positive(found.total), VALUE, "total", 2.5, **_told(found))]
    if found.clipping is not None and found.rounding is not None:
        traces.insert(
            0, figure.lines(found.threshold, _positive(found.clipping), ERROR, "clipping", 2, "dash", hoverinfo="skip")
        )
        traces.insert(
            1, figure.lines(found.threshold, _positive(found.rounding), BACK, "rounding", 2, "dot", hoverinfo="skip")
        )
    place, cost = (_positive(np.array([number])) for number in found.chosen)
    if not _is_log(found):
        place = [found.chosen[0]]
    if found.unit == "mse":
        traces.append(_rings(result, found, every))
    traces.append(figure.markers(place, cost, CODE, "in use", 11, "diamond", showlegend=False, hoverinfo="skip"))
    return figure.figure(traces, _layout(result, found))


def _rings(result: Result, found: Search, every: list[Calibrated]) -> Json:
    """The calibrations that are not in use, each at its range and what that costs, and its row of the table."""
    others = [(index, one) for index, one in enumerate(every) if not one.is_in_use]
    side = -1 if found.what == LOWER else 1
    ends = np.array([one.high if side > 0 else -one.low for _, one in others])
    texts = [
        f"{label(one, result)}<br>{range_text(one, result)}<br>{display.brief(decibels(one.metrics.sqnr_db))}<br>"
        f"clipped {display.percent(one.clipped_share)}"
        for _, one in others
    ]
    return figure.markers(
        _positive(ends) if _is_log(found) else ends,
        _positive(np.array([one.metrics.mse for _, one in others])),
        NEUTRAL,
        "other calibrations",
        12,
        "circle-open",
        hovertext=texts,
        hoverinfo="text",
        showlegend=False,  # the caption names them; a legend of two lines would run into the texts above the chart
        meta={"rows": [index for index, _ in others]},
    )


def _told(found: Search) -> Json:
    return figure.hover("range ends at %{x:.4g}", f"{UNITS[found.unit]} %{{y:.4g}}")


def _positive(numbers: Float64) -> list[float | None]:
    """For an axis of powers of ten, which has no place for 0, nor for what float64 cannot hold."""
    return [number if 0 < number < np.inf else None for number in numbers.tolist()]


def _layout(result: Result, found: Search) -> Json:
    low, high = _ends(found)
    is_log = _is_log(found)
    marks = [mark for mark in _marks(found) if mark[0] > 0 or not is_log]
    begin, end = figure.padded(low, high, 0.02)
    if is_log:
        begin, end = float(np.log10(low)), float(np.log10(high)) + 0.05
    shapes, texts = [], []
    for height, (place, name, color, dash) in enumerate(marks):
        shapes.append({**figure.segment(place, 0, place, 1, color, 1.5, dash), "yref": "y domain"})
        at = float(np.log10(place)) if is_log else place
        anchor = "left" if at < begin / 2 + end / 2 else "right"
        text = f"{name} {display.end(place, result.settings.dtype)}"
        texts.append(
            figure.note(
                at, 1, text, yref="y domain", xanchor=anchor, yanchor="bottom", yshift=15 * (len(marks) - 1 - height)
            )
        )
    across: Json = {"type": "log", "range": [begin, end]} if is_log else {"range": [begin, end]}
    powers = _powers(found.total)
    upward: Json = {"type": "log", "exponentformat": "power", "range": powers}
    if powers[1] - powers[0] > 2:
        upward["dtick"] = 1
    return figure.layout(
        xaxis=figure.axis(found.what, **across),
        yaxis=figure.axis(UNITS[found.unit], **upward),
        margin={"l": 64, "r": 16, "t": 34 + 16 * len(marks), "b": 48},
        shapes=shapes,
        annotations=texts,
    )


def _ends(found: Search) -> tuple[float, float]:
    """The thresholds between which something is drawn."""
    return float(found.threshold[0]), max(float(found.threshold[-1]), found.chosen[0], found.widest)


def _is_log(found: Search) -> bool:
    """Whether the thresholds are seen better on an axis of powers of ten."""
    low, high = _ends(found)
    return low > 0 and min(found.chosen[0], _at_least(found)) < high / 10


def _at_least(found: Search) -> float:
    return found.chosen[0] if found.best is None else float(found.threshold[found.best])


def _marks(found: Search) -> list[tuple[float, str, str, str]]:
    """The upright lines: place, name, colour and dash; what coincides has one line."""
    is_widest = np.isclose(found.chosen[0], found.widest, rtol=1e-6)
    marks = [(found.chosen[0], "min–max, in use" if is_widest else "in use", CODE, "solid")]
    least = _at_least(found)
    if not np.isclose(least, found.chosen[0], rtol=1e-6):
        marks.append((least, "least error", NEUTRAL, "dot"))
    if not is_widest:
        marks.append((found.widest, "min–max", NEUTRAL, "dash"))
    return marks


def _powers(total: Float64) -> list[float]:
    """The powers of ten between which the total is worth seeing."""
    positive = total[(total > 0) & (total < np.inf)]
    if not positive.size:
        return [-1.0, 1.0]
    least = float(np.log10(positive.min()))
    return [least - 1.0, min(float(np.log10(positive.max())), least + 4) + 0.2]


def _table(found: Search) -> Table:
    columns = [column("threshold", "Range ends at", "the end that is farther out")]
    parts = [found.total]
    columns.append(column("total", UNITS[found.unit].capitalize(), "what a range with this end costs"))
    if found.clipping is not None and found.rounding is not None:
        parts += [found.clipping, found.rounding]
        columns += [
            column("clipping", "From clipping", "the part from values beyond the range"),
            column("rounding", "From rounding", "the part from the other values"),
        ]
    picked = np.unique(np.linspace(0, found.threshold.size - 1, MAX_ROWS).astype(np.intp))
    nearest = int(np.abs(found.threshold - found.chosen[0]).argmin())
    picked = np.unique(np.append(picked, [nearest] if found.best is None else [nearest, found.best]))
    rows = [row(i, [float(numbers[i]) for numbers in (found.threshold, *parts)], i == nearest) for i in picked.tolist()]
    which = f"{len(rows)} of {display.count(found.threshold.size)} ranges, the one in use among them"
    return table(
        which if len(rows) < found.threshold.size else "Every range that was tried", columns, rows, has_index=False
    )

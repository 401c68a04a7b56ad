"""The error of every value against the value, with the half-step band in which rounding keeps it."""

from typing import Any

import numpy as np

from ..answer_types import Figure, Table
from ..drawing import figure
from ..drawing.figure import ERROR, NEUTRAL, Floats
from ..explanation.table import column, row, table
from ..notation import display
from ..results.followed import is_searched
from ..results.levels import EvenLevels, Levels, grid_of, seen_apart
from ..results.result import Result
from ..results.steps import is_evenly_spaced, steps_at
from .instrument import Instrument

Json = dict[str, Any]

MAX_TEETH = 64  # of the sawtooth that is drawn
WHOLE_STEP = ("floor", "ceil", "toward_zero", "stochastic")


def build(result: Result) -> Instrument:
    """The instrument for a result."""
    figure_of = _dequantize_figure if result.settings.is_dequantize else _figure
    title = "The possible error of a code" if result.settings.is_dequantize else ""
    return Instrument(_caption(result), figure_of(result), _table(result), title=title)


def _caption(result: Result) -> str:
    is_even = is_evenly_spaced(result.settings.fmt)
    if result.settings.is_dequantize:
        reach = "within half a step of" if is_even else "up to halfway to the neighbours of"
        return (
            f"A code does not tell which value it came from. Every value {reach} the reconstruction gives "
            "the same code, so the error may be anything inside the band."
        )
    text = "The error is the reconstruction minus the value"
    if result.scale.size == 1:
        text += ". "
    else:
        text += ", here in steps of each value's own scale. " if is_even else ", here in steps. "
    if not is_even:
        text += "A step is the gap between the two numbers around a value. "
    if result.settings.rounding in WHOLE_STEP:
        text += "This rounding may move a value by up to a whole step."
    else:
        text += "Rounding to nearest keeps it inside the band, half a step to either side."
    if result.n_clipped and result.is_clipping:
        text += " Values outside the band were clipped."
    elif is_searched(result):
        text += " Errors outside the band occur because the scale was searched for the whole block."
    return text


def _figure(result: Result) -> Figure:
    grid = grid_of(result)
    shown = figure.select([result.flat_x, result.once(_errors)], keep=(result.element,))
    x, error = result.flat_x[shown].astype(np.float64), result.once(_errors)[shown]
    n = len(shown)
    low, high = figure.padded(float(x.min()), float(x.max()), 0.06)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        steps = error / steps_at(result, shown)
    is_one_scale = result.scale.size == 1
    heights = error if is_one_scale else steps
    other, template = (
        (steps, ("error = %{y:.6~g}", "= %{text} steps"))
        if is_one_scale
        else (error, ("error = %{text}", "= %{y:.3~g} steps"))
    )
    at = int(np.flatnonzero(shown == result.element)[0])
    share = 1.0 if result.settings.rounding in WHOLE_STEP else 0.5
    traces, reach = _allowed(grid, low, high, share, result) if is_one_scale else ([], share)
    traces += [
        figure.markers(
            x,
            heights,
            ERROR,
            "error",
            9 if n <= 80 else 5,
            opacity=1.0 if n <= 80 else 0.5,
            customdata=shown.tolist(),
            text=[f"{number:.3g}" if np.isfinite(number) else display.NOTHING for number in other.tolist()],
            **figure.hover("x = %{x:.9~g}", *template),
        ),
        figure.ring([x[at]], [heights[at]]),
    ]
    top = max(reach, float(np.abs(heights[np.isfinite(heights)]).max(initial=0.0))) or 1.0
    y_title = "error x̂ − x" if is_one_scale else "error in steps"
    band = 0.0 if is_one_scale and not grid.is_even else reach
    return figure.figure(traces, _layout(y_title, low, high, band, top * 1.25))


def _allowed(grid: Levels, low: float, high: float, share: float, result: Result) -> tuple[list[Json], float]:
    """What the levels allow where all values have the same: the sawtooth, if it is coarse enough to be seen.

    A band as high as the step would be wrong where steps differ; its edges are traces then. Also answers how far the
    band reaches.
    """
    if not grid.n_codes:
        return [], 0.0
    first, last = _teeth(grid, low, high)
    traces = [_sawtooth(grid, first, last, low, high, result)] if last - first <= MAX_TEETH else []
    if grid.is_even or last <= first:
        return traces, share * grid.scale
    places = seen_apart(grid, low, high)
    starts = grid.reals(places)
    gaps = grid.reals(places + 1) - starts
    edge = np.repeat(share * gaps, 2)
    across = np.stack([starts, starts + gaps], axis=1).reshape(-1)
    name = "a whole step" if share == 1 else "half a step"
    if not traces:
        traces = [
            figure.lines(across, side * edge, NEUTRAL, name, 1, hoverinfo="skip", showlegend=side > 0)
            for side in (1, -1)
        ]
    return traces, share * float(gaps.max(initial=0.0))


def _teeth(grid: Levels, low: float, high: float) -> tuple[int, int]:
    """The first and the last code of which a tooth is seen; beyond the codes of integers there are clipped ones."""
    if isinstance(grid, EvenLevels):
        with np.errstate(over="ignore"):
            ends = np.array([low, high]) / grid.scale + grid.zero_point
        if not np.isfinite(ends).all():
            return 0, 2 * MAX_TEETH  # more than can be counted
        return int(np.floor(ends[0])) - 1, int(np.ceil(ends[1])) + 1
    first, last = grid.within(low, high)
    return max(grid.qmin, first - 1), min(grid.qmax, last + 1)


def _errors(result: Result) -> Floats:
    return result.flat_x_hat.astype(np.float64) - result.flat_x


def _dequantize_figure(result: Result) -> Figure:
    shown = figure.select([result.flat_x_hat], keep=(result.element,))
    at, n = result.flat_x_hat[result.element], len(shown)
    shown = shown[np.isfinite(result.flat_x_hat[shown])]
    x_hat, half = result.flat_x_hat[shown].astype(np.float64), steps_at(result, shown) / 2
    low, high = figure.padded(*figure.ends(x_hat - half, x_hat + half), 0.06)
    real, first = np.unique(x_hat, return_index=True)
    reach = half[first]
    traces = [
        figure.lines(
            figure.gapped(real - reach, real + reach),
            figure.gapped(reach, -reach),
            NEUTRAL,
            "every value with this code",
            1.5 if real.size <= MAX_TEETH else 0.5,
            hoverinfo="skip",
        ),
        figure.markers(
            x_hat,
            np.zeros(len(shown)),
            ERROR,
            "reconstruction",
            9 if n <= 80 else 5,
            customdata=shown.tolist(),
            **figure.hover("x̂ = %{x:.9~g}"),
        ),
        figure.ring([at], [0.0]),
    ]
    top = float(half.max(initial=0.0)) or 1.0
    is_one = result.scale.size == 1 and is_evenly_spaced(result.settings.fmt)
    return figure.figure(traces, _layout("error x̂ − x", low, high, top if is_one else 0.0, top * 1.4))


def _sawtooth(grid: Levels, first: int, last: int, low: float, high: float, result: Result) -> Json:
    """The sawtooth: the error of every value that could be, not only of the data; it falls by one step a tooth."""
    codes = np.arange(first, last + 1)
    starts, ends = grid.thresholds(codes - 1), grid.thresholds(codes)
    if result.is_clipping and not isinstance(grid, EvenLevels):  # the outermost teeth go on
        starts = np.where(codes == grid.qmin, -np.inf, starts)
        ends = np.where(codes == grid.qmax, np.inf, ends)
    starts, ends = np.clip(starts, low, high), np.clip(ends, low, high)
    kept = ends > starts
    codes, starts, ends = codes[kept], starts[kept], ends[kept]
    reals = grid.reals(np.clip(codes, grid.qmin, grid.qmax) if result.is_clipping else codes)
    return figure.lines(
        figure.gapped(starts, ends),
        figure.gapped(reals - starts, reals - ends),
        NEUTRAL,
        "all values",
        1,
        hoverinfo="skip",
        opacity=0.6,
    )


def _layout(y_title: str, low: float, high: float, reach: float, top: float) -> Json:
    shapes = [figure.segment(low, 0, high, 0)]
    if reach:
        shapes.insert(0, figure.band(0, 1, -reach, reach, ERROR, xref="paper"))
    return figure.layout(
        "value x",
        y_title,
        xaxis=figure.axis("value x", low, high),
        yaxis=figure.axis(y_title, -top, top),
        shapes=shapes,
        meta=figure.keeps(("error", "reconstruction"), ("xaxis", "yaxis")),
    )


def _table(result: Result) -> Table:
    is_even = is_evenly_spaced(result.settings.fmt)
    if result.settings.is_dequantize:
        columns = [
            column("x_hat", "Dequantized x̂", "the reconstruction"),
            column("half", "Half a step", "the largest possible error" if is_even else "half the gap above it"),
        ]
        shown = figure.select([result.flat_x_hat], 20, (result.element,))
        rows = [
            row(i, [result.flat_x_hat[i], half], i == result.element)
            for i, half in zip(shown.tolist(), (steps_at(result, shown) / 2).tolist(), strict=True)
        ]
        return table("The largest possible error of each code", columns, rows)
    by = "the error divided by the scale" if is_even else "the error divided by the gap that the value lies in"
    columns = [
        column("x", "Value x", "across"),
        column("error", "Error x̂ − x", "upward"),
        column("error_steps", "In steps", by),
    ]
    errors = result.once(_errors)
    shown = figure.select([result.flat_x, errors], 20, (result.element,))
    rows = []
    for i, step in zip(shown.tolist(), steps_at(result, shown).tolist(), strict=True):
        error = float(errors[i])
        cells = [result.flat_x[i], error, error / step if step else np.nan]
        rows.append(row(i, cells, i == result.element))
    which = (
        "Every error"
        if len(rows) == result.size
        else f"{len(rows)} of {display.count(result.size)} errors, the largest among them"
    )
    return table(which, columns, rows)

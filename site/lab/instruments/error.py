"""The error of every value against the value, with the half-step band in which rounding keeps it."""

from typing import Any

import numpy as np

from ..answer_types import Figure, Table
from ..drawing import figure
from ..drawing.figure import ERROR, NEUTRAL, Floats
from ..explanation.table import column, row, table
from ..notation import display
from ..results.levels import Levels, grid_of
from ..results.result import Result
from .instrument import Instrument

Json = dict[str, Any]

MAX_TEETH = 64  # of the sawtooth that is drawn
WHOLE_STEP = ("floor", "ceil", "toward_zero", "stochastic")


def build(result: Result) -> Instrument:
    """The instrument for a result."""
    figure_of = _dequantize_figure if result.settings.is_dequantize else _figure
    title = "What a code leaves open" if result.settings.is_dequantize else ""
    return Instrument(_caption(result), figure_of(result), _table(result), title=title)


def _caption(result: Result) -> str:
    if result.settings.is_dequantize:
        return (
            "A code does not tell which value it came from. Every value within half a step of the reconstruction gives "
            "the same code, so the error may be anything inside the band."
        )
    text = "The error is the reconstruction minus the value"
    text += ". " if result.scale.size == 1 else ", here in steps of each value's own scale. "
    if result.settings.rounding in WHOLE_STEP:
        text += "This rounding may move a value by up to a whole step."
    else:
        text += "Rounding to nearest keeps it inside the band, half a step to either side."
    if result.n_clipped and result.is_clipping:
        text += " What lies outside the band was clipped."
    return text


def _figure(result: Result) -> Figure:
    grid = grid_of(result)
    shown = figure.select([result.flat_x, result.once(_errors)], keep=(result.element,))
    x, error = result.flat_x[shown].astype(np.float64), result.once(_errors)[shown]
    n = len(shown)
    low, high = figure.padded(float(x.min()), float(x.max()), 0.06)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        steps = error / result.scale.reshape(-1)[result.parameter_index(shown)]
    is_one_scale = result.scale.size == 1
    heights, unit = (error, grid.scale) if is_one_scale else (steps, 1.0)
    reach = unit if result.settings.rounding in WHOLE_STEP else unit / 2
    other, template = (
        (steps, ("error = %{y:.6~g}", "= %{text} steps"))
        if is_one_scale
        else (error, ("error = %{text}", "= %{y:.3~g} steps"))
    )
    at = int(np.flatnonzero(shown == result.element)[0])
    traces = []
    if is_one_scale and grid.is_even and (high - low) / grid.scale <= MAX_TEETH:
        traces.append(_sawtooth(grid, low, high, result))
    traces += [
        figure.markers(
            x,
            heights,
            ERROR,
            "error",
            9 if n <= 80 else 5,
            opacity=1.0 if n <= 80 else 0.5,
            customdata=shown.tolist(),
            text=[f"{number:.3g}" for number in other.tolist()],
            **figure.hover("x = %{x:.9~g}", *template),
        ),
        figure.ring([x[at]], [heights[at]]),
    ]
    top = max(reach, float(np.abs(heights[np.isfinite(heights)]).max(initial=0.0)))
    y_title = "error x̂ − x" if is_one_scale else "error in steps, (x̂ − x) / s"
    return figure.figure(traces, _layout(y_title, low, high, reach, top * 1.25))


def _errors(result: Result) -> Floats:
    return result.flat_x_hat.astype(np.float64) - result.flat_x


def _dequantize_figure(result: Result) -> Figure:
    grid = grid_of(result)
    shown = figure.select([result.flat_x_hat], keep=(result.element,))
    x_hat = result.flat_x_hat[shown].astype(np.float64)
    half = result.scale.reshape(-1)[result.parameter_index(shown)].astype(np.float64) / 2
    low, high = figure.padded(float((x_hat - half).min()), float((x_hat + half).max()), 0.06)
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
            9 if len(shown) <= 80 else 5,
            customdata=shown.tolist(),
            **figure.hover("x̂ = %{x:.9~g}"),
        ),
        figure.ring([float(result.flat_x_hat[result.element])], [0.0]),
    ]
    return figure.figure(traces, _layout("error x̂ − x", low, high, grid.scale / 2, grid.scale * 0.7))


def _sawtooth(grid: Levels, low: float, high: float, result: Result) -> Json:
    """The sawtooth: the error of every value that could be, not only of the data; it falls by one step a tooth."""
    first = int(np.floor(low / grid.scale + grid.zero_point)) - 1
    last = int(np.ceil(high / grid.scale + grid.zero_point)) + 1
    codes = np.arange(first, last + 1)
    starts, ends = grid.thresholds(codes - 1), grid.thresholds(codes)
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
    shapes = [
        figure.band(0, 1, -reach, reach, ERROR, xref="paper"),
        figure.segment(low, 0, high, 0),
    ]
    return figure.layout(
        "value x",
        y_title,
        xaxis=figure.axis("value x", low, high),
        yaxis=figure.axis(y_title, -top, top),
        shapes=shapes,
    )


def _table(result: Result) -> Table:
    if result.settings.is_dequantize:
        columns = [
            column("x_hat", "Real x̂", "the reconstruction"),
            column("half", "Half a step", "the largest possible error"),
        ]
        shown = figure.select([result.flat_x_hat], 20, (result.element,))
        halves = {i: float(result.scale_of(i)[0]) / 2 for i in shown.tolist()}
        rows = [
            row(i, [display.short(result.flat_x_hat[i]), display.short(half)], i == result.element)
            for i, half in halves.items()
        ]
        return table("The largest error that each code leaves open", columns, rows)
    columns = [
        column("x", "Value x", "across"),
        column("error", "Error x̂ − x", "upward"),
        column("error_steps", "In steps", "the error divided by the scale"),
    ]
    errors = result.once(_errors)
    shown = figure.select([result.flat_x, errors], 20, (result.element,))
    rows = []
    for i in shown.tolist():
        error = float(errors[i])
        steps = error / float(result.scale_of(i)[0])
        cells = [display.short(result.flat_x[i]), display.short(error, 6), display.short(steps, 4)]
        rows.append(row(i, cells, i == result.element))
    which = (
        "Every error"
        if len(rows) == result.size
        else f"{len(rows)} of {display.count(result.size)} errors, the largest among them"
    )
    return table(which, columns, rows)

"""The transfer function: the reconstruction as a function of the value, a staircase with the data on it."""

from typing import Any

import numpy as np

from .. import display, figure
from ..figure import BACK, CODE, NEUTRAL, VALUE
from ..levels import Grid, grid_of, spread_out
from ..result import Result
from ..table import column, row, table
from .instrument import Instrument

Json = dict[str, Any]

MAX_STEPS = 1024


def build(result: Result) -> Instrument:
    """The instrument for a result."""
    return Instrument(
        "staircase", "The staircase", _caption(result), _figure(result), _table(result), width="half"
    )  # fmt: skip


def _caption(result: Result) -> str:
    text = (
        "All values under one tread are rounded to the same real number: the height of the tread. A tread is as wide as the "
        "scale; the staircase follows the diagonal, on which nothing would be lost."
    )
    if result.is_clipping:
        text += " Beyond its ends it is flat: there, values are clipped."
    if result.scale.size > 1:
        text += " It is drawn for the slice of the followed number."
    return text


def _figure(result: Result) -> Json:
    grid = grid_of(result)
    shown = figure.select([result.flat_x, result.flat_x_hat], keep=(result.element,))
    if result.scale.size > 1:  # one staircase belongs to one slice
        slices = result.parameter_index(shown)
        shown = shown[slices == result.parameter_index(np.array([result.element]))[0]]
    x, x_hat = result.flat_x[shown].astype(np.float64), result.flat_x_hat[shown].astype(np.float64)
    low, high = figure.padded(min(float(x.min()), grid.low), max(float(x.max()), grid.high), 0.08)
    bottom, top = figure.padded(min(float(x_hat.min()), grid.low), max(float(x_hat.max()), grid.high), 0.08)
    ends = np.array([max(low, bottom), min(high, top)])
    treads_x, treads_y = _treads(grid, low, high, result.is_clipping)
    n = len(shown)
    texts = [
        f"x = {display.short(a)}<br>q = {display.shortest(int(q))}<br>x̂ = {display.short(b)}"
        for a, q, b in zip(x, result.flat_q[shown], x_hat, strict=True)
    ]
    at = int(np.flatnonzero(shown == result.element)[0])
    traces = [
        figure.lines(ends, ends, NEUTRAL, "no loss: x̂ = x", 1, "dot", hoverinfo="skip"),
        figure.lines(treads_x, treads_y, BACK, "staircase", 1.5 if grid.n_codes < 64 else 1, hoverinfo="skip"),
        figure.markers(x, x_hat, VALUE, "values", 9 if n <= 80 else 5, opacity=1.0 if n <= 80 else 0.5,
                       hovertext=texts, hoverinfo="text", customdata=shown.tolist()),
        figure.markers([x[at]], [x_hat[at]], CODE, "followed number", 16, "circle-open", hoverinfo="skip"),
    ]  # fmt: skip
    shapes = []
    if result.is_clipping:
        edges = grid.thresholds(np.array([grid.qmin - 1, grid.qmax]))
        shapes = [
            figure.band(a, b, 0, 1, NEUTRAL, yref="paper")
            for a, b in ((low, float(edges[0])), (float(edges[1]), high))
            if a < b
        ]
    layout = figure.layout(
        "value x", "reconstruction x̂", xaxis=figure.axis("value x", low, high),
        yaxis=figure.axis("reconstruction x̂", bottom, top), shapes=shapes,
    )  # fmt: skip
    return figure.figure(traces, layout)


def _treads(grid: Grid, low: float, high: float, is_clipping: bool) -> tuple[list[float], list[float]]:
    """The corners of the staircase from one side of the drawing to the other."""
    if grid.n_codes > MAX_STEPS:  # finer than a pixel
        codes = spread_out(grid.qmin, grid.qmax, 3)
        ends = grid.reals(codes)
        corners_x, corners_y = ends.tolist(), ends.tolist()
    else:
        codes = np.arange(grid.qmin, grid.qmax + 1)
        reals, edges = grid.reals(codes), grid.thresholds(codes)[:-1]
        first = min(float(grid.thresholds(np.array([grid.qmin - 1]))[0]), float(reals[0]))
        last = max(float(grid.thresholds(np.array([grid.qmax]))[0]), float(reals[-1]))
        corners_x = np.repeat([first, *edges, last], 2)[1:-1].tolist()
        corners_y = np.repeat(reals, 2).tolist()
    if not is_clipping:
        return corners_x, corners_y
    return [min(low, corners_x[0]), *corners_x, max(high, corners_x[-1])], [corners_y[0], *corners_y, corners_y[-1]]


def _table(result: Result) -> Json:
    grid = grid_of(result)
    near = int(result.flat_q[result.element])
    codes = np.arange(max(grid.qmin, near - 5), min(grid.qmax, near + 5) + 1)
    starts, ends = grid.thresholds(codes - 1), grid.thresholds(codes)
    columns = [
        column("q", "Code q", "the tread"),
        column("from", "From x", "where the tread begins"),
        column("to", "To x", "where the tread ends"),
        column("x_hat", "Height x̂", "the real number for every value of the tread"),
    ]
    rows = []
    for index, code in enumerate(codes.tolist()):
        start = f"{display.MINUS}∞" if result.is_clipping and code == grid.qmin else display.short(float(starts[index]))
        end = "∞" if result.is_clipping and code == grid.qmax else display.short(float(ends[index]))
        height = display.short(float(grid.reals(np.array([code]))[0]))
        rows.append(row(index, [display.shortest(code), start, end, height], code == near))
    return table("The treads around the followed number", columns, rows)

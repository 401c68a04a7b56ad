"""The transfer function: the reconstruction as a function of the value, a staircase with the data on it."""

from typing import Any

import numpy as np

import quantcore as qc

from ..answer_types import Figure, Table
from ..drawing import figure
from ..drawing.figure import BACK, NEUTRAL, VALUE, Floats, Indices
from ..explanation.table import column, row, table
from ..notation import display
from ..results.levels import EvenLevels, Levels, code_names, grid_of, spread_out, view_of
from ..results.result import Result
from .instrument import Instrument

Json = dict[str, Any]

MAX_STEPS = 1024
INSET_FROM = 48
"""From so many codes on, the treads are too small to be seen, and an inset enlarges those near the followed number."""
INSET_STEPS = 3.5
INSET_MARGIN = 8  # steps that the staircase goes on at its ends

INSET: Json = {"xaxis": "x2", "yaxis": "y2", "showlegend": False}


def applies(result: Result) -> bool:
    """Whether there are levels."""
    return grid_of(result).n_codes > 0


def build(result: Result) -> Instrument:
    """The instrument for a result."""
    return Instrument(_caption(result), _figure(result), _table(result))


def _caption(result: Result) -> str:
    grid = grid_of(result)
    width = "is as wide as the scale" if grid.is_even else _width(result)
    text = (
        "All values under one tread are rounded to the same real number: the height of the tread. "
        f"A tread {width}; the staircase follows the diagonal, on which nothing would be lost."
    )
    if grid.n_codes >= INSET_FROM:
        text += " The inset enlarges the treads around the followed number."
    if result.is_clipping:
        text += " Beyond its ends the staircase is flat: there, values are clipped."
    if result.scale.size > 1:
        whose = "slice" if result.stored is None else "block"
        text += f" It is drawn for the {whose} of the followed number."
    return text


def _width(result: Result) -> str:
    if isinstance(result.settings.fmt, qc.FloatFormat):
        return "is twice as wide wherever the exponent is one larger, so that the error grows with the value"
    return "reaches halfway to the neighbouring numbers of the table, wherever these are"


def _figure(result: Result) -> Figure:
    grid = grid_of(result)
    shown = _shown(result)
    x, x_hat = result.flat_x[shown].astype(np.float64), result.flat_x_hat[shown].astype(np.float64)
    across = figure.padded(*view_of(grid, *figure.ends(x)), 0.08)
    upward = figure.padded(*view_of(grid, *figure.ends(x_hat)), 0.08)
    ends = np.array([max(across[0], upward[0]), min(across[1], upward[1])])
    followed = int(np.flatnonzero(shown == result.element)[0])
    has_number = bool(np.isfinite(x_hat[followed]))
    traces = [
        figure.lines(ends, ends, NEUTRAL, "no loss", 1, "dot", hoverinfo="skip"),
        _treads(grid, across, upward, result.is_clipping),
        _points(result, shown, x, x_hat),
        figure.ring([x[followed]], [x_hat[followed]]),
    ]
    layout = figure.layout(
        "value x",
        "reconstruction x̂",
        xaxis=figure.axis("value x", *across),
        yaxis=figure.axis("reconstruction x̂", *upward),
        shapes=_flat_ends(grid, across) if result.is_clipping else [],
        meta=figure.keeps(("staircase",), ("xaxis", "yaxis")),
    )
    if grid.n_codes >= INSET_FROM and has_number and _has_room(grid, x[followed], x_hat[followed]):
        traces += _inset(result, grid, x, x_hat, followed)
        layout |= _inset_axes(grid, x[followed], x_hat[followed])
        layout["meta"] = figure.keeps(("staircase",), ("xaxis", "yaxis"), ("x2", "y2"))
        layout["annotations"] = [
            figure.note(0.03, 0.97, "enlarged", xref="x2 domain", yref="y2 domain", xanchor="left", yanchor="top")
        ]
    return figure.figure(traces, layout)


def _shown(result: Result) -> Indices:
    """Which numbers to draw, of those that share a scale with the followed one: one staircase belongs to one slice."""
    if result.scale.size == 1:
        return figure.select([result.flat_x, result.flat_x_hat], keep=(result.element,))
    where = result.slice_index(result.element)
    elements: Indices = np.arange(result.size).reshape(result.x.shape)[where].reshape(-1)
    followed = int(np.searchsorted(elements, result.element))
    return elements[figure.select([result.flat_x[elements], result.flat_x_hat[elements]], keep=(followed,))]


def _points(result: Result, shown: Indices, x: Floats, x_hat: Floats) -> Json:
    size, opacity = (9, 1.0) if len(shown) <= 80 else (5, 0.5)
    hover = figure.hover("x = %{x:.9~g}", "q = %{text}", "x̂ = %{y:.9~g}")
    return figure.markers(
        x,
        x_hat,
        VALUE,
        "values",
        size,
        opacity=opacity,
        customdata=shown.tolist(),
        text=code_names(result, shown),
        **hover,
    )


def _flat_ends(grid: Levels, across: tuple[float, float]) -> list[Json]:
    """Where values are clipped."""
    if grid.low < across[0] and across[1] < grid.high:
        return []
    edges = grid.thresholds(np.array([grid.qmin - 1, grid.qmax])).tolist()
    stretches = ((across[0], edges[0]), (edges[1], across[1]))
    return [figure.band(low, high, 0, 1, NEUTRAL, yref="y domain") for low, high in stretches if low < high]


def _treads(grid: Levels, across: tuple[float, float], upward: tuple[float, float], is_clipping: bool) -> Json:
    """The staircase from one side of the drawing to the other."""
    first, last = _drawn(grid, across, upward)
    if last - first >= MAX_STEPS:  # finer than a pixel
        ends = grid.reals(spread_out(first, last, 2)).tolist()
        corners_x, corners_y = ends, ends
    else:
        corners_x, corners_y = _corners(grid, first, last)
    if is_clipping and first == grid.qmin:
        corners_x, corners_y = [min(across[0], corners_x[0]), *corners_x], [corners_y[0], *corners_y]
    if is_clipping and last == grid.qmax:
        corners_x, corners_y = [*corners_x, max(across[1], corners_x[-1])], [*corners_y, corners_y[-1]]
    width = 1.5 if grid.n_codes < INSET_FROM else 1
    return figure.lines(corners_x, corners_y, BACK, "staircase", width, hoverinfo="skip")


def _drawn(grid: Levels, across: tuple[float, float], upward: tuple[float, float]) -> tuple[int, int]:
    """The first and the last code whose treads are seen: of a grid that goes on far beyond the values, not all."""
    if isinstance(grid, EvenLevels):
        return grid.qmin, grid.qmax
    first, last = grid.within(min(across[0], upward[0]), max(across[1], upward[1]))
    return max(first - 1, grid.qmin), min(last + 1, grid.qmax)


def _corners(grid: Levels, first: int, last: int) -> tuple[list[float], list[float]]:
    """The corners of the treads of some codes."""
    codes = np.arange(first, last + 1)
    edges = grid.thresholds(np.arange(first - 1, last + 1))
    return np.repeat(edges, 2)[1:-1].tolist(), np.repeat(grid.reals(codes), 2).tolist()


def _has_room(grid: Levels, x: float, x_hat: float) -> bool:
    """Whether a float holds all that the inset reaches, twice as far as its axes."""
    with np.errstate(over="ignore"):
        ends = np.array([x, x_hat], np.float64) + np.array([[-2.0], [2.0]]) * INSET_MARGIN * np.float64(grid.scale)
    return bool(np.isfinite(ends).all())


def _inset(result: Result, grid: Levels, x: Floats, x_hat: Floats, followed: int) -> list[Json]:
    """The traces of the inset."""
    code = grid.place(result.flat_q[result.element])
    first, last = code - 6, code + 6
    if result.is_clipping:
        first, last = max(grid.qmin, first), min(grid.qmax, last)
    corners_x, corners_y = _corners(grid, first, last)
    if result.is_clipping and first == grid.qmin:
        corners_x[0] = min(corners_x[0], x[followed] - INSET_MARGIN * grid.scale)
    if result.is_clipping and last == grid.qmax:
        corners_x[-1] = max(corners_x[-1], x[followed] + INSET_MARGIN * grid.scale)
    near = np.abs(x - x[followed]) <= INSET_STEPS * grid.scale
    diagonal = x[followed] + np.array([-6, 6]) * grid.scale
    return [
        figure.lines(diagonal, diagonal, NEUTRAL, "no loss", 1, "dot", hoverinfo="skip", **INSET),
        figure.lines(corners_x, corners_y, BACK, "staircase", 1.5, hoverinfo="skip", **INSET),
        figure.markers(x[near], x_hat[near], VALUE, "values", 7, hoverinfo="skip", **INSET),
        figure.ring([x[followed]], [x_hat[followed]], **INSET),
    ]


def _inset_axes(grid: Levels, x: float, x_hat: float) -> Json:
    """The axes of the inset, in the corner that the staircase leaves free."""
    reach = INSET_STEPS * grid.scale
    frame: Json = {
        "showline": True,
        "mirror": True,
        "linecolor": NEUTRAL,
        "linewidth": 1,
        "showgrid": False,
        "showticklabels": False,
        "automargin": False,
        "ticks": "",
    }
    return {
        "xaxis2": figure.axis("", *figure.around(x, x, reach), domain=[0.6, 0.99], anchor="y2", **frame),
        "yaxis2": figure.axis("", *figure.around(x_hat, x_hat, reach), domain=[0.05, 0.58], anchor="x2", **frame),
    }


def _table(result: Result) -> Table:
    grid = grid_of(result)
    near = max(grid.qmin, grid.place(result.flat_q[result.element]))
    codes = np.arange(max(grid.qmin, near - 5), min(grid.qmax, near + 5) + 1)
    edges = grid.thresholds(np.arange(codes[0] - 1, codes[-1] + 1))
    starts, ends = edges[:-1], edges[1:]
    columns = [
        column("q", "Code q", "the tread"),
        column("from", "From x", "where the tread begins"),
        column("to", "To x", "where the tread ends"),
        column("x_hat", "Height x̂", "the real number for every value of the tread"),
    ]
    rows = []
    for index, code in enumerate(codes.tolist()):
        start = f"{display.MINUS}∞" if result.is_clipping and code == grid.qmin else float(starts[index])
        end = "∞" if result.is_clipping and code == grid.qmax else float(ends[index])
        height = float(grid.reals(np.array([code]))[0])
        rows.append(row(index, [grid.long_name(code), start, end, height], code == near))
    return table("The treads around the followed number", columns, rows)

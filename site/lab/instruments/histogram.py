"""The histogram of the values over the real numbers that codes stand for, with the ends of the range as handles."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantcore import FloatFormat

from ..answer_types import Figure, Table
from ..drawing import figure
from ..drawing.binning import bins_for, counts_of, edges
from ..drawing.figure import BACK, CODE, ERROR, VALUE
from ..explanation.table import Cell, column, row, share_cell, table
from ..notation import display
from ..results.levels import EvenLevels, Levels, grid_of, seen_apart, view_of
from ..results.result import Floats, Result
from .instrument import RANGE_ENDS, Instrument

Json = dict[str, Any]

MAX_BINS = 96
MAX_ROWS = 24
MAX_LEVELS = 64
LEVELS_AXIS = {"xaxis": "x", "yaxis": "y2"}


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """The values of one slice in bins.

    Attributes:
        edges: where the bins begin and end.
        inside: how many values of each bin have a code of the format.
        beyond: how many have not.
        n_below, n_above: how many lie below and above the codes.
        low, high: the range that the codes are to cover.
    """

    edges: Floats
    inside: NDArray[np.intp]
    beyond: NDArray[np.intp]
    n_below: int
    n_above: int
    low: float
    high: float

    @property
    def n_values(self) -> int:
        """How many values there are."""
        return int(self.inside.sum() + self.beyond.sum())


def build(result: Result) -> Instrument:
    """The instrument for a result."""
    counted = histogram(result)
    return Instrument(
        _caption(result, counted),
        _figure(result, counted),
        _table(result, counted),
        handles=dict(zip(RANGE_ENDS, (counted.low, counted.high), strict=True)) if has_range(result) else {},
    )


def has_range(result: Result) -> bool:
    """Whether a range of the request's own is to be covered."""
    return result.stored is None


def histogram(result: Result) -> Histogram:
    """The values that share a scale with the followed number, counted."""
    where = result.slice_index(result.element)
    values, sides = result.x[where], result.sides[where]
    low, high = float(values.min()), float(values.max())
    if low == high:
        low, high = figure.padded(low, high)
    n_bins = bins_for(values.size, MAX_BINS)
    counts = counts_of(values, low, high, n_bins)
    beyond = np.zeros_like(counts)
    n_below = n_above = 0
    if result.n_clipped:
        n_below, n_above = int(np.count_nonzero(sides < 0)), int(np.count_nonzero(sides > 0))
        beyond = counts_of(values[sides != 0], low, high, n_bins)
    range_low, range_high = result.followed_range
    return Histogram(
        edges=edges(low, high, n_bins),
        inside=counts - beyond,
        beyond=beyond,
        n_below=n_below,
        n_above=n_above,
        low=range_low,
        high=range_high,
    )


def _caption(result: Result, counted: Histogram) -> str:
    which = "value" if result.scale.size == 1 else "value that shares a scale with the followed number"
    values = display.plural(counted.n_values, which, which.replace("value", "values", 1).replace("shares", "share"))
    covered = "end the range that the codes are to cover" if result.ranges else "end the numbers that codes stand for"
    return (
        f"How {values} are spread. The strokes below are the real numbers that codes stand for{_apart(result)} "
        f"The two upright lines {covered}: {_beyond(result, counted)}"
    )


def _apart(result: Result) -> str:
    """How far the levels are from each other, and how many are drawn."""
    grid = grid_of(result)
    if not grid.is_even:
        return ", the closer together the nearer to 0." if isinstance(result.settings.fmt, FloatFormat) else "."
    text = f", {display.told(grid.scale, 4)} apart" if grid.scale else ", all the same"
    every = _every(grid)
    return f"{text} (one in {every} is drawn)." if every > 1 else f"{text}."


def _beyond(result: Result, counted: Histogram) -> str:
    if not counted.n_below and not counted.n_above:
        return "no value lies beyond it." if result.ranges else "no value lies beyond them."
    below, above = (
        f"{display.told_percent(n / counted.n_values)} ({display.count(n)})" for n in (counted.n_below, counted.n_above)
    )
    fate = "are clipped to its ends" if result.is_clipping else "get codes that the format does not have"
    if not result.settings.are_integers:
        fate = "become the last number there" if result.is_clipping else "become infinity or NaN"
    return f"{below} of the values lie beyond its lower end and {above} beyond its upper end, and {fate}."


def _figure(result: Result, counted: Histogram) -> Figure:
    grid = grid_of(result)
    middles = counted.edges[:-1] / 2 + counted.edges[1:] / 2
    width = np.full(middles.size, counted.edges[1] - counted.edges[0])
    ends = figure.ends(counted.edges, (counted.low, counted.high) if result.ranges else ())
    low, high = figure.padded(*view_of(grid, *ends))
    traces = [
        figure.bars(middles, counted.inside, width, VALUE, "values", hovertemplate="%{y} near %{x}<extra></extra>")
    ]
    if counted.beyond.any():
        name = "clipped" if result.is_clipping else "beyond the codes"
        traces.append(
            figure.bars(
                middles,
                counted.beyond,
                width,
                ERROR,
                name,
                "/",
                hovertemplate=f"%{{y}} {name}, near %{{x}}<extra></extra>",
            )
        )
    levels = grid.reals(_levels(grid, low, high))
    followed = [float(result.flat_x[result.element])]
    traces += [
        figure.lines(
            figure.gapped(levels, levels),
            [0, 1, None] * levels.size,
            BACK,
            "levels of the codes",
            1,
            hoverinfo="skip",
            **LEVELS_AXIS,
        ),
        figure.ring(followed, [0.5], cliponaxis=False, showlegend=False, **LEVELS_AXIS),
    ]
    return figure.figure(traces, _layout(result, counted, low, high))


def _layout(result: Result, counted: Histogram, low: float, high: float) -> Json:
    ends = [
        {**figure.segment(end, 0, end, 1, CODE, 2), "yref": "y domain", "layer": "above", "name": name}
        for name, end in zip(RANGE_ENDS, (counted.low, counted.high), strict=True)
        if low <= end <= high
    ]
    is_narrow = counted.high - counted.low < 0.35 * (high - low)
    sides = ("right", "left") if is_narrow else ("left", "right")
    texts = [
        figure.note(end, 1, display.end(end, result.settings.dtype), yref="y domain", xanchor=side, yanchor="bottom")
        for end, side in ((counted.low, sides[0]), (counted.high, sides[1]))
        if low <= end <= high
    ]
    highest = int((counted.inside + counted.beyond).max())
    whole: Json = {"tickvals": list(range(highest + 1))} if highest < 8 else {}
    return figure.layout(
        "value x",
        "values in a bin",
        xaxis=figure.axis("value x", low, high, anchor="y2"),
        yaxis=figure.axis("values in a bin", 0, highest * 1.04, domain=[0.16, 1], **whole),
        yaxis2=figure.axis("", 0, 1, domain=[0, 0.1], showgrid=False, showticklabels=False, ticks="", fixedrange=True),
        margin={"l": 64, "r": 16, "t": 68, "b": 48},
        legend={**figure.LEGEND_ON_TOP, "traceorder": "normal"},
        barmode="stack",
        bargap=0,
        shapes=ends,
        annotations=texts,
        meta=figure.keeps(("levels of the codes", *RANGE_ENDS), ("xaxis", "yaxis")),
    )


def _every(grid: Levels) -> int:
    """One in how many levels is drawn."""
    return 1 << max(0, (-(-grid.n_codes // MAX_LEVELS) - 1).bit_length())


def _levels(grid: Levels, low: float, high: float) -> NDArray[np.integer[Any]]:
    """The places of the levels that are drawn: of even ones the lowest, the highest, and regular ones between."""
    if isinstance(grid, EvenLevels):
        return np.unique(np.append(np.arange(grid.qmin, grid.qmax + 1, _every(grid)), grid.qmax))
    return seen_apart(grid, low, high, 2 * MAX_LEVELS)


def _table(result: Result, counted: Histogram) -> Table:
    columns = [
        column("from", "From x", "where the stretch begins"),
        column("to", "To x", "where the stretch ends"),
        column("count", "Values", "how many values lie in it"),
        column("share", "Share", "of all the values counted"),
        column("beyond", "Beyond the codes", "how many of them lie too far out to have a code of the format"),
    ]
    merged = counted.inside.size // min(counted.inside.size, MAX_ROWS)
    inside, beyond = (counts.reshape(-1, merged).sum(axis=1) for counts in (counted.inside, counted.beyond))
    ends = counted.edges[::merged]
    at = float(result.flat_x[result.element])
    rows = []
    for index, (n_inside, n_beyond) in enumerate(zip(inside.tolist(), beyond.tolist(), strict=True)):
        start, end = float(ends[index]), float(ends[index + 1])
        n = n_inside + n_beyond
        share = share_cell(n / counted.n_values)
        cells: list[Cell] = [start, end, display.count(n), share, display.count(n_beyond)]
        rows.append(row(index, cells, start <= at < end or (index == len(inside) - 1 and at == end)))
    return table("How many values are in each bin", columns, rows, has_index=False)

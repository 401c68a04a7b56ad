"""Many values on the mapping's two lines: how many there are in each stretch and at each code, not one by one."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..drawing import figure
from ..drawing.binning import bins_for, counts_of, edges, pieces
from ..drawing.figure import BACK, CODE, VALUE, Floats, Indices
from ..notation import display
from ..results.levels import Levels, code_names
from ..results.result import Result

Json = dict[str, Any]

REAL_LINE, CODE_LINE = 1.0, 0.0
MAX_BINS = 96
MAX_CODES = 64  # so many are counted one by one
MAX_POINTS = 200  # for the pointer and the keyboard
HEIGHT = 0.4  # of the tallest column
REACH = 0.05  # of the strokes that are the numbers of codes, on the upper line


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """The numbers of one slice, by their codes.

    Attributes:
        reals: the numbers that the codes stand for, of those codes that there are.
        counts: how many numbers have each.
        low, high: the smallest and the largest value of each.
        first: an element of each, by its place among the elements.
    """

    reals: Floats
    counts: NDArray[np.intp]
    low: Floats
    high: Floats
    first: Indices


def tally(x: Floats, x_hat: Floats, reals: Floats) -> Tally:
    """Numbers counted by their codes; those that come back as no number are left out.

    Args:
        x: the values.
        x_hat: their reconstructions.
        reals: what the codes stand for, ascending.
    """
    reals = np.unique(reals)
    middles = reals[:-1] / 2 + reals[1:] / 2
    counts, first = np.zeros(reals.size, np.intp), np.zeros(reals.size, np.intp)
    low, high = np.full(reals.size, np.inf), np.full(reals.size, -np.inf)
    begin = 0
    for values, backs in pieces(x, x_hat):
        kept = np.flatnonzero(np.isfinite(backs))
        code = np.searchsorted(middles, backs[kept])
        counts += np.bincount(code, minlength=reals.size)
        np.minimum.at(low, code, values[kept])
        np.maximum.at(high, code, values[kept])
        first[code] = begin + kept
        begin += values.size
    there = np.flatnonzero(counts)
    return Tally(reals[there], counts[there], low[there], high[there], first[there])


def densities(
    result: Result, grid: Levels, shown: Indices, x: Floats, x_hat: Floats, ends: tuple[float, float]
) -> tuple[list[Json], list[Json]]:
    """Columns on both lines, with traces for the pointer; of few codes, also which values each of them takes."""
    low, high = ends
    if 0 < grid.n_codes <= MAX_CODES:
        counted = tally(x, x_hat, grid.reals(np.arange(grid.qmin, grid.qmax + 1)))
        traces, shapes = _codes(result, shown, counted, high - low)
    else:
        traces, shapes = _stretches(result, shown, x_hat, low, high)
    if not result.settings.is_dequantize:
        chosen = figure.select([x], MAX_POINTS)
        told = figure.hover("x = %{x:.9~g}")
        traces.insert(
            0,
            figure.unseen(
                x[chosen],
                [REAL_LINE + REACH] * chosen.size,
                "value x",
                xaxis="x2",
                customdata=shown[chosen].tolist(),
                **told,
            ),
        )
        shapes.insert(0, _columns(x, low, high, REAL_LINE, VALUE, "value x"))
    return traces, shapes


def _codes(result: Result, shown: Indices, counted: Tally, width: float) -> tuple[list[Json], list[Json]]:
    """A column for each code, its number on the upper line, and the values that it takes."""
    reals = counted.reals
    half = min(float(np.diff(reals).min(initial=width / 12)) * 0.4, width / 60)
    half = max(half, width / 400)
    told = figure.hover("q = %{text}", "x̂ = %{x:.9~g}")
    elements = shown[counted.first]
    names = [
        f"{name}, of {display.plural(n, 'value')}"
        for name, n in zip(code_names(result, elements), counted.counts.tolist(), strict=True)
    ]
    traces = [
        figure.unseen(reals, [CODE_LINE] * reals.size, "code q", text=names, customdata=elements.tolist(), **told)
    ]
    tops = CODE_LINE + HEIGHT * counted.counts / counted.counts.max(initial=1)
    shapes = [
        figure.strokes(reals, REAL_LINE - REACH, reals, REAL_LINE, BACK, 2, "back x̂", showlegend=True),
        figure.columns(reals - half, reals + half, CODE_LINE, tops, CODE, "code q", opacity=0.75, showlegend=True),
    ]
    if result.settings.is_dequantize:
        up = figure.strokes(reals, CODE_LINE, reals, REAL_LINE, BACK, 1, "dequantize", dash="dot", opacity=0.6)
        return traces, [up, *shapes]
    fans = figure.fans(counted.low, counted.high, REAL_LINE, reals, CODE_LINE, VALUE, "quantize", opacity=0.15)
    return traces, [fans, *shapes]


def _stretches(result: Result, shown: Indices, x_hat: Floats, low: float, high: float) -> tuple[list[Json], list[Json]]:
    """Of many codes, how many numbers have one in each stretch."""
    chosen = figure.select([x_hat], MAX_POINTS)
    chosen = chosen[np.isfinite(x_hat[chosen])]
    told = figure.hover("q = %{text}", "x̂ = %{x:.9~g}")
    elements = shown[chosen]
    found = figure.unseen(
        x_hat[chosen],
        [CODE_LINE] * chosen.size,
        "code q",
        text=code_names(result, elements),
        customdata=elements.tolist(),
        **told,
    )
    finite = x_hat if np.isfinite(x_hat).all() else x_hat[np.isfinite(x_hat)]
    return [found], [_columns(finite, low, high, CODE_LINE, CODE, "code q")]


def _columns(numbers: Floats, low: float, high: float, foot: float, color: str, name: str) -> Json:
    counts = counts_of(numbers, low, high, 2 * bins_for(numbers.size, MAX_BINS // 2))
    ends, there = edges(low, high, counts.size), np.flatnonzero(counts)
    tops = foot + HEIGHT * counts[there] / counts.max(initial=1)
    return figure.columns(ends[there], ends[there + 1], foot, tops, color, name, opacity=0.75, showlegend=True)

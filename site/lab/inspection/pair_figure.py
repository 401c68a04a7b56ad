"""The charts of one tensor of two models: overlaid histograms, and the error by rows and columns."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..answer_types import Figure
from ..drawing import figure
from ..drawing.figure import CODE, VALUE
from .statistics import HALF, Tally

Json = dict[str, Any]


def draw_values(reference: tuple[str, Tally], compared: tuple[str, Tally]) -> Figure:
    """Both histograms over each other in the same bins, by the names of the files; the tallies are widened for it."""
    tallies = reference[1], compared[1]
    exponent = max(tally.exponent for tally in tallies)
    for tally in tallies:
        tally.widen(exponent)
    used = np.flatnonzero(tallies[0].counts + tallies[1].counts)
    first, last = int(used[0]), int(used[-1]) + 1
    width = math.ldexp(1.0, exponent)
    edges = (np.arange(first, last + 1) - HALF) * width
    centres = edges[:-1] + width / 2
    bars = figure.bars(centres, tallies[0].counts[first:last], np.full(last - first, width), VALUE, reference[0])
    bars["opacity"] = 0.55
    counts = np.append(tallies[1].counts[first:last], tallies[1].counts[last - 1])  # the last step has two ends
    steps = figure.lines(edges, np.maximum(counts, 0.5), CODE, compared[0], 1.5)
    steps["line"]["shape"] = "hv"
    top = math.log10(max(int(tally.counts.max()) for tally in tallies)) + 0.2
    y_axis = figure.axis("values", math.log10(0.5), top, type="log", dtick=1)
    return figure.figure([bars, steps], figure.layout("value", yaxis=y_axis, bargap=0))


def draw_errors(cells: NDArray[np.float64], blocks: tuple[int, int], shape: tuple[int, int]) -> Figure:
    """The error map.

    Args:
        cells: Root mean squares; NaN where there is none.
        blocks: How many rows and columns a cell stands for.
        shape: How many there are.
    """
    rows, columns = blocks
    heat: Json = {
        "type": "heatmap",
        "z": [figure.listed(line) for line in cells],
        "x0": (columns - 1) / 2,
        "dx": columns,
        "y0": (rows - 1) / 2,
        "dy": rows,
        "zmin": 0,
        "colorscale": "Cividis",
        "colorbar": {"thickness": 10, "nticks": 5, "outlinewidth": 0, "tickfont": {"size": 11}},
        "hovertemplate": "around row %{y:,.0f}, column %{x:,.0f}<br>%{z:.4g}<extra></extra>",
        "name": "error",
    }
    layout = figure.layout(
        xaxis=figure.axis("column", -0.5, shape[1] - 0.5, showgrid=False, tickformat=",d", nticks=6),
        yaxis=figure.axis("row", shape[0] - 0.5, -0.5, showgrid=False, tickformat=",d", nticks=6),
    )
    return figure.figure([heat], layout)

"""The values of one tensor of two models, as overlaid histograms."""

import math

import numpy as np

from ..answer_types import Figure
from ..drawing import figure
from ..drawing.figure import CODE, VALUE
from .statistics import HALF, Tally


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

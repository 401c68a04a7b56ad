"""A grid of cells as a heat map, over rows and columns of the tensor."""

from typing import Any

from ..answer_types import Figure
from ..drawing import figure
from .grid import Grid


def draw_grid(grid: Grid, name: str, *told: str, **more: Any) -> Figure:
    """The root mean squares of a grid's cells.

    Args:
        grid: The cells.
        name: What they are of.
        told: What a cell tells under the pointer after where it is, row by row, in d3's formats.
        more: Further parts of the trace.
    """
    (height, width), (n_rows, length) = grid.blocks, grid.shape
    heat = {
        "type": "heatmap",
        "z": [figure.listed(line) for line in grid.rms],
        "x0": (width - 1) / 2,
        "dx": width,
        "y0": (height - 1) / 2,
        "dy": height,
        "zmin": 0,
        "colorscale": "Cividis",
        "colorbar": figure.color_bar(thickness=10, nticks=5),
        "name": name,
        **figure.hover("around row %{y:,.0f}, column %{x:,.0f}", *told),
        **more,
    }
    layout = figure.layout(
        xaxis=figure.axis("column", -0.5, length - 0.5, showgrid=False, tickformat=",d", nticks=6),
        yaxis=figure.axis("row", n_rows - 0.5, -0.5, showgrid=False, tickformat=",d", nticks=6),
    )
    return figure.figure([heat], layout)

"""Heat maps side by side and below each other, on axes that move together."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..answer_types import Figure
from ..drawing import figure
from ..drawing.figure import NEUTRAL
from ..results.result import Floats

Json = dict[str, Any]

# Blue and vermilion, and green and purple, are told apart by every kind of colour vision; 0 is as clear as the paper.
SCALES: dict[str, Any] = {
    "values": [[0, "rgba(0,114,178,1)"], [0.5, "rgba(128,128,128,0)"], [1, "rgba(213,94,0,1)"]],
    "errors": [[0, "rgba(0,158,115,1)"], [0.5, "rgba(128,128,128,0)"], [1, "rgba(174,74,134,1)"]],
    "sequential": "Cividis",
}
FEW_LINES = 12  # more are drawn thinner
LISTED = 2048  # so many cells are listed as numbers; more are packed
GAP = 0.1  # between the columns of heat maps, as a share of the width
LEFT = (0.0, (1 - GAP) / 2)
RIGHT = ((1 + GAP) / 2, 1.0)
ABOVE, BELOW = (0.565, 1.0), (0.0, 0.435)
TITLE_UP = 46  # pixels from the upper heat maps to their titles, above ticks and axis title


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """One heat map.

    Attributes:
        title: what it shows.
        cells: the numbers.
        low, high: which numbers the ends of the colours stand for.
        colors: a name in SCALES.
    """

    title: str
    cells: Floats
    low: float
    high: float
    colors: str


def draw(
    panels: Sequence[Panel],
    shape: tuple[int, int],
    blocks: tuple[int, int],
    row_lines: Sequence[float],
    column_lines: Sequence[float],
    followed: tuple[int, int],
) -> Figure:
    """The figure.

    Args:
        panels: two, side by side, or four, in two rows.
        shape: of the matrix.
        blocks: how many of its rows and columns a cell stands for.
        row_lines: where lines are drawn between rows, in rows.
        column_lines: where lines are drawn between columns, in columns.
        followed: row and column of the followed number.
    """
    n_rows, n_columns = shape
    upward = (ABOVE, BELOW) if len(panels) > 2 else ((0.0, 1.0),)
    places = [(across, band) for band in upward for across in (LEFT, RIGHT)]
    traces: list[Json] = []
    axes: Json = {}
    titles = []
    for number, (panel, (across, band)) in enumerate(zip(panels, places, strict=True), start=1):
        name = "" if number == 1 else str(number)
        refs = {"xaxis": f"x{name}", "yaxis": f"y{name}"}
        traces.append(_heat(panel, n_columns, blocks, across, band[0], refs))
        traces.append(_boundaries(shape, row_lines, column_lines, refs))
        traces.append(figure.ring([followed[1]], [followed[0]], showlegend=False, **refs))
        axes[f"xaxis{name}"] = _axis(
            "column", -0.5, n_columns - 0.5, across, f"y{name}", name, side="top", is_first=number <= 2
        )
        axes[f"yaxis{name}"] = _axis("row", n_rows - 0.5, -0.5, band, f"x{name}", name, is_first=number % 2 == 1)
        titles.append(
            figure.note(
                across[0],
                band[1],
                f"<b>{panel.title}</b>",
                xref="paper",
                yref="paper",
                xanchor="left",
                yanchor="bottom",
                yshift=TITLE_UP if number <= 2 else 2,
            )
        )
    layout = figure.layout(annotations=titles, margin={"l": 56, "r": 12, "t": 68, "b": 40}, showlegend=False, **axes)
    return figure.figure(traces, layout)


def _heat(
    panel: Panel, n_columns: int, blocks: tuple[int, int], across: tuple[float, float], bottom: float, refs: Json
) -> Json:
    """One heat map; `meta` tells how many columns the matrix has, so that a cell is known as an element."""
    rows, columns = blocks
    bar = figure.color_bar(
        orientation="h",
        x=across[0],
        xanchor="left",
        len=across[1] - across[0],
        y=bottom,
        yanchor="top",
        thickness=8,
        ypad=6,
        xpad=0,
        nticks=4,
    )
    return {
        "type": "heatmap",
        "z": _cells(panel.cells),
        "x0": (columns - 1) / 2,
        "dx": columns,
        "y0": (rows - 1) / 2,
        "dy": rows,
        "zmin": panel.low,
        "zmax": panel.high,
        "colorscale": SCALES[panel.colors],
        "colorbar": bar,
        "name": panel.title,
        "meta": {"columns": n_columns},
        "hovertemplate": "row %{y}, column %{x}<br>%{z:.6g}<extra></extra>",
        **refs,
    }


def _cells(cells: Floats) -> Any:
    """The numbers, row by row; many of them as Plotly reads them fastest, float32 in base64."""
    if cells.size <= LISTED:
        return [figure.listed(line) for line in cells]
    packed = base64.b64encode(cells.astype("<f4").tobytes()).decode("ascii")
    return {"dtype": "f4", "bdata": packed, "shape": f"{cells.shape[0]}, {cells.shape[1]}"}


def _boundaries(shape: tuple[int, int], row_lines: Sequence[float], column_lines: Sequence[float], refs: Json) -> Json:
    """All lines of one heat map in one trace."""
    rows, columns = np.asarray(row_lines, np.float64), np.asarray(column_lines, np.float64)
    right, bottom = shape[1] - 0.5, shape[0] - 0.5
    width = 1.5 if max(rows.size, columns.size) <= FEW_LINES else 0.5
    x = figure.gapped(np.full(rows.size, -0.5), np.full(rows.size, right)) + figure.gapped(columns, columns)
    y = figure.gapped(rows, rows) + figure.gapped(np.full(columns.size, -0.5), np.full(columns.size, bottom))
    return figure.lines(x, y, NEUTRAL, "boundaries of the scales", width, hoverinfo="skip", showlegend=False, **refs)


def _axis(
    title: str,
    low: float,
    high: float,
    domain: tuple[float, float],
    anchor: str,
    name: str,
    *,
    is_first: bool,
    **more: Any,
) -> Json:
    """One side of a heat map; those of the others move with the first one's."""
    letter = "x" if title == "column" else "y"
    linked = {"matches": letter} if name else {}
    return figure.axis(
        title if is_first else "",
        low,
        high,
        domain=list(domain),
        anchor=anchor,
        showgrid=False,
        showticklabels=is_first,
        ticks="",
        showline=True,
        mirror=True,
        nticks=4 if letter == "x" else 6,
        tickformat=",d",
        **linked,
        **more,
    )

"""What all figures share: the palette, the parts of a Plotly figure as plain dicts, and how to draw fewer points.

A figure has no theme: paper and plot are transparent, and the colours of text, axes and grid are the page's.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..answer_types import Figure

Json = dict[str, Any]
Floats = NDArray[np.floating[Any]]
Indices = NDArray[np.intp]

PALETTE = {
    "value": "#0072B2",
    "code": "#D55E00",
    "back": "#009E73",
    "error": "#CC79A7",
    "deep-error": "#AE4A86",
    "neutral": "#888888",
}
"""Okabe and Ito's colours, for light paper, told apart by every kind of colour vision; each also has its own marker.

On dark paper the page draws others in their places: those of the same names in css/tokens.css.
"""
VALUE, CODE, BACK, ERROR = (PALETTE[name] for name in ("value", "code", "back", "error"))
NEUTRAL = PALETTE["neutral"]

MAX_POINTS = 600  # each costs the browser an element of the page
GOLDEN = 0.618033988749895  # its multiples, whole parts left out, are spread evenly
CLEAR = "rgba(0,0,0,0)"
LEGEND_ON_TOP = {
    "orientation": "h",
    "x": 0,
    "y": 1,
    "xref": "container",
    "yref": "container",
    "xanchor": "left",
    "yanchor": "top",
}
"""A legend along the top edge: those of charts beside each other begin at one height."""


def figure(traces: list[Json], layout: Json) -> Figure:
    """A Plotly figure."""
    return {"data": traces, "layout": layout}


def layout(x_title: str = "", y_title: str = "", **more: Any) -> Json:
    """A layout with two axes; `more` adds to it or replaces parts of it."""
    return {
        "xaxis": axis(x_title),
        "yaxis": axis(y_title),
        "margin": {"l": 64, "r": 16, "t": 36, "b": 48},
        "legend": LEGEND_ON_TOP,
        "hovermode": "closest",
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        **more,
    }


def keeps(names: tuple[str, ...], axes: tuple[str, ...], inset: tuple[str, str] | None = None) -> Json:
    """What of a figure stays in grey behind the next one, for its layout's `meta`.

    Args:
        names: of the traces and shapes that stay.
        axes: which both figures then have in common.
        inset: the axes of a part that is enlarged, where they stay too.
    """
    found: Json = {"names": list(names), "axes": list(axes)}
    return {"keeps": {**found, "inset": list(inset)} if inset else found}


def axis(title: str, low: float | None = None, high: float | None = None, **more: Any) -> Json:
    """An axis, over a range if both ends are given, as far as it can be drawn."""
    named: Json = {"text": title, "font": {"size": 13}, "standoff": 8} if title else {"text": ""}
    described: Json = {"title": named, "zeroline": False, "automargin": True, **more}
    if low is not None and high is not None:
        described["range"] = list(within_floats(low, high))
    return described


def color_bar(**more: Any) -> Json:
    """The legend of a heat map's colours, its numbers written as those of axes."""
    plain = {"outlinewidth": 0, "tickfont": {"size": 11}, "exponentformat": "power", "minexponent": 4}
    return plain | more


def lines(x: Any, y: Any, color: str, name: str, width: float = 2, dash: str = "solid", **more: Any) -> Json:
    """A trace of lines; None in x and y breaks them."""
    line = {"color": color, "width": width, "dash": dash}
    return {"type": "scatter", "mode": "lines", "x": listed(x), "y": listed(y), "line": line, "name": name, **more}


def hover(*rows: str) -> Json:
    """What a mark tells under the pointer, row by row, in d3's formats; nobody else is told."""
    return {"hovertemplate": "<br>".join(rows) + "<extra></extra>"}


def markers(x: Any, y: Any, color: str, name: str, size: float = 9, symbol: str = "circle", **more: Any) -> Json:
    """A trace of markers."""
    marker = {"color": color, "size": size, "symbol": symbol}
    if symbol.endswith("-open"):
        marker["line"] = {"color": color, "width": 1.5}
    return {
        "type": "scatter",
        "mode": "markers",
        "x": listed(x),
        "y": listed(y),
        "marker": marker,
        "name": name,
        **more,
    }


def ring(x: Any, y: Any, **more: Any) -> Json:
    """The ring around the followed number, the same in every chart."""
    return markers(x, y, CODE, "followed", 18, "circle-open", hoverinfo="skip", **more)


def bars(x: Any, y: Any, width: Any, color: str, name: str, pattern: str = "", **more: Any) -> Json:
    """A trace of bars, as wide as `width` on the axis; a pattern tells them apart without their colour."""
    marker: Json = {"color": color, "line": {"width": 0}}
    if pattern:
        marker["pattern"] = {"shape": pattern, "size": 5, "solidity": 0.4}
    return {
        "type": "bar",
        "x": listed(x),
        "y": listed(y),
        "width": listed(width),
        "marker": marker,
        "name": name,
        **more,
    }


def labels(x: Any, y: Any, text: list[str], position: str | list[str] = "top center") -> Json:
    """A trace of texts, in the colour of all text: a mark's colour is too light to be read."""
    return {
        "type": "scatter",
        "mode": "text",
        "x": listed(x),
        "y": listed(y),
        "text": text,
        "textposition": position,
        "hoverinfo": "skip",
        "showlegend": False,
    }


def segment(
    x0: float, y0: float, x1: float, y1: float, color: str = NEUTRAL, width: float = 1, dash: str = "solid"
) -> Json:
    """A straight line as a shape, under the traces."""
    line = {"color": color, "width": width, "dash": dash}
    return {"type": "line", "x0": x0, "y0": y0, "x1": x1, "y1": y1, "line": line, "layer": "below"}


def strokes(
    x0: Floats, y0: float, x1: Floats, y1: float, color: str, width: float, name: str, dash: str = "solid", **more: Any
) -> Json:
    """Many straight lines as one shape: as lines of a trace, each would be an element of the page."""
    path = "".join([f"M{a:.12g},{y0}L{b:.12g},{y1}" for a, b in zip(x0.tolist(), x1.tolist(), strict=True)])
    line = {"color": color, "width": width, "dash": dash}
    return {"type": "path", "path": path, "line": line, "name": name, "layer": "below", **more}


def columns(x0: Floats, x1: Floats, foot: float, tops: Floats, color: str, name: str, **more: Any) -> Json:
    """Many filled rectangles on one foot as one shape."""
    ends = zip(x0.tolist(), x1.tolist(), tops.tolist(), strict=True)
    corners = [f"M{a:.9g},{foot}L{a:.9g},{top:.4g}L{b:.9g},{top:.4g}L{b:.9g},{foot}" for a, b, top in ends]
    return filled("".join(corners), color, name, **more)


def fans(x0: Floats, x1: Floats, y: float, tips: Floats, foot: float, color: str, name: str, **more: Any) -> Json:
    """Many filled triangles, each from a stretch of one line to a point of another, as one shape."""
    ends = zip(x0.tolist(), x1.tolist(), tips.tolist(), strict=True)
    return filled("".join([f"M{a:.9g},{y}L{b:.9g},{y}L{tip:.9g},{foot}" for a, b, tip in ends]), color, name, **more)


def filled(path: str, color: str, name: str, opacity: float = 1, **more: Any) -> Json:
    """Filled outlines as one shape."""
    line = {"color": color, "width": 0.5}
    drawn = {"type": "path", "path": path, "fillcolor": color, "line": line, "name": name, "opacity": opacity}
    return {**drawn, "layer": "below", **more}


def unseen(x: Any, y: Any, name: str, **more: Any) -> Json:
    """A trace for the pointer and the keyboard only, over what is drawn as shapes."""
    return lines(x, y, CLEAR, name, 1, showlegend=False, **more)


def band(x0: float, x1: float, y0: float, y1: float, color: str, opacity: float = 0.12, **refs: str) -> Json:
    """A filled rectangle as a shape, under the traces."""
    return {
        "type": "rect",
        "x0": x0,
        "x1": x1,
        "y0": y0,
        "y1": y1,
        "fillcolor": color,
        "opacity": opacity,
        "layer": "below",
        "line": {"width": 0},
        **refs,
    }


def note(x: float, y: float, text: str, color: str | None = None, **more: Any) -> Json:
    """A text at a place, without an arrow."""
    font: Json = {"size": 12} if color is None else {"size": 12, "color": color}
    return {"x": x, "y": y, "text": text, "showarrow": False, "font": font, **more}


def listed(values: Any) -> list[Any]:
    """Numbers as JSON has them: plain, and null where there is no finite one."""
    if isinstance(values, np.ndarray):
        numbers: list[Any] = values.astype(np.float64).tolist()
        if np.isfinite(values).all():
            return numbers
        return [number if np.isfinite(number) else None for number in numbers]
    return [None if value is None or not np.isfinite(value) else float(value) for value in values]


def gapped(*ends: Floats) -> list[float | None]:
    """Coordinates of separate lines in one trace: the ends of each, then a gap.

    >>> gapped(np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    [1.0, 3.0, None, 2.0, 4.0, None]
    """
    broken = [listed(end) for end in ends] + [[None] * len(ends[0])]
    return [coordinate for line in zip(*broken, strict=True) for coordinate in line]


def select(columns: list[Floats], limit: int = MAX_POINTS, keep: tuple[int, ...] = ()) -> Indices:
    """Which elements to draw of too many: two thirds regular ones, which look like all, and one third extremes.

    The extremes are the smallest and the largest in every column, each of a stretch of the elements; so those of all
    elements are among them.

    Args:
        columns: arrays of one length, by which extremes are judged.
        limit: about how many elements to return.
        keep: elements to return in any case.

    Returns:
        Ascending indices; all of them where there are no more than `limit`.

    >>> select([np.arange(10.0)], limit=4)
    array([0, 1, 9])
    """
    n = columns[0].size
    if n <= limit:
        return np.arange(n)
    n_regular = limit * 2 // 3
    starts = np.arange(n_regular + 1) * n // n_regular
    aside = (np.arange(n_regular) + 0.5) * GOLDEN % 1  # not every time the same place, or a period would show as none
    regular = starts[:-1] + (aside * np.diff(starts)).astype(np.intp)
    stretches = max(1, (limit - n_regular) // (2 * len(columns)))
    length = -(-n // stretches)
    whole = n // length * length
    chosen = [np.array(keep, np.intp), regular]
    for column in columns:
        column = column if np.isfinite(column).all() else np.nan_to_num(column, posinf=0, neginf=0)  # no extremes
        rows = column[:whole].reshape(-1, length)
        starts = np.arange(0, whole, length)
        chosen += [starts + rows.argmin(axis=1), starts + rows.argmax(axis=1)]
        if whole < n:
            rest = column[whole:]
            chosen += [np.array([whole + rest.argmin(), whole + rest.argmax()])]
    return np.unique(np.concatenate(chosen))


def ends(*numbers: Any) -> tuple[float, float]:
    """The smallest and the largest of all numbers that are finite; 0 and 0 where there is none.

    >>> ends(np.array([1.0, np.nan]), 3.0), ends(np.inf)
    ((1.0, 3.0), (0.0, 0.0))
    """
    joined = np.concatenate([np.asarray(some, np.float64).reshape(-1) for some in numbers])
    joined = joined[np.isfinite(joined)]
    return (float(joined.min()), float(joined.max())) if joined.size else (0.0, 0.0)


def padded(low: float, high: float, share: float = 0.05) -> tuple[float, float]:
    """A range with room at both ends; around a single value, a range of its magnitude."""
    room = (high - low) * share
    if not room > 0:
        room = abs(high) * 0.5 or 1.0
    return within_floats(low - room, high + room)


def around(low: float, high: float, reach: float) -> tuple[float, float]:
    """A range that goes on by `reach` at both ends, or as far as makes a difference."""
    begin, end = within_floats(low - reach, high + reach)
    return (begin, end) if begin < end else padded(begin, end)


def within_floats(low: float, high: float) -> tuple[float, float]:
    """A range, as far as float64 has room for drawing it.

    >>> within_floats(-np.inf, 1.0)[0] > -np.inf
    True
    """
    limit = float(np.finfo(np.float64).max) / 4
    return max(low, -limit), min(high, limit)

"""A Plotly figure drawn as static SVG: what stands on the page before any script runs, and in print.

It draws what the lab's figures use: lines, markers, texts, bars, shapes and annotations on linear axes. Text and axes
take the page's colour (currentColor), so that the drawing fits a light and a dark page.
"""

import itertools
import re
from typing import Any

from ..answer_types import Figure, Node
from ..notation.nodes import node
from .svg_axis import Axis, make_axis
from .svg_marks import (
    FONT_SIZE,
    MANY,
    Point,
    dots,
    hairline,
    is_plain_dot,
    label,
    marker,
    polyline,
    rectangle,
    short,
    write,
)

Json = dict[str, Any]

ANCHORS = {"left": "start", "center": "middle", "right": "end"}
MARGIN = {"l": 64, "r": 16, "t": 36, "b": 48}


def draw(figure: Figure, width: float = 720, height: float = 300, description: str = "") -> Node:
    """The figure as an SVG tree.

    Args:
        figure: a figure of the lab: {"data": traces, "layout": layout}.
        width: of the drawing, in pixels.
        height: of the drawing, in pixels.
        description: what it shows, for those who cannot see it; without one it is hidden from them.
    """
    plot = _Plot(figure, width, height)
    attributes = {
        "xmlns": "http://www.w3.org/2000/svg",
        "viewBox": f"0 0 {short(width)} {short(height)}",
        "class": "plot-drawing",
        "font-size": str(FONT_SIZE),
        "fill": "currentColor",
    }
    attributes |= {"role": "img", "aria-label": description} if description else {"aria-hidden": "true"}
    shapes = plot.layout.get("shapes", ())
    below = [plot.shape(shape) for shape in shapes if shape.get("layer") == "below"]
    above = [plot.shape(shape) for shape in shapes if shape.get("layer") != "below"]
    traces = [mark for trace in plot.traces for mark in plot.trace(trace)]
    annotations = [plot.annotation(entry) for entry in plot.layout.get("annotations", ())]
    return node("svg", attributes, *plot.axes(), *below, *traces, *above, *annotations, *plot.legend())


class _Plot:
    """The drawing's geometry: its axes and the box that they share."""

    def __init__(self, figure: Figure, width: float, height: float) -> None:
        self.layout, self.traces = figure["layout"], figure["data"]
        margin = MARGIN | self.layout.get("margin", {})
        self.left, self.right = margin["l"], width - margin["r"]
        self.top, self.bottom = margin["t"], height - margin["b"]
        self.axis: dict[str, Axis] = {}
        for key, described in self.layout.items():
            if key.startswith(("xaxis", "yaxis")):
                self.axis[key.replace("axis", "")] = self._axis(key, described)

    def _axis(self, key: str, described: Json) -> Axis:
        letter, name = key[0], key.replace("axis", "")
        start, end = (self.left, self.right) if letter == "x" else (self.bottom, self.top)
        low, high = described.get("domain", (0, 1))
        start, end = start + low * (end - start), start + high * (end - start)
        if "matches" in described:
            described = {
                "range": self.layout[described["matches"].replace(letter, f"{letter}axis")]["range"]
            } | described
        values = [
            value for trace in self.traces if trace.get(f"{letter}axis", letter) == name for value in trace[letter]
        ]
        room = abs(end - start) / (80 if letter == "x" else 40)
        return make_axis(described, values, start, end, max(2, int(room)))

    def axes(self) -> list[Node]:
        """Grids, ticks and titles."""
        parts: list[Node] = []
        for key, described in self.layout.items():
            if key.startswith("xaxis") and described.get("visible", True):
                parts += self._level_axis(self.axis[key.replace("axis", "")], described)
            if key.startswith("yaxis") and described.get("visible", True):
                parts += self._upright_axis(self.axis[key.replace("axis", "")], described)
        return parts

    def _level_axis(self, axis: Axis, described: Json) -> list[Node]:
        parts: list[Node] = []
        other = self.axis[described.get("anchor", "y")]
        is_top = described.get("side") == "top"
        edge, below, title_below = (other.end, -8, -26) if is_top else (other.start, 18, 38)
        for value, text in axis.ticks:
            place = axis.pixel(value)
            if described.get("showgrid", True):
                parts.append(hairline(place, other.start, place, other.end))
            if described.get("showticklabels", True):
                parts.append(write(place, edge + below, text, opacity=0.75))
        if axis.title:
            parts.append(write((axis.start + axis.end) / 2, edge + title_below, axis.title))
        return parts + self._line(described, axis.start, edge, axis.end, edge)

    def _upright_axis(self, axis: Axis, described: Json) -> list[Node]:
        parts: list[Node] = []
        other = self.axis[described.get("anchor", "x")]
        for value, text in axis.ticks:
            place = axis.pixel(value)
            if described.get("showgrid", True):
                parts.append(hairline(other.start, place, other.end, place))
            if described.get("showticklabels", True):
                parts.append(write(other.start - 8, place + 4, text, "end", opacity=0.75))
        if axis.title:
            parts.append(write(14, (axis.start + axis.end) / 2, axis.title, rotate=-90))
        return parts + self._line(described, other.start, axis.start, other.start, axis.end)

    def _line(self, described: Json, x0: float, y0: float, x1: float, y1: float) -> list[Node]:
        if not described.get("showline"):
            return []
        line = {"color": described.get("linecolor", "currentColor"), "width": described.get("linewidth", 1)}
        parts = [polyline([(x0, y0), (x1, y1)], line)]
        if described.get("mirror"):  # the opposite side of the axis' box
            other = self.axis[described.get("anchor", "y" if y0 == y1 else "x")]
            far = (x0, other.end, x1, other.end) if y0 == y1 else (other.end, y0, other.end, y1)
            parts.append(polyline([far[:2], far[2:]], line))
        return parts

    def trace(self, trace: Json) -> list[Node]:
        """The marks of one trace; lines and bars end where the axes end."""
        x_axis, y_axis = self.axis[trace.get("xaxis", "x")], self.axis[trace.get("yaxis", "y")]
        points: list[Point | None] = [
            None if x is None or y is None else (x_axis.pixel(x), y_axis.pixel(y))
            for x, y in zip(trace["x"], trace["y"], strict=True)
        ]
        if trace["type"] == "bar":
            parts = [_window(x_axis, y_axis, *_bars(trace, x_axis, y_axis))]
        else:
            parts = _scatter(trace, points, x_axis, y_axis)
        if "opacity" in trace:
            return [node("g", {"opacity": short(trace["opacity"], 3)}, *parts)]
        return parts

    def shape(self, shape: Json) -> Node:
        """A line, a rectangle, or many lines in one."""
        if shape["type"] == "path":
            drawn = polyline(self._strokes(shape), shape["line"], shape.get("fillcolor", "none"))
            return node("g", {"opacity": short(shape.get("opacity", 1), 3)}, drawn)
        x0, x1 = (self._place(shape[end], shape.get("xref", "x"), "x") for end in ("x0", "x1"))
        y0, y1 = (self._place(shape[end], shape.get("yref", "y"), "y") for end in ("y0", "y1"))
        if shape["type"] == "line":
            return polyline([(x0, y0), (x1, y1)], shape.get("line", {}))
        return rectangle(x0, y0, x1, y1, shape.get("fillcolor", "none"), shape.get("opacity", 1))

    def _strokes(self, shape: Json) -> list[Point | None]:
        """The ends of the lines in a path, with gaps between them."""
        x_axis, y_axis = self.axis[shape.get("xref", "x")], self.axis[shape.get("yref", "y")]
        points: list[Point | None] = []
        for move, x, y in re.findall(r"([ML])([^,]+),([^ML]+)", shape["path"]):
            points += [None] if move == "M" and points else []
            points.append((x_axis.pixel(float(x)), y_axis.pixel(float(y))))
        return points

    def annotation(self, entry: Json) -> Node:
        """A text at a place."""
        x = self._place(entry["x"], entry.get("xref", "x"), "x") + entry.get("xshift", 0)
        y = self._place(entry["y"], entry.get("yref", "y"), "y") - entry.get("yshift", 0)
        font = entry.get("font", {})
        down = {"top": 12, "bottom": -4}.get(entry.get("yanchor", "middle"), 4)
        anchor = ANCHORS[entry.get("xanchor", "center")]
        return write(x, y + down, entry["text"], anchor, color=font.get("color"), size=font.get("size"))

    def legend(self) -> list[Node]:
        """The names of the traces, and of the shapes that stand for some, each with its mark, along the top."""
        if not self.layout.get("showlegend", True):
            return []
        place, parts = float(self.left), []
        shapes = [shape for shape in self.layout.get("shapes", ()) if shape.get("showlegend")]
        for trace in self.traces + shapes:
            if not trace.get("showlegend", True) or not trace.get("name"):
                continue
            if "markers" in trace.get("mode", "") or trace["type"] == "bar":
                parts.append(marker(place + 8, 12, {**_at(trace.get("marker", {}), 0), "size": 9}))
            else:
                parts.append(polyline([(place, 12), (place + 18, 12)], trace["line"]))
            parts.append(write(place + 24, 16, trace["name"], "start"))
            place += 44 + 6.4 * len(trace["name"])
        return [node("g", {"class": "plot-legend"}, *parts)]

    def _place(self, value: float, reference: str, letter: str) -> float:
        """A coordinate of a shape: on an axis, or as a share of the whole plot."""
        if reference == "paper":
            start, end = (self.left, self.right) if letter == "x" else (self.bottom, self.top)
            return float(start + value * (end - start))
        name, _, domain = reference.partition(" ")
        axis = self.axis[name]
        return axis.share(value) if domain else axis.pixel(value)


def _scatter(trace: Json, points: list[Point | None], x_axis: Axis, y_axis: Axis) -> list[Node]:
    parts: list[Node] = []
    mode = trace.get("mode", "lines")
    inside = [point if point and x_axis.holds(point[0]) and y_axis.holds(point[1]) else None for point in points]
    if "lines" in mode:
        line = trace.get("line", {})
        corners = _stepped(points) if line.get("shape") == "hv" else points
        drawn = polyline(corners, line)
        parts.append(drawn if inside == points else _window(x_axis, y_axis, drawn))
    if "markers" in mode:
        style = trace.get("marker", {})
        if len(points) > MANY and is_plain_dot(style):
            parts.append(dots([point for point in inside if point], style))
        else:
            parts += [marker(*point, _at(style, index)) for index, point in enumerate(inside) if point]
    if "text" in mode:
        position, font = trace.get("textposition", "middle center"), trace.get("textfont", {})
        positions = position if isinstance(position, list) else [position] * len(inside)
        parts += [
            label(*point, text, where, font)
            for point, text, where in zip(inside, trace["text"], positions, strict=True)
            if point
        ]
    return parts


def _stepped(points: list[Point | None]) -> list[Point | None]:
    """Steps instead of slopes: first across, then up or down."""
    corners: list[Point | None] = []
    for before, point in zip([None, *points], points, strict=False):
        if before and point:
            corners.append((point[0], before[1]))
        corners.append(point)
    return corners


def _bars(trace: Json, x_axis: Axis, y_axis: Axis) -> list[Node]:
    places = trace["x"]
    gaps = [after - before for before, after in itertools.pairwise(places)]
    spacing = min(gaps, default=x_axis.high - x_axis.low)
    base, style = y_axis.pixel(0), trace.get("marker", {})
    bars = []
    for index, (x, y) in enumerate(zip(places, trace["y"], strict=True)):
        width = _at({"width": trace.get("width", spacing)}, index)["width"]
        color = _at(style, index).get("color", "currentColor")
        bars.append(rectangle(x_axis.pixel(x - width / 2), base, x_axis.pixel(x + width / 2), y_axis.pixel(y), color))
    return bars


def _window(x_axis: Axis, y_axis: Axis, *children: Node) -> Node:
    """Children of which nothing is seen beyond the axes."""
    left, top = min(x_axis.start, x_axis.end), min(y_axis.start, y_axis.end)
    width, height = abs(x_axis.end - x_axis.start), abs(y_axis.end - y_axis.start)
    box = [short(edge) for edge in (left, top, width, height)]
    sizes = dict(zip(("x", "y", "width", "height"), box, strict=True))
    return node("svg", {**sizes, "viewBox": " ".join(box)}, *children)


def _at(style: Json, index: int) -> Json:
    """The style of one mark, where some of it may be given mark by mark."""
    return {key: value[index] if isinstance(value, list) else value for key, value in style.items()}

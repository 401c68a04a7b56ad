"""A Plotly figure drawn as static SVG: what stands on the page before any script runs, and in print.

It draws what the lab's figures use: lines, markers, texts, bars, shapes and annotations on linear axes. Text and axes take
the page's colour (currentColor), so that the drawing fits a light and a dark page.
"""

import re
from typing import Any

from .nodes import Node, node
from .svg_axis import Axis, make_axis

Json = dict[str, Any]

DASHES = {"dot": "1 4", "dash": "6 4", "longdash": "10 5", "dashdot": "6 4 1 4"}
ANCHORS = {"left": "start", "center": "middle", "right": "end"}
FONT_SIZE = 12
LEGEND_HEIGHT = 24


def draw(figure: Json, width: float = 720, height: float = 300, label: str = "") -> Node:
    """The figure as an SVG tree.

    Args:
        figure: a figure of the lab: {"data": traces, "layout": layout}.
        width: of the drawing, in pixels.
        height: of the drawing, in pixels.
        label: what it shows, for those who cannot see it.
    """
    layout, traces = figure["layout"], figure["data"]
    plot = _Plot(figure, width, height)
    below = [plot.shape(shape) for shape in layout.get("shapes", ()) if shape.get("layer") == "below"]
    above = [plot.shape(shape) for shape in layout.get("shapes", ()) if shape.get("layer") != "below"]
    drawn = [mark for trace in traces for mark in plot.trace(trace)]
    clipped = node("g", {"clip-path": f"inset(0)", "class": "plot-marks"}, *below, *drawn, *above)
    attributes = {
        "xmlns": "http://www.w3.org/2000/svg", "viewBox": f"0 0 {_short(width)} {_short(height)}", "class": "plot",
        "role": "img", "font-size": str(FONT_SIZE), "fill": "currentColor",
    }  # fmt: skip
    if label:
        attributes["aria-label"] = label
    clipped[1].pop("clip-path")  # type: ignore[union-attr]
    annotations = [plot.annotation(entry) for entry in layout.get("annotations", ())]
    return node("svg", attributes, *plot.axes(), clipped, *annotations, *plot.legend(traces))


class _Plot:
    """The drawing's geometry: its axes and the box between them."""

    def __init__(self, figure: Json, width: float, height: float) -> None:
        layout, traces = figure["layout"], figure["data"]
        self.layout = layout
        margin = {"l": 56, "r": 16, "t": 36, "b": 48} | layout.get("margin", {})
        self.left, self.right = margin["l"], width - margin["r"]
        self.top, self.bottom = margin["t"], height - margin["b"]
        across = [value for trace in traces for value in trace.get("x", ()) if value is not None]
        upward = [value for trace in traces for value in trace.get("y", ()) if value is not None]
        room = int((self.right - self.left) / 80), int((self.bottom - self.top) / 40)
        self.x = make_axis(layout.get("xaxis", {}), across, self.left, self.right, room[0])
        self.y = make_axis(layout.get("yaxis", {}), upward, self.bottom, self.top, room[1])
        self.x2 = None
        if "xaxis2" in layout:  # the lab's second axis always runs with the first
            described = {"range": [self.x.low, self.x.high]} | layout["xaxis2"]
            self.x2 = make_axis(described, across, self.left, self.right, room[0])

    def axes(self) -> list[Node]:
        """Grid, ticks and titles."""
        parts: list[Node] = []
        for axis, described, is_top in ((self.x, "xaxis", False), (self.x2, "xaxis2", True)):
            if axis is None or not axis.is_visible:
                continue
            edge, offset = (self.top, -8) if is_top else (self.bottom, 18)
            for value, text in axis.ticks:
                place = axis.pixel(value)
                if self.layout[described].get("showgrid", True):
                    parts.append(_line(place, self.top, place, self.bottom, 0.12))
                parts.append(_text(place, edge + offset, text, "middle", 0.75))
            title_at = edge + (-26 if is_top else 38)
            parts.append(_text((self.left + self.right) / 2, title_at, axis.title, "middle", 1))
        if self.y.is_visible:
            parts += self._upright_axis()
        return parts

    def _upright_axis(self) -> list[Node]:
        parts: list[Node] = []
        for value, text in self.y.ticks:
            place = self.y.pixel(value)
            parts.append(_line(self.left, place, self.right, place, 0.12))
            parts.append(_text(self.left - 8, place + 4, text, "end", 0.75))
        middle = (self.top + self.bottom) / 2
        title = _text(14, middle, self.y.title, "middle", 1)
        title[1]["transform"] = f"rotate(-90 14 {_short(middle)})"  # type: ignore[index,call-overload]
        return [*parts, title]

    def trace(self, trace: Json) -> list[Node]:
        """The marks of one trace."""
        points = [
            None if x is None or y is None else (self.x.pixel(x), self.y.pixel(y))
            for x, y in zip(trace["x"], trace["y"], strict=True)
        ]
        opacity = {"opacity": _short(trace["opacity"], 3)} if "opacity" in trace else {}
        if trace["type"] == "bar":
            return [node("g", opacity, *self._bars(trace))]
        parts: list[Node] = []
        mode = trace.get("mode", "lines")
        if "lines" in mode:
            parts.append(_polyline(points, trace.get("line", {})))
        if "markers" in mode:
            marker = trace.get("marker", {})
            parts += [_marker(*point, _at(marker, index)) for index, point in enumerate(points) if point]
        if "text" in mode:
            parts += [_label(*point, text, trace) for point, text in zip(points, trace["text"], strict=True) if point]
        return [node("g", opacity, *parts)] if opacity else parts

    def _bars(self, trace: Json) -> list[Node]:
        bars: list[Node] = []
        base = self.y.pixel(0)
        spacing = min((b - a for a, b in zip(trace["x"], trace["x"][1:])), default=self.x.high - self.x.low)  # noqa: B905
        for index, (x, y) in enumerate(zip(trace["x"], trace["y"], strict=True)):
            width = trace.get("width", spacing)
            width = width[index] if isinstance(width, list) else width
            left, right, end = self.x.pixel(x - width / 2), self.x.pixel(x + width / 2), self.y.pixel(y)
            bars.append(_rectangle(left, min(base, end), right - left, abs(base - end), _at(trace.get("marker", {}), index)))
        return bars

    def shape(self, shape: Json) -> Node:
        """A line or a rectangle."""
        x0, x1 = (self._across(shape[end], shape.get("xref", "x")) for end in ("x0", "x1"))
        y0, y1 = (self._upward(shape[end], shape.get("yref", "y")) for end in ("y0", "y1"))
        line = shape.get("line", {})
        if shape["type"] == "line":
            return _polyline([(x0, y0), (x1, y1)], line)
        fill = {"color": shape.get("fillcolor", "none"), "opacity": shape.get("opacity", 1)}
        return _rectangle(min(x0, x1), min(y0, y1), abs(x1 - x0), abs(y1 - y0), fill)

    def annotation(self, entry: Json) -> Node:
        """A text at a place."""
        x = self._across(entry["x"], entry.get("xref", "x")) + entry.get("xshift", 0)
        y = self._upward(entry["y"], entry.get("yref", "y")) - entry.get("yshift", 0)
        font = entry.get("font", {})
        drop = {"top": 12, "bottom": -4}.get(entry.get("yanchor", "middle"), 4)
        return _text(x, y + drop, entry["text"], ANCHORS[entry.get("xanchor", "center")], 1, font.get("color"), font.get("size"))

    def legend(self, traces: list[Json]) -> list[Node]:
        """The names of the traces, each with its mark, along the top."""
        if not self.layout.get("showlegend", True):
            return []
        place, parts = float(self.left), []
        for trace in traces:
            if not trace.get("showlegend", True) or not trace.get("name"):
                continue
            marker = {**_at(trace.get("marker", {}), 0), "size": 9}
            if "markers" in trace.get("mode", "") or trace["type"] == "bar":
                parts.append(_marker(place + 8, 12, marker))
            else:
                parts.append(_polyline([(place, 12), (place + 18, 12)], trace["line"]))
            parts.append(_text(place + 24, 16, trace["name"], "start", 1))
            place += 44 + 6.4 * len(trace["name"])
        return [node("g", {"class": "plot-legend"}, *parts)]

    def _across(self, value: float, reference: str) -> float:
        return self.x.share(value) if "paper" in reference or "domain" in reference else self.x.pixel(value)

    def _upward(self, value: float, reference: str) -> float:
        return self.y.share(value) if "paper" in reference or "domain" in reference else self.y.pixel(value)


def _polyline(points: list[tuple[float, float] | None], line: Json) -> Node:
    commands: list[str] = []
    pen = "M"
    previous = (0.0, 0.0)
    for point in points:
        if point is None:
            pen = "M"
            continue
        x, y = point
        if pen == "L" and line.get("shape") == "hv":
            commands.append(f"L{_short(x)} {_short(previous[1])}")
        commands.append(f"{pen}{_short(x)} {_short(y)}")
        pen, previous = "L", point
    attributes = {
        "d": "".join(commands), "fill": "none", "stroke": line.get("color", "currentColor"),
        "stroke-width": _short(line.get("width", 2)),
    }  # fmt: skip
    if dash := DASHES.get(line.get("dash", "solid")):
        attributes |= {"stroke-dasharray": dash, "stroke-linecap": "round"}
    return node("path", attributes)


def _marker(x: float, y: float, marker: Json) -> Node:
    symbol, size = marker.get("symbol", "circle"), marker.get("size", 8)
    color, half = marker.get("color", "currentColor"), size / 2
    outline = marker.get("line", {})
    if symbol.endswith("-open") or symbol.startswith("line-"):
        paint = {"fill": "none", "stroke": color, "stroke-width": _short(outline.get("width", 1.5))}
    else:
        paint = {"fill": color}
        if outline.get("width"):
            paint |= {"stroke": outline.get("color", "currentColor"), "stroke-width": _short(outline["width"])}
    if "opacity" in marker:
        paint["opacity"] = _short(marker["opacity"], 3)
    form = symbol.removesuffix("-open")
    if form == "circle":
        return node("circle", {"cx": _short(x), "cy": _short(y), "r": _short(half), **paint})
    if form == "square":
        corner = {"x": _short(x - half), "y": _short(y - half)}
        return node("rect", {**corner, "width": _short(size), "height": _short(size), **paint})
    outlines = {
        "diamond": ((0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)),
        "triangle-up": ((0, -1.1), (1, 0.8), (-1, 0.8)),
        "triangle-down": ((0, 1.1), (1, -0.8), (-1, -0.8)),
        "line-ns": ((0, -1), (0, 1)),
        "line-ew": ((-1, 0), (1, 0)),
    }
    corners = [f"{_short(x + across * half)} {_short(y + down * half)}" for across, down in outlines[form]]
    return node("path", {"d": f"M{'L'.join(corners)}Z", **paint})


def _label(x: float, y: float, text: str, trace: Json) -> Node:
    upright, _, across = trace.get("textposition", "middle center").partition(" ")
    shift = {"top": -8, "middle": 4, "bottom": 16}[upright]
    anchor, nudge = {"left": ("end", -8), "center": ("middle", 0), "right": ("start", 8)}[across]
    font = trace.get("textfont", {})
    return _text(x + nudge, y + shift, text, anchor, 1, font.get("color"), font.get("size"))


def _text(
    x: float, y: float, text: str, anchor: str, opacity: float, color: str | None = None, size: float | None = None
) -> list[Any]:
    attributes = {"x": _short(x), "y": _short(y), "text-anchor": anchor}
    if opacity < 1:
        attributes["opacity"] = _short(opacity, 2)
    if color:
        attributes["fill"] = color
    if size and size != FONT_SIZE:
        attributes["font-size"] = _short(size)
    return ["text", attributes, re.sub(r"<[^>]*>", "", text)]


def _line(x0: float, y0: float, x1: float, y1: float, opacity: float) -> Node:
    path = f"M{_short(x0)} {_short(y0)}L{_short(x1)} {_short(y1)}"
    return node("path", {"d": path, "stroke": "currentColor", "opacity": _short(opacity, 2)})


def _rectangle(x: float, y: float, width: float, height: float, paint: Json) -> Node:
    attributes = {"x": _short(x), "y": _short(y), "width": _short(width), "height": _short(height)}
    attributes["fill"] = paint.get("color", "currentColor")
    if "opacity" in paint:
        attributes["opacity"] = _short(paint["opacity"], 3)
    return node("rect", attributes)


def _at(style: Json, index: int) -> Json:
    """The style of one mark, where some of it may be given mark by mark."""
    return {key: value[index] if isinstance(value, list) else value for key, value in style.items()}


def _short(number: float, digits: int = 1) -> str:
    """A coordinate without needless digits."""
    return f"{number:.{digits}f}".rstrip("0").rstrip(".") if "." in f"{number:.{digits}f}" else f"{number:.{digits}f}"

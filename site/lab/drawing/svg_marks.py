"""The pieces of a static drawing: paths, markers, rectangles and texts as SVG nodes."""

import re
from typing import Any

from ..answer_types import Node
from ..notation.nodes import node

Json = dict[str, Any]
Point = tuple[float, float]

FONT_SIZE = 12
MANY = 40  # beyond so many, dots are one element
DASHES = {"dot": "1 4", "dash": "6 4", "longdash": "10 5", "dashdot": "6 4 1 4"}
OUTLINES: dict[str, tuple[Point, ...]] = {
    "diamond": ((0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)),
    "triangle-up": ((0, -1.1), (1, 0.8), (-1, 0.8)),
    "triangle-down": ((0, 1.1), (1, -0.8), (-1, -0.8)),
    "line-ns": ((0, -1), (0, 1)),
    "line-ew": ((-1, 0), (1, 0)),
}
"""Corners of symbols, in units of half their size."""


def short(number: float, digits: int = 1) -> str:
    """A coordinate without needless digits.

    >>> short(12.0), short(0.25, 2), short(-0.01)
    ('12', '0.25', '0')
    """
    text = f"{number:.{digits}f}".rstrip("0").rstrip(".") if digits else f"{number:.0f}"
    return "0" if text == "-0" else text


def polyline(points: list[Point | None], line: Json, fill: str = "none") -> Node:
    """Straight lines from point to point, broken where there is none; the area within them may be filled."""
    commands: list[str] = []
    pen = "M"
    for point in points:
        if point is None:
            pen = "M"
            continue
        commands.append(f"{pen}{short(point[0])} {short(point[1])}")
        pen = "L"
    attributes = {
        "d": "".join(commands),
        "fill": fill,
        "stroke": line.get("color", "currentColor"),
        "stroke-width": short(line.get("width", 2)),
    }
    if dash := DASHES.get(line.get("dash", "solid")):
        attributes |= {"stroke-dasharray": dash, "stroke-linecap": "round"}
    return node("path", attributes)


def hairline(x0: float, y0: float, x1: float, y1: float) -> Node:
    """A faint line in the colour of the text."""
    path = f"M{short(x0)} {short(y0)}L{short(x1)} {short(y1)}"
    return node("path", {"d": path, "stroke": "currentColor", "opacity": "0.12"})


def marker(x: float, y: float, style: Json) -> Node:
    """One marker in Plotly's style of markers."""
    symbol, size = style.get("symbol", "circle"), style.get("size", 8)
    color, half = style.get("color", "currentColor"), size / 2
    outline = style.get("line", {})
    if symbol.endswith("-open"):
        paint = {"fill": "none", "stroke": color, "stroke-width": short(outline.get("width", 1.5))}
    else:
        paint = {"fill": color}
        if outline.get("width"):
            paint |= {"stroke": outline.get("color", "currentColor"), "stroke-width": short(outline["width"])}
    if "opacity" in style:
        paint["opacity"] = short(style["opacity"], 3)
    form = symbol.removesuffix("-open")
    if form == "circle":
        return node("circle", {"cx": short(x), "cy": short(y), "r": short(half), **paint})
    if form == "square":
        corner = {"x": short(x - half), "y": short(y - half)}
        return node("rect", {**corner, "width": short(size), "height": short(size), **paint})
    corners = [f"{short(x + across * half)} {short(y + down * half)}" for across, down in OUTLINES[form]]
    return node("path", {"d": f"M{'L'.join(corners)}Z", **paint})


def is_plain_dot(style: Json) -> bool:
    """Whether all markers of a style are the same filled circle."""
    several = any(isinstance(style.get(key), list) for key in ("color", "size", "symbol", "opacity"))
    return not several and style.get("symbol", "circle") == "circle" and not style.get("line", {}).get("width")


def dots(points: list[Point], style: Json) -> Node:
    """Filled circles as one element: the round ends of lines of no length."""
    attributes = {
        "d": "".join(f"M{short(x)} {short(y)}h0" for x, y in points),
        "stroke": style.get("color", "currentColor"),
        "stroke-width": short(style.get("size", 8)),
        "stroke-linecap": "round",
    }
    if "opacity" in style:
        attributes["opacity"] = short(style["opacity"], 3)
    return node("path", attributes)


def rectangle(x0: float, y0: float, x1: float, y1: float, color: str, opacity: float = 1) -> Node:
    """A filled rectangle between two corners."""
    attributes = {
        "x": short(min(x0, x1)),
        "y": short(min(y0, y1)),
        "width": short(abs(x1 - x0)),
        "height": short(abs(y1 - y0)),
        "fill": color,
    }
    if opacity < 1:
        attributes["opacity"] = short(opacity, 3)
    return node("rect", attributes)


def label(x: float, y: float, text: str, position: str, font: Json) -> Node:
    """A text at a point, in Plotly's words for where: "top center"."""
    upright, _, across = position.partition(" ")
    down = {"top": -8, "middle": 4, "bottom": 16}[upright]
    anchor, aside = {"left": ("end", -8), "center": ("middle", 0), "right": ("start", 8)}[across]
    return write(x + aside, y + down, text, anchor, color=font.get("color"), size=font.get("size"))


def write(
    x: float,
    y: float,
    text: str,
    anchor: str = "middle",
    *,
    opacity: float = 1,
    color: str | None = None,
    size: float | None = None,
    rotate: float = 0,
) -> Node:
    """A line of text; tags in it are left out."""
    attributes = {"x": short(x), "y": short(y), "text-anchor": anchor}
    if opacity < 1:
        attributes["opacity"] = short(opacity, 2)
    if color:
        attributes["fill"] = color
    if size and size != FONT_SIZE:
        attributes["font-size"] = short(size)
    if rotate:
        attributes["transform"] = f"rotate({short(rotate)} {short(x)} {short(y)})"
    return node("text", attributes, re.sub(r"<[^>]*>", "", text))

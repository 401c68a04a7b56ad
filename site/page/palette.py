"""The colours of charts by theme: figures are made for light paper, and on dark paper each colour has a brighter twin.

Both are in css/tokens.css, by name. Figures are JavaScript's objects, and none is changed: what is drawn is a copy.
"""

from pyscript import document, ffi, window

NAMES = ("value", "code", "back", "error", "deep-error", "neutral")  # as in lab/drawing/figure.py
COLORS = ("color", "fillcolor", "linecolor", "bordercolor")
PARTS = ("marker", "line", "font", "textfont", "pattern")


def twins(scheme):
    """For a theme, "light" or "dark", the colour that is drawn in the place of each, by its parts; empty for light."""
    if scheme == "light":
        return {}
    probe = document.createElement("span")
    document.body.appendChild(probe)
    style = window.getComputedStyle(probe)
    found = {}
    for name in NAMES:
        probe.style.color = "var(--chart-" + name + ")"
        probe.style.colorScheme = "light"
        light = parts(style.color)
        probe.style.colorScheme = scheme
        found[light[:3]] = parts(style.color)[:3]
    probe.remove()
    return found


def parts(color):
    """Red, green and blue from 0 to 255, and what else is said of a colour, as texts; empty where it is none of ours.

    A token comes as rgb(0, 114, 178), figures have #0072B2 and rgba(0,114,178,0.5).
    """
    if len(color) == 7 and color[0] == "#":
        return tuple([str(int(color[start : start + 2], 16)) for start in (1, 3, 5)])
    if color[:3] == "rgb":
        return tuple([part.strip() for part in color[color.index("(") + 1 : -1].split(",")])
    return ()


def painted(figure, colors):
    """A figure in the colours of a theme, which `twins` gives."""
    if not colors:
        return figure
    copy, layout = _copy(figure), _copy(figure.layout)
    copy.data = window.Array.of(*[_painted(trace, colors) for trace in figure.data])
    for key in window.Object.keys(layout):
        part = getattr(layout, key)
        if key in ("shapes", "annotations"):
            setattr(layout, key, window.Array.of(*[_painted(one, colors) for one in part]))
        elif key[:5] in ("xaxis", "yaxis"):
            setattr(layout, key, _painted(part, colors))
    copy.layout = layout
    return copy


def _painted(thing, colors):
    copy = _copy(thing)
    for key in window.Object.keys(thing):
        if key in COLORS:
            setattr(copy, key, _color(getattr(thing, key), colors))
        elif key in PARTS:
            setattr(copy, key, _painted(getattr(thing, key), colors))
        elif key == "colorscale" and window.Array.isArray(thing.colorscale):
            stops = [[stop[0], _color(stop[1], colors)] for stop in thing.colorscale]
            copy.colorscale = ffi.to_js(stops)
    return copy


def _color(color, colors):
    """The twin of a colour, or of each of several, as clear as it is; what has none stays."""
    if isinstance(color, str):
        found = parts(color)
        twin = colors.get(found[:3])
        if twin is None:
            return color
        return "rgb" + ("a" if found[3:] else "") + "(" + ", ".join(twin + found[3:]) + ")"
    if window.Array.isArray(color) and color.length and isinstance(color[0], str):
        return ffi.to_js([_color(one, colors) for one in color])
    return color


def _copy(thing):
    return window.Object.assign(window.Object.new(), thing)

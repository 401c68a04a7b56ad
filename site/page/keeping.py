"""A result that is kept: what of its figures stays in grey behind the next one, in axes that hold both.

A figure's `layout.meta.keeps` names the traces and shapes that stay, and the axes that the two must have in common.
Figures are JavaScript's objects here, and none is changed: what is drawn is a copy.
"""

import json

from pyscript import ffi, window

GREY = "#888888"  # as NEUTRAL in lab/drawing/figure.py, seen on both papers


def behind(figure, kept, name):
    """A figure with what stays of a kept one, which fits it, behind it.

    `name` is what the kept one is called in the legend.
    """
    keeps, of_kept = _keeps(figure), _keeps(kept)
    grey = [_grey_trace(trace, name) for trace in kept.data if _stays(trace, of_kept)]
    if "inset" in keeps:
        grey += [_moved(trace, keeps["inset"]) for trace in grey]
    shapes = [_grey_shape(shape, name) for shape in _shapes(kept) if _stays(shape, of_kept)]
    named = False
    for one in shapes + grey:
        one.showlegend = not named
        named = True
    copy, layout = _copy(figure), _copy(figure.layout)
    copy.data = window.Array.of(*grey).concat(figure.data)
    layout.shapes = window.Array.of(*shapes).concat(window.Array.of(*_shapes(figure)))
    for axis in keeps["axes"]:
        _widen(layout, kept.layout, axis)
    copy.layout = layout
    return copy


def stays(figure):
    """Whether a figure is one of which something may stay."""
    return hasattr(getattr(figure.layout, "meta", None), "keeps")


def _keeps(figure):
    """What a figure says of what stays."""
    return json.loads(window.JSON.stringify(figure.layout.meta.keeps))


def fit(figure, kept):
    """Whether two figures have the axes that they must have in common: of the same kind, for the same thing."""
    if not stays(figure):
        return False
    for axis in _keeps(figure)["axes"]:
        one, other = getattr(figure.layout, axis, None), getattr(kept.layout, axis, None)
        if one is None or other is None or not hasattr(one, "range") or not hasattr(other, "range"):
            return False
        if one.title.text != other.title.text or _is_log(one) != _is_log(other):
            return False
    return True


def _is_log(axis):
    """Whether an axis is one of powers of ten; what has been drawn says of the others that they are linear, too."""
    return hasattr(axis, "type") and axis.type == "log"


def _stays(part, keeps):
    """Whether a trace or shape is to stay: it is named, and it is not on the axes of an inset of its own figure."""
    if getattr(part, "name", "") not in keeps["names"]:
        return False
    return getattr(part, "xaxis", "x") not in keeps.get("inset", ())


def _shapes(figure):
    return list(figure.layout.shapes) if hasattr(figure.layout, "shapes") else []


def _copy(thing):
    return window.Object.assign(window.Object.new(), thing)


def _grey_trace(trace, name):
    """A trace in grey, with open marks and broken lines; the pointer and the keyboard pass over it."""
    grey = _copy(trace)
    for told in ("customdata", "hovertemplate", "text", "meta"):
        window.Reflect.deleteProperty(grey, told)
    grey.name, grey.hoverinfo, grey.legendgroup = name, "skip", "kept"
    if hasattr(trace, "marker"):
        marker = _copy(trace.marker)
        symbol = str(marker.symbol)
        marker.color, marker.symbol = GREY, symbol if symbol.endswith("-open") else symbol + "-open"
        marker.line = ffi.to_js({"color": GREY, "width": 1.5})
        grey.marker = marker
    if hasattr(trace, "line"):
        grey.line = _grey_line(trace.line)
    return grey


def _grey_shape(shape, name):
    grey = _copy(shape)
    grey.line, grey.legendgroup = _grey_line(shape.line), "kept"
    grey.layer = "below"
    grey.name = name
    if hasattr(shape, "fillcolor"):  # its outline stays
        grey.fillcolor, grey.line.width = "rgba(0,0,0,0)", 1
    return grey


def _grey_line(line):
    grey = _copy(line)
    grey.color, grey.dash = GREY, "dash"
    return grey


def _moved(trace, inset):
    """A trace on the axes of an inset."""
    moved = _copy(trace)
    moved.xaxis, moved.yaxis = inset
    return moved


def _widen(layout, other, name):
    """Makes an axis reach as far as that of another layout, too; through JSON, in which large numbers are numbers."""
    axis = _copy(getattr(layout, name))
    ranges = [json.loads(window.JSON.stringify(one.range)) for one in (axis, getattr(other, name))]
    low, high = min(one[0] for one in ranges), max(one[1] for one in ranges)
    axis.range = window.JSON.parse(json.dumps([low, high]))
    setattr(layout, name, axis)

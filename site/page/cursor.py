"""A cursor that walks along a chart by the arrow keys, and the number under it: that of a point, or of a cell.

Heat maps of a figure show the same cells, so the cursor is in all of them at once.
"""

from pyscript import document, ffi, window

from page import charts, words

STEPS = {"ArrowRight": (0, 1), "ArrowLeft": (0, -1), "ArrowDown": (1, 0), "ArrowUp": (-1, 0)}


class Cursors:
    """Where the cursor of each chart is."""

    def __init__(self):
        """Begins with none."""
        self.places = {}  # name of the figure: (trace, point), or (row, column) of heat maps


_cursors = Cursors()


def walk(container, key, told):
    """Moves the cursor of a chart by an arrow key and says where it is; returns whether the key was one of ours.

    `told` gives the words about a number by its index, empty where it has none.
    """
    drawn = charts.chart(container.dataset.figure)
    if key not in STEPS or drawn is None:
        return False
    maps = [position for position in range(drawn.data.length) if drawn.data[position].type == "heatmap"]
    said = _walk_maps(drawn, maps, container, STEPS[key]) if maps else _walk_points(drawn, container, STEPS[key], told)
    if said:
        tell(said)
    return bool(said)


def walk_bytes(button, key):
    """Moves the focus from one byte to another by an arrow key, and says what that holds; whether the key was ours."""
    if key not in STEPS:
        return False
    bytes_ = button.parentNode.children
    position = next(i for i in range(bytes_.length) if bytes_[i] == button)
    rows, columns = STEPS[key]
    per_row = next((i for i in range(1, bytes_.length) if bytes_[i].offsetTop > bytes_[0].offsetTop), bytes_.length)
    target = position + rows * per_row + columns
    if 0 <= target < bytes_.length:
        bytes_[target].focus()
        tell(bytes_[target].title)
    return True


def walk_toolbar(link, key):
    """Moves the focus along a row of links that is one stop of the Tab key; returns whether the key was one of ours."""
    links = link.closest("[role=toolbar]").querySelectorAll("a")
    position = next(i for i in range(links.length) if links[i] == link)
    targets = {"ArrowRight": position + 1, "ArrowLeft": position - 1, "Home": 0, "End": links.length - 1}
    if key not in targets:
        return False
    target = links[targets[key] % links.length]
    link.tabIndex, target.tabIndex = -1, 0
    target.focus()
    return True


def tell(text):
    """Says what is under the cursor; nothing, where it is nowhere."""
    document.querySelector("[data-region=cursor]").textContent = text


def leave(container):
    """The chart has lost the focus: its cursor is gone, where it was is remembered."""
    drawn = charts.chart(container.dataset.figure)
    if drawn is not None and container.dataset.figure in _cursors.places:
        window.Plotly.Fx.unhover(drawn)
    tell("")


def under(container):
    """The trace and the point, or cell, under the cursor; None where there is none."""
    name = container.dataset.figure
    drawn = charts.chart(name)
    if drawn is None or name not in _cursors.places:
        return None
    first, second = _cursors.places[name]
    if drawn.data[0].type == "heatmap":
        return drawn.data[0], [first, second]
    return drawn.data[first], second


def row_at(trace, point):
    """The row of the instrument's table that a point stands for, by its index; None where it is no row's."""
    meta = getattr(trace, "meta", None)
    return int(meta.rows[point]) if hasattr(meta, "rows") else None


def element_at(trace, point):
    """The flat index of the number that a point or cell of a trace stands for, of several the first; or None."""
    if trace.type == "heatmap":
        if not hasattr(getattr(trace, "meta", None), "columns"):
            return None
        row, column = point[0] * trace.dy, point[1] * trace.dx
        return int(row * trace.meta.columns + column)
    if not hasattr(trace, "customdata"):
        return None
    return int(trace.customdata[point])


def _walk_points(drawn, container, step, told):
    """From point to point of a trace, and from trace to trace."""
    traces = [position for position in range(drawn.data.length) if _n_points(drawn, position) > 0]
    if not traces:
        return ""
    name = container.dataset.figure
    trace, point = _cursors.places.get(name, (traces[0], -1))
    place = traces.index(trace) if trace in traces else 0
    trace = traces[(place + step[0]) % len(traces)]
    point = max(0, min(point + step[1], _n_points(drawn, trace) - 1))
    _cursors.places[name] = (trace, point)
    window.Plotly.Fx.hover(drawn, ffi.to_js([{"curveNumber": trace, "pointNumber": point}]))
    full = drawn._fullData[trace]
    element = element_at(drawn.data[trace], point)
    said = "" if element is None else told(element)
    if not said and hasattr(drawn.data[trace], "hovertext") and hasattr(drawn.data[trace].hovertext, "at"):
        said = str(drawn.data[trace].hovertext[point]).replace("<br>", ", ")
    if not said:
        said = words.COORDINATES.format(x=_short(full.x, point), y=_short(full.y, point))
    return words.POINT.format(trace=str(full.name), words=said, n=point + 1, total=full.x.length)


def _n_points(drawn, trace):
    full = drawn._fullData[trace]
    has_points = full.type in ("scatter", "bar") and getattr(full, "hoverinfo", "") != "skip"
    return full.x.length if has_points and hasattr(full, "x") and hasattr(full, "y") else 0


def _walk_maps(drawn, maps, container, step):
    """From cell to cell."""
    name = container.dataset.figure
    first = drawn._fullData[maps[0]]
    row, column = _cursors.places.get(name, (0, -1))
    row = max(0, min(row + step[0], first.z.length - 1))
    column = max(0, min(column + step[1], first.z[row].length - 1))
    _cursors.places[name] = (row, column)
    shown = [drawn._fullData[position] for position in maps]
    hovered = [{"curveNumber": position, "pointNumber": [row, column]} for position in maps]
    subplots = [full.xaxis + full.yaxis for full in shown]
    window.Plotly.Fx.hover(drawn, ffi.to_js(hovered), ffi.to_js(subplots))
    cells = [str(full.name) + " " + _short(full.z[row], column) for full in shown]
    place = {"row": f"{first.y0 + row * first.dy:.6g}", "column": f"{first.x0 + column * first.dx:.6g}"}
    return words.CELL.format(words=", ".join(cells), **place)


def _short(numbers, position):
    """An item of a JavaScript array in six digits; it comes as text, for large whole numbers would arrive as 0."""
    text = numbers.slice(position, position + 1).join("")
    try:
        return f"{float(text):.6g}"
    except ValueError:
        return text

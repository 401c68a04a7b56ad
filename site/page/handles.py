"""Sliders laid over the histogram, and a cursor that walks along a chart: both by mouse, touch or keyboard."""

from pyscript import document, ffi, window

from page import charts

_cursor = {}  # name of the figure: [trace, point]


def lay(handles):
    """Lays the sliders of a chart over its x axis: `handles` is {instrument: {field: position}}."""
    for name, ends in handles.items():
        holder = document.querySelector('[data-handles="' + name + '"]')
        drawn = charts.chart(name)
        if holder is None or drawn is None or not hasattr(drawn, "_fullLayout"):
            continue
        size = drawn._fullLayout._size
        low, high = sorted(float(end) for end in drawn._fullLayout.xaxis.range)
        holder.style.setProperty("--start", str(size.l) + "px")
        holder.style.setProperty("--width", str(size.w) + "px")
        for slider in holder.querySelectorAll("[data-handle]"):
            if slider == document.activeElement:
                continue  # it is where the hand is
            slider.min, slider.max = str(low), str(high)
            slider.step = str((high - low) / 400)
            slider.value = str(ends[slider.dataset.handle])


def positions(name):
    """What the sliders of a chart say, by field, the lower first."""
    holder = document.querySelector('[data-handles="' + name + '"]')
    return {slider.dataset.handle: slider.value for slider in holder.querySelectorAll("[data-handle]")}


def walk(container, key):
    """Moves the cursor of a chart by an arrow key and says where it is; returns whether the key was one of ours."""
    steps = {"ArrowRight": (0, 1), "ArrowLeft": (0, -1), "ArrowDown": (1, 0), "ArrowUp": (-1, 0)}
    if key not in steps:
        return False
    name = container.dataset.figure
    drawn = charts.chart(name)
    if drawn is None:
        return False
    traces = [position for position in range(drawn.data.length) if _points(drawn, position) > 0]
    if not traces:
        return False
    trace, point = _cursor.get(name, (traces[0], -1))
    by_trace, by_point = steps[key]
    place = traces.index(trace) if trace in traces else 0
    trace = traces[(place + by_trace) % len(traces)]
    point = max(0, min(point + by_point, _points(drawn, trace) - 1))
    _cursor[name] = (trace, point)
    window.Plotly.Fx.hover(drawn, ffi.to_js([{"curveNumber": trace, "pointNumber": point}]))
    document.querySelector("[data-region=cursor]").textContent = _words(drawn, trace, point)
    return True


def _points(drawn, trace):
    full = drawn._fullData[trace]
    has_points = full.type in ("scatter", "bar") and getattr(full, "hoverinfo", "") != "skip"
    return full.x.length if has_points and hasattr(full, "x") and hasattr(full, "y") else 0


def _words(drawn, trace, point):
    full = drawn._fullData[trace]
    place = f"point {point + 1} of {full.x.length}"
    return f"{full.name}: x {_short(full.x[point])}, y {_short(full.y[point])}; {place}"


def _short(value):
    return f"{value:.6g}" if isinstance(value, (int, float)) else str(value)

"""Sliders laid over the histogram, moved by mouse, touch or keyboard."""

from pyscript import document

from page import charts


def lay(handles):
    """Lays the sliders of a chart over its x axis: `handles` is {instrument: {field: position}}."""
    for name, ends in handles.items():
        holder = document.querySelector('[data-handles="' + name + '"]')
        drawn = charts.chart(name)
        if holder is None or drawn is None or not hasattr(drawn, "_fullLayout"):
            continue
        size = drawn._fullLayout._size
        # as text: whole numbers of JavaScript's beyond 2**31 would arrive as 0
        low, high = sorted(float(end) for end in drawn._fullLayout.xaxis.range.join(" ").split())
        holder.style.setProperty("--start", str(size.l) + "px")
        holder.style.setProperty("--width", str(size.w) + "px")
        for slider in holder.querySelectorAll("[data-handle]"):
            if slider == document.activeElement:
                continue  # the user is dragging it
            slider.min, slider.max = str(low), str(high)
            slider.step = str((high - low) / 400)
            slider.value = str(ends[slider.dataset.handle])


def positions(name):
    """What the sliders of a chart say, by field, the lower first."""
    holder = document.querySelector('[data-handles="' + name + '"]')
    return {slider.dataset.handle: slider.value for slider in holder.querySelectorAll("[data-handle]")}

"""Sliders laid over the histogram, moved by mouse, touch or keyboard."""

from pyscript import document

from page import charts, words
from page.unfinished import round_step

N_STEPS = 200  # of a slider, at least


def lay(handles, told):
    """Lays the sliders of a chart over its x axis: `handles` is {instrument: {field: position}}.

    Each moves by a round step from where its end of the range is now, so its own scale begins a little lower.
    """
    for name, ends in handles.items():
        holder = document.querySelector('[data-handles="' + name + '"]')
        drawn = charts.chart(name)
        if holder is None or drawn is None or not hasattr(drawn, "_fullLayout"):
            continue
        size = drawn._fullLayout._size
        larger = drawn.getBoundingClientRect().width / max(drawn.clientWidth, 1)  # than it was drawn
        # as text: whole numbers of JavaScript's beyond 2**31 would arrive as 0
        low, high = sorted(float(end) for end in drawn._fullLayout.xaxis.range.join(" ").split())
        step = round_step((high - low) / N_STEPS)
        for slider in holder.querySelectorAll("[data-handle]"):
            end = ends[slider.dataset.handle]
            said = words.HANDLES_AT[slider.dataset.handle].format(number=f"{end:.6g}")
            slider.setAttribute("aria-valuetext", said + told)
            if slider == document.activeElement and slider.dataset.step == str(step):
                continue  # the user is dragging it
            slider.dataset.step = str(step)
            first = end - step * int((end - low) / step + 1)
            last = end + step * int((high - end) / step + 1)
            slider.min, slider.max, slider.step, slider.value = str(first), str(last), str(step), str(end)
            per_unit = larger * size.w / (high - low)
            slider.style.setProperty("--start", str(larger * size.l + (first - low) * per_unit) + "px")
            slider.style.setProperty("--width", str((last - first) * per_unit) + "px")
        holder.dataset.laid = "true"


def text_of(slider):
    """What a slider says, without the last digits of its floating-point steps."""
    return f"{float(slider.value):.6g}"

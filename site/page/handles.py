"""Sliders laid over charts, for mouse, touch and keyboard: they move the ends of the range, and single values."""

from pyscript import document

from page import charts, words
from page.unfinished import in_steps, number_spans, round_step

N_STEPS = 200  # of a slider for an end of the range, at least


def lay(talk, item):
    """Lays the sliders of an instrument over its chart, if both are there: each where its `handles` say.

    Each moves by a round step from where it is now, so its own scale begins a little lower than the axis. The one that
    is being moved stays where it is, but what is said of it is new.
    """
    holder = document.querySelector('[data-handles="' + item["name"] + '"]')
    drawn = charts.chart(item["name"])
    if holder is None or drawn is None or not hasattr(drawn, "_fullLayout"):
        return
    for slider in holder.querySelectorAll("[data-handle]"):
        field = slider.dataset.handle
        if field not in item["handles"]:
            continue  # the answer before had it
        at, element = item["handles"][field], element_of(slider)
        if element is None:
            said = words.HANDLES_AT[field].format(number=f"{at:.6g}") + talk.error_words()
        else:
            said = talk.words_of(element)
        slider.title = said
        slider.setAttribute("aria-valuetext", said)
        if slider.hasAttribute("data-moved"):
            continue
        if slider == document.activeElement and talk.is_behind():
            at = float(slider.value)  # keys are faster than answers
        _place(slider, drawn, at, element is not None)
        if field in item.get("heights", {}):
            _put_on_line(slider, holder, drawn, item["heights"][field])
    holder.dataset.laid = "true"


def element_of(slider):
    """The index of the value that a slider moves; None where it moves an end of the range."""
    index = slider.dataset.handle.partition(":")[2]
    return int(index) if index else None


def take(talk, slider):
    """The fields of a request, now that this slider was moved; the axis of its chart stays until it is let go."""
    slider.dataset.moved = "true"
    charts.hold(_chart_of(slider))
    element = element_of(slider)
    if element is None:
        return _range(talk, slider)
    text = talk.values()
    spans = number_spans(text)
    if element >= len(spans):
        return {}  # the text has been made shorter, and is not answered yet
    begin, end = spans[element]
    return {"values": text[:begin] + _text_of(slider) + text[end:], "element": str(element)}


def let_go(slider):
    """The slider is no longer moved."""
    if slider.hasAttribute("data-moved"):
        slider.removeAttribute("data-moved")
        charts.let_go(_chart_of(slider))


def _range(talk, slider):
    """What stands for the other end stays as it is; one that was searched for is said, too, for it is no search now."""
    end = _text_of(slider)
    is_told = talk.request_of("calibration") in ("minmax", "manual")
    fields = {} if is_told else talk.ends_of(_chart_of(slider))
    fields[slider.dataset.handle] = end
    if talk.request_of("scheme") == "symmetric":  # such a range is as wide as its farther end: both move
        reach = end[1:] if end.startswith("-") else end
        fields = {"range_min": "-" + reach, "range_max": reach}
    fields["calibration"] = "manual"
    return fields


def _chart_of(slider):
    return slider.closest("[data-handles]").dataset.handles


def _text_of(slider):
    return in_steps(float(slider.value), float(slider.dataset.step))


def _place(slider, drawn, at, is_fine):
    """Gives a slider the steps and the room that are those of the axis."""
    axis = drawn._fullLayout.xaxis
    # as text: whole numbers of JavaScript's beyond 2**31 would arrive as 0
    low, high = sorted(float(end) for end in axis.range.join(" ").split())
    step = round_step((high - low) / (axis._length if is_fine else N_STEPS))
    first = at - step * int((at - low) / step + 1)
    last = at + step * int((high - at) / step + 1)
    slider.dataset.step = str(step)
    slider.min, slider.max, slider.step, slider.value = str(first), str(last), str(step), str(at)
    larger = _larger(drawn)
    per_unit = larger * axis._length / (high - low)
    slider.style.setProperty("--start", str(larger * axis._offset + (first - low) * per_unit) + "px")
    slider.style.setProperty("--width", str((last - first) * per_unit) + "px")


def _put_on_line(slider, holder, drawn, height):
    """Puts a slider at a height of the y axis, seen from where its holder is."""
    axis = drawn._fullLayout.yaxis
    down = _larger(drawn) * (axis._offset + axis.l2p(height))
    here, chart = holder.getBoundingClientRect(), drawn.getBoundingClientRect()
    slider.style.setProperty("--down", str(chart.top + down - here.top) + "px")


def _larger(drawn):
    """How much larger a chart is shown than it was drawn."""
    return drawn.getBoundingClientRect().width / max(drawn.clientWidth, 1)

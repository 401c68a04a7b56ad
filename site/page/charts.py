"""Plotly, called in this one place: figures come from the answer, their theme from the page's style sheet."""

import asyncio

from pyscript import document, ffi, window

from page import dom, keeping, palette, theme, turns

SCRIPT = "vendor/plotly/plotly.min.js"
PAPER_WIDE, PAPER_HALF = 690, 340  # pixels on A4 and Letter
PAPER_SCALE = 0.78  # as in css/blocks.css
PAPER_LEGEND = 11  # pixels, before that scale: so that a legend is one line
CONFIG = {"displaylogo": False, "responsive": True, "displayModeBar": False}


class Charts:
    """The figures of the page, and how far they are drawn."""

    def __init__(self):
        """Begins without any."""
        self.figures = {}  # name: the figure last shown, a JavaScript object
        self.waiting = set()  # the names of those that are not drawn yet
        self.marks = {}  # by name, the number that a chart marks for the moment; None for none
        self.listeners = []  # called with Plotly's event when a point is clicked
        self.drawn = []  # called with a chart's name when it has been drawn
        self.kept = None  # the figures that stay in grey behind them, a JavaScript object; None for none
        self.kept_name = ""  # what they are called in legends
        self.kept_fits = False  # whether they are of the same numbers
        self.held = {}  # by name, the range of the x axis of a chart of which something is being dragged
        self.look = None  # what is made of the theme of the moment, once it was needed


_charts = Charts()


def forget_drawings():
    """Takes away the drawings of the notebook's example, before an answer to something else is shown."""
    for drawn in document.querySelectorAll("[data-figure] > svg"):
        drawn.remove()


def on_point(listener):
    """Calls a JavaScript function with Plotly's event when a point of any chart is clicked."""
    _charts.listeners.append(listener)


def on_drawn(listener):
    """Calls a function with the name of each chart that has been drawn."""
    _charts.drawn.append(listener)


def load():
    """Fetches Plotly, if that has not been done; until it is there, the drawings made by the build stand in."""
    if document.querySelector('script[src="' + SCRIPT + '"]') is None:
        script = document.createElement("script")
        script.src = SCRIPT
        script.onload = ffi.create_proxy(lambda event: redraw())
        script.onerror = ffi.create_proxy(lambda event: _miss(script))
        document.head.appendChild(script)


def _miss(script):
    """Plotly did not arrive: it is said, and asked for again at the next occasion."""
    script.remove()
    document.dispatchEvent(window.CustomEvent.new("quantlab:uncharted"))


def near(screens=0.5, among=None):
    """The names of the instruments, all or among some, that are on the screen, or so many screens beyond its edge."""
    if among is not None:
        return [name for name in among if dom.is_near(document.querySelector(f'[data-instrument="{name}"]'), screens)]
    cards = document.querySelectorAll("[data-instrument]:not([hidden])")
    return [card.dataset.instrument for card in cards if dom.is_near(card, screens)]


def show(figures, among=None):
    """Takes figures, a JavaScript object by name, or some of them, also those that have no place yet."""
    for name in window.Object.keys(figures):
        if among is None or name in among:
            _charts.figures[name] = getattr(figures, name)
            _charts.waiting.add(name)


def put_behind(figures, name, fits):
    """Takes the figures of a kept result, a JavaScript object by name or None, to be drawn behind if they fit."""
    _charts.kept, _charts.kept_name, _charts.kept_fits = figures, name, fits


def with_kept():
    """Of the figures behind which one of the kept result is to stay, by name, whether it can."""
    found = {}
    for name in _charts.figures:
        kept = _behind(name)
        if kept is not None:
            found[name] = _charts.kept_fits and keeping.fit(_charts.figures[name], kept)
    return found


def _behind(name):
    """The kept figure that is to stay behind a figure; None where there is none, or it is the same."""
    kept = None if _charts.kept is None else getattr(_charts.kept, name, None)
    is_there = kept is not None and keeping.stays(kept) and not window.Object["is"](kept, _charts.figures[name])
    return kept if is_there else None


def put_shown(figures, names):
    """Puts the named figures as they are shown in the places of their equals, so that there is one of each."""
    for name in names:
        if hasattr(figures, name):
            setattr(figures, name, _charts.figures[name])


def made(figures):
    """Figures by name as JavaScript's objects."""
    return ffi.to_js(figures)


def mark(name, number):
    """Marks a number in a chart that has a place for it, or none."""
    if _charts.marks.get(name) != number:
        _charts.marks[name] = number
        if name in _charts.figures:
            _charts.waiting.add(name)
            draw_near()


def hold(name):
    """Keeps the x axis of a chart as it is, while something of it is dragged."""
    if name not in _charts.held:
        _charts.held[name] = chart(name)._fullLayout.xaxis.range.slice()


def let_go(name):
    """Lets the x axis of a chart fit what is drawn from now on."""
    if _charts.held.pop(name, None) is not None:
        _charts.waiting.add(name)
        draw_near()


async def draw(names):
    """Draws those of the named figures that wait, in turns."""
    for name in names:
        if name in _charts.waiting:
            await turns.pause()
        container = document.querySelector('[data-figure="' + name + '"]')
        if name in _charts.waiting and container is not None:
            _charts.waiting.discard(name)
            _draw(container, name)


async def draw_rest(is_busy):
    """Draws all that waits, at leisure, until something else is to be done."""
    for container in document.querySelectorAll("[data-figure]"):
        if container.dataset.figure in _charts.waiting and container.checkVisibility():
            await asyncio.sleep(0.03)
            if is_busy():
                return
            await draw([container.dataset.figure])


def resize():
    """Gives the charts on the screen the size of their places, which may have changed while they were not shown."""
    for drawn in document.querySelectorAll("[data-figure] > .chart"):
        if drawn.checkVisibility():
            window.Plotly.Plots.resize(drawn)


def draw_near():
    """Draws what waits on the screen or near it, as soon as nothing else is to be done."""
    asyncio.create_task(draw(near()))


def draw_all():
    """Draws all that waits at once, for paper."""
    for container in document.querySelectorAll("[data-figure]"):
        if container.dataset.figure in _charts.waiting:
            _charts.waiting.discard(container.dataset.figure)
            _draw(container, container.dataset.figure)


def fit_paper(is_printing):
    """Gives the charts the width of paper, where two stand beside each other, or that of the screen again."""
    for drawn in document.querySelectorAll("[data-figure] > .chart"):
        size = {"autosize": True, "width": None, "height": None, "legend.font.size": None}
        if is_printing:
            width, height = _on_paper(drawn)
            drawn.parentElement.style.setProperty("--on-paper", f"{height}px")
            size = {"width": width / PAPER_SCALE, "height": height / PAPER_SCALE, "legend.font.size": PAPER_LEGEND}
        window.Plotly.relayout(drawn, ffi.to_js(size))


def _on_paper(drawn):
    """The size of a chart there; a tall one, and one with steps of its own below it, has all of the width."""
    if drawn.closest(".figure-wide") is not None:
        return PAPER_WIDE, 250 if hasattr(drawn.layout, "yaxis3") else 208  # with a strip of all blocks or without
    card = drawn.closest(".card")
    if card is not None and card.classList.contains("card-tall"):
        return PAPER_WIDE, 360 if hasattr(drawn.layout, "yaxis3") else 266  # two rows of plots or one
    height = 200 if hasattr(drawn.layout.yaxis, "domain") else 168  # two plots or one
    return PAPER_HALF if card is None or card.querySelector(".steps") is None else PAPER_WIDE, height


def redraw():
    """Draws every figure again, in the theme of the moment, when it is on the screen."""
    _charts.look = None
    _charts.waiting.update(_charts.figures)
    draw_near()
    asked = document.querySelectorAll("[data-region=inspection] [data-figure]")
    asyncio.create_task(draw([container.dataset.figure for container in asked]))


def chart(name):
    """The element that Plotly drew a figure into; None while there is none."""
    return document.querySelector('[data-figure="' + name + '"] > .chart')


def download(name, kind):
    """Saves a chart as a picture, "svg" or "png", on white paper."""
    look = Look("light")
    picture = window.Object.new()
    figure = _with_kept(name)
    picture.data, picture.layout = figure.data, window.Object.assign(window.Object.new(), figure.layout)
    picture.layout.template = look.template
    picture.layout.paper_bgcolor = "#ffffff"
    picture.config = ffi.to_js(CONFIG)
    size = {"format": kind, "filename": "quantization-lab-" + name, "width": 960, "height": 480, "scale": 2}
    window.Plotly.downloadImage(picture, ffi.to_js(size))


def _with_kept(name):
    """A figure, with what is kept of its like behind it if that fits."""
    figure, kept = _charts.figures[name], _behind(name)
    if kept is not None and _charts.kept_fits and keeping.fit(figure, kept):
        return keeping.behind(figure, kept, _charts.kept_name)
    return figure


def _draw(container, name):
    if not hasattr(window, "Plotly"):
        _charts.waiting.add(name)
        load()
        return
    if _charts.look is None:
        _charts.look = Look(theme.current())
    figure, drawn = _with_kept(name), container.querySelector(".chart")
    for trace in figure.data:
        if hasattr(trace, "meta") and hasattr(trace.meta, "room"):
            trace.visible = (container if drawn is None else drawn).clientWidth >= trace.meta.room
        if hasattr(trace, "meta") and hasattr(trace.meta, "flipped"):
            _move(trace, _charts.marks.get(name))
    figure = palette.painted(figure, _charts.look.colors)
    layout = window.Object.assign(window.Object.new(), figure.layout)
    layout.template = _charts.look.template
    if name in _charts.held:
        _hold_axes(layout, _charts.held[name])
    if drawn is None:
        drawn = document.createElement("div")
        drawn.className = "chart"
        container.replaceChildren(drawn)
        window.Plotly.newPlot(drawn, figure.data, layout, ffi.to_js(CONFIG))
        for listener in _charts.listeners:
            drawn.on("plotly_click", listener)
        drawn.on("plotly_relayout", ffi.create_proxy(lambda event: _tell_drawn(name)))  # its size is another
    else:
        window.Plotly.react(drawn, figure.data, layout, ffi.to_js(CONFIG))
    _tell_drawn(name)


def _tell_drawn(name):
    for listener in _charts.drawn:
        listener(name)


def _hold_axes(layout, span):
    """Gives the x axis, and the one that runs with it, a range instead of their own."""
    for name in window.Object.keys(layout):
        if name == "xaxis" or (name.startswith("xaxis") and getattr(getattr(layout, name), "matches", "") == "x"):
            axis = window.Object.assign(window.Object.new(), getattr(layout, name))
            axis.range = span.slice()
            setattr(layout, name, axis)


def _move(trace, number):
    """Puts the one mark of a trace at a number; on a logarithmic line at its magnitude, beside its sign."""
    is_log = trace.meta.flipped == "log"
    is_shown = number is not None and (number != 0 or not is_log)
    trace.x = ffi.to_js([abs(number) if is_log else number] if is_shown else [])
    trace.y = ffi.to_js([(1 if number > 0 else -1) if is_log else 0] if is_shown else [])


class Look:
    """What a theme, "light" or "dark", makes of figures."""

    def __init__(self, scheme):
        """Asks the style sheet."""
        self.template = _template(scheme)
        self.colors = palette.twins(scheme)


def _template(scheme):
    """The page's fonts and colours as a Plotly template, read off an element: a token holds both themes' colours."""
    probe = document.createElement("span")
    probe.style.colorScheme = scheme
    document.body.appendChild(probe)
    style = window.getComputedStyle(probe)

    def token(name):
        probe.style.color = "var(--" + name + ")"
        return style.color

    axis = {
        "gridcolor": token("line"),
        "linecolor": token("line-strong"),
        "zerolinecolor": token("line-strong"),
        "tickcolor": token("line-strong"),
        "automargin": True,
        "exponentformat": "power",  # 5 × 10⁻⁸, not 50n
        "minexponent": 4,
        "ticklabeloverflow": "allow",  # else every label is measured on every drawing; margins have room for them
    }
    layout = {
        "font": {"family": style.fontFamily, "size": 13, "color": token("ink")},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "xaxis": axis,
        "yaxis": axis,
        "hoverlabel": {"bgcolor": token("paper"), "bordercolor": token("line-strong"), "font": {"color": token("ink")}},
    }
    probe.remove()
    return ffi.to_js({"layout": layout})

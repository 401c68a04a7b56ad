"""Plotly, called in this one place: figures come from the answer, their theme from the page's style sheet."""

from pyscript import document, ffi, window

SCRIPT = "vendor/plotly/plotly.min.js"
CONFIG = {"displaylogo": False, "responsive": True, "displayModeBar": False}

_figures = {}  # name: the figure last shown, a JavaScript object


def forget_drawings():
    """Takes away the drawings of the notebook's example, before an answer to something else is shown."""
    for drawn in document.querySelectorAll("[data-figure] > svg"):
        drawn.remove()


def load():
    """Fetches Plotly, if that has not been done; until it is there, the drawings made by the build stand in."""
    if document.querySelector('script[src="' + SCRIPT + '"]') is None:
        script = document.createElement("script")
        script.src = SCRIPT
        script.onload = ffi.create_proxy(lambda event: redraw())
        document.head.appendChild(script)


def near():
    """The names of the instruments on the screen or just beyond its edge."""
    height = window.innerHeight
    found = []
    for card in document.querySelectorAll("[data-instrument]:not([hidden])"):
        box = card.getBoundingClientRect()
        if -height / 2 < box.bottom and box.top < 1.5 * height:
            found.append(card.dataset.instrument)
    return found


def show(figures):
    """Draws figures, a JavaScript object by name; those that it does not name stay as they are."""
    for container in document.querySelectorAll("[data-figure]"):
        name = container.dataset.figure
        if hasattr(figures, name):
            _figures[name] = getattr(figures, name)
            _draw(container, _figures[name])


def redraw():
    """Draws every figure again, in the theme of the moment."""
    for container in document.querySelectorAll("[data-figure]"):
        if container.dataset.figure in _figures:
            _draw(container, _figures[container.dataset.figure])


def chart(name):
    """The element that Plotly drew a figure into; None while there is none."""
    return document.querySelector('[data-figure="' + name + '"] > .chart')


def download(name, kind):
    """Saves a chart as a picture, "svg" or "png"."""
    size = {"format": kind, "filename": "quantization-lab-" + name, "width": 960, "height": 480, "scale": 2}
    window.Plotly.downloadImage(chart(name), ffi.to_js(size))


def _draw(container, figure):
    if not hasattr(window, "Plotly"):
        load()
        return
    layout = window.Object.assign(window.Object.new(), figure.layout)
    layout.template = _template()
    config = ffi.to_js(CONFIG)
    drawn = container.querySelector(".chart")
    if drawn is None:
        drawn = document.createElement("div")
        drawn.className = "chart"
        container.replaceChildren(drawn)
        window.Plotly.newPlot(drawn, figure.data, layout, config)
    else:
        window.Plotly.react(drawn, figure.data, layout, config)


def _template():
    """The page's fonts and colours; a colour is read off an element, for a token still holds both schemes' colours."""
    probe = document.createElement("span")
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

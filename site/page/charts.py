"""Plotly, called in this one place: figures come from the answer, their theme from the page's style sheet."""

from pyscript import document, ffi, window

SCRIPT = "vendor/plotly/plotly.min.js"
CONFIG = {"displaylogo": False, "responsive": True, "displayModeBar": False}

_figures = {}


def drawings():
    """The drawings that the build made, by name of their figure."""
    return {drawn.parentNode.dataset.figure: drawn for drawn in document.querySelectorAll("[data-figure] > svg")}


def stand_in(drawn):
    """Puts drawings back where their figures are, until charts replace them."""
    for container in document.querySelectorAll("[data-figure]"):
        if container.firstChild is None and container.dataset.figure in drawn:
            container.appendChild(drawn[container.dataset.figure])


def load():
    """Fetches Plotly; until it is there, the drawings made by the build stand in."""
    if document.querySelector('script[src="' + SCRIPT + '"]') is not None:
        return
    script = document.createElement("script")
    script.src = SCRIPT
    script.onload = ffi.create_proxy(lambda event: redraw())
    document.head.appendChild(script)


def show(figures):
    """Draws the figures of an answer, a JavaScript object by name."""
    for container in document.querySelectorAll("[data-figure]"):
        name = container.dataset.figure
        if hasattr(figures, name):
            _figures[name] = getattr(figures, name)
    redraw()


def redraw():
    """Draws every figure again, in the theme of the moment; does nothing before both Plotly and figures are there."""
    if not hasattr(window, "Plotly") or not _figures:
        return
    template = _template()
    config = ffi.to_js(CONFIG)
    for name, figure in _figures.items():
        container = document.querySelector('[data-figure="' + name + '"]')
        layout = window.Object.assign(window.Object.new(), figure.layout)
        layout.template = template
        drawn = container.querySelector(".chart")
        if drawn is None:
            drawn = document.createElement("div")
            drawn.className = "chart"
            container.replaceChildren(drawn)
            window.Plotly.newPlot(drawn, figure.data, layout, config)
        else:
            window.Plotly.react(drawn, figure.data, layout, config)


def _template():
    style = window.getComputedStyle(document.documentElement)

    def token(name):
        return style.getPropertyValue("--" + name).strip()

    axis = {
        "gridcolor": token("line"),
        "linecolor": token("line-strong"),
        "zerolinecolor": token("line-strong"),
        "tickcolor": token("line-strong"),
        "automargin": True,
    }
    layout = {
        "font": {"family": token("font-text"), "size": 13, "color": token("ink")},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "xaxis": axis,
        "yaxis": axis,
        "hoverlabel": {"bgcolor": token("paper"), "bordercolor": token("line-strong"), "font": {"color": token("ink")}},
    }
    return ffi.to_js({"layout": layout})

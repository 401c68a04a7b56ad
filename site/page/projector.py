"""The view for a room: larger, settings in two lines, and the picture below them; css/blocks.css has its looks."""

from pyscript import document

from page import address, charts

NAME = "projector"  # as `view` in the address

root = document.documentElement


def is_on():
    """Whether the page is so."""
    return address.state.appearance.get("view") == NAME


def dress():
    """Gives the page the view that the address names."""
    if is_on():
        root.dataset.view = NAME
    else:
        root.removeAttribute("data-view")
    for switch in document.querySelectorAll('[data-action="projector"]'):
        switch.setAttribute("aria-pressed", "true" if is_on() else "false")


def switch(talk, button):
    """Changes to this view, or back, and notes it in the address."""
    if is_on():
        address.state.appearance.pop("view")
    else:
        address.state.appearance["view"] = NAME
    address.write(talk.chosen, talk.defaults, None)
    dress()
    charts.resize()
    charts.redraw()


def leave(talk):
    """Changes back."""
    if is_on():
        switch(talk, None)

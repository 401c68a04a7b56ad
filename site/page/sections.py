"""The sections of the results, of which one is shown; all of them without a script, and on paper."""

from pyscript import document

from page import address, charts, views

ALL = "all"

root = document.documentElement


def names():
    """Of all sections, in the order of their links."""
    return [link.dataset.opens for link in document.querySelectorAll("[data-opens]")]


def dress():
    """Shows the section that the address names."""
    name = address.state.appearance.get("section", views.MAP)
    _show(name if name == ALL or name in names() else views.MAP)


def open_(talk, link):
    """Shows the section of a link, and notes it in the address."""
    go(talk, link.dataset.opens)


def go(talk, name):
    """Shows a section, and notes it in the address."""
    _show(name)
    if name == views.MAP:
        address.state.appearance.pop("section", None)
    else:
        address.state.appearance["section"] = name
    address.write(talk.chosen, talk.defaults, None)
    charts.resize()
    charts.draw_near()


def reveal(talk, element):
    """Shows the section in which an element is."""
    if element is None or not root.hasAttribute("data-section"):
        return  # an embed shows what its host names
    section = element.closest(".results [data-section]")
    if section is not None and root.dataset.section not in (section.dataset.section, ALL):
        go(talk, section.dataset.section)


def print_all(is_printing):
    """Shows all sections, for paper, or only the open one again."""
    if is_printing:
        root.dataset.section = ALL
    else:
        dress()


def _show(name):
    root.dataset.section = name
    for link in document.querySelectorAll("[data-opens]"):
        if link.dataset.opens == name:
            link.setAttribute("aria-current", "true")
        else:
            link.removeAttribute("aria-current")

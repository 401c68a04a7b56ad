"""Which theme is on."""

from pyscript import document, window

root = document.documentElement


def is_dark():
    """Whether the page is dark, by the reader's choice or else the system's."""
    chosen = root.getAttribute("data-theme")
    if chosen:
        return chosen == "dark"
    return window.matchMedia("(prefers-color-scheme: dark)").matches


def current():
    """The name of the theme that is on."""
    return "dark" if is_dark() else "light"

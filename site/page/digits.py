"""All digits of a number of which fewer are seen: reached by the keyboard, and copied.

Such a cell, figure or number of a sentence has them as its title. Of each table, list of figures or paragraph the first
is a stop of the Tab key, and arrow keys lead to the others; the one with the focus shows all of its digits.
"""

from pyscript import document, window

NUMBER = "[tabindex][title]:is(td, th, output, data)"
STEPS = {"ArrowRight": 1, "ArrowLeft": -1, "ArrowDown": 1, "ArrowUp": -1}


def turn_inwards(place):
    """Lets the digits of a number of a sentence, which may stand anywhere in its line, reach inwards from there."""
    if place.matches("p data"):
        number, around = place.getBoundingClientRect(), place.closest("p").getBoundingClientRect()
        is_late = number.left + number.right > around.left + around.right
        place.classList.toggle("short-late", is_late)


def walk(place, key):
    """Moves the focus to the next number by an arrow key, or in its column; whether the key was one of ours."""
    if key not in STEPS:
        return False
    found = place.closest("table, dl, p").querySelectorAll("[tabindex][title]")
    stops = [found[i] for i in range(found.length)]
    if key in ("ArrowUp", "ArrowDown"):
        left = place.getBoundingClientRect().left
        stops = [stop for stop in stops if abs(stop.getBoundingClientRect().left - left) < 1]
    target = next(i for i in range(len(stops)) if stops[i] == place) + STEPS[key]
    if 0 <= target < len(stops):
        stops[target].focus()
    return True


def copied():
    """The text to copy instead of the one selected: all digits of the numbers in it; empty where it is as good."""
    selection = window.getSelection()
    if selection.isCollapsed:
        place = document.activeElement
        return _plain(place.title) if place.matches(NUMBER) else ""
    chosen = selection.getRangeAt(0)
    around = chosen.commonAncestorContainer
    around = around if around.nodeType == 1 else around.parentElement
    place = around.closest(NUMBER)
    if place is not None:
        return _plain(place.title) if str(selection.toString()).strip() == place.textContent else ""
    if around.closest("table") is None:
        return ""
    return "\n".join(["\t".join(line) for line in _lines(chosen.cloneContents())])


def _lines(part):
    """The cells of a part of a table, line by line."""
    rows = part.querySelectorAll("tr")
    for row in [rows[i] for i in range(rows.length)] or [part]:
        cells = row.querySelectorAll("th, td")
        cells = [cells[i] for i in range(cells.length)]
        yield [_plain(cell.title if cell.hasAttribute("tabindex") else cell.textContent) for cell in cells]


def _plain(text):
    """A text as programs read it."""
    return text.replace("−", "-")

"""The state of the page: the fields that were chosen, kept in the address after `#` as a query string.

Every edit is a place in the browser's history, so going back is undoing; edits of the same field in a row are one. In a
frame they leave no trace there: the history is the host's. Beside the fields of a request an address may hold those of
the page's appearance.
"""

from pyscript import window

from page.form import LONG

# what only the page knows, and the lab is not asked about
APPEARANCE = ("theme", "background", "controls", "group", "section", "view")
LONGEST = 100_000  # characters of a link; the texts of a link of ours are up to form.LONGEST each
IS_FRAMED = not window.Object["is"](window.parent, window.self)  # `window` itself is a module here, no object


class State:
    """What the address says beside the request, and where the page is in the browser's history, counted in edits."""

    def __init__(self):
        """Begins before the first edit."""
        self.appearance = {}  # what the address says of it, by name
        self.field = None  # what was edited last, so long as the next edit of it shares the place
        self.depth = 0
        self.deepest = 0

    def go_deeper(self):
        """Notes a new place behind the present one."""
        self.depth += 1
        self.deepest = self.depth


state = State()


def read():
    """The chosen fields in the address; empty when what follows `#` is only the name of a place on the page."""
    if is_too_long():
        return {}
    text = window.location.hash[1:]
    if "=" not in text:
        return {}
    return take({str(pair[0]): str(pair[1]) for pair in window.Array["from"](window.URLSearchParams.new(text))})


def is_too_long():
    """Whether what follows `#` is longer than any link that this page makes."""
    return len(window.location.hash) > LONGEST


def take(fields):
    """Keeps what is about the appearance and returns the other fields, those of a request.

    The view stays what it was where they do not name one: a room follows links as it is.
    """
    view = state.appearance.get("view")
    state.appearance.clear()
    if view is not None:
        state.appearance["view"] = view
    for name in APPEARANCE:
        if name in fields:
            state.appearance[name] = fields.pop(name)
    return fields


def is_place():
    """Whether the address ends in the name of a place on the page instead of a state."""
    text = window.location.hash[1:]
    return bool(text) and "=" not in text


def write(chosen, defaults, edited):
    """Puts the fields that differ from their defaults into the address.

    `edited` names the field that was just edited: the first edit of it makes a new place in the history, what follows
    changes that place. None changes the present place.
    """
    told = dict(chosen)
    told.update(state.appearance)
    text = query_of(told, defaults)
    if "#" + text == (window.location.hash or "#"):
        return
    target = "#" + text if text else window.location.pathname + window.location.search
    if edited is None or edited == state.field or IS_FRAMED:
        window.history.replaceState(state.depth, "", target)
    else:
        state.go_deeper()
        window.history.pushState(state.depth, "", target)
    if edited is not None:
        state.field = edited


def query_of(chosen, defaults):
    """The fields that differ from their defaults, as a query string; texts too long for a link are left out."""
    query = window.URLSearchParams.new()
    for name in sorted(chosen):
        if chosen[name] not in (defaults.get(name), LONG):
            query.append(name, chosen[name])
    return str(query.toString())


def settle():
    """Ends the run of edits that share a place in the history."""
    state.field = None


def begin():
    """Numbers the present place in the history, so that it is known again."""
    window.history.replaceState(state.depth, "")


def moved():
    """Notes that the browser went back or forward in the history, or followed a link to a new place in it."""
    if isinstance(window.history.state, int):
        state.depth = window.history.state
    else:
        state.go_deeper()
        begin()
    settle()


def can_move():
    """Whether there is something to undo, and something to redo."""
    return state.depth > 0, state.depth < state.deepest

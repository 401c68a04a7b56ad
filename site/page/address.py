"""The state of the page: the fields that were chosen, kept in the address after `#` as a query string."""

from pyscript import window

LONGEST = 8_000  # characters of one field that a link may carry; longer texts stay in their control only


def read():
    """The chosen fields in the address; empty when what follows `#` is only the name of a place on the page."""
    text = window.location.hash[1:]
    if "=" not in text:
        return {}
    return {str(pair[0]): str(pair[1]) for pair in window.Array["from"](window.URLSearchParams.new(text))}


def is_place():
    """Whether the address ends in the name of a place on the page instead of a state."""
    text = window.location.hash[1:]
    return bool(text) and "=" not in text


def write(chosen, defaults):
    """Puts the fields that differ from their defaults into the address, in place of what stood there."""
    query = window.URLSearchParams.new()
    for name in sorted(chosen):
        if chosen[name] != defaults.get(name) and len(chosen[name]) <= LONGEST:
            query.append(name, chosen[name])
    text = str(query.toString())
    target = "#" + text if text else window.location.pathname + window.location.search
    if "#" + text != (window.location.hash or "#"):
        window.history.replaceState(None, "", target)

"""The page as a guest in another one: its appearance, and what it and its host say to each other.

A host, usually the element of runtime/quant-lab.js, and the frame talk by messages `{"quantlab": {...}}`:

    frame to host    {"kind": "height", "height": 412}
                     {"kind": "answer", "request": {...}, "answer": {...}}      the answer as the page publishes it
                     {"kind": "error", "errors": [{"field": .., "message": ..}]}
    host to frame    {"kind": "hello"}                    from then on the frame tells its answers to this origin
                     {"kind": "ask", "request": {...}}    to choose instead of all that was chosen; what is neither
                                                          text nor number is no choice

Anybody may show the page in a frame, and the height is no secret. What the reader types is told only to a parent that
has said hello, by name of its origin.
"""

from pyscript import document, ffi, window

from page import address, form
from page.dom import IS_EMBED

root = document.documentElement
PLAIN = (str, int, float, bool)
THEMES = ("dark", "light")


class Host:
    """The page around this one."""

    def __init__(self):
        """Begins before it has said anything."""
        self.origin = None  # who is told answers, once it has said hello
        self.height = 0  # what it knows of our height, in pixels


_host = Host()


def complete(chosen):
    """The chosen fields, with what an embed shows if nobody says."""
    if IS_EMBED and not chosen.get("show"):
        lead = document.querySelector("[data-first-reply]").dataset.instrument
        chosen["show"] = lead + "," + document.body.dataset.alsoShown
    return chosen


def dress():
    """Gives an embed the theme, background and controls that its address names."""
    if not IS_EMBED:
        return
    if address.state.appearance.get("theme") in THEMES:
        root.dataset.theme = address.state.appearance["theme"]
    else:
        root.removeAttribute("data-theme")
    root.dataset.background = address.state.appearance.get("background", "")
    window.quantlabForm.offer(address.state.appearance.get("controls"))


def arrange(chosen):
    """Shows the parts of an embed that `show` names, and leads the link to the laboratory to the same state."""
    if not IS_EMBED:
        return
    shown = chosen["show"].replace(",", " ").split()
    named = [part.dataset.part for part in document.querySelectorAll("[data-part]")]
    for part in document.querySelectorAll("[data-part]"):
        name = part.dataset.part
        part.hidden = name not in shown and not (name == "instruments" and set(shown) - set(named))
    fields = {name: text for name, text in chosen.items() if name != "show"}
    query = address.query_of(fields, {})
    for link in document.querySelectorAll("[data-laboratory]"):
        link.href = "index.html" + ("#" + query if query else "")


def begin(talk):
    """Listens to the host and tells it what happens here."""
    if not IS_EMBED or window.Object["is"](window.parent, window.self):
        return

    def on_message(event):
        is_hosts = window.Object["is"](event.source, window.parent) and hasattr(event.data, "quantlab")
        if is_hosts and hasattr(event.data.quantlab, "kind"):
            _hear(talk, event.data.quantlab, event.origin)

    def on_answer(event):
        _tell_answer(talk, event.detail)

    def on_failure(event):
        _tell({"kind": "error", "errors": [{"field": "", "message": event.detail}]}, _host.origin)

    window.self.addEventListener("message", ffi.create_proxy(on_message))
    document.addEventListener("quantlab:answer", ffi.create_proxy(on_answer))
    document.addEventListener("quantlab:failed", ffi.create_proxy(on_failure))
    window.ResizeObserver.new(ffi.create_proxy(_tell_height)).observe(document.body)
    _tell_height()


def _hear(talk, said, origin):
    if said.kind == "hello":
        _host.origin = "*" if origin == "null" else origin  # a page from a disk or a sandbox has no origin to name
        if talk.answer is not None:
            _tell_answer(talk, talk.answer)
    elif said.kind == "ask":
        fields = _fields(said.request) if hasattr(said, "request") else None
        if fields is not None:
            talk.start_over(address.take(fields))
            dress()


def _fields(request):
    """The texts and numbers of a host's request; None where it is no request at all."""
    if request is None or isinstance(request, PLAIN):
        return None
    pairs = [(str(pair[0]), pair[1]) for pair in window.Object.entries(request)]
    flags = {True: "1", False: "0"}
    return {
        name: flags[told] if isinstance(told, bool) else str(told) for name, told in pairs if isinstance(told, PLAIN)
    }


def _tell_height(*_):
    height = window.Math.ceil(document.body.getBoundingClientRect().height)
    if height != _host.height:
        _host.height = height
        _tell({"kind": "height", "height": height}, "*")


def _tell_answer(talk, answer):
    _tell_height()  # first, so that the host never shows an answer in the height of what stood there before
    if answer.ok:
        fields = {name: text for name, text in talk.chosen.items() if text != form.LONG}
        fields.update({name: text for name, text in address.state.appearance.items() if name != "group"})
        _tell({"kind": "answer", "request": fields}, _host.origin, answer)
    else:
        message = ffi.to_js({"kind": "error"})
        message.errors = answer.errors
        _post(message, _host.origin)


def _tell(content, origin, answer=None):
    message = ffi.to_js(content)
    if answer is not None:
        message.answer = answer
    _post(message, origin)


def _post(message, origin):
    if origin is not None:
        envelope = window.Object.new()
        envelope.quantlab = message
        window.parent.postMessage(envelope, origin)

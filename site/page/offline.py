"""Use without a network: the service worker is started after the first answer, and the page tells how far it is."""

import asyncio

from pyscript import document, ffi, window

from page import dom, words

PAUSE = 2  # seconds after the first answer, in which the page completes itself
CHECK_EVERY = 600  # seconds between checks for a newer build, when the reader comes back to the page

TEXTS = {
    "interrupted": words.OFFLINE_INTERRUPTED,
    "others": words.NEWER_LATER,
    "refused": words.OFFLINE_REFUSED,
    "saved": words.OFFLINE_SAVED,
}


class State:
    """How far the browser is with saving this page."""

    def __init__(self):
        """Begins before it was asked to."""
        self.registration = None  # the browser's own, once there is one
        self.checked = 0.0  # when a newer build was last looked for, in milliseconds
        self.wants_newer = False  # whether the reader has asked for the build that waits


_state = State()


def line(state, *numbers):
    """What the page says of its use without a network, as nodes of a line."""
    if state == "saving":
        done, total = [str(round(number / 1e6, 1)) for number in numbers]
        count = words.OFFLINE_COUNT.format(done=done, total=total)
        return [words.OFFLINE_SAVING, ["span", {"class": "count", "aria-hidden": "true"}, count]]
    if state == "newer":
        button = {"type": "button", "class": "button", "data-action": "take-over"}
        return [words.NEWER_READY, ["button", button, words.CHANGE_TO_NEWER]]
    return [TEXTS[state]]


def begin():
    """Lets the browser save the site, where it can, once the page has had its first answer."""
    if window.location.protocol.startswith("http"):
        once = ffi.to_js({"once": True})
        document.addEventListener("quantlab:answer", ffi.create_proxy(lambda event: _begin_soon()), once)


def take_over(talk, button):
    """Asks the newer build, which is saved and waits, to take the place of this one."""
    _state.wants_newer = True
    _state.registration.waiting.postMessage("quantlab:take-over")


def _begin_soon():
    asyncio.create_task(_begin())


async def _begin():
    await asyncio.sleep(PAUSE)
    container = getattr(window.navigator, "serviceWorker", None)
    if container is None:
        _tell("refused")
        return
    container.addEventListener("message", ffi.create_proxy(_hear))
    container.addEventListener("controllerchange", ffi.create_proxy(_change))
    try:
        options = ffi.to_js({"updateViaCache": "none"})
        registration = await container.register("sw.js", options)
    except Exception as error:  # noqa: BLE001 - refused by the browser or its settings, or cut off: it works online
        window.console.info("Not saved for use without a network:", str(error))
        registration = None
    if registration is None:
        _tell("refused")
        return
    _state.registration = registration
    _state.checked = window.performance.now()
    registration.addEventListener("updatefound", ffi.create_proxy(lambda event: _follow(registration.installing)))
    document.addEventListener("visibilitychange", ffi.create_proxy(lambda event: _check()))
    if registration.installing:
        _follow(registration.installing)
    else:
        _show()


def _follow(installing):
    """Watches a build being saved."""
    if installing:
        installing.addEventListener("statechange", ffi.create_proxy(lambda event: _show()))


def _show():
    """Says where things stand: a newer build waits, this one is saved, or it could not be."""
    registration = _state.registration
    if registration.waiting and registration.active:
        _tell("newer")
    elif registration.active:
        _tell("saved")
    elif not registration.installing and not registration.waiting:
        _tell("interrupted")


def _hear(event):
    """The service worker says how much it has saved, or that other pages are in the way of a newer build."""
    said = getattr(event.data, "quantlabOffline", None)
    if said is None:
        return
    if hasattr(said, "others"):
        _tell("others", said.others)
    elif _state.registration is not None and _state.registration.installing and not _state.registration.active:
        _tell("saving", said.saved, said.total)


def _change(event):
    """Another build answers from now on; who asked for it gets it."""
    if _state.wants_newer:
        window.location.reload()


def _check():
    """Looks for a newer build when the reader comes back to the page."""
    now = window.performance.now()
    if document.visibilityState == "visible" and now - _state.checked > 1000 * CHECK_EVERY:
        _state.checked = now
        asyncio.create_task(_update())


async def _update():
    try:
        await _state.registration.update()
    except Exception as error:  # noqa: BLE001 - no network: the next check may find one
        window.console.info(str(error))


def _tell(state, *numbers):
    document.documentElement.dataset.offline = state
    dom.render("offline", [["p", {}] + line(state, *numbers)])

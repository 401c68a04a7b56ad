"""The page for authors: a state of the laboratory and a few choices become snippets and a live preview."""

import asyncio
import json

from pyscript import create_named_worker, document, ffi, window

from page import address, dom, snippets, words
from page.shared import Shared

APPEARANCE = ("controls", "theme", "background")
LABORATORYS = ("group", "section", "view")  # what of an appearance no embed has


class Drawer:
    """The Python that draws the picture, from the first time that somebody wants one."""

    def __init__(self):
        """Begins without it."""
        self.python = None

    async def draw(self, chosen):
        """Returns the picture of a request as the lab exports it, or what is wrong with the request."""
        if self.python is None:
            self.python = await _find_python()
        return json.loads(await self.python.export(json.dumps(chosen), window.Object.new(), "picture.svg"))


drawer = Drawer()


def state():
    """The request that was brought along: in this page's address, or in the link that was pasted."""
    text = document.getElementById("state").value.strip()
    if "#" in text:
        pairs = window.Array["from"](window.URLSearchParams.new(text[text.find("#") + 1 :]))
        return {str(pair[0]): str(pair[1]) for pair in pairs}
    return {}


def request():
    """The fields of the request, without what only embeds know."""
    return {name: text for name, text in state().items() if name not in APPEARANCE + LABORATORYS + ("show",)}


def fields():
    """The request and the choices of the form, as an embed takes them."""
    chosen = request()
    shown = [box.value for box in document.querySelectorAll("[name=show]:checked")]
    chosen["show"] = ",".join(shown) if shown else document.querySelector("[name=show]").value
    for name in APPEARANCE:
        text = document.getElementById(name).value.strip()
        if text:
            chosen[name] = text
    return chosen


def write_snippets(*_):
    """Writes the snippets, with room for what they show, whose height is that of the preview once it runs."""
    preview = document.querySelector("quant-lab")
    runs = preview.shadowRoot is not None and preview.shadowRoot.querySelector("slot") is None
    height = window.Math.ceil(preview.getBoundingClientRect().height) if runs else None
    dom.render("snippets", snippets.views(document.getElementById("site").value.strip(), fields(), height))


def show(event=None):
    """Writes the snippets, gives the preview its attributes, and the way back to the laboratory its state."""
    write_snippets()
    chosen = fields()
    preview = document.querySelector("quant-lab")
    preview.request = ffi.to_js(chosen)
    document.getElementById("laboratory").href = snippets.link("", chosen)


async def on_click(event):
    """A button beside a snippet was clicked; it tells what came of it."""
    button = event.target.closest("[data-action]")
    if button is None or button.disabled:
        return
    label = button.textContent
    button.disabled = True
    try:
        button.textContent = await ACTIONS[button.dataset.action](button)
    except Exception as error:  # noqa: BLE001 - the browser's refusal has no class here; the button tells it
        window.console.info(str(error))
        button.textContent = words.REFUSED
    await asyncio.sleep(1.5)
    button.textContent = label
    button.disabled = False


async def copy(button):
    """Puts the snippet on the clipboard."""
    await window.navigator.clipboard.writeText(button.closest("figure").querySelector("code").textContent)
    return words.COPIED


async def save(button):
    """Saves the picture of the result under the name that the snippet has."""
    button.textContent = words.DRAWING
    made = await drawer.draw(request())
    if not made["ok"]:
        return made["errors"][0]["message"]
    link = document.createElement("a")
    link.href = "data:" + made["type"] + ";base64," + made["data"]
    link.download = snippets.FILE
    link.click()
    return words.SAVED


async def _find_python():
    """The Python of the preview, shared as among embeds; one of its own where no preview is loaded."""
    frame = document.querySelector("quant-lab").shadowRoot.querySelector("iframe")
    group = window.URLSearchParams.new(frame.src.split("#")[1]).get("group") if frame is not None else "authors"
    window.quantlabGroup = group
    shared = Shared(_start, None)
    await shared.join()
    return shared


async def _start():
    config = '{"interpreter": "./runtime/interpreter.mjs", "sync_main_only": true}'
    return await create_named_worker("runtime/worker.py", "lab", config)


ACTIONS = {"copy": copy, "picture": save}


def main():
    """Fills the form from the address and listens to it."""
    here = window.location.href.split("#")[0]
    document.getElementById("site").value = here[: here.rfind("/") + 1]
    brought = address.read()
    if brought:
        document.getElementById("state").value = "index.html#" + address.query_of(brought, {})
        shown = brought.get("show", "").split(",")
        for box in document.querySelectorAll("[name=show]") if brought.get("show") else ():
            box.checked = box.value in shown
    document.getElementById("choices").addEventListener("input", ffi.create_proxy(show))
    document.addEventListener("click", ffi.create_proxy(on_click))
    show()
    window.ResizeObserver.new(ffi.create_proxy(write_snippets)).observe(document.querySelector("quant-lab"))
    document.documentElement.dataset.interactive = "true"


main()

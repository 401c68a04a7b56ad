"""The page for authors: a state of the laboratory and a few choices become snippets and a live preview."""

from pyscript import document, ffi, window

from page import address, dom, snippets

looks = ("controls", "theme", "background")


def state():
    """The request that was brought along: in this page's address, or in the link that was pasted."""
    text = document.getElementById("state").value.strip()
    if "#" in text:
        pairs = window.Array["from"](window.URLSearchParams.new(text[text.find("#") + 1 :]))
        return {str(pair[0]): str(pair[1]) for pair in pairs}
    return {}


def fields():
    """The request and the choices of the form, as an embed takes them."""
    chosen = {name: text for name, text in state().items() if name not in looks + ("show",)}
    shown = [box.value for box in document.querySelectorAll("[name=show]:checked")]
    chosen["show"] = ",".join(shown) if shown else "mapping"
    for name in looks:
        text = document.getElementById(name).value.strip()
        if text:
            chosen[name] = text
    return chosen


def show(event=None):
    """Writes the snippets and gives the preview its attributes."""
    chosen = fields()
    dom.render("snippets", snippets.views(document.getElementById("site").value.strip(), chosen))
    preview = document.querySelector("quant-lab")
    preview.request = ffi.to_js(chosen)


async def copy(event):
    """Puts the snippet beside a button on the clipboard."""
    button = event.target.closest("[data-action=copy]")
    if button is None:
        return
    try:
        await window.navigator.clipboard.writeText(button.closest("figure").querySelector("code").textContent)
        button.textContent = "Copied"
    except Exception as error:  # noqa: BLE001 - the browser's refusal has no class here; the button tells it
        window.console.info(str(error))
        button.textContent = "The browser refused"


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
    document.addEventListener("click", ffi.create_proxy(copy))
    show()
    document.documentElement.dataset.interactive = "true"


main()

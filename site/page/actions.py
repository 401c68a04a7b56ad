"""What the buttons do: `data-action` names a function of ACTIONS, which gets the conversation and the button."""

import asyncio
import json

from pyscript import document, window

from page import (
    address,
    charts,
    dom,
    form,
    inspection,
    offline,
    onefile,
    projector,
    saving,
    sections,
    tensors,
    theme,
    views,
    words,
    worker,
)

root = document.documentElement


def bring(talk, link):
    """Lets the link to the page for authors carry the state of the moment; the browser then follows it."""
    address.write(talk.chosen, talk.defaults, None)
    link.href = "authors.html" + window.location.hash


def cancel(talk, button):
    """Ends the computation under way: the worker is stopped, another one started; the last result stays."""
    asyncio.create_task(worker.cancel(talk))


def choose(talk, button):
    """Sets the fields that the button names."""
    fields = json.loads(button.dataset.fields)
    form.fill(fields, {})
    talk.choose_all(fields)


def copy(talk, button):
    """Puts the code beside the button on the clipboard."""
    _put_on_clipboard(button, button.closest("figure").querySelector("code").textContent)


def copy_link(talk, button):
    """Puts the address of this state on the clipboard."""
    address.write(talk.chosen, talk.defaults, None)
    _put_on_clipboard(button, window.location.href)


def copy_steps(talk, button):
    """Puts the steps of the followed number on the clipboard, as LaTeX or Markdown."""
    _put_on_clipboard(button, getattr(talk.answer.copy, button.dataset.kind))


def _put_on_clipboard(button, text):
    async def put():
        label = button.getAttribute("data-label") or button.textContent  # it may still say what the last click did
        button.setAttribute("data-label", label)
        try:
            await window.navigator.clipboard.writeText(text)
            button.textContent = words.COPIED
        except Exception as error:  # noqa: BLE001 - the browser's refusal has no class here; the button tells it
            window.console.info(str(error))
            button.textContent = words.REFUSED
        await asyncio.sleep(1.5)
        button.textContent = label

    asyncio.create_task(put())


def keep(talk, button):
    """Keeps what is shown, so that what comes next is seen against it."""
    talk.keep()


def let_go(talk, button):
    """Lets the kept result go."""
    talk.let_kept_go()


def export(talk, button):
    """Saves the result as a file of the kind that the button names."""
    asyncio.create_task(_save(talk, button.dataset.kind))


async def _save(talk, kind):
    while talk.worker is None:
        await asyncio.sleep(0.1)
    made = json.loads(await talk.worker.export(json.dumps(talk.chosen), form.long_texts(talk.chosen), kind))
    if not made["ok"]:
        form.show_errors(made["errors"])
        dom.render("errors", views.errors(made["errors"]))
        dom.render("status", views.not_saved(made["errors"]))
        document.querySelector("[data-region=errors]").focus()
        return
    await saving.save(made)


def save_code(talk, button):
    """Saves the program beside the button."""
    figure = button.closest("figure")
    saving.offer_text(figure.querySelector("code").textContent, "quantize_" + figure.dataset.kind + ".py")


def save_page(talk, button):
    """Saves the page itself, as it stands, as one file."""
    address.write(talk.chosen, talk.defaults, None)
    asyncio.create_task(_save_page(button))


async def _save_page(button):
    label = button.textContent
    button.textContent, button.disabled = words.PREPARING, True
    blob = await onefile.fetch()
    if blob is not None:
        saving.offer(blob, onefile.FILE)
    else:
        button.textContent = words.NEEDS_NETWORK
        await asyncio.sleep(1.5)
    button.textContent, button.disabled = label, False


def flip(talk, button):
    """Flips the bit that the button stands for."""
    talk.flip(button.closest("[data-instrument]").dataset.instrument, int(button.dataset.shift))


def picture(talk, button):
    """Saves the chart of the button's card as a picture."""
    charts.download(button.closest("[data-instrument]").dataset.instrument, button.dataset.kind)


def turn_sheet(talk, button):
    """Shows all settings over a narrow page, or puts them away again."""
    form.turn_sheet(not form.is_sheet_open())


def sort(talk, button):
    """Sorts a table by the column of the button."""
    talk.sort(button.dataset.sorter, int(button.dataset.column))


def reset(talk, button):
    """Brings back the notebook's example."""
    address.settle()
    address.write({}, {}, "reset")
    talk.let_kept_go()
    talk.start_over({})


def switch_theme(talk, button):
    """Changes between dark and light, and remembers the choice where the browser stores anything."""
    root.dataset.theme = "light" if theme.is_dark() else "dark"
    try:
        window.localStorage.setItem("quantlab-theme", root.dataset.theme)
    except Exception as error:  # noqa: BLE001 - storage refused: the choice lasts as long as the page
        window.console.info(str(error))
    show_theme()
    charts.redraw()


def show_theme():
    """Makes the switch say which theme is on."""
    for switch in document.querySelectorAll('[data-action="theme"]'):
        switch.setAttribute("aria-pressed", "true" if theme.is_dark() else "false")


ACTIONS = {
    "bring": bring,
    "cancel": cancel,
    "choose": choose,
    "copy": copy,
    "copy-steps": copy_steps,
    "export": export,
    "flip": flip,
    "inspect": inspection.ask,
    "keep": keep,
    "leave-inspection": inspection.leave,
    "let-go": let_go,
    "link": copy_link,
    "section": sections.open_,
    "next": lambda talk, button: talk.follow(talk.followed() + 1),
    "picture": picture,
    "previous": lambda talk, button: talk.follow(talk.followed() - 1),
    "projector": projector.switch,
    "redo": lambda talk, button: window.history.forward(),
    "reset": reset,
    "save-code": save_code,
    "save-page": save_page,
    "sheet": turn_sheet,
    "retry": lambda talk, button: window.location.reload(),
    "sort": sort,
    "sort-tensors": tensors.sort,
    "take-over": offline.take_over,
    "theme": switch_theme,
    "turn-tensors": tensors.turn,
    "undo": lambda talk, button: window.history.back(),
}

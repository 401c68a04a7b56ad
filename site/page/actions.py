"""What the buttons do: `data-action` names a function of ACTIONS, which gets the conversation and the button."""

import asyncio

from pyscript import document, window

from page import address, charts

root = document.documentElement


def copy(talk, button):
    """Puts the code beside the button on the clipboard."""
    _put_on_clipboard(button, button.closest("figure").querySelector("code").textContent)


def copy_link(talk, button):
    """Puts the address of this state on the clipboard."""
    address.write(talk.chosen, talk.defaults)
    _put_on_clipboard(button, window.location.href)


def _put_on_clipboard(button, text):
    async def put():
        label = button.textContent
        try:
            await window.navigator.clipboard.writeText(text)
            button.textContent = "Copied"
        except Exception as error:  # noqa: BLE001 - the browser's refusal has no class here; the button tells it
            window.console.info(str(error))
            button.textContent = "The browser refused"
        await asyncio.sleep(1.5)
        button.textContent = label

    asyncio.create_task(put())


def reset(talk, button):
    """Brings back the notebook's example."""
    address.write({}, {})
    talk.start_over({})


def switch_theme(talk, button):
    """Changes between dark and light, and remembers the choice where the browser stores anything."""
    root.dataset.theme = "light" if is_dark() else "dark"
    try:
        window.localStorage.setItem("quantlab-theme", root.dataset.theme)
    except Exception as error:  # noqa: BLE001 - storage refused: the choice lasts as long as the page
        window.console.info(str(error))
    show_theme()
    charts.redraw()


def show_theme():
    """Makes the switch say which theme is on."""
    document.querySelector('[data-action="theme"]').setAttribute("aria-pressed", "true" if is_dark() else "false")


def is_dark():
    """Whether the page is dark, by the reader's choice or else the system's."""
    chosen = root.getAttribute("data-theme")
    if chosen:
        return chosen == "dark"
    return window.matchMedia("(prefers-color-scheme: dark)").matches


ACTIONS = {
    "copy": copy,
    "link": copy_link,
    "next": lambda talk, button: talk.follow(talk.followed() + 1),
    "previous": lambda talk, button: talk.follow(talk.followed() - 1),
    "reset": reset,
    "retry": lambda talk, button: window.location.reload(),
    "theme": switch_theme,
}

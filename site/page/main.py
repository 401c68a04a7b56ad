"""Form to request, request to worker, answer to page. The newest request wins; the field being edited is left alone."""

import asyncio
import json

from page import address, charts, dom, form, views
from pyscript import document, ffi, window, workers

root = document.documentElement


class Conversation:
    """What the page has chosen, what the worker was asked last, and what it said."""

    def __init__(self):
        self.chosen = address.read()
        self.defaults = {}
        self.worker = None
        self.is_waiting = False
        self.is_asking = False
        self.request = {}
        self.total = 1

    def choose(self, name, text):
        self.chosen[name] = text
        if name == "profile":
            for control in document.querySelectorAll("[data-by-profile]"):
                self.chosen.pop(control.name, None)
        address.write(self.chosen, self.defaults)
        form.show_applicable()
        self.ask()

    def ask(self):
        """Asks for an answer to the form as it stands; while one is under way, only notes that another is wanted."""
        self.is_waiting = True
        if self.worker is not None and not self.is_asking:
            asyncio.create_task(self.answer_all())

    async def answer_all(self):
        self.is_asking = True
        try:
            while self.is_waiting:
                self.is_waiting = False
                root.dataset.state = "computing"
                reply = await self.worker.answer(json.dumps(self.chosen))
                if not self.is_waiting:
                    self.show(reply)
        except Exception as error:
            root.dataset.state = "failed"
            dom.render("status", views.failed(str(error)))
            raise
        finally:
            self.is_asking = False

    def show(self, reply):
        """Shows an answer: its view to this page, the whole of it to the page's host."""
        view = json.loads(reply[0])
        # The whole answer goes from JavaScript to JavaScript; turning it into Python and back would cost more than drawing.
        answer = window.Reflect.apply(window.JSON.parse, None, reply.slice(1))
        errors = view.get("errors", [])
        form.show_errors(errors)
        dom.render("errors", views.errors(errors))
        document.getElementById("results").toggleAttribute("data-stale", bool(errors))
        if view["ok"]:
            self.request = view["request"]
            self.defaults = view.get("defaults", {})
            self.total = view["table"]["total"]
            form.fill(self.request, self.chosen)
            address.write(self.chosen, self.defaults)
            drawn = {} if self.chosen else charts.drawings()
            for region, draw in views.VIEWS.items():
                dom.render(region, draw(view))
            charts.stand_in(drawn)
            charts.show(answer.figures)
        dom.render("status", [["p", {}, self.told(view)]])
        root.dataset.state = "ready"
        publish(answer)

    def told(self, view):
        if not view["ok"]:
            return "Not computed: " + view["errors"][0]["message"]
        return "Computed by Python in this page. Every change is answered at once."

    def follow(self, index):
        """Makes another element the one that the steps show."""
        index = max(0, min(index, self.total - 1))
        document.getElementById("element").value = str(index)
        self.choose("element", str(index))


def publish(answer):
    window.quantlab.answer = answer
    options = ffi.to_js({"bubbles": False})
    options.detail = answer
    document.dispatchEvent(window.CustomEvent.new("quantlab:answer", options))


talk = Conversation()
stages = []


def on_input(event):
    control = event.target
    if control.name and control.form and control.form.id == "controls":
        talk.choose(control.name, form.value(control))


def on_click(event):
    link = event.target.closest("[data-focus]")
    if link is not None:
        event.preventDefault()
        form.focus(link.dataset.focus)
        return
    button = event.target.closest("[data-action]")
    if button is not None:
        ACTIONS[button.dataset.action](button)
        return
    row = event.target.closest("[data-follow]") or event.target.closest("[data-element]")
    if row is not None:
        talk.follow(int(row.getAttribute("data-follow") or row.getAttribute("data-element")))


def on_hash(event):
    if address.is_place():
        address.write(talk.chosen, talk.defaults)
        return
    talk.chosen = address.read()
    restore()
    talk.ask()


def restore():
    """Shows the chosen fields in the form; all others go back to their defaults."""
    document.getElementById("controls").reset()
    form.fill(talk.chosen, {})
    form.show_applicable()


def on_progress(event):
    detail = event.detail
    for stage in stages:
        if stage[0] == detail.stage:
            stage[1] = detail.received
            break
    else:
        stages.append([detail.stage, detail.received, detail.total])
    if talk.worker is None:
        dom.render("status", views.loading(stages))


def copy(button):
    text = button.closest("figure").querySelector("code").textContent
    asyncio.create_task(put_on_clipboard(button, text))


def copy_link(button):
    address.write(talk.chosen, talk.defaults)
    asyncio.create_task(put_on_clipboard(button, window.location.href))


async def put_on_clipboard(button, text):
    label = button.textContent
    try:
        await window.navigator.clipboard.writeText(text)
        button.textContent = "Copied"
    except Exception as error:  # the browser refuses without a gesture or a secure origin; the reader is told
        window.console.warn(str(error))
        button.textContent = "Not allowed here"
    await asyncio.sleep(1.5)
    button.textContent = label


def start_over(button):
    talk.chosen = {}
    address.write({}, {})
    restore()
    talk.ask()


def switch_theme(button):
    dark = not is_dark()
    root.dataset.theme = "dark" if dark else "light"
    try:
        window.localStorage.setItem("quantlab-theme", root.dataset.theme)
    except Exception as error:  # storage refused: the choice then lasts as long as the page
        window.console.warn(str(error))
    show_theme()
    charts.redraw()


def is_dark():
    chosen = root.getAttribute("data-theme")
    if chosen:
        return chosen == "dark"
    return window.matchMedia("(prefers-color-scheme: dark)").matches


def show_theme():
    document.querySelector('[data-action="theme"]').setAttribute("aria-pressed", "true" if is_dark() else "false")


ACTIONS = {
    "copy": copy,
    "link": copy_link,
    "next": lambda button: talk.follow(int(talk.request.get("element", "0")) + 1),
    "previous": lambda button: talk.follow(int(talk.request.get("element", "0")) - 1),
    "reset": start_over,
    "retry": lambda button: window.location.reload(),
    "theme": switch_theme,
}


async def main():
    window.quantlab = window.Object.new()
    for kind, handler in (("input", on_input), ("click", on_click), ("quantlab:progress", on_progress)):
        document.addEventListener(kind, ffi.create_proxy(handler))
    window.onhashchange = ffi.create_proxy(on_hash)
    show_theme()
    form.unfold()
    restore()
    dom.render("status", views.loading(stages))
    root.dataset.interactive = "true"
    try:
        talk.worker = await workers["lab"]
    except Exception as error:
        root.dataset.state = "failed"
        dom.render("status", views.failed(str(error)))
        raise
    charts.load()
    talk.ask()


asyncio.create_task(main())

"""Form to request, request to worker, answer to page: the newest request wins, the field being edited is left alone."""

import asyncio
import json

from pyscript import document, ffi, window

from page import address, charts, dom, form, views

root = document.documentElement


class Conversation:
    """What the page has chosen, what the worker was asked last, and what it said.

    `chosen` holds the fields that a person or a link set; every other field follows the defaults of the profile, which
    only the lab knows. The address says the same as `chosen`.
    """

    def __init__(self):
        """Begins with what the address says."""
        self.chosen = address.read()
        self.defaults = {}
        self.worker = None
        self.is_waiting = False
        self.is_asking = False
        self.request = {}
        self.n_elements = 1

    def choose(self, name, text):
        """Sets one field and asks."""
        self.chosen[name] = text
        if name == "profile":
            for control in form.decided_by_profile():
                self.chosen.pop(control, None)
        address.write(self.chosen, self.defaults)
        form.show_applicable()
        self.ask()

    def start_over(self, chosen):
        """Takes another set of chosen fields, shows it in the form, and asks."""
        self.chosen = chosen
        form.restore(chosen)
        self.ask()

    def follow(self, index):
        """Makes another element the one that the steps show."""
        text = str(max(0, min(index, self.n_elements - 1)))
        form.fill({"element": text}, {})
        self.choose("element", text)

    def followed(self):
        """The flat index of the element that the steps show."""
        return int(self.request.get("element", "0"))

    def ask(self):
        """Asks for an answer to the form as it stands; while one is under way, notes that another is wanted."""
        self.is_waiting = True
        if self.worker is not None and not self.is_asking:
            asyncio.create_task(self._answer_all())

    async def _answer_all(self):
        self.is_asking = True
        try:
            while self.is_waiting:
                self.is_waiting = False
                root.dataset.state = "computing"
                reply = await self.worker.answer(json.dumps(self.chosen))
                if not self.is_waiting:
                    self._show(reply)
        except Exception as error:
            fail(error)
            raise
        finally:
            self.is_asking = False

    def _show(self, reply):
        """Shows an answer: its view to this page, the whole of it to the page's host."""
        view = json.loads(reply[0])
        # The whole answer stays in JavaScript: making it Python's and back would cost more than drawing it.
        answer = window.Reflect.apply(window.JSON.parse, None, reply.slice(1))
        errors = view.get("errors", [])
        form.show_errors(errors)
        dom.render("errors", views.errors(errors))
        document.getElementById("results").toggleAttribute("data-stale", bool(errors))
        if view["ok"]:
            self.request, self.defaults = view["request"], view["defaults"]
            self.n_elements = view["table"]["total"]
            form.fill(self.request, self.chosen)
            address.write(self.chosen, self.defaults)
            drawn = {} if self.chosen else charts.drawings()
            for region, draw in views.VIEWS.items():
                dom.render(region, draw(view))
            charts.stand_in(drawn)
            charts.show(answer.figures)
        dom.render("status", views.told(view))
        root.dataset.state = "ready"
        publish(answer)


def publish(answer):
    """Hands an answer to whoever hosts or tests the page."""
    window.quantlab.answer = answer
    options = ffi.to_js({})
    options.detail = answer
    document.dispatchEvent(window.CustomEvent.new("quantlab:answer", options))


def fail(error):
    """Says on the page that Python stopped; the caller raises on, so that the console has the whole of it."""
    root.dataset.state = "failed"
    dom.render("status", views.failed(str(error)))

"""Questions about a model: the buttons carry them, the worker answers with nodes, a chart, or a file to save."""

import asyncio
import json

from pyscript import document

from page import charts, dom, form, saving, views


class Asked:
    """What is asked, and whether it is answered."""

    def __init__(self):
        """Begins with nothing."""
        self.question = None  # what the worker is at; None when it has answered
        self.number = 0
        self.answered = ""  # which kind of question the answer that is shown is to


_asked = Asked()


def ask(talk, button):
    """Asks what a button says, with what the controls beside it hold; what was asked before it ends."""
    question = json.loads(button.dataset.question)
    for control in button.parentElement.querySelectorAll("[data-part]"):
        question[control.dataset.part] = control.value
    asyncio.create_task(_ask(talk, question))


def ask_of(talk, trace, point):
    """Asks what a chart of an answer says, of the cell that was clicked."""
    if hasattr(trace, "meta") and hasattr(trace.meta, "question"):
        question = json.loads(trace.meta.question)
        question["at"] = str(point[0]) + "," + str(point[1])
        asyncio.create_task(_ask(talk, question))


def ask_again(talk):
    """Asks a new worker what the old one was at."""
    if _asked.question is not None:
        asyncio.create_task(_ask(talk, _asked.question))


def leave(talk, button):
    """Ends what is being measured; what is known so far is shown."""
    if talk.worker is not None:
        talk.worker.leave_inspection()


def clear():
    """Takes away what is told of a file, when another one comes."""
    _asked.question, _asked.answered = None, ""
    _asked.number += 1
    dom.render("inspection", [])


def tell(share):
    """Shows how far the worker is."""
    if _asked.question is not None:
        dom.render("inspection-progress", views.inspecting(share))


async def _ask(talk, question):
    _asked.number += 1
    number, _asked.question = _asked.number, question
    while talk.worker is None:
        await asyncio.sleep(0.1)
    reply = json.loads(await talk.worker.inspect(json.dumps(question)))
    if number != _asked.number:
        return
    _asked.question = None
    dom.render("inspection-progress", views.errors(reply.get("errors", [])))
    if not reply["ok"]:
        return
    if "file" in reply:
        await saving.save(reply["file"])
        return
    if "fields" in reply:
        _show(talk, reply["fields"])
    focused = document.activeElement.textContent  # of a button that moves something, to be pressed again
    dom.render("inspection", [])  # what is drawn in a chart's place would stay in it
    dom.render("inspection", reply["nodes"])
    charts.show(charts.made(reply["figures"]))
    await charts.draw(list(reply["figures"]))
    card = document.querySelector("[data-region=inspection]")
    if _asked.answered == question["ask"]:
        same = [button for button in card.querySelectorAll("button") if button.textContent == focused]
        (same + [card])[0].focus()
        return
    _asked.answered = question["ask"]
    card.focus()
    card.scrollIntoView()


def _show(talk, fields):
    """Lets the laboratory show what the answer is about; of the array that it shows already, only the part changes."""
    if all(talk.request_of(name) == fields[name] for name in ("source", "file_sha256", "tensor")):
        del fields["direction"]
        del fields["format"]
    form.fill(fields, {})
    talk.choose_all(fields)

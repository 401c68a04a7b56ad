"""The table of a model file's tensors, which the worker searches and sorts; a click takes one into the laboratory."""

import asyncio
import json

from pyscript import document, window

from page import dom, inspection, turns

SLICE = 5  # rows that are drawn at once


class Listed:
    """What is listed, and how."""

    def __init__(self):
        """Begins without a model."""
        self.asked = {}  # as the lab's table has it
        self.number = 0
        self.shown = 0  # the number of what is shown
        self.rows = []


_listed = Listed()
_utf8 = window.TextDecoder.new()


def show(talk, loaded):
    """Lists the tensors of a file that was loaded; of one that is no model, nothing."""
    dom.render("tensor-rows", [])
    dom.render("tensors", [])
    inspection.clear()
    _listed.number += 1
    _listed.asked, _listed.rows, _listed.shown = {}, [], _listed.number
    if "model" in loaded and not dom.IS_EMBED:
        file = loaded["file"]
        _list(talk, {"file": file["name"], "file_sha256": file["sha256"]})


def search(talk, text):
    """Lists the tensors whose name or type has all the words of a text."""
    _list(talk, {"query": text, "first": 0})


def sort(talk, button):
    """Sorts by a column; again: the other way round."""
    by = button.dataset.by
    is_turned = _listed.asked.get("by") == by and not _listed.asked["is_turned"]
    _list(talk, {"by": by, "is_turned": is_turned, "first": 0})


def turn(talk, button):
    """Lists the rows after those that are shown, or before."""
    _list(talk, {"first": int(button.dataset.first)})
    document.querySelector(".tensors .scroll").scrollTop = 0


def list_again(talk):
    """Asks a new worker for what the old one had not listed yet."""
    if _listed.shown != _listed.number:
        _list(talk, {})


def _list(talk, changed):
    _listed.number += 1
    _listed.asked.update(changed)
    asyncio.create_task(_show(talk, _listed.number))


async def _show(talk, number):
    """Shows the table as it is asked for, some rows at a time, until something else is asked for."""
    while talk.worker is None:
        await asyncio.sleep(0.1)
    reply = json.loads(_utf8.decode(await talk.worker.tensors(json.dumps(_listed.asked))))
    if number != _listed.number or not reply["nodes"]:
        return
    turns.begin()
    dom.render("tensors", reply["nodes"])
    rows = reply["rows"]
    before = _listed.rows[: len(rows)]
    for end in range(0, len(rows) + SLICE, SLICE):
        await turns.pause()
        if number != _listed.number:
            return
        _listed.rows = rows[:end] + before[end:]
        dom.render("tensor-rows", _listed.rows)
    _listed.shown = number

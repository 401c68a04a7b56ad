"""Files that were dropped, chosen or pasted: handed to the worker, which reads them; nothing leaves the machine."""

import asyncio
import json

from pyscript import document, window

from page import dom, form, tensors, views

OFFERED = 200  # arrays that are suggested under the control; a model's have their table


class Held:
    """The files that were loaded last, and the models that are open, for a worker that has to start again."""

    def __init__(self):
        """Begins without files."""
        self.loads = []  # arrays of the browser's files, each with the digest of the model in them; of others: ""

    def keep(self, digest, taken):
        """Takes files more; they replace the same model, or the last ones that were none."""
        self.loads = [load for load in self.loads if load[0] != digest] + [(digest, taken)]


_held = Held()


async def take(talk, taken):
    """Lets the worker read the first of some files, or all of a model, as soon as there is one; then asks for an array.

    `taken` is an array of the browser's files.
    """
    while talk.worker is None:
        await asyncio.sleep(0.1)
    file = taken[0]
    dom.render("status", views.reading(file.name, 0, file.size))
    loaded = json.loads(await talk.worker.load(taken))
    if not loaded["ok"]:
        form.show_errors(loaded["errors"])
        dom.render("errors", views.errors(loaded["errors"]))
        dom.render("status", views.told(loaded))
        return
    found, model = loaded["file"], loaded.get("model")
    _held.keep(found["sha256"] if model else "", taken)
    n_others = 0 if model else taken.length - 1
    talk.remarks = views.left_out(found["name"], loaded["skipped"], n_others)
    _offer(loaded["arrays"][:OFFERED])
    tensors.show(loaded)
    first = loaded["arrays"][model["first"] if model else 0]
    are_codes = talk.request_of("direction") == "dequantize" and talk.request_of("format") == ""
    direction = "dequantize" if are_codes else "quantize"
    fields = {"direction": direction, "source": "file", "file": found["name"], "file_sha256": found["sha256"]}
    fields["tensor"] = first["name"] if len(loaded["arrays"]) > 1 else ""
    fields["file_shape"] = ",".join([str(length) for length in first["shape"]])
    fields["rows"] = ""
    fields["element"] = "0"
    fields["shape"] = ""
    fields["commas"] = ""
    if talk.request_of("profile") == "notebook":
        fields["profile"] = "onnx"  # the notebook has one scale for everything and no matrices
    form.fill(fields, {})
    talk.choose_all(fields)


async def take_again(talk):
    """Gives a new worker the files that the old one had."""
    for _, taken in _held.loads:
        await talk.worker.load(taken)


def take_all(talk, files):
    """Takes a list of files, if there are some: the first, or a model with all its parts."""
    if files is not None and files.length:
        asyncio.create_task(take(talk, window.Array["from"](files)))


def _offer(arrays):
    """Lists the arrays of a file as suggestions of the control that chooses one."""
    options = document.getElementById("tensor-options")
    options.replaceChildren()
    for array in arrays:
        option = document.createElement("option")
        option.value = array["name"]
        option.label = " × ".join([str(length) for length in array["shape"]]) + " " + array["dtype"]
        options.appendChild(option)


def clear_drop(is_over):
    """Marks or unmarks the place where a file may be dropped."""
    place = document.querySelector(".drop")
    if place is not None:
        place.toggleAttribute("data-over", is_over)


def is_file_drag(event):
    """Whether what is dragged over the page is a file."""
    return "Files" in list(window.Array["from"](event.dataTransfer.types))

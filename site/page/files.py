"""Files that were dropped, chosen or pasted: handed to the worker, which reads them; nothing leaves the machine."""

import asyncio
import json

from pyscript import document, ffi, window

from page import dom, folders, form, tensors, views, words


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
        _refuse(loaded)
        return
    found, model = loaded["file"], loaded.get("model")
    _held.keep(found["sha256"] if model else "", taken)
    n_others = 0 if model else taken.length - 1
    talk.remarks = views.left_out(found["name"], loaded["skipped"], n_others)
    _offer(loaded["arrays"])
    tensors.show(talk, loaded)
    first = loaded["first"]
    are_codes = talk.request_of("direction") == "dequantize" and talk.request_of("format") == ""
    direction = "dequantize" if are_codes else "quantize"
    fields = {"direction": direction, "source": "file", "file": found["name"], "file_sha256": found["sha256"]}
    fields["tensor"] = first["name"] if loaded["n_arrays"] > 1 else ""
    fields["file_shape"] = ",".join([str(length) for length in first["shape"]])
    fields["rows"] = ""
    fields["element"] = "0"
    fields["shape"] = ""
    fields["commas"] = ""
    if talk.request_of("profile") == "notebook":
        fields["profile"] = "onnx"  # the notebook has one scale for everything and no matrices
    form.fill(fields, {})
    talk.choose_all(fields)


def _refuse(loaded):
    form.show_errors(loaded["errors"])
    dom.render("errors", views.errors(loaded["errors"]))
    dom.render("status", views.told(loaded))


async def take_again(talk):
    """Gives a new worker the files that the old one had."""
    for _, taken in _held.loads:
        await talk.worker.load(taken)


def take_all(talk, files):
    """Takes a list of files, if there are some: the first, or a model with all its parts."""
    if files is not None and files.length:
        asyncio.create_task(take(talk, window.Array["from"](files)))


def take_dropped(talk, transfer):
    """Takes what is dropped: files, or the models in folders, which the browser tells of only during the drop."""
    entries = [item.webkitGetAsEntry() for item in list(window.Array["from"](transfer.items)) if item.kind == "file"]
    entries = [entry for entry in entries if entry is not None]
    if any(entry.isDirectory for entry in entries):
        asyncio.create_task(_take_walked(talk, entries))
    else:
        take_all(talk, transfer.files)


def take_folder(talk, files):
    """Takes the models of a folder that was chosen; the browser has walked it."""
    files = list(window.Array["from"](files))
    found = [(file.webkitRelativePath, file) for file in files if folders.is_taken(file.name)]
    _take_found(talk, found, len(files))


async def _take_walked(talk, waiting):
    found, n_seen = [], 0
    try:
        while waiting and len(found) <= folders.MOST and n_seen <= folders.MOST_SEEN:
            entry = waiting.pop()
            n_seen += 1
            if entry.isDirectory:
                waiting += await _entries_of(entry, folders.MOST_SEEN)
            elif folders.is_taken(entry.name):
                found.append((entry.fullPath[1:], await _called(entry.file)))
    except Exception as error:  # noqa: BLE001 - the browser's refusal has no class here
        window.console.info(str(error))
        _refuse(_error(words.FOLDER_UNREADABLE))
        return
    _take_found(talk, found, n_seen)


async def _entries_of(folder, most):
    entries, reader = [], folder.createReader()
    while len(entries) <= most:
        some = await _called(reader.readEntries)  # a hundred at a time
        if not some.length:
            break
        entries += list(window.Array["from"](some))
    return entries


def _called(method):
    """What a method of the file system's entries calls back with."""
    return window.Promise.new(ffi.create_proxy(lambda resolve, reject: method(resolve, reject)))


def _take_found(talk, found, n_seen):
    """Takes files that are given as pairs of path and file; those of one name are known by their paths."""
    paths = [path for path, _ in found]
    fault = folders.fault(paths, n_seen)
    if fault:
        _refuse(_error(fault))
        return
    files = window.Array.new()
    for name, (_, file) in zip(folders.names_of(paths), found):
        files.push(file if name == file.name else window.File.new(window.Array.of(file), name))
    asyncio.create_task(take(talk, files))


def _error(message):
    return {"ok": False, "errors": [{"field": "file", "message": message}]}


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

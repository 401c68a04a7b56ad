"""The worker's side of what crosses: requests and files go in, answers come out as JSON."""

import asyncio
import importlib
import json
import time

import js
import lab
from lab.data import store
from lab.models.reading.fault import ModelFileError
from lab.models.reading.recognised import HEAD, is_model
from pyodide.ffi import JsException, to_js

from quantcore import QuantError

__export__ = ["answer", "export", "glimpse", "inspect", "leave_inspection", "load", "more", "tensors"]

TURN = 0.1  # seconds of work after which a request may come between
PIECE = 4 * 2**20  # bytes of a file that are read at a time
OFFERED = 200  # arrays of a file that are told; a model's are in its table
UNREADABLE = "{} cannot be read: it is a folder, or it was changed or removed since it was chosen. Choose it again."
NO_PICTURE = "{} is no picture that this browser can decode. Save it as PNG or JPEG."


def glimpse(request, texts, shown):
    """What is on the screen of an answer, for which :func:`answer` is asked next: its view and its figures, as JSON.

    The two are in bytes, for a text that crosses is made character by character, an array of bytes at once.

    Args:
        request: JSON text.
        texts: a JavaScript object of further fields, those whose texts are long.
        shown: the names of the instruments and parts on the screen, between commas.
    """
    return [_bytes(text) for text in lab.glimpse(_complete(request, texts), shown.split(","), _tell_search)]


def answer(request, texts, seen):
    """The answer to a request: the part that the page draws, the whole but for its arrays, and these, as JavaScript's.

    Args:
        request: as for :func:`glimpse`, and
        texts: as there.
        seen: the names of what a glimpse has shown of it, which is left out of the first part.
    """
    view, whole, arrays = lab.respond(_complete(request, texts), _tell_search, seen.split(","))
    return [_bytes(view), _bytes(whole), to_js(arrays, dict_converter=js.Object.fromEntries)]


def more(request, texts, name):
    """One instrument of a request that was answered without it: its view, and its figure, as JSON in bytes."""
    added = lab.more(_complete(request, texts), name, _tell_search)
    figures = added.pop("figures", {})
    return [_bytes(lab.strict_json(added)), _bytes(lab.strict_json(figures))]


def export(request, texts, kind):
    """The result of a request as a file: its name, type and base64-coded data, as JSON text."""
    return lab.strict_json(lab.export(_complete(request, texts), kind))


class Inspections:
    """The question about a model that is answered: its number, for a newer one ends it."""

    number = 0


async def inspect(question):
    """The answer to a question about a model, as JSON; a newer question, or :func:`leave_inspection`, ends it early."""
    questions = importlib.import_module("lab.inspection.questions")  # large, and seldom needed
    Inspections.number += 1
    number, told = Inspections.number, time.monotonic()
    work = questions.ask(json.loads(question))
    try:
        while number == Inspections.number:
            share = next(work)
            if time.monotonic() - told > TURN:
                _tell(stage="inspection", share=share)
                await asyncio.sleep(0)
                told = time.monotonic()
        work.throw(questions.Stopped())
    except StopIteration as end:
        if "file" in end.value:
            end.value["file"] = _offered(**end.value["file"])
        return lab.strict_json(end.value)


def _offered(name, type, pieces):  # noqa: A002 - as a file calls it
    """A file in the browser's keeping, which may be larger than the text of an answer."""
    blob = js.Blob.new(to_js([to_js(piece) for piece in pieces]), type=type)
    return {"name": name, "url": js.URL.createObjectURL(blob)}


def leave_inspection():
    """Ends what is being measured; it answers with what it has."""
    Inspections.number += 1


def tensors(asked):
    """The table of a model's tensors as it is asked for, and its rows, as JSON in bytes; empty without the model."""
    table = importlib.import_module("lab.inspection.tensor_table")  # large, and seldom needed
    try:
        nodes, rows = table.listed(table.Asked(**json.loads(asked)))
    except QuantError:  # a worker that has just started may not have the file yet
        nodes, rows = [], []
    return _bytes(lab.strict_json({"nodes": nodes, "rows": rows}))


def _tell(**detail):
    js.postMessage(to_js({"quantlab": detail}, dict_converter=js.Object.fromEntries))


def _tell_search(n_ranges, share, seconds):
    _tell(stage="search", ranges=n_ranges, share=share, seconds=seconds)


def _bytes(text):
    return to_js(text.encode("utf-8", "backslashreplace"))  # half a surrogate pair becomes JSON's own escape


def _complete(request, texts):
    return {**json.loads(request), **texts.to_py()}


class Slices:
    """A file of the browser's, of which only the parts are read that are asked for."""

    def __init__(self, file):
        """Nothing is read yet."""
        self._file = file
        self.size = int(file.size)

    def read(self, offset, length):
        """The bytes from a place on."""
        try:
            part = js.FileReaderSync.new().readAsArrayBuffer(self._file.slice(offset, offset + length))
        except JsException:
            raise ModelFileError(UNREADABLE.format(self._file.name)) from None
        return part.to_bytes()


async def load(files):
    """Reads the first of some files of the browser's, or all where they are models; says what is in it, as JSON.

    Of its arrays that is how many there are, the one to show first, and the first `OFFERED`.
    Of a model only the header is read, and later what is shown of its tensors; any other file is read piece by piece,
    telling how far it is.
    """
    files = list(files)
    try:
        heads = {file.name: (await file.slice(0, HEAD).arrayBuffer()).to_bytes() for file in files}
        models = [name for name, head in heads.items() if is_model(name, head)]
        if models:
            return _told(store.open_models(models, {file.name: Slices(file) for file in files}))
    except (JsException, ModelFileError) as error:
        message = error.message if isinstance(error, ModelFileError) else UNREADABLE.format(files[0].name)
        return _told({"ok": False, "errors": [{"field": "file", "message": message}]})
    return _told(await _load(files[0]))


def _told(loaded):
    """What :func:`load` says of files that were read."""
    if loaded["ok"]:
        arrays = loaded["arrays"]
        first = arrays[loaded["model"]["first"] if "model" in loaded else 0]
        loaded = {**loaded, "arrays": arrays[:OFFERED], "n_arrays": len(arrays), "first": first}
    return lab.strict_json(loaded)


async def _load(file):
    if str(file.type).startswith("image/"):
        return await _load_picture(file)
    size = int(file.size)
    taking = store.intake(file.name, size)
    try:
        if not size:
            await file.arrayBuffer()  # a file that is gone by now also has the size 0, but cannot be read
        for start in range(0, size, PIECE):
            piece = await file.slice(start, start + PIECE).arrayBuffer()
            if taking.write(piece.to_memoryview()) >= 1.0:
                break
            _tell(stage="file", name=file.name, received=start, total=size)
    except JsException:
        message = UNREADABLE.format(file.name)
        return {"ok": False, "errors": [{"field": "file", "message": message}]}
    return taking.finish()


async def _load_picture(file):
    """Lets the browser decode a picture."""
    try:
        bitmap = await js.createImageBitmap(file)
    except JsException:
        return {"ok": False, "errors": [{"field": "file", "message": NO_PICTURE.format(file.name)}]}
    canvas = js.OffscreenCanvas.new(bitmap.width, bitmap.height)
    context = canvas.getContext("2d")
    context.drawImage(bitmap, 0, 0)
    pixels = context.getImageData(0, 0, bitmap.width, bitmap.height).data
    original = await file.arrayBuffer()
    return store.load_pixels(file.name, bitmap.width, bitmap.height, pixels.to_bytes(), original.to_bytes())

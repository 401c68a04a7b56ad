"""The worker's side of what crosses: requests and files go in, answers come out as JSON."""

import json

import js
import lab
from lab.data import store
from pyodide.ffi import JsException, to_js

__export__ = ["answer", "export", "load", "more"]

PIECE = 4 * 2**20  # bytes of a file that are read at a time


def answer(request, texts):
    """The answer to a request: the part that the page draws, the whole but for its arrays, and these, as JavaScript's.

    The two are JSON in bytes, for a text that crosses is made character by character, an array of bytes at once.

    Args:
        request: JSON text.
        texts: a JavaScript object of further fields, those whose texts are long.
    """
    view, whole, arrays = lab.respond(_complete(request, texts), _tell_search)
    return [_bytes(view), _bytes(whole), to_js(arrays, dict_converter=js.Object.fromEntries)]


def more(request, texts, name):
    """One instrument of a request that was answered without it: its view, and its figure, as JSON in bytes."""
    added = lab.more(_complete(request, texts), name, _tell_search)
    figures = added.pop("figures", {})
    return [_bytes(lab.strict_json(added)), _bytes(lab.strict_json(figures))]


def export(request, texts, kind):
    """The result of a request as a file: its name, type and base64-coded data, as JSON text."""
    return lab.strict_json(lab.export(_complete(request, texts), kind))


def _tell(**detail):
    js.postMessage(to_js({"quantlab": detail}, dict_converter=js.Object.fromEntries))


def _tell_search(n_ranges, share, seconds):
    _tell(stage="search", ranges=n_ranges, share=share, seconds=seconds)


def _bytes(text):
    return to_js(text.encode("utf-8", "backslashreplace"))  # half a surrogate pair becomes JSON's own escape


def _complete(request, texts):
    return {**json.loads(request), **texts.to_py()}


async def load(file):
    """Reads a file of the browser's piece by piece, telling how far it is; says what is in it, as JSON text."""
    if str(file.type).startswith("image/"):
        return lab.strict_json(await _load_picture(file))
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
        message = (
            f"{file.name} cannot be read: it is a folder, or it was changed or removed since it was chosen. "
            "Choose it again."
        )
        return lab.strict_json({"ok": False, "errors": [{"field": "file", "message": message}]})
    return lab.strict_json(taking.finish())


async def _load_picture(file):
    """Lets the browser decode a picture."""
    try:
        bitmap = await js.createImageBitmap(file)
    except JsException:
        message = f"{file.name} is no picture that this browser can decode. Save it as PNG or JPEG."
        return {"ok": False, "errors": [{"field": "file", "message": message}]}
    canvas = js.OffscreenCanvas.new(bitmap.width, bitmap.height)
    context = canvas.getContext("2d")
    context.drawImage(bitmap, 0, 0)
    pixels = context.getImageData(0, 0, bitmap.width, bitmap.height).data
    original = await file.arrayBuffer()
    return store.load_pixels(file.name, bitmap.width, bitmap.height, pixels.to_bytes(), original.to_bytes())

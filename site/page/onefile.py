"""Saves the page itself as one file, with the state of the moment in it, to be opened from a disk without a network."""

from pyscript import window

FILE = "quantization-lab.html"
STATE = '<meta name="quantlab-state" content="'  # stands near the beginning of the file, empty
BEGINNING = 1000  # characters in which it stands, all of them ASCII


async def fetch():
    """The file with the address's state in it, as a JavaScript Blob; None where it cannot be had."""
    try:
        response = await window.fetch(FILE)
        if not response.ok:
            return None
        blob = await response.blob()
        beginning = str(await blob.slice(0, BEGINNING).text())
    except Exception as error:  # noqa: BLE001 - no network: the browser's refusal has no class here
        window.console.info(str(error))
        return None
    written = beginning.replace(STATE, STATE + _escaped(window.location.hash[1:]), 1)
    parts = window.Array.of(written, blob.slice(BEGINNING))
    options = window.Object.new()
    options.type = "text/html"
    return window.Blob.new(parts, options)


def _escaped(text):
    return text.replace("&", "&amp;").replace('"', "&quot;")

"""Files that the reader takes along: made by the lab or by the page, saved by the browser."""

from pyscript import document, window


async def save(made):
    """Saves a file that the lab made: its name, and where the browser keeps it, or its type and base64-coded data."""
    url = made["url"] if "url" in made else "data:" + made["type"] + ";base64," + made["data"]
    data = await window.fetch(url)
    window.URL.revokeObjectURL(url)
    offer(await data.blob(), made["name"])


def offer_text(text, name):
    """Lets the browser save a text under a name."""
    offer(window.Blob.new(window.Array.of(text)), name)


def offer(blob, name):
    """Lets the browser save what is in memory under a name."""
    link = document.createElement("a")
    link.href = window.URL.createObjectURL(blob)
    link.download = name
    link.click()
    window.URL.revokeObjectURL(link.href)

"""Files that the reader takes along: made by the lab or by the page, saved by the browser."""

from pyscript import document, window


async def save(made):
    """Saves a file that the lab made: its name, its type and its data, base64-coded."""
    data = await window.fetch("data:" + made["type"] + ";base64," + made["data"])
    offer(await data.blob(), made["name"])


def offer(blob, name):
    """Lets the browser save what is in memory under a name."""
    link = document.createElement("a")
    link.href = window.URL.createObjectURL(blob)
    link.download = name
    link.click()
    window.URL.revokeObjectURL(link.href)

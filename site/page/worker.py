"""The worker on the other side: awaited when the page starts, replaced when a computation is cancelled."""

from pyscript import create_named_worker, document, workers

from page import dom, files, views
from page.conversation import fail, root

_n_started = [1]


async def connect(talk):
    """Waits for the worker that the page's markup starts."""
    try:
        talk.worker = await workers["lab"]
    except Exception as error:
        fail(error)
        raise


async def restart(talk):
    """Stops the worker in the middle of its work and starts another; what the page shows stays."""
    script = document.querySelector('script[type="py"][worker]')
    talk.worker, talk.is_asking, talk.is_waiting = None, False, False
    script.xworker.terminate()
    root.dataset.state = "loading"
    dom.render("status", views.cancelled())
    source, config = script.getAttribute("src"), script.getAttribute("config")
    script.remove()
    _n_started[0] += 1
    talk.worker = await create_named_worker(source, "lab-" + str(_n_started[0]), config)
    await files.take_again(talk)
    root.dataset.state = "ready"
    if talk.is_waiting:
        talk.ask()

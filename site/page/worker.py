"""The worker on the other side: awaited when the page starts, replaced when a computation is cancelled."""

from pyscript import create_named_worker, document, workers

from page import dom, files, guest, views
from page.conversation import fail, rest, root

SOURCE = "runtime/worker.py"
CONFIG = '{"interpreter": "./runtime/interpreter.mjs", "sync_main_only": true}'


class Started:
    """How many workers this page has started, as each needs a name of its own."""

    def __init__(self):
        """Begins with none: the first is the markup's."""
        self.count = 0


_started = Started()


async def connect(talk):
    """Waits for the worker that the page's markup starts; an embed shares one with the others on its host's page."""
    try:
        if guest.IS_EMBED:
            from page.shared import Shared  # only embeds need it

            shared = Shared(_start, _stop)
            await shared.join()
            talk.worker = shared
        else:
            talk.worker = await workers["lab"]
    except Exception as error:
        fail(error)
        raise


async def restart(talk):
    """Stops the worker in the middle of its work and starts another; what the page shows stays."""
    before = talk.worker
    talk.worker, talk.is_asking, talk.is_waiting = None, False, False
    root.dataset.state = "loading"
    dom.render("status", views.cancelled())
    rest()
    if guest.IS_EMBED:
        await before.restart()
        talk.worker = before
    else:
        _stop()
        talk.worker = await _start()
    await files.take_again(talk)
    root.dataset.state = "ready"
    if talk.is_waiting:
        talk.ask()


async def _start():
    _started.count += 1
    return await create_named_worker(SOURCE, "lab-" + str(_started.count), CONFIG)


def _stop():
    script = document.querySelector('script[type="py"][worker]')
    script.xworker.terminate()
    script.remove()

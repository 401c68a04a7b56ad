"""The worker on the other side: awaited when the page starts, replaced when a computation is cancelled."""

from pyscript import create_named_worker, document, workers

from page import dom, files, form, guest, inspection, tensors, views
from page.conversation import details_of, dispatch, fail, rest, root

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
    talk.overtake = overtake
    try:
        if guest.IS_EMBED:
            from page.shared import Shared  # only embeds need it

            shared = Shared(_start, _stop)
            await shared.join()
            talk.worker = shared
        else:
            talk.worker = await workers["lab"]
    except Exception as error:
        dispatch("quantlab:unloadable", details_of(error).split("\n")[0])
        raise


async def cancel(talk):
    """Ends the computation that the person no longer wants to wait for; the last result stays, marked as such."""
    await restart(talk, views.cancelling())


async def overtake(talk):
    """Ends a long computation of what nobody wants any more, so that the newest request is computed."""
    talk.is_waiting = True
    await restart(talk, views.overtaking())


async def restart(talk, told):
    """Stops the worker in the middle of its work and starts another; what the page shows stays."""
    if talk.worker is None:
        return
    before = talk.let_go()
    root.dataset.state = "loading"
    dom.render("status", told)
    rest()
    try:
        if guest.IS_EMBED:
            await before.restart()
            fresh = before
        else:
            _stop()
            fresh = await _start()
        talk.worker = fresh
        await files.take_again(talk)
        tensors.list_again(talk)
        inspection.ask_again(talk)
    except Exception as error:
        fail(error)
        raise
    if talk.is_waiting:
        talk.ask()
    else:
        root.dataset.state = "ready"
        dom.mark_stale(True)
        dom.render("status", views.cancelled(form.differing(talk.chosen, talk.view)))


async def _start():
    _started.count += 1
    return await create_named_worker(SOURCE, "lab-" + str(_started.count), CONFIG)


def _stop():
    script = document.querySelector('script[type="py"][worker]')
    script.xworker.terminate()
    script.remove()

"""The page begins: events are bound, the form is filled from the address, the worker is awaited and asked."""

from pyscript import document, ffi, window

from page import (
    actions,
    address,
    charts,
    cursor,
    digits,
    dom,
    files,
    form,
    guest,
    handles,
    inspection,
    offline,
    paper,
    projector,
    sections,
    tensors,
    views,
    words,
    worker,
)
from page.conversation import Conversation, root

talk = Conversation()


class Loading:
    """What is being loaded before Python starts."""

    def __init__(self):
        """Begins with nothing."""
        self.stages = []  # [name, bytes received, bytes in all]
        self.fallback_reason = ""  # why Python does not start from its memory image, if it does not


loading = Loading()


def on_input(event):
    """A control was edited."""
    control = event.target
    if control.classList.contains("handle"):
        fields = handles.take(talk, control)
        form.fill(fields, {})
        talk.choose_all(fields)
    elif control.id == "tensor-search":
        tensors.search(talk, control.value)
    elif control.hasAttribute("data-mirror"):
        form.fill({control.dataset.mirror: control.value}, {})
        talk.choose(control.dataset.mirror, control.value)
    elif control.name and control.form and control.form.id == "controls":
        talk.choose(control.name, form.value(control))


def on_click(event):
    """A link to a field, a button or a row was clicked."""
    if event.target.id in ("chooser", "folder"):
        event.target.value = ""  # else browsers do not say that the same file is chosen again
    lesson = event.target.closest("[data-lesson]")
    if lesson is not None:
        said = document.querySelector("[data-region=lesson]")
        said.textContent = lesson.dataset.lesson
        if not lesson.closest(".presets"):  # but far below, in the essay
            document.querySelector("#results").focus()
            said.scrollIntoView()
        return
    if event.target.classList.contains("handle"):
        element = handles.element_of(event.target)
        if element not in (None, talk.followed()):
            talk.follow(element)
        return
    link = event.target.closest("[data-focus]")
    button = event.target.closest("[data-action]")
    row = event.target.closest("[data-follow]") or event.target.closest("[data-element]")
    if link is not None:
        event.preventDefault()
        sections.reveal(talk, document.querySelector('[data-field="' + link.dataset.focus + '"]'))
        form.focus(link.dataset.focus)
    elif button is not None:
        actions.ACTIONS[button.dataset.action](talk, button)
    elif row is not None:
        talk.follow(int(row.getAttribute("data-follow") or row.getAttribute("data-element")))


def on_change(event):
    """An edit is done: the next one is another place in the history. Or a file was chosen."""
    address.settle()
    if event.target.classList.contains("handle"):
        handles.let_go(event.target)
    if talk.unfinished and event.target.name == talk.unfinished:
        talk.ask()
    if event.target.type == "file" and event.target.files.length:
        if event.target.id == "folder":
            files.take_folder(talk, event.target.files)
        else:
            files.take_all(talk, event.target.files)


def on_key(event):
    """On a chart an arrow key moves its cursor, and Enter follows the number under it; on bytes it moves the focus."""
    if event.target.classList.contains("byte"):
        if cursor.walk_bytes(event.target, event.key):
            event.preventDefault()
        return
    if event.target.matches(digits.NUMBER):
        if digits.walk(event.target, event.key):
            event.preventDefault()
        return
    if event.target.closest("[role=toolbar]"):
        if cursor.walk_toolbar(event.target, event.key):
            event.preventDefault()
        return
    if event.key == "Escape":
        if form.is_sheet_open():
            form.turn_sheet(False)
        else:
            projector.leave(talk)
    if event.key == "Enter" and event.target.hasAttribute("data-part"):
        inspection.ask(talk, event.target.parentElement.querySelector("button"))
    if not event.target.classList.contains("figure"):
        return
    if event.key == "Enter":
        found = cursor.under(event.target)
        if found is not None:
            pick(event.target.dataset.figure, *found)
    elif cursor.walk(event.target, event.key, talk.words_of):
        event.preventDefault()


def on_copy(event):
    """What is copied has all the digits."""
    text = digits.copied()
    if text:
        event.clipboardData.setData("text/plain", text)
        event.preventDefault()


def on_leave(event):
    """A chart, a slider on it, or a byte lost the focus."""
    if event.target.classList.contains("handle"):
        handles.let_go(event.target)
    if event.target.classList.contains("byte"):
        cursor.tell("")
    if event.target.classList.contains("figure"):
        cursor.leave(event.target)


def on_point(event):
    """A point of a chart was clicked."""
    trace, point = event.points[0].data, event.points[0].pointNumber
    inspection.ask_of(talk, trace, point)
    pick(event.event.target.closest("[data-figure]").dataset.figure, trace, point)


def pick(name, trace, point):
    """Follows the number, or takes the settings, that a place on a chart stands for, if it stands for any."""
    element, row = cursor.element_at(trace, point), cursor.row_at(trace, point)
    if row is not None:
        talk.take(name, row)
    elif element is not None:
        talk.follow(element)


def on_file(event):
    """A file was chosen, dropped, or made of a long text that was pasted."""
    if event.type == "quantlab:file":
        files.take_all(talk, window.Array.of(event.detail))
    else:
        files.take_dropped(talk, event.dataTransfer)


def on_drag(event):
    """A file is dragged over the page, dropped on it, or leaves it."""
    if not files.is_file_drag(event):
        return
    event.preventDefault()
    files.clear_drop(event.type == "dragover")
    if event.type == "drop":
        on_file(event)


def on_hash(event):
    """Another link was opened in this page; the name of a place on the page is no state and leaves it as it is."""
    if address.is_place():
        place = document.getElementById(window.location.hash[1:])
        sections.reveal(talk, place)
        address.write(talk.chosen, talk.defaults, None)
        if place is not None:
            place.scrollIntoView()
    else:
        address.moved()
        talk.start_over(address.read())
        guest.dress()
        sections.dress()
        projector.dress()


def on_scheme(event):
    """The system went dark or light."""
    actions.show_theme()
    charts.redraw()


def on_progress(event):
    """The worker is loading, reads a file, or searches for ranges."""
    detail = event.detail
    if hasattr(detail, "stage") and detail.stage == "search":
        talk.tell_search(detail.ranges, detail.share, detail.seconds)
        return
    if hasattr(detail, "stage") and detail.stage == "file":
        dom.render("status", views.reading(detail.name, detail.received, detail.total))
        return
    if hasattr(detail, "stage") and detail.stage == "inspection":
        inspection.tell(detail.share)
        return
    if hasattr(detail, "fallbackReason") and not loading.fallback_reason:
        loading.fallback_reason = detail.fallbackReason
        loading.stages.clear()
    for stage in loading.stages:
        if stage[0] == detail.stage:
            stage[1] = detail.received
            break
    else:
        loading.stages.append([detail.stage, detail.received, detail.total])
    if talk.worker is None:
        dom.render("status", views.loading(loading.stages, loading.fallback_reason) + views.told_besides(talk.remarks))


def on_uncharted(event):
    """The charts' program could not be loaded."""
    talk.remark(words.NO_CHARTS)


async def begin():
    """Makes the page answer, then waits for Python."""
    window.quantlab = window.Object.new()
    for kind, handler in (
        ("input", on_input),
        ("change", on_change),
        ("click", on_click),
        ("keydown", on_key),
        ("copy", on_copy),
        ("focusin", lambda event: digits.turn_inwards(event.target)),
        ("focusout", on_leave),
        ("dragover", on_drag),
        ("dragleave", on_drag),
        ("drop", on_drag),
        ("quantlab:file", on_file),
        ("quantlab:progress", on_progress),
        ("quantlab:uncharted", on_uncharted),
    ):
        document.addEventListener(kind, ffi.create_proxy(handler))
    charts.on_point(ffi.create_proxy(on_point))
    charts.on_drawn(lambda name: talk.lay_handles(name))
    window.onscroll = ffi.create_proxy(lambda event: charts.draw_near())
    window.onbeforeprint = ffi.create_proxy(lambda event: paper.prepare(talk))
    window.onafterprint = ffi.create_proxy(lambda event: paper.put_away())
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", ffi.create_proxy(on_scheme))
    window.onhashchange = ffi.create_proxy(on_hash)
    address.begin()
    guest.dress()
    guest.arrange(talk.chosen)
    if not guest.IS_EMBED:
        sections.dress()
        projector.dress()
    actions.show_theme()
    form.unfold(talk.chosen)
    form.restore(talk.chosen)
    guest.begin(talk)
    if address.is_too_long():
        talk.remarks = [views.link_too_long(len(window.location.hash), address.LONGEST)]
    dom.render("status", views.loading(loading.stages) + views.told_besides(talk.remarks))
    root.dataset.interactive = "true"
    if not guest.IS_EMBED:
        offline.begin()
        if talk.chosen:
            charts.load()  # the example has drawings, which do until Python has answered
    await worker.connect(talk)
    talk.ask()

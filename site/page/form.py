"""The form: its controls read and filled, its errors shown at the field, what does not apply hidden."""

from pyscript import document, window

from page.unfinished import is_beginning

LONGEST = 8_000  # characters of a text that this side handles itself
LONG = "\0long"
VISIBLE = "input:not([type=hidden]), select, textarea"


class Control:
    """A control, with what never changes of it: asking the document for all of that anew takes long."""

    def __init__(self, element):
        """Asks once."""
        self.element = element
        self.name = element.name
        self.kind = element.type if element.tagName == "INPUT" else element.tagName  # INPUT's types are in lower case

    def show(self, text):
        """Makes the control say a text."""
        if self.kind == "checkbox":
            self.element.checked = text == "1"
        elif self.kind == "radio":
            self.element.checked = self.element.value == text.lower()  # a link may have another case
        else:
            text = text.lower() if self.kind == "SELECT" else text
            if self.element.value != text:
                self.element.value = text


class Form:
    """The form as it was found when it was first needed; only what its controls say changes."""

    def __init__(self):
        """Finds nothing yet."""
        self.controls = []

    def find(self):
        """Looks for all of it, once."""
        elements = document.getElementById("controls").elements
        if len(self.controls) != elements.length:
            self.controls = [Control(element) for element in elements]
        return self


_form = Form()


def controls():
    """Every control of the form, wherever it stands on the page."""
    return _form.find().controls


def value(control):
    """What this control says, as the text that a request carries; LONG for a text that stays in its control."""
    if control.type == "checkbox":
        return "1" if control.checked else "0"
    if control.tagName == "TEXTAREA" and control.textLength > LONGEST:
        return LONG
    return control.value


def long_texts(chosen):
    """The texts that `chosen` only calls LONG, as a JavaScript object: they never become Python's on this side."""
    texts = window.Object.fromEntries(window.FormData.new(document.getElementById("controls")))
    for name in list(window.Object.keys(texts)):
        if chosen.get(name) != LONG:
            window.Reflect.deleteProperty(texts, name)
    return texts


def fill(request, keep):
    """Shows a request in the controls, but for the fields in `keep` and the one that has the focus."""
    active = document.activeElement
    edited = active.name if hasattr(active, "name") else None
    for control in controls():
        name = control.name
        if not name or name not in request or name in keep or (name == edited and control.kind != "radio"):
            continue
        control.show(request[name])
    show_applicable()


def restore(chosen):
    """Shows the chosen fields; all others go back to their defaults."""
    document.getElementById("controls").reset()
    fill(chosen, {})


def differing(chosen, view):
    """Where the form says something else than the request that was answered: labels, and the texts of that request."""
    found = []
    for control in controls():
        name = control.name
        if view is None or name not in chosen or view["request"].get(name, "") == chosen[name]:
            continue
        label = document.querySelector('label[for="' + name + '"]')
        text = view["request"].get(name, "")
        found.append((label.textContent if label is not None else name, text if len(text) < 40 else text[:40] + "…"))
    return found


def decided_by(name):
    """The names of the fields that go back to their defaults where a profile, or a number format, is chosen."""
    return [control.name for control in document.querySelectorAll("[data-by-" + name + "]")]


def show_applicable():
    """Hides each part of the form of whose cases none holds, and says what is chosen where that is explained."""
    window.quantlabForm.arrange()


def is_unfinished(errors):
    """Whether all that is wrong is a number or a bracket that is still being typed, at the end of the focused field."""
    control = document.activeElement
    if len(errors) != 1 or not hasattr(control, "selectionEnd") or control.name != errors[0]["field"]:
        return False
    return control.selectionEnd == len(control.value) and is_beginning(control.value)


def show_errors(errors):
    """Puts each message at its field and marks the control; takes away what no longer holds."""
    if not errors and document.querySelector("[data-field] > .error") is None:
        return
    messages = {}
    for error in errors:
        messages.setdefault(error["field"], error["message"])
    for field in document.querySelectorAll("[data-field]"):
        _mark(field, messages.get(field.dataset.field))
    told = document.getElementById(errors[0]["field"] + "-error") if len(errors) == 1 else None
    is_seen = told is not None and told.checkVisibility()
    document.querySelector("[data-region=errors]").toggleAttribute("data-brief", is_seen)  # the whole of it is there


def _mark(field, message):
    name = field.dataset.field
    note = document.getElementById(name + "-error")
    control = field.querySelector(VISIBLE)
    if message is None:
        if note is not None:
            note.remove()
            control.removeAttribute("aria-invalid")
            _describe(control, name)
        return
    if note is None:
        note = document.createElement("p")
        note.id = name + "-error"
        note.className = "error"
        field.appendChild(note)
        control.setAttribute("aria-invalid", "true")
        _describe(control, name)
    if note.textContent != message:
        note.textContent = message


def _describe(control, name):
    """Ties the hint and the message that exist for a field to its control."""
    found = [name + end for end in ("-error", "-hint") if document.getElementById(name + end) is not None]
    if found:
        control.setAttribute("aria-describedby", " ".join(found))
    else:
        control.removeAttribute("aria-describedby")


def unfold(chosen):
    """Opens the groups of settings in which something is chosen."""
    for fold in document.querySelectorAll(".fold"):
        for field in fold.querySelectorAll("[data-field]"):
            if field.dataset.field in chosen:
                fold.open = True


def is_sheet_open():
    """Whether all settings are shown over a narrow page."""
    return document.documentElement.hasAttribute("data-sheet")


def turn_sheet(is_open):
    """Shows the settings that a narrow page puts away, with the focus in them; or puts them away again."""
    document.documentElement.toggleAttribute("data-sheet", is_open)
    done, opener = document.querySelectorAll('[data-action="sheet"]')
    opener.setAttribute("aria-expanded", "true" if is_open else "false")
    (done if is_open else opener).focus()


def focus(name):
    """Opens what hides a field and gives it the focus."""
    field = document.querySelector('[data-field="' + name + '"]')
    if field is None:
        return
    control = field.querySelector(VISIBLE)
    fold = control.closest("details")
    if fold is not None:
        fold.open = True
    if not control.checkVisibility() and control.closest(".sheet") is not None:
        turn_sheet(True)
    control.focus()

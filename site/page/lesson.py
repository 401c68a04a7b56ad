"""The questions of a lesson: answers that are typed are compared, tasks are solved when an embed's answer says so."""

from pyscript import document, ffi, window

from page import words
from page.checks import holds, is_right, number_in


def on_submit(event):
    """A typed answer is checked."""
    event.preventDefault()
    form = event.target
    text = form.querySelector("input").value
    said = form.querySelector("output")
    if number_in(text) is None:
        said.textContent = words.NO_NUMBER
    elif is_right(text, form.parentElement.dataset.ask):
        said.textContent = words.RIGHT
    else:
        said.textContent = words.NOT_QUITE.format(hint=_hint(form.parentElement, text))


def _hint(ask, text):
    """What is known about a wrong answer that is often given."""
    for slip in ask.querySelectorAll("[data-slip]"):
        if is_right(text, slip.dataset.slip):
            return slip.textContent
    return words.ANOTHER_TRY


def on_answer(event):
    """An embed has computed something: the tasks about it may be solved."""
    place = event.target.parentElement
    for task in document.querySelectorAll('[data-of="' + place.id + '"]') if place.id else ():
        path, relation, number = task.dataset.goal.split(" ")
        is_solved = holds(_at(event.detail, path.split(".")), relation, number)
        task.toggleAttribute("data-solved", is_solved)
        text = words.SOLVED if is_solved else words.NOT_YET
        said = task.querySelector("output")
        if said.textContent != text:
            said.textContent = text


def _at(answer, path):
    """What lies at a path such as `params scale 0` of an answer, a JavaScript object."""
    for name in path:
        answer = answer[int(name)] if name.isdigit() else getattr(answer, name)
    return answer


def write_answers():
    """Copies all answers to the end of the text, where paper has them on a page of their own."""
    listed = document.createElement("ol")
    for ask in document.querySelectorAll(".ask"):
        item = document.createElement("li")
        for part in ask.querySelectorAll("details > :not(summary)"):
            item.append(part.cloneNode(True))
        listed.append(item)
    document.getElementById("answers").append(listed)


def to_paper(_):
    """Puts beside each embed what stands in it until it runs: that is drawn, wherever its frame is."""
    for still in document.querySelectorAll("quant-lab > .still"):
        still.parentElement.after(still)


def from_paper(_):
    """Puts it back."""
    for still in document.querySelectorAll("quant-lab + .still"):
        still.previousElementSibling.append(still)


def main():
    """Listens to the forms, the embeds and the printer."""
    for name, act in (("beforeprint", to_paper), ("afterprint", from_paper)):
        window.addEventListener(name, ffi.create_proxy(act))
    write_answers()
    for form in document.querySelectorAll(".ask-form"):
        form.addEventListener("submit", ffi.create_proxy(on_submit))
    document.addEventListener("answer", ffi.create_proxy(on_answer))
    document.documentElement.dataset.interactive = "true"


main()

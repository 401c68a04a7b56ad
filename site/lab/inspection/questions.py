"""The table of questions, and how one is answered."""

from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from quantcore import QuantError

from ..answer_types import Node
from ..notation.nodes import node
from ..request.labelled import labelled
from . import facts, names, pair, pairs, programs, report, statistics, taking, tensor_map
from .work import Stopped, Work, button


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to ask.

    Attributes:
        work: What answers it; it is given the whole question.
        label: What its button says; empty where another question's answer has the button.
        of: What it is asked of, "tensor", "model" or "name"; its button stands with the others of these.
        offers: What gives the label and the rest of the question of each button, where they depend on what is open.
    """

    work: Callable[[Mapping[str, str]], Work]
    label: str = ""
    of: str = "tensor"
    offers: Callable[[Mapping[str, str]], Iterable[tuple[str, Mapping[str, str]]]] | None = None


QUESTIONS: Mapping[str, Question] = MappingProxyType(
    {
        "tensor": Question(facts.of_tensor, "What it is made of"),
        "statistics": Question(statistics.of_tensor, "Measure all of it"),
        "map": Question(tensor_map.of_tensor, "A map of all of it"),
        "program": Question(programs.of_tensor, "As a program"),
        "py": Question(programs.saved),
        "take": Question(taking.of_tensor, "Take it along"),
        "npy": Question(taking.npy),
        "safetensors": Question(taking.safetensors),
        "pair": Question(pair.of_tensors, offers=pair.offers),
        "model": Question(facts.of_model, "What is in it", of="model"),
        "take model": Question(taking.of_model, "Take it along", of="model"),
        "csv": Question(taking.csv, of="model"),
        "pairs": Question(pairs.of_models, of="model", offers=pairs.offers),
        "pairs csv": Question(pairs.csv, of="model"),
        "report": Question(report.of_model, of="model"),
        "name": Question(names.of_name, of="name"),
    }
)
NAMED = ("file", "file_sha256", "tensor")
"""What says of which file, and of which tensor in it, a question is asked."""


def ask(question: Mapping[str, str]) -> Generator[float, None, dict[str, Any]]:
    """Answers a question in steps, each of which yields the share that is done; throw `Stopped` to end it early.

    Args:
        question: "ask" is one of QUESTIONS; "file" and "file_sha256", and of a tensor "tensor", say what of; the
            others are what that one needs.

    Returns:
        `{"ok": true, "nodes", "figures", "data"}` with "file" (name, type, its bytes in pieces) and "fields" (of
        the request, to be set) where there are some;
        `{"ok": false, "errors": [{"field", "message"}]}`, without an error where it was stopped.
    """
    asked = QUESTIONS[question["ask"]]
    try:
        reply = yield from asked.work(question)
    except QuantError as error:
        return {"ok": False, "errors": [{"field": error.field, "message": labelled(error)}]}
    except Stopped:
        return {"ok": False, "errors": []}
    answer: dict[str, Any] = {"ok": True, "nodes": [*reply.nodes, *_others(question)], "data": reply.data}
    answer["figures"] = reply.figures
    if reply.fields:
        answer["fields"] = reply.fields
    if reply.file is not None:
        name, kind, pieces = reply.file
        answer["file"] = {"name": name, "type": kind, "pieces": pieces}
    return answer


def _others(question: Mapping[str, str]) -> list[Node]:
    """The buttons of what else is asked of the same; the one that is answered is pressed."""
    same = {name: question[name] for name in NAMED if name in question}
    buttons = []
    for name, other in QUESTIONS.items():
        if other.of != QUESTIONS[question["ask"]].of:
            continue
        fixed: list[tuple[str, Mapping[str, str]]] = [(other.label, {})] if other.label else []
        for label, more in fixed if other.offers is None else other.offers(question):
            is_this = name == question["ask"] and more.items() <= question.items()
            pressed = "true" if is_this else "false"
            buttons.append(button({**same, "ask": name, **more}, label, **{"aria-pressed": pressed}))
    return [node("p", {"class": "actions"}, *buttons)] if buttons else []

"""Draws the form's controls from the table of fields, so that a field is described in one place.

A page writes `<!--render:field-NAME-->` where the control of a field belongs. Choices of two become buttons side by
side, longer ones a list; a flag is a check box; any amount of numbers is a text area; all else is a line of text.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

Node = Any


def views(fields: Iterable[Any], profiles: Mapping[str, Any]) -> dict[str, Callable[[Any], list[Node]]]:
    """Returns the view of each field's control, by the name of its place."""
    decided = {name for profile in profiles.values() for name in profile.defaults}
    return {f"field-{field.name}": _view(field, field.name in decided) for field in fields}


def links(presets: Iterable[Any]) -> list[Node]:
    """Draws the presets as links that carry their request; the default's link names one field, to be a state at all."""
    drawn: list[Node] = []
    for preset in presets:
        query = urlencode(preset.request or {"direction": "quantize"})
        drawn.append(["li", {}, ["a", {"href": f"#{query}", "data-lesson": preset.lesson}, preset.title]])
    return [["ul", {}, *drawn]]


def downloads(exports: Mapping[str, Any]) -> list[Node]:
    """Draws a button for each kind of file that the lab writes."""
    button = {"type": "button", "class": "button", "data-action": "export"}
    return [["button", {**button, "data-kind": kind}, export.label] for kind, export in exports.items()]


def _view(field: Any, is_decided: bool) -> Callable[[Any], list[Node]]:
    def view(answer: Any) -> list[Node]:
        attributes: dict[str, Any] = {"class": "field", "data-field": field.name}
        if field.cases:
            attributes["data-when"] = ";".join(map(_condition, field.cases))
            attributes["hidden"] = not field.matters(answer["request"])
        return [["div", attributes, *_control(field, {"data-by-profile": is_decided})]]

    return view


def _condition(case: Mapping[str, tuple[str, ...]]) -> str:
    return "&".join(f"{name}={'|'.join(allowed)}" for name, allowed in case.items())


def _control(field: Any, extra: dict[str, Any]) -> list[Node]:
    name = field.name
    hint = ["p", {"class": "hint", "id": f"{name}-hint"}, field.hint]
    common = {"id": name, "name": name, "form": "controls", "aria-describedby": f"{name}-hint", **extra}
    label = ["label", {"for": name}, field.label]
    if field.kind == "flag":
        box = ["input", {"type": "checkbox", "value": "1", "checked": field.default == "1", **common}]
        return [["label", {"class": "check"}, box, ["span", {}, field.label]], hint]
    if field.kind == "choice" and len(field.choices) == 2:
        return [
            ["span", {"class": "label", "id": f"{name}-label"}, field.label],
            ["div", {"class": "choices", "role": "radiogroup", "aria-labelledby": f"{name}-label"}]
            + [_radio(field, value, text, extra) for value, text in field.choices.items()],
            hint,
        ]
    if field.kind == "choice":
        options = [
            ["option", {"value": value, "selected": value == field.default}, text]
            for value, text in field.choices.items()
        ]
        return [label, ["select", common, *options], hint]
    typing = {"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false", **common}
    if field.kind == "numbers":
        content = [field.default] if field.default else []
        return [label, ["textarea", {"rows": 3, **typing}, *content], hint]
    if field.kind == "integer":
        return [
            label,
            ["input", {"type": "number", "step": 1, "value": field.default, **_bounds(field), **typing}],
            hint,
        ]
    if field.name == "tensor":
        typing["list"] = "tensor-options"
    return [label, ["input", {"type": "text", "value": field.default, **typing}], hint]


def _radio(field: Any, value: str, text: str, extra: dict[str, Any]) -> Node:
    attributes = {
        "type": "radio",
        "name": field.name,
        "form": "controls",
        "value": value,
        "checked": value == field.default,
        **extra,
    }
    return ["label", {"class": "choice"}, ["input", attributes], ["span", {}, text]]


def _bounds(field: Any) -> dict[str, int]:
    """The ends of a number's range that a spin button needs; ends so far away that nobody gets there are left out."""
    ends = {"min": field.low, "max": field.high}
    return {name: int(end) for name, end in ends.items() if end is not None and abs(end) < 1_000_000}

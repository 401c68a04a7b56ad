"""Draws the form's controls from the table of fields, so that a field is described in one place.

A page writes `<!--render:field-NAME-->` where the control of a field belongs, or `<!--render:fields-GROUP-->` for all
of a group of the form, in which fields of half the width stand in pairs. An embed has `<!--render:fields-->`: every
control, but for those of a file. Choices of two become buttons side by side, longer ones a list; a flag is a check box;
any amount of numbers is a text area; all else is a line of text.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

Node = Any
READ = ("values", "codes", "axis")  # beneath which it is said how their text was read
View = Callable[[Any], list[Node]]


def views(
    form: Mapping[str, Iterable[Any]],
    beside: Iterable[Any],
    profiles: Mapping[str, Any],
    by_format: Iterable[str],
    endings: Iterable[str],
) -> dict[str, View]:
    """Returns the view of each field's control and of each group of them, by the name of its place.

    Args:
        form: the fields of each group of the form.
        beside: those that stand elsewhere on the page.
        profiles: what sets defaults of fields.
        by_format: names of the fields that say nothing about another number format.
        endings: of the names of files that can be read.
    """
    by_profile = {name for profile in profiles.values() for name in profile.defaults}
    decided = {"data-by-profile": by_profile, "data-by-format": set(by_format)}
    fields = [*(field for group in form.values() for field in group), *beside]
    single = {
        field.name: _view(field, {key: field.name in names for key, names in decided.items()}, ",".join(endings))
        for field in fields
    }
    offered = [single[field.name] for field in fields if field.when.get("source") != ("file",)]
    found = {f"field-{name}": view for name, view in single.items()}
    found |= {f"fields-{name}": _group(group, single) for name, group in form.items()}
    return {**found, "fields": lambda answer: [node for view in offered for node in view(answer)]}


def _group(fields: Iterable[Any], single: Mapping[str, View]) -> View:
    def view(answer: Any) -> list[Node]:
        nodes: list[Node] = []
        for is_half, members in groupby(fields, lambda field: field.is_half):
            drawn = [node for field in members for node in single[field.name](answer)]
            nodes += [["div", {"class": "pair"}, *drawn]] if is_half else drawn
        return nodes

    return view


def links(presets: Iterable[Any]) -> list[Node]:
    """Draws the presets as links that carry their request; the default's link names one field, to be a state at all."""
    drawn = [link(preset, preset.title) for preset in presets]
    for other in drawn[1:]:
        other[1]["tabindex"] = "-1"  # the arrow keys lead from one to the next
    bar = {"role": "toolbar", "aria-label": "Examples"}
    return [["ul", bar, *(["li", {"role": "none"}, shown] for shown in drawn)]]


def link(preset: Any, text: str) -> Node:
    """Draws the link that opens a preset."""
    query = urlencode(preset.request or {"direction": "quantize"})
    return ["a", {"href": f"#{query}", "data-lesson": preset.lesson}, text]


def downloads(exports: Mapping[str, Any]) -> list[Node]:
    """Draws a button for each kind of file that the lab writes."""
    button = {"type": "button", "class": "button", "data-action": "export"}
    return [["button", {**button, "data-kind": kind}, export.label] for kind, export in exports.items()]


def ticks(names: Mapping[str, str], chosen: Iterable[str]) -> list[Node]:
    """Draws a box to tick for each thing that can be shown, with its title and its name; those chosen are ticked."""
    kept = set(chosen)
    box = {"type": "checkbox", "name": "show"}
    return [
        ["label", {"class": "tick"}, ["input", {**box, "value": name, "checked": name in kept}], *_titled(name, title)]
        for name, title in names.items()
    ]


def _titled(name: str, title: str) -> list[Node]:
    return [f" {title} ", ["code", {}, name]]


def _view(field: Any, decided: dict[str, Any], endings: str) -> View:
    def view(answer: Any) -> list[Node]:
        if field.kind == "hidden":
            return [["input", {"type": "hidden", "name": field.name}]]
        if field.kind == "file":
            return [_file(field, endings)]
        attributes: dict[str, Any] = {"class": "field", "data-field": field.name}
        if field.cases:
            attributes["data-when"] = ";".join(map(_condition, field.cases))
            attributes["hidden"] = not field.matters(answer["request"])
        return [["div", attributes, *_control(field, decided)]]

    return view


def _file(field: Any, endings: str) -> Node:
    """Draws where a file is dropped or chosen, whatever the source is; its name goes into the request."""
    name = field.name
    cases = [{other: allowed for other, allowed in case.items() if other != "source"} for case in field.cases]
    attributes = {"class": "field drop needs-script", "data-field": name, "data-when": ";".join(map(_condition, cases))}
    chooser = {
        "type": "file",
        "id": "chooser",
        "aria-describedby": f"{name}-hint",
        "accept": f"{endings},image/*",
        "multiple": "",
    }
    asked = {"id": "model-name", "data-part": "name", "autocomplete": "off", "placeholder": "Q4_K_M, W4A16-g128, nvfp4"}
    ask = {"type": "button", "class": "button", "data-action": "inspect", "data-question": '{"ask": "name"}'}
    return [
        "div",
        attributes,
        ["label", {"for": "chooser"}, field.label],
        ["input", chooser],
        ["input", {"type": "hidden", "name": name}],
        ["p", {"class": "hint", "id": f"{name}-hint"}, field.hint],
        ["label", {"for": "folder"}, "Or the folder of a model"],
        ["input", {"type": "file", "id": "folder", "webkitdirectory": ""}],
        ["p", {"class": "read-as", "data-region": f"reading-{name}"}],
        ["label", {"for": "model-name"}, "What does a name stand for?"],
        ["p", {"class": "ask"}, ["input", asked], ["button", ask, "Explain"]],
    ]


def _condition(case: Mapping[str, tuple[str, ...]]) -> str:
    return "&".join(f"{name}={'|'.join(allowed)}" for name, allowed in case.items())


def _control(field: Any, extra: dict[str, Any]) -> list[Node]:
    name = field.name
    hint = ["p", {"class": "hint", "id": f"{name}-hint"}, field.choice_hints.get(field.default, field.hint)]
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
        return [label, ["select", common, *_options(field)], hint]
    typing = {"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false", **common}
    if field.kind == "numbers":
        content = [field.default] if field.default else []
        return [label, ["textarea", {"rows": 3, **typing}, *content], hint, *_reading(name)]
    if field.kind == "integer":
        number = ["input", {"type": "number", "step": 1, "value": field.default, **_bounds(field), **typing}]
        return [label, _turned(field, number) if field.quick else number, hint, *_reading(name)]
    line = {"type": "text", "value": field.default, **typing}
    if field.name == "tensor":
        return [label, ["input", {**line, "list": "tensor-options"}], hint, ["datalist", {"id": "tensor-options"}]]
    return [label, ["input", line], hint]


def _reading(name: str) -> list[Node]:
    """Draws the place where it is said how a text was read."""
    return [["p", {"class": "read-as", "data-region": f"reading-{name}"}]] if name in READ else []


def _turned(field: Any, line: Node) -> Node:
    """Draws a whole number that one turns: the line itself, a slider that says the same, and what it is most often."""
    slider = {"type": "range", "data-mirror": field.name, "min": field.low, "max": field.high, "value": field.default}
    button = {"type": "button", "class": "button", "data-action": "choose"}
    buttons = [
        [
            "button",
            {**button, "data-fields": json.dumps({field.name: text}), "aria-label": f"{text} {field.name}"},
            text,
        ]
        for text in field.quick
    ]
    turned = ["input", {**slider, "aria-label": f"{field.label}, as a slider"}]
    return ["div", {"class": "turned"}, line, ["span", {"class": "needs-script"}, turned, *buttons]]


def _options(field: Any) -> list[Node]:
    """Draws a long list's choices, those of a group together under its title."""
    grouped: dict[str, list[Node]] = {"": []}
    for value, text in field.choices.items():
        attributes: dict[str, Any] = {"value": value, "selected": value == field.default}
        if value in field.choices_when:
            attributes["data-when"] = _condition(field.choices_when[value])
        if value in field.choice_hints:
            attributes["data-hint"] = field.choice_hints[value]
        option = ["option", attributes, text]
        grouped.setdefault(field.groups.get(value, ""), []).append(option)
    first = grouped.pop("")
    return [*first, *(["optgroup", {"label": title}, *options] for title, options in grouped.items())]


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

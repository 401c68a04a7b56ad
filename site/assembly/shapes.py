"""Draws the shape of an answer for those who embed, from the types that the lab is held to (`lab.answer_types`)."""

from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

Node = Any
NAMES = {str: "text", int: "whole number", float: "number", bool: "true or false", type(None): "null", Any: "anything"}


def views(*types: type) -> list[Node]:
    """Draws one table for each type and for each that it leads to, those that are met first in front."""
    waiting, drawn = list(types), dict.fromkeys(types)
    nodes: list[Node] = []
    while waiting:
        described = waiting.pop(0)
        nodes.append(_table(described, described in types))
        for found in _inside(described):
            if found not in drawn:
                drawn[found] = None
                waiting.append(found)
    return nodes


def _table(described: type, is_open: bool) -> Node:
    hints = get_type_hints(described, include_extras=True)
    rows = [_row(name, hint, name in described.__required_keys__) for name, hint in hints.items()]  # type: ignore[attr-defined]
    heads = [["th", {"scope": "col"}, text] for text in ("Member", "Type", "Meaning")]
    return [
        "details",
        {"class": "shape", "open": is_open},
        ["summary", {}, ["code", {}, described.__name__], f" {described.__doc__}"],
        [
            "div",
            {"class": "scroll", "tabindex": "0", "role": "group", "aria-label": f"Members of {described.__name__}"},
            ["table", {"class": "numbers"}, ["thead", {}, ["tr", {}, *heads]], ["tbody", {}, *rows]],
        ],
    ]


def _row(name: str, hint: Any, is_required: bool) -> Node:
    kind, meaning = get_args(_plain(hint))
    text = words(kind) if is_required else f"{words(kind)}, or absent"
    return ["tr", {}, ["th", {"scope": "row"}, ["code", {}, name]], ["td", {}, text], ["td", {}, meaning]]


def _plain(hint: Any) -> Any:
    """Returns what is inside NotRequired."""
    return hint if get_origin(hint) is Annotated else get_args(hint)[0]


def words(kind: Any) -> str:
    """Returns a type in words.

    >>> words(list[int | None]), words(dict[str, str]), words(Literal[True])
    ('list of whole number or null', 'object of text', 'true')
    """
    if kind in NAMES:
        return NAMES[kind]
    origin, inner = get_origin(kind), get_args(kind)
    if origin is list:
        return f"list of {words(inner[0])}"
    if origin is dict:
        return f"object of {words(inner[1])}"
    if origin is Literal:
        return str(inner[0]).lower()
    if origin in (Union, UnionType):
        return " or ".join(map(words, inner))
    return str(kind.__name__)


def _inside(kind: Any) -> list[type]:
    """Lists the types with members of their own that a type mentions, in order."""
    parts = get_type_hints(kind).values() if is_typeddict(kind) else get_args(kind)
    found: list[type] = []
    for part in parts:
        found += [part] if is_typeddict(part) else _inside(part)
    return found

"""What a text takes out of an answer: a number, a drawing, or a whole embed with what stands in it until it runs.

A lesson names its requests in its places (`assembly.prerender`), so that no number in it is typed by hand:

    summary.KEY       the value of a tile, such as summary.scale_factor
    cell.ROW.COLUMN   a cell of the table of values, such as cell.0.q
    step.KEY          the equation of a step
    at.PATH           a number at a path of the answer, such as at.stored.bits_per_value
    drawing.NAME      an instrument as a drawing
    embed             the element <quant-lab> with the place's request as attributes, and the same as still text
"""

import importlib
from collections.abc import Mapping
from typing import Any

Node = Any
LABEL = "label"  # of a place `embed`: what the embed is called; no field of a request


def cut(name: str, request: Mapping[str, str], answer: Mapping[str, Any]) -> list[Node] | None:
    """Returns the nodes that a name stands for, or None if it is none of these."""
    kind, _, rest = name.partition(".")
    if kind == "embed":
        return [embed(request, answer)]
    if not rest:
        return None
    if kind == "summary":
        return [next(tile["brief"] for tile in answer["summary"] if tile["key"] == rest)]
    if kind == "cell":
        row, column = rest.split(".")
        return [cell(answer["table"], int(row), column)]
    if kind == "step":
        return [next(step["math"] for step in answer["steps"] if step["key"] == rest)]
    if kind == "at":
        return [number_at(answer, rest)]
    if kind == "drawing":
        return [answer["drawings"][rest]]
    return None


def cell(table: Mapping[str, Any], row: int, column: str) -> str:
    """Returns the text of a cell as it is read.

    >>> cell({"columns": [{"key": "x"}, {"key": "q"}], "rows": [{"cells": ["0.1", "7"]}]}, 0, "q")
    '7'
    """
    keys = [found["key"] for found in table["columns"]]
    return str(importlib.import_module("page.views").brief(table["rows"][row], keys.index(column)))


def number_at(answer: Any, path: str) -> str:
    """Returns the number at a path, in as many digits as a text needs.

    >>> number_at({"stored": {"levels": [{"values": [-0.5]}]}}, "stored.levels.0.values.0")
    '−0.5'
    """
    for name in path.split("."):
        answer = answer[int(name)] if name.isdigit() else answer[name]
    return f"{answer:.8g}".replace("-", "−")


def embed(request: Mapping[str, str], answer: Mapping[str, Any]) -> Node:
    """Returns the element for a request, and in it what it shows, for as long as no script runs."""
    attributes: dict[str, Any] = {name: text for name, text in request.items() if name != LABEL}
    if LABEL in request:
        attributes["title"] = request[LABEL]
    return ["quant-lab", attributes, ["div", {"class": "still"}, *still(request.get("show", "table"), answer)]]


def still(show: str, answer: Mapping[str, Any]) -> list[Node]:
    """Returns the parts and instruments named by `show`, as text and drawings."""
    views = importlib.import_module("page.views")
    tables = {item["name"]: item["table"] for item in answer["instruments"] if item["applies"]}
    parts: list[Node] = []
    for name in show.split(","):
        if name == "table":
            parts += views.still_table(answer)
        elif name == "steps":
            parts.append(["ol", {"class": "steps"}, *views.steps(answer)])
        elif name == "summary":
            parts.append(["dl", {"class": "tiles"}, *views.summary(answer)])
        elif name in answer["drawings"]:
            parts.append(["div", {"class": "figure"}, answer["drawings"][name]])
        elif name in tables:  # whose instrument has no figure
            parts += views.still_table({"table": tables[name]})
    return parts

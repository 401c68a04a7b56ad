"""The table of a model's tensors: what is searched for, in which order, and so many of its rows."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..answer_types import Node
from ..data.files.contents import Entry
from ..data.store import STORE, File
from ..notation.display import count, plural
from ..notation.nodes import node
from .work import button

STEP = 50
"""Rows that are shown at once."""
TYPES = 8
"""Types that are summed up by name."""
OTHERS = 4
"""Models that were opened last, which this one can be compared with."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table: what it is called, what it is sorted by, and whether the greatest come first."""

    title: str
    key: Callable[[Entry], Any]
    is_falling: bool = True


COLUMNS: Mapping[str, Column] = {
    "name": Column("Tensor", lambda entry: entry.name, is_falling=False),
    "n": Column("Shape", lambda entry: entry.n_values),
    "dtype": Column("Stored as", lambda entry: entry.dtype, is_falling=False),
    "bits": Column("Bits per value", lambda entry: _bits(entry)),
    "size": Column("Size", lambda entry: _size(entry)),
    "share": Column("Share", lambda entry: _size(entry)),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be listed, and how.

    Attributes:
        file: The model's name.
        file_sha256: Its digest.
        query: Words that a tensor's name and type have, all of them.
        by: The column that is sorted by; empty: in the order of the file.
        is_turned: Whether the column is sorted the other way round.
        first: The place of the first row that is shown, `STEP` of them.
    """

    file: str
    file_sha256: str
    query: str = ""
    by: str = ""
    is_turned: bool = False
    first: int = 0

    @property
    def is_falling(self) -> bool:
        """Whether the greatest come first."""
        return COLUMNS[self.by].is_falling != self.is_turned


def listed(asked: Asked) -> tuple[list[Node], list[Node]]:
    """The table with what is around it, and apart from it its rows, so that these can be drawn in turns.

    Raises:
        QuantError: If the model is not here.
    """
    file, _ = STORE.model(asked.file, asked.file_sha256)
    entries = found(file.contents.entries, asked)
    total = sum(map(_size, file.contents.entries)) or 1
    shown = [_row(asked, entry, total) for entry in entries[asked.first : asked.first + STEP]]
    return _around(file, asked, len(entries), total), shown


def found(entries: tuple[Entry, ...], asked: Asked) -> list[Entry]:
    """The tensors that are searched for, in their order."""
    words = asked.query.lower().split()
    entries_ = [one for one in entries if all(word in f"{one.name} {one.dtype}".lower() for word in words)]
    if asked.by:
        entries_.sort(key=COLUMNS[asked.by].key, reverse=asked.is_falling)
    return entries_


def _around(file: File, asked: Asked, n_found: int, total: int) -> list[Node]:
    """All but the rows."""
    assert file.about is not None
    others = [one for one in STORE.models() if one is not file][-OTHERS:]
    compare = [
        _asks(asked, f"Compare with {one.name}", ask="pairs", other=one.name, other_sha256=one.sha256) for one in others
    ]
    headings = [_heading(asked, name, column) for name, column in COLUMNS.items()]
    headings.insert(1, node("th", {"scope": "col"}, "More"))
    table = node(
        "table",
        {"class": "numbers"},
        node("thead", {}, node("tr", {}, *headings)),
        node("tbody", {"data-region": "tensor-rows"}),
    )
    search = {"id": "tensor-search", "type": "search", "placeholder": "attn_q, Q4_K", "autocomplete": "off"}
    nodes = [
        node("h2", {"id": "tensors-title"}, f"Tensors of {file.name}"),
        node("p", {}, _summary(file, total)),
        node("p", {"class": "hint"}, _types(file.contents.entries, total)),
        node("p", {"class": "actions"}, _asks(asked, "Look into the file", asked.file, ask="model"), *compare),
        *[node("p", {"class": "notice"}, notice) for notice in file.about.notices],
        node("p", {"class": "field"}, node("label", {"for": "tensor-search"}, "Search"), node("input", search)),
        node("div", {"class": "scroll", "tabindex": "0", "role": "region", "aria-labelledby": "tensors-title"}, table),
        node("p", {"class": "hint", "role": "status"}, _shown(asked, n_found)),
    ]
    if n_found > STEP:
        turns = [
            _turn("Rows before", asked.first - STEP, asked.first > 0),
            _turn("Rows after", asked.first + STEP, asked.first + STEP < n_found),
        ]
        nodes.append(node("p", {"class": "actions"}, *turns))
    return nodes


def _shown(asked: Asked, n_found: int) -> str:
    if not n_found:
        return "No tensor has this in its name or type."
    last = min(asked.first + STEP, n_found)
    return f"{count(asked.first + 1)} to {count(last)} of {count(n_found)} shown"


def _turn(label: str, first: int, is_possible: bool) -> Node:
    """The button that shows the rows from another one on."""
    turn = {"type": "button", "class": "button", "data-action": "turn-tensors", "data-first": str(first)}
    return node("button", turn if is_possible else {**turn, "disabled": ""}, label)


def _heading(asked: Asked, name: str, column: Column) -> Node:
    order = {"aria-sort": "descending" if asked.is_falling else "ascending"} if name == asked.by else {}
    sort = {"type": "button", "class": "sort", "data-action": "sort-tensors", "data-by": name}
    return node("th", {"scope": "col", **order}, node("button", sort, column.title))


def _row(asked: Asked, entry: Entry, total: int) -> Node:
    number = {"class": "number"}
    values = _takes(entry, {"direction": "quantize", "format": ""}, entry.name)
    stored: Node = entry.dtype
    if entry.stored_as:
        fields = {"direction": "dequantize", **entry.stored_as}
        stored = _takes(entry, fields, entry.dtype, f"{entry.name} as it is stored, in {entry.dtype}")
    return node(
        "tr",
        {},
        node("th", {"scope": "row"}, values),
        node("td", {}, _asks(asked, "Look into", entry.name, ask="tensor", tensor=entry.name)),
        node("td", {}, " × ".join(map(str, entry.shape))),
        node("td", {}, stored),
        node("td", number, f"{_bits(entry):.4g}"),
        node("td", number, _in_words(_size(entry))),
        node("td", number, f"{100 * _size(entry) / total:.1f} %"),
    )


def _takes(entry: Entry, fields: Mapping[str, str], label: str, name: str = "") -> Node:
    """The button that takes a tensor into the laboratory; `name` is its own where the label does not say it all."""
    take = {"source": "file", "tensor": entry.name, "rows": "", "element": "0", "shape": "", **fields}
    attributes = {"type": "button", "class": "sort", "data-action": "choose", "data-fields": json.dumps(take)}
    return node("button", attributes | ({"aria-label": name} if name else {}), label)


def _asks(asked: Asked, label: str, what: str = "", **question: str) -> Node:
    """The button that asks something of the file; what of is told to who does not see where it is."""
    names = {"aria-label": f"{label} {what}"} if what else {}
    return button({**question, "file": asked.file, "file_sha256": asked.file_sha256}, label, **names)


def _summary(file: File, total: int) -> str:
    assert file.about is not None
    tensors, bits = plural(len(file.contents.entries), "tensor"), file.about.bits_per_value
    what = "Choose a name to quantize its values, a type to see them as they are stored."
    return f"{file.about.kind}: {tensors}, {_in_words(total)}, {bits:.4g} bits per value. {what}"


def _types(entries: tuple[Entry, ...], total: int) -> str:
    """Which types take how much of the file, the most first."""
    sizes: dict[str, list[int]] = defaultdict(list)
    for entry in entries:
        sizes[entry.dtype].append(_size(entry))
    ranked = sorted(sizes.items(), key=lambda pair: -sum(pair[1]))
    told = [f"{dtype} {100 * sum(some) / total:.1f} % ({count(len(some))})" for dtype, some in ranked[:TYPES]]
    if len(ranked) > TYPES:
        told.append(f"and {plural(len(ranked) - TYPES, 'more type')}")
    return f"Of the bytes: {', '.join(told)}."


def _size(entry: Entry) -> int:
    return entry.size_bytes or 0


def _bits(entry: Entry) -> float:
    return 8 * _size(entry) / max(1, entry.n_values)


def _in_words(n_bytes: int) -> str:
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if n_bytes >= size:
            return f"{n_bytes / size:.3g} {unit}"
    return plural(n_bytes, "byte")

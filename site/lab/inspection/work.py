"""What takes long, in steps, so that it can tell how far it is, and be stopped."""

import json
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ..answer_types import Figure, Node
from ..data.files.contents import Entry, Floats
from ..notation.nodes import node

CHUNK = 1 << 18
"""Numbers that are read in one step; even in a browser it takes less than a frame or two."""


@dataclass(frozen=True, slots=True, eq=False)
class Reply:
    """The answer to a question.

    Attributes:
        nodes: What is told; buttons with data-action="inspect" and a question as JSON in data-question ask the next.
        figure: A Plotly figure, for the node with data-figure="inspection"; None where there is none.
        second: Likewise, with data-figure="inspection-2".
        file: A file to be saved: its name, its type, its bytes in pieces; None where there is none.
        data: The same in numbers, plain JSON, for programs.
        fields: What the request is to say then, so that the laboratory shows what the answer is about; empty: as it is.
    """

    nodes: list[Node]
    figure: Figure | None = None
    file: tuple[str, str, list[bytes]] | None = None
    data: dict[str, Any] = field(default_factory=dict)
    second: Figure | None = None
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def figures(self) -> dict[str, Figure]:
        """The figures by the names of their places."""
        drawn = {"inspection": self.figure, "inspection-2": self.second}
        return {name: figure for name, figure in drawn.items() if figure is not None}


Work: TypeAlias = Generator[float, None, Reply]
"""Yields which share is done, from 0 to 1, between steps of some milliseconds; returns the answer."""


class Stopped(Exception):  # noqa: N818 - it is no error
    """Thrown into a work that nobody wants to wait for; it may answer with what it has so far."""


def parts_of(entry: Entry, rows: tuple[int, int] | None = None) -> Iterator[tuple[float, Floats]]:
    """The numbers of a tensor, some rows at a time, (n, row length), with the share that is then read.

    Args:
        entry: The tensor.
        rows: The first row and the one after the last; None: all of them.
    """
    first, last = (0, entry.n_rows) if rows is None else rows
    length = max(1, entry.n_values // max(1, entry.n_rows))
    if entry.rows is None:
        yield 1.0, entry.read().reshape(max(1, entry.n_rows), -1)[first:last]
        return
    step = max(1, CHUNK // length)
    for start in range(first, last, step):
        stop = min(start + step, last)
        yield (stop - first) / (last - first), entry.rows(start, stop)


def button(question: Mapping[str, str], label: str, **attributes: str) -> Node:
    """What asks a question."""
    asked = {"type": "button", "class": "button", "data-action": "inspect", "data-question": json.dumps(question)}
    return node("button", {**asked, **attributes}, label)

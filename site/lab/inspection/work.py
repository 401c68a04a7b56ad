"""What takes long, in steps, so that it can tell how far it is, and be stopped."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ..answer_types import Figure, Node
from ..data.files.contents import Entry, Floats

CHUNK = 1 << 18
"""Numbers that are read in one step; even in a browser it takes less than a frame or two."""


@dataclass(frozen=True, slots=True, eq=False)
class Reply:
    """The answer to a question.

    Attributes:
        nodes: What is told; buttons with data-action="inspect" and a question as JSON in data-question ask the next.
        figure: A Plotly figure, for the node with data-figure="inspection"; None where there is none.
        file: A file to be saved: its name, its type, its bytes; None where there is none.
        data: The same in numbers, plain JSON, for programs.
    """

    nodes: list[Node]
    figure: Figure | None = None
    file: tuple[str, str, bytes] | None = None
    data: dict[str, Any] = field(default_factory=dict)


Work: TypeAlias = Generator[float, None, Reply]
"""Yields which share is done, from 0 to 1, between steps of some milliseconds; returns the answer."""


class Stopped(Exception):  # noqa: N818 - it is no error
    """Thrown into a work that nobody wants to wait for; it may answer with what it has so far."""


def parts_of(entry: Entry) -> Iterator[tuple[float, Floats]]:
    """The numbers of a tensor, some rows at a time, (n, row length), with the share that is then read."""
    n_rows, length = max(1, entry.n_rows), max(1, entry.n_values // max(1, entry.n_rows))
    if entry.rows is None:
        yield 1.0, entry.read().reshape(n_rows, -1)
        return
    step = max(1, CHUNK // length)
    for start in range(0, entry.n_rows, step):
        stop = min(start + step, entry.n_rows)
        yield stop / n_rows, entry.rows(start, stop)

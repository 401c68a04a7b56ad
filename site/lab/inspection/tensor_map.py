"""A map of a whole tensor, and on it the rows that the laboratory shows, which are moved and resized."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from ..answer_types import Figure
from ..data.files.contents import WINDOW, Entry, rows_of
from ..data.store import STORE
from ..drawing import figure
from ..drawing.figure import CODE
from ..notation.display import count, percent
from ..notation.nodes import node
from .facts import chart, sentence_of, title
from .grid import Grid
from .heat_map import draw_grid
from .work import Reply, Stopped, Work, button, parts_of

SIDE = 96
"""The map has at most so many cells along either side: on a narrow screen each is still some pixels wide."""

Rows = tuple[int, int]
"""The first row, and the one after the last."""


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A map that was made: of which tensor, and of which share of it."""

    key: tuple[str, str]
    grid: Grid
    share: float


_latest: list[Drawn] = []
"""The map that was made last, so that a window moves over it without reading again."""


def of_tensor(question: Mapping[str, str]) -> Work:
    """The map; with "rows" or "at", a row of cells, these are the window, which the laboratory then shows."""
    file, entry, tensor = STORE.tensor(question["file"], question["file_sha256"], question["tensor"])
    told = [title(tensor.name), node("p", None, sentence_of(tensor))]
    if not entry.n_values:
        return Reply(told)
    key = file.sha256, entry.name
    is_moved = "rows" in question or "at" in question
    if not (is_moved and _latest and _latest[0].key == key):
        yield from _read(entry, key)
    drawn = _latest[0]
    if drawn.share < 1:
        told.append(node("p", {"class": "notice"}, f"Stopped after {percent(drawn.share)}; the rest is not drawn."))
    same = {name: question[name] for name in ("file", "file_sha256", "tensor")} | {"ask": "map"}
    rows = _window(entry, drawn.grid, question) if is_moved else None
    text = "" if rows is None else f"{rows[0]}:{rows[1]}"
    data = {"rows": text, "cells": list(drawn.grid.peaks.shape), "share": drawn.share}
    if rows is not None:
        shown = f"The laboratory shows rows {count(rows[0])} to {count(rows[1] - 1)} of {count(entry.n_rows)}."
        moves = [button({**same, "rows": f"{a}:{b}"}, label) for label, (a, b) in _moves(entry, rows)]
        told += [node("p", None, shown), node("p", {"class": "actions"}, *moves)]
    elif entry.n_rows > 1:
        first = button({**same, "at": "0"}, "See the first rows in the laboratory")
        told.append(node("p", {"class": "actions"}, first))
    told += [chart("RMS of the values by rows and columns"), node("p", {"class": "caption"}, _caption(drawn.grid))]
    return Reply(told, _draw(drawn.grid, rows, same), data=data, fields=_fields(question, text) if is_moved else {})


def _read(entry: Entry, key: tuple[str, str]) -> Iterator[float]:
    grid, share, row = Grid(max(1, entry.n_rows), entry.n_values // max(1, entry.n_rows), SIDE), 0.0, 0
    try:
        for share, part in parts_of(entry):
            grid.add(row, part.astype(np.float64))
            row += len(part)
            yield share
    except Stopped:
        if not row:
            raise
    _latest[:] = [Drawn(key, grid, share)]


def _most(entry: Entry) -> int:
    """The most rows of a window."""
    return max(1, min(entry.n_rows, WINDOW // max(1, entry.n_values // max(1, entry.n_rows))))


def _window(entry: Entry, grid: Grid, question: Mapping[str, str]) -> Rows | None:
    """The rows that are asked for, or those of a row of cells; None: all of them."""
    if "at" in question:
        first = min(int(question["at"]) * grid.blocks[0], max(0, entry.n_rows - 1))
        return first, min(first + min(grid.blocks[0], _most(entry)), entry.n_rows)
    return rows_of(entry, question["rows"])


def _moves(entry: Entry, rows: Rows) -> Iterator[tuple[str, Rows]]:
    """Where the window can go: before and after by its own height, twice as high, and half."""
    (first, last), height = rows, rows[1] - rows[0]
    if first > 0:
        start = max(0, first - height)
        yield "Rows before", (start, start + height)
    if last < entry.n_rows:
        end = min(entry.n_rows, last + height)
        yield "Rows after", (end - height, end)
    wider = min(2 * height, _most(entry))
    if wider > height:
        start = max(0, min(first - (wider - height) // 2, entry.n_rows - wider))
        yield "More rows", (start, start + wider)
    if height > 1:
        start = first + height // 4
        yield "Fewer rows", (start, start + max(1, height // 2))


def _fields(question: Mapping[str, str], rows: str) -> dict[str, str]:
    """What the request then says."""
    named = {name: question[name] for name in ("file", "file_sha256", "tensor")}
    return {"direction": "quantize", "format": "", "source": "file", "element": "0", "shape": "", "rows": rows} | named


def _caption(grid: Grid) -> str:
    rows, columns = grid.blocks
    cell = f"Each cell is the RMS of {count(rows)} × {count(columns)} values. " if rows * columns > 1 else ""
    return f"{cell}Click a cell to see its rows in the laboratory; a frame is around those."


def _draw(grid: Grid, rows: Rows | None, question: Mapping[str, str]) -> Figure:
    peaks, asked = [figure.listed(line) for line in grid.peaks], {"question": json.dumps(question)}
    told = "RMS %{z:.4g}", "largest magnitude %{customdata:.4g}"
    drawn = draw_grid(grid, "RMS", *told, customdata=peaks, meta=asked)
    if rows is not None:
        frame = {"type": "rect", "x0": -0.5, "x1": grid.shape[1] - 0.5, "y0": rows[0] - 0.5, "y1": rows[1] - 0.5}
        drawn["layout"]["shapes"] = [{**frame, "line": {"color": CODE, "width": 3}}]
    return drawn

"""A map of a whole tensor, and on it the rows and columns that the laboratory shows, which are moved and resized."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from ..answer_types import Figure
from ..data.files.contents import Entry, Part, part_of
from ..data.store import STORE
from ..drawing import figure
from ..drawing.figure import CODE
from ..notation.display import count, percent
from ..notation.nodes import node
from .facts import chart, sentence_of, title
from .grid import Grid
from .heat_map import draw_grid
from .window import in_words, moves, of_cell, text_of
from .work import Reply, Stopped, Work, button, parts_of

ACTIONS = {"class": "actions"}
SIDE = 96
"""The map has at most so many cells along either side: on a narrow screen each is still some pixels wide."""


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A map that was made: of which tensor, and of which share of it."""

    key: tuple[str, str]
    grid: Grid
    share: float


_latest: list[Drawn] = []
"""The map that was made last, so that a window moves over it without reading again."""


def of_tensor(question: Mapping[str, str]) -> Work:
    """The map; with "rows", or "at", a cell, this is the window, which the laboratory then shows."""
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
    part = _window(entry, drawn.grid, question) if is_moved else None
    text = "" if part is None else text_of(entry, part)
    data = {"rows": text, "cells": list(drawn.grid.peaks.shape), "share": drawn.share}
    if part is not None:
        buttons = [button({**same, "rows": text_of(entry, moved)}, label) for label, moved in moves(entry, part)]
        told += [node("p", None, f"The laboratory shows {in_words(entry, part)}."), node("p", ACTIONS, *buttons)]
    elif entry.n_rows > 1:
        first = button({**same, "at": "0,0"}, "See the first rows in the laboratory")
        told.append(node("p", ACTIONS, first))
    told += [chart("RMS of the values by rows and columns"), node("p", {"class": "caption"}, _caption(drawn.grid))]
    return Reply(told, _draw(drawn.grid, part, same), data=data, fields=_fields(question, text) if is_moved else {})


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


def _window(entry: Entry, grid: Grid, question: Mapping[str, str]) -> Part:
    """The part that is asked for, or that of a cell, with as many columns as the window had."""
    if "at" in question:
        row, column = map(int, question["at"].split(","))
        return of_cell(entry, grid, row, column, int(question.get("width", entry.n_columns)))
    return part_of(entry, question["rows"]) or Part((0, entry.n_rows), (0, entry.n_columns))


def _fields(question: Mapping[str, str], rows: str) -> dict[str, str]:
    """What the request then says."""
    named = {name: question[name] for name in ("file", "file_sha256", "tensor")}
    return {"direction": "quantize", "format": "", "source": "file", "element": "0", "shape": "", "rows": rows} | named


def _caption(grid: Grid) -> str:
    rows, columns = grid.blocks
    cell = f"Each cell is the RMS of {count(rows)} × {count(columns)} values. " if rows * columns > 1 else ""
    return (
        f"{cell}Click a cell to see its rows in the laboratory; a frame is around what it shows. With fewer columns, a "
        "click also moves these."
    )


def _draw(grid: Grid, part: Part | None, question: Mapping[str, str]) -> Figure:
    width = {} if part is None else {"width": str(part.columns[1] - part.columns[0])}
    peaks, asked = [figure.listed(line) for line in grid.peaks], {"question": json.dumps({**question, **width})}
    told = "RMS %{z:.4g}", "largest magnitude %{customdata:.4g}"
    drawn = draw_grid(grid, "RMS", *told, customdata=peaks, meta=asked)
    if part is not None:
        (top, bottom), (left, right) = part.rows, part.columns
        frame = {"type": "rect", "x0": left - 0.5, "x1": right - 0.5, "y0": top - 0.5, "y1": bottom - 0.5}
        drawn["layout"]["shapes"] = [{**frame, "line": {"color": CODE, "width": 3}}]
    return drawn

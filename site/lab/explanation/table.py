"""Tables as the answer has them, and the page of a long one that holds the followed number."""

from collections.abc import Iterable
from fractions import Fraction
from typing import Any, NamedTuple

from ..answer_types import Column, Row, Table
from ..notation import display
from ..notation.operands import to_be_rounded
from ..results.result import Result

PAGE_SIZE = 50


class Shortened(NamedTuple):
    """A cell whose brief text is not the number in five digits."""

    brief: str
    full: str


Cell = str | display.Number | Shortened


def before_rounding(number: Any, rounding: str) -> Shortened:
    """A number that is about to be rounded: in brief, it lies on the same side of a tie."""
    return Shortened(to_be_rounded(number, rounding, display.BRIEF), display.shortest(number))


def share_cell(share: float | Fraction) -> Shortened:
    """A share of one as a percentage."""
    return Shortened(display.percent(share), display.full_percent(share))


def column(key: str, label: str, hint: str, is_text: bool = False) -> Column:
    """One column of a table, of numbers or of words."""
    found: Column = {"key": key, "label": label, "hint": hint}
    return {**found, "is_text": True} if is_text else found


def table(
    caption: str,
    columns: list[Column],
    rows: list[Row],
    first: int = 0,
    total: int | None = None,
    page_size: int = PAGE_SIZE,
    has_index: bool = True,
) -> Table:
    """A table, or one page of it; `has_index` is whether the index of a row says anything."""
    found: Table = {
        "caption": caption,
        "columns": columns,
        "rows": rows,
        "first": first,
        "total": len(rows) if total is None else total,
        "page_size": page_size,
    }
    if any(map(_is_rounded, rows)):
        found["is_rounded"] = True
    if not has_index or (columns and columns[0].get("is_text")):
        found["has_index"] = False
    return found


def row(index: int, cells: Iterable[Cell], selected: bool = False) -> Row:
    """One row; index is the element that it is about, and numbers among the cells become texts here.

    >>> row(0, ["a", 1 / 3, 0.5], True)  # doctest: +NORMALIZE_WHITESPACE
    {'index': 0, 'selected': True, 'cells': ['a', '0.3333333333333333', '0.5'], 'brief': {'1': '0.33333'}}
    """
    texts = [_texts(cell) for cell in cells]
    found: Row = {"index": index, "selected": selected, "cells": [full for _, full in texts]}
    brief = {str(at): text for at, (text, full) in enumerate(texts) if text != full}
    return {**found, "brief": brief} if brief else found


def _texts(cell: Cell) -> tuple[str, str]:
    """A cell as it is read, and with all of its digits."""
    if isinstance(cell, Shortened):
        return display.prose(cell.brief), cell.full
    if isinstance(cell, str):
        return display.prose(cell), cell
    full = display.shortest(cell)
    return display.brief(full), full


def _is_rounded(line: Row) -> bool:
    return any(text != display.powers(line["cells"][int(at)]) for at, text in line.get("brief", {}).items())


def place(result: Result, element: int) -> str:
    """An element's index for people: 5, or [1, 2] in a matrix."""
    if result.x.ndim == 1:
        return str(element)
    return f"[{', '.join(map(str, result.place_of(element)))}]"

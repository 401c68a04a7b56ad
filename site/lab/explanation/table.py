"""Tables as the answer has them, and the page of a long one that holds the followed number."""

from ..answer_types import Column, Row, Table
from ..results.result import Result

PAGE_SIZE = 50


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
    return found if has_index and not (columns and columns[0].get("is_text")) else {**found, "has_index": False}


def row(index: int, cells: list[str], selected: bool = False) -> Row:
    """One row; index is the element that it is about."""
    return {"index": index, "selected": selected, "cells": cells}


def place(result: Result, element: int) -> str:
    """An element's index for people: 5, or [1, 2] in a matrix."""
    if result.x.ndim == 1:
        return str(element)
    return f"[{', '.join(map(str, result.place_of(element)))}]"

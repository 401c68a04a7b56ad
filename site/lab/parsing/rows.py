"""The shape that rows give to numbers written without nested brackets: spreadsheets, and rows between semicolons."""

import re

import numpy as np

from .places import TOKEN


def rows_shape(text: str) -> tuple[int, int] | None:
    r"""Rows and columns of a table, or None where the text is no table.

    A table is what a spreadsheet's clipboard holds (lines of cells between tabs, or between semicolons), or rows that
    end in semicolons; of at least two equally long rows of at least two numbers.

    Args:
        text: Numbers with decimal points, brackets taken away.

    >>> rows_shape("1 2 3; 4 5 6"), rows_shape("1\t2\n3\t4\n"), rows_shape("1; 2; 3"), rows_shape("1 2\n3 4")
    ((2, 3), (2, 2), None, None)
    """
    if ";" not in text and "\t" not in text:
        return None
    lines = [line for line in re.split(r"[\r\n]+", text) if line.strip()]
    if _is_spreadsheet(lines, "\t") or _is_spreadsheet(lines, ";"):
        rows = lines
    elif ";" in text:
        rows = [row for row in text.split(";") if row.strip()]
    else:
        return None
    if len(rows) < 2:
        return None
    lengths = np.array([sum(1 for _ in TOKEN.finditer(row)) for row in rows])
    return (len(rows), int(lengths[0])) if lengths[0] > 1 and (lengths == lengths[0]).all() else None


def _is_spreadsheet(lines: list[str], separator: str) -> bool:
    """Whether every line has as many cells, all of them filled, between such separators."""
    counts = {line.count(separator) for line in lines}
    if len(lines) < 2 or len(counts) != 1 or counts == {0}:
        return False
    return all(cell.strip() for line in lines for cell in line.split(separator))

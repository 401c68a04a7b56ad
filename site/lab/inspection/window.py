"""The rows and columns of a tensor that the laboratory shows: where they are put by a click, and move from there."""

from collections.abc import Iterator

from ..data.files.contents import WINDOW, Entry, Part
from ..notation.display import count
from .grid import Grid

Ends = tuple[int, int]
"""The first row or column, and the one after the last."""


def of_cell(entry: Entry, grid: Grid, row: int, column: int, width: int) -> Part:
    """The rows of a cell of the map, and so many columns around its own."""
    height, n_columns = grid.blocks
    first = min(row * height, max(0, entry.n_rows - 1))
    rows = first, min(first + min(height, _most_rows(entry)), entry.n_rows)
    return Part(rows, _around(column * n_columns + n_columns // 2, width, entry.n_columns))


def text_of(entry: Entry, part: Part) -> str:
    """As the request has it; empty for all of the tensor.

    >>> weights = Entry("w", (100, 64), "F32", lambda: np.zeros(1))
    >>> text_of(weights, Part((0, 4), (0, 64))), text_of(weights, Part((0, 4), (8, 16)))
    ('0:4', '0:4, 8:16')
    """
    if part == Part((0, entry.n_rows), (0, entry.n_columns)):
        return ""
    rows, columns = (f"{first}:{last}" for first, last in (part.rows, part.columns))
    return rows if part.columns == (0, entry.n_columns) else f"{rows}, {columns}"


def in_words(entry: Entry, part: Part) -> str:
    """Which rows, and which columns where these are not all."""
    told = f"rows {_span(part.rows)} of {count(entry.n_rows)}"
    if part.columns == (0, entry.n_columns):
        return told
    return f"{told}, columns {_span(part.columns)} of {count(entry.n_columns)}"


def moves(entry: Entry, part: Part) -> Iterator[tuple[str, Part]]:
    """What the buttons say, and where the window is then: up, down or sideways by its own size; twice, half."""
    for label, rows in _moves("rows", part.rows, entry.n_rows, _most_rows(entry)):
        yield label, Part(rows, part.columns)
    for label, columns in _moves("columns", part.columns, entry.n_columns, entry.n_columns):
        yield label, Part(part.rows, columns)


def _moves(noun: str, ends: Ends, total: int, most: int) -> Iterator[tuple[str, Ends]]:
    (first, last), length = ends, ends[1] - ends[0]
    if first > 0:
        start = max(0, first - length)
        yield f"{noun.capitalize()} before", (start, start + length)
    if last < total:
        end = min(total, last + length)
        yield f"{noun.capitalize()} after", (end - length, end)
    wider = min(2 * length, most)
    if wider > length:
        yield f"More {noun}", _around(first + length // 2, wider, total)
    if length > 1:
        start = first + length // 4
        yield f"Fewer {noun}", (start, start + max(1, length // 2))


def _around(middle: int, length: int, total: int) -> Ends:
    """So many of them around one, all inside."""
    start = max(0, min(middle - length // 2, total - length))
    return start, start + length


def _most_rows(entry: Entry) -> int:
    """The most rows of a window."""
    return max(1, min(entry.n_rows, WINDOW // max(1, entry.n_columns)))


def _span(ends: Ends) -> str:
    return f"{count(ends[0])} to {count(ends[1] - 1)}"

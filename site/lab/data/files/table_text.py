"""Tables written as text: CSV and its relatives, with or without a line of names."""

import csv
import io
import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from quantcore import QuantError

from ...parsing.commas import Commas, readings_of, with_points
from ...parsing.digits import TO_ASCII
from ...parsing.places import quoted
from ...parsing.reading import Reading
from .contents import Entry, Floats, Skipped, refuse
from .written import decode, entry_of, parsed, understood

GAP = {separator: rf"(?m)(?:^|{separator})[ ]*(?:{separator}|$)" for separator in (";", "\t", ",")}
"""An empty cell."""

BRACKET = re.compile(r"[\[({]")
MAX_NAMED = 1000
WHOLE = "table"
"""The name of all columns together."""

CHANGED = re.compile(r"the number of columns changed from (\d+) to (\d+) at row (\d+)")
NO_NUMBER = re.compile(r"could not convert string '(.*)' to float64 at row (\d+), column (\d+)", re.DOTALL)


def read_table(data: bytes) -> Iterator[Entry | Skipped]:
    """The numbers of a table, and each of its columns by name if it names them.

    Semicolons, where there are any, separate cells, else tabs, else commas, else blanks. Beside the first two, and
    where :func:`lab.parsing.commas.readings_of` finds it likelier, a comma is a decimal comma, or separates thousands.
    Left out, and told, are columns that begin with a word or are empty, and rows with an empty cell; lines in front
    that begin with # are comments. What is no table, but numbers in brackets or in another usual form, is read as such.

    Raises:
        QuantError: naming the row and the column of what is no number.
    """
    written = decode(data)
    if BRACKET.search(written) and (plain := _not_a_table(written)) is not None:
        yield plain
        return
    written = written.replace("\r\n", "\n").replace("\r", "\n")
    text = _without_comments(written if written.isascii() else written.translate(TO_ASCII))
    lines = [line for line in text[:100_000].lstrip(" \n").split("\n")[:20] if line.strip()]
    if not lines:
        refuse("holds no numbers. Write one row of them a line.")
    separator = _separator(lines)
    commas, *others = _readings(text, lines, separator)
    original = text
    if commas is not Commas.SEPARATOR:
        text = _with_points(text, commas)
        lines = [_with_points(line, commas) for line in lines]
        separator = None if separator == "," else separator
    first = _cells(lines[0], separator)
    has_names = not any(_is_number(cell) for cell in first) and any(cell for cell in first)
    if has_names and len(lines) == 1:
        if (plain := _not_a_table(original)) is not None:
            yield plain
            return
        refuse(f"holds a line of names ({quoted(lines[0])}) and no numbers below it. Write one row of them a line.")
    sample = _cells(lines[1], separator) if has_names else first
    rows = [_cells(line, separator) for line in lines[has_names:]]
    is_empty = [all(len(row) <= column or not row[column] for row in rows) for column in range(len(sample))]
    used = [column for column, cell in enumerate(sample) if (_is_number(cell) or not cell) and not is_empty[column]]
    if not used:
        if (plain := _not_a_table(original)) is not None:
            yield plain
            return
        refuse(
            f"holds no numbers in its first row, {quoted(lines[1 if has_names else 0])}. Write one row of them a line."
        )
    names = first if has_names and len(first) == len(sample) else []
    for column in range(len(sample)):
        if column not in used:
            reason = "is empty." if is_empty[column] else f"holds words, such as {quoted(sample[column])}."
            yield Skipped((names[column] if names else "") or f"column {column + 1}", reason)
    text, left_out = _without_gaps(_without_ends(text, separator, len(sample)), separator, has_names, used)
    if left_out:
        listed = ", ".join(map(str, left_out[:5])) + (f" and {len(left_out) - 5} more" if len(left_out) > 5 else "")
        yield Skipped(f"row{'s' if len(left_out) > 1 else ''} {listed}", "left out, because a cell of it is empty.")
    table = _numbers(text, separator, has_names, used if len(used) < len(sample) else None)
    numbers = table.reshape(-1) if 1 in table.shape else table
    is_whole = len(used) == len(sample) and not left_out  # else another reading would not know what to leave out
    reading = Reading(numbers, commas, tuple(others) if is_whole else ())
    yield understood(WHOLE, reading, lambda commas: parsed(_body(original, has_names), WHOLE, commas))
    yield from _columns(table, [names[column] for column in used] if names else [])


def _readings(text: str, lines: list[str], separator: str | None) -> tuple[Commas, ...]:
    """What commas are, the likeliest first: decimal ones beside another separator and without a single point."""
    if "," not in text:
        return (Commas.SEPARATOR,)
    is_head = not any(_is_number(re.sub("[,.]", "", cell)) for cell in _cells(lines[0], separator))
    readings = readings_of("\n".join(lines[1:] if is_head else lines).replace('"', ""))
    if separator in (";", "\t", None) and "." not in text and Commas.DECIMAL in readings:
        return (Commas.DECIMAL, *(reading for reading in readings if reading is not Commas.DECIMAL))
    return readings


def _with_points(text: str, commas: Commas) -> str:
    """The text with decimal points, also within quotation marks."""
    if commas is Commas.DECIMAL and "." not in text:
        return text.replace(",", ".")
    return with_points(text, commas)


def _body(text: str, has_names: bool) -> str:
    """The text without the line of names."""
    return text.lstrip().partition("\n")[2] if has_names else text


def _not_a_table(text: str) -> Entry | None:
    """The numbers of a text that is none, such as a printed array; None where it holds none.

    Raises:
        QuantError: of a printed array without its middle.
    """
    try:
        return parsed(text, WHOLE)
    except QuantError:
        if "..." in text[:100_000]:
            raise
        return None


def _without_ends(text: str, separator: str | None, n_columns: int) -> str:
    """The text without separators at the end of lines behind which there is no column."""
    if separator is None or not re.search(rf"(?m){separator}[ ]*$", text):
        return text
    lines = text.split("\n")
    for i, line in enumerate(lines):
        while line.rstrip(" ").endswith(separator) and len(_cells(line, separator)) > n_columns:
            line = lines[i] = line.rstrip(" ")[:-1]
    return "\n".join(lines)


def _without_gaps(text: str, separator: str | None, has_names: bool, used: list[int]) -> tuple[str, list[int]]:
    """The text without rows in which a used cell is empty, and the numbers of those rows, counted from 1."""
    if separator is None or not re.search(GAP[separator], text):
        return text, []
    kept, left_out = [], []
    for number, line in enumerate(text.lstrip(" \n").split("\n"), start=1):
        cells = _cells(line, separator) if line.strip() else []
        is_gap = any(column < len(cells) and not cells[column] for column in used)
        if is_gap and not (has_names and number == 1):
            left_out.append(number)
        else:
            kept.append(line)
    return ("\n".join(kept), left_out) if any(line.strip() for line in kept[has_names:]) else (text, [])


def _columns(table: Floats, names: list[str]) -> Iterator[Entry]:
    """The columns one by one, if their names tell them apart."""
    is_told = len(set(names) | {WHOLE, ""}) == len(names) + 2
    if not 1 < len(names) <= MAX_NAMED or not is_told:
        return
    for column, name in enumerate(names):
        yield entry_of(name, table[:, column])


def _numbers(text: str, separator: str | None, has_names: bool, used: list[int] | None) -> NDArray[np.float64]:
    """All rows of the used columns.

    Raises:
        QuantError: naming the row and the column of what is no number.
    """
    lines = io.StringIO(text.lstrip())
    if has_names:
        next(lines)
    try:
        return np.loadtxt(lines, delimiter=separator, comments=None, quotechar='"', usecols=used, ndmin=2)
    except ValueError as error:
        message = str(error)
    head = 2 if has_names else 1
    if changed := CHANGED.search(message):
        before, after, row = changed.groups()
        refuse(
            f"has {after} columns in row {int(row) - 1 + head} and {before} before it; all rows must be equally long."
        )
    if found := NO_NUMBER.search(message):
        cell, row, column = found.groups()
        what = f"{quoted(cell)}, which is not a number," if cell else "nothing"
        refuse(f"holds {what} in row {int(row) + head}, column {column}. Write a number there.")
    if "invalid column index" in message:
        refuse("has a row with fewer columns than the first; all rows must be equally long.")
    raise QuantError(f"cannot be read as a table: {message}. Write one row of numbers a line.", "file")


def _without_comments(text: str) -> str:
    """The text without the lines in front that begin with #."""
    while text.startswith("#"):
        text = text.partition("\n")[2]
    return text


def _separator(lines: list[str]) -> str | None:
    """What separates cells: semicolons, tabs or commas, in this order; None for blanks."""
    return next((separator for separator in (";", "\t", ",") if any(separator in line for line in lines)), None)


def _cells(line: str, separator: str | None) -> list[str]:
    """The texts between the separators of one line."""
    if separator is None:
        return line.split()
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=separator))]
    except csv.Error:
        return [cell.strip() for cell in line.split(separator)]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell

"""Tables written as text: CSV and its relatives, with or without a line of names."""

import csv
import io
import re
from collections.abc import Iterator

import numpy as np

from quantcore import QuantError

from ...parsing.places import quoted
from .contents import Entry, Floats, Skipped, refuse
from .written import decode, entry_of

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab"}
MAX_NAMED = 1000
WHOLE = "table"
"""The name of all columns together."""

CHANGED = re.compile(r"the number of columns changed from (\d+) to (\d+) at row (\d+)")
NO_NUMBER = re.compile(r"could not convert string '(.*)' to float64 at row (\d+), column (\d+)", re.DOTALL)


def read_table(data: bytes) -> Iterator[Entry | Skipped]:
    """The numbers of a table, and each of its columns by name if it names them.

    The separator is the one of comma, semicolon and tab that the first lines hold most of, or else blanks. With
    semicolons or tabs, and without a single point, a comma is a decimal comma. Columns that begin with a word are
    skipped, and so are lines in front that begin with #.

    Raises:
        QuantError: naming the row and the column of what is no number.
    """
    text = _without_comments(decode(data).replace("\r\n", "\n").replace("\r", "\n"))
    lines = [line for line in text[:100_000].lstrip().split("\n")[:20] if line.strip()]
    if not lines:
        refuse("holds no numbers. Write one row of them a line.")
    separator = _separator(lines)
    if separator in (";", "\t") and "." not in text:
        text = text.replace(",", ".")
        lines = [line.replace(",", ".") for line in lines]
    first = _cells(lines[0], separator)
    has_names = not any(_is_number(cell) for cell in first) and any(cell for cell in first)
    if has_names and len(lines) == 1:
        refuse(f"holds a line of names ({quoted(lines[0])}) and no numbers below it. Write one row of them a line.")
    sample = _cells(lines[1], separator) if has_names else first
    used = [column for column, cell in enumerate(sample) if _is_number(cell) or not cell]
    if not used:
        refuse(
            f"holds no numbers in its first row, {quoted(lines[1 if has_names else 0])}. Write one row of them a line."
        )
    names = first if has_names and len(first) == len(sample) else []
    for column in range(len(sample)):
        if column not in used:
            yield Skipped(
                names[column] if names else f"column {column + 1}", f"holds words, such as {quoted(sample[column])}."
            )
    table = _numbers(text, separator, has_names, used if len(used) < len(sample) else None)
    yield entry_of(WHOLE, table.reshape(-1) if 1 in table.shape else table)
    yield from _columns(table, [names[column] for column in used] if names else [])


def _columns(table: Floats, names: list[str]) -> Iterator[Entry]:
    """The columns one by one, if their names tell them apart."""
    is_told = len(set(names) | {WHOLE, ""}) == len(names) + 2
    if not 1 < len(names) <= MAX_NAMED or not is_told:
        return
    for column, name in enumerate(names):
        yield entry_of(name, table[:, column])


def _numbers(text: str, separator: str | None, has_names: bool, used: list[int] | None) -> Floats:
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
    """The separator that the lines hold most of; None for blanks."""
    counts = {separator: sum(line.count(separator) for line in lines) for separator in SEPARATORS}
    if counts[";"]:  # commas beside semicolons are decimal commas
        return ";"
    separator = max(counts, key=lambda mark: counts[mark])
    return separator if counts[separator] else None


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

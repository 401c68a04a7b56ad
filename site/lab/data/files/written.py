"""Numbers written as text: JSON, and whatever :func:`lab.parsing.reading.read_numbers` reads."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from quantcore import QuantError

from ...parsing.reading import Reading, read_numbers
from .contents import MAX_WRITTEN, Entry, Floats, Skipped, refuse
from .json_text import read_json

BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
CHUNK = 1 << 20


def decode(data: bytes) -> str:
    """A file's text: UTF-8, or what its byte order mark says.

    Raises:
        QuantError: if it is no text, or holds more numbers than are read.
    """
    encoding = next((name for mark, name in BYTE_ORDER_MARKS.items() if data.startswith(mark)), "utf-8")
    if encoding != "utf-16" and (place := data.find(b"\0")) >= 0:
        refuse(
            f"is no text: byte {place:,} is 0. Name it after its format (.npy, .npz, .safetensors, .csv, .json, .txt) "
            "or save it as one of these."
        )
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        refuse(f"is no text in UTF-8: byte {error.start:,} cannot be read. Save it again as UTF-8.")
    amount = count_words(text.encode("ascii", "replace") if encoding == "utf-16" else data)
    if amount > MAX_WRITTEN:
        refuse(f"holds {amount:,} numbers as text; at most {MAX_WRITTEN:,} are read. Save it as .npy or .safetensors.")
    return text


def count_words(data: bytes) -> int:
    """How many words there are between blanks, commas, semicolons and brackets.

    >>> count_words(b"1, 2;3 [[4]]")
    4
    """
    is_gap = np.zeros(256, bool)
    is_gap[list(b" \t\r\n\v\f,;[](){}")] = True
    characters = np.frombuffer(data, np.uint8)
    words, before = 0, True
    for first in range(0, len(characters), CHUNK):
        gaps = is_gap[characters[first : first + CHUNK]]
        words += int(np.count_nonzero(gaps[:-1] & ~gaps[1:])) + int(before and not gaps[0])
        before = bool(gaps[-1])
    return words


def read_text(data: bytes, name: str) -> Iterator[Entry]:
    """Plain text: numbers in any usual form, nested brackets making the shape."""
    yield parsed(decode(data), name)


def parsed(text: str, name: str, commas: str = "") -> Entry:
    """The numbers of a text; commas as for :func:`lab.parsing.reading.read_numbers`.

    Raises:
        QuantError: naming the place of what is no number.
    """
    try:
        reading = read_numbers(text, "file", commas)
    except QuantError as error:
        refuse(error.message.removeprefix("file "))
    return understood(name, reading, lambda commas: parsed(text, name, commas))


def understood(name: str, reading: Reading, otherwise: Callable[[str], Entry]) -> Entry:
    """The numbers of a text, and what they are otherwise where they can be read in several ways."""
    again = otherwise if reading.others else None  # else the text need not be kept
    return Entry(name, reading.numbers.shape, "text", lambda: reading.numbers, reading, again)


def entry_of(name: str, numbers: Floats) -> Entry:
    """An array that is in memory already."""
    return Entry(name, numbers.shape, "text", lambda: numbers)


def read_json_file(data: bytes, name: str) -> Iterator[Entry | Skipped]:
    """Nested lists of numbers, or an object of such lists; the names of objects inside of objects are joined."""
    if b"{" in data or b'"' in data:
        yield from _flattened(read_json(data, "its text"), name, "")
    else:
        yield parsed(decode(data), name)


def _flattened(value: Any, name: str, path: str) -> Iterator[Entry | Skipped]:
    """Every array in a JSON value, called by the keys that lead to it."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flattened(inner, name, f"{path}.{key}" if path else key)
        return
    if isinstance(value, list):
        yield _array(value, path or name)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield entry_of(path or name, np.array([value], np.float64))
    else:
        yield Skipped(path or name, "is neither a number nor a list of numbers.")


def _array(value: list[Any], name: str) -> Entry | Skipped:
    """A list as an array of its shape, unless there is anything but numbers in it."""
    first: Any = value
    while isinstance(first, list):  # not endless: the depth of the text was checked
        first = first[0] if first else 0.0
    if not isinstance(first, (int, float)):
        return Skipped(name, "holds something other than numbers. Leave it out, or write a number there.")
    try:
        numbers = np.asarray(value, np.float64)
    except (ValueError, TypeError, OverflowError):
        return Skipped(name, "is ragged, or holds something other than numbers. Make all its lists equally long.")
    return entry_of(name, numbers)

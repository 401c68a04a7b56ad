"""What a file turned out to hold: arrays with a name, and what could not be used and why.

The readers speak of the file in sentences without a subject ("is cut short: …"); :mod:`.store` puts the file's name
before them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn, TypeAlias

import numpy as np
from numpy.typing import NDArray

from quantcore import QuantError, Stored

from ...models.reading.fault import ModelFileError
from ...parsing.places import quoted
from ...parsing.reading import Reading

Floats: TypeAlias = NDArray[np.float32] | NDArray[np.float64]

MAX_BYTES = 100 * 1024 * 1024
"""The largest file that is read."""

MAX_VALUES = 1 << 25
"""The most numbers of one array; as float32 they take 128 MB."""

WINDOW = 1 << 20
"""The most numbers of an array that is read by parts, where nobody said which."""

MAX_WRITTEN = 10_000_000
"""The most numbers that are read from text."""

MAX_LENGTH = 2**31 - 1
MAX_AXES = 32
MAX_ARRAYS = 10_000
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One array of a file, not read yet.

    Attributes:
        name: what it is called in the file.
        shape: lengths of its axes.
        dtype: the type of its numbers in the file, in the file's own words.
        read: gives the numbers as float32 or float64, in the shape; raises QuantError where the file is broken.
        reading: how its text was understood; None where it is no text.
        otherwise: gives what the same text is with other commas, a value of `Commas`; None where it has one reading.
        rows: gives some rows along the last axis, from one up to another, without reading the others; None where the
            file is read whole.
        size_bytes: what it takes in the file, with its scales; None where that says nothing.
        notes: what a reader should know of it.
        stored: gives rows of a block format as they are stored; None where it is none.
        stored_as: the request's fields that say so.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    read: Callable[[], Floats]
    reading: Reading | None = None
    otherwise: Callable[[str], Entry] | None = None
    rows: Callable[[int, int], Floats] | None = None
    size_bytes: int | None = None
    notes: tuple[str, ...] = ()
    stored: Callable[[int, int], Stored] | None = None
    stored_as: Mapping[str, str] = field(default_factory=dict)

    @property
    def n_values(self) -> int:
        """How many numbers it holds."""
        return math.prod(self.shape)

    @property
    def n_rows(self) -> int:
        """How many rows along the last axis it holds."""
        return math.prod(self.shape[:-1])

    @property
    def n_columns(self) -> int:
        """How many numbers a row holds."""
        return math.prod(self.shape[-1:])

    def n_values_of(self, part: Part | None) -> int:
        """How many numbers the rows of a part hold, which are read whole; None: all."""
        return self.n_values if part is None else self.n_columns * (part.rows[1] - part.rows[0])


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an array: the first and the one after the last of its rows along the last axis, and of its columns."""

    rows: tuple[int, int]
    columns: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something in a file that cannot be used, and why, as a sentence without a subject."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Contents:
    """Everything that was found in a file."""

    entries: tuple[Entry, ...]
    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True, slots=True)
class About:
    """What is told of a model beside its tensors.

    Attributes:
        kind: The file format.
        bits_per_value: On average over all tensors.
        first: The place of the tensor that is shown first: the first of two axes or more.
        notices: What is wrong with the files, or said of them.
    """

    kind: str
    bits_per_value: float
    first: int
    notices: tuple[str, ...]


def contents_of(found: Iterable[Entry | Skipped]) -> Contents:
    """What was found, once its names are known to be usable.

    Raises:
        QuantError: if there is nothing to use, too much, or a name twice.
    """
    listed = list(found)
    if len(listed) > MAX_ARRAYS:
        refuse(f"holds {len(listed):,} arrays; at most {MAX_ARRAYS:,} are allowed. Save fewer into one file.")
    names = set()
    for one in listed:
        if one.name in names:
            refuse(
                f"holds {quoted(one.name)} twice; every name must be there once. Save it again with names that differ."
            )
        if not one.name.isprintable():
            refuse(
                f"holds a name with unprintable characters, {quoted(ascii(one.name))}. Save it again with plain names."
            )
        names.add(one.name)
    entries = tuple(one for one in listed if isinstance(one, Entry))
    skipped = tuple(one for one in listed if isinstance(one, Skipped))
    if not entries and skipped:
        others = f" (and {len(skipped) - 1} more like it)" if len(skipped) > 1 else ""
        refuse(f"holds nothing that can be used: {quoted(skipped[0].name)} {skipped[0].reason}{others}")
    if not entries:
        refuse("holds no arrays. Save at least one into it.")
    return Contents(entries, skipped)


def refuse(reason: str) -> NoReturn:
    """Raise the error that says what is wrong with the file, as a sentence without a subject."""
    raise QuantError(reason, "file")


def checked_shape(lengths: Iterable[Any]) -> tuple[int, ...]:
    """The lengths as a shape.

    Raises:
        QuantError: if they cannot be one.
    """
    shape = tuple(lengths)
    if not all(type(length) is int and 0 <= length <= MAX_LENGTH for length in shape) or len(shape) > MAX_AXES:
        refuse(
            f"claims the shape {quoted(str(shape))}; it must be at most {MAX_AXES} whole numbers from 0 to "
            f"{MAX_LENGTH:,}. The file is damaged; save it again."
        )
    return shape


def as_floats(numbers: NDArray[Any]) -> Floats:
    """Numbers in the smallest of float32 and float64 that holds them all (64-bit integers beyond 2**53 are rounded).

    float32 numbers in the machine's byte order are not copied.

    >>> as_floats(np.array([1, 2], ">i2")).dtype, as_floats(np.array([1, 2], np.int64)).dtype
    (dtype('float32'), dtype('float64'))
    """
    largest_exact = 4 if numbers.dtype.kind == "f" else 2
    dtype = np.float32 if numbers.dtype.itemsize <= largest_exact else np.float64
    return np.require(numbers.astype(dtype, copy=False), requirements=("C", "A"))


def part_of(entry: Entry, text: str) -> Part | None:
    """The part that is read: rows, and columns, that are named, or as many rows as a page holds at once; None: all.

    >>> weights = Entry("w", (1000, 4096), "Q4_K", lambda: np.zeros(1))
    >>> part_of(weights, "8:16")
    Part(rows=(8, 16), columns=(0, 4096))
    >>> part_of(weights, "8:16, 0:64"), part_of(weights, "")
    (Part(rows=(8, 16), columns=(0, 64)), None)

    Raises:
        QuantError: if they are no rows of the array.
    """
    everything = Part((0, entry.n_rows), (0, entry.n_columns))
    if not text.strip():
        fits = max(1, WINDOW // max(1, entry.n_columns))
        return Part((0, fits), everything.columns) if entry.rows is not None and fits < entry.n_rows else None
    ends = [_ends(one, most) for one, most in zip(text.split(","), (entry.n_rows, entry.n_columns), strict=False)]
    if text.count(",") > 1 or None in ends:
        example = f"0:{min(16, entry.n_rows)}"
        raise QuantError(
            f"rows is {quoted(text)}; the array has {entry.n_rows:,} of {entry.n_columns:,} numbers. Name the first "
            f"and the one after the last, such as {example}, and of columns likewise after a comma, such as {example}, "
            f"0:{min(64, entry.n_columns)}.",
            "rows",
        )
    rows, columns = (*ends, everything.columns)[:2]
    assert rows is not None
    assert columns is not None
    part = Part(rows, columns)
    return None if part == everything else part


def _ends(text: str, most: int) -> tuple[int, int] | None:
    """The first one and the one after the last; None where there are no such."""
    ends = text.split(":")
    if len(ends) != 2 or not all(end.strip().isdecimal() for end in ends):
        return None
    start, stop = (int(end) for end in ends)
    return (start, stop) if start < stop <= most else None


def read_numbers(entry: Entry, file_name: str, part: Part | None = None) -> Floats:
    """The array's numbers, or those of a part, known to be some, not too many, and finite.

    Raises:
        QuantError: if they are not.
    """
    about = f"tensor {quoted(entry.name)} of {quoted(file_name)}"
    if entry.n_values == 0:
        raise QuantError(
            f"{about} holds no numbers: its shape is {' × '.join(map(str, entry.shape))}. Choose another.", "tensor"
        )
    n_values = entry.n_values_of(part)
    if n_values > MAX_VALUES:
        raise QuantError(
            f"{about} holds {n_values:,} numbers; at most {MAX_VALUES:,} fit. Choose another or fewer rows.",
            "tensor" if part is None else "rows",
        )
    try:
        numbers = _read(entry, part)
    except ModelFileError as error:
        raise QuantError(f"{quoted(file_name)}: {error.message}", error.field) from None
    except QuantError as error:
        raise QuantError(f"file {quoted(file_name)} {error.message}", "file") from None
    except MemoryError:
        raise QuantError(f"{about} needs more memory than there is. Save a part of it.", "tensor") from None
    _check_finite(numbers, about)
    return numbers if numbers.ndim else numbers.reshape(1)


def read_stored(entry: Entry, file_name: str, part: Part | None) -> Stored:
    """The rows of a part of an array of a block format as they are stored, in all their columns.

    Raises:
        QuantError: if it is of no block format, if they are too many, or the file is broken.
    """
    if entry.stored is None:
        raise QuantError(
            f"tensor {quoted(entry.name)} is stored as {entry.dtype}, in no blocks that are shown as they are. Choose "
            "the direction quantize, which takes its values.",
            "tensor",
        )
    n_values = entry.n_values_of(part)
    if not 0 < n_values <= MAX_VALUES:
        raise QuantError(f"rows hold {n_values:,} numbers; from 1 to {MAX_VALUES:,} fit. Choose others.", "rows")
    try:
        return entry.stored(*((0, entry.n_rows) if part is None else part.rows))
    except QuantError as error:
        raise QuantError(f"{quoted(file_name)}: {error.message}", "file") from None


def _read(entry: Entry, part: Part | None) -> Floats:
    if part is None:
        return entry.read()
    if entry.rows is not None:
        rows = entry.rows(*part.rows)
    else:
        rows = entry.read().reshape(entry.n_rows, -1)[slice(*part.rows)]
    return rows if part.columns == (0, entry.n_columns) else rows[:, slice(*part.columns)].copy()


def _check_finite(numbers: Floats, about: str) -> None:
    """Raise for NaN and infinity, with the index of the first."""
    flat = numbers.reshape(-1)
    for first in range(0, flat.size, CHUNK):
        is_finite = np.isfinite(flat[first : first + CHUNK])
        if not is_finite.all():
            place = first + int(np.argmin(is_finite))
            index = ", ".join(str(int(one)) for one in np.unravel_index(place, numbers.shape))
            raise QuantError(
                f"{about} holds {flat[place]} at index {index}; every entry must be a finite number. Replace it or "
                "choose another tensor.",
                "tensor",
            )

"""Tables of a FlatBuffer, read where they are; every place is held against the file.

Source: FlatBuffers, "Internals": a table begins with the distance back to its list of fields, which has the places of
the fields in the table; texts, lists and tables are distances forward.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from ..reading.fault import DAMAGED, refuse
from ..reading.source import Source, read_exactly

PAGE = 1 << 14
MAX_PAGES = 512
"""Pages that are kept: 8 MB."""
MAX_TEXT = 1 << 16
"""Bytes of a name."""
MAX_READS = 4_000_000
"""The most values of a file; a thousand tensors take some 50,000."""


@dataclass(slots=True)
class Flat:
    """A FlatBuffer.

    Attributes:
        source: The file.
        pages: Parts that have been read.
        n_reads: Values that have been read.
    """

    source: Source
    pages: dict[int, bytes] = field(default_factory=dict)
    n_reads: int = 0

    def number(self, code: str, place: int) -> int:
        """A whole number of a type of the module struct."""
        size = struct.calcsize("<" + code)
        found: int = struct.unpack("<" + code, self.octets(place, size))[0]
        return found

    def octets(self, place: int, length: int) -> bytes:
        """Bytes of the file.

        Raises:
            ModelFileError: If it does not have them.
        """
        self.n_reads += 1
        if self.n_reads > MAX_READS:
            refuse(f"The file has more than {MAX_READS:,} values in its tables. It is damaged, or no model.")
        if place < 0 or length < 0 or place + length > self.source.size:
            refuse(
                f"An offset points to byte {place + length:,}, beyond the end of the file ({self.source.size:,}): "
                "it is cut short or damaged. Copy or download it again."
            )
        first, last = place // PAGE, (place + length - 1) // PAGE
        if first == last:
            return self._page(first)[place - first * PAGE :][:length]
        return b"".join(self._page(page) for page in range(first, last + 1))[place - first * PAGE :][:length]

    def _page(self, page: int) -> bytes:
        if page not in self.pages:
            if len(self.pages) >= MAX_PAGES:
                self.pages.pop(next(iter(self.pages)))
            start = page * PAGE
            self.pages[page] = read_exactly(self.source, start, min(PAGE, self.source.size - start))
        return self.pages[page]

    def root(self) -> Table:
        """The table that all others hang on."""
        return self.table(0)

    def table(self, place: int) -> Table:
        """The table that the number at a place points to."""
        at = place + self.number("I", place)
        fields = at - self.number("i", at)
        if not 0 <= fields <= self.source.size:
            refuse(f"The table at byte {at:,} has its fields at {fields:,}, outside of the file. {DAMAGED}")
        return Table(self, at, fields, self.number("H", fields))


@dataclass(frozen=True, slots=True)
class Table:
    """One table.

    Attributes:
        flat: The buffer.
        at: Where it begins.
        fields: Where the places of its fields are.
        length: Bytes of those.
    """

    flat: Flat
    at: int
    fields: int
    length: int

    def place(self, index: int) -> int | None:
        """Where a field is; None where the table has none."""
        if 4 + 2 * index + 2 > self.length:
            return None
        distance = self.flat.number("H", self.fields + 4 + 2 * index)
        return self.at + distance if distance else None

    def number(self, index: int, code: str, default: int = 0) -> int:
        """A whole number."""
        place = self.place(index)
        return default if place is None else self.flat.number(code, place)

    def text(self, index: int) -> str:
        """A text; bytes that are no UTF-8 are escaped."""
        found = self.entries(index, 1)
        if found is None:
            return ""
        start, count = found
        return self.flat.octets(start, min(count, MAX_TEXT)).decode("utf-8", "backslashreplace")

    def table(self, index: int) -> Table | None:
        """A table."""
        place = self.place(index)
        return None if place is None else self.flat.table(place)

    def entries(self, index: int, width: int) -> tuple[int, int] | None:
        """Where the entries of a list begin, and how many there are; each takes `width` bytes."""
        place = self.place(index)
        if place is None:
            return None
        start = place + self.flat.number("I", place)
        count = self.flat.number("I", start)
        if start + 4 + count * width > self.flat.source.size:
            refuse(
                f"The list at byte {start:,} claims {count:,} entries, beyond the end of the file: it is cut short or "
                "damaged. Copy or download it again."
            )
        return start + 4, count

    def wholes(self, index: int, code: str, most: int) -> list[int]:
        """The whole numbers of a short list."""
        width = struct.calcsize("<" + code)
        start, count = self.entries(index, width) or (0, 0)
        if count > most:
            refuse(f"A list of the table at byte {self.at:,} has {count:,} entries; at most {most:,} fit. {DAMAGED}")
        return list(struct.unpack(f"<{count}{code}", self.flat.octets(start, count * width))) if count else []

    def tables(self, index: int, most: int) -> list[Table]:
        """The tables of a list."""
        start, count = self.entries(index, 4) or (0, 0)
        if count > most:
            refuse(f"The file lists {count:,} tables; at most {most:,} are read. It is damaged, or no model.")
        return [self.flat.table(start + 4 * i) for i in range(count)]

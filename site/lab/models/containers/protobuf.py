"""Fields of a protobuf message, walked without reading what they hold.

Source: Protocol Buffers, "Encoding": a field is a varint (number << 3 | wire type) and a varint, 8, 4, or a length and
so many bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..reading.cursor import STEP
from ..reading.fault import DAMAGED, refuse
from ..reading.source import Source, read_exactly

VARINT, EIGHT, BYTES, FOUR = 0, 1, 2, 5
MAX_FIELDS = 1_000_000
"""The most fields of a file; the graphs of large models have some 100,000. Walking these takes a second."""
PER_MESSAGE = 2
"""As many fields does a message count as that is walked itself, for it takes so much longer."""
MAX_TEXT = 1 << 16
"""Bytes of a name."""
MAX_PACKED = 1 << 22
"""Numbers of a packed list that is built."""
FIRST_STEP = 1 << 12
_LONGEST = 10
"""Bytes of a number."""


Field = tuple[int, int, int, int, int]
"""A field: its number, which is its meaning; VARINT, EIGHT, BYTES or FOUR; the value of a varint; of the others where
their bytes begin, and where they end. A file may have a million of them, so they are no class of their own."""


class Walker:
    """Walks messages of one file.

    Attributes:
        source: The file.
        is_cut: Whether a field was met that goes on beyond the end of the file.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.is_cut = False
        self._n_fields = 0
        self._start, self._window, self._step = 0, b"", FIRST_STEP

    def fields(self, start: int, end: int) -> Iterator[Field]:
        """The fields of the message between two places; one that the file cuts short ends where the file does."""
        self._n_fields += PER_MESSAGE
        position, begin, window = start, self._start, self._window
        stop = min(end - begin, len(window))
        while position < end:
            self._n_fields += 1
            if self._n_fields > MAX_FIELDS:
                refuse(f"The file has more than {MAX_FIELDS:,} fields. It is damaged, or no model.")
            at = position - begin
            if at < 0 or at + 2 * _LONGEST > len(window):
                at = self._reach(position)
                begin, window = self._start, self._window
                stop = min(end - begin, len(window))
            tag, at = (window[at], at + 1) if window[at] < 0x80 else self._varint(begin, window, at, stop)
            number, wire = tag >> 3, tag & 7
            if not number:
                refuse(f"The field at byte {position:,} has the number 0, which none has. {DAMAGED}")
            if wire in (VARINT, BYTES):  # a number of one byte, as most are, is taken without a call
                is_short = at < stop and window[at] < 0x80
                length, at = (window[at], at + 1) if is_short else self._varint(begin, window, at, stop)
            elif wire in (EIGHT, FOUR):
                length = 8 if wire == EIGHT else 4
            else:
                refuse(f"The field at byte {position:,} is of the kind {wire}, which no field has. {DAMAGED}")
            position = begin + at
            if wire == VARINT:
                yield number, wire, length, position, position
                continue
            after = position + length
            if after > end:
                if end < self.source.size:
                    refuse(f"The field at byte {position:,} claims {length:,} bytes, more than it is in. {DAMAGED}")
                self.is_cut, after = True, end
            yield number, wire, 0, position, after
            position = after

    def text(self, start: int, end: int) -> str:
        """The text between two places; bytes that are no UTF-8 are escaped, and what is too long is cut off."""
        return self.octets(start, min(end, start + MAX_TEXT)).decode("utf-8", "backslashreplace")

    def wholes(self, wire: int, value: int, start: int, end: int) -> list[int]:
        """The signed numbers of a packed list, or the one of a varint."""
        if wire == VARINT:
            return [signed(value)]
        found: list[int] = varints(self.octets(start, min(end, start + MAX_PACKED))).tolist()
        return found

    def octets(self, start: int, end: int) -> bytes:
        """Bytes from one place to another."""
        if end - start > STEP:
            return read_exactly(self.source, start, end - start)
        at = self._reach(start, end - start)
        return self._window[at : at + end - start]

    def _reach(self, place: int, length: int = 2 * _LONGEST) -> int:
        """Where a place is in the window, which holds so many bytes from there on, or all that the file has."""
        at = place - self._start
        if at < 0 or at + length > len(self._window):
            wanted = min(length, self.source.size - place)
            if at < 0 or at + wanted > len(self._window):
                is_next = (
                    0 <= at <= len(self._window)
                )  # behind values that were passed over there are few bytes to read
                self._step = min(2 * self._step, STEP) if is_next else FIRST_STEP
                wanted = min(max(wanted, self._step), self.source.size - place)
                self._start, self._window = place, read_exactly(self.source, place, wanted)
                at = 0
        return at

    def _varint(self, begin: int, window: bytes, at: int, stop: int) -> tuple[int, int]:
        """The number at a place of a window that ends before another, and the place after it."""
        value = 0
        data = window[at : min(at + _LONGEST, stop)]
        for i, byte in enumerate(data):
            value |= (byte & 0x7F) << (7 * i)
            if byte < 0x80:
                return value & 0xFFFF_FFFF_FFFF_FFFF, at + i + 1
        place = begin + at
        if len(data) < _LONGEST and begin + stop == self.source.size:
            refuse(f"The file ends inside of a number at byte {place:,}: it is cut short. Copy or download it again.")
        return refuse(f"The number at byte {place:,} does not end. {DAMAGED}")


def signed(value: int) -> int:
    """The signed number of a varint."""
    return value - (1 << 64) if value >> 63 else value


def varints(data: bytes) -> NDArray[np.int64]:
    """The numbers of a packed list, signed.

    >>> varints(bytes([1, 0x80, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1])).tolist()
    [1, 128, -1]
    """
    octets = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(octets < 0x80)
    if not ends.size:
        return np.zeros(0, np.int64)
    octets = octets[: ends[-1] + 1]
    starts = np.concatenate([[0], ends[:-1] + 1])
    place = np.arange(octets.size) - np.repeat(starts, ends - starts + 1)
    parts = (octets & 0x7F).astype(np.uint64) << np.minimum(7 * place, 63).astype(np.uint64)
    parts[place > 9] = 0
    return np.add.reduceat(parts, starts).view(np.int64)


@dataclass(frozen=True, slots=True)
class Varints:
    """A packed list of varints as a file of numbers of so many bytes each; it is read whole when it is read at all.

    Attributes:
        source: The file.
        start: Where the list begins.
        end: Where it ends.
        size: Bytes of the numbers.
        width: Bytes of one.
    """

    source: Source
    start: int
    end: int
    size: int
    width: int

    def read(self, offset: int, length: int) -> bytes:
        """Some of the numbers' bytes; none where there are fewer numbers than there should be."""
        numbers = varints(read_exactly(self.source, self.start, self.end - self.start))
        data = numbers.astype(f"<i{self.width}").tobytes()
        return data[offset : offset + length] if len(data) == self.size else b""

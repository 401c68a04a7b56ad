"""A place in a header that moves on as values are taken; the file is read in steps."""

from __future__ import annotations

import struct
from functools import cache
from typing import Any

from ...parsing.places import quoted
from .fault import refuse
from .source import Source, read_exactly

FIRST_STEP, STEP = 1 << 16, 1 << 21
"""Bytes read at once: few for small files and headers, then more, so that a slow disk is asked seldom."""

MAX_HEADER = 1 << 26
"""The longest header that is walked. The longest published ones, with tokenizers of 260,000 words, take 20 MB."""

MAX_TEXT = 1 << 20
"""The longest text that is kept; chat templates take 20 kB."""

MAX_TEXTS = 2_000_000
"""The most texts in arrays; tokenizers hold up to 900,000 words and merges. Walking these takes half a second."""


class Cursor:
    """Values one after the other, from the start of a header on.

    Args:
        source: The file.
        position: Where to begin.
        order: "<" for little-endian values, ">" for big-endian ones.
    """

    def __init__(self, source: Source, position: int = 0, order: str = "<") -> None:
        self.source, self.position, self.order = source, position, order
        self._start, self._window = position, b""
        self._n_texts = 0

    def take(self, length: int, what: str) -> bytes:
        """The next bytes.

        Raises:
            ModelFileError: If the file or the header's cap ends before.
        """
        at = self._reach(length, what)
        self.position += length
        return self._window[at : at + length]

    def number(self, code: str, what: str) -> Any:
        """The next number, of a type of the module struct."""
        return self.record(code, what)[0]

    def record(self, codes: str, what: str) -> tuple[Any, ...]:
        """The next numbers, of types of the module struct, without gaps."""
        layout = _layout(self.order + codes)
        return layout.unpack(self.take(layout.size, what))

    def skip(self, length: int, what: str) -> None:
        """Pass over bytes without reading them."""
        self._check(length, what)
        self.position += length

    def text(self, what: str) -> str:
        """A text after its length in 8 bytes; one too long to keep is cut, and bytes that are no UTF-8 are escaped."""
        length = self.number("Q", what)
        if length <= MAX_TEXT:
            return self.take(length, what).decode("utf-8", "backslashreplace")
        self._check(length, what)
        kept = self.take(MAX_TEXT, what).decode("utf-8", "backslashreplace")
        self.skip(length - MAX_TEXT, what)
        return kept

    def skip_texts(self, count: int, what: str) -> None:
        """Pass over texts, each after its length in 8 bytes, without making any of them.

        Raises:
            ModelFileError: If there are more than the file has bytes for, or than a tokenizer would have.
        """
        self._check(8 * count, what)
        self._n_texts += count
        if self._n_texts > MAX_TEXTS:
            refuse(
                f"The header holds {self._n_texts:,} texts in {what} and before; at most {MAX_TEXTS:,} are read. "
                "It is damaged, or no model."
            )
        length_at = struct.Struct(self.order + "Q").unpack_from
        while count:
            at = self._reach(8, what)
            window, last = self._window, len(self._window) - 8
            while count and at <= last:
                at += 8 + length_at(window, at)[0]
                count -= 1
            self.position = self._start + at
            if self.position > self.source.size:
                refuse(
                    f"A text in {what} ends at byte {self.position:,}, beyond the end of the file: it is cut short or "
                    "damaged. Copy or download it again."
                )
            self._check(0, what)

    def _reach(self, length: int, what: str) -> int:
        """Where the next bytes begin in the window, which holds them."""
        at = self.position - self._start
        if at < 0 or at + length > len(self._window):
            self._check(length, what)
            step = STEP if self._window else FIRST_STEP
            self._start = self.position
            wanted = min(max(length, step), self.source.size - self.position)
            self._window = read_exactly(self.source, self.position, wanted)
            at = 0
        return at

    def _check(self, length: int, what: str) -> None:
        left = self.source.size - self.position
        if length > left:
            refuse(
                f"{_capital(what)} claims {length:,} bytes from byte {self.position:,} on, and the file has only "
                f"{max(0, left):,} more: it is cut short or damaged. Copy or download it again."
            )
        if self.position + length > MAX_HEADER:
            refuse(
                f"{_capital(what)} ends at byte {self.position + length:,}; a header of at most {MAX_HEADER:,} bytes "
                "is read. The file is damaged, or no model."
            )


@cache
def _layout(codes: str) -> struct.Struct:
    return struct.Struct(codes)


def named(name: str) -> str:
    """A tensor's name for a message."""
    return f"Tensor {quoted(name)}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]

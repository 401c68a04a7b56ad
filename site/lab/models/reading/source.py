"""Where the bytes of a file come from: anything that has a size and reads a part."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from .fault import refuse


class Source(Protocol):
    """Random access to a file that may be larger than memory."""

    @property
    def size(self) -> int:
        """Bytes of the file."""

    def read(self, offset: int, length: int) -> bytes:
        """The bytes from `offset` on: `length` of them, or fewer where the file has ended."""


@dataclass(frozen=True, slots=True, repr=False)
class BytesSource:
    """A file that is in memory already."""

    data: bytes

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return len(self.data)

    def read(self, offset: int, length: int) -> bytes:
        """A part of it."""
        return self.data[offset : offset + length]


@dataclass(frozen=True, slots=True)
class FileSource:
    """A file on disk; it is opened for each part, and none of it is kept.

    Attributes:
        path: Where it is.
        size: Its bytes when it was found.
    """

    path: Path
    size: int

    @classmethod
    def at(cls, path: str | os.PathLike[str]) -> FileSource:
        """The file at a path.

        Raises:
            ModelFileError: If there is none.
        """
        try:
            return cls(Path(path), Path(path).stat().st_size)
        except OSError as error:
            refuse(f"The file cannot be opened ({error.strerror}). Choose it again.")

    def read(self, offset: int, length: int) -> bytes:
        """A part of it.

        Raises:
            ModelFileError: If it can no longer be read.
        """
        try:
            with self.path.open("rb") as file:
                file.seek(offset)
                return file.read(length)
        except OSError as error:
            refuse(f"The file can no longer be read ({error.strerror}). Choose it again.")


def read_exactly(source: Source, offset: int, length: int) -> bytes:
    """`length` bytes from `offset` on, all inside of the file.

    Raises:
        ModelFileError: If the file does not have them, or no longer.
    """
    if offset < 0 or length < 0 or offset + length > source.size:
        refuse(
            f"Bytes {offset:,} to {offset + length:,} are wanted, and the file has {source.size:,}: it is cut short or "
            "damaged. Copy or download it again."
        )
    data = source.read(offset, length)
    if len(data) != length:
        refuse(
            f"The file gave {len(data):,} of {length:,} bytes from byte {offset:,} on: it changed while it was read. "
            "Choose it again."
        )
    return data

"""Model files that the libraries wrote, the values that they decode, and small files written here.

tests/files/index.json says of each file which library wrote it, and of each logical tensor which stored tensors make
it up and how exact its values are.
"""

from __future__ import annotations

import functools
import json
import struct
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from lab.models.reading.source import BytesSource

FOLDER = Path(__file__).parents[2] / "files"
INDEX: list[dict[str, Any]] = json.loads((FOLDER / "index.json").read_text("utf-8"))["files"]
NAMES = [entry["file"] for entry in INDEX]


@functools.cache
def expected(name: str) -> Mapping[str, np.ndarray]:
    """The values of a file's tensors."""
    with np.load(FOLDER / f"{name}.expected.npz") as archive:
        return {key: archive[key] for key in archive.files}


def same(found: np.ndarray, wanted: np.ndarray) -> bool:
    """Whether float32 numbers are equal, NaN with NaN, and -0 with 0."""
    return found.dtype == np.float32 and np.array_equal(found, wanted, equal_nan=True)


class Counting:
    """A source that counts the bytes that are read of it."""

    def __init__(self, source: Any) -> None:
        self.source, self.n_read, self.largest = source, 0, 0

    @property
    def size(self) -> int:
        """As of the source."""
        return int(self.source.size)

    def read(self, offset: int, length: int) -> bytes:
        """As the source does."""
        assert 0 <= offset <= offset + length <= self.size, "a read outside of the file"
        self.n_read += length
        self.largest = max(self.largest, length)
        return bytes(self.source.read(offset, length))


def text(value: str, order: str = "<") -> bytes:
    """A text as GGUF has it."""
    return struct.pack(order + "Q", len(value.encode())) + value.encode()


def gguf(
    tensors: Iterable[tuple[str, tuple[int, ...], int, int, bytes]],
    entries: bytes = b"",
    n_entries: int = 0,
    order: str = "<",
    version: int = 3,
    alignment: int = 32,
) -> bytes:
    """A GGUF file; of each tensor name, shape, type, offset in the data, and bytes.

    `entries` are those of the header, encoded.
    """
    tensors = list(tensors)
    head = b"GGUF" + struct.pack(order + "IQQ", version, len(tensors), n_entries) + entries
    for name, shape, kind, offset, _ in tensors:
        ne = tuple(reversed(shape))
        head += text(name, order) + struct.pack(f"{order}I{len(ne)}QIQ", len(ne), *ne, kind, offset)
    head += bytes(-len(head) % alignment)
    body = bytearray(max((offset + len(data) for *_, offset, data in tensors if data), default=0))
    for *_, offset, data in tensors:
        if data:
            body[offset : offset + len(data)] = data
    return head + bytes(body)


def safetensors(tensors: Mapping[str, tuple[str, tuple[int, ...], bytes]], metadata: Mapping[str, str] = {}) -> bytes:
    """A safetensors file; of each tensor type, shape and bytes."""
    header: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    place, body = 0, bytearray()
    for name, (dtype, shape, data) in tensors.items():
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [place, place + len(data)]}
        place += len(data)
        body += data
    written = json.dumps(header).encode()
    return len(written).to_bytes(8, "little") + written + bytes(body)


def source(data: bytes) -> BytesSource:
    """Bytes as a file."""
    return BytesSource(data)

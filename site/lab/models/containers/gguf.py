"""GGUF files, versions 2 and 3, little-endian and big-endian.

    "GGUF"  version  n_tensors  n_entries  | entries: key, type, value  | tensors: name, ne, type, offset  | data

The data begin at the next multiple of the alignment, and `ne` is the reverse of the shape.
Sources: ggml 0.20.2, gguf.h and gguf.cpp; docs/gguf.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from ..reading.cursor import Cursor, named
from ..reading.fault import CUT_SHORT, DAMAGED, refuse
from ..reading.raw import MAX_NOTICES, Container, RawTensor
from ..reading.recognised import GGUF
from ..reading.source import Source
from .gguf_order import are_little, little_blocks
from .gguf_types import UNREAD, encoding_of, fault_of, label_of

MAX_TENSORS = 50_000
"""The largest published models have some 2,000 tensors in a file."""
MAX_ENTRIES = 100_000
"""Published files have up to 60 entries; Hugging Face's reader takes as many as this."""
MAX_DIMENSIONS = 4
MAX_NESTING = 4
"""Lists in lists; gguf-py writes them, and ggml refuses them."""
MAX_SHOWN = 16
"""Entries of a list that are kept."""
LEAST_TENSOR, LEAST_ENTRY = 8 + 4 + 4 + 8, 8 + 4 + 1
"""Bytes of a tensor without name and dimensions, and of an entry without key."""

SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
WIDTHS = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
TEXT, LIST = 8, 9


@dataclass(frozen=True, slots=True)
class Values:
    """A list of the header: how many there are, and the first of them.

    Attributes:
        count: Of all.
        first: The first ones; of a list of lists none.
    """

    count: int
    first: tuple[Any, ...] = ()


class _Info(NamedTuple):
    """What the header says of a tensor."""

    name: str
    shape: tuple[int, ...]
    type: int
    offset: int


def read_gguf(source: Source) -> Container:
    """The tensors of a GGUF file.

    Raises:
        ModelFileError: If the header cannot be read.
    """
    cursor = Cursor(source)
    if cursor.take(4, "the first word") != GGUF:
        refuse(f"The file does not begin with GGUF. {DAMAGED}")
    version = cursor.number("I", "the version")
    if version & 0xFFFF == 0:
        cursor.order, version = ">", int.from_bytes(version.to_bytes(4, "little"), "big")
    if version not in (2, 3):
        remedy = "Convert the model again" if version < 2 else "A newer reader is needed"
        refuse(f"The file is GGUF of version {version}; versions 2 and 3 can be read. {remedy}.")
    n_tensors = _count(cursor, "tensors", LEAST_TENSOR, MAX_TENSORS)
    n_entries = _count(cursor, "entries", LEAST_ENTRY, MAX_ENTRIES)
    metadata: dict[str, Any] = {}
    for _ in range(n_entries):
        key = cursor.text("a key")
        metadata[key] = _value(cursor, cursor.number("I", f"the type of {key}"), key, 0)
    alignment = _alignment(metadata)
    infos = [_info(cursor, number) for number in range(n_tensors)]
    start = -(-cursor.position // alignment) * alignment
    is_big = cursor.order == ">"
    tensors, notices = _placed(infos, source, start, alignment, is_big)
    if is_big and are_little(tensors):
        tensors = tuple(replace(tensor, encoding=little_blocks(tensor.encoding)) for tensor in tensors)
        notices += ("The file is big-endian, but numbers in blocks are little-endian, and so they are read.",)
    kind = f"GGUF version {version}" + (", big-endian" if is_big else "")
    return Container(kind, tensors, metadata, notices)


def _count(cursor: Cursor, what: str, least: int, most: int) -> int:
    count: int = cursor.number("Q", f"the number of {what}")
    if count * least > cursor.source.size - cursor.position:
        refuse(
            f"The header claims {count} {what}, more than the file has bytes for; nothing is read. "
            "The file is damaged or cut short; copy or download it again."
        )
    if count > most:
        refuse(f"The header claims {count:,} {what}; at most {most:,} are read. It is damaged, or no model.")
    return count


def _value(cursor: Cursor, kind: int, key: str, depth: int) -> Any:
    if kind in SCALARS:
        if kind == 7:
            return cursor.take(1, key) != b"\0"
        return cursor.number(SCALARS[kind], f"the value of {key}")
    if kind == TEXT:
        return cursor.text(f"the value of {key}")
    if kind == LIST:
        return _list(cursor, key, depth + 1)
    return refuse(f"The value of {key} has type {kind}, which GGUF does not have. {DAMAGED}")


def _list(cursor: Cursor, key: str, depth: int) -> Values:
    """The first values of a list; the others are passed over."""
    kind, count = cursor.number("I", f"the type in {key}"), cursor.number("Q", f"the number of values in {key}")
    what = f"the list {key}"
    if depth > MAX_NESTING:
        refuse(f"The value of {key} is a list more than {MAX_NESTING} lists deep. {DAMAGED}")
    if kind in SCALARS:
        end = cursor.position + count * WIDTHS[kind]
        cursor.skip(count * WIDTHS[kind], what)
        cursor.position = end - count * WIDTHS[kind]
        first = tuple(_value(cursor, kind, key, depth) for _ in range(min(count, MAX_SHOWN)))
        cursor.position = end
        return Values(count, first)
    if kind == TEXT:
        shown = min(count, MAX_SHOWN)
        first = tuple(cursor.text(what) for _ in range(shown))
        cursor.skip_texts(count - shown, what)
        return Values(count, first)
    if kind == LIST:
        if count * 12 > cursor.source.size - cursor.position or count > MAX_ENTRIES:
            refuse(f"The list {key} claims {count:,} lists, more than the file has bytes for. {DAMAGED}")
        for _ in range(count):
            _list(cursor, key, depth + 1)
        return Values(count)
    return refuse(f"The list {key} holds values of type {kind}, which GGUF does not have. {DAMAGED}")


def _alignment(metadata: Mapping[str, Any]) -> int:
    alignment = metadata.get("general.alignment", 32)
    if not isinstance(alignment, int) or alignment < 1 or alignment & (alignment - 1) or alignment >= 1 << 31:
        shown = alignment if isinstance(alignment, int) else "no number"
        refuse(f"general.alignment is {shown}, which is not a power of two. {DAMAGED}")
    return alignment


def _info(cursor: Cursor, number: int) -> _Info:
    name = cursor.text(f"the name of tensor {number}")
    n_dimensions = cursor.number("I", f"the number of dimensions of {name}")
    if n_dimensions > MAX_DIMENSIONS:
        refuse(f"{named(name)} claims {n_dimensions} dimensions; GGUF allows {MAX_DIMENSIONS}. {DAMAGED}")
    *ne, kind, offset = cursor.record(f"{n_dimensions}QIQ", f"what follows the name {name}")
    return _Info(name, tuple(reversed(ne)), kind, offset)


def _placed(
    infos: list[_Info], source: Source, start: int, alignment: int, is_big: bool
) -> tuple[tuple[RawTensor, ...], tuple[str, ...]]:
    """The tensors with their places, each held against the file and the one before it."""
    tensors, notices, seen = [], [], set()
    expected, is_known = 0, True
    last: RawTensor | None = None
    for info in infos:
        size = _size_bytes(info)
        fault = _fault(info, size, start, source.size, alignment)
        if info.name in seen:
            fault = f"{named(info.name)} is in the file twice; this one cannot be shown. {DAMAGED}"
        if not fault and info.offset < expected:
            before = ""
            if last is not None:
                begin = last.offset - start
                before = f", {last.name} ({begin:,} to {begin + last.size_bytes:,})"
            fault = (
                f"{named(info.name)} begins at byte {info.offset:,} of the data, inside of what is before it{before}; "
                f"ggml expects {expected:,}. {DAMAGED}"
            )
        elif info.offset > expected and not fault and is_known:
            notices.append(
                f"{named(info.name)} begins at byte {info.offset:,} of the data; ggml expects {expected:,} and would "
                "refuse the file."
            )
        if "\\x" in info.name:
            notices.append(f"The name of a tensor is no text in UTF-8: {info.name}.")
        seen.add(info.name)
        encoding = encoding_of(info.type, is_big)
        place = start + info.offset
        tensors.append(RawTensor(info.name, label_of(info.type), info.shape, source, place, size, encoding, fault))
        if encoding is None and info.type not in UNREAD:
            expected = max(expected, info.offset)
            is_known = False
        elif size and info.offset + size <= source.size:
            is_known = True
            last = tensors[-1]
            expected = info.offset + -(-size // alignment) * alignment
    return tuple(tensors), tuple(notices[:MAX_NOTICES])


def _size_bytes(info: _Info) -> int:
    """Bytes of a tensor, as Python counts, without end; 0 of a type that is not known."""
    count = math.prod(info.shape)
    if info.type in UNREAD:
        _, elements, n_bytes = UNREAD[info.type]
        return count // elements * n_bytes
    encoding = encoding_of(info.type, False)
    return 0 if encoding is None else encoding.size_bytes(count)


def _fault(info: _Info, size: int, start: int, file_size: int, alignment: int) -> str:
    """Why a tensor cannot be shown; empty if it can."""
    if unread := fault_of(info.type):
        return f"{named(info.name)} {unread}"
    encoding = encoding_of(info.type, False)
    assert encoding is not None
    length = info.shape[-1] if info.shape else 1
    if length % encoding.unit:
        return (
            f"{named(info.name)} has rows of {length:,} values; {encoding.label} stores whole blocks of "
            f"{encoding.unit}. {DAMAGED}"
        )
    if start + info.offset + size > file_size:
        shape = " × ".join(map(str, info.shape)) or "1"
        return (
            f"{named(info.name)}, {shape} of {encoding.label}, takes {size:,} bytes from byte {start + info.offset:,} "
            f"on, and the file ends at {file_size:,}: {CUT_SHORT}"
        )
    if info.offset % alignment:
        return (
            f"{named(info.name)} begins at byte {info.offset:,} of the data, no multiple of the alignment {alignment}. "
            f"{DAMAGED}"
        )
    return ""

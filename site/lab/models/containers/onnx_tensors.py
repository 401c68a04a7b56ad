"""One ONNX tensor: its type and shape, and where its numbers are, in the file or in one beside it.

Source: onnx 1.23.2, onnx.proto (TensorProto).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from ..reading.cursor import named
from ..reading.encoding import Encoding
from ..reading.fault import DAMAGED
from ..reading.raw import RawTensor
from ..reading.source import Source
from .onnx_types import IN_INT32, encoding_of, label_of
from .protobuf import BYTES, Varints, Walker

MAX_DIMENSIONS = 32
MAX_LENGTH = 1 << 48
PACKED = {4: 4, 10: 8}
"""Fields of a tensor that hold floats and doubles as they are, and the bytes of one."""
NUMBERS = (4, 5, 7, 9, 10, 11)
"""Fields of a tensor that hold its numbers: each kind in a list of its own, or all as bytes (9)."""

Piece = tuple[int, int, int]
"""A field that holds numbers, where it begins and where it ends; of one that holds a single number, 0."""


def tensor_of(walker: Walker, start: int, end: int, name: str, beside: Mapping[str, Source]) -> RawTensor:
    """The tensor between two places; where it has no name, of this one."""
    dims: list[int] = []
    pieces: list[Piece] = []
    external: dict[str, str] = {}
    kind = location = 0
    for number, wire, value, first, last in walker.fields(start, end):
        if number == 1:
            dims += walker.wholes(wire, value, first, last)
        elif number == 2 and wire != BYTES:
            kind = value
        elif number == 8 and wire == BYTES:
            name = name or walker.text(first, last)
        elif number in NUMBERS and (wire == BYTES or number != 9):
            pieces.append((number if wire == BYTES else 0, first, last))
        elif number == 13 and wire == BYTES:
            external.update([_entry(walker, first, last)])
        elif number == 14 and wire != BYTES:
            location = value
    return _placed(walker, name, dims, kind, pieces, external if location == 1 else None, beside)


def is_shape(dims: list[int]) -> bool:
    """Whether these are lengths of axes."""
    return not dims or (len(dims) <= MAX_DIMENSIONS and min(dims) >= 0 and max(dims) <= MAX_LENGTH)


def _entry(walker: Walker, start: int, end: int) -> tuple[str, str]:
    """A key and its text."""
    fields = walker.fields(start, end)
    texts = {number: walker.text(first, last) for number, wire, _, first, last in fields if wire == BYTES}
    return texts.get(1, ""), texts.get(2, "")


def _placed(
    walker: Walker,
    name: str,
    dims: list[int],
    kind: int,
    pieces: list[Piece],
    external: dict[str, str] | None,
    beside: Mapping[str, Source],
) -> RawTensor:
    """The tensor where its bytes are, or with what is wrong with it."""
    label, encoding, source = label_of(kind), encoding_of(kind), walker.source
    if not is_shape(dims):
        fault = f"{named(name)} claims the shape {dims[:8]}, which cannot be. {DAMAGED}"
        return RawTensor(name, label, (), source, 0, 0, None, fault)
    shape = tuple(dims)
    if encoding is None:
        fault = f"{named(name)} has type {kind}, {label}; its values cannot be shown."
        return RawTensor(name, label, shape, source, 0, 0, None, fault)
    size = encoding.size_bytes(math.prod(shape))
    if external is not None:
        found, offset, fault = _outside(source, name, external, size, beside)
    else:
        found, offset, fault = _inside(source, name, pieces, kind, encoding, size)
    return RawTensor(name, label, shape, found, offset, size, encoding, fault)


def _inside(
    source: Source, name: str, pieces: list[Piece], kind: int, encoding: Encoding, size: int
) -> tuple[Source, int, str]:
    """Bytes in the file itself: as they are, or as a list of numbers."""
    if not pieces and not size:
        return source, 0, ""
    if len(pieces) != 1 or not pieces[0][0]:
        fault = f"{named(name)} has its values in {len(pieces)} pieces; one is read. Save the model again."
        return source, 0, fault
    number, start, end = pieces[0]
    length = end - start
    if number == 9 or number in PACKED:
        if length != size:
            is_cut = end == source.size and length < size
            why = "the file is cut short. Copy or download it again." if is_cut else DAMAGED
            return source, start, f"{named(name)} has {length:,} bytes, and its shape needs {size:,}: {why}"
        return source, start, ""
    width = {5: 4, 7: 8, 11: 8}[number]
    if number == 5 and kind in IN_INT32:
        width = 1 if encoding.unit > 1 else encoding.unit_bytes
    if length > 10 * max(1, size) or length * width < size:
        return source, start, f"{named(name)} has {length:,} bytes of values, and {size:,} are needed. {DAMAGED}"
    return Varints(source, start, end, size, width), 0, ""


def _outside(
    own: Source, name: str, external: dict[str, str], size: int, beside: Mapping[str, Source]
) -> tuple[Source, int, str]:
    """Bytes in a file beside the model, never in one of another folder."""
    place = external.get("location", "")
    if not place or ".." in place or place[:1] in "/\\" or ":" in place:
        return own, 0, f"{named(name)} names {place[:80]!r}, outside of the model's folder; it is not opened."
    file = beside.get(place) or beside.get(place.replace("\\", "/").rpartition("/")[2])
    if file is None:
        fault = f"The values of {named(name)} are in the file {place[:80]!r}, which is not here: choose it, too."
        return own, 0, fault
    try:
        offset, length = int(external.get("offset") or 0), int(external.get("length") or size)
    except ValueError:
        return own, 0, f"{named(name)} has no whole numbers for its place in {place[:80]!r}. {DAMAGED}"
    if length != size or offset < 0 or offset + size > file.size:
        fault = (
            f"{named(name)} takes {size:,} bytes from byte {offset:,} on of {place[:80]!r}, which has "
            f"{file.size:,}: it is cut short, or of another model. Choose the right one."
        )
        return own, 0, fault
    return file, offset, ""

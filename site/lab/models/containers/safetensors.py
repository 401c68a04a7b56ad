"""Safetensors files: a JSON header of names, types, shapes and places, then the numbers.

    header length (8 bytes, little-endian)  {"w": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}  numbers

Source: safetensors 0.8.0, README, "Format": no duplicate keys, no holes in the numbers, nothing after them. How codes
of 4 and 6 bits lie in bytes it does not say: they are taken from the lowest bits on, as all libraries write them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from typing import Any

from ..reading.cursor import named
from ..reading.encoding import Encoding, coded, plain
from ..reading.fault import CUT_SHORT, DAMAGED, refuse
from ..reading.json_text import read_json
from ..reading.raw import MAX_NOTICES, Container, RawTensor
from ..reading.source import Source, read_exactly

MAX_HEADER = 1 << 25
"""The longest header that is read, 32 MB: some 200,000 names. The format's own limit is 100 MB."""
MAX_TENSORS = 50_000
"""The largest published models have 91,000 tensors in 163 files."""
MAX_DIMENSIONS = 32
MAX_LENGTH = 1 << 48
"""Of an axis; beyond, sizes are nonsense."""

PLAIN = {
    "F64": "<f8", "F32": "<f4", "I64": "<i8", "I32": "<i4", "U64": "<u8", "U32": "<u4", "BOOL": "?",
}  # fmt: skip
CODED = {
    "F16": "float16", "BF16": "bfloat16", "I16": "int16", "U16": "uint16", "I8": "int8", "U8": "uint8",
    "F8_E4M3": "float8_e4m3fn", "F8_E5M2": "float8_e5m2", "F8_E8M0": "float8_e8m0fnu",
    "F8_E4M3FNUZ": "float8_e4m3fnuz", "F8_E5M2FNUZ": "float8_e5m2fnuz",
    "F6_E2M3": "float6_e2m3fn", "F6_E3M2": "float6_e3m2fn", "F4": "float4_e2m1fn",
}  # fmt: skip
ORDER = "The format does not say in which order codes lie in a byte; here the first one is in the lowest bits."
COMPLEX = {"C64": 8}


@cache
def encoding_of(dtype: str) -> Encoding | None:
    """What numbers a tensor of this type holds; None for a type that cannot be read."""
    if dtype in PLAIN:
        return plain(dtype, PLAIN[dtype])
    if dtype in CODED:
        return coded(dtype, CODED[dtype], ORDER if dtype[:2] in ("F4", "F6") and dtype != "F64" else "")
    return None


def read_safetensors(source: Source) -> Container:
    """The tensors of a safetensors file.

    Raises:
        ModelFileError: If the header cannot be read.
    """
    if source.size < 8:
        refuse(f"The file has {source.size} bytes, not even the length of a header: {CUT_SHORT}")
    length = int.from_bytes(read_exactly(source, 0, 8), "little")
    if length > source.size - 8:
        refuse(f"The header claims {length} bytes, more than the file has ({source.size - 8:,} more): {CUT_SHORT}")
    if length > MAX_HEADER:
        refuse(f"The header has {length:,} bytes; at most {MAX_HEADER:,} are read. Save fewer tensors into a file.")
    header = read_json(read_exactly(source, 8, length), "The header")
    if not isinstance(header, dict):
        refuse(f"The header is no object with the names of tensors. {DAMAGED}")
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        refuse(f"__metadata__ of the header does not go from texts to texts. {DAMAGED}")
    if len(header) > MAX_TENSORS:
        refuse(f"The header names {len(header):,} tensors; at most {MAX_TENSORS:,} are read. Save fewer into a file.")
    start = 8 + length
    tensors = [_tensor(name, entry, source, start) for name, entry in header.items()]
    by_place = sorted(tensors, key=lambda tensor: (tensor.offset, tensor.size_bytes))
    notices = _out_of_place(by_place, start, source.size)
    faults = _overlaps(by_place, start)
    return Container("safetensors", tuple(_with_fault(tensor, faults) for tensor in tensors), metadata, notices)


def _tensor(name: str, entry: Any, source: Source, start: int) -> RawTensor:
    """One tensor of the header; what is wrong with it alone is its fault."""
    if not isinstance(entry, dict):
        entry = {}
    dtype, shape, offsets = entry.get("dtype"), entry.get("shape"), entry.get("data_offsets")
    if not isinstance(dtype, str) or not _is_shape(shape) or not _is_range(offsets):
        fault = f"{named(name)} has no dtype, shape and data_offsets that can be read. {DAMAGED}"
        return RawTensor(name, str(dtype)[:20], (), source, start, 0, None, fault)
    assert isinstance(shape, list)
    assert isinstance(offsets, list)
    encoding, size = encoding_of(dtype), offsets[1] - offsets[0]
    fault = _fault(name, dtype, tuple(shape), offsets, source.size - start)
    return RawTensor(name, dtype, tuple(shape), source, start + offsets[0], size, encoding, fault)


def _is_shape(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= MAX_DIMENSIONS
        and set(map(type, value)) <= {int}
        and (not value or (min(value) >= 0 and max(value) <= MAX_LENGTH))
    )


def _is_range(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and type(value[0]) is type(value[1]) is int
        and 0 <= value[0] <= value[1]
    )


def _fault(name: str, dtype: str, shape: tuple[int, ...], offsets: list[int], room: int) -> str:
    """Why a tensor cannot be shown; empty if it can."""
    encoding, size = encoding_of(dtype), offsets[1] - offsets[0]
    if encoding is None:
        what = "complex numbers" if dtype in COMPLEX else "which is not known"
        return f"{named(name)} has type {dtype}, {what}; its values cannot be shown."
    n_bits = round(math.prod(shape) * encoding.bits)
    if n_bits != 8 * size:
        lengths = " × ".join(map(str, shape)) or "one"
        return f"{named(name)} has {size:,} bytes; {lengths} of {dtype} need {n_bits / 8:,.10g}. {DAMAGED}"
    if offsets[1] > room:
        return f"{named(name)} ends at byte {offsets[1]:,} of the numbers, and there are {room:,}: {CUT_SHORT}"
    return ""


def _overlaps(by_place: list[RawTensor], start: int) -> dict[str, str]:
    """The faults of those that share bytes, by name."""
    faults: dict[str, str] = {}
    last: RawTensor | None = None
    for tensor in by_place:
        if not tensor.size_bytes:
            continue
        if last is not None and tensor.offset < last.offset + last.size_bytes:
            first, second = (
                f"{one.name} ({one.offset - start:,} to {one.offset - start + one.size_bytes:,})"
                for one in (last, tensor)
            )
            text = f"Tensors {first} and {second} overlap in the bytes of the numbers. {DAMAGED}"
            faults[last.name] = faults[tensor.name] = text
        if last is None or tensor.offset + tensor.size_bytes > last.offset + last.size_bytes:
            last = tensor
    return faults


def _with_fault(tensor: RawTensor, faults: Mapping[str, str]) -> RawTensor:
    if tensor.fault or tensor.name not in faults:
        return tensor
    return RawTensor(
        tensor.name, tensor.dtype, tensor.shape, tensor.source, tensor.offset, tensor.size_bytes, tensor.encoding,
        faults[tensor.name],
    )  # fmt: skip


def _out_of_place(by_place: list[RawTensor], start: int, size: int) -> tuple[str, ...]:
    """Holes between tensors, and bytes after the last."""
    notices, place = [], start
    for tensor in by_place:
        if tensor.offset > place:
            notices.append(
                f"Bytes {place - start:,} to {tensor.offset - start:,} of the numbers belong to no tensor; safetensors "
                "allows no holes, and its library refuses the file."
            )
        place = max(place, tensor.offset + tensor.size_bytes)
    if place < size:
        notices.append(f"The last {size - place:,} bytes belong to no tensor; safetensors' library refuses the file.")
    return tuple(notices[:MAX_NOTICES])


def read_index(source: Source) -> dict[str, str]:
    """The file of each tensor, from model.safetensors.index.json.

    Raises:
        ModelFileError: If that is no index.
    """
    if source.size > MAX_HEADER:
        refuse(f"The index has {source.size:,} bytes; at most {MAX_HEADER:,} are read.")
    index = read_json(read_exactly(source, 0, source.size), "The index")
    places = index.get("weight_map") if isinstance(index, dict) else None
    if not isinstance(places, dict) or not all(isinstance(place, str) for place in places.values()):
        refuse("The index has no weight_map from names of tensors to names of files. Download it again.")
    return places

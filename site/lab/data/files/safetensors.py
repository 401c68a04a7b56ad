"""Safetensors files: a JSON header of names, types, shapes and places, then the numbers.

    header length (8 bytes, little-endian)  {"w": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}  numbers

Source: the format's description in the safetensors repository (README, "Format"): no duplicate keys, no holes in the
numbers, nothing after them. All of it is held against the file before a number is read.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...parsing.places import quoted
from .contents import Entry, Floats, Skipped, as_floats, checked_shape, refuse
from .json_text import read_json

MAX_HEADER = 8 * 1024 * 1024
REMEDY = "The file is damaged; copy or save it again."

BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "U16": 16, "I16": 16, "U32": 32, "I32": 32, "U64": 64, "I64": 64,
    "F16": 16, "BF16": 16, "F32": 32, "F64": 64, "C64": 64,
    "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E5M2FNUZ": 8, "F8_E4M3FNUZ": 8,
    "F6_E2M3": 6, "F6_E3M2": 6, "F4": 4,
}  # fmt: skip
"""Widths of the format's types, in bits."""

STORED = {
    "BOOL": "<u1", "U8": "<u1", "I8": "<i1", "U16": "<u2", "I16": "<i2", "U32": "<u4", "I32": "<i4", "U64": "<u8",
    "I64": "<i8", "F16": "<f2", "BF16": "<u2", "F32": "<f4", "F64": "<f8",
}  # fmt: skip
"""Those that can be read, and the type that their bytes are taken for."""


PACKED = ("qweight", "qzeros", "weight_packed")
WORDS = ("I32", "U32", "I16", "U8")
"""What GPTQ, AWQ and compressed-tensors call tensors of codes packed into words, and the types of these."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor of the header; offsets count from the header's end."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


def looks_like(data: bytes) -> bool:
    """Whether a file begins as safetensors files do."""
    return len(data) >= 9 and data[8:9] == b"{" and int.from_bytes(data[:8], "little") <= len(data)


def read_safetensors(data: bytes) -> Iterator[Entry | Skipped]:
    """The tensors of a file, in the order of their places.

    Raises:
        QuantError: if the header and the file do not fit each other.
    """
    if len(data) < 8:
        refuse(f"is cut short: {len(data)} bytes are not even the length of a header. Copy or save it again.")
    length = int.from_bytes(data[:8], "little")
    if length > len(data) - 8:
        refuse(
            f"claims a header of {length:,} bytes, and only {len(data) - 8:,} follow: it is cut short or no "
            "safetensors file. Copy or save it again."
        )
    if length > MAX_HEADER:
        refuse(f"has a header of {length:,} bytes; at most {MAX_HEADER:,} are allowed. Save fewer tensors into it.")
    if data[8:9] != b"{":
        refuse(f"does not have the header of a safetensors file. {REMEDY}")
    start = 8 + length
    tensors = _tensors(read_json(data[8:start], "its header"))
    _check_places(tensors, len(data) - start)
    for tensor in tensors:
        if tensor.dtype in WORDS and tensor.name.rpartition(".")[2] in PACKED:
            yield Skipped(
                tensor.name, "holds codes packed into words, which are no weights. Unpack and dequantize them first."
            )
        elif tensor.dtype in STORED:
            yield _entry(data, start, tensor)
        else:
            usable = ", ".join(STORED)
            yield Skipped(
                tensor.name, f"is of type {quoted(tensor.dtype)}; it must be one of {usable}. Convert it to F32."
            )


def _tensors(header: Any) -> list[Tensor]:
    """The header's tensors, by place."""
    if not isinstance(header, dict):
        refuse(f"has a header that is no object. {REMEDY}")
    found = [_tensor(name, entry) for name, entry in header.items() if name != "__metadata__"]
    return sorted(found, key=lambda tensor: (tensor.begin, tensor.end))


def _tensor(name: str, entry: Any) -> Tensor:
    """One tensor, its entries of the right kinds and its size that of its shape."""
    if not isinstance(entry, dict) or not {"dtype", "shape", "data_offsets"} <= entry.keys():
        refuse(f"describes {quoted(name)} without dtype, shape and data_offsets. {REMEDY}")
    dtype, lengths, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    is_pair = isinstance(offsets, list) and len(offsets) == 2 and all(type(offset) is int for offset in offsets)
    if not isinstance(dtype, str) or not isinstance(lengths, list) or not is_pair:
        refuse(f"describes {quoted(name)} with a dtype, shape or data_offsets that cannot be read. {REMEDY}")
    shape = checked_shape(lengths)
    begin, end = offsets
    if not 0 <= begin <= end:
        refuse(f"places {quoted(name)} at bytes {begin:,} to {end:,}, which is no range. {REMEDY}")
    needed = math.prod(shape) * BITS.get(dtype, 0)
    if dtype in BITS and needed != 8 * (end - begin):
        refuse(
            f"gives {quoted(name)} {end - begin:,} bytes; {' × '.join(map(str, shape)) or 'one'} of {dtype} need "
            f"{needed / 8:,.10g}. {REMEDY}"
        )
    return Tensor(name, dtype, shape, begin, end)


def _check_places(tensors: list[Tensor], size: int) -> None:
    """Raise where tensors overlap, leave a hole, or end elsewhere than the file."""
    place = 0
    for tensor in tensors:
        if tensor.begin != place:
            fault = "overlaps what is before it" if tensor.begin < place else "leaves a hole before it"
            refuse(f"places {quoted(tensor.name)} at byte {tensor.begin:,}, which {fault}. {REMEDY}")
        place = tensor.end
    if place != size:
        fault = "it is cut short" if place > size else "there is more behind its last tensor"
        refuse(f"should hold {place:,} bytes of numbers, and holds {size:,}: {fault}. Copy or save it again.")


def _entry(data: bytes, start: int, tensor: Tensor) -> Entry:
    def read() -> Floats:
        raw = np.frombuffer(data, STORED[tensor.dtype], math.prod(tensor.shape), start + tensor.begin)
        raw = raw.reshape(tensor.shape)
        return _from_bfloat16(raw) if tensor.dtype == "BF16" else as_floats(raw)

    return Entry(tensor.name, tensor.shape, tensor.dtype, read)


def _from_bfloat16(raw: np.ndarray[Any, np.dtype[Any]]) -> Floats:
    """The upper half of a float32 made whole: sign, 8 bits of exponent, 7 of mantissa, and 16 zeros."""
    whole = raw.astype(np.uint32)
    whole <<= np.uint32(16)
    return whole.view(np.float32)

"""TFLite files: the tensors that have values, with the scales and zero points that they name.

Source: LiteRT, schema.fbs of version 3 (Model, SubGraph, Tensor, Buffer, QuantizationParameters).
"""

from __future__ import annotations

import math
from functools import cache

from ..reading.cursor import named
from ..reading.encoding import Encoding, coded, plain
from ..reading.fault import CUT_SHORT, DAMAGED, refuse
from ..reading.raw import Container, RawTensor, Scaled
from ..reading.recognised import TFLITE
from ..reading.source import Source
from .flatbuffer import Flat, Table

MAX_TENSORS = 50_000
MAX_GRAPHS = 1_000
MAX_DIMENSIONS = 32

PLAIN = {
    0: ("FLOAT32", "<f4"), 2: ("INT32", "<i4"), 4: ("INT64", "<i8"), 6: ("BOOL", "?"), 10: ("FLOAT64", "<f8"),
    12: ("UINT64", "<u8"), 15: ("UINT32", "<u4"),
}  # fmt: skip
CODED = {
    1: ("FLOAT16", "float16"), 3: ("UINT8", "uint8"), 7: ("INT16", "int16"), 9: ("INT8", "int8"),
    16: ("UINT16", "uint16"), 17: ("INT4", "int4"), 18: ("BFLOAT16", "bfloat16"), 19: ("INT2", "int2"),
    20: ("UINT4", "uint4"), 21: ("FLOAT8_E4M3FN", "float8_e4m3fn"), 22: ("FLOAT8_E5M2", "float8_e5m2"),
}  # fmt: skip
OTHERS = {5: "STRING", 8: "COMPLEX64", 11: "COMPLEX128", 13: "RESOURCE", 14: "VARIANT"}
BLOCKWISE, MULTI_AXIS = 2, 3


@cache
def encoding_of(number: int) -> Encoding | None:
    """What numbers a tensor of this type holds; None for a type that cannot be read."""
    if number in PLAIN:
        return plain(*PLAIN[number])
    return coded(*CODED[number]) if number in CODED else None


def label_of(number: int) -> str:
    """TFLite's name of a type."""
    known = PLAIN.get(number) or CODED.get(number)
    return known[0] if known else OTHERS.get(number, "which is not known")


def read_tflite(source: Source) -> Container:
    """The tensors of a TFLite file; each is called by its number and its name, for names need not differ.

    Raises:
        ModelFileError: If the file is none, or its tables are damaged.
    """
    flat = Flat(source)
    if source.size < 8 or flat.octets(4, 4) != TFLITE:
        refuse(f"The file does not have TFL3 at its fourth byte. {DAMAGED}")
    model = flat.root()
    version = model.number(0, "I")
    if version != 3:
        refuse(f"The file is of version {version} of TFLite; version 3 can be read. Convert the model again.")
    buffers = model.tables(4, MAX_TENSORS)
    tensors: list[RawTensor] = []
    scaled: list[Scaled] = []
    n_seen = 0
    for number, graph in enumerate(model.tables(2, MAX_GRAPHS)):
        listed = graph.tables(0, MAX_TENSORS)
        n_seen += len(listed)
        if n_seen > MAX_TENSORS:
            refuse(f"The file has more than {MAX_TENSORS:,} tensors. It is damaged, or no model.")
        prefix = f"{number}/" if number else ""
        found = {index: _tensor(table, f"{prefix}{index}", buffers, source) for index, table in enumerate(listed)}
        stored = {index: tensor for index, tensor in found.items() if tensor is not None}
        tensors += stored.values()
        for index, tensor in stored.items():
            quantization = listed[index].table(4)
            one = None if quantization is None else _scaled(tensor, quantization, stored, source)
            scaled += [] if one is None else [one]
    metadata = {"description": model.text(3)}
    return Container("TFLite", tuple(tensors), metadata, (), tuple(scaled))


def _tensor(table: Table, number: str, buffers: list[Table], source: Source) -> RawTensor | None:
    """A tensor with values; None where it has none of its own."""
    name = f"{number}:{table.text(3)}"
    lengths, kind = table.wholes(0, "i", MAX_DIMENSIONS), table.number(1, "b")
    buffer = table.number(2, "I")
    if buffer >= len(buffers):
        fault = f"{named(name)} names buffer {buffer:,} of {len(buffers):,}. {DAMAGED}"
        return RawTensor(name, label_of(kind), (), source, 0, 0, None, fault)
    place, size = _bytes(buffers[buffer])
    if not size:
        return None
    encoding, label = encoding_of(kind), label_of(kind)
    shape = tuple(lengths) if all(length >= 0 for length in lengths) else ()
    needed = 0 if encoding is None else encoding.size_bytes(math.prod(shape))
    fault = ""
    if encoding is None:
        fault = f"{named(name)} has type {kind}, {label}; its values cannot be shown."
    elif table.place(6) is not None:
        fault = f"{named(name)} is sparse, which cannot be read. Convert the model without sparsity."
    elif shape != tuple(lengths) or needed != size:
        fault = f"{named(name)} has {size:,} bytes, and its shape {lengths} of {label} needs {needed:,}. {DAMAGED}"
    elif place + size > source.size:
        fault = f"{named(name)} ends at byte {place + size:,}, and the file at {source.size:,}: {CUT_SHORT}"
    return RawTensor(name, label, shape, source, place, size, encoding, fault)


def _bytes(buffer: Table) -> tuple[int, int]:
    """Where the bytes of a buffer are, and how many: in the FlatBuffer, or after it."""
    inside = buffer.entries(0, 1)
    if inside is not None and inside[1]:
        return inside
    offset, size = buffer.number(1, "Q"), buffer.number(2, "Q")
    return (offset, size) if offset > 1 else (0, 0)  # 0 and 1 stand for none


def _scaled(tensor: RawTensor, table: Table, stored: dict[int, RawTensor], source: Source) -> Scaled | None:
    """The parameters of a tensor: those of its details where it has some, else its lists."""
    details = table.number(4, "B")
    if details == BLOCKWISE:
        inner = table.table(5)
        return None if inner is None else _blockwise(tensor, inner, stored)
    if details:
        kind = "along several axes" if details == MULTI_AXIS else "of its own kind"
        fault = f"{named(tensor.name)} has parameters {kind}, which cannot be read."
        broken = RawTensor(tensor.name, tensor.dtype, tensor.shape, source, 0, 0, None, fault)
        return Scaled(tensor, broken, None, None, None, "details")
    scale = _listed(tensor, table, 2, "scale", 0, 4, source)
    if scale is None:
        return None
    zero_point = _listed(tensor, table, 3, "zero_point", 4, 8, source)
    axis = table.number(6, "i")
    is_axis = scale.n_values > 1 and 0 <= axis < len(tensor.shape)
    return Scaled(tensor, scale, zero_point, axis if is_axis else None, None, "parameters")


def _listed(
    tensor: RawTensor, table: Table, index: int, name: str, kind: int, width: int, source: Source
) -> RawTensor | None:
    """A list of parameters in the tables, as a tensor."""
    found = table.entries(index, width)
    if found is None or not found[1]:
        return None
    place, count = found
    encoding = encoding_of(kind)
    return RawTensor(f"{tensor.name} {name}", label_of(kind), (count,), source, place, count * width, encoding)


def _blockwise(tensor: RawTensor, inner: Table, stored: dict[int, RawTensor]) -> Scaled | None:
    """Scales that are a tensor, one for each block along the axis on which there are as many."""
    scale, zeros = stored.get(inner.number(0, "i")), stored.get(inner.number(1, "i", -1))
    size = inner.number(2, "i")
    if scale is None or size < 1:
        return None
    axis = next((i for i, length in enumerate(tensor.shape) if _fits(tensor.shape, scale.shape, i, size, length)), None)
    return Scaled(tensor, scale, zeros, axis, size if axis is not None else None, "blockwise")


def _fits(shape: tuple[int, ...], scales: tuple[int, ...], axis: int, size: int, length: int) -> bool:
    blocks = -(-length // size)
    return (*shape[:axis], blocks, *shape[axis + 1 :]) == scales

"""ONNX files: the initializers of all graphs, and the parameters that quantized operators name for them.

Source: onnx 1.23.2, onnx.proto (ModelProto, GraphProto, NodeProto, TensorProto) and the operators' documentation.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..reading.cursor import named
from ..reading.encoding import Encoding
from ..reading.fault import DAMAGED, refuse
from ..reading.raw import Container, RawTensor
from ..reading.source import Source
from .onnx_operators import OPERATORS, Node, scaled_of
from .onnx_types import IN_INT32, encoding_of, label_of
from .protobuf import BYTES, Field, Varints, Walker

MAX_TENSORS = 50_000
MAX_DEPTH = 8
"""Graphs in the attributes of nodes in graphs."""
MAX_DIMENSIONS = 32
MAX_LENGTH = 1 << 48
PACKED = {4: 4, 10: 8}
"""Fields of a tensor that hold floats and doubles as they are, and the bytes of one."""


class _Graphs:
    """What is gathered on the way through a model."""

    def __init__(self, walker: Walker, beside: Mapping[str, Source]) -> None:
        self.walker, self.beside = walker, beside
        self.tensors: list[RawTensor] = []
        self.nodes: list[Node] = []

    def graph(self, start: int, end: int, depth: int) -> None:
        """Initializers and nodes of a graph, and of those inside of it."""
        if depth > MAX_DEPTH:
            refuse(f"Graphs are nested more than {MAX_DEPTH} deep. {DAMAGED}")
        for one in self.walker.fields(start, end):
            if one.wire == BYTES and one.number == 1:
                self.node(one.start, one.end, depth)
            elif one.wire == BYTES and one.number == 5:
                self.tensor(one.start, one.end, "")
            elif one.wire == BYTES and one.number == 15:
                self.sparse(one.start, one.end)

    def sparse(self, start: int, end: int) -> None:
        """An initializer of which only the numbers other than 0 are stored: it is listed, and not decoded."""
        values: RawTensor | None = None
        dims: list[int] = []
        for one in self.walker.fields(start, end):
            if one.number == 1 and one.wire == BYTES:
                self.tensor(one.start, one.end, "")
                values = self.tensors.pop()
            elif one.number == 3:
                dims += self.walker.wholes(one)
        if values is not None:
            fault = f"{named(values.name)} is sparse, which cannot be read. Convert the model without sparsity."
            shape = tuple(dims) if _is_shape(dims) else ()
            self.tensors.append(replace(values, shape=shape, encoding=None, fault=fault))

    def node(self, start: int, end: int, depth: int) -> None:
        """A node that quantizes, the value of a constant, graphs in attributes."""
        node, constants = Node(), []
        for one in self.walker.fields(start, end):
            if one.wire != BYTES:
                continue
            if one.number == 1:
                node.inputs.append(self.walker.text(one))
            elif one.number == 2:
                node.outputs.append(self.walker.text(one))
            elif one.number == 4:
                node.operator = self.walker.text(one)
            elif one.number == 5:
                constants += self.attribute(node, one, depth)
        if node.operator in OPERATORS:
            self.nodes.append(node)
        if node.operator == "Constant" and node.outputs:
            for one in constants:
                self.tensor(one.start, one.end, node.outputs[0])

    def attribute(self, node: Node, attribute: Field, depth: int) -> list[Field]:
        """Keep a whole number; the tensors of an attribute are returned."""
        name, value, tensors = "", None, []
        for one in self.walker.fields(attribute.start, attribute.end):
            if one.number == 1 and one.wire == BYTES:
                name = self.walker.text(one)
            elif one.number == 3 and one.wire != BYTES:
                value = self.walker.whole(one)
            elif one.number == 5 and one.wire == BYTES:
                tensors.append(one)
            elif one.number in (6, 11) and one.wire == BYTES:
                self.graph(one.start, one.end, depth + 1)
        if value is not None:
            node.attributes[name] = value
        return tensors

    def tensor(self, start: int, end: int, name: str) -> None:
        """One initializer."""
        if len(self.tensors) >= MAX_TENSORS:
            refuse(f"The file has more than {MAX_TENSORS:,} tensors. It is damaged, or no model.")
        walker = self.walker
        dims: list[int] = []
        pieces: list[Field] = []
        external: dict[str, str] = {}
        kind = location = 0
        for one in walker.fields(start, end):
            if one.number == 1:
                dims += walker.wholes(one)
            elif one.number == 2 and one.wire != BYTES:
                kind = one.value
            elif one.number == 8 and one.wire == BYTES:
                name = name or walker.text(one)
            elif one.number in (4, 5, 7, 9, 10, 11) and one.wire == BYTES:
                pieces.append(one)
            elif one.number in (4, 5, 7, 10, 11):
                pieces.append(Field(0, one.wire, 0, one.start, one.end))
            elif one.number == 13 and one.wire == BYTES:
                external.update([self.entry(one)])
            elif one.number == 14 and one.wire != BYTES:
                location = one.value
        self.tensors.append(self.placed(name, dims, kind, pieces, external if location == 1 else None))

    def entry(self, one: Field) -> tuple[str, str]:
        """A key and its text."""
        texts = {
            each.number: self.walker.text(each) for each in self.walker.fields(one.start, one.end) if each.wire == 2
        }
        return texts.get(1, ""), texts.get(2, "")

    def placed(
        self, name: str, dims: list[int], kind: int, pieces: list[Field], external: dict[str, str] | None
    ) -> RawTensor:
        """The tensor where its bytes are, or with what is wrong with it."""
        label, encoding, source = label_of(kind), encoding_of(kind), self.walker.source
        if not _is_shape(dims):
            fault = f"{named(name)} claims the shape {dims[:8]}, which cannot be. {DAMAGED}"
            return RawTensor(name, label, (), source, 0, 0, None, fault)
        shape = tuple(dims)
        if encoding is None:
            fault = f"{named(name)} has type {kind}, {label}; its values cannot be shown."
            return RawTensor(name, label, shape, source, 0, 0, None, fault)
        size = encoding.size_bytes(math.prod(shape))
        if external is not None:
            found, offset, fault = self.outside(name, external, size)
        else:
            found, offset, fault = self.inside(name, pieces, kind, encoding, size)
        return RawTensor(name, label, shape, found, offset, size, encoding, fault)

    def inside(
        self, name: str, pieces: list[Field], kind: int, encoding: Encoding, size: int
    ) -> tuple[Source, int, str]:
        """Bytes in the file itself: as they are, or as a list of numbers."""
        source = self.walker.source
        if not pieces and not size:
            return source, 0, ""
        if len(pieces) != 1 or not pieces[0].number:
            return (
                source,
                0,
                f"{named(name)} has its values in {len(pieces)} pieces; one is read. Save the model again.",
            )
        one = pieces[0]
        length = one.end - one.start
        if one.number == 9 or one.number in PACKED:
            if length != size:
                is_cut = one.end == source.size and length < size
                why = "the file is cut short. Copy or download it again." if is_cut else DAMAGED
                return source, one.start, f"{named(name)} has {length:,} bytes, and its shape needs {size:,}: {why}"
            return source, one.start, ""
        width = {5: 4, 7: 8, 11: 8}[one.number]
        if one.number == 5 and kind in IN_INT32:
            width = 1 if encoding.unit > 1 else encoding.unit_bytes
        if length > 10 * max(1, size) or length * width < size:
            return (
                source,
                one.start,
                f"{named(name)} has {length:,} bytes of values, and {size:,} are needed. {DAMAGED}",
            )
        return Varints(source, one.start, one.end, size, width), 0, ""

    def outside(self, name: str, external: dict[str, str], size: int) -> tuple[Source, int, str]:
        """Bytes in a file beside the model, never in one of another folder."""
        place, own = external.get("location", ""), self.walker.source
        if not place or ".." in place or place[:1] in "/\\" or ":" in place:
            return (
                own,
                0,
                f"{named(name)} names {place[:80]!r}, outside of the model's folder; it is not opened.",
            )
        file = self.beside.get(place) or self.beside.get(place.replace("\\", "/").rpartition("/")[2])
        if file is None:
            return (
                own,
                0,
                f"The values of {named(name)} are in the file {place[:80]!r}, which is not here: choose it, too.",
            )
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


def _is_shape(dims: list[int]) -> bool:
    return len(dims) <= MAX_DIMENSIONS and all(0 <= length <= MAX_LENGTH for length in dims)


def read_onnx(source: Source, beside: Mapping[str, Source] = {}) -> Container:
    """The tensors of an ONNX file.

    Args:
        source: The file.
        beside: Files with external data, by name.

    Raises:
        ModelFileError: If the file is none, or its messages are damaged.
    """
    walker = Walker(source)
    graphs = _Graphs(walker, beside)
    metadata: dict[str, Any] = {}
    n_graphs = 0
    for one in walker.fields(0, source.size):
        if one.number == 7 and one.wire == BYTES:
            n_graphs += 1
            graphs.graph(one.start, one.end, 0)
        elif one.number in TEXTS and one.wire == BYTES:
            metadata[TEXTS[one.number]] = walker.text(one)
        elif one.number == 1 and one.wire != BYTES:
            metadata["ir_version"] = one.value
        elif one.number == 8 and one.wire == BYTES:
            _opset(walker, one, metadata)
    if not n_graphs:
        refuse("The file holds no graph: it is no ONNX model. Choose another.")
    cut = "The file ends inside a field that claims more bytes: it is cut short. Copy or download it again."
    notices = (cut,) if walker.is_cut else ()
    return Container("ONNX", tuple(graphs.tensors), metadata, notices, tuple(scaled_of(graphs.nodes, graphs.tensors)))


TEXTS = {2: "producer_name", 3: "producer_version", 4: "domain", 6: "doc_string"}


def _opset(walker: Walker, one: Field, metadata: dict[str, Any]) -> None:
    domain, version = "", 0
    for part in walker.fields(one.start, one.end):
        if part.number == 1 and part.wire == BYTES:
            domain = walker.text(part)
        elif part.number == 2:
            version = part.value
    metadata["opset" + (f" of {domain}" if domain else "")] = version

"""ONNX files: the initializers of all graphs, and the parameters that quantized operators name for them.

Source: onnx 1.23.2, onnx.proto (ModelProto, GraphProto, NodeProto, TensorProto) and the operators' documentation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..reading.cursor import named
from ..reading.fault import DAMAGED, refuse
from ..reading.raw import Container, RawTensor
from ..reading.source import Source
from .onnx_operators import OPERATORS, Node, scaled_of
from .onnx_tensors import is_shape, tensor_of
from .protobuf import BYTES, Walker, signed

MAX_TENSORS = 50_000
MAX_DEPTH = 8
"""Graphs in the attributes of nodes in graphs."""


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
        for number, wire, _, first, last in self.walker.fields(start, end):
            if wire == BYTES and number == 1:
                self.node(first, last, depth)
            elif wire == BYTES and number == 5:
                self.add(tensor_of(self.walker, first, last, "", self.beside))
            elif wire == BYTES and number == 15:
                self.sparse(first, last)

    def sparse(self, start: int, end: int) -> None:
        """An initializer of which only the numbers other than 0 are stored: it is listed, and not decoded."""
        values: RawTensor | None = None
        dims: list[int] = []
        for number, wire, value, first, last in self.walker.fields(start, end):
            if number == 1 and wire == BYTES:
                values = tensor_of(self.walker, first, last, "", self.beside)
            elif number == 3:
                dims += self.walker.wholes(wire, value, first, last)
        if values is not None:
            fault = f"{named(values.name)} is sparse, which cannot be read. Convert the model without sparsity."
            shape = tuple(dims) if is_shape(dims) else ()
            self.add(replace(values, shape=shape, encoding=None, fault=fault))

    def node(self, start: int, end: int, depth: int) -> None:
        """A node that quantizes, the value of a constant, graphs in attributes."""
        inputs: list[str] = []
        outputs: list[str] = []
        attributes: list[tuple[int, int]] = []
        operator = ""
        for number, wire, _, first, last in self.walker.fields(start, end):
            if wire != BYTES:
                continue
            if number == 1:
                inputs.append(self.walker.text(first, last))
            elif number == 2:
                outputs.append(self.walker.text(first, last))
            elif number == 4:
                operator = self.walker.text(first, last)
            elif number == 5:
                attributes.append((first, last))
        wholes: dict[str, int] = {}
        constants = [one for first, last in attributes for one in self.attribute(wholes, first, last, depth)]
        if operator in OPERATORS:
            self.nodes.append(Node(operator, inputs, wholes))
        if operator == "Constant" and outputs:
            for first, last in constants:
                self.add(tensor_of(self.walker, first, last, outputs[0], self.beside))

    def attribute(self, wholes: dict[str, int], start: int, end: int, depth: int) -> list[tuple[int, int]]:
        """Keep a whole number by its name; where the tensors of an attribute are is returned."""
        name, whole, tensors = "", None, []
        for number, wire, value, first, last in self.walker.fields(start, end):
            if number == 1 and wire == BYTES:
                name = self.walker.text(first, last)
            elif number == 3 and wire != BYTES:
                whole = signed(value)
            elif number == 5 and wire == BYTES:
                tensors.append((first, last))
            elif number in (6, 11) and wire == BYTES:
                self.graph(first, last, depth + 1)
        if whole is not None:
            wholes[name] = whole
        return tensors

    def add(self, tensor: RawTensor) -> None:
        """Keep a tensor."""
        if len(self.tensors) >= MAX_TENSORS:
            refuse(f"The file has more than {MAX_TENSORS:,} tensors. It is damaged, or no model.")
        self.tensors.append(tensor)


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
    for number, wire, value, start, end in walker.fields(0, source.size):
        if number == 7 and wire == BYTES:
            n_graphs += 1
            graphs.graph(start, end, 0)
        elif number in TEXTS and wire == BYTES:
            metadata[TEXTS[number]] = walker.text(start, end)
        elif number == 1 and wire != BYTES:
            metadata["ir_version"] = value
        elif number == 8 and wire == BYTES:
            _opset(walker, start, end, metadata)
    if not n_graphs:
        refuse("The file holds no graph: it is no ONNX model. Choose another.")
    cut = "The file ends inside a field that claims more bytes: it is cut short. Copy or download it again."
    notices = (cut,) if walker.is_cut else ()
    return Container("ONNX", tuple(graphs.tensors), metadata, notices, tuple(scaled_of(graphs.nodes, graphs.tensors)))


TEXTS = {2: "producer_name", 3: "producer_version", 4: "domain", 6: "doc_string"}


def _opset(walker: Walker, start: int, end: int, metadata: dict[str, Any]) -> None:
    domain, version = "", 0
    for number, wire, value, first, last in walker.fields(start, end):
        if number == 1 and wire == BYTES:
            domain = walker.text(first, last)
        elif number == 2:
            version = value
    metadata["opset" + (f" of {domain}" if domain else "")] = version

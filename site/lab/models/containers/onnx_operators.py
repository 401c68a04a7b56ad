"""Which inputs of quantized ONNX operators are a weight, its scale and its zero point.

Source: the operators' documentation of onnx 1.23.2 (DequantizeLinear-25, QLinearConv-10, QLinearMatMul-21,
ConvInteger-10, MatMulInteger-10), and QGemm and MatMulNBits of ONNX Runtime 1.32.0 (contrib_ops, com.microsoft).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..reading.raw import Packed, RawTensor, Scaled

OPERATORS = {
    # operator: places of weight, scale and zero point among the inputs, and the axis of its scales (None: an attribute)
    "DequantizeLinear": (0, 1, 2, None),
    "QLinearConv": (3, 4, 5, 0),
    "QLinearMatMul": (3, 4, 5, -1),
    "QGemm": (3, 4, 5, -1),
    "ConvInteger": (1, -1, 3, 0),
    "MatMulInteger": (1, -1, 3, -1),
    "MatMulNBits": (1, 2, 3, -1),
}
N_BITS = "MatMulNBits"
GROUPS = 4
"""The input of MatMulNBits that has been taken out of it: the group of each column."""


@dataclass(frozen=True, slots=True)
class Node:
    """A node of a graph: what it computes, from what, and its whole-numbered attributes."""

    operator: str
    inputs: Sequence[str]
    attributes: Mapping[str, int]


def scaled_of(nodes: Iterable[Node], stored: Iterable[RawTensor]) -> list[Scaled]:
    """Initializers with the parameters that an operator names for them; of each the first."""
    tensors: dict[str, RawTensor] = {}
    for tensor in stored:
        tensors.setdefault(tensor.name, tensor)
    found: dict[str, Scaled] = {}
    for node in nodes:
        weight, scale, zero, axis = OPERATORS[node.operator]
        codes, by, zeros = (_input(node, place, tensors) for place in (weight, scale, zero))
        if codes is None or codes.name in found or (scale >= 0 and by is None):
            continue
        if node.operator == N_BITS:
            found[codes.name] = _packed(node, codes, by, zeros)
            continue
        if axis is None:
            axis = node.attributes.get("axis", 1)
        elif node.operator == "QGemm" and node.attributes.get("transB"):
            axis = 0
        rank = len(codes.shape)
        axis = axis + rank if axis < 0 else axis
        block = node.attributes.get("block_size") or None
        fits = 0 <= axis < rank and (block is None or block > 0)
        found[codes.name] = Scaled(codes, by, zeros, axis if fits else None, block if fits else None, node.operator)
    return list(found.values())


def _packed(node: Node, codes: RawTensor, scale: RawTensor | None, zeros: RawTensor | None) -> Scaled:
    """The weight of a MatMulNBits, [N, K], in blocks along K."""
    n_rows, n_columns, bits, block = (node.attributes.get(name, 0) for name in ("N", "K", "bits", "block_size"))
    bits = bits or 4
    fits = bits in (2, 4, 8) and n_rows > 0 < n_columns and block > 0 and block * bits % 8 == 0
    n_blocks = -(-n_columns // block) if fits else 0
    fault = ""
    if len(node.inputs) > GROUPS and node.inputs[GROUPS]:
        fault = (
            f"{codes.name} has its columns in groups of another order (g_idx), which cannot be read. Export it without."
        )
    elif not fits or codes.size_bytes != n_rows * n_blocks * block * bits // 8:
        fault = (
            f"{codes.name} has {codes.size_bytes:,} bytes; {n_rows:,} × {n_columns:,} codes of {bits} bits in blocks "
            f"of {block:,} do not fit. The file is damaged; save it again."
        )
    packed = Packed(bits, (n_rows, n_columns) if fits else (0, 0))
    return Scaled(codes, scale, zeros, 1, block if fits else None, N_BITS, packed, fault)


def _input(node: Node, place: int, tensors: Mapping[str, RawTensor]) -> RawTensor | None:
    return tensors.get(node.inputs[place]) if 0 <= place < len(node.inputs) else None

"""What a name stands for, as "Q4_K_M" or "Meta-Llama-3-8B-Instruct-GPTQ-Int4-g128"."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import quantcore as qc
from quantcore import QuantError

from ..answer_types import Node
from ..models.conventions.table import CONVENTIONS
from ..notation.display import typographic
from ..notation.nodes import node
from ..parsing.places import quoted
from .mixtures import MIXTURES, bits_of_llama
from .name_parts import METHODS, Part, bits_of, label_of, parts_of_name
from .work import Reply, Work

LONGEST = 300
"""Characters of a name that are read; file systems allow 255 bytes."""
SCALE_BITS = 16
"""Of a scale in the checkpoints of these methods: float16 or bfloat16."""
RULES = "llama.cpp at commit 007dbbf, src/llama-quant.cpp"
LLAMA = "Llama 3.1 8B"
HEAD = ("Tensors", "Where", "Type", "Bits")


@dataclass(frozen=True, slots=True)
class Scheme:
    """Integer codes with scales, as the parts of a name together say.

    Attributes:
        bits: Of a code.
        group: Weights that share a scale; 0: those of a row, or all.
        is_assumed: Whether the name leaves the size of the group open.
        zero_bits: Of the zero point or bias that is stored with a scale.
        method: A key of METHODS; empty where none is named.
    """

    bits: int
    group: int
    is_assumed: bool
    zero_bits: int
    method: str

    @property
    def bits_per_weight(self) -> float:
        """With its part of scale and zero point."""
        if not self.group:
            return float(self.bits)
        shared = qc.PerBlock(self.group)
        code = qc.IntFormat(self.bits, not self.zero_bits)
        return qc.bits_per_value(
            code, shared, (1, self.group), scale_bits=SCALE_BITS, zero_point_bits=self.zero_bits
        )  # fmt: skip


def of_name(question: Mapping[str, str]) -> Work:
    """What the name in "name" stands for."""
    yield 1.0
    name = question["name"].strip()
    if not name:
        raise QuantError("The name is empty; type one, such as Q4_K_M or W4A16-g128.", "file")
    if len(name) > LONGEST:
        raise QuantError(f"The name has {len(name)} characters; at most {LONGEST} are read.", "file")
    parts = parts_of_name(name)
    data = {"understood": [part.text for part in parts if part.words]}
    data["unknown"] = [part.text for part in parts if not part.words]
    return Reply([node("h2", {"id": "inspection-title"}, name), *nodes_of(name)], data=data)


def nodes_of(name: str) -> list[Node]:
    """The parts of a name, what they are together, and what is not understood."""
    parts = parts_of_name(name)
    known = [part for part in parts if part.words]
    unknown = [quoted(part.text) for part in parts if not part.words]
    if not known:
        return [node("p", None, f"None of this names a format or a layout: {', '.join(unknown) or quoted(name)}.")]
    nodes: list[Node] = [_table("The parts of the name", [_row(part) for part in known])]
    scheme = scheme_of(parts)
    if scheme is not None:
        nodes += _scheme_nodes(scheme)
    nodes += [one for part in known if part.mixture for one in _mixture_nodes(part.mixture)]
    nodes += _size_nodes(parts, scheme)
    if unknown:
        nodes.append(node("p", {"class": "hint"}, f"Of these parts nothing is said here: {', '.join(unknown)}."))
    return nodes


def scheme_of(parts: Iterable[Part]) -> Scheme | None:
    """Codes of so many bits in groups, where the parts say so and name no other format.

    >>> scheme_of(parts_of_name("GPTQ-Int4-g128")).bits_per_weight
    4.15625
    """
    numbers: dict[str, float] = {}
    method, is_asymmetric = "", False
    for part in parts:
        if part.format:
            return None
        numbers = {**part.numbers, **numbers}
        method = method or part.method
        is_asymmetric = is_asymmetric or part.text.lower() == "asym"
    bits = int(numbers.get("bits", 4 if method in ("gptq", "awq") else 0))
    if not method and "activations" in numbers and bits < 8:
        method = "compressed-tensors"  # which coined such names
    way = METHODS.get(method)
    if not 2 <= bits <= 8 or (way is not None and not way.group):
        return None
    group = int(numbers.get("group", way.group if way is not None else 0))
    zero_bits = bits if (way is not None and way.has_zeros) or is_asymmetric else 0
    if way is not None and way.has_biases:
        zero_bits = SCALE_BITS
    return Scheme(bits, group, "group" not in numbers, zero_bits, method)


def _scheme_nodes(scheme: Scheme) -> list[Node]:
    """What is stored, what it costs, how it is laid out."""
    way = METHODS.get(scheme.method)
    beside = "a bias" if way is not None and way.has_biases else "a zero point" if scheme.zero_bits else ""
    extra = f" and {beside} of {scheme.zero_bits} bits" if beside else ", and no zero point"
    told = (
        f"Together: codes of {scheme.bits} bits; {scheme.group} share a scale of {SCALE_BITS} bits{extra}. These are "
        f"{_number(scheme.bits_per_weight)} bits per weight"
    )
    told += f", if groups have the usual {scheme.group}. " if scheme.is_assumed else ". "
    if not scheme.group:
        told = f"{_number(scheme.bits_per_weight)} bits per weight, and a scale of the tensor or of each row beside. "
    nodes: list[Node] = [node("p", None, told, _open(_fields_of(scheme), "Open it in the laboratory"))]
    if way is not None and way.convention:
        convention = CONVENTIONS[way.convention]
        nodes.append(node("p", {"class": "hint"}, f"Layout, as in {convention.source}: {convention.layout}"))
    return nodes


def _fields_of(scheme: Scheme) -> dict[str, str]:
    """The request that quantizes so."""
    mlx = f"mlx_affine{scheme.bits}"
    if scheme.method == "mlx" and mlx in qc.BLOCK_FORMATS:
        return {"direction": "quantize", "format": mlx, "block_size": str(scheme.group)}
    is_affine = bool(scheme.zero_bits)
    if not scheme.group:
        return {
            "profile": "onnx", "direction": "quantize", "format": "", "bits": str(scheme.bits), "signed": "1",
            "scheme": "symmetric", "granularity": "tensor", "calibration": "minmax",
        }  # fmt: skip
    return {
        "profile": "onnx", "direction": "quantize", "format": "", "bits": str(scheme.bits),
        "signed": "0" if is_affine else "1", "scheme": "affine" if is_affine else "symmetric",
        "granularity": "block", "block_size": str(scheme.group), "axis": "1", "calibration": "minmax",
        "source": "normal", "shape": f"8,{2 * scheme.group}", "spread": "0.02",
    }  # fmt: skip


def _mixture_nodes(name: str) -> list[Node]:
    """Which tensors get which type."""
    mixture = MIXTURES[name]
    bits, aided = (bits_of_llama(mixture, bits_of, has_importance) for has_importance in (False, True))
    told = f"{LLAMA} has about {bits:.4f} bits per weight so"
    told += f", {aided:.4f} with an importance matrix." if aided != bits else "."
    if len(mixture.types) == 1:
        return [node("p", None, f"Norms and biases stay F32. {told}")]
    lines = [
        (" and ".join(rule.tensors) if len(rule.tensors) < 3 else ", ".join(rule.tensors), rule.where.words, rule.type)
        for rule in mixture.rules
    ]
    lines += [("output", "", mixture.output), ("token_embd", "", mixture.embedding)]
    lines += [("all other weights", "", mixture.type), ("norms and biases", "", "float32")]
    rows = [
        node(
            "tr", None, node("th", {"scope": "row"}, tensors), node("td", {"class": "words"}, words or "always"),
            node("td", None, _open_format(kind)), node("td", None, _number(bits_of(kind))),
        )
        for tensors, words, kind in lines
    ]  # fmt: skip
    head = node("tr", None, *(node("th", {"scope": "col", "class": "words"}, text) for text in HEAD))
    note = (
        f"Of several lines the first holds. The rules are those of {RULES}, for models without experts; models of 8 "
        "experts, of 70B and Falcon have some of their own, and a model without output gives token_embd its type."
    )
    return [
        _table(f"{name}: which tensors get which type", rows, head),
        *([] if mixture.is_of_experts else [node("p", None, told)]),
        node("p", {"class": "hint"}, note),
    ]


def _size_nodes(parts: Iterable[Part], scheme: Scheme | None) -> list[Node]:
    """How large such a model is, where the name says how many weights it has."""
    weights, bits = 0.0, 0.0 if scheme is None else scheme.bits_per_weight
    for part in parts:
        weights = weights or part.numbers.get("weights", 0.0)
        if part.mixture and MIXTURES[part.mixture].is_of_experts:
            return []
        if part.mixture:
            bits = bits or bits_of_llama(MIXTURES[part.mixture], bits_of, False)
        elif part.format:
            bits = bits or bits_of(part.format)
    if not weights or not bits:
        return []
    size = weights * bits / 8
    return [node("p", None, f"So many weights of {bits:.3g} bits are about {size / 1e9:.2g} GB.")]


def _row(part: Part) -> Node:
    opening = [_open_format(part.format)] if part.format else []
    words = part.words if part.words.endswith(".") else f"{part.words}."
    told = node("td", {"class": "words"}, words)
    return node("tr", None, node("th", {"scope": "row"}, part.text), told, node("td", None, *opening))


def _open_format(name: str) -> Node:
    """A format's name, which opens it in the laboratory where it has it."""
    if name not in qc.BLOCK_FORMATS and name not in qc.FORMATS:
        return label_of(name)
    return _open({"direction": "quantize", "format": name}, label_of(name), "sort")


def _open(fields: Mapping[str, str], label: str, look: str = "button") -> Node:
    attributes = {"type": "button", "class": look, "data-action": "choose", "data-fields": json.dumps(fields)}
    return node("button", attributes, label)


def _table(caption: str, rows: list[Node], head: Node | None = None) -> Node:
    parts = [node("caption", None, caption), *([] if head is None else [node("thead", None, head)])]
    table = node("table", {"class": "numbers facts"}, *parts, node("tbody", None, *rows))
    return node("div", {"class": "scroll", "tabindex": "0", "role": "region", "aria-label": caption}, table)


def _number(value: float) -> str:
    return typographic(f"{value:.6g}")

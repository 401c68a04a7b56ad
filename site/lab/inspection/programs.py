"""The program that reads a tensor with the real library: shown, copied, saved."""

from __future__ import annotations

import re
from collections.abc import Mapping

from quantcore import QuantError

from ..answer_types import Node
from ..data.store import STORE
from ..models.conventions.planes import PackedAlong
from ..models.conventions.values import Affine
from ..models.reading.recognised import SHARD
from ..notation.nodes import node
from ..parsing.places import quoted
from .facts import sentence_of, title
from .programs_of_checkpoints import SPREAD, UNPACK, WRITERS, Case, program
from .taking import file_name
from .work import Reply, Work, button

PYTHON = "text/x-python;charset=utf-8"
UNKNOWN, UNDECODED = ("Q2_0",), ("Q1_0", "Q2_0", "Q8_K")
"""Types that gguf-py 0.19.0 does not know, so that it refuses the whole file; and those whose values it cannot give."""
TFLITE_NAME = re.compile(r"(?:(\d+)/)?(\d+):")


def of_tensor(question: Mapping[str, str]) -> Work:
    """The program, with what copies and saves it."""
    yield 1.0
    _, model = STORE.model(question["file"], question["file_sha256"])
    _, _, tensor = STORE.tensor(question["file"], question["file_sha256"], question["tensor"])
    written_with, text = program_of(question)
    asked = {name: question[name] for name in ("file", "file_sha256", "tensor")}
    copy = {"type": "button", "class": "button needs-script", "data-action": "copy"}
    figure = node(
        "figure",
        {"class": "snippet", "data-kind": "model"},
        node("figcaption", None, written_with, node("button", copy, "Copy")),
        node("pre", {"tabindex": "0"}, node("code", None, text)),
    )
    told = "Run it in the folder of the file; it prints the shape and the first numbers."
    if written_with == CONTAINERS["GGUF"][0] and any(one.label in UNKNOWN for one in model.tensors):
        told += f" gguf-py 0.19.0 does not know the type {UNKNOWN[0]}, which is in this file: a newer one is needed."
    hint = node("p", {"class": "hint"}, told)
    save = node("p", {"class": "actions"}, button({**asked, "ask": "py"}, "Save as .py"))
    nodes: list[Node] = [title(tensor.name), node("p", None, sentence_of(tensor)), figure, hint, save]
    return Reply(nodes, data={"program": text})


def saved(question: Mapping[str, str]) -> Work:
    """The program as a file."""
    yield 1.0
    _, text = program_of(question)
    return Reply([], file=(file_name(question["tensor"], "py"), PYTHON, [text.encode()]))


def program_of(question: Mapping[str, str]) -> tuple[str, str]:
    """What the program that reads a tensor is written with, and its text.

    Raises:
        QuantError: If none is written for such a tensor, or there is no such tensor.
    """
    file, model = STORE.model(question["file"], question["file_sha256"])
    _, _, tensor = STORE.tensor(question["file"], question["file_sha256"], question["tensor"])
    case = Case(paths_of(file.name), tensor)
    kind = model.kind.partition(" ")[0]
    written_with, write = CONTAINERS.get(kind) or WRITERS.get(tensor.convention, ("", lambda case: ""))
    text = write(case)
    if not text:
        raise QuantError(
            f"No program is written for {tensor.label}. Take the decoded numbers of {quoted(tensor.name)} along.",
            "tensor",
        )
    return written_with, text


def paths_of(name: str) -> str:
    """The files of a model, as a list in Python; shards are found by the name of one.

    >>> paths_of("m-00001-of-00002.safetensors")
    "sorted(Path().glob('m-*-of-00002.safetensors'))"
    """
    found = SHARD.fullmatch(name)
    if found is None:
        return f"[Path({name!r})]"
    stem, _, count, ending = found.groups()
    safe = re.sub(r"([*?[])", r"[\1]", stem)
    return f"sorted(Path().glob({f'{safe}-*-of-{count}{ending}'!r}))"


def gguf(case: Case) -> str:
    """With gguf-py, which knows the values of most types."""
    if case.tensor.label in UNDECODED:
        return ""
    return program(
        "from pathlib import Path",
        "",
        "from gguf import GGUFReader, dequantize",
        "",
        f"paths = {case.paths}",
        f"name = {case.tensor.name!r}",
        "tensor = next(one for path in paths for one in GGUFReader(path).tensors if one.name == name)",
        'if tensor.tensor_type.name in ("I8", "I16", "I32", "I64", "F64"):',
        "    x = tensor.data",
        "else:",
        "    x = dequantize(tensor.data, tensor.tensor_type)",
    )


def onnx(case: Case) -> str:
    """With onnx: its initializer, or what DequantizeLinear makes of it."""
    tensor = case.tensor
    head = [
        "from pathlib import Path",
        "",
        "import numpy as np",
        "import onnx",
        "from onnx import TensorProto, helper, numpy_helper",
        "from onnx.reference import ReferenceEvaluator",
        "",
        f"(path,) = {case.paths}",
        "model = onnx.load(path)",
        "stored = {one.name: one for one in model.graph.initializer}",
        "for node in model.graph.node:",
        '    if node.op_type == "Constant":',
        "        stored |= {node.output[0]: one.t for one in node.attribute if one.HasField('t')}",
        f"name = {tensor.name!r}",
    ]
    values = tensor.values
    if not isinstance(values, Affine):
        return program(*head, "x = numpy_helper.to_array(stored[name])", WIDE)
    operator = tensor.label.split(", ")[1]
    if operator == "MatMulNBits" and isinstance(values.codes, PackedAlong):
        return "\n".join(head) + "\n" + UNPACK + "\n\n" + program(*_n_bits(case, values, values.codes))
    if operator == "DequantizeLinear":
        lines = [
            "nodes = [one for one in model.graph.node if one.op_type == 'DequantizeLinear' and one.input[0] == name]",
            "node = nodes[0]",
            "result = helper.make_tensor_value_info(node.output[0], TensorProto.FLOAT, None)",
            "graph = helper.make_graph([node], 'one', [], [result], [stored[one] for one in node.input if one])",
            "alone = helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)",
            "(x,) = ReferenceEvaluator(alone).run(None, {})",
            "x = x.astype(np.float32)",
        ]
        return program(*head, *lines)
    parts = [part.name for part in tensor.made_of[1:]]
    scale = next((one for one in parts if _is(values.scale, one)), None)
    zero = next((one for one in parts if _is(values.zero_point, one)), None)
    lines = [
        f"blocks, shape = {values.blocks}, {tensor.shape}",
        "x = numpy_helper.to_array(stored[name]).astype(np.float32)",
    ]
    for one, sign in ((zero, "-"), (scale, "*")):
        if one is not None:
            read = f"numpy_helper.to_array(stored[{one!r}]).astype(np.float32)"
            lines.append(f"x = x {sign} spread({read}, blocks, shape)")
    return "\n".join(head) + "\n" + SPREAD + "\n\n" + program(*lines)


def _n_bits(case: Case, values: Affine, codes: PackedAlong) -> list[str]:
    """Blocks along the rows of ONNX Runtime's MatMulNBits; zero points are packed as codes are, or numbers."""
    (n_rows, n_columns), bits, block = case.tensor.shape, codes.bits, values.blocks[1]
    read = [f"numpy_helper.to_array(stored[{part.name!r}]).reshape({n_rows}, -1)" for part in case.tensor.made_of]
    n_blocks = -(-n_columns // block)

    def spread(name: str) -> str:
        return f"np.repeat({name}, {block}, 1)[:, :{n_columns}]"

    lines = [f"q = unpack({read[0]}, {n_columns}, {bits})", f"scale = {read[1]}.astype(np.float32)"]
    if isinstance(values.zero_point, PackedAlong):
        lines.append(f"zero = unpack({read[2]}, {n_blocks}, {bits})")
        return [*lines, f"x = ((q - {spread('zero')}) * {spread('scale')}).astype(np.float32)"]
    if values.offset is not None:
        lines.append(f"offset = {read[2]}.astype(np.float32) * scale  # rounded, as ONNX Runtime does")
        return [*lines, f"x = q.astype(np.float32) * {spread('scale')} - {spread('offset')}"]
    return [*lines, f"x = ((q - {values.zero_point}) * {spread('scale')}).astype(np.float32)"]


def _is(plane: object, name: str) -> bool:
    """Whether a parameter is read from the tensor of this name."""
    return getattr(getattr(plane, "tensor", None), "name", None) == name


WIDE = "x = x.astype(np.float64 if x.dtype.itemsize > 4 else np.float32)"
TFLITE = {
    "FLOAT32": "<f4", "FLOAT16": "<f2", "FLOAT64": "<f8", "INT8": "i1", "INT16": "<i2", "INT32": "<i4", "INT64": "<i8",
    "UINT8": "u1", "UINT16": "<u2", "UINT32": "<u4", "UINT64": "<u8", "BOOL": "?",
}  # fmt: skip


def tflite(case: Case) -> str:
    """With the schema of LiteRT: the buffer and its parameters."""
    tensor = case.tensor
    place = TFLITE_NAME.match(tensor.name)
    raw = tensor.made_of[0]
    bits = {"INT4": 4, "UINT4": 4, "INT2": 2}.get(raw.dtype)
    if place is None or (bits is None and raw.dtype not in TFLITE):
        return ""
    values = tensor.values
    head = [
        "import math",
        "from pathlib import Path",
        "",
        "import numpy as np",
        "from ai_edge_litert import schema_py_generated as schema",
        "",
        f"(path,) = {case.paths}",
        "model = schema.Model.GetRootAs(path.read_bytes(), 0)",
        f"graph = model.Subgraphs({int(place[1] or 0)})",
        f"tensor = graph.Tensors({int(place[2])})  # {raw.dtype}",
        "shape = tuple(tensor.ShapeAsNumpy()) if tensor.ShapeLength() else ()",
    ]
    functions = SPREAD if isinstance(values, Affine) else ""
    lines = [
        "",
        "",
        "def values_of(tensor):",
        '    """The bytes of a tensor."""',
        "    return model.Buffers(tensor.Buffer()).DataAsNumpy()",
        "",
        "",
    ]
    if bits is None:
        lines.append(f"q = values_of(tensor).view({TFLITE[raw.dtype]!r}).reshape(shape)")
    else:
        functions = UNPACK + functions
        lines.append(f"q = unpack(values_of(tensor).reshape(1, -1), math.prod(shape), {bits}).reshape(shape)")
        if raw.dtype.startswith("INT"):
            lines.append(f"q = (q ^ {1 << bits - 1}) - {1 << bits - 1}  # two's complement")
    if isinstance(values, Affine):
        lines += _parameters(values)
    else:
        lines += ["x = q", WIDE]
    return "\n".join(head) + "\n" + functions + program(*lines)


def _parameters(values: Affine) -> list[str]:
    """Those of the tensor's lists, or in blocks those of tensors that its details name."""
    given = [f"blocks = {values.blocks}", "given = tensor.Quantization()"]
    if any(block not in (1, length) for block, length in zip(values.blocks, values.shape, strict=True)):
        given += [
            "details = schema.BlockwiseQuantization()",
            "details.Init(given.Details().Bytes, given.Details().Pos)",
            "of_scales = graph.Tensors(details.Scales())",
            "scale = values_of(of_scales).view('<f2' if of_scales.Type() == 1 else '<f4').astype(np.float32)",
            "x = q.astype(np.float32) * spread(scale, blocks, shape)",
        ]
        return given
    return [
        *given,
        "scale, zero = given.ScaleAsNumpy(), given.ZeroPointAsNumpy()",
        "zero = zero if given.ZeroPointLength() else np.zeros(len(scale), np.int64)",
        "x = (q - spread(zero, blocks, shape)).astype(np.float32) * spread(scale, blocks, shape)",
    ]


CONTAINERS = {
    "GGUF": ("gguf-py", gguf),
    "ONNX": ("onnx", onnx),
    "TFLite": ("LiteRT", tflite),
}
"""By the first word of a model's kind: what the program is written with, and what writes it."""

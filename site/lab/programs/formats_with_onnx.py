"""Small floats as an ONNX model: QuantizeLinear and DequantizeLinear with codes of 8 or 4 bits."""

import numpy as np

import quantcore as qc

from .case import Case, program
from .scales_in_programs import scale

TYPES = {
    "float8_e4m3fn": "FLOAT8E4M3FN",
    "float8_e4m3fnuz": "FLOAT8E4M3FNUZ",
    "float8_e5m2": "FLOAT8E5M2",
    "float8_e5m2fnuz": "FLOAT8E5M2FNUZ",
    "float4_e2m1fn": "FLOAT4E2M1",
}


def onnx_cast(case: Case) -> str:
    """The program; empty where ONNX has no such type, or its operators compute otherwise."""
    settings, fmt = case.result.settings, case.element
    is_computed = case.is_dequantize or settings.rounding == "half_even"
    if case.stored is not None or fmt.name not in TYPES or case.dtype != np.float32 or not is_computed:
        return ""
    return program(
        case.head(
            "import numpy as np",
            "from onnx import TensorProto, checker, helper",
            "from onnx.reference import ReferenceEvaluator",
        ),
        *case.origin.functions,
        case.numbers(),
        _initializers(case),
        _nodes(case),
        _run(case),
    )


def _initializers(case: Case) -> list[str]:
    kind = f"TensorProto.{TYPES[case.element.name]}"
    is_vector = isinstance(case.granularity, qc.PerAxis)
    lines = [*scale(case), *(["scale = scale.reshape(-1)"] if is_vector else []), "dims = list(scale.shape)"]
    lines.append('scale = helper.make_tensor("scale", TensorProto.FLOAT, dims, scale.reshape(-1).tolist())')
    if case.is_dequantize:
        octets = "q.tobytes()"
        if case.element.bits == 4:
            octets = "(pairs[0::2] | pairs[1::2] << 4).tobytes()"
            lines.append("pairs = np.append(q.reshape(-1), [0] * (q.size % 2)).astype(np.uint8)  # two codes to a byte")
        lines.append(f'codes = helper.make_tensor("q", {kind}, q.shape, {octets}, raw=True)')
        return [*lines, "initializers = [scale, codes]"]
    zero = (
        f'zero_point = helper.make_tensor("zero_point", {kind}, dims, [0] * {case.scale.size})  # only its type counts'
    )
    return [*lines, zero, "initializers = [scale, zero_point]"]


def _nodes(case: Case) -> list[str]:
    shared = ""
    if isinstance(case.granularity, qc.PerAxis):
        shared = f", axis={case.granularity.axis}"
    elif isinstance(case.granularity, qc.PerBlock):
        shared = f", axis={case.granularity.axis}, block_size={case.granularity.block_size}"
    back = f'    helper.make_node("DequantizeLinear", ["q", "scale"], ["x_hat"]{shared}),'
    if case.is_dequantize:
        return ["nodes = [", back, "]"]
    saturate = f", saturate={int(case.result.settings.codes.overflow == 'saturate')}"
    there = f'    helper.make_node("QuantizeLinear", ["x", "scale", "zero_point"], ["q"]{shared}{saturate}),'
    return ["nodes = [", there, back, "]"]


def _run(case: Case) -> list[str]:
    kind = f"TensorProto.{TYPES[case.element.name]}"
    name = "q" if case.is_dequantize else "x"
    inputs = "[]" if case.is_dequantize else '[helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)]'
    outputs = [f'helper.make_tensor_value_info("x_hat", TensorProto.FLOAT, {name}.shape)']
    if not case.is_dequantize:
        outputs.insert(0, f'helper.make_tensor_value_info("q", {kind}, x.shape)')
    run = "(x_hat,) = evaluator.run(None, {})" if case.is_dequantize else 'q, x_hat = evaluator.run(None, {"x": x})'
    show = ["print(x_hat)"] if case.is_dequantize else ["q = q.view(np.uint8)  # the bits of each", "print(q, x_hat)"]
    return [
        f'graph = helper.make_graph(nodes, "cast", {inputs}, [{", ".join(outputs)}], initializers)',
        'model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 23)])',
        "checker.check_model(model)",
        "evaluator = ReferenceEvaluator(model)",
        run,
        *show,
    ]

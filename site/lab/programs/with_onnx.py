"""The computation as an ONNX model: QuantizeLinear and DequantizeLinear with their initializers, and a run of it."""

import numpy as np

import quantcore as qc

from .case import Case, nested, program
from .origin import FEW
from .with_numpy import for_slices

TYPES = {2: "INT2", 4: "INT4", 8: "INT8", 16: "INT16"}
OPSETS = {2: 25, 4: 21, 8: 21, 16: 21}


def onnx_node(case: Case) -> str:
    """The program, or what ONNX cannot express."""
    reasons = obstacles(case)
    if reasons:
        lines = ["# ONNX cannot express these settings:", *(f"# - {reason}" for reason in reasons)]
        return program([*lines, "# The toolkit ONNX has the settings that it can."])
    imports = case.head(
        "import numpy as np",
        "from onnx import TensorProto, checker, helper",
        "from onnx.reference import ReferenceEvaluator",
    )
    return program(imports, *case.origin.functions, _given(case), _initializers(case), _nodes(case), _run(case))


def obstacles(case: Case) -> list[str]:
    """Why there is no such node; empty where there is one."""
    settings, rules = case.result.settings, case.arithmetic
    found = []
    if not rules.clips:
        found.append("the notebook adds the zero point before rounding and does not clip; QuantizeLinear does neither")
    elif rules.name not in ("onnx", "onnxruntime"):
        found.append(f"{settings.profile.label} computes in another order than QuantizeLinear: {_small(rules.summary)}")
    if rules.rounding != "half_even" and not case.is_dequantize:
        found.append("QuantizeLinear rounds to nearest, ties to even, and in no other way")
    if case.dtype not in (np.float16, np.float32):
        found.append(f"QuantizeLinear and DequantizeLinear take no {case.dtype}")
    if rules.clips and not case.has_whole_zero_point:
        found.append("the zero point is not one of the codes; put zero in the range")
    return found


def _small(sentence: str) -> str:
    """A sentence as the end of another."""
    return sentence[0].lower() + sentence[1:].rstrip(".")


def _type(case: Case) -> str:
    """The smallest of ONNX's types that holds the codes."""
    bits = next(width for width in TYPES if width >= case.fmt.bits)
    return f"TensorProto.{'' if case.fmt.signed else 'U'}{TYPES[bits]}"


def _real(case: Case) -> str:
    """The type of real numbers and scales."""
    return f"TensorProto.{'FLOAT16' if case.dtype == np.float16 else 'FLOAT'}"


def _is_clipped(case: Case) -> bool:
    """Whether the codes are fewer than those of the type, so that a Clip has to follow."""
    return (case.fmt.bits not in TYPES or case.fmt.narrow) and not case.is_dequantize


def _given(case: Case) -> list[str]:
    if not case.origin.is_written:
        return case.numbers()
    dtype = case.fmt.dtype if case.is_dequantize else case.dtype
    return [f"{case.name} = np.array({case.text}, np.{dtype})"]


def _initializers(case: Case) -> list[str]:
    scale, zero_point = _shaped(case, case.scale), _shaped(case, case.zero_point)
    dims = str(list(scale.shape))
    texts, lines = (nested(scale.reshape(-1)), nested(zero_point.reshape(-1))), []
    if not case.origin.is_written and scale.size > FEW:
        ends = [] if case.is_dequantize else [f"qmin, qmax = {case.fmt.qmin}, {case.fmt.qmax}"]
        lines = [*ends, *for_slices(case)]
        texts = "scale.reshape(-1).tolist()", "zero_point.reshape(-1).astype(int).tolist()"
    lines += [
        f'scale = helper.make_tensor("scale", {_real(case)}, {dims}, {texts[0]})',
        f'zero_point = helper.make_tensor("zero_point", {_type(case)}, {dims}, {texts[1]})',
    ]
    names = "scale, zero_point"
    if _is_clipped(case):
        wide = f"TensorProto.{'INT' if case.fmt.signed else 'UINT'}{case.fmt.dtype.itemsize * 8}"
        lines += [
            f'qmin = helper.make_tensor("qmin", {wide}, [], [{case.fmt.qmin}])',
            f'qmax = helper.make_tensor("qmax", {wide}, [], [{case.fmt.qmax}])',
        ]
        names += ", qmin, qmax"
    if case.is_dequantize:
        codes = nested(case.given.reshape(-1).astype(np.int64)) if case.origin.is_written else "q.reshape(-1).tolist()"
        lines.append(f'codes = helper.make_tensor("q", {_type(case)}, q.shape, {codes})')
        names += ", codes"
    return [*lines, f"initializers = [{names}]"]


def _shaped(case: Case, parameters: np.ndarray) -> np.ndarray:
    """A vector along an axis, as ONNX has it; blocks keep their shape."""
    return parameters.reshape(-1) if isinstance(case.granularity, qc.PerAxis) else parameters


def _attributes(case: Case) -> str:
    if isinstance(case.granularity, qc.PerAxis):
        return f", axis={case.granularity.axis}"
    if isinstance(case.granularity, qc.PerBlock):
        return f", axis={case.granularity.axis}, block_size={case.granularity.block_size}"
    return ""


def _nodes(case: Case) -> list[str]:
    more = _attributes(case)
    back = f'    helper.make_node("DequantizeLinear", ["q", "scale", "zero_point"], ["x_hat"]{more}),'
    if case.is_dequantize:
        return ["nodes = [", back, "]"]
    first = "wide" if _is_clipped(case) else "q"
    lines = [f'    helper.make_node("QuantizeLinear", ["x", "scale", "zero_point"], ["{first}"]{more}),']
    if _is_clipped(case):
        lines.append('    helper.make_node("Clip", ["wide", "qmin", "qmax"], ["q"]),  # no type has just these codes')
    return ["nodes = [", *lines, back, "]"]


def _run(case: Case) -> list[str]:
    bits = next(width for width in TYPES if width >= case.fmt.bits)
    name = "q" if case.is_dequantize else "x"
    inputs = "[]" if case.is_dequantize else f'[helper.make_tensor_value_info("x", {_real(case)}, x.shape)]'
    outputs = [f'helper.make_tensor_value_info("x_hat", {_real(case)}, {name}.shape)']
    if not case.is_dequantize:
        outputs.insert(0, f'helper.make_tensor_value_info("q", {_type(case)}, x.shape)')
    run = "(x_hat,) = evaluator.run(None, {})" if case.is_dequantize else 'q, x_hat = evaluator.run(None, {"x": x})'
    show = ["print(x_hat)"] if case.is_dequantize else [f"q = q.astype(np.{case.fmt.dtype})", "print(q, x_hat)"]
    return [
        f'graph = helper.make_graph(nodes, "quantization", {inputs}, [',
        *(f"    {output}," for output in outputs),
        "], initializers)",
        f'model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", {OPSETS[bits]})])',
        "checker.check_model(model)",
        "evaluator = ReferenceEvaluator(model)",
        run,
        *show,
    ]

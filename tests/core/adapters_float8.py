"""Runs recorded cases of floats under a scale: torchao, compressed-tensors, and ONNX's QuantizeLinear to float8."""

from collections.abc import Callable
from typing import Any

import numpy as np

import quantcore as qc
from quantcore.toolkits.arithmetic import Scaling, Unscaling
from tests.core.adapters_floats import same_codes
from tests.core.comparing import check

Case = dict[str, Any]
Arrays = dict[str, Any]

# torchao's float8 training keeps the scale factor and multiplies by it
_FACTOR = qc.Arithmetic(
    "torchao_float8_training", "torchao", "0.18.0", "float8/float8_utils.py, tensor_to_scale", "Times the factor.",
    scaling=Scaling.FACTOR, unscaling=Unscaling.FACTOR, dtype=np.float32,
)  # fmt: skip


def granularity(case: Case) -> qc.Granularity:
    """Of the case."""
    return {
        "per_tensor": qc.PerTensor(),
        "per_row": qc.PerAxis(0),
        "per_block": qc.PerBlock(case["params"].get("block", 1)),
    }[case["params"]["granularity"]]


def scaled(case: Case, inputs: Arrays, outputs: Arrays) -> None:
    """Scale from the data, codes and reconstruction."""
    x, fmt = np.asarray(inputs["x"]), qc.FORMATS[case["params"]["format"]]
    params = qc.choose_qparams(x, fmt, granularity=granularity(case), toolkit=case["params"]["toolkit"])
    check(case, "scale", params.scale, outputs["scale"])
    q = qc.quantize(x, params, case["params"]["arithmetic"])
    check(case, "q", q, outputs["q"])
    check(case, "dq", qc.dequantize(q, params, case["params"]["arithmetic"]), outputs["dq"])


def factor(case: Case, inputs: Arrays, outputs: Arrays) -> None:
    """A scale factor by which values are multiplied; as a power of two it is that of the mode rceil."""
    x, fmt = np.asarray(inputs["x"]), qc.FORMATS[case["params"]["format"]]
    given = np.asarray(outputs["scale_factor"])
    params = qc.QuantParams(1 / given, 0, fmt, granularity(case), scale_factor=given)
    check(case, "q", qc.quantize(x, params, _FACTOR), outputs["q"])
    if case["params"]["power_of_two"]:
        ours = qc.choose_qparams(x, fmt, granularity=granularity(case), scale_mode="rceil")
        np.testing.assert_array_equal(1 / ours.scale, given, err_msg=case["id"])
        check(case, "q", qc.quantize(x, ours), outputs["q"])


def onnx(case: Case, inputs: Arrays, outputs: Arrays) -> None:
    """QuantizeLinear with a given scale, saturating or not, and DequantizeLinear."""
    x, fmt = np.asarray(inputs["x"]), qc.FORMATS[case["params"]["format"]]
    params = qc.QuantParams(inputs["s"], 0, fmt, granularity(case))
    overflow: Any = "saturate" if case["params"]["saturate"] else "overflow"
    q = qc.quantize(x, params, overflow=overflow)
    same_codes(case, fmt.name, q, outputs["y"])
    if "dq" in outputs:
        check(case, "dq", qc.dequantize(q, params), outputs["dq"])


ADAPTERS: dict[str, Callable[[Case, Arrays, Arrays], None]] = {
    "float8_scaled": scaled,
    "float8_factor": factor,
    "float8_onnx": onnx,
}

"""Runs recorded cases of the ONNX operators QuantizeLinear, DequantizeLinear and DynamicQuantizeLinear."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import quantcore as qc
from tests.core.comparing import check

Case = dict[str, Any]
Arrays = dict[str, Any]

# TensorProto.DataType, for the attributes that name an element type by number
_ELEMENT_TYPES = {1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 10: "float16", 11: "float64"} | {
    21: "uint4", 22: "int4", 25: "uint2", 26: "int2"
}  # fmt: skip
_FLOAT_CODES = re.compile("float4|float8|bfloat")


def quantize_linear(case: Case, inputs: Arrays, outputs: Arrays) -> None:
    """Saturate(round(x / y_scale) + y_zero_point); the reference's and the runtime's own answers where they differ."""
    attributes = case["params"].get("attributes", {})
    x, scale, zero_point = _operands(inputs)
    fmt = _format(_code_type(case, inputs, attributes, "y"))
    for name, expected in outputs.items():
        if name.endswith("_quirk"):
            continue  # goes through int32 and wraps: contradicts the operator's text
        if not np.isfinite(x).all():
            with pytest.raises(qc.QuantError, match=r"values\["):  # the specification leaves it open: we refuse
                qc.quantize(x, _params(x, scale, zero_point, fmt, attributes))
            continue
        # up to opset 22 the runtime divides float16 in float32, against the operator's text; `precision` asks for it
        is_runtime = name == "y_onnxruntime"
        as_float32 = (is_runtime and case["params"].get("opset", 0) < 23) or attributes.get("precision") == 1
        params = _params(x, scale, zero_point, fmt, attributes)
        check(
            case,
            name,
            qc.quantize(x, params, "onnxruntime" if as_float32 else "onnxruntime_opset23" if is_runtime else "onnx"),
            expected,
        )


def dequantize_linear(case: Case, inputs: Arrays, outputs: Arrays) -> None:
    """y = (x - x_zero_point) * x_scale."""
    attributes = case["params"].get("attributes", {})
    q, scale, zero_point = _operands(inputs)
    fmt = _format(_code_type(case, inputs, attributes, "x"))
    if fmt is None:
        answer = _dequantize_int32(q, scale, attributes)
    else:
        answer = qc.dequantize(q, _params(q, scale, zero_point, fmt, attributes))
    check(case, "y", answer, outputs["y"])


def dynamic_quantize_linear(case: Case, inputs: Arrays, outputs: Arrays) -> None:
    """Scale and zero point from the data, then QuantizeLinear; the runtime differs for zeros only."""
    x = inputs["x"]
    profiles = (
        {"_reference": "onnx", "_onnxruntime": "onnxruntime_dynamic"} if "y_reference" in outputs else {"": "onnx"}
    )
    with np.errstate(over="ignore"):
        usable = np.isfinite(x).all() and np.isfinite(np.maximum(x.max(), 0) - np.minimum(x.min(), 0))
    for suffix, toolkit in profiles.items():
        if not usable:
            with pytest.raises(
                qc.QuantError, match="values"
            ):  # not finite, or a range that overflows float32: we refuse
                qc.choose_qparams(x, qc.UINT8, toolkit=toolkit)
            continue
        params = qc.choose_qparams(x, qc.UINT8, toolkit=toolkit)
        names = ("y", "scale", "zp") if suffix else ("y", "y_scale", "y_zero_point")
        answers = (qc.quantize(x, params), params.scale, params.zero_point)
        for name, answer in zip(names, answers, strict=True):
            check(case, name + suffix, answer, outputs[name + suffix])


def _operands(inputs: Arrays) -> tuple[Any, Any, Any]:
    """Data, scale, zero point (or None), whatever the recording calls them."""
    x = inputs["x"] if "x" in inputs else inputs["q"]
    scale = next(inputs[name] for name in ("s", "y_scale", "x_scale", "scale") if name in inputs)
    zero_point = next((inputs[name] for name in ("z", "y_zero_point", "x_zero_point", "zp") if name in inputs), None)
    return x, scale, zero_point


def _code_type(case: Case, inputs: Arrays, attributes: dict[str, Any], codes: str) -> str:
    """The element type of the codes: as the case says, or as the operator's rules say."""
    logical = case.get("logical_dtypes") or {}
    named = [logical[name] for name in (codes, "z", "y_zero_point", "x_zero_point") if name in logical]
    if "dtype" in case["params"]:
        found = case["params"]["dtype"]
    elif named:
        found = named[0]
    elif codes == "x":
        found = str(inputs["x"].dtype)
    elif "output_dtype" in attributes:
        found = _ELEMENT_TYPES[attributes["output_dtype"]]
    else:
        zero_point = _operands(inputs)[2]
        found = "uint8" if zero_point is None else str(zero_point.dtype)
    if _FLOAT_CODES.match(found):
        pytest.skip(f"{found} codes are not whole numbers")
    return str(found).lower()


def _format(name: str) -> Any:
    """The format of the type; None for int32, whose DequantizeLinear has no zero point."""
    sign, bits = re.fullmatch(r"(u?)int(\d+)", name).groups()  # type: ignore[union-attr]
    return None if bits == "32" else qc.IntFormat(int(bits), signed=not sign)


def _params(x: Any, scale: Any, zero_point: Any, fmt: qc.IntFormat, attributes: dict[str, Any]) -> qc.QuantParams:
    zero_point = 0 if zero_point is None else zero_point
    return qc.QuantParams(scale, zero_point, fmt, _granularity(x, scale, attributes))


def _granularity(x: Any, scale: Any, attributes: dict[str, Any]) -> qc.Granularity:
    if np.size(scale) == 1 and not attributes.get("block_size"):
        return qc.PerTensor()
    axis = attributes.get("axis", 1)
    axis = 0 if np.ndim(x) == 1 else axis
    return qc.PerBlock(attributes["block_size"], axis) if attributes.get("block_size") else qc.PerAxis(axis)


def _dequantize_int32(q: Any, scale: Any, attributes: dict[str, Any]) -> Any:
    """Sums of products, not codes: f32(q) * scale, with the scale laid out as for codes."""
    like_codes = qc.QuantParams(scale, 0, qc.INT16, _granularity(q, scale, attributes))
    return q.astype(np.float32) * qc.broadcast(like_codes, q.shape)[0]


def affine(case: Case, inputs: Arrays, outputs: Arrays) -> None:
    """The operator that the case names."""
    {"QuantizeLinear": quantize_linear, "DequantizeLinear": dequantize_linear}[case["params"]["op"]](
        case, inputs, outputs
    )


ADAPTERS: dict[str, Callable[[Case, Arrays, Arrays], None]] = {
    "affine_dynamic": dynamic_quantize_linear,
    "onnx_official_DequantizeLinear": dequantize_linear,
    "onnx_official_DynamicQuantizeLinear": dynamic_quantize_linear,
    "onnx_official_QuantizeLinear": quantize_linear,
}

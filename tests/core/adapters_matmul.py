"""Runs recorded products of integer matrices."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from quantcore.compute.matmul import matmul_integer, qlinear_matmul
from quantcore.formats.integers import INT8, UINT8
from quantcore.parameters.granularity import PerAxis, PerTensor
from quantcore.parameters.qparams import QuantParams
from tests.core.comparing import check

_FORMATS = {"int8": INT8, "uint8": UINT8}


def int_matmul(case: dict[str, Any], inputs: dict[str, Any], outputs: dict[str, Any]) -> None:
    """MatMulInteger, with the zero points that the case has (recorded under ONNX's names or short ones)."""
    (name,) = outputs
    if not inputs:  # "uint8 all-255, K=66052": too large to store
        params = case["params"]
        a = np.full((1, params["K"]), params["fill"], case["call"].split()[1])
        check(case, name, matmul_integer(a, a.T), outputs[name])
        return
    za = inputs.get("az", inputs.get("a_zero_point", 0))
    zb = inputs.get("bz", inputs.get("b_zero_point", 0))
    check(case, name, matmul_integer(inputs["A"], inputs["B"], za, zb), outputs[name])


def int_matmul_requant(case: dict[str, Any], inputs: dict[str, Any], outputs: dict[str, Any]) -> None:
    """QLinearMatMul on integer types, float16 scales included."""
    params = {side: _params(inputs, side) for side in "aby"}
    y = qlinear_matmul(inputs["a"], params["a"], inputs["b"], params["b"], params["y"])
    check(case, "y", y, outputs["y"], on_tie=_near_tie(inputs))


def _params(inputs: dict[str, Any], side: str) -> QuantParams:
    scale = np.asarray(inputs[f"{side}_scale"])
    zero_point = np.asarray(inputs.get(f"{side}_zp", inputs.get(f"{side}_zero_point")))
    fmt = _FORMATS[str(zero_point.dtype)]
    if scale.size == zero_point.size == 1:
        return QuantParams(scale, zero_point, fmt, PerTensor())
    shape = np.broadcast_shapes(scale.shape, zero_point.shape)
    axis = PerAxis(-2 if side == "a" else -1)
    return QuantParams(np.broadcast_to(scale, shape), np.broadcast_to(zero_point, shape), fmt, axis)


def _near_tie(inputs: dict[str, Any]) -> npt.NDArray[np.bool_]:
    """Where float32 may decide: the multiplier and the product carry at most 4 roundings of 2^-24 each."""
    a, b, sa, sb, sy = (np.asarray(inputs[name], np.float64) for name in ("a", "b", "a_scale", "b_scale", "y_scale"))
    za, zb = (np.asarray(inputs.get(f"{s}_zp", inputs.get(f"{s}_zero_point")), np.float64) for s in "ab")
    za, sa = (v[:, None] if v.ndim == 1 and v.size > 1 else v for v in (za, sa))
    real = (a - za) @ (b - zb) * (sa * sb / sy)
    return np.asarray(np.abs(np.abs(real - np.floor(real)) - 0.5) <= 4 * 2.0**-24 * np.abs(real))


ADAPTERS: dict[str, Callable[[dict[str, Any], dict[str, Any], dict[str, Any]], None]] = {
    "int_matmul": int_matmul,
    "int_matmul_requant": int_matmul_requant,
    "onnx_official_MatMulInteger": int_matmul,
    "onnx_official_QLinearMatMul": int_matmul_requant,
}

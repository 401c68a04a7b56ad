"""Runs families that several libraries recorded, each case by its library; ONNX Runtime's tools; row-wise absmax."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import quantcore as qc
from tests.core import adapters_onnx, adapters_torch
from tests.core.comparing import check

Case = dict[str, Any]
Arrays = dict[str, Any]

_BY_LIBRARY: dict[str, Callable[[Case, Arrays, Arrays], None]] = {
    "onnx": adapters_onnx.affine,
    "onnxruntime": adapters_onnx.affine,
    "torch": adapters_torch.affine,
    "torchao": adapters_torch.torchao,
    "modelopt": lambda case, inputs, outputs: modelopt(case, inputs, outputs),
    "tflite (ai-edge-litert)": lambda case, inputs, outputs: tflite(case, inputs, outputs),
}


def affine(case: Case, inputs: Arrays, outputs: Arrays) -> None:
    """By the (first) library of the case."""
    _BY_LIBRARY[case["library"].split("+")[0]](case, inputs, outputs)


def modelopt(case: Case, inputs: Arrays, outputs: Arrays) -> None:
    """fake_tensor_quant: codes and back with a given absmax."""
    params, absmax = case["params"], float(inputs["amax"])
    fmt = qc.IntFormat(params["bits"], not params["unsigned"], narrow=params["narrow"] and not params["unsigned"])
    given = qc.qparams_from_range(-absmax, absmax, fmt, "symmetric", toolkit="modelopt")
    check(case, "dq", qc.dequantize(qc.quantize(inputs["x"], given, "modelopt"), given, "modelopt"), outputs["dq"])


def tflite(case: Case, inputs: Arrays, outputs: Arrays) -> None:
    """QUANTIZE and DEQUANTIZE; from 2^31 on the library wraps, we saturate."""
    params, x = case["params"], inputs["x"]
    fmt = adapters_torch.code_format({"dtype": params["dtype"]})
    given = qc.QuantParams(np.float32(params["scale"]), params["zero_point"], fmt)
    arithmetic = qc.ARITHMETICS["tflite" if "reference" in case["call"] else "tflite_x86"]
    if "no_delegate" in case["call"]:  # without it, 8 bits are computed by the same kernel as 16
        arithmetic = replace(arithmetic, tail=replace(arithmetic.tail, min_bits=2))
    is_beyond = np.abs(x) / params["scale"] >= 2.0**31
    q = qc.quantize(x, given, arithmetic)
    assert np.array_equal(q[is_beyond], np.where(x[is_beyond] > 0, fmt.qmax, fmt.qmin))
    check(case, "q", np.where(is_beyond, outputs["q"], q), outputs["q"])
    check(case, "dq", qc.dequantize(inputs["q_in"], given, arithmetic), outputs["dq"])


def ort_tools(case: Case, inputs: Arrays, outputs: Arrays) -> None:
    """quantize_data, compute_scale_zp, compute_scale_zp_blocked."""
    params = case["params"]
    scheme = "symmetric" if params["symmetric"] else "affine"
    reduce_range = params.get("reduce_range", False)
    answers: Arrays = {}
    if adapters_torch.is_refused(inputs):
        return
    if not np.isfinite(outputs.get("scales", 0)).all():
        with pytest.raises(qc.QuantError, match="too wide"):
            qc.choose_qparams(inputs["x"], qc.INT8, scheme, dtype=inputs["x"].dtype, toolkit="onnxruntime_blocked")
        return
    if "rmin" in params:
        low, high = np.float32(params["rmin"]), np.float32(params["rmax"])
        rules = replace(qc.TOOLKITS["onnxruntime"], min_real_range=params.get("min_real_range") or 0.0)
        fmt = adapters_torch.code_format({**params, "custom": True})  # these codes, narrowed by nothing
        chosen = qc.choose_qparams([0.0], fmt, scheme, calibration=(low, high), toolkit=rules)
    else:
        fmt = adapters_torch.code_format({"dtype": params["dtype"]})
        granularity = qc.PerBlock(params["block_size"], params["axis"]) if "block_size" in params else qc.PerTensor()
        x, toolkit = inputs["x"], "onnxruntime_blocked" if "block_size" in params else "onnxruntime"
        chosen = qc.choose_qparams(
            x, fmt, scheme, granularity, dtype=x.dtype, toolkit=toolkit, reduce_range=reduce_range
        )
        answers["q"] = qc.quantize(x, chosen, "onnxruntime")
    plural = "s" if "scales" in outputs else ""
    answers |= {f"scale{plural}": chosen.scale, f"zero_point{plural}": chosen.zero_point}
    adapters_torch.check_all(case, outputs, answers)


def absmax_per_row(case: Case, inputs: Arrays, outputs: Arrays) -> None:
    """bitsandbytes int8_vectorwise: codes, row maxima and reconstruction, told apart by their types."""
    x = next(array for array in inputs.values() if np.ndim(array) >= 2 and array.dtype.kind == "f")
    if adapters_torch.is_refused({"x": x}):
        return
    rows = x.reshape(-1, x.shape[-1]).astype(np.float32)
    params = qc.choose_qparams(rows, qc.INT8, "symmetric", qc.PerAxis(0), toolkit="bitsandbytes")
    q = qc.quantize(rows, params, "bitsandbytes")
    absmax = np.abs(rows).max(axis=1)
    for name, expected in outputs.items():
        if expected.dtype == np.int8:
            check(case, name, q, expected)
        elif expected.size == len(rows):
            # the maxima themselves, or the steps
            is_step = "scale" in name and not np.array_equal(expected.ravel(), absmax)
            check(case, name, params.scale.astype(np.float32) if is_step else absmax, expected)
        else:
            check(case, name, qc.dequantize(q, params, "bitsandbytes").astype(expected.dtype), expected)


def errors(case: Case, inputs: Arrays, outputs: Arrays) -> None:
    """What the library refuses, or lets through: we answer each by our own policy."""
    if case["library"] == "gguf":  # "quantize(ones(3, 33), Q8_0)": rows of no whole number of blocks
        shape, label = re.fullmatch(r"quantize\(ones\((.*)\), (\w+)\)", case["call"]).groups()
        with pytest.raises(qc.QuantError, match="whole blocks"):
            qc.store(np.ones([int(n) for n in shape.split(",") if n]), label.lower())
        return
    params = case["params"]
    if "qmin" in params and "choose_qparams" in case["call"]:  # codes without 0: refused there, a narrow format here
        fmt = adapters_torch.code_format(params)
        zero_point = qc.choose_qparams(inputs["x"], fmt, toolkit="torch").zero_point
        assert fmt.qmin <= zero_point <= fmt.qmax
        return
    for pattern, policy in _POLICIES.items():
        if re.search(pattern, case["call"]):
            policy()
            return
    raise NotImplementedError(f"{case['id']}: no policy for {case['call']!r}")


def _accept(dtype: str) -> Callable[[], None]:
    return lambda: np.testing.assert_array_equal(
        qc.quantize(np.array([1, 2, 300]).astype(dtype), qc.QuantParams(1.0, 0, qc.INT8)), [1, 2, 127]
    )


def _refuse(scale: float, zero_point: int, field: str) -> Callable[[], None]:
    def policy() -> None:
        with pytest.raises(qc.QuantError) as refused:
            qc.QuantParams(scale, zero_point, qc.INT8)
        assert refused.value.field == field

    return policy


def _refuse_call(call: Callable[[], object], field: str) -> Callable[[], None]:
    def policy() -> None:
        with pytest.raises(qc.QuantError) as refused:
            call()
        assert refused.value.field == field

    return policy


def _accept_reduced_symmetric() -> None:
    """PyTorch refuses symmetric quint8 with a reduced range, whose codes 128 is none of; it is one of the type."""
    params = qc.choose_qparams([-1.0, 1.0], qc.UINT8, "symmetric", toolkit="torch", reduce_range=True)
    assert qc.dequantize(params.zero_point, params) == 0


_ROW = qc.QuantParams([0.1, 0.2], 0, qc.INT8, qc.PerAxis(0))

# by what is in the name of the call; the first that fits
_POLICIES: dict[str, Callable[[], None]] = {
    "int_input": _accept("int64"),  # whole numbers are real numbers
    "float64_input": _accept("float64"),  # rounded to the precision of the arithmetic
    "float16_input|half_input": _accept("float16"),
    "scale_neg": _refuse(-0.1, 0, "scale"),  # let through by the library
    "scale_zero|zero_scale": _refuse(0.0, 0, "scale"),
    "scale_nan|nan_scale": _refuse(float("nan"), 0, "scale"),
    "scale_inf|inf_scale": _refuse(float("inf"), 0, "scale"),
    "zp|zero_point": _refuse(0.1, 300, "zero_point"),
    "nan|inf": _refuse_call(lambda: qc.quantize([float("nan")], qc.QuantParams(0.1, 0, qc.INT8)), "values"),
    "axis": _refuse_call(lambda: qc.quantize([[1.0]], qc.QuantParams([0.1], 0, qc.INT8, qc.PerAxis(2))), "axis"),
    "size|shape|length|mismatch": _refuse_call(lambda: qc.quantize([[1.0]] * 3, _ROW), "scale"),
    "empty|no_data": _refuse_call(lambda: qc.choose_qparams([], qc.INT8), "values"),
    "Observer": _accept_reduced_symmetric,
}


ADAPTERS: dict[str, Callable[[Case, Arrays, Arrays], None]] = {
    "absmax_per_row": absmax_per_row,
    "affine_dequant": affine,
    "affine_per_axis": affine,
    "affine_per_block": affine,
    "affine_per_tensor": affine,
    "errors": errors,
    "fake_quant": affine,
    "qparams_ort": ort_tools,
}

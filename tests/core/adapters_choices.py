"""Runs recorded choices of torchao, modelopt, ONNX Runtime and PyTorch that are functions or records of their own."""

from collections.abc import Callable
from typing import Any

import numpy as np

import quantcore as qc
from tests.core.adapters_torch import check_all

Case = dict[str, Any]
Arrays = dict[str, Any]


def tinygemm(case: Case, inputs: Arrays, outputs: Arrays) -> None:
    """Scale and real zero point of each group, codes and back, in three precisions."""
    params = case["params"]
    fmt = qc.IntFormat(params["bits"], signed=False)
    chosen = qc.tinygemm.choose_params(inputs["x"], params["group_size"], fmt, params["precision"])
    q = qc.tinygemm.quantize(inputs["x"], chosen)
    answers = {"scale": chosen.scale, "zero_point": chosen.zero_point, "q": q, "dq": qc.tinygemm.dequantize(q, chosen)}
    check_all(case, outputs, answers)


def dont_preserve_zero(case: Case, inputs: Arrays, outputs: Arrays) -> None:
    """By rows, with ranges that do not hold 0."""
    fmt = qc.IntFormat(case["params"]["bits"], case["params"]["signed"])
    params = qc.choose_qparams(inputs["x"], fmt, granularity=qc.PerAxis(0), toolkit="torchao_dont_preserve_zero")
    q = qc.quantize(inputs["x"], params, "torchao")
    answers = {"scale": params.scale, "zero_point": params.zero_point}
    check_all(case, outputs, {**answers, "q": q, "dq": qc.dequantize(q, params, "torchao")})


def multiples(case: Case, inputs: Arrays, outputs: Arrays) -> None:
    """modelopt's MseCalibrator."""
    params = case["params"]
    fmt = qc.IntFormat(params["bits"], not params["unsigned"], params["narrow"])
    found = qc.calibrate(_batches(inputs), fmt, "mse_modelopt_multiples", scheme="symmetric")
    check_all(case, outputs, {"amax": np.float32(found.high)})


def distribution(case: Case, inputs: Arrays, outputs: Arrays) -> None:
    """ONNX Runtime's Distribution calibrator, and the scale for E4M3FN."""
    params = case["params"]
    found = qc.distribution_onnxruntime(_batches(inputs), params["bins"], params["scenario"])
    answers = {"mean": found.mean, "std": found.std, "scale": qc.float8_scale_onnxruntime(found.std)}
    check_all(case, outputs, answers)


def bias(case: Case, inputs: Arrays, outputs: Arrays) -> None:
    """int32, one scale or one for each channel."""
    scale = inputs["b_scale"]
    granularity = qc.PerAxis(0) if scale.ndim else qc.PerTensor()
    weights = qc.QuantParams(scale, 0, qc.INT8, granularity)
    q, step = qc.quantize_bias(inputs["bias"], qc.QuantParams(inputs["a_scale"], 3, qc.UINT8), weights)
    assert q.dtype == np.int32
    check_all(case, outputs, {"q": q, "scale": step})


def channels(case: Case, inputs: Arrays, outputs: Arrays) -> None:
    """PyTorch's per-channel observers over batches."""
    axis, momentum = case["params"]["axis"], case["params"]["momentum"]
    method = "minmax" if momentum is None else "moving_average"
    settings = {} if momentum is None else {"momentum": momentum}
    found = qc.calibrate_channels(_batches(inputs), qc.INT8, axis, method, **settings)
    low, high = ([getattr(channel, end) for channel in found] for end in ("low", "high"))
    params = qc.qparams_from_range(low, high, qc.INT8, granularity=qc.PerAxis(axis), toolkit="torch")
    answers = {"low": low, "high": high, "scale": params.scale, "zero_point": params.zero_point}
    check_all(case, outputs, answers)


def _batches(inputs: Arrays) -> list[Any]:
    return [inputs[f"x{i}"] for i in range(len(inputs))]


ADAPTERS: dict[str, Callable[[Case, Arrays, Arrays], None]] = {
    "bias": bias,
    "calib_channels": channels,
    "calib_distribution": distribution,
    "calib_multiples": multiples,
    "dont_preserve_zero": dont_preserve_zero,
    "tinygemm": tinygemm,
}

"""Runs recorded calibrations: the library says which method, the parameters say with which settings."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from quantcore.calibration import Calibrated, calibrate
from quantcore.formats import INT8, IntFormat
from tests.core.comparing import check

Inputs = dict[str, Any]
Adapter = Callable[[dict[str, Any], Inputs, Inputs], None]


def calib_percentile(case: dict[str, Any], inputs: Inputs, outputs: Inputs) -> None:
    """Percentiles of NumPy, ONNX Runtime and modelopt."""
    if case["library"] == "numpy":
        _numpy_percentile(case, inputs, outputs)
    elif case["library"] == "modelopt":
        _modelopt(case, inputs, outputs, "percentile_modelopt")
    else:
        _onnxruntime(case, inputs, outputs, "percentile_onnxruntime")


def calib_entropy(case: dict[str, Any], inputs: Inputs, outputs: Inputs) -> None:
    """KL searches of ONNX Runtime and modelopt."""
    if case["library"] == "modelopt":
        _modelopt(case, inputs, outputs, "entropy_modelopt")
    else:
        _onnxruntime(case, inputs, outputs, "entropy_onnxruntime")


def _numpy_percentile(case: dict[str, Any], inputs: Inputs, outputs: Inputs) -> None:
    percentile = case["params"]["percentile"]
    absolute = calibrate(inputs["x"], INT8, "percentile", scheme="symmetric", percentile=percentile)
    check(case, "abs", absolute.high, outputs["abs"])
    both = calibrate(inputs["x"], INT8, "percentile", scheme="affine", percentile=percentile)
    # two_sided states no comparison: it was computed in the same precision, so the same tolerance serves
    check({**case, "compare": {"two_sided": "rtol=1e-7"}}, "two_sided", [both.low, both.high], outputs["two_sided"])


def _onnxruntime(case: dict[str, Any], inputs: Inputs, outputs: Inputs, method: str) -> None:
    params = case["params"]
    answer = calibrate(
        _batches(inputs),
        INT8,
        method,
        scheme="symmetric" if params["symmetric"] else "affine",
        bins=params["num_bins"],
        quantized_bins=params["num_quantized_bins"],
        percentile=params["percentile"],
    )
    check(case, "low", answer.low, outputs["low"])
    check(case, "high", answer.high, outputs["high"])


def _modelopt(case: dict[str, Any], inputs: Inputs, outputs: Inputs, method: str) -> None:
    answer = _modelopt_answer(case, inputs, method)
    check(case, "amax", answer.high, outputs["amax"])


def _modelopt_answer(case: dict[str, Any], inputs: Inputs, method: str) -> Calibrated:
    params = case["params"]
    fmt = IntFormat(params["num_bits"], signed=not params["unsigned"])
    settings = {name: params[name] for name in ("start_bin", "stride", "percentile") if name in params}
    return calibrate(_batches(inputs), fmt, method, scheme="symmetric", bins=params["num_bins"], **settings)


def _batches(inputs: Inputs) -> list[Any]:
    """x, or x0, x1, ... in the order of their numbers."""
    names = sorted((name for name in inputs if re.fullmatch(r"x\d*", name)), key=lambda name: int(name[1:] or 0))
    return [np.atleast_1d(inputs[name]) for name in names]


ADAPTERS: dict[str, Adapter] = {
    "calib_percentile": calib_percentile,
    "calib_entropy": calib_entropy,
}

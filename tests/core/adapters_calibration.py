"""Runs recorded calibrations: the library says which method, the parameters say with which settings."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import quantcore as qc
from quantcore.calibration.calibrate import Calibrated, calibrate
from quantcore.formats.integers import INT8, IntFormat
from quantcore.metrics import compare
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


def calib_mse(case: dict[str, Any], inputs: Inputs, outputs: Inputs) -> None:
    """Least squared error: modelopt's sweep (and its quirk), PyTorch's HistogramObserver, and brute force."""
    if case["library"] == "torch":
        _histogram_observer(case, inputs, outputs)
    elif case["library"] == "oracle":
        _brute_force(case, inputs, outputs)
    else:
        is_release = "compute_amax" in case["call"]  # which passes num_bits to the wrong argument
        _modelopt(case, inputs, outputs, "mse_modelopt_0_47" if is_release else "mse_modelopt")


def _histogram_observer(case: dict[str, Any], inputs: Inputs, outputs: Inputs) -> None:
    params = case["params"]
    fmt = qc.INT8 if params.get("dtype", "quint8") == "qint8" else qc.UINT8
    found = calibrate(_batches(inputs), fmt, "mse_torch", bins=params["bins"])
    scheme = "symmetric" if params.get("symmetric", False) else "affine"
    chosen = qc.choose_qparams(
        _batches(inputs)[0], fmt, scheme=scheme, calibration=(found.low, found.high), toolkit="torch"
    )
    check(case, "scale", chosen.scale, outputs["scale"])


def _brute_force(case: dict[str, Any], inputs: Inputs, outputs: Inputs) -> None:
    params = case["params"]
    stated = "quantcore MSE must be <= 1.01*best_mse and <= minmax_mse"
    assert case["compare"] == {"best_mse": stated}, f"{case['id']}: unknown comparison {case['compare']}"
    fmt = qc.IntFormat(params["bits"], narrow=params["narrow"])
    scheme = "symmetric" if params["symmetric"] else "affine"
    x = np.asarray(inputs["x"], np.float64)
    chosen = qc.choose_qparams(x, fmt, scheme=scheme, calibration="mse", dtype=np.float64)
    got = compare(x, qc.dequantize(qc.quantize(x, chosen), chosen)).mse
    assert got <= 1.01 * outputs["best_mse"], f"{case['id']}: mse {got}, brute force {outputs['best_mse']}"
    # where min-max is the best there is, the same sum may differ in its last bits
    assert got <= outputs["minmax_mse"] * (1 + 1e-12), f"{case['id']}: mse {got}, min-max {outputs['minmax_mse']}"


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
    fmt = IntFormat(params.get("bits") or params["num_bits"], signed=not params["unsigned"])
    settings = {name: params[name] for name in ("start_bin", "stride", "percentile") if name in params}
    return calibrate(_batches(inputs), fmt, method, scheme="symmetric", bins=params["num_bins"], **settings)


def _batches(inputs: Inputs) -> list[Any]:
    """x, or x0, x1, ... in the order of their numbers."""
    names = sorted((name for name in inputs if re.fullmatch(r"x\d*", name)), key=lambda name: int(name[1:] or 0))
    return [np.atleast_1d(inputs[name]) for name in names]


def _refusing_what_is_not_finite(adapter: Adapter) -> Adapter:
    """Libraries disagree about NaN and infinity in the data (`impl_defined`); quantcore refuses them."""

    def run(case: dict[str, Any], inputs: Inputs, outputs: Inputs) -> None:
        if case["status"] == "impl_defined" and not all(np.isfinite(x).all() for x in inputs.values()):
            with pytest.raises(qc.QuantError):
                calibrate(_batches(inputs), INT8)
            return
        adapter(case, inputs, outputs)

    return run


ADAPTERS: dict[str, Adapter] = {
    family: _refusing_what_is_not_finite(adapter)
    for family, adapter in (
        ("calib_percentile", calib_percentile),
        ("calib_entropy", calib_entropy),
        ("calib_mse", calib_mse),
    )
}

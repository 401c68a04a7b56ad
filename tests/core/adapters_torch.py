"""Runs recorded cases of PyTorch's quantizers and observers, and of torchao."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import quantcore as qc
from quantcore.compute.stages import before_rounding, multiplier
from quantcore.parameters.derive import derivation
from tests.core.comparing import check

Case = dict[str, Any]
Arrays = dict[str, Any]


def affine(case: Case, inputs: Arrays, outputs: Arrays) -> None:
    """Codes and reconstruction: parameters given, or chosen per token."""
    params, call = case["params"], case["call"]
    if is_refused(inputs):
        return
    if params.get("dtype") in ("int32", "qint32"):
        _int32(case, inputs, outputs)
        return
    if case["id"].endswith("/overflow"):  # beyond 2^31 the library answers the wrong end; we saturate
        is_beyond = np.abs(inputs["x"]) / inputs["scales"] >= 2.0**31
        ends = np.where(inputs["x"] > 0, *reversed([code_format(params).qmin, code_format(params).qmax]))
        outputs = {"q": np.where(is_beyond, ends, outputs["q"])}
    shape = (inputs["x"] if "x" in inputs else inputs["q"]).shape
    if "per_token" in call:
        rows = {name: inputs[name].reshape(-1, shape[-1]) for name in ("x", "q") if name in inputs}
        inputs = {**inputs, **rows}
    if "scales" in inputs or "scale" in params:
        scale = inputs["scales"] if "scales" in inputs else np.float32(params["scale"])
        zero_point = inputs["zero_points"] if "zero_points" in inputs else params["zero_point"]
        given = qc.QuantParams(scale, zero_point, code_format(params), _granularity(call, params))
    else:
        is_affine = "asymmetric" in call or params.get("symmetric") is False
        toolkit = "torch_per_token_asymmetric" if is_affine else "torch_per_token"
        scheme = "affine" if is_affine else "symmetric"
        given = qc.choose_qparams(inputs["x"], code_format(params), scheme, qc.PerAxis(0), toolkit=toolkit)
    arithmetic = _arithmetic(call, given.zero_point)
    q = qc.quantize(inputs["x"], given, arithmetic) if "x" in inputs else inputs["q"]
    answers = {"q": q, "dq": qc.dequantize(q, given, arithmetic)}
    check_all(case, outputs, {**answers, "scales": given.scale, "zero_points": given.zero_point})


def width(case: Case, inputs: Arrays, outputs: Arrays) -> None:
    """PT2E: parameters from the data, codes, reconstruction, at any width."""
    params = case["params"]
    if is_refused(inputs):
        return
    scheme = "symmetric" if params["symmetric"] else "affine"
    chosen = qc.choose_qparams(inputs["x"], code_format(params), scheme, toolkit=_with_eps("torch", params))
    q = qc.quantize(inputs["x"], chosen, "torch_pt2e")
    assert chosen.scale.item() == params["scale"]
    assert chosen.zero_point.item() == params["zero_point"]
    check_all(case, outputs, {"q": q, "dq": qc.dequantize(q, chosen, "torch_pt2e")})


def torchao(case: Case, inputs: Arrays, outputs: Arrays) -> None:
    """choose_qparams_affine, quantize_affine, dequantize_affine, on tiles of any rank."""
    params, x = case["params"], inputs["x"]
    if is_refused(inputs) or is_refused_range(outputs.get("scales"), x, "torchao"):
        return
    if "scales" in inputs:
        given = qc.QuantParams(inputs["scales"], inputs["zero_points"], code_format(params))
        q = qc.quantize(x, given, "torchao")
        check_all(case, outputs, {"q": q, "dq": qc.dequantize(q, given, "torchao")})
        return
    scheme = "affine" if params["mapping"] == "ASYMMETRIC" else "symmetric"
    name = "torchao_no_clipping" if params["mapping"] == "SYMMETRIC_NO_CLIPPING_ERR" else "torchao"
    tile = params.get("block_size", x.shape)
    n_tiles = [length // size for length, size in zip(x.shape, tile, strict=True)]
    # shape (rows of tiles, height of a tile, columns of tiles, width of a tile, ...) -> one row for each tile
    split = x.reshape([n for pair in zip(n_tiles, tile, strict=True) for n in pair])
    order = [*range(0, split.ndim, 2), *range(1, split.ndim, 2)]
    rows = split.transpose(order).reshape(int(np.prod(n_tiles)), -1)
    chosen = qc.choose_qparams(
        rows, code_format(params), scheme, qc.PerAxis(0), dtype=x.dtype, toolkit=_with_eps(name, params)
    )
    q = qc.quantize(rows, chosen, "torchao")
    shape = split.transpose(order).shape
    q, dq = (
        codes.reshape(shape).transpose(np.argsort(order)).reshape(x.shape)
        for codes in (q, qc.dequantize(q, chosen, "torchao"))
    )
    check_all(case, outputs, {"scales": chosen.scale, "zero_points": chosen.zero_point, "q": q, "dq": dq})


def observer(case: Case, inputs: Arrays, outputs: Arrays) -> None:
    """MinMaxObserver and its kin: from data to scale and zero point."""
    params = case["params"]
    if is_refused(inputs) or is_refused_range(outputs["scale"], inputs.get("x")):
        return
    scheme = "symmetric" if params.get("symmetric") else "affine"
    granularity = qc.PerAxis(params["axis"]) if "axis" in params else qc.PerTensor()
    names = {"float_qparams": "torch_float_zero_point", "determine_qparams": "torch_pt2e"}
    toolkit = _with_eps(next((names[part] for part in names if part in case["call"]), "torch"), params)
    batches = [inputs[name] for name in sorted(inputs, key=lambda name: (len(name), name))]
    if "averaging_constant" in params:
        averaged = qc.calibrate(batches, qc.UINT8, "moving_average", momentum=params["averaging_constant"])
        ends = (averaged.low, averaged.high)
    else:
        ends = (min(x.min() for x in batches), max(x.max() for x in batches))
    if "qint32" in case["call"] or params.get("dtype") == "int32":
        answers = _int32_parameters(*ends, scheme, toolkit)
    else:
        fmt = code_format({**params, "custom": "quant_min" in case["call"]})
        reduce = bool(params.get("reduce_range"))
        if scheme == "symmetric" and not fmt.qmin <= outputs["zero_point"].max() <= fmt.qmax:
            with pytest.raises(qc.QuantError, match="zero_point"):  # the library lets a zero point be no code
                qc.choose_qparams(batches[0], fmt, scheme, granularity, toolkit=toolkit)
            return
        calibration = ends if "averaging_constant" in params else "minmax"
        chosen = qc.choose_qparams(
            batches[0], fmt, scheme, granularity, calibration, toolkit=toolkit, reduce_range=reduce
        )
        answers = {"scale": chosen.scale, "zero_point": chosen.zero_point}
    check_all(case, outputs, {**answers, "min_val": ends[0], "max_val": ends[1]})


def is_refused(inputs: Arrays) -> bool:
    """Whether a number is not finite: the libraries answer, each another thing; we refuse, which is asserted here."""
    bad = [a for a in inputs.values() if a.dtype.kind == "f" and a.size and not np.isfinite(a).all()]
    for x in bad:
        with pytest.raises(qc.QuantError, match="values"):
            qc.quantize(x, qc.QuantParams(np.float32(1), 0, qc.INT8))
        with pytest.raises(qc.QuantError, match="values"):
            qc.choose_qparams(x, qc.INT8)
    return bool(bad)


def is_refused_range(scales: Any, x: Any, toolkit: str = "torch") -> bool:
    """Whether the range overflows its precision, so that the library's scale is infinite: we refuse."""
    if scales is None or np.isfinite(scales).all():
        return False
    with pytest.raises(qc.QuantError, match="values"):
        qc.choose_qparams(x, qc.INT8, dtype=None if x is None else x.dtype, toolkit=toolkit)
    return True


def _int32(case: Case, inputs: Arrays, outputs: Arrays) -> None:
    """qint32 is wider than our formats: the steps before rounding are ours, the rest is done in float64 here."""
    steps, scale = qc.ARITHMETICS["torch_per_tensor"], np.array([case["params"]["scale"]], np.float32)
    zero_point = np.array([case["params"]["zero_point"]], np.float32)
    q = inputs.get("q")
    if q is None:
        kept = qc.PRECISIONS["float32"]
        factor = multiplier(scale, steps, 2**31 - 1, kept)
        *_, (_, unrounded) = before_rounding(inputs["x"], factor, zero_point, steps, 32, kept)
        q = np.clip(np.rint(unrounded.astype(np.float64)), -(2**31), 2**31 - 1).astype(np.int32)
    dq = (q.astype(np.int64) - int(zero_point[0])).astype(np.float32) * scale
    check_all(case, outputs, {"q": q, "dq": dq})


def _int32_parameters(low: float, high: float, scheme: str, toolkit: qc.Toolkit) -> Arrays:
    """qint32 is wider than our formats. The C++ cast to int32 of a quotient below -2^31 gives -2^31."""
    codes = (-(2**31), 2**31 - 1)
    ends = (np.float32(low).reshape(1), np.float32(high).reshape(1))
    middle = 0 if scheme == "symmetric" else None
    scale = dict(derivation(*ends, codes, middle, toolkit, True, qc.PRECISIONS["float32"]))["scale"]
    quotient = np.rint(np.minimum(ends[0], 0) / scale).astype(np.float64)
    zero_point = np.zeros(1) if middle == 0 else np.clip(codes[0] - np.maximum(quotient, codes[0]), *codes)
    return {"scale": scale, "zero_point": zero_point}


def code_format(params: dict[str, Any]) -> qc.IntFormat:
    """The format with the case's codes, in the bits of its type, or in as few as hold them."""
    dtype = re.search(r"(u?)int(\d+)", str(params.get("dtype", "")))
    qmin, qmax = params.get("qmin"), params.get("qmax")
    is_signed = qmin < 0 if qmin is not None else dtype is not None and not dtype[1]
    default = int(dtype[2]) if dtype else 8
    bits = params.get("bits") or default
    if qmin is None or params.get("reduce_range"):
        return qc.IntFormat(bits, is_signed)
    if not params.get("bits") and not dtype:
        bits = next(
            b
            for b in range(2, 17)
            if qmax <= qc.IntFormat(b, is_signed).qmax and qmin >= qc.IntFormat(b, is_signed).qmin
        )
    fmt = qc.IntFormat(bits, is_signed)
    if (fmt.qmin, fmt.qmax) == (qmin, qmax) and not params.get("custom"):
        return fmt
    return qc.IntFormat(bits, is_signed, code_range=(qmin, qmax))


def _with_eps(toolkit: str, params: dict[str, Any]) -> qc.Toolkit:
    record = qc.TOOLKITS[toolkit]
    return replace(record, min_scale=params["eps"]) if params.get("eps") else record


def _granularity(call: str, params: dict[str, Any]) -> qc.Granularity:
    if "per_token" in call:
        return qc.PerAxis(0)
    if "group" in params:
        return qc.PerBlock(params["group"])
    return qc.PerAxis(params["axis"]) if "axis" in params else qc.PerTensor()


def _arithmetic(call: str, zero_point: Any) -> str:
    if "fake_quantize" in call:
        return "torch_fake_quantize"
    if "channel_group" in call:
        return "torch_pt2e_group"
    if "per_token" in call:
        return "torch_pt2e_per_token"
    if "decomposed" in call:
        return "torch_pt2e_per_channel" if "per_channel" in call else "torch_pt2e"
    if "per_channel" in call:
        return "torch_float_zero_point" if zero_point.dtype.kind == "f" else "torch_per_channel"
    return "torch_per_tensor"


def float_zero_point(case: Case, inputs: Arrays, outputs: Arrays) -> None:
    """Zero points that are no whole numbers, one for each channel."""
    granularity = qc.PerAxis(case["params"]["axis"])
    params = qc.QuantParams(inputs["scales"], np.asarray(inputs["zero_points"]), qc.UINT8, granularity)
    q = qc.quantize(inputs["x"], params, arithmetic="torch_float_zero_point")
    check(case, "q", q, outputs["q"])
    check(case, "dq", qc.dequantize(q, params, arithmetic="torch_float_zero_point"), outputs["dq"])


def check_all(case: Case, outputs: Arrays, answers: Arrays) -> None:
    """Every recorded output."""
    for name, expected in outputs.items():
        check(case, name, answers[name], expected)


ADAPTERS: dict[str, Callable[[Case, Arrays, Arrays], None]] = {
    "affine_float_zero_point": float_zero_point,
    "affine_width": width,
    "qparams_minmax": observer,
}

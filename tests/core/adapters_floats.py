"""Runs recorded cases of small floats: casts, decodes, roundings, and what the formats say about themselves."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import quantcore as qc
from quantcore.formats.floats import FloatFormat
from quantcore.formats.table import encode_twice_rounded
from tests.core.comparing import check

Case = dict[str, Any]
Arrays = dict[str, Any]
_GFLOAT = {
    "ocp_e4m3": "float8_e4m3fn",
    "ocp_e5m2": "float8_e5m2",
    "ocp_e2m3": "float6_e2m3fn",
    "ocp_e3m2": "float6_e3m2fn",
    "ocp_e2m1": "float4_e2m1fn",
    "ocp_e8m0": "float8_e8m0fnu",
    "binary16": "float16",
    "bfloat16": "bfloat16",
}
_MODES = {
    "TiesToEven": "half_even",
    "TowardZero": "toward_zero",
    "TowardNegative": "floor",
    "TowardPositive": "ceil",
    "TiesToAway": "half_away",
}


def name_of(described: str) -> str:
    """Our name of a format, from gfloat's, ONNX's or ml_dtypes'."""
    known = {name.replace("float8_", "float8").replace("_", ""): name for name in qc.FORMATS}
    by_onnx = {
        "float8e4m3fn": "float8_e4m3fn",
        "float8e5m2": "float8_e5m2",
        "float8e4m3fnuz": "float8_e4m3fnuz",
        "float8e5m2fnuz": "float8_e5m2fnuz",
        "float4e2m1": "float4_e2m1fn",
        "float6e2m3": "float6_e2m3fn",
        "float6e3m2": "float6_e3m2fn",
        "float8e8m0": "float8_e8m0fnu",
    }
    lower = described.lower()
    return _GFLOAT.get(lower) or by_onnx.get(lower) or known.get(lower, lower)


def same_codes(case: Case, fmt: str, ours: np.ndarray, expected: np.ndarray) -> None:
    """The same codes; of NaNs it is enough that both are."""
    ours, expected = ours.astype(np.int64), np.asarray(expected).astype(np.int64).reshape(ours.shape)
    both_nan = np.isnan(qc.decode(ours, fmt)) & np.isnan(qc.decode(expected, fmt))
    wrong = (ours != expected) & ~both_nan
    assert not wrong.any(), f"{case['id']}: {wrong.sum()} codes differ, first {np.argwhere(wrong)[0]}"


def _encode(x: np.ndarray, fmt: str, overflow: str) -> tuple[np.ndarray, np.ndarray]:
    """Codes, and where there is one; NaN without a code is refused, as a test in its own right."""
    is_number = ~np.isnan(x)
    if not is_number.all() and not np.isnan(qc.FORMATS[fmt].values).any():
        with pytest.raises(qc.QuantError, match="nan"):
            qc.encode(x, fmt, overflow=overflow)
        return qc.encode(np.where(is_number, x, 0), fmt, overflow=overflow), is_number
    return qc.encode(x, fmt, overflow=overflow), np.ones(x.shape, np.bool_)


def float_quant(case: Case, inputs: Arrays, outputs: Arrays) -> None:
    """Casts of ml_dtypes, NumPy, ONNX and PyTorch, and ONNX's QuantizeLinear with a float type."""
    params = case["params"]
    fmt = name_of(params.get("format") or case["logical_dtypes"]["z"])
    x = np.asarray(inputs["x"])
    if "s" in inputs:  # x / scale in float32; with FP4 and FP6 a zero point of 0 is added, which makes +0 of -0
        with np.errstate(all="ignore"):
            x = x / np.asarray(inputs["s"])
            x = x if fmt.startswith("float8") else x + np.float32(0)
    expected = outputs.get("codes", outputs.get("y", outputs.get("y_reference")))
    saturates = params.get("saturate", fmt.startswith(("float4", "float6")))
    if case["library"] == "torch" and fmt == "float8_e4m3fn":
        saturates = True
    if case["library"] == "torch" and fmt == "float8_e8m0fnu":  # the sign is dropped, and 0 is the least number
        x = np.where(x == 0, np.float32(2.0**-127), np.abs(x))
    if fmt == "float8_e8m0fnu":  # of float32's subnormals the libraries round 2^-127 and a little up
        is_normal = ~((x > 2.0**-127) & (x < 2.0**-126))
        x, expected = x[is_normal], np.asarray(expected)[is_normal]
    if case["library"] == "ml_dtypes" and x.dtype == np.float64:
        ours, has_code = encode_twice_rounded(x, fmt), np.ones(x.shape, np.bool_)
    else:
        ours, has_code = _encode(x, fmt, "saturate" if saturates else "overflow")
    same_codes(case, fmt, ours[has_code], np.asarray(expected).reshape(x.shape)[has_code])


def float_dequant(case: Case, inputs: Arrays, outputs: Arrays) -> None:
    """Every code of a format."""
    described = case["params"].get("format", "")
    if not described:  # ONNX's DequantizeLinear: one product in float32
        logical = next(iter(set(case["logical_dtypes"].values())))
        product = qc.decode(inputs["x"], name_of(logical)) * np.asarray(inputs["s"])
        check(case, "y", product, outputs["y"])
        return
    if described == "ocp_int8":
        ours = qc.decode(np.asarray(inputs["codes"]).astype(np.uint8).view(np.int8), "int8") / 64
    else:
        ours = qc.decode(inputs["codes"], name_of(described))
    expected = np.asarray(outputs["values"])
    np.testing.assert_array_equal(ours, expected, strict=False)
    is_number = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(ours)[is_number], np.signbit(expected)[is_number])


def float_rounding(case: Case, inputs: Arrays, outputs: Arrays) -> None:
    """gfloat's rounding modes, saturating or not."""
    params = case["params"]
    x = np.asarray(inputs["x"])
    overflow = "saturate" if params["saturate"] else "overflow"
    expected = np.asarray(outputs["y"])
    if params["format"] == "ocp_int8":  # MXINT8: sixty-fourths
        is_number = np.isfinite(x)
        ours = qc.decode(qc.encode(x[is_number] * 64, "int8", _MODES[params["mode"]]), "int8") / 64
        np.testing.assert_array_equal(ours, expected[is_number])
        return
    fmt = name_of(params["format"])
    ours = qc.decode(qc.encode(x, fmt, _MODES[params["mode"]], overflow), fmt)
    np.testing.assert_array_equal(ours, expected.astype(np.float64), strict=False)


def float_info(case: Case, inputs: Arrays, outputs: Arrays) -> None:
    """What finfo says."""
    params = case["params"]
    fmt = qc.FORMATS[case["id"].rsplit("/", 1)[1]]
    assert isinstance(fmt, FloatFormat)
    ours = {
        "max": fmt.highest,
        "min": fmt.lowest,
        "smallest_normal": 2.0**fmt.least_exponent,
        "smallest_subnormal": 2.0 ** (fmt.least_exponent - fmt.mantissa_bits),
        "eps": 2.0**-fmt.mantissa_bits,
        "bits": fmt.bits,
        "nmant": fmt.mantissa_bits,
        "nexp": fmt.exponent_bits,
    }
    for key, value in ours.items():
        assert value == params[key], f"{case['id']}: {key}"


def cast(case: Case, inputs: Arrays, outputs: Arrays) -> None:
    """ONNX's own tests of Cast between floats and integers."""
    logical = case["logical_dtypes"]
    x = np.asarray(inputs["input"])
    if "input" in logical:
        x = qc.decode(x, name_of(logical["input"]))
    if "output" not in logical:
        expected = np.asarray(outputs["output"])
        with np.errstate(over="ignore"):
            check(case, "output", x.astype(expected.dtype), expected)
        return
    fmt = name_of(logical["output"])
    expected = np.asarray(outputs["output"])
    if fmt.startswith(("int", "uint")):  # a cast to integers truncates and wraps: it is no quantization
        bits = qc.FORMATS[fmt].bits
        low = np.trunc(x).astype(np.int64) & (1 << bits) - 1
        assert np.array_equal(low, expected.astype(np.int64) & (1 << bits) - 1)
        return
    overflow = "overflow" if case["params"]["attributes"].get("saturate") == 0 else "saturate"
    ours, has_code = _encode(x, fmt, overflow)
    same_codes(case, fmt, ours[has_code], expected.reshape(x.shape)[has_code])


ADAPTERS: dict[str, Callable[[Case, Arrays, Arrays], None]] = {
    "float_quant": float_quant,
    "float_dequant": float_dequant,
    "float_rounding": float_rounding,
    "float_info": float_info,
    "onnx_official_Cast": cast,
    "mx_scale": lambda case, inputs, outputs: check(
        case, "values", qc.decode(inputs["codes"], "float8_e8m0fnu"), outputs["values"]
    ),
}

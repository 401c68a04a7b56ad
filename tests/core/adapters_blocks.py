"""Runs recorded cases of blocks: OCP MX, NVFP4, and bitsandbytes' 4 bits."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import quantcore as qc
from quantcore.blocks.bitsandbytes import CodebookBlocks
from quantcore.blocks.integer import IntegerBlocks
from quantcore.blocks.microscaling import MicroscaledBlocks
from quantcore.blocks.scaled import level_of
from quantcore.formats.codebooks import DYNAMIC8
from tests.core.adapters_floats import name_of
from tests.core.comparing import check

Case = dict[str, Any]
Arrays = dict[str, Any]


def mx_quant(case: Case, inputs: Arrays, outputs: Arrays) -> None:
    """Scales, codes and numbers of torchao, gfloat and modelopt; where they leave the specification, that they do."""
    params, x = case["params"], np.asarray(inputs["x"])
    fmt = qc.BLOCK_FORMATS[params["format"].replace("mxfp4_e2m1", "mxfp4")]
    assert isinstance(fmt, MicroscaledBlocks)
    mode = "rceil" if params["scale_mode"].startswith("ceil(log2") else params["scale_mode"].lower()
    rows = x.reshape(-1, params["block"]).astype(np.float32)
    finite = np.isfinite(rows).all(axis=1)
    if not finite.all():
        assert case["status"] == "impl_defined"
        for row in rows[~finite]:
            _refused(row, fmt)
    stored = qc.store(rows[finite], fmt, scale_mode=mode)
    exponents = np.asarray(outputs["scale_e8m0"]).reshape(-1)[finite]
    ours = stored.levels[0].codes
    assert ours is not None
    same_scale = ours.reshape(-1) == exponents
    if case["status"] == "normative":
        assert same_scale.all(), f"{case['id']}: scales"
    codes = _nibbles(np.asarray(outputs["q"]), x.size).reshape(-1, params["block"])[finite]
    if "modelopt" in case["id"]:  # ties toward zero, and +0 written as -0
        differ = stored.codes != codes
        ratio = np.abs(rows[finite]) / stored.scale
        is_tie = np.isin(ratio, stored.fmt.element.grid().thresholds)
        assert not (differ & ~is_tie & (ratio > 0.25)).any()
        return
    regular = (exponents > 0) & same_scale if case["status"] == "quirk" else same_scale  # torchao halves at code 0
    if case["status"] == "quirk":
        assert not regular.all()
    np.testing.assert_array_equal(stored.codes[regular], codes[regular], err_msg=case["id"])
    dq = np.asarray(outputs["dq"]).reshape(rows.shape)[finite]
    np.testing.assert_array_equal(qc.restore(stored)[regular], dq[regular].astype(np.float32), err_msg=case["id"])


def _refused(row: np.ndarray, fmt: Any) -> None:
    with pytest.raises(qc.QuantError) as refused:
        qc.store(row, fmt)
    assert refused.value.field == "values"


def _nibbles(packed: np.ndarray, n: int) -> np.ndarray:
    """Codes as they are, or from bytes that hold two, the low one first."""
    flat = packed.reshape(-1)
    return flat if flat.size == n else qc.unpack(flat, 4, n)


def mx_blocked(case: Case, inputs: Arrays, outputs: Arrays) -> None:
    """ONNX's QuantizeLinear with a power of two for each block: the elements alone."""
    fmt = qc.FORMATS[name_of(case["logical_dtypes"]["y"])]
    scale = qc.decode(inputs["s"], "float8_e8m0fnu")
    x = np.asarray(inputs["x"])
    expanded = np.repeat(scale, case["params"]["block_size"], axis=1)[:, : x.shape[1]]
    scaled = x / expanded
    codes = qc.encode(scaled if fmt.bits == 8 else scaled + np.float32(0), fmt)
    check(case, "y", codes, outputs["y"])


def nvfp4(case: Case, inputs: Arrays, outputs: Arrays) -> None:
    """Torchao with one level and with two, modelopt."""
    x = np.asarray(inputs["x"])
    tensor_scale = "amax" if case["params"]["two_level"] else None
    stored = qc.store(x, "nvfp4", rule=case["library"], tensor_scale=tensor_scale)
    if tensor_scale:
        assert stored.levels[0].values == np.asarray(outputs["per_tensor_scale"])
    check(case, "scale_e4m3", stored.levels[-1].codes, outputs["scale_e4m3"])
    check(case, "q", stored.codes, _nibbles(np.asarray(outputs["q"]), x.size))
    if "dq" in outputs:
        check(case, "dq", qc.restore(stored), outputs["dq"])


def four_bits(case: Case, inputs: Arrays, outputs: Arrays) -> None:
    """bitsandbytes: bytes, scales and numbers, with double quantization or without."""
    params, x = case["params"], np.asarray(inputs["x"])
    name = {"nf4": "nf4", "fp4": "fp4_bnb"}[params["format"]]
    fmt = qc.BLOCK_FORMATS[name]
    if params["double_quant"]:
        fmt = CodebookBlocks("double", "double", fmt.element, "", is_double=True)  # type: ignore[arg-type]
    assert isinstance(fmt, CodebookBlocks)
    stored = qc.store(x, fmt.with_block_size(params["blocksize"]))
    packed = np.frombuffer(stored.to_bytes(), np.uint8)[: -(-x.size // 2)]
    check(case, "packed", packed, outputs["packed"])
    expected = np.asarray(outputs["dq"]).reshape(x.shape)
    if not params["double_quant"]:
        check(case, "absmax", stored.levels[-1].values, outputs["absmax"])
        check(case, "dq", qc.restore(stored), expected)
        return
    # offset: a float32 mean, whose last bit depends on the order of summation; so do the differences from it. The
    # library's own 8-bit kernel may be one code beside the nearest
    np.testing.assert_allclose(stored.levels[0].values, outputs["offset"], rtol=1e-6)
    np.testing.assert_allclose(stored.levels[1].values, outputs["absmax2"].reshape(-1), rtol=1e-6)
    codes = stored.levels[-1].codes
    assert codes is not None
    if np.any(outputs["absmax2"]):
        assert np.abs(codes.reshape(-1).astype(int) - np.asarray(outputs["absmax"]).reshape(-1)).max() <= 1
    theirs = (*stored.levels[:2], level_of("absmax", DYNAMIC8, np.asarray(outputs["absmax"]).reshape(codes.shape)))
    again = stored.fmt.assemble(stored.codes, theirs)  # type: ignore[attr-defined]
    ours = stored.layout.from_blocks(stored.fmt.dequantize(again))
    np.testing.assert_allclose(ours, expected, rtol=1e-6)


def compressed_tensors(case: Case, inputs: Arrays, outputs: Arrays) -> None:
    """NVFP4 with a divisor; MXFP4 by the mode EVEN. Elements are recorded as numbers."""
    x = np.asarray(inputs["x"])
    if "divisor" in outputs:
        stored = qc.store(x, "nvfp4_compressed_tensors")
        assert stored.levels[0].values == np.asarray(outputs["divisor"])
    else:
        stored = qc.store(x, "mxfp4", scale_mode="even")
    check(case, "scale", stored.levels[-1].values, outputs["scale"])
    check(case, "q", qc.decode(stored.element_codes(), stored.fmt.element), outputs["q"])
    check(case, "dq", qc.restore(stored), outputs["dq"])


def mlx_affine(case: Case, inputs: Arrays, outputs: Arrays) -> None:
    """MLX's own quantize: words of codes, scales, biases, and numbers."""
    params, x = case["params"], np.asarray(inputs["x"])
    fmt = qc.BLOCK_FORMATS[f"mlx_affine{params['bits']}"]
    assert isinstance(fmt, IntegerBlocks)
    stored = qc.store(x, fmt.with_block_size(params["group_size"]))
    check(case, "scales", stored.levels[0].values, outputs["scales"])
    check(case, "biases", stored.levels[1].values, outputs["biases"])
    packed = np.asarray(outputs["packed"]).astype("<u4").tobytes()
    assert stored.to_bytes()[: len(packed)] == packed, case["id"]
    check(case, "dq", qc.restore(stored), outputs["dq"])


def table(case: Case, inputs: Arrays, outputs: Arrays) -> None:
    """The published tables."""
    name = case["params"].get("format")
    if name is None and "unsigned" in case["id"]:
        return
    fmt = DYNAMIC8 if name is None else qc.FORMATS[{"nf4": "nf4", "fp4": "fp4_bnb"}[name]]
    check(case, "values", fmt.values.astype(np.float32), outputs["values"])


ADAPTERS: dict[str, Callable[[Case, Arrays, Arrays], None]] = {
    "mx_quant": mx_quant,
    "mx_blocked": mx_blocked,
    "nvfp4": nvfp4,
    "nf4": four_bits,
    "fp4": four_bits,
    "nf4_table": table,
    "mlx_affine": mlx_affine,
    "nvfp4_divisor": compressed_tensors,
    "mx_even": compressed_tensors,
}

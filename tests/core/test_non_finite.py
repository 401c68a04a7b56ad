"""NaN and infinity: refused before anything is computed, and what the table says of libraries is what they recorded."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import quantcore as qc

VECTORS = Path(__file__).parents[1] / "vectors"


def row(library: str, operation: str) -> qc.NonFinite:
    """The one of this library whose operation begins so."""
    (found,) = [entry for entry in qc.NON_FINITE if entry.library == library and entry.operation.startswith(operation)]
    return found


def recorded(case_id: str) -> dict[str, np.ndarray]:
    """Inputs and outputs of a recorded case."""
    cases = json.loads((VECTORS / "manifest.json").read_text(encoding="utf-8"))["cases"]
    case = next(case for case in cases if case["id"] == case_id)
    arrays = {}
    for name, reference in (case["inputs"] | case["outputs"]).items():
        archive, key = reference.split("#")
        with np.load(VECTORS / archive) as file:
            arrays[name] = file[key]
    return arrays


def test_the_rows_of_onnx_are_what_was_recorded() -> None:
    """NaN, infinity, minus infinity to INT8: the reference goes through int32, the runtime saturates."""
    found = recorded("onnx_ref/quant/INT8/0/nonfinite")
    assert np.isnan(found["x"][0])
    assert found["y_reference"][:3].tolist() == [-128, -128, -128]
    assert found["y_onnxruntime"][:3].tolist() == [-128, 127, -128]
    assert row("ONNX reference", "QuantizeLinear").nan == row("ONNX Runtime", "QuantizeLinear").nan == "the lowest code"
    assert row("ONNX reference", "QuantizeLinear").infinity.startswith("the lowest code, both")
    dynamic = recorded("onnx_ref/dynamic/nan")
    assert np.isnan(dynamic["scale_reference"])
    assert not dynamic["y_reference"].any()
    assert dynamic["scale_onnxruntime"] == np.float32(2) / np.float32(255)
    assert row("ONNX Runtime", "DynamicQuantizeLinear").nan.startswith("left out of the range")


@pytest.mark.parametrize("case", ["mx/torchao/mxfp8_e5m2/FLOOR/special", "mx/torchao/mxfp6_e3m2/RCEIL/special"])
def test_the_row_of_torchao_is_what_was_recorded(case: str) -> None:
    """A block with NaN has the scale byte 255; one with infinity a finite scale, and is 0 and infinity."""
    found = recorded(case)
    rows, scales = found["x"].reshape(-1, 32), found["scale_e8m0"].reshape(-1)
    numbers = found["dq"].reshape(-1, 32)
    has_nan, has_inf = np.isnan(rows).any(axis=1), np.isinf(rows).any(axis=1)
    assert (scales[has_nan] == 255).all()
    assert np.isnan(numbers[has_nan]).all()
    assert (scales[has_inf & ~has_nan] < 255).all()
    assert "255" in row("torchao", "to_mx").nan
    assert row("torchao", "to_mx").infinity.startswith("a finite scale")


@pytest.mark.parametrize("case", ["gguf/edge/nan/Q8_0", "gguf/edge/nan/Q4_1", "gguf/edge/inf/Q5_1"])
def test_the_row_of_ggml_is_what_was_recorded(case: str) -> None:
    """The whole block is NaN."""
    assert np.isnan(recorded(case)["dq"]).all()
    assert row("ggml", "quantize_row").nan.endswith("the whole block is NaN")


def test_every_row_says_something() -> None:
    """Library, version, operation and both outcomes; no operation twice."""
    for entry in qc.NON_FINITE:
        assert all((entry.library, entry.version, entry.operation, entry.nan, entry.infinity))
    assert len({(entry.library, entry.operation) for entry in qc.NON_FINITE}) == len(qc.NON_FINITE)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf], ids=str)
def test_nothing_is_stored_of_them(bad: float) -> None:
    """Every block format, and every number format under a scale, refuses them with index, value and remedy."""
    x = np.ones((2, 256), np.float32)
    x[1, 7] = bad
    calls: list[Any] = [lambda fmt=fmt: qc.store(x, fmt) for fmt in qc.BLOCK_FORMATS]
    for fmt in (qc.INT8, *(qc.FORMATS[name] for name in ("float16", "float8_e4m3fn", "float8_e5m2", "nf4"))):
        calls.append(lambda fmt=fmt: qc.choose_qparams(x, fmt))
        calls.append(lambda fmt=fmt: qc.quantize(x, qc.QuantParams(1.0, 0, fmt)))
    for call in calls:
        with pytest.raises(qc.QuantError) as refused:
            call()
        assert refused.value.field == "values"
        assert refused.value.message.startswith(f"values[1, 7] is {bad}")
        assert "Remove or replace it" in refused.value.message

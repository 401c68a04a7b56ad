"""bfloat16, and float16, through all of quantcore: what torchao, AWQ and ONNX's reference gave, to the last bit."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import quantcore as qc

CASES = json.loads((Path(__file__).parent / "recorded_precisions.json").read_text(encoding="utf-8"))["cases"]
BFLOAT16 = qc.PRECISIONS["bfloat16"]


@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: " ".join(str(case[name]) for name in ("precision", "toolkit", "scheme", "codes"))
)
def test_it_is_what_the_library_computed(case: dict[str, Any]) -> None:
    """Scale, zero point, codes and reconstruction of bfloat16 and float16 tensors."""
    low, high = case["codes"]
    fmt = qc.IntFormat((high - low).bit_length(), low < 0)
    precision, toolkit = qc.PRECISIONS[case["precision"]], case["toolkit"]
    x = precision.keep(case["x"])
    if case["scheme"] == "given":
        params = qc.QuantParams(case["scale"], case["zero_point"], fmt, precision=precision)
    else:
        params = qc.choose_qparams(x, fmt, case["scheme"], toolkit=toolkit, dtype=precision)
    arithmetic = qc.TOOLKITS[toolkit].arithmetic
    q = qc.quantize(x, params, arithmetic)
    assert (params.scale.item(), params.zero_point.item()) == (case["scale"], case["zero_point"])
    assert q.tolist() == case["q"]
    assert qc.dequantize(q, params, arithmetic).tolist() == case["x_hat"]


def test_numbers_are_rounded_once_half_to_even() -> None:
    """At every number of bfloat16 and at every midpoint between two, beside the format's own encoder."""
    patterns = np.arange(0x7F80 * 2, dtype=np.uint32) << 15  # positive finite ones and the midpoints after them
    x = np.concatenate([patterns, patterns + 1, patterns - (patterns > 0)]).astype(np.uint32).view(np.float32)
    x = np.concatenate([x, -x])
    fmt = qc.FORMATS["bfloat16"]
    expected = fmt.decode(fmt.encode(x, overflow="overflow"))
    assert np.array_equal(BFLOAT16.keep(x), expected)
    assert np.isnan(BFLOAT16.keep(np.array([np.nan, 0x7FFFFFFF], np.float32))[0])


def test_the_largest_number_is_kept_and_the_next_is_infinite() -> None:
    """3.3895e38, and half a step beyond it, as torch.finfo(torch.bfloat16).max."""
    assert BFLOAT16.largest == 3.3895313892515355e38
    assert BFLOAT16.keep([3.3895313892515355e38, 3.3961775292304957e38]).tolist() == [BFLOAT16.largest, np.inf]


def test_thresholds_are_numbers_of_bfloat16() -> None:
    """Each decision threshold is where the code changes between two neighbours of bfloat16."""
    params = qc.QuantParams(0.0130, 5, qc.INT8, precision="bfloat16")
    for arithmetic in ("onnx", "torchao"):
        found = qc.grid(params, arithmetic)
        inside = found.thresholds[1:-1]
        assert np.array_equal(BFLOAT16.keep(inside), inside)
        bits = inside.astype(np.float32).view(np.int32) >> 16
        codes = [qc.quantize((bits + step << 16).view(np.float32), params, arithmetic) for step in (-1, 0, 1)]
        assert (np.abs(codes[0].astype(int) - codes[2]) >= 1).all()


def test_every_step_is_told_in_its_precision() -> None:
    """The trace of one number names bfloat16 where it rounded."""
    params = qc.choose_qparams([-1.0, 0.1, 2.3], qc.INT8, toolkit="torchao", dtype="bfloat16")
    found = qc.trace([0.1], params, 0, "torchao")
    assert (found["x"].value, found["scaled"].dtype, found["reconstruction"].dtype) == (
        0.10009765625,
        "bfloat16",
        "bfloat16",
    )
    chosen = qc.trace_qparams(-1.0, 2.3, qc.INT8, dtype="bfloat16", toolkit="torchao")
    assert (chosen["scale"].dtype, chosen["scale"].value) == ("bfloat16", params.scale.item())


def test_a_scale_that_it_rounds_to_0_is_refused() -> None:
    """2^-135 is half of its least number, and ties to even."""
    with pytest.raises(qc.QuantError, match="scale is 0"):
        qc.QuantParams(2.0**-135, 0, qc.INT8, precision="bfloat16")


def test_values_that_it_does_not_hold_are_refused_by_name() -> None:
    """3.4e38 is float32's, but not bfloat16's."""
    params = qc.QuantParams(1e36, 0, qc.INT8, precision="bfloat16")
    with pytest.raises(qc.QuantError, match=r"values\[1\] is 3.4e\+38; it is too large for bfloat16"):
        qc.quantize(np.array([1.0, 3.4e38]), params)

"""The programs to copy: run as they are, they give the answer's numbers."""

from typing import Any

import lab
import numpy as np
import pytest

REQUESTS: list[dict[str, str]] = [
    {},
    {"bits": "4", "signed": "0", "narrow": "1"},
    {"scheme": "symmetric"},
    {"include_zero": "1", "values": "1 2 3"},
    {"rounding": "floor", "precision": "float32"},
    {"rounding": "stochastic", "seed": "7"},
    {"calibration": "manual", "range_min": "-4"},
    {"calibration": "percentile", "percentile": "90", "values": "1 2 3 4 5 6 7 8 9 100"},
    {"profile": "onnx"},
    {"profile": "onnx", "calibration": "percentile", "percentile": "90", "values": "1 2 3 4 5 6 7 8 9 100"},
    {"profile": "onnx", "values": "[[1, 2], [3, -40]]", "granularity": "axis", "axis": "1", "scheme": "symmetric"},
    {"profile": "onnx", "values": "1 2 3 4 5", "granularity": "block", "block_size": "2", "rounding": "stochastic"},
    {"profile": "onnx", "include_zero": "0", "values": "10 11"},
    {"profile": "pytorch", "calibration": "manual", "range_max": "1"},
    {"profile": "tflite", "signed": "0"},
    {"direction": "dequantize"},
    {"direction": "dequantize", "profile": "onnx"},
    {
        "direction": "dequantize",
        "profile": "pytorch",
        "codes": "[[1, 2], [3, 4]]",
        "granularity": "axis",
        "scale": "1 2",
    },
]


def run(program: str) -> dict[str, Any]:
    """The names that a program leaves behind."""
    names: dict[str, Any] = {"print": lambda *texts: None}
    exec(compile(program, "snippet", "exec"), names)
    return names


@pytest.mark.parametrize("request_", REQUESTS)
def test_quantcore_programs_give_the_answers_numbers(request_: dict[str, str]) -> None:
    """The program for quantcore computes the same codes and the same reconstruction, bit for bit."""
    answer = lab.answer(request_)
    assert answer["ok"], answer
    names = run(answer["code"]["quantcore"])
    assert np.asarray(names["q"]).reshape(-1).tolist() == answer["codes"]
    assert np.asarray(names["x_hat"]).reshape(-1).astype(np.float64).tolist() == answer["dequantized"]

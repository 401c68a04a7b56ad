"""Runs recorded cases of TensorFlow's FakeQuant and of coremltools' weights."""

from typing import Any

import numpy as np

import quantcore as qc
from tests.core.comparing import check

Case = dict[str, Any]
Arrays = dict[str, Any]


def fake_quant(case: Case, inputs: Arrays, outputs: Arrays) -> None:
    """The range given, moved so that 0 is a code; the operator answers the reconstruction alone."""
    given = case["params"]
    fmt = qc.IntFormat(given["num_bits"], signed=False, narrow=given["narrow_range"])
    params = qc.qparams_from_range(given["min"], given["max"], fmt, toolkit="tf_fake_quant")
    codes = qc.quantize(inputs["x"], params, "tf_fake_quant")
    check(case, "dq", qc.dequantize(codes, params, "tf_fake_quant"), outputs["dq"])


def weights(case: Case, inputs: Arrays, outputs: Arrays) -> None:
    """Scale and zero point from the data, and codes; a zero point of 0 is left out by the library."""
    given = case["params"]
    params = qc.choose_qparams(
        inputs["x"],
        qc.IntFormat(given["bits"], given["signed"]),
        "symmetric" if given["mode"] == "LINEAR_SYMMETRIC" else "affine",
        qc.PerTensor() if given["axis"] is None else qc.PerAxis(given["axis"]),
        toolkit="coremltools",
    )
    check(case, "scale", params.scale, outputs["scale"])
    check(case, "zero_point", params.zero_point, outputs.get("zero_point", np.zeros(params.scale.shape)))
    check(case, "q", qc.quantize(inputs["x"], params), outputs["q"])


ADAPTERS = {"tf_fake_quant": fake_quant, "coremltools_weights": weights}

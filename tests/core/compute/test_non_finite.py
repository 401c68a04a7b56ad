"""NaN and infinity to codes: what the libraries gave on x86-64, and nothing for the others."""

import numpy as np
import pytest

import quantcore as qc

X = np.array([np.nan, np.inf, -np.inf, 1.0], np.float32)
RECORDED = {
    # scale 0.1 and zero point 3: torch 2.13.0, torchao 0.18.0, onnxruntime 1.32.0
    ("torch_per_tensor", "int8"): [127, 127, -128, 13],
    ("torch_per_tensor", "uint8"): [255, 255, 0, 13],
    ("torch_per_channel", "int8"): [0, 127, -128, 13],
    ("torch_per_channel", "uint8"): [0, 255, 0, 13],
    ("torch_fake_quantize", "int8"): [-128, 127, -128, 13],
    ("torch_pt2e", "int8"): [0, 127, -128, 13],
    ("torch_pt2e", "int16"): [0, 32767, -32768, 13],
    ("torch_pt2e_per_channel", "uint8"): [0, 255, 0, 13],
    ("torch_pt2e_per_token", "int8"): [0, 127, -128, 13],
    ("torchao", "int8"): [0, 127, -128, 13],
    ("torchao", "uint8"): [0, 255, 0, 13],
    ("onnxruntime", "int8"): [-128, 127, -128, 13],
}


@pytest.mark.parametrize(("arithmetic", "fmt"), RECORDED)
def test_their_codes_are_the_library_s(arithmetic: str, fmt: str) -> None:
    """NaN, infinity, minus infinity, and 1 as always, recorded."""
    fmts = {"int8": qc.INT8, "uint8": qc.UINT8, "int16": qc.INT16}
    params = qc.QuantParams(np.float32(0.1), 3, fmts[fmt])
    assert qc.quantize_non_finite(X, params, arithmetic).tolist() == RECORDED[arithmetic, fmt]


def test_every_library_that_is_known_was_recorded() -> None:
    """No entry without a recording, and each names its library's version and the machine."""
    assert set(qc.NON_FINITE_CODES) == {arithmetic for arithmetic, _ in RECORDED}
    for name, entry in qc.NON_FINITE_CODES.items():
        steps = qc.ARITHMETICS[name]
        assert f"{steps.library} {steps.version}" in entry.source
        assert entry.source.endswith("on x86-64")


def test_the_others_are_refused() -> None:
    """Whose answer differs between machines, or was not observed; of finite numbers there is nothing to refuse."""
    params = qc.QuantParams(0.1, 3, qc.INT8)
    for name in set(qc.ARITHMETICS) - set(qc.NON_FINITE_CODES) - {"notebook"}:
        with pytest.raises(qc.QuantError, match="differs between machines"):
            qc.quantize_non_finite(X, params, name)
        assert qc.quantize_non_finite(X[3:], params, name).tolist() == [13]


def test_a_code_that_the_format_lacks_is_refused() -> None:
    """torchao makes NaN 0; a narrow unsigned format begins at 1."""
    params = qc.QuantParams(0.1, 3, qc.IntFormat(8, signed=False, narrow=True))
    with pytest.raises(qc.QuantError, match="has no such code"):
        qc.quantize_non_finite(X, params, "torchao")

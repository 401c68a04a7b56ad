"""Where two toolkits first disagree, and why."""

import itertools

import numpy as np
import pytest

import quantcore as qc
from quantcore.explain.pipelines import REASONS

ONE = qc.QuantParams(np.float32(1), 1, qc.INT8)
TIES = np.float32([0.25, 0.5, 1.5, 2.5])


@pytest.mark.parametrize(
    ("x", "a", "b", "params", "index", "codes", "reason"),
    [
        # z = 1 is odd: round(0.5) + 1 = 1, round(0.5 + 1) = 2
        (TIES, "onnx", "torch_per_channel", ONE, 1, (1, 2), "order of adding the zero point"),
        (TIES, "onnx", "tflite", ONE, 1, (1, 2), "tie rule"),
        # among the numbers nearest to (k + 0.5) * 0.037, quotient and product round to different sides of a tie
        (None, "onnx", "torch_fake_quantize", qc.QuantParams(np.float32(0.037), 0, qc.INT8), None, None, "reciprocal"),
    ],
)
def test_the_rule_that_decides_is_named(
    x: np.ndarray | None,
    a: str,
    b: str,
    params: qc.QuantParams,
    index: int | None,
    codes: tuple[int, int] | None,
    reason: str,
) -> None:
    """The first element that differs, both codes, and the one rule that makes the difference."""
    if x is None:
        x = ((np.arange(-128, 127) + 0.5) * 0.037).astype(np.float32)
    found = qc.first_difference(x, qc.INT8, a, b, params=params)
    assert found is not None
    assert found.what == "code"
    assert found.reasons == (reason,)
    assert reason in found.text.lower()
    differs = qc.quantize(x, params, a) != qc.quantize(x, params, b)
    assert found.index == (int(differs.argmax()),)
    if codes:
        assert found.index == (index,)
        assert (found.a["code"].value, found.b["code"].value) == codes


def test_zero_in_the_range_is_a_reason() -> None:
    """Data far from 0: the notebook's range does not hold it, ONNX's does."""
    found = qc.first_difference([10.0, 10.25, 11.0], qc.INT8, "onnx", "notebook")
    assert found is not None
    assert found.reasons[0] == "zero in the range"
    assert "widens the range to contain 0" in found.text


def test_denominators_are_a_reason() -> None:
    """127 and 127.5."""
    x = np.random.default_rng(0).normal(size=(4, 500)).astype(np.float32)
    found = qc.first_difference(x, qc.INT8, "onnx", "torch", "symmetric", qc.PerAxis(0))
    assert found is not None
    assert found.reasons == ("denominator of a symmetric scale",)
    assert "absmax / ((qmax - qmin) / 2)" in found.text


def test_a_narrow_range_is_a_reason() -> None:
    """ONNX Runtime's tools divide by half of [-127, 127], torchao by half of [-128, 127]."""
    x = np.random.default_rng(0).normal(size=2000).astype(np.float32)
    found = qc.first_difference(x, qc.INT8, "torchao", "onnxruntime", "symmetric")
    assert found is not None
    assert "narrow range" in found.reasons
    assert "leaves out the lowest code" in found.text


def test_degenerate_ranges_are_a_reason() -> None:
    """Zeros: the codes of ONNX are 0 with scale 1/255 and torch's too, but for int8 ONNX Runtime's zero point is 0."""
    found = qc.first_difference(np.zeros(3, np.float32), qc.INT8, "onnx", "onnxruntime")
    assert found is not None
    assert found.reasons == ("range without width",)


@pytest.mark.parametrize(
    ("a", "b", "reason"),
    [
        ("torch_pt2e", "torch_pt2e_per_token", "precision of the arithmetic"),  # the latter in that of the scale
        ("torch_pt2e_group", "torch_per_channel", "reconstruction"),
    ],
)
def test_reconstructions_are_compared_where_codes_agree(a: str, b: str, reason: str) -> None:
    """Same codes, another product on the way back."""
    x = np.random.default_rng(0).normal(size=100).astype(np.float32)
    params = qc.QuantParams(0.1, 0, qc.INT8)  # a float64 scale
    found = qc.first_difference(x, qc.INT8, a, b, params=params)
    assert found is not None
    assert found.what == "reconstruction"
    assert found.reasons == (reason,)


def test_profiles_that_agree_have_no_difference() -> None:
    """The same rules under two names."""
    x = np.random.default_rng(0).normal(size=500).astype(np.float32)
    assert qc.first_difference(x, qc.INT8, "onnx", "onnx") is None
    assert qc.first_difference(x, qc.INT8, "onnx", "onnxruntime", params=ONE) is None


@pytest.mark.parametrize("scheme", ["affine", "symmetric"])
def test_every_pair_of_toolkits_is_explained(scheme: str) -> None:
    """Whatever differs has a reason from the table; its text names both."""
    x = np.random.default_rng(1).normal(0.5, size=300).astype(np.float32)
    for a, b in itertools.combinations(qc.TOOLKITS, 2):
        found = qc.first_difference(x, qc.INT8, a, b, scheme)
        if found:
            assert found.reasons
            assert set(found.reasons) <= set(REASONS.values())
            assert f"{a} gives" in found.text
            assert f"{b} gives" in found.text


def test_reasons_are_fields_of_the_records() -> None:
    """Every field that steers a record has its name, so that no difference goes unexplained."""
    text = {"name", "library", "version", "source", "summary", "arithmetic"}
    steering = {f for record in (qc.Toolkit, qc.Arithmetic) for f in record.__dataclass_fields__} - text
    assert steering == REASONS.keys()

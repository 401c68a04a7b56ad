"""The steps from a range to scale and zero point: what they end in is what is used, and they are what was computed."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import quantcore as qc

ENDS = st.tuples(st.floats(-1e6, 1e6, width=32), st.floats(-1e6, 1e6, width=32)).map(sorted)


@given(
    ends=ENDS,
    toolkit=st.sampled_from(sorted(qc.TOOLKITS)),
    scheme=st.sampled_from(["affine", "symmetric"]),
    bits=st.integers(2, 16),
    is_signed=st.booleans(),
    is_narrow=st.booleans(),
    is_reduced=st.booleans(),
)
def test_the_steps_end_in_the_parameters(
    ends: list[float], toolkit: str, scheme: str, bits: int, is_signed: bool, is_narrow: bool, is_reduced: bool
) -> None:
    """The last scale and zero point are those of `qparams_from_range`, and their own flags explain them."""
    fmt = qc.IntFormat(bits, is_signed, is_narrow)
    width = max(map(abs, ends)) if scheme == "symmetric" else ends[1] - ends[0]
    assume(toolkit != "notebook" or width == 0 or width > 1e-30)  # else the scale factor is infinite
    assume(is_signed or not is_narrow)  # else the codes lack 0, which is some toolkits' zero point
    params = qc.qparams_from_range(*ends, fmt, scheme, toolkit=toolkit, reduce_range=is_reduced)
    found = qc.trace_qparams(*ends, fmt, scheme, toolkit=toolkit, reduce_range=is_reduced)
    assert found["scale"].value == params.scale
    assert found["zero_point"].value == params.zero_point
    assert found.is_widened == ([found["low"].value, found["high"].value] != ends)
    if qc.TOOLKITS[toolkit].zero_point is not qc.toolkits.choosing.ZeroPoint.FACTOR and not found.is_degenerate:
        assert found["scale"].value == pytest.approx(float(found["scale"].exact), rel=1e-6)


def test_pytorch_rounds_the_quotient_before_it_subtracts() -> None:
    """[-2.5, 251.5] over -127 to 127: -127 - round(-2.5 / 1) = -125, where round(-127 + 2.5) would be -124."""
    fmt = qc.IntFormat(8, narrow=True)
    found = qc.trace_qparams(-2.5, 251.5, fmt, toolkit="torch")
    assert [step.name for step in found.steps] == [
        "low", "high", "width", "quotient", "scale", "divisor", "low_in_steps", "rounded", "unclipped", "zero_point",
    ]  # fmt: skip
    assert (found["rounded"].value, found["zero_point"].value) == (-2, -125)
    assert qc.trace_qparams(-2.5, 251.5, fmt, toolkit="onnx")["zero_point"].value == -124


def test_the_exact_value_is_that_of_exact_arithmetic() -> None:
    """6.2 / 255 for the float64 numbers -3.0 and 3.2, as a fraction; and the precision of each step."""
    found = qc.trace_qparams(-3.0, 3.2, qc.INT8, dtype=np.float64)
    assert found["scale"].exact == (Fraction(3.2) + 3) / 255
    assert found["unrounded"].exact == -128 + 3 / found["scale"].exact
    assert qc.trace_qparams(-3.0, 3.2, qc.INT8, toolkit="tflite")["quotient"].dtype == "float64"
    assert qc.trace_qparams(-3.0, 3.2, qc.INT8, toolkit="tflite")["scale"].dtype == "float32"


@pytest.mark.parametrize(
    ("arguments", "flags"),
    [
        ({"low": 1.0, "high": 2.0}, {"is_widened"}),
        ({"low": -1.0, "high": 2.0}, set()),
        ({"low": 0.0, "high": 0.0}, {"is_degenerate"}),
        ({"low": 0.0, "high": 0.0, "toolkit": "tflite", "scheme": "symmetric"}, {"is_degenerate"}),
        ({"low": 0.0, "high": 1e-9, "toolkit": "torch"}, {"is_degenerate"}),
    ],
)
def test_what_is_particular_is_flagged(arguments: dict[str, object], flags: set[str]) -> None:
    """A range that was widened, and one that was no range."""
    found = qc.trace_qparams(fmt=qc.UINT8, **arguments)  # type: ignore[arg-type]
    assert {name for name in ("is_widened", "is_degenerate", "is_clipped") if getattr(found, name)} == flags


def test_a_degenerate_range_takes_the_toolkits_zero_point() -> None:
    """TensorFlow Lite: a symmetric scheme of unsigned codes has 0 at 128, but at 0 where all values are 0."""
    assert qc.trace_qparams(0.0, 0.0, qc.UINT8, "symmetric", toolkit="tflite")["zero_point"].value == 0
    assert qc.trace_qparams(0.0, 1.0, qc.UINT8, "symmetric", toolkit="tflite")["zero_point"].value == 128


def test_the_end_that_errs_less_gives_the_zero_point() -> None:
    """0 to 510 for int8: 127 - 510 / 2 sums smaller numbers than -128 - 0 does not."""
    assert qc.trace_qparams(0.0, 510.0, qc.INT8, toolkit="tflite").is_from_low
    assert not qc.trace_qparams(-510.0, 0.0, qc.INT8, toolkit="tflite").is_from_low


def test_a_record_of_ones_own_is_followed() -> None:
    """Any rules can be traced, not only those with a name."""
    rules = replace(qc.TOOLKITS["torch"], min_scale=0.5)
    assert qc.trace_qparams(-1.0, 1.0, qc.INT8, toolkit=rules)["scale"].value == 0.5

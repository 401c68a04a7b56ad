"""The way of one number, beside exact arithmetic."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import quantcore as qc

TENTH = qc.QuantParams(np.float32(0.1), 1, qc.INT8)


def test_the_steps_of_onnx_and_of_torch_come_in_their_own_order() -> None:
    """ONNX adds the zero point after rounding, torch.quantize_per_channel before, per tensor in one operation."""
    names = {
        arithmetic: [step.name for step in qc.trace([0.25], TENTH, 0, arithmetic).steps]
        for arithmetic in ("onnx", "torch_per_channel", "torch_per_tensor")
    }
    back = ["difference", "reconstruction"]
    assert names["onnx"] == ["x", "scale", "scaled", "rounded", "shifted", "code", *back]
    assert names["torch_per_channel"] == ["x", "reciprocal", "scaled", "shifted", "rounded", "code", *back]
    assert names["torch_per_tensor"] == ["x", "reciprocal", "shifted", "rounded", "code", *back]


@pytest.mark.parametrize(
    ("rounding", "words"),
    [
        ("half_even", "2.5 is a tie, exactly halfway between 2 and 3; ties go to the even one: 2"),
        ("half_away", "2.5 is a tie, exactly halfway between 2 and 3; ties go away from zero: 3"),
        ("half_toward_zero", "2.5 is a tie, exactly halfway between 2 and 3; ties go toward zero: 2"),
        ("half_up", "2.5 is a tie, exactly halfway between 2 and 3; ties go up: 3"),
        ("floor", ""),
    ],
)
def test_a_tie_is_said_to_be_one(rounding: str, words: str) -> None:
    """With its neighbours and the one that was taken; directed roundings know no ties."""
    found = qc.trace([2.5], qc.QuantParams(1.0, 0, qc.INT8), 0, rounding=rounding)
    assert found["rounded"].note == words
    assert found.is_tie
    assert not found.is_decided_by_float


def test_float32_can_make_a_tie() -> None:
    """0.15 / 0.1 in float32 is 1.5, exactly it is a little more: for ONNX both give 2, for torch the code differs."""
    x = np.float32([0.15])
    exact = Fraction(x[0].item()) / Fraction(np.float32(0.1).item())
    onnx = qc.trace(x, TENTH)
    assert onnx["scaled"].value == 1.5
    assert onnx["scaled"].exact == exact > Fraction(3, 2)
    assert onnx["scaled"].note.startswith("it is a tie only because float32 rounded it to one")
    assert "a little above, 1.500000037252902" in onnx["scaled"].note
    assert not onnx.is_decided_by_float
    torch = qc.trace(x, TENTH, 0, "torch_per_tensor")
    assert (torch["code"].value, torch["code"].exact) == (2, 3)
    assert torch.is_decided_by_float
    assert "a little above, 2.50000003725290" in torch["shifted"].note
    assert torch["rounded"].note.endswith("float32 decided: the exact number would become 3")


def test_clipping_is_said() -> None:
    """The note of the code names the end of the range that was passed."""
    params = qc.QuantParams(0.5, 3, qc.INT4)
    high, low = (qc.trace([100.0, -100.0], params, i) for i in (0, 1))
    assert high["code"].note == "203 is above the highest code, 7"
    assert low["code"].note == "-197 is below the lowest code, -8"
    assert high.is_clipped
    assert not qc.trace([0.5], params).is_clipped
    overflow = qc.trace(np.float32([3e38]), qc.QuantParams(np.float32(1e-9), 0, qc.INT8))
    assert overflow["scaled"].note == "too large for float32"
    assert overflow["code"].value == 127


def test_stochastic_rounding_tells_its_probability() -> None:
    """Up with the probability of the fraction."""
    found = qc.trace([2.25], qc.QuantParams(1.0, 0, qc.INT8), 0, rounding="stochastic", rng=np.random.default_rng(0))
    assert "it goes up with probability 0.25" in found["rounded"].note
    assert found["rounded"].value in (2, 3)


@given(
    x=st.lists(st.floats(-100, 100, width=32), min_size=6, max_size=6),
    arithmetic=st.sampled_from(sorted(qc.ARITHMETICS)),
    rounding=st.sampled_from(sorted(set(qc.ROUNDINGS) - {"stochastic"})),
    index=st.tuples(st.integers(0, 1), st.integers(0, 2)),
    granularity=st.sampled_from([qc.PerTensor(), qc.PerAxis(0), qc.PerAxis(-1), qc.PerBlock(2), qc.PerBlock(2, 0)]),
)
def test_a_trace_ends_where_quantize_and_dequantize_end(
    x: list[float], arithmetic: str, rounding: str, index: tuple[int, int], granularity: qc.Granularity
) -> None:
    """Code and reconstruction of the element are those of the array, at every granularity, in every arithmetic."""
    values = np.float32(x).reshape(2, 3)
    params = qc.choose_qparams(values, qc.INT8, granularity=granularity)
    try:
        q = qc.quantize(values, params, arithmetic, rounding)
    except qc.QuantError as error:
        assume(error.field != "scale")  # values so small that float32 has no reciprocal of their scale
        raise
    found = qc.trace(values, params, index, arithmetic, rounding)
    assert found["code"].value == q[index]
    assert found["reconstruction"].value == qc.dequantize(q, params, arithmetic)[index]
    assert found.index == index


def test_a_plain_index_counts_in_c_order() -> None:
    """Element 4 of two rows of three is [1, 1]."""
    found = qc.trace(np.arange(6.0).reshape(2, 3), qc.QuantParams(1.0, 0, qc.INT8), 4)
    assert found.index == (1, 1)
    assert found["x"].value == 4


def test_exact_values_are_the_formulas_in_fractions() -> None:
    """x / s, its rounding, plus z, and (q - z) * s, for a number that is no tie."""
    params = qc.QuantParams(np.float32(0.3), -2, qc.INT8)
    s = Fraction(np.float32(0.3).item())
    found = qc.trace([1.0], params)
    assert found["scaled"].exact == 1 / s
    assert found["rounded"].exact == 3
    assert found["shifted"].exact == found["code"].exact == 1
    assert found["reconstruction"].exact == 3 * s

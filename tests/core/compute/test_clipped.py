"""Who is clipped, as told by the steps that clip."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import quantcore as qc
from tests.core.oracle import RULES


@given(
    x=st.lists(st.floats(-(2.0**20), 2.0**20, width=32) | st.integers(-300, 300).map(lambda n: n / 2), min_size=1),
    scale=st.sampled_from([0.5, 1.0, 1.5, 0.1, 2.0**-10]),
    zero_point=st.integers(-128, 127),
    arithmetic=st.sampled_from(sorted(RULES)),
)
def test_a_value_is_clipped_whose_code_the_format_has_not(
    x: list[float], scale: float, zero_point: int, arithmetic: str
) -> None:
    """-1, 0 or 1 is on which side of the format the exact oracle's code is, for every arithmetic, ties among them."""
    params = qc.QuantParams(np.float32(scale), zero_point, qc.INT8)
    values = np.array(x, np.float32)
    codes = [RULES[arithmetic](Fraction(v), Fraction(params.scale.item()), zero_point) for v in values.tolist()]
    expected = [(code > 127) - (code < -128) for code in codes]
    assert qc.clipped(values, params, arithmetic).tolist() == expected


@pytest.mark.parametrize("rounding", ["half_even", "half_away", "floor", "ceil", "toward_zero", "stochastic"])
@pytest.mark.parametrize("granularity", [qc.PerTensor(), qc.PerAxis(1), qc.PerBlock(5)])
def test_the_sides_are_those_of_the_same_call(rounding: str, granularity: qc.Granularity) -> None:
    """A by-product of quantize, and `clipped` alone, are the same, and only codes at the ends are clipped."""
    x = np.random.default_rng(5).normal(size=(7, 12)) * 2
    params = qc.choose_qparams(x, qc.INT4, granularity=granularity, calibration=(-2.0, 1.5))
    sides = np.full(x.shape, 9, np.int8)
    q = qc.quantize(x, params, "onnx", rounding, np.random.default_rng(3), sides=sides)
    assert np.array_equal(sides, qc.clipped(x, params, "onnx", rounding, np.random.default_rng(3)))
    assert (sides != 0).any()
    assert (q[sides < 0] == -8).all()
    assert (q[sides > 0] == 7).all()
    wide = qc.QuantParams(params.scale, params.zero_point, qc.INT16, granularity)
    unclipped = qc.quantize(x, wide, "onnx", rounding, np.random.default_rng(3))
    assert np.array_equal(sides, np.clip(unclipped, -9, 8) - np.clip(unclipped, -8, 7))


@pytest.mark.parametrize("arithmetic", sorted(qc.ARITHMETICS))
@pytest.mark.parametrize("rounding", ["half_even", "half_away"])
def test_what_overflows_is_clipped(arithmetic: str, rounding: str) -> None:
    """A value so many steps away that no float has them is beyond the format like any other."""
    params = qc.QuantParams(np.float32(1e-8), 0, qc.INT8)
    assert qc.clipped(np.array([3e38, -3e38, 0], np.float32), params, arithmetic, rounding).tolist() == [1, -1, 0]


def test_sides_go_into_a_buffer_that_fits() -> None:
    """Another shape or type is refused, as for codes."""
    for sides in (np.empty(2, np.int8), np.empty(3, np.int16)):
        with pytest.raises(qc.QuantError, match="sides is"):
            qc.quantize([1.0, 2.0, 3.0], qc.QuantParams(1.0, 0, qc.INT8), sides=sides)

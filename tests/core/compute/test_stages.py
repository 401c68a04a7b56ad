"""The fused multiply-add, against exact fractions."""

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from quantcore.compute.stages import fused_multiply_add
from tests.core.oracle import rounded

FINITE = st.floats(-(2.0**60), 2.0**60, width=32)


def fma(x: float, y: float, z: float) -> float:
    """The function under test on single numbers."""
    x32, y32, z32 = (np.array([value], np.float32) for value in (x, y, z))
    return float(fused_multiply_add(x32, y32, z32)[0])


@given(x=FINITE, y=FINITE, z=FINITE)
def test_any_product_and_sum_round_once(x: float, y: float, z: float) -> None:
    """Arbitrary float32 numbers: the exact x * y + z, rounded to float32 once."""
    assert fma(x, y, z) == float(rounded(Fraction(x) * Fraction(y) + Fraction(z)))


@given(x=st.integers(2**23, 2**24 - 1), y=st.integers(2**23, 2**24 - 1), shift=st.integers(0, 60), sign=st.booleans())
def test_sums_that_lie_next_to_a_tie_round_once(x: int, y: int, shift: int, sign: bool) -> None:
    """Products with 48 significant bits and an addend far above or below: where rounding twice goes wrong."""
    z = float(np.float32(2.0**shift * (1 if sign else -1)))
    product = x * 2.0**-23, y * 2.0**-23
    assert fma(*product, z) == float(rounded(Fraction(product[0]) * Fraction(product[1]) + Fraction(z)))


def test_a_case_that_float64_gets_wrong() -> None:
    """A sum just below a tie: float64 rounds it onto the tie, and the tie goes to the wrong neighbour."""
    odd = 1 + 2.0**-23  # the last bit of its float32 is 1
    factor, other = 1 + 2.0**-18, 2.0**-24 * (1 - 2.0**-18)  # the product is 2^-24 - 2^-60
    twice = float(np.float32(np.float64(factor) * np.float64(other) + odd))
    assert twice == 1 + 2.0**-22
    assert fma(factor, other, odd) == odd

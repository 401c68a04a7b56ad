"""Rounding to whole numbers, against exact fractions, at the traps."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import quantcore as qc
from quantcore.rounding import round_fraction

# each rule on 2.5, -2.5, 3.5, 2.3, -2.3, 2.7, -2.7, 0.5, -0.5, from its definition
LITERAL = {
    "half_even": [2, -2, 4, 2, -2, 3, -3, 0, 0],
    "half_away": [3, -3, 4, 2, -2, 3, -3, 1, -1],
    "half_toward_zero": [2, -2, 3, 2, -2, 3, -3, 0, 0],
    "half_up": [3, -2, 4, 2, -2, 3, -3, 1, 0],
    "toward_zero": [2, -2, 3, 2, -2, 2, -2, 0, 0],
    "floor": [2, -3, 3, 2, -3, 2, -3, 0, -1],
    "ceil": [3, -2, 4, 3, -2, 3, -2, 1, 0],
    "away": [3, -3, 4, 3, -3, 3, -3, 1, -1],
}


def test_every_rule_is_in_the_table() -> None:
    """The literal table covers all rules but the random one."""
    assert LITERAL.keys() | {"stochastic"} == qc.ROUNDINGS.keys()


@pytest.mark.parametrize("rounding", LITERAL)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_rules_on_literal_values(rounding: str, dtype: type) -> None:
    """The table, in every precision, which is kept."""
    result = qc.round_whole(np.array([2.5, -2.5, 3.5, 2.3, -2.3, 2.7, -2.7, 0.5, -0.5], dtype), rounding)
    assert result.dtype == dtype
    assert result.tolist() == LITERAL[rounding]


@given(x=st.floats(allow_nan=False, allow_infinity=False), rounding=st.sampled_from(sorted(LITERAL)))
@example(x=0.49999999999999994, rounding="half_up")
@example(x=0.49999999999999994, rounding="half_away")
@example(x=-0.49999999999999994, rounding="half_toward_zero")
@example(x=-0.5000000000000001, rounding="half_up")
@example(x=4503599627370497.5, rounding="half_even")
@example(x=4503599627370497.0, rounding="half_up")
@example(x=9007199254740991.0, rounding="half_away")
@example(x=-5e-324, rounding="floor")
@example(x=5e-324, rounding="away")
def test_float64_rounds_as_its_exact_fraction(x: float, rounding: str) -> None:
    """Any float64 goes where its exact value goes."""
    assert qc.round_whole(np.array([x]), rounding).item() == round_fraction(Fraction(x), rounding)


@given(x=st.floats(allow_nan=False, allow_infinity=False, width=32), rounding=st.sampled_from(sorted(LITERAL)))
@example(x=0.4999999701976776, rounding="half_up")
@example(x=8388609.0, rounding="half_up")
@example(x=8388607.5, rounding="half_even")
def test_float32_rounds_as_its_exact_fraction(x: float, rounding: str) -> None:
    """Any float32 goes where its exact value goes."""
    assert qc.round_whole(np.array([x], np.float32), rounding).item() == round_fraction(Fraction(x), rounding)


@pytest.mark.parametrize("rounding", LITERAL)
def test_exact_fractions_follow_the_table_too(rounding: str) -> None:
    """The scalar rule and the array rule have one table."""
    values = [Fraction(n, 10) for n in (25, -25, 35, 23, -23, 27, -27, 5, -5)]
    assert [round_fraction(value, rounding) for value in values] == LITERAL[rounding]


@given(x=st.floats(-1e6, 1e6), seed=st.integers(0, 99))
def test_stochastic_goes_to_a_neighbour_and_leaves_whole_numbers(x: float, seed: int) -> None:
    """Down or up by less than one; a whole number stays whatever is drawn."""
    result = qc.round_whole(np.array([x, np.floor(x)]), "stochastic", np.random.default_rng(seed))
    assert result[0] in (np.floor(x), np.ceil(x))
    assert result[1] == np.floor(x)


def test_stochastic_goes_up_as_often_as_the_fraction_says() -> None:
    """A chi-square test of 0.1, 0.5 and 0.9 over 40,000 draws each."""
    rng = np.random.default_rng(7)
    for part in (0.1, 0.5, 0.9):
        n_up = qc.round_whole(np.full(40_000, -3 + part), "stochastic", rng).sum() + 3 * 40_000
        # four standard deviations of the binomial distribution
        assert abs(n_up - 40_000 * part) < 4 * np.sqrt(40_000 * part * (1 - part))


@pytest.mark.parametrize(
    ("rounding", "words"),
    [("nearest", "rounding is 'nearest'; it must be one of half_even"), ("stochastic", "needs rng")],
)
def test_unknown_rules_are_refused(rounding: str, words: str) -> None:
    """The message lists the names, or says what is missing."""
    with pytest.raises(qc.QuantError, match=words) as refused:
        qc.round_whole(np.array([1.5]), rounding)
    assert refused.value.field == "rounding"

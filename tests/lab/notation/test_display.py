"""Numbers as text: exact, or marked as not."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lab.notation import display


def shown_number(text: str) -> Fraction:
    """The number that a formatted text stands for."""
    return Fraction(text.removeprefix("≈").replace("−", "-"))


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(1, 17))
def test_a_number_without_the_sign_is_exact(number: float, digits: int) -> None:
    """Without "≈" the text reads back as the very number; with it, it is the nearest of so many digits."""
    text = display.short(number, digits)
    if text.startswith("≈"):
        assert shown_number(text) == Fraction(f"{number:.{digits}g}")
        assert shown_number(text) != Fraction(number)
    else:
        assert float(shown_number(text)) == number


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_float32_is_shown_in_its_own_digits(number: float) -> None:
    """A float32 needs at most nine digits, and they read back as it."""
    text = display.short(np.float32(number), 9)
    assert not text.startswith("≈")
    assert np.float32(float(shown_number(text))) == np.float32(number)


def test_the_minus_is_a_minus() -> None:
    """Display texts have U+2212, in exponents too, and no ASCII hyphen."""
    assert display.shortest(-1e-5) == "−1e−5"
    assert display.shortest(-128) == "−128"
    assert display.short(float("-inf")) == "−∞"


@pytest.mark.parametrize("bits", range(2, 17))
def test_hexadecimal_and_binary_are_twos_complement(bits: int) -> None:
    """Both texts read back as the code modulo its width, for every code, signed and unsigned."""
    for code in range(-(1 << (bits - 1)), 1 << bits):
        assert int(display.hexadecimal(code, bits), 16) == code % (1 << bits)
        digits = display.binary(code, bits).replace(" ", "")
        assert len(digits) == bits
        assert int(digits, 2) == code % (1 << bits)


def test_a_code_beyond_its_width_has_no_bits() -> None:
    """What the width does not hold is shown as a dash, not wrapped."""
    assert display.hexadecimal(256, 8) == display.binary(-129, 8) == "–"


def test_percentages_are_marked_when_cut() -> None:
    """A third is about 33.3 %, an eighth exactly 12.5 %."""
    assert [display.percent(share) for share in (1 / 3, 0.125, 1.0)] == ["≈33.3 %", "12.5 %", "100 %"]

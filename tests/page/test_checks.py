"""Answers typed by people: what counts as a number, and as the right one."""

import pytest
from page.checks import holds, is_right, number_in


@pytest.mark.parametrize("text", ["-128", "−128", " -128.0 ", "≈−128"])
def test_a_number_may_be_written_in_any_usual_way(text: str) -> None:
    """Either minus, blanks around, and a sign for about, make no difference."""
    assert number_in(text) == -128


@pytest.mark.parametrize("text", ["", "-", "minus one", "1 2", "1,000,000"])
def test_what_is_no_number_is_none(text: str) -> None:
    """Text that stands for no number, or for nobody knows which, is not taken for one."""
    assert number_in(text) is None


@pytest.mark.parametrize(("text", "is_it"), [("2.42", True), ("2.4193548", True), ("2.6667", False), ("-2.42", False)])
def test_two_decimals_are_enough(text: str, is_it: bool) -> None:
    """An answer may be rounded, but not be another number: 16 / 6.2 is not 15 / 6.2, nor −15 / 6.2."""
    assert is_right(text, "2.4193548387096775") is is_it


def test_nothing_but_zero_is_zero() -> None:
    """Where 0 is right there is no room for about."""
    assert is_right("0", "0")
    assert not is_right("0.001", "0")


@pytest.mark.parametrize(
    ("found", "goal", "is_it"), [(-128, "= -128", True), (0.001, "< 0.001", False), (None, "< 1", False)]
)
def test_goals(found: float | None, goal: str, is_it: bool) -> None:
    """A goal is reached exactly, and not by an answer that has no such number."""
    assert holds(found, *goal.split()) is is_it

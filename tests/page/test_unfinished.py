"""What a text may become while it is typed, and the steps of a slider."""

import doctest

import pytest
from page import checks, unfinished, views
from page.unfinished import is_beginning, round_step


@pytest.mark.parametrize("module", [checks, unfinished, views])
def test_examples(module: object) -> None:
    """The examples in the docstrings are true."""
    done = doctest.testmod(module)  # type: ignore[arg-type]
    assert done.failed == 0
    assert done.attempted


@pytest.mark.parametrize("text", ["-", "1, −", "3 .", "+", "2e", "-1.5e-", "[1, 2", "[[1], [2]"])
def test_a_number_may_be_amid(text: str) -> None:
    """A sign, a point, an exponent without digits, or an open bracket may go on."""
    assert is_beginning(text)


@pytest.mark.parametrize("text", ["", "1", "1, ", "- ", "e", "1x", "--", "abc", "1-", "[1]", "[1]]"])
def test_what_is_wrong_stays_wrong(text: str) -> None:
    """What no further key can mend, or needs none, is no beginning."""
    assert not is_beginning(text)


@pytest.mark.parametrize("size", [1e-300, 3.7e-9, 0.1, 0.2, 0.5, 1.0, 999.0, 2.5e30])
def test_steps_are_round(size: float) -> None:
    """A step is 1, 2 or 5 of a power of ten, at most the size and more than two fifths of it."""
    step = round_step(size)
    assert size * 0.399 < step <= size * 1.0000001
    assert f"{step:.6e}"[0] in "125"

"""What a page wants to show: instruments are built or left out, parts are always there."""

import lab
import pytest
from lab.instruments import INSTRUMENTS, PARTS


@pytest.mark.parametrize("part", PARTS)
def test_a_part_alone_builds_no_instrument(part: str) -> None:
    """Who shows a part only pays for no chart, and gets the part."""
    found = lab.answer({"show": part})
    assert found["figures"] == {}
    assert found["request"]["show"] == part
    assert found[part]


def test_parts_and_instruments_together() -> None:
    """The instruments among the names are built, in the page's order, and no other."""
    assert list(lab.answer({"show": "steps, error ,mapping"})["figures"]) == ["mapping", "error"]


def test_no_name_means_two_things() -> None:
    """A part is not called like an instrument."""
    assert not set(PARTS) & set(INSTRUMENTS)


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    """A misspelt part is told at its field, with what was probably meant."""
    errors = lab.answer({"show": "summry"})["errors"]
    assert [error["field"] for error in errors] == ["show"]
    assert 'Did you mean "summary"?' in errors[0]["message"]

from collections.abc import Callable

import pytest

from tests.bench.turns import Spread, in_turns, print_table, ratio, written


def test_rivals_alternate_and_the_first_turns_do_not_count() -> None:
    """The order is A, B, A, B, ...; what was measured before it counts is measured and dropped."""
    asked: list[str] = []

    def measure(name: str) -> Callable[[], int]:
        return lambda: asked.append(name) or len(asked)

    figures = in_turns({"a": measure("a"), "b": measure("b")}, n_turns=2, n_before=1)
    assert asked == ["a", "b", "a", "b", "a", "b"]
    assert figures == {"a": [3, 5], "b": [4, 6]}


def test_ratios_are_taken_turn_by_turn() -> None:
    """A machine twice as slow in some turns changes no ratio, where a ratio of two medians would be another."""
    yardstick = [10.0, 20.0, 10.0, 20.0, 10.0]
    rival = [15.0, 30.0, 15.0, 30.0, 15.0]
    assert ratio(rival, yardstick) == Spread(1.5, 1.5, 1.5)
    assert ratio([30, 20, 10, 60, 40], yardstick) == Spread(3, 1, 3)


def test_ratios_need_as_many_turns_of_both() -> None:
    """Figures that do not come in pairs are refused, not cut to the shorter."""
    with pytest.raises(ValueError, match="argument 2 is longer"):
        ratio([1, 2], [1, 2, 3])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([7], (7, 7, 7)),
        ([1, 2], (1.5, 1.25, 1.75)),
        ([5, 1, 4, 2, 3], (3, 2, 4)),
        ([1, 2, 3, 4, 5, 6, 7, 8, 900], (5, 3, 7)),
    ],
)
def test_a_spread_is_the_median_and_the_quartiles(values: list[float], expected: tuple[float, float, float]) -> None:
    """Quartiles as those of R's type 7 and Excel's QUARTILE.INC; one turn that was disturbed does not move them."""
    assert Spread.of(values) == Spread(*expected)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.0123, "0.0123"), (0.5, "0.50"), (2, "2.00"), (12.34, "12.3"), (123.4, "123"), (12345.6, "12,346")],
)
def test_figures_are_written_to_three_digits(value: float, text: str) -> None:
    """Large figures are whole, small ones keep what tells them apart."""
    assert written(value) == text


def test_a_table_lines_up(capsys: pytest.CaptureFixture[str]) -> None:
    """Names stand at the left, figures under their heads at the right."""
    print_table("title", {"a": {"x": "1.00", "longer": "2"}, "name": {"x": "10.0", "longer": "3"}})
    assert capsys.readouterr().out == "\ntitle\n         x  longer\na     1.00       2\nname  10.0       3\n"

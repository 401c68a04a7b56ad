"""The comparisons of recorded cases: each passes what it allows and fails what it does not."""

import numpy as np
import pytest

from tests.core.comparing import check


def case(how: str | None) -> dict[str, object]:
    """A case with one output, compared so; None: the case does not say how."""
    return {"id": "some/case", "compare": {"y": how}} if how else {"id": "some/case"}


@pytest.mark.parametrize(
    ("how", "got", "want"),
    [
        (None, [1, 2], [1, 2]),
        ("exact", [1.0, np.nan], [1.0, np.nan]),
        ("exact bytes", [255], [255]),
        ("exact value (sign of zero ignored)", [-0.0], [0.0]),
        ("exact value, NaN==NaN", [np.nan], [np.nan]),
        ("bitexact_f32", np.array([0.1]), np.array([0.1], np.float32)),
        ("bitexact_or_1e-6", [1.0000005, np.inf], [1.0, np.inf]),
        ("rtol=2e-3", [1.001], [1.0]),
        ("rtol=1e-9 (accumulate in float64)", [-np.inf, np.nan], [-np.inf, np.nan]),
        ("rtol=1e-6 given the same histogram", [1.0], [1.0]),
        ("rtol=1e-2 (flat minimum); compare MSE", [1.009], [1.0]),
    ],
)
def test_what_is_allowed_passes(how: str | None, got: object, want: object) -> None:
    """Equal values pass every comparison, close ones those with a tolerance."""
    check(case(how), "y", got, np.asarray(want))


@pytest.mark.parametrize(
    ("how", "got", "want"),
    [
        (None, [1, 3], [1, 2]),
        (None, [1], [1, 2]),
        ("exact", [1.0], [np.nan]),
        ("exact", [1.0], [1.0000001]),
        ("exact bytes", [1, 2], [1, 3]),
        ("bitexact_f32", [0.1], [0.1000001]),
        ("bitexact_or_1e-6", [1.00001], [1.0]),
        ("rtol=2e-3", [1.003], [1.0]),
        ("rtol=2e-3", [np.nan], [1.0]),
        ("rtol=2e-3", [np.inf], [-np.inf]),
        ("rtol=1e-6", [1e-9], [0.0]),
    ],
)
def test_what_is_not_allowed_fails(how: str | None, got: object, want: object) -> None:
    """Another number, another count, NaN for a number, another sign of infinity: each is told with its case."""
    with pytest.raises(AssertionError, match="some/case: y"):
        check(case(how), "y", got, np.asarray(want))


def test_one_code_beside_is_allowed_on_ties_only() -> None:
    """A difference of 1 passes where the exact quotient is a tie, a difference of 2 nowhere."""
    how, on_tie = case("max 1 LSB, exact where not on a tie"), np.array([True, False])
    check(how, "y", np.uint8([4, 7]), np.uint8([5, 7]), on_tie=on_tie)
    for wrong in ([5, 8], [3, 7], [7, 7]):
        with pytest.raises(AssertionError):
            check(how, "y", np.uint8(wrong), np.uint8([5, 7]), on_tie=on_tie)
    with pytest.raises(AssertionError, match="needs to know the ties"):
        check(how, "y", [1], np.array([1]))


def test_any_nan_code_stands_for_nan() -> None:
    """Where the recorded code is a NaN of the format any NaN code passes, and nothing else does."""
    how, nan = case("exact except NaN payload/sign"), np.arange(256) >= 250
    check(how, "y", [3, 251], np.array([3, 255]), nan=nan)
    with pytest.raises(AssertionError):
        check(how, "y", [3, 249], np.array([3, 255]), nan=nan)


def test_an_unknown_phrase_is_not_passed_over() -> None:
    """A comparison that nobody implemented raises, even for equal values."""
    with pytest.raises(NotImplementedError, match="roughly"):
        check(case("roughly"), "y", [1], np.array([1]))

"""Error figures against exact rational arithmetic, and their documented edges."""

import math
import tracemalloc
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import quantcore as qc
from quantcore.metrics import ErrorSums, clipped_share, compare

NUMBERS = st.floats(-1e6, 1e6, width=32)
PAIRS = st.integers(1, 40).flatmap(
    lambda n: st.tuples(hnp.arrays(np.float32, n, elements=NUMBERS), hnp.arrays(np.float32, n, elements=NUMBERS))
)


@given(PAIRS)
def test_figures_are_those_of_exact_arithmetic(pair: tuple[Any, Any]) -> None:
    """Every figure is the exact rational one to 1e-12: at most 40 float64 additions of 2^-53 each."""
    x, y = ([Fraction(float(value)) for value in array] for array in pair)
    errors = [a - b for a, b in zip(x, y, strict=True)]
    squares = sum(e * e for e in errors)
    figures = compare(*pair)
    assert figures.max_abs == float(max(abs(e) for e in errors))
    assert figures.mae == pytest.approx(float(sum(abs(e) for e in errors) / len(x)), rel=1e-12)
    assert figures.mse == pytest.approx(float(squares / len(x)), rel=1e-12)
    assert figures.rmse == pytest.approx(math.sqrt(squares / len(x)), rel=1e-12)
    signal = sum(a * a for a in x)
    if signal and squares:
        assert figures.sqnr_db == pytest.approx(10 * math.log10(signal / squares), rel=1e-9, abs=1e-9)
    norms = math.sqrt(signal * sum(b * b for b in y))
    expected = float(sum(a * b for a, b in zip(x, y, strict=True))) / norms if norms else 0.0
    assert figures.cosine == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("x", "x_hat", "sqnr_db", "cosine"),
    [
        ([1.0, 2.0], [1.0, 2.0], math.inf, 1.0),
        ([0.0, 0.0], [1.0, 0.0], -math.inf, 0.0),
        ([0.0, 0.0], [0.0, 0.0], math.nan, 0.0),
        ([3.0, 4.0], [0.0, 0.0], 0.0, 0.0),
        ([1.0, 2.0], [-1.0, -2.0], 10 * math.log10(1 / 4), -1.0),
    ],
)
def test_edges_answer_as_torch_does(x: list[float], x_hat: list[float], sqnr_db: float, cosine: float) -> None:
    """Identical, zero reference, both zero, zero estimate, opposite: as compute_sqnr of torch 2.13."""
    figures = compare(x, x_hat)
    np.testing.assert_equal(figures.sqnr_db, sqnr_db)
    assert figures.cosine == pytest.approx(cosine, abs=1e-15)


@pytest.mark.parametrize("magnitude", [1e-300, 1e-200, 1e150, 1e300])
def test_ratios_do_not_depend_on_the_magnitude(magnitude: float) -> None:
    """SQNR and cosine of float64 data are those of the same data near 1, where squares would over- or underflow."""
    x, y = np.array([1.0, -2.0, 3.0]), np.array([1.1, -2.2, 2.9])
    near, far = compare(x, y), compare(x * magnitude, y * magnitude)
    assert far.sqnr_db == pytest.approx(near.sqnr_db, rel=1e-12)
    assert far.cosine == pytest.approx(near.cosine, rel=1e-12)
    assert far.rmse == pytest.approx(near.rmse * magnitude, rel=1e-12)
    assert far.max_abs == pytest.approx(near.max_abs * magnitude, rel=1e-12)


@given(
    st.lists(PAIRS, min_size=1, max_size=4),
    st.lists(st.sampled_from([0.0, 1e-300, 1e-160, 1.0, 1e160, 1e300]), min_size=4, max_size=4),
)
def test_parts_add_up_to_the_whole(parts: list[tuple[Any, Any]], magnitudes: list[float]) -> None:
    """Figures of parts that are added or merged are those of all values at once, whatever the magnitudes."""
    scaled = [
        (x.astype(np.float64) * by, y.astype(np.float64) * by) for (x, y), by in zip(parts, magnitudes, strict=False)
    ]
    whole = compare(*(np.concatenate(side) for side in zip(*scaled, strict=True)))
    added, merged = ErrorSums(), ErrorSums()
    for x, y in scaled:
        added.add(x, y)
        one = ErrorSums()
        one.add(x, y)
        merged.merge(one)
    for sums in (added, merged, merged.swapped.swapped):
        found = sums.metrics
        assert (sums.n, found.max_abs) == (sum(x.size for x, _ in scaled), whole.max_abs)
        assert found.mae == pytest.approx(whole.mae, rel=1e-12, abs=1e-320)
        assert found.rmse == pytest.approx(whole.rmse, rel=1e-12, abs=1e-320)
        assert found.sqnr_db == pytest.approx(whole.sqnr_db, rel=1e-9, abs=1e-9, nan_ok=True)
        assert found.cosine == pytest.approx(whole.cosine, abs=1e-12)
    turned = compare(*(np.concatenate(side) for side in zip(*[(y, x) for x, y in scaled], strict=True)))
    assert merged.swapped.metrics.sqnr_db == pytest.approx(turned.sqnr_db, rel=1e-9, abs=1e-9, nan_ok=True)


def test_memory_does_not_grow_with_the_input() -> None:
    """Two million values are compared with less than 8 MB of temporaries."""
    x = np.ones(2_000_000, np.float32)
    y = np.full_like(x, 0.5)
    tracemalloc.start()
    assert compare(x, y).mse == 0.25
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8e6


def test_shape_and_type_do_not_matter() -> None:
    """Matrices, views and integer codes are measured like the flat float64 values they hold."""
    x = np.arange(24, dtype=np.float64).reshape(4, 6)
    y = np.round(x / 5) * 5
    flat = compare(x.reshape(-1), y.reshape(-1))
    assert compare(x, y) == flat
    assert compare(x.T, y.T).mse == pytest.approx(flat.mse)
    assert compare(x.astype(np.uint8), y.astype(np.int16)) == flat
    assert compare(x.astype(np.float16), y.astype(np.float16)) == flat


@given(hnp.arrays(np.float64, st.integers(1, 30), elements=st.floats(-400, 400)), st.integers(-128, 127))
def test_clipped_share_counts_what_clipping_moves(x: Any, zero_point: int) -> None:
    """A value counts if its quotient, rounded half to even, is a code that the format does not have."""
    codes = [round(Fraction(float(value) / 1.5)) + zero_point for value in x]
    expected = sum(not -128 <= code <= 127 for code in codes)
    params = qc.QuantParams(np.float64(1.5), zero_point, qc.INT8)
    assert clipped_share(x, params) == expected / x.size


def test_clipped_share_by_blocks_is_the_mean_of_the_blocks() -> None:
    """Parameters by block and by axis are applied where they belong."""
    x = np.array([[1.0, 9.0, 1.0], [20.0, 9.0, 2.0]])
    by_block = qc.QuantParams([[1.0, 0.1], [2.0, 1.0]], 0, qc.INT4, qc.PerBlock(2))
    assert clipped_share(x, by_block) == 3 / 6  # 9 > 7.5, 1 > 0.75, 20 > 15
    by_row = qc.QuantParams([1.0, 3.0], 0, qc.INT4, qc.PerAxis(0))
    assert clipped_share(x, by_row) == 1 / 6  # 9 > 7.5 in the first row; 22.5 holds all of the second


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda: compare([1.0], [1.0, 2.0]), "x_hat"),
        (lambda: compare([], []), "x"),
        (lambda: compare([1.0, math.nan], [1.0, 2.0]), "x"),
        (lambda: compare([1.0, 2.0], [1.0, math.inf]), "x_hat"),
        (lambda: compare([math.inf], [math.inf]), "x"),
        (lambda: compare(["a"], [1.0]), "x"),
        (lambda: compare([1.0], [1j]), "x_hat"),
        (lambda: clipped_share([], qc.QuantParams(1.0, 0, qc.INT8)), "values"),
    ],
)
def test_bad_input_names_its_field(call: Any, field: str) -> None:
    """What cannot be measured is refused with the field it concerns."""
    with pytest.raises(qc.QuantError) as caught:
        call()
    assert caught.value.field == field


def test_the_first_bad_value_is_named() -> None:
    """The message says which value is not finite, and where."""
    with pytest.raises(qc.QuantError, match="nan at index 70000"):
        compare(np.where(np.arange(100_000) >= 70_000, np.nan, 1.0), np.ones(100_000))


@given(
    hnp.arrays(np.float64, (2, 5), elements=st.floats(allow_nan=False, allow_infinity=False))
    | hnp.arrays(np.float64, (2, 5), elements=st.sampled_from([1e308, -1.79e308, 1.0, 5e-324, 3e-200, 0.0, 1e160]))
)
def test_figures_of_any_size_are_those_of_fractions(pair: Any) -> None:
    """Near the largest and the smallest float64, and with both at once, the figures are what exact sums give."""
    x, y = ([Fraction(value) for value in row] for row in pair.tolist())
    errors = [abs(a - b) for a, b in zip(x, y, strict=True)]
    xx, yy, dd = (sum(value * value for value in row) for row in (x, y, errors))
    found = compare(*pair)
    for figure, exact in ((found.max_abs, max(errors)), (found.mae, sum(errors) / 5), (found.mse, dd / 5)):
        if exact < Fraction(1.79e308):
            assert figure == pytest.approx(float(exact), rel=1e-12, abs=1e-322)
        else:
            assert figure > 1.78e308
    if xx and yy:
        product = sum(a * b for a, b in zip(x, y, strict=True))
        assert found.cosine == pytest.approx(root(product * product / (xx * yy)) * (1 if product > 0 else -1), abs=1e-7)
    if xx and dd:
        assert found.sqnr_db == pytest.approx(20 * log10_root(xx / dd), rel=1e-12, abs=1e-9)


def root(value: Fraction) -> float:
    """The square root of a number up to 1."""
    return math.sqrt(value) if value > Fraction(1, 10**300) else 0.0


def log10_root(ratio: Fraction) -> float:
    """log10 of the square root of a ratio of any size."""
    shift = ratio.numerator.bit_length() - ratio.denominator.bit_length()
    return (math.log10(ratio / Fraction(2) ** shift) + shift * math.log10(2)) / 2

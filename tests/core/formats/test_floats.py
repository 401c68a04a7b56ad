"""Small floats and codebooks: every code, and the numbers around every threshold, against exact arithmetic."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

import quantcore as qc
from quantcore.formats.codebooks import Codebook
from quantcore.formats.floats import FLOATS, FloatFormat, Nans
from quantcore.rounding import round_fraction

DETERMINISTIC = [name for name in qc.ROUNDINGS if name != "stochastic"]
SMALL = [fmt for fmt in FLOATS if fmt.bits <= 8]
SIGNED = [fmt for fmt in SMALL if fmt.signed]


def spelled(code: int, fmt: FloatFormat) -> Fraction | str:
    """The number of a code, read off its bits as the specifications write it."""
    bits = f"{code:0{fmt.bits}b}"
    sign = -1 if fmt.signed and bits[0] == "1" else 1
    exponent = bits[1:] if fmt.signed else bits
    exponent, mantissa = exponent[: fmt.exponent_bits], exponent[fmt.exponent_bits :]
    e, m = int(exponent, 2), int(mantissa or "0", 2)
    if fmt.nans is Nans.IEEE and "0" not in exponent:
        return ("-inf" if sign < 0 else "inf") if m == 0 else "nan"
    if fmt.nans is Nans.ALL_ONES and "0" not in exponent + mantissa:
        return "nan"
    if fmt.nans is Nans.NEGATIVE_ZERO and sign < 0 and e == m == 0:
        return "nan"
    fraction = Fraction(m, 2**fmt.mantissa_bits)
    if e == 0 and fmt.mantissa_bits:
        return sign * fraction * Fraction(2) ** (1 - fmt.bias)
    return sign * (1 + fraction) * Fraction(2) ** (e - fmt.bias)


def rounded(x: Fraction, fmt: FloatFormat, rounding: str) -> Fraction:
    """The saturating conversion, from its definition: a whole number of steps, whose size the exponent gives."""
    exponent = 1 - fmt.bias
    while abs(x) >= Fraction(2) ** (exponent + 1):
        exponent += 1
    step = Fraction(2) ** (exponent - fmt.mantissa_bits)
    found = round_fraction(x / step, rounding) * step
    return max(Fraction(fmt.lowest), min(Fraction(fmt.highest), found))


def around(fmt: FloatFormat | Codebook) -> np.ndarray:
    """All numbers, all midpoints, and the float64 and float32 on both sides of each."""
    reals, middles = fmt.grid().reals, fmt.grid().thresholds
    points = np.concatenate([reals, middles[np.isfinite(middles)], [0.0, -0.0]])
    small = points.astype(np.float32)
    sides = [np.nextafter(p, p.dtype.type(end)) for p in (points, small) for end in (-np.inf, np.inf)]
    return np.concatenate([points, *sides]).astype(np.float64)


@pytest.mark.parametrize("fmt", FLOATS, ids=lambda fmt: fmt.name)
def test_every_code_is_the_number_that_its_bits_spell(fmt: FloatFormat) -> None:
    """Sign, exponent and mantissa, read as text; -0 keeps its sign."""
    decoded = qc.decode(np.arange(1 << fmt.bits), fmt)
    for code, value in enumerate(decoded.tolist()):
        expected = spelled(code, fmt)
        if isinstance(expected, str):
            assert str(value) == expected, code
        else:
            assert Fraction(value) == expected, code
    np.testing.assert_array_equal(fmt.values, decoded)
    if fmt.signed and fmt.nans is not Nans.NEGATIVE_ZERO:
        assert np.signbit(decoded[1 << fmt.bits - 1])


@pytest.mark.parametrize("fmt", FLOATS, ids=lambda fmt: fmt.name)
def test_every_number_keeps_its_code(fmt: FloatFormat) -> None:
    """Encode undoes decode, for float32 and float64, by every rounding and in both ways of overflow."""
    codes = np.arange(1 << fmt.bits, dtype=fmt.dtype)
    values = qc.decode(codes, fmt)
    is_number = ~np.isnan(values)
    finite = np.isfinite(values)
    for rounding in DETERMINISTIC:
        for dtype in (np.float32, np.float64):
            again = qc.encode(values[is_number].astype(dtype), fmt, rounding, "overflow")
            np.testing.assert_array_equal(again, codes[is_number])
            saturated = qc.encode(values[finite].astype(dtype), fmt, rounding)
            np.testing.assert_array_equal(saturated, codes[finite])


@pytest.mark.parametrize("rounding", DETERMINISTIC)
@pytest.mark.parametrize("fmt", SIGNED, ids=lambda fmt: fmt.name)
def test_encode_rounds_once_and_exactly(fmt: FloatFormat, rounding: str) -> None:
    """At every number, every threshold, and one float on both sides of each, the exact answer."""
    points = around(fmt)
    ours = qc.decode(qc.encode(points, fmt, rounding), fmt)
    expected = [rounded(Fraction(x), fmt, rounding) for x in points.tolist()]
    assert [Fraction(value) for value in ours.tolist()] == expected


@pytest.mark.parametrize("rounding", DETERMINISTIC)
@pytest.mark.parametrize("fmt", FLOATS, ids=lambda fmt: fmt.name)
def test_many_float32_are_encoded_as_few_are(fmt: FloatFormat, rounding: str) -> None:
    """The table of the first bits and the arithmetic agree on any bits of a float32."""
    bits = np.random.default_rng(1).integers(0, 1 << 32, 20_000, dtype=np.uint32)
    x = np.concatenate([bits.view(np.float32), around(fmt).astype(np.float32)[:20_000]])
    x = x[~np.isnan(x)]
    for overflow in ("saturate", "overflow"):
        few = [qc.encode(part, fmt, rounding, overflow) for part in np.array_split(x, len(x) // 4000 + 1)]
        np.testing.assert_array_equal(qc.encode(x, fmt, rounding, overflow), np.concatenate(few))


@pytest.mark.parametrize("name", list(qc.FORMATS))
def test_thresholds_are_where_the_code_changes(name: str) -> None:
    """Half to even, below a threshold the earlier code and above it the later one; the grid rises."""
    fmt = qc.FORMATS[name]
    grid = fmt.grid()
    assert np.all(np.diff(grid.thresholds) >= 0)
    assert np.all(np.diff(grid.reals) >= 0)
    inner = grid.thresholds[1:-1]
    for side, codes in ((-np.inf, grid.codes[:-1]), (np.inf, grid.codes[1:])):
        beside = np.nextafter(inner, side)
        found = qc.decode(qc.encode(beside, fmt), fmt)
        np.testing.assert_array_equal(found, qc.decode(codes, fmt))


@pytest.mark.parametrize("name", list(qc.FORMATS))
def test_encode_is_monotone_and_stays(name: str) -> None:
    """A larger number never becomes a smaller one; what is a number of the format stays."""
    fmt = qc.FORMATS[name]
    x = np.sort(np.random.default_rng(2).normal(size=5000) * min(fmt.highest, 1e30))
    for rounding in DETERMINISTIC:
        y = qc.decode(qc.encode(x, fmt, rounding), fmt)
        assert np.all(np.diff(y) >= 0)
        np.testing.assert_array_equal(qc.decode(qc.encode(y, fmt, rounding), fmt), y)


def test_stochastic_rounding_is_right_on_average() -> None:
    """Between 1 and 1.125, a quarter of the way up, a quarter goes up; numbers of the format stay."""
    rng = np.random.default_rng(3)
    y = qc.decode(qc.encode(np.full(40_000, 1 + 0.125 / 4), "float8_e4m3fn", "stochastic", rng=rng), "float8_e4m3fn")
    assert set(y.tolist()) == {1.0, 1.125}
    assert abs((y == 1.125).mean() - 0.25) < 0.01  # 4.6 standard deviations
    assert np.all(qc.encode(np.full(100, 1.125), "float8_e4m3fn", "stochastic", rng=rng) == 0x39)


@pytest.mark.parametrize(
    ("name", "x", "overflow", "numbers", "codes"),
    [
        ("float8_e4m3fn", [1000, 448, 464, 465, -1000], "saturate", [448, 448, 448, 448, -448], [0x7E] * 4 + [0xFE]),
        ("float8_e4m3fn", [1000, 448, 464, 465], "overflow", [np.nan, 448, 448, np.nan], [0x7F, 0x7E, 0x7E, 0x7F]),
        ("float8_e4m3fn", [1.8131605, 232.03683398099045, 4.25], "saturate", [1.875, 240, 4], [0x3F, 0x77, 0x48]),
        ("float8_e5m2", [61439, 61440, -61440], "overflow", [57344, np.inf, -np.inf], [0x7B, 0x7C, 0xFC]),
        (
            "float4_e2m1fn",
            [0.25, 0.75, 1.25, 1.75, 2.5, 3.5, 5],
            "saturate",
            [0, 1, 1, 2, 2, 4, 4],
            [0, 2, 2, 4, 4, 6, 6],
        ),
        ("float8_e8m0fnu", [1.5, 1.49, 0, -1], "overflow", [2, 1, np.nan, np.nan], [128, 127, 255, 255]),
        ("float8_e4m3fn", [1.0625 + 2**-40], "saturate", [1.125], [0x39]),  # by way of float32 it would be 1
        ("float4_e2m1fn", [5 + 2**-40], "saturate", [6], [7]),
    ],
)
def test_published_cases(name: str, x: list[float], overflow: str, numbers: list[float], codes: list[int]) -> None:
    """Ties, saturation and overflow as the specifications and reports of bugs have them."""
    found = qc.encode(x, name, overflow=overflow)  # type: ignore[arg-type]
    assert found.tolist() == codes
    np.testing.assert_array_equal(qc.decode(found, name), np.array(numbers, np.float32))


@pytest.mark.parametrize("name", list(qc.FORMATS))
def test_bit_fields_cover_the_code(name: str) -> None:
    """From the highest bit to the lowest, without a gap."""
    fmt = qc.FORMATS[name]
    fields = fmt.bit_fields()
    ends = [fmt.bits, *(field.shift for field in fields)]
    assert [high - low for high, low in pairwise(ends)] == [field.width for field in fields]
    assert ends[-1] == 0


@pytest.mark.parametrize(
    ("call", "field", "words"),
    [
        (lambda: qc.encode([1.0], "float7"), "fmt", "fmt is 'float7'; it must be one of int2"),
        (lambda: qc.encode([1.0], "nf4", overflow="wrap"), "overflow", "overflow is 'wrap'"),
        (lambda: qc.encode([1.0], "nf4", "nearest"), "rounding", "rounding is 'nearest'"),
        (lambda: qc.encode([[0.0], [np.nan]], "float4_e2m1fn"), "values", "values[1, 0] is nan; FP4 E2M1 has no code"),
        (lambda: qc.encode([np.inf], "nf4"), "values", "values[0] is inf; NF4 has no code"),
        (lambda: qc.encode([np.inf], "int8"), "values", "values[0] is inf; int8 has no code"),
        (lambda: qc.decode([16], "nf4"), "codes", "codes hold 16; it is no code of nf4, 4 bits."),
        (lambda: qc.decode([-1], "float8_e5m2"), "codes", "codes hold -1"),
        (lambda: qc.decode([1.5], "float8_e5m2"), "codes", "must be whole numbers"),
    ],
)
def test_bad_input_is_refused(call: object, field: str, words: str) -> None:
    """The message names what was found; the field is the argument's."""
    with pytest.raises(qc.QuantError) as refused:
        call()  # type: ignore[operator]
    assert refused.value.field == field
    assert words in refused.value.message

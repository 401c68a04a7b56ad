"""Generated numbers and the drawn picture: the same bits everywhere, and the distributions that their names promise."""

import hashlib
import math
import statistics
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lab.data import exact
from lab.data.generate import GENERATORS, MAX_VALUES, Recipe, generate
from lab.data.picture import draw
from lab.data.randomness import split_mix, uniforms

import quantcore as qc

# The first three numbers of seed 1 in shape 2,2, and the digest of 300 x 400 numbers of seed 2024 in little-endian.
# Recorded under CPython 3.11 on x86-64 (glibc); Pyodide 314.0.4 (wasm32, musl) gives the same.
RECORDED = {
    "normal": (
        ["0x1.574cbe7a124e1p-3", "-0x1.0aeff64dc4337p-2", "0x1.2b08cbe8a2b22p-1"],
        "e179e93321060e829de86932e8bd3de3fbebd9301b6ed3234d804997129f265e",
    ),
    "uniform": (
        ["0x1.d83842e99998cp-3", "-0x1.6cc3ecc469644p-2", "0x1.86eb26bb5b29ep-1"],
        "b6d8c3c7d664998d28217ae2f6658caa4fc131fdf2a0599429a33a39d1526c3b",
    ),
    "laplace": (
        ["0x1.9dc311d29ac1ep-4", "-0x1.4d6e632abca25p-3", "0x1.a4e31a8e513b3p-2"],
        "c5a4f8d6289978aa5abe2b23acfc74839d7040a5442099d6dd3923a26b449b12",
    ),
    "student_t": (
        ["0x1.2e247040224c2p-2", "-0x1.68380c3a24facp-3", "0x1.181f0fc2002e8p-2"],
        "5b0525a6a5553001b7afc3e9523a2cdf72c61fbda625a365b38cb1e25011cbd0",
    ),
    "outliers": (
        ["0x1.574cbe7a124e1p-3", "-0x1.0aeff64dc4337p-2", "0x1.2b08cbe8a2b22p-1"],
        "68e8b79e6585b04bf0b6906c365306f0b0c99908325e61830cd6ff0a7f28bc7b",
    ),
    "bimodal": (
        ["0x1.f235d16529248p-1", "-0x1.037d238a3696fp+0", "-0x1.4a7435a933643p-1"],
        "4985236fb12ab787033a965eadcc213c65303dc75a9f72af297cf4b550ca7fc7",
    ),
    "relu": (
        ["0x1.574cbe7a124e1p-3", "0x0.0p+0", "0x1.2b08cbe8a2b22p-1"],
        "73d34a0bcc9a1965d0c9dd77a74a3cb8af7e0936a9755cc05aafe0053363fc8b",
    ),
    "ramp": (
        ["-0x1.0000000000000p+0", "-0x1.5555555555555p-2", "0x1.5555555555555p-2"],
        "b062ccea5ec96fc154cfb4a0deda35b3205bb34859073b332eafe2636a397f1c",
    ),
    "sine": (
        ["0x0.0p+0", "0x0.0p+0", "0x0.0p+0"],
        "f8e4555af9fd02bd586121513c8b59dfe9a6a37cdb0ea039aaf435773c389af5",
    ),
}
PICTURE = "72e7985d43dfb12bdf93a0f35ce27ed095b3f4a053d49f72a27499c6ad94167d"

# Excess kurtosis of each distribution of standard deviation 1 (textbook values); the ramp and the sine are not random.
KURTOSIS = {"normal": 0.0, "uniform": -1.2, "laplace": 3.0, "bimodal": -2 * 0.9**4}


def test_split_mix_reproduces_published_outputs() -> None:
    """The generator's first outputs for the seed 1234567 are those of java.util.SplittableRandom."""
    published = [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]
    assert split_mix(1234567, np.arange(1, 6, dtype=np.uint64)).tolist() == published


@pytest.mark.parametrize("source", GENERATORS)
def test_numbers_are_the_recorded_bits(source: str) -> None:
    """A seed gives the recorded numbers, bit for bit."""
    first, digest = RECORDED[source]
    few = generate(source, Recipe(shape=(2, 2), seed=1))
    many = generate(source, Recipe(shape=(300, 400), seed=2024, spread=0.5, degrees=5))
    assert [number.hex() for number in few.ravel()[:3].tolist()] == first
    assert hashlib.sha256(many.astype("<f8").tobytes()).hexdigest() == digest


def test_picture_is_the_recorded_one() -> None:
    """The picture is drawn in the recorded greys, every one a whole number."""
    assert hashlib.sha256(draw().astype(np.uint8).tobytes()).hexdigest() == PICTURE
    assert np.array_equal(draw(), np.rint(draw()))


def test_picture_has_smooth_and_fine_parts() -> None:
    """Most neighbours in the sky differ by at most two greys, and the water has steps of more than twenty."""
    steps = np.abs(np.diff(draw(), axis=1))
    assert np.mean(steps[:40] <= 2) > 0.8
    assert np.mean(steps[60:] > 20) > 0.02


@given(st.integers(0, 2**32 - 1), st.integers(0, 31), st.integers(0, 2**40))
def test_uniforms_are_exact_and_strictly_inside(seed: int, lane: int, first: int) -> None:
    """Every uniform number is an odd multiple of 2**-53 between 0 and 1, and the same for any chunk it is taken in."""
    numbers = uniforms(seed, first, first + 8, lane)
    assert all(0 < number < 1 and (Fraction(number) * 2**53) % 2 == 1 for number in numbers.tolist())
    assert np.array_equal(uniforms(seed, first + 3, first + 8, lane), numbers[3:])


@pytest.mark.parametrize("source", sorted(set(GENERATORS) - {"ramp", "sine"}))
def test_larger_shape_continues_the_smaller(source: str) -> None:
    """The numbers of a small shape are the first numbers of a large one, across the chunks of the computation."""
    large = generate(source, Recipe(shape=(70_000,), seed=3))
    assert np.array_equal(generate(source, Recipe(shape=(33_000,), seed=3)), large[:33_000])


@pytest.mark.parametrize("source", KURTOSIS)
def test_moments_are_those_of_the_distribution(source: str) -> None:
    """Mean, deviation and kurtosis of a million numbers are the distribution's, within five standard errors."""
    spread = 2.5
    x = generate(source, Recipe(shape=(1000, 1000), seed=7, spread=spread)) / spread
    kurtosis = float(np.mean(x**4))
    expected = KURTOSIS[source] + 3
    assert abs(float(x.mean())) < 5e-3
    assert abs(float(np.mean(x**2)) - 1) < 5 * math.sqrt((expected - 1) / x.size)
    assert abs(kurtosis - expected) < 5 * float(np.std(x**4)) / 1000


@pytest.mark.parametrize("degrees", [4, 5, 30])
def test_student_t_has_its_share_beyond_two(degrees: int) -> None:
    """The share of |t| beyond 2.0 is the tables' (two-sided p of t = 2: 0.1161, 0.1019, 0.0546)."""
    table = {4: 0.11612, 5: 0.10194, 30: 0.05462}
    x = generate("student_t", Recipe(shape=(400_000,), seed=5, degrees=degrees))
    t = x / math.sqrt((degrees - 2) / degrees)
    assert abs(float(np.mean(np.abs(t) > 2.0)) - table[degrees]) < 5 * math.sqrt(0.11 / 400_000)


def test_outliers_are_normal_numbers_but_for_the_share() -> None:
    """All but about the share of the values equal the normal ones; the others lie outlier_size further out."""
    recipe = Recipe(shape=(100_000,), seed=9, outlier_share=0.02, outlier_size=50)
    normal, mixed = generate("normal", recipe), generate("outliers", recipe)
    moved = normal != mixed
    assert abs(float(moved.mean()) - 0.02) < 5 * math.sqrt(0.02 / 100_000)
    assert np.allclose(np.abs(mixed - normal)[moved], 50, rtol=1e-12)
    assert np.all(np.abs(mixed[moved]) >= 50)


def test_relu_keeps_the_positive_half() -> None:
    """ReLU numbers are the normal ones with zero, never minus zero, for what is negative."""
    recipe = Recipe(shape=(1000,), seed=4)
    normal, relu = generate("normal", recipe), generate("relu", recipe)
    assert relu.tolist() == [max(number, 0.0) for number in normal.tolist()]
    assert not np.signbit(relu).any()


def test_ramp_and_sine_are_what_they_say() -> None:
    """A ramp rises from -spread to spread in equal steps; a sine has one period along each axis."""
    assert generate("ramp", Recipe(shape=(5,), spread=2)).tolist() == [-2, -1, 0, 1, 2]
    assert generate("ramp", Recipe(shape=(1,))).tolist() == [-1.0]
    assert generate("sine", Recipe(shape=(4,))).tolist() == [0, 1, 0, -1]
    expected = [[math.sin(2 * math.pi * (row / 3 + column / 8)) for column in range(8)] for row in range(3)]
    assert np.allclose(generate("sine", Recipe(shape=(3, 8))), expected, atol=1e-15)


def test_too_large_shape_is_refused() -> None:
    """A shape beyond the limit is an error of the field shape, before anything is allocated."""
    with pytest.raises(qc.QuantError, match=f"at most {MAX_VALUES:,}") as caught:
        generate("normal", Recipe(shape=(10**6, 10**6)))
    assert caught.value.field == "shape"


@given(st.floats(5e-324, 1.7e308))
def test_log_is_within_two_units_of_the_last_place(x: float) -> None:
    """The logarithm agrees with the C library's, itself correct to one unit, within two units."""
    assert abs(float(exact.log(np.array([x]))[0]) - math.log(x)) <= 2 * math.ulp(math.log(x)) or 0.7 < x < 1.42


@given(st.floats(0.7, 1.42))
def test_log_near_one_keeps_its_relative_precision(x: float) -> None:
    """Near 1, where the logarithm vanishes, it is still within two units of the last place of the C library's log1p."""
    wanted = math.log1p(x - 1) if x >= 0.5 else math.log(x)  # x - 1 is exact from 0.5 to 2
    assert abs(float(exact.log(np.array([x]))[0]) - wanted) <= 3 * math.ulp(wanted)


@given(st.floats(-4, 4))
def test_sine_agrees_with_the_c_library(turns: float) -> None:
    """The sine of turns is within 2e-16 times 2π of sin(2π · turns), the error of the angle that math.sin is given."""
    assert abs(float(exact.sine_of_turns(np.array([turns]))[0]) - math.sin(2 * math.pi * turns)) < 6e-15


@given(st.integers(0, 2**52 - 1))
def test_normal_quantile_agrees_with_the_standard_library(bits: int) -> None:
    """The quantile is statistics.NormalDist's (the same algorithm with the C library's log) to 1e-14, relative."""
    p = (bits + 0.5) * 2.0**-52
    wanted = statistics.NormalDist().inv_cdf(p)
    assert float(exact.normal_quantile(np.array([p]))[0]) == pytest.approx(wanted, rel=1e-14, abs=1e-300)

"""MX, NVFP4 and bitsandbytes: published cases, bytes there and back, thresholds, and what is refused."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import quantcore as qc
from quantcore.blocks.microscaling import MICROSCALED, MicroscaledBlocks
from quantcore.blocks.scaled import ScaledBlocks
from quantcore.formats.powers import SCALE_MODES

SCALED = [name for name, fmt in qc.BLOCK_FORMATS.items() if isinstance(fmt, ScaledBlocks)]


def heavy(*shape: int) -> np.ndarray:
    """Weights with outliers, float32."""
    return np.random.default_rng(4).standard_t(3, shape).astype(np.float32)


def test_the_formats_that_ship_in_models_are_there() -> None:
    """By the names that others call."""
    names = "mxfp8_e4m3 mxfp8_e5m2 mxfp6_e2m3 mxfp6_e3m2 mxfp4 mxint8 nvfp4 nf4 nf4_double fp4_bnb"
    assert set(names.split()) <= set(SCALED)


def test_mxfp8_e5m2_of_small_numbers_and_one_large() -> None:
    """1 to 31 and 127.99999 under floor: scale byte 118, and what becomes of the largest and of ties."""
    stored = qc.store([*range(1, 32), 127.99999], "mxfp8_e5m2")
    assert stored.levels[0].codes is not None
    assert stored.levels[0].codes.tolist() == [[118]]
    found = qc.restore(stored)
    assert (found[31], found[28], found[29]) == (112, 28, 32)


@pytest.mark.parametrize(("mode", "scale", "number"), [("floor", 2, 896), ("rceil", 4, 960)])
def test_mxfp8_e4m3_clips_under_floor(mode: str, scale: float, number: float) -> None:
    """A block whose largest value is 960 and that holds 957."""
    stored = qc.store([960, 957, *[0] * 30], "mxfp8_e4m3", scale_mode=mode)
    assert stored.scale.tolist() == [[scale]]
    assert qc.restore(stored)[1] == number


@pytest.mark.parametrize(("mode", "code"), [("floor", 126), ("ceil", 127), ("rceil", 126)])
def test_the_modes_differ_on_150(mode: str, code: int) -> None:
    """A block whose largest value is 150, in E4M3."""
    codes = qc.store([150, *[1] * 31], "mxfp8_e4m3", scale_mode=mode).levels[0].codes
    assert codes is not None
    assert codes.item() == code


def test_nf4_of_five_numbers() -> None:
    """Codes, bytes with the padding nibble, and numbers."""
    stored = qc.store([-2, -1, 0, 1, 2], "nf4")
    assert stored.element_codes().tolist() == [0, 2, 7, 12, 15]
    assert stored.to_bytes()[:3].hex() == "027cf7"
    expected = np.array([-2, 2 * -0.5250730514526367, 0, 2 * 0.44070982933044434, 2], np.float32)
    np.testing.assert_array_equal(qc.restore(stored), expected)


def test_a_divisor_of_the_tensor_divides() -> None:
    """NVFP4 as compressed-tensors stores it: 6 * (448 / 3584) is 0.75."""
    x = [0.75, *[0.0] * 15]
    stored = qc.store(x, "nvfp4_compressed_tensors", tensor_scale=3584)
    assert stored.levels[-1].values.item() == 448
    assert qc.restore(stored)[0] == 0.75
    assert qc.restore(stored.fmt.from_bytes(stored.to_bytes(), (16,)))[0] == 0.75
    with pytest.raises(qc.QuantError, match="rule is 'compressed_tensors'"):
        qc.store(x, "nvfp4", rule="compressed_tensors")


def exponent(amax: Fraction, fmt: MicroscaledBlocks, mode: str) -> int:
    """The scale's exponent from its definition, in exact arithmetic."""
    if mode == "rceil":
        wanted = Fraction(float(np.float32(float(amax)) / np.float32(fmt.element_max)))
        k = -200
        while Fraction(2) ** k < wanted:
            k += 1
        return max(k, -127)
    k = -200
    while Fraction(2) ** (k + 1) <= amax:
        k += 1
    if mode == "ceil" and Fraction(2) ** k != amax:
        k += 1
    if mode == "even" and amax / Fraction(2) ** k >= 2 - Fraction(1, 2 ** (fmt.mantissa_bits + 1)):
        k += 1
    return max(k - fmt.largest_exponent, -127)


@pytest.mark.parametrize("mode", SCALE_MODES)
@pytest.mark.parametrize("fmt", MICROSCALED, ids=lambda fmt: fmt.name)
def test_scales_are_what_their_definition_says(fmt: MicroscaledBlocks, mode: str) -> None:
    """Powers of two, what lies beside them, the greatest elements, and random magnitudes."""
    points = np.array([1, 1.5, 1.75, 1.875, 1.9375, fmt.element_max, 150, 957], np.float32)
    random = np.exp2(np.random.default_rng(5).uniform(-20, 20, 100)).astype(np.float32)
    amax = np.concatenate([points, np.nextafter(points, np.float32(0)), np.nextafter(points, np.float32(1e9)), random])
    x = np.zeros((len(amax), 32), np.float32)
    x[:, 3] = -amax
    codes = qc.store(x, fmt, scale_mode=mode).levels[0].codes
    assert codes is not None
    assert codes[:, 0].tolist() == [127 + exponent(Fraction(float(a)), fmt, mode) for a in amax]


@pytest.mark.parametrize("name", SCALED)
@pytest.mark.parametrize("shape", [(128,), (3, 64), (2, 3, 32), (0, 32)])
def test_bytes_come_back(name: str, shape: tuple[int, ...]) -> None:
    """from_bytes(to_bytes) has the same codes, scales and numbers, and the size is that of the bytes."""
    fmt = qc.BLOCK_FORMATS[name]
    if shape[-1] % fmt.block_size and not fmt.is_partial_allowed:
        with pytest.raises(qc.QuantError, match="whole blocks"):
            qc.store(heavy(*shape), fmt)
        return
    stored = qc.store(heavy(*shape), fmt)
    data = stored.to_bytes()
    assert len(data) == stored.size_bytes
    again = fmt.from_bytes(data, shape)
    np.testing.assert_array_equal(again.element_codes(), stored.element_codes())
    np.testing.assert_array_equal(again.scale, stored.scale)
    np.testing.assert_array_equal(qc.restore(again), qc.restore(stored))
    assert again.to_bytes() == data


@pytest.mark.parametrize("name", SCALED)
def test_any_bytes_decode(name: str) -> None:
    """Whatever a scale's bits are: NaN and infinity come out, nothing is raised, and the bytes stay."""
    fmt = qc.BLOCK_FORMATS[name]
    size = len(qc.store(np.zeros((4, 64)), fmt).to_bytes())
    data = np.random.default_rng(6).integers(0, 256, size, dtype=np.uint8).tobytes()
    stored = fmt.from_bytes(data, (4, 64))
    assert qc.restore(stored).shape == (4, 64)
    assert stored.to_bytes() == data
    with pytest.raises(qc.QuantError, match="bytes"):
        fmt.from_bytes(data + b"\0", (4, 64))


@pytest.mark.parametrize("name", [fmt.name for fmt in MICROSCALED])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_blocks_lie_along_any_axis(name: str, axis: int) -> None:
    """The same as moving the axis to the end first."""
    x = heavy(32, 64, 96)
    stored = qc.store(x, name, axis=axis)
    moved = qc.restore(qc.store(np.ascontiguousarray(np.moveaxis(x, axis, -1)), name))
    np.testing.assert_array_equal(qc.restore(stored), np.moveaxis(moved, -1, axis))
    again = stored.fmt.from_bytes(stored.to_bytes(), x.shape, axis)
    np.testing.assert_array_equal(qc.restore(again), qc.restore(stored))


@pytest.mark.parametrize("name", SCALED)
def test_the_grid_of_an_element(name: str) -> None:
    """Each element is the level that the thresholds around it say, in its own block."""
    x = heavy(2, 64)
    stored = qc.store(x, name)
    y = qc.restore(stored)
    for element in range(0, x.size, 7):
        grid = stored.grid(element)
        value, real = float(x.flat[element]), y.flat[element]
        at = np.flatnonzero(grid.codes == stored.element_codes().flat[element])
        below, above = grid.thresholds[at], grid.thresholds[at + 1]
        slack = 1e-6 * abs(value) + 0.05 * abs(real) * (
            name in ("nf4_double", "uint4_f16")
        )  # divided by the scale before its own rounding
        if at.size and 0 < at[0] < len(grid.codes) - 1:
            assert below[0] - slack <= value <= above[0] + slack
            assert grid.reals[at[0]] == real


@pytest.mark.parametrize("name", SCALED)
def test_zeros_stay_zeros(name: str) -> None:
    """A block of zeros, whatever its scale."""
    np.testing.assert_array_equal(qc.restore(qc.store(np.zeros((2, 64)), name)), np.zeros((2, 64)))


def test_mlx_keeps_the_larger_extreme() -> None:
    """Written by hand: 2 bits, of -1 .. 2 the maximum is kept, with a negative scale; of -3 .. 0 the minimum."""
    x = np.zeros((2, 64), np.float32)
    x[0, :4], x[1, :4] = [-1, 0, 1, 2], [-3, -2, -1, 0]
    stored = qc.store(x, "mlx_affine2")
    assert stored.scale.tolist() == [[-1], [1]]
    assert stored.offset is not None
    assert stored.offset.tolist() == [[2], [-3]]
    assert stored.codes[:, :4].tolist() == [[3, 2, 1, 0], [0, 1, 2, 3]]
    np.testing.assert_array_equal(qc.restore(stored), x)


@pytest.mark.parametrize("name", ["int8_f16", "int4_f16", "int4_e4m3", "int4_e8m0", "uint4_f16"])
def test_integers_are_within_half_a_step(name: str) -> None:
    """Of the scale as it is stored; its own rounding may clip the extremes by as many steps as there are, times it."""
    x = heavy(8, 64)
    stored = qc.store(x, name)
    n_steps = stored.fmt.element.highest
    rounding = {"float16": 2.0**-11, "float8_e4m3fn": 2.0**-4, "float8_e8m0fnu": 0}[stored.levels[0].format]
    steps = stored.scale.repeat(stored.fmt.block_size, axis=1).reshape(x.shape)
    slack = 2 * n_steps * steps * rounding
    if stored.offset is not None:
        slack = slack + np.abs(stored.offset).repeat(32, axis=1).reshape(x.shape) * rounding
    assert np.all(np.abs(qc.restore(stored) - x) <= steps / 2 + slack + 1e-6)


@pytest.mark.parametrize(
    ("call", "field", "words"),
    [
        (
            lambda: qc.store(np.ones(48), "mxfp4"),
            "values",
            "the last axis has 48 elements; mxfp4 stores whole blocks of 32",
        ),
        (lambda: qc.store([np.nan] * 32, "mxfp4"), "values", "values[0] is nan"),
        (lambda: qc.store([np.inf] * 32, "nf4"), "values", "values[0] is inf"),
        (lambda: qc.store(np.ones(32), "mxfp5"), "format", "format is 'mxfp5'; it must be one of mxfp8_e4m3"),
        (lambda: qc.store(np.ones(32), "mxfp4", scale_mode="up"), "scale_mode", "scale_mode is 'up'"),
        (lambda: qc.store(np.ones(32), "mxfp4", tensor_scale=1), "tensor_scale", "tensor_scale is no option of mxfp4"),
        (lambda: qc.store(np.ones(32), "nvfp4", tensor_scale=0), "tensor_scale", "tensor_scale is 0"),
        (lambda: qc.store(np.ones(32), "nvfp4", tensor_scale="big"), "tensor_scale", "tensor_scale is 'big'"),
        (lambda: qc.store(np.ones((32, 32)), "nf4", axis=0), "axis", "axis is 0; nf4 flattens the array"),
        (lambda: qc.store(np.ones((32, 32)), "mxfp4", axis=2), "axis", "axis is 2; an array of shape (32, 32) has"),
        (lambda: qc.store(np.ones(32), "mxfp4").grid(32), "index", "index is 32"),
    ],
)
def test_bad_input_is_refused(call: Any, field: str, words: str) -> None:
    """The message names what was found; the field is the argument's."""
    with pytest.raises(qc.QuantError) as refused:
        call()
    assert refused.value.field == field
    assert words in refused.value.message

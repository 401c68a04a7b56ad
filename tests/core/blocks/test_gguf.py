"""GGUF's block formats: bytes in, bytes out, and what is refused. Recorded answers of ggml are in test_vectors."""

import numpy as np
import pytest

from quantcore.blocks.ggml_arithmetic import add_up, nearest_int
from quantcore.blocks.gguf import GgufFormat
from quantcore.blocks.gguf_formats import GGUF_FORMATS
from quantcore.blocks.grid_neighbours import neighbours
from quantcore.blocks.grids import points
from quantcore.errors import QuantError

RNG = np.random.default_rng(20260727)
EVERY = pytest.mark.parametrize("fmt", GGUF_FORMATS.values(), ids=GGUF_FORMATS)


def importance_for(fmt: GgufFormat, length: int) -> np.ndarray | None:
    """Ones where the format cannot do without, else nothing."""
    return np.ones(length) if fmt.importance == "needed" else None


@EVERY
def test_bits_per_value(fmt: GgufFormat) -> None:
    """Each format costs what GGUF's table says."""
    expected = {
        "q4_0": 4.5, "q4_1": 5, "q5_0": 5.5, "q5_1": 6, "q8_0": 8.5, "q1_0": 1.125, "q2_0": 2.25,
        "q2_k": 2.625, "q3_k": 3.4375, "q4_k": 4.5, "q5_k": 5.5, "q6_k": 6.5625, "q8_k": 9.125,
        "iq4_nl": 4.5, "iq4_xs": 4.25, "tq1_0": 1.6875, "tq2_0": 2.0625, "gguf_mxfp4": 4.25, "gguf_nvfp4": 4.5,
        "iq1_s": 1.5625, "iq1_m": 1.75, "iq2_xxs": 2.0625, "iq2_xs": 2.3125, "iq2_s": 2.5625,
        "iq3_xxs": 3.0625, "iq3_s": 3.4375,
    }  # fmt: skip
    assert fmt.bits_per_value == expected[fmt.name]


@EVERY
def test_every_byte_string_decodes(fmt: GgufFormat) -> None:
    """Random bytes of every length that is a number of blocks become that many numbers; others are refused."""
    data = RNG.integers(0, 256, 40 * fmt.block_bytes, np.uint8)
    assert fmt.dequantize(fmt.blocks_of_bytes(data.tobytes())).shape == (40, fmt.block_size)
    with pytest.raises(QuantError, match=f"multiple of {fmt.block_bytes}") as caught:
        fmt.blocks_of_bytes(data[:-1].tobytes())
    assert caught.value.field == "data"


@EVERY
def test_a_block_does_not_depend_on_its_neighbours(fmt: GgufFormat) -> None:
    """Encoded alone, a block has the bytes that it has among others: sums keep their order for any number of them."""
    x = RNG.standard_normal((60, fmt.block_size)).astype(np.float32)
    weights = importance_for(fmt, fmt.block_size)
    together = fmt.quantize(x, weights)
    for i in (0, 37, 59):
        np.testing.assert_array_equal(fmt.quantize(x[i], weights)[0], together[i])


@EVERY
def test_codes_and_scales_give_the_numbers(fmt: GgufFormat) -> None:
    """x_hat = number(code) * scale + offset, from what `unpack` says."""
    x = RNG.standard_normal((3, fmt.block_size)).astype(np.float32)
    data = fmt.quantize(x, importance_for(fmt, fmt.block_size))
    parts = fmt.unpack(data)
    values = parts.codes.astype(np.float32) if fmt.numbers is None else fmt.numbers[parts.codes]
    size = fmt.block_size // parts.scale.shape[1]
    expected = values * np.repeat(parts.scale, size, axis=1)
    if parts.offset is not None:
        expected += np.repeat(parts.offset, size, axis=1)
    np.testing.assert_array_equal(fmt.dequantize(data), expected)


@EVERY
def test_input_is_untouched(fmt: GgufFormat) -> None:
    """Neither the values nor the importance change."""
    x = RNG.standard_normal((2, fmt.block_size)).astype(np.float32)
    weights = np.ones(fmt.block_size, np.float32)
    before = x.copy()
    fmt.quantize(x, weights)
    np.testing.assert_array_equal(x, before)
    assert (weights == 1).all()


@pytest.mark.parametrize(
    ("x", "importance", "field", "words"),
    [
        (np.zeros((2, 33)), None, "values", "rows of 33"),
        (np.float32(1), None, "values", "blocks of 32"),
        (np.full(32, np.nan), None, "values", "finite"),
        (np.full(32, 1e39), None, "values", "too large"),
        (np.zeros(64), np.ones(32), "importance", r"\(32,\)"),
        (np.zeros(32), -np.ones(32), "importance", "not negative"),
        (np.zeros(32), np.full(32, np.inf), "importance", "finite"),
    ],
)
def test_bad_input_is_refused(x: np.ndarray, importance: np.ndarray | None, field: str, words: str) -> None:
    """What cannot be encoded is named, with what was found."""
    with pytest.raises(QuantError, match=words) as caught:
        GGUF_FORMATS["q4_0"].quantize(x, importance)
    assert caught.value.field == field


def test_formats_that_need_importance_say_so() -> None:
    """IQ2_XXS cannot be encoded without an importance matrix, as in ggml."""
    with pytest.raises(QuantError, match="importance is not given"):
        GGUF_FORMATS["iq2_xxs"].quantize(np.zeros(256))


@pytest.mark.parametrize("width", [1, 2, 3, 7, 64, 1000])
def test_sums_are_taken_in_order(width: int) -> None:
    """`add_up` adds as a loop does, whatever the number of columns: the order decides the last bits."""
    terms = (RNG.standard_normal((37, width)) * 10.0 ** RNG.integers(-4, 5, (37, width))).astype(np.float32)
    expected = np.zeros(width, np.float32)
    for row in terms:
        expected = expected + row
    np.testing.assert_array_equal(add_up(terms), expected)


def test_nearest_int_rounds_ties_to_even_and_wraps() -> None:
    """Within 2**22 as rint; beyond, what the bits of x + 1.5 * 2**23 say."""
    x = np.array([0.5, 1.5, -0.5, -2.5, 4194303.0, 4194304.0, np.inf, np.nan], np.float32)
    assert nearest_int(x).tolist() == [0, 2, 0, -2, 4194303, -4194304, -4194304, 0]


@pytest.mark.parametrize("grid", ["iq1", "iq2_xxs", "iq2_xs", "iq2_s", "iq3_xxs", "iq3_s"])
def test_neighbours_are_the_nearest_points(grid: str) -> None:
    """The points near a group that is none begin with the least distance of all, and rise."""
    lattice, found = points(grid).astype(int), neighbours(grid)
    width = 2 if lattice.shape[1] == 8 else 3
    packed = RNG.choice(np.flatnonzero(found.count), 30)
    for one in packed:
        levels = one >> width * np.arange(lattice.shape[1]) & (1 << width) - 1
        distance = ((lattice - levels) ** 2).sum(axis=1)
        near = found.near[found.start[one] : found.start[one] + found.count[one]]
        assert distance[near[0]] == distance.min() > 0
        assert (np.diff(distance[near]) >= 0).all()
        assert len(set(near)) == (distance <= distance[near].max()).sum()

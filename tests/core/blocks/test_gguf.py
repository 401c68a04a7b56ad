"""GGUF's block formats: bytes in, bytes out, and what is refused. Recorded answers of ggml are in test_vectors."""

import numpy as np
import pytest

import quantcore as qc
from quantcore.blocks.ggml_arithmetic import add_up, nearest_int
from quantcore.blocks.gguf import GgufFormat
from quantcore.blocks.gguf_formats import GGUF_FORMATS
from quantcore.blocks.grid_neighbours import neighbours
from quantcore.blocks.grids import points
from quantcore.errors import QuantError

RNG = np.random.default_rng(20260727)
EVERY = pytest.mark.parametrize("fmt", GGUF_FORMATS, ids=[fmt.name for fmt in GGUF_FORMATS])


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
    """Random bytes of the right length become numbers and are the same bytes again; others are refused."""
    data = RNG.integers(0, 256, 40 * fmt.block_bytes, np.uint8).tobytes()
    stored = fmt.from_bytes(data, (8, 5 * fmt.block_size))
    assert stored.to_bytes() == data
    assert qc.restore(stored).shape == (8, 5 * fmt.block_size)
    with pytest.raises(QuantError, match=f"takes {len(data)}") as caught:
        fmt.from_bytes(data[:-1], (8, 5 * fmt.block_size))
    assert caught.value.field == "bytes"


@EVERY
def test_bytes_of_values_read_back(fmt: GgufFormat) -> None:
    """What is written is what is read: codes, scales and numbers."""
    x = RNG.standard_normal((3, 2 * fmt.block_size)).astype(np.float32)
    stored = qc.store(x, fmt, importance=importance_for(fmt, x.shape[1]))
    again = fmt.from_bytes(stored.to_bytes(), x.shape)
    np.testing.assert_array_equal(again.codes, stored.codes)
    np.testing.assert_array_equal(again.scale, stored.scale)
    np.testing.assert_array_equal(qc.restore(again), qc.restore(stored))


@EVERY
def test_a_block_does_not_depend_on_its_neighbours(fmt: GgufFormat) -> None:
    """Encoded alone, a block has the bytes that it has among others: sums keep their order for any number of them."""
    x = RNG.standard_normal((60, fmt.block_size)).astype(np.float32)
    weights = importance_for(fmt, fmt.block_size)
    together = qc.store(x, fmt, importance=weights).to_bytes()
    for i in (0, 37, 59):
        alone = qc.store(x[i], fmt, importance=weights).to_bytes()
        assert alone == together[i * fmt.block_bytes : (i + 1) * fmt.block_bytes]


@EVERY
def test_codes_and_scales_give_the_numbers(fmt: GgufFormat) -> None:
    """x_hat = number(code) * scale + offset, and every code is one of the element's."""
    x = RNG.standard_normal((3, fmt.block_size)).astype(np.float32)
    stored = qc.store(x, fmt, importance=importance_for(fmt, fmt.block_size))
    size = fmt.block_size // stored.scale.shape[1]
    numbers = fmt.element.values.astype(np.float32)
    values = numbers[stored.codes.astype(np.int64) & len(numbers) - 1]
    expected = values * np.repeat(stored.scale, size, axis=1)
    if stored.offset is not None:
        expected += np.repeat(stored.offset, size, axis=1)
    np.testing.assert_array_equal(qc.restore(stored), expected)


@EVERY
def test_levels_are_named_and_stored_in_a_format(fmt: GgufFormat) -> None:
    """The scales of a block are told with the format in which each is stored, and their codes fit in it."""
    stored = qc.store(np.ones((2, fmt.block_size)), fmt, importance=importance_for(fmt, fmt.block_size))
    assert stored.levels[0].name in ("d", "e")
    for level in stored.levels:
        assert level.values.shape[0] == 2
        if level.codes is not None and not level.format.startswith("int"):
            assert level.codes.shape == level.values.shape
            assert level.codes.max() < 1 << qc.FORMATS[level.format].bits


@EVERY
def test_thresholds_agree_with_the_encoder(fmt: GgufFormat) -> None:
    """Where a format rounds each element by itself, it lies between the thresholds of its code."""
    if fmt.module == "grids" or fmt.name == "q1_0":  # a point of a lattice, a sign
        return
    x = np.random.default_rng(11).standard_normal(4 * fmt.block_size).astype(np.float32)
    stored = qc.store(x, fmt)
    for i in range(0, x.size, 5):
        grid = stored.grid(i)
        k = grid.codes.tolist().index(stored.codes[divmod(i, fmt.block_size)])
        slack = 1e-6 * np.abs(grid.reals).max()  # thresholds are computed with other roundings than codes
        if k > 0:
            assert x[i] >= grid.thresholds[k] - slack
        if k < len(grid.codes) - 1:
            assert x[i] <= grid.thresholds[k + 1] + slack


@EVERY
def test_input_is_untouched(fmt: GgufFormat) -> None:
    """Neither the values nor the importance change."""
    x = RNG.standard_normal((2, fmt.block_size)).astype(np.float32)
    weights = np.ones(fmt.block_size, np.float32)
    before = x.copy()
    qc.store(x, fmt, importance=weights)
    np.testing.assert_array_equal(x, before)
    assert (weights == 1).all()


@pytest.mark.parametrize(
    ("x", "importance", "field", "words"),
    [
        (np.zeros((2, 33)), None, "values", "33 elements"),
        (np.full(32, np.nan), None, "values", "finite"),
        (np.full(32, 1e39), None, "values", "too large"),
        (np.zeros(64), np.ones(32), "importance", r"\(32,\)"),
        (np.zeros(32), -np.ones(32), "importance", "0 or more"),
        (np.zeros(32), np.full(32, np.inf), "importance", "finite"),
    ],
)
def test_bad_input_is_refused(x: np.ndarray, importance: np.ndarray | None, field: str, words: str) -> None:
    """What cannot be encoded is named, with what was found."""
    with pytest.raises(QuantError, match=words) as caught:
        qc.store(x, "q4_0", importance=importance)
    assert caught.value.field == field


def test_formats_that_need_importance_say_so() -> None:
    """IQ2_XXS cannot be encoded without an importance matrix, as in ggml."""
    with pytest.raises(QuantError, match="importance is not given"):
        qc.store(np.zeros(256), "iq2_xxs")


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

"""What holds for every block format: order, repetition, and thresholds on both sides of which codes differ."""

import numpy as np
import pytest

import quantcore as qc

RNG = np.random.default_rng(17)
HEAVY = RNG.standard_t(3, (8, 512)).astype(np.float32)
# an element's code is the point of a lattice, or follows from a search over the block
LATTICES = [name for name, fmt in qc.BLOCK_FORMATS.items() if getattr(fmt, "module", "") == "grids"]
SEARCHED = ["q2_k", "q3_k", "q4_k", "q5_k", "q6_k", "iq4_nl", "iq4_xs"]


def stored(x: np.ndarray, name: str) -> qc.Stored:
    """The array in the format, with an importance where it cannot do without."""
    fmt = qc.BLOCK_FORMATS[name]
    needs = getattr(fmt, "importance", "") == "needed"
    return qc.store(x, fmt, **({"importance": np.ones(x.shape[-1])} if needs else {}))


def rows_of(values: np.ndarray, found: qc.Stored) -> np.ndarray:
    """Values of the array, those that share a scale in a row."""
    blocks = found.layout.to_blocks(values)
    return blocks.reshape(found.scale.size, -1)


@pytest.mark.parametrize("name", [name for name in qc.BLOCK_FORMATS if name not in LATTICES])
def test_the_order_of_values_stays(name: str) -> None:
    """Among elements that share a scale a larger one never becomes smaller."""
    found = stored(HEAVY, name)
    x, y = rows_of(HEAVY, found), rows_of(qc.restore(found), found)
    order = np.argsort(x, axis=1, kind="stable")
    assert (np.diff(np.take_along_axis(y, order, axis=1), axis=1) >= 0).all()


# the scale of what was restored is another: it was rounded (to a code, a mean, E4M3, the reciprocal of a float), or, of
# MXINT8, code -128 is a magnitude of the next power of two
NOT_REPEATED = [
    *LATTICES, *SEARCHED, "nf4_double", "nvfp4", "nvfp4_compressed_tensors", "uint4_f16", "mxint8", "q8_k",
    *(name for name in qc.BLOCK_FORMATS if name.startswith("mlx")),
]  # fmt: skip


@pytest.mark.parametrize("name", [name for name in qc.BLOCK_FORMATS if name not in NOT_REPEATED])
def test_what_was_restored_is_stored_the_same(name: str) -> None:
    """Storing what was restored changes nothing more."""
    y = qc.restore(stored(HEAVY, name))
    again = qc.restore(stored(y, name))
    np.testing.assert_array_equal(again, y)


@pytest.mark.parametrize("mode", ["floor", "ceil", "even", "rceil"])
@pytest.mark.parametrize("name", ["mxfp8_e4m3", "mxfp8_e5m2", "mxfp6_e2m3", "mxfp6_e3m2", "mxfp4"])
def test_powers_of_two_are_chosen_again(name: str, mode: str) -> None:
    """As above, in every mode."""
    y = qc.restore(qc.store(HEAVY, name, scale_mode=mode))
    np.testing.assert_array_equal(qc.restore(qc.store(y, name, scale_mode=mode)), y)


@pytest.mark.parametrize("name", [name for name in qc.BLOCK_FORMATS if name not in (*LATTICES, *SEARCHED, "q1_0")])
def test_codes_change_at_the_thresholds(name: str) -> None:
    """A hair below each threshold of an element's grid it gets an earlier code, a hair above a later one.

    The hair is some units in the last place of the block's largest magnitude: encoders round the quotient to float32.
    """
    fmt = qc.BLOCK_FORMATS[name]
    size = fmt.block_size
    x = RNG.uniform(-0.5, 0.5, size).astype(np.float32)
    x[:2] = [-1, 0.9]  # the scale depends on these alone, and on the element while it is smaller only if it is sought
    place, numbers = 5, fmt.element.values
    grid = stored(x, name).grid(place)
    middle = grid.thresholds[1:-1]
    for k, threshold in enumerate(middle.tolist()):
        if not -0.89 < threshold < 0.89:
            continue
        found = []
        for side in (-1, 1):
            moved = x.copy()
            moved[place] = np.float32(threshold + side * 2.0**-21)
            found.append(stored(moved, name))
        below, above = (int(one.element_codes()[place]) for one in found)
        ranks = {int(code): i for i, code in enumerate(grid.codes.tolist())}
        assert np.isfinite(numbers[[below, above]]).all()
        rank = [ranks.get(code, ranks.get(0)) for code in (below, above)]  # the other zero
        assert rank[0] <= k < rank[1], (threshold, below, above)


@pytest.mark.parametrize("shape", [(7,), (3, 7), (2, 3, 7)])
@pytest.mark.parametrize("axis", [0, -1])
def test_every_element_has_a_place_of_its_own(shape: tuple[int, ...], axis: int) -> None:
    """Places of elements are where `to_blocks` puts them, one by one and all at once."""
    numbered = np.arange(1, np.prod(shape) + 1).reshape(shape)
    layout = qc.store(numbered, qc.BLOCK_FORMATS["int8_f16"].with_block_size(3), axis=axis).layout
    blocks = layout.to_blocks(numbered)
    block, inside = layout.places(tuple(np.indices(shape)))
    np.testing.assert_array_equal(blocks[block, inside], numbered)
    flat = int(np.prod(shape)) // 2
    assert blocks[layout.place(flat)] == numbered.flat[flat]


def test_sides_are_those_beyond_the_numbers_of_the_block() -> None:
    """MXFP4 under floor reaches 6 times its scale and rounds to it from below 7; K-quants know sides, too."""
    x = np.zeros(32, np.float32)
    x[:5] = 7.9, -7.9, 6.99, -6.99, 7.5
    assert qc.store(x, "mxfp4").sides(x)[:6].tolist() == [1, -1, 0, 0, 1, 0]
    assert qc.store(x, "mxfp4", scale_mode="rceil").sides(x).any() == np.False_


@pytest.mark.parametrize("name", list(qc.BLOCK_FORMATS))
def test_who_is_beyond_gets_an_end(name: str) -> None:
    """A value beyond the numbers of its block becomes the lowest or the highest of them."""
    found = stored(HEAVY, name)
    sides, y = found.sides(HEAVY), qc.restore(found)
    assert sides.shape == HEAVY.shape
    if name in (*LATTICES, *SEARCHED):
        return
    for element in np.flatnonzero(sides)[:20].tolist():
        grid = found.grid(element)
        assert y.flat[element] == (grid.reals[-1] if sides.flat[element] > 0 else grid.reals[0])

"""Numbers in blocks: whole blocks of what the request gives, and which numbers share a scale."""

import numpy as np
import pytest
from lab.answer import computed
from lab.results.levels import UnevenLevels, grid_of
from lab.results.result import Result

import quantcore as qc


def result_of(**request: str) -> Result:
    """The result of a request."""
    found = computed(request)
    assert isinstance(found, Result), found
    return found


MATRIX = {"source": "normal", "shape": "3,40", "seed": "5"}


@pytest.mark.parametrize("name", ["mxfp4", "q4_0", "q4_k", "nvfp4", "nf4"])
def test_rows_that_end_within_a_block_are_filled_up(name: str) -> None:
    """What comes back is what rows with zeros after them would give, without these."""
    result = result_of(format=name, **MATRIX)
    block = qc.BLOCK_FORMATS[name]
    x = result.x
    if not block.is_partial_allowed and block.axes != "flat":
        x = np.pad(x, [(0, 0), (0, -40 % block.block_size)])
    np.testing.assert_array_equal(result.x_hat, qc.restore(qc.store(x, block))[:, :40])
    assert result.q.shape == (3, 40)


@pytest.mark.parametrize("name", ["mxfp4", "q4_k", "nf4", "q6_k", "int4_f16"])
def test_who_shares_a_scale_is_known(name: str) -> None:
    """The numbers of an element's slice have its scale, and no others do; the trace says the same."""
    result = result_of(format=name, **MATRIX, element="77")
    stored = result.stored
    assert stored is not None
    places = tuple(int(i) for i in np.unravel_index(77, (3, 40)))
    x = np.zeros(stored.shape, np.float32)
    x[:, :40] = result.x
    found = qc.trace_stored(stored, places, x)
    shared = [np.unravel_index(i, stored.shape) for i in found.sharing]
    expected = sorted(int(row * 40 + column) for row, column in shared if column < 40)
    assert sorted(np.arange(120).reshape(3, 40)[result.slice_index(77)].tolist()) == expected
    assert float(result.scale_of(77)[0]) == found[found.scale].value
    assert result.wide_scale.reshape(-1)[77] == result.scale_of(77)[0]


def test_numbers_of_which_nothing_comes_back_have_no_figures() -> None:
    """Of values that overflow to NaN no error is told; of the others it is."""
    mixed = result_of(format="float8_e4m3fn", overflow="overflow", values="1000, 1.05")
    assert mixed.metrics is not None
    assert mixed.metrics.max_abs == pytest.approx(0.05)
    assert result_of(format="float8_e4m3fn", overflow="overflow", values="1000").metrics is None


def test_places_of_uneven_codes() -> None:
    """Codes of a float are counted in the order of their numbers; -0 has the place of 0, NaN none."""
    grid = grid_of(result_of(format="float8_e4m3fn"))
    assert isinstance(grid, UnevenLevels)
    assert grid.n_codes == 253  # 256 less two NaN and -0
    assert grid.reals(np.array([grid.place(0x7E), grid.place(0x80), grid.place(0x38)])).tolist() == [448, 0, 1]
    assert grid.place(0x7F) == -1
    assert grid.name(grid.place(0x38)) == "0x38"
    assert grid.within(0.99, 1.3) == (grid.place(0x38), grid.place(0x3A))

"""Where parameters meet an array."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import quantcore as qc
from quantcore.compute.chunks import chunks
from quantcore.parameters.granularity import parameter_place, parameter_shape, slice_rows


@pytest.mark.parametrize(
    ("granularity", "shape"),
    [
        (qc.PerTensor(), ()),
        (qc.PerAxis(0), (4, 1, 1)),
        (qc.PerAxis(-1), (1, 1, 10)),
        (qc.PerBlock(4), (4, 3, 3)),
        (qc.PerBlock(5), (4, 3, 2)),
        (qc.PerBlock(3, axis=0), (2, 3, 10)),
        (qc.PerBlock(3, axis=1), (4, 1, 10)),
    ],
)
def test_shapes_of_parameters(granularity: qc.Granularity, shape: tuple[int, ...]) -> None:
    """For an array of shape (4, 3, 10); a last block that is short counts."""
    assert parameter_shape(granularity, (4, 3, 10)) == shape
    params = qc.choose_qparams(np.random.default_rng(0).normal(size=(4, 3, 10)), qc.INT8, granularity=granularity)
    assert params.scale.shape == params.zero_point.shape == shape


def test_blocks_are_repeated_to_the_shape_of_the_array() -> None:
    """Blocks of 4 on 10 columns: 4, 4 and 2 of them."""
    params = qc.QuantParams([[1.0, 2.0, 3.0]], [[0, 1, 2]], qc.INT8, qc.PerBlock(4))
    scale, zero_point = qc.broadcast(params, (1, 10))
    assert scale.tolist() == [[1, 1, 1, 1, 2, 2, 2, 2, 3, 3]]
    assert zero_point.tolist() == [[0, 0, 0, 0, 1, 1, 1, 1, 2, 2]]


def test_a_vector_per_axis_is_turned_to_its_axis() -> None:
    """As ONNX and PyTorch write scales: one-dimensional; as we do: with the rank of the array."""
    x = np.random.default_rng(0).normal(size=(2, 3, 4))
    vector = qc.QuantParams([0.1, 0.2, 0.3], [1, 2, 3], qc.INT8, qc.PerAxis(1))
    array = qc.QuantParams(np.array([[[0.1], [0.2], [0.3]]]), np.array([[[1], [2], [3]]]), qc.INT8, qc.PerAxis(1))
    np.testing.assert_array_equal(qc.quantize(x, vector), qc.quantize(x, array))
    assert qc.broadcast(vector, x.shape)[0].shape == (1, 3, 1)


GRANULARITIES = st.one_of(
    st.just(qc.PerTensor()),
    st.builds(qc.PerAxis, st.integers(-2, 1)),
    st.builds(qc.PerBlock, st.integers(1, 3), st.integers(-2, 1)),
)


@given(shape=hnp.array_shapes(min_dims=2, max_dims=2, min_side=3, max_side=8), granularity=GRANULARITIES)
def test_every_element_has_one_place_among_the_parameters(shape: tuple[int, int], granularity: qc.Granularity) -> None:
    """Broadcasting, the place of an element and the slices agree, and the slices cover every element once."""
    wanted = parameter_shape(granularity, shape)
    scale = np.arange(1.0, 1 + np.prod(wanted)).reshape(wanted)
    params = qc.QuantParams(scale, 0, qc.INT8, granularity)
    full = np.broadcast_to(qc.broadcast(params, shape)[0], shape)
    for index in np.ndindex(*shape):
        assert full[index] == scale[parameter_place(granularity, index, shape)]
    seen = []
    for places, rows in slice_rows(full, granularity):
        for place, vector in zip(places.tolist(), rows.tolist(), strict=True):
            assert set(vector) == {scale.flat[place]}
            seen += vector
    assert sorted(seen) == sorted(full.ravel().tolist())


@given(shape=hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=9), limit=st.integers(1, 50))
def test_pieces_cover_an_array_once_in_order(shape: tuple[int, ...], limit: int) -> None:
    """No piece is larger than the limit, and together they are the array."""
    values = np.arange(np.prod(shape, dtype=int)).reshape(shape)
    found = [values[piece] for piece in chunks(shape, limit)]
    assert all(piece.size <= limit for piece in found)
    joined = np.concatenate([piece.ravel() for piece in found]) if found else np.empty(0)
    np.testing.assert_array_equal(joined, values.ravel())

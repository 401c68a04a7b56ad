"""Which elements share a scale and a zero point, and the one place where parameters meet an array."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..checks import whole_number
from ..errors import QuantError

Element = TypeVar("Element", bound=np.generic)


@dataclass(frozen=True, slots=True)
class PerTensor:
    """One scale and zero point for the whole array, of shape ()."""


@dataclass(frozen=True, slots=True)
class PerAxis:
    """One scale and zero point for each index along `axis`, with length 1 on every other axis of the array.

    A one-dimensional vector of parameters is accepted too, as ONNX and PyTorch write it.
    """

    axis: int

    def __post_init__(self) -> None:
        """Refuse what is not a whole number."""
        object.__setattr__(self, "axis", whole_number(self.axis, "axis", "a whole number"))


@dataclass(frozen=True, slots=True)
class PerBlock:
    """One scale and zero point for each `block_size` neighbours along `axis`; the last block may be shorter.

    The parameters have the shape of the array, with ceil(length / block_size) along `axis`, as in ONNX's blocked
    quantization (since opset 21).
    """

    block_size: int
    axis: int = -1

    def __post_init__(self) -> None:
        """Refuse what is not a whole number."""
        block_size = whole_number(self.block_size, "block_size", "a whole number, 1 or more")
        if block_size < 1:
            raise QuantError(f"block_size is {block_size}; it must be a whole number, 1 or more.", "block_size")
        object.__setattr__(self, "block_size", block_size)
        object.__setattr__(self, "axis", whole_number(self.axis, "axis", "a whole number"))


Granularity = PerTensor | PerAxis | PerBlock


def check_granularity(granularity: object) -> None:
    """Refuse what is none."""
    if not isinstance(granularity, (PerTensor, PerAxis, PerBlock)):
        raise QuantError(
            f"granularity is {granularity!r}; it must be PerTensor(), PerAxis(axis) or PerBlock(block_size).",
            "granularity",
        )


def parameter_shape(granularity: Granularity, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of scale and zero point for an array of this shape.

    Raises:
        QuantError: If it is no granularity, the array has no such axis, or the axis is shorter than a block.

    >>> parameter_shape(PerAxis(1), (8, 3, 5)), parameter_shape(PerBlock(4), (8, 10))
    ((1, 3, 1), (8, 3))
    """
    check_granularity(granularity)
    if isinstance(granularity, PerTensor):
        return ()
    axis = _checked_axis(granularity.axis, shape)
    if isinstance(granularity, PerAxis):
        return tuple(n if i == axis else 1 for i, n in enumerate(shape))
    block, length = granularity.block_size, shape[axis]
    if block > max(length, 1):
        raise QuantError(
            f"block_size is {block}; axis {granularity.axis} has only {length} elements. Use {length} or less.",
            "block_size",
        )
    return (*shape[:axis], -(-length // block), *shape[axis + 1 :])


def parameter_place(granularity: Granularity, place: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """Where the parameters of the element at `place` stand in an array of `parameter_shape`.

    >>> parameter_place(PerBlock(4), (1, 9), (2, 10))
    (1, 2)
    """
    if isinstance(granularity, PerTensor):
        return ()
    axis = _checked_axis(granularity.axis, shape)
    if isinstance(granularity, PerAxis):
        return tuple(i if number == axis else 0 for number, i in enumerate(place))
    return (*place[:axis], place[axis] // granularity.block_size, *place[axis + 1 :])


def parameter_index(elements: NDArray[np.intp], granularity: Granularity, shape: tuple[int, ...]) -> NDArray[np.intp]:
    """Which parameters some elements of an array of `shape` have, both as flat indices.

    >>> parameter_index(np.array([0, 9, 19]), PerBlock(4), (2, 10)).tolist()
    [0, 2, 5]
    """
    if isinstance(granularity, PerTensor):
        return np.zeros(len(elements), np.intp)
    places = list(np.unravel_index(elements, shape))
    axis = _checked_axis(granularity.axis, shape)
    if isinstance(granularity, PerAxis):
        return np.asarray(places[axis], np.intp)
    places[axis] = places[axis] // granularity.block_size
    return np.asarray(np.ravel_multi_index(tuple(places), parameter_shape(granularity, shape)), np.intp)


def elements_at(place: tuple[int, ...], granularity: Granularity, shape: tuple[int, ...]) -> tuple[int | slice, ...]:
    """The index of the elements that have the parameters at `place` of an array of `parameter_shape`.

    >>> elements_at((1, 2), PerBlock(4), (2, 10)), elements_at((0, 3), PerAxis(1), (2, 10))
    ((1, slice(8, 12, None)), (slice(None, None, None), 3))
    """
    if isinstance(granularity, PerTensor):
        return (slice(None),) * len(shape)
    axis = _checked_axis(granularity.axis, shape)
    if isinstance(granularity, PerAxis):
        return (slice(None),) * axis + (place[axis],)
    start = place[axis] * granularity.block_size
    return (*place[:axis], slice(start, start + granularity.block_size), *place[axis + 1 :])


def split(values: NDArray[Element], granularity: Granularity) -> Iterator[tuple[NDArray[Element], tuple[Any, ...]]]:
    """Views that cover `values`, each with the index that makes parameters of `parameter_shape` broadcast against it.

    One view, or a second one for the last, shorter blocks. In a view by blocks the axis is two: (n_blocks, block_size).

    >>> [(view.shape, np.zeros((2, 3))[index].shape) for view, index in split(np.zeros((2, 10)), PerBlock(4))]
    [((2, 2, 4), (2, 2, 1)), ((2, 2), (2, 1))]
    """
    if not isinstance(granularity, PerBlock):
        yield values, (...,)
        return
    axis, block = _checked_axis(granularity.axis, values.shape), granularity.block_size
    before, length = (slice(None),) * axis, values.shape[axis]
    n_full = length // block
    if n_full:
        whole = values[(*before, slice(n_full * block))]
        shape = (*values.shape[:axis], n_full, block, *values.shape[axis + 1 :])
        yield whole.reshape(shape, copy=False), (*before, slice(n_full), np.newaxis)
    if n_full * block < length:
        yield values[(*before, slice(n_full * block, None))], (*before, slice(n_full, None))


def pooled_axes(shape: tuple[int, ...], parameters: tuple[int, ...]) -> tuple[int, ...]:
    """The axes of a view over which its elements share parameters, given the shape of `parameters[index]`."""
    n_more = len(shape) - len(parameters)
    return tuple(axis for axis in range(len(shape)) if axis < n_more or parameters[axis - n_more] == 1)


def slice_rows(
    values: NDArray[Element], granularity: Granularity
) -> Iterator[tuple[NDArray[np.intp], NDArray[Element]]]:
    """The elements that share parameters in rows, with the flat indices of the parameters that belong to the rows.

    One matrix of rows, or a second one for the last, shorter blocks.

    >>> [(places.tolist(), rows.shape) for places, rows in slice_rows(np.zeros((2, 10)), PerBlock(4))]
    [([0, 1, 3, 4], (4, 4)), ([2, 5], (2, 2))]
    """
    shape = parameter_shape(granularity, values.shape)
    places = np.arange(math.prod(shape)).reshape(shape)
    for view, index in split(values, granularity):
        here = places[index]
        axes = pooled_axes(view.shape, here.shape)
        together = np.moveaxis(view, axes, range(view.ndim - len(axes), view.ndim))
        yield here.reshape(-1), together.reshape(here.size, -1)


def expand(parameters: NDArray[Element], granularity: Granularity, shape: tuple[int, ...]) -> NDArray[Element]:
    """`parameters` so that they broadcast against an array of `shape`: blocks are repeated, the rest is a view.

    Raises:
        QuantError: If the parameters do not fit the shape.
    """
    fitted = fit(parameters, granularity, shape, "scale")
    if not isinstance(granularity, PerBlock):
        return fitted
    full = np.empty(shape, fitted.dtype)
    for view, index in split(full, granularity):
        view[...] = fitted[index]
    return full


def fit(parameters: NDArray[Element], granularity: Granularity, shape: tuple[int, ...], field: str) -> NDArray[Element]:
    """`parameters` in the `parameter_shape` of `shape`; a vector per axis is turned to its axis.

    Raises:
        QuantError: If they are not as many, or lie otherwise.
    """
    wanted = parameter_shape(granularity, shape)
    is_vector = parameters.ndim == 1 and isinstance(granularity, PerAxis)
    if parameters.shape == wanted or (is_vector and parameters.size == math.prod(wanted)):
        return parameters.reshape(wanted)
    raise QuantError(
        f"{field} has the shape {parameters.shape}; for an array of shape {shape} and {granularity} "
        f"it must have the shape {wanted}.",
        field,
    )


def _checked_axis(axis: int, shape: tuple[int, ...]) -> int:
    n_axes = len(shape)
    if not n_axes:
        raise QuantError(f"axis is {axis}; a single number has no axis. Use PerTensor().", "axis")
    if not -n_axes <= axis < n_axes:
        raise QuantError(f"axis is {axis}; an array of shape {shape} has the axes {-n_axes} to {n_axes - 1}.", "axis")
    return axis % n_axes

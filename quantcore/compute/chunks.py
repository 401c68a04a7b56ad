"""Work on arrays of any size in pieces that stay in the cache, so that temporaries are small whatever the input."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..parameters.granularity import Granularity, split

CHUNK = 1 << 18  # elements: a megabyte of float32, near enough to the processor, and many for each start of a pass

Piece = tuple[Any, ...]  # of slices


def pieces(
    values: NDArray[Any],
    target: NDArray[Any],
    granularity: Granularity,
    parameters: Sequence[NDArray[Any]],
    limit: int = CHUNK,
) -> Iterator[tuple[NDArray[Any], NDArray[Any], Sequence[NDArray[Any]]]]:
    """Views of `values` and `target`, at most `limit` elements each, and the parameters that broadcast against them."""
    for (part, index), (goal, _) in zip(split(values, granularity), split(target, granularity), strict=True):
        here = [array[index] if array.ndim else array for array in parameters]
        is_one = not any(array.ndim for array in here)
        for piece in chunks(part.shape, limit):
            yield part[piece], goal[piece], here if is_one else [_of_piece(array, piece) for array in here]


def chunks(shape: tuple[int, ...], limit: int = CHUNK) -> Iterator[Piece]:
    """Indices of pieces of at most `limit` elements that cover an array of `shape`, in C order.

    >>> list(chunks((2, 5), limit=3))[:2]
    [(slice(0, 1, None), slice(0, 3, None)), (slice(0, 1, None), slice(3, 5, None))]
    """
    if not shape:
        yield (...,)
        return
    inner = math.prod(shape[1:])
    step = limit // inner if 0 < inner <= limit else 1
    whole = tuple(slice(0, n) for n in shape[1:])
    for start in range(0, shape[0] if inner else 0, step):
        first = slice(start, min(start + step, shape[0]))
        for rest in chunks(shape[1:], limit) if inner > limit else (whole,):
            yield (first, *rest)


def collapsed(parameters: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """A single value in `dtype` of no dimensions, where all are the same; else `parameters` as they are."""
    if parameters.size and (parameters.size == 1 or parameters.min() == parameters.max()):
        with np.errstate(over="ignore", under="ignore"):
            return np.asarray(parameters.flat[0]).astype(dtype)
    return parameters


@contextmanager
def quiet_loops() -> Iterator[None]:
    """No floating-point warnings (callers look at the results), and ufuncs that loop over long rows directly.

    NumPy copies what broadcasts along a row into a buffer first, unless the row is longer than the buffer: right for
    short rows, but for long ones it doubles the time. The setting ends with the block.
    """
    with np.errstate(all="ignore"):
        np.setbufsize(2048)
        yield


def _of_piece(parameters: NDArray[Any], piece: Piece) -> NDArray[Any]:
    if not parameters.ndim:
        return parameters
    return parameters[tuple(part if n > 1 else slice(None) for part, n in zip(piece, parameters.shape, strict=True))]

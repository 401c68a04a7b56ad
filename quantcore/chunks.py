"""Work on arrays of any size in pieces that stay in the cache, so that temporaries are small whatever the input."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .granularity import Granularity, split
from .kernels import PAIRED

# elements: half a megabyte of float32, which stays in a second-level cache; in a browser, starting a pass costs more
CHUNK = 1 << 18 if PAIRED else 1 << 17
_LONG_RUN = 1024  # elements: an inner loop of this length pays for its start

Piece = tuple[Any, ...]  # of slices


def pieces(
    values: NDArray[Any], target: NDArray[Any], granularity: Granularity, parameters: Sequence[NDArray[Any]]
) -> Iterator[tuple[NDArray[Any], NDArray[Any], list[NDArray[Any]]]]:
    """Views of `values` and `target`, at most CHUNK elements each, and the parameters that broadcast against them."""
    for (part, index), (goal, _) in zip(split(values, granularity), split(target, granularity), strict=True):
        here = [array[index] if array.ndim else array for array in parameters]
        is_one = not any(array.ndim for array in here)
        for piece in chunks(part.shape):
            yield part[piece], goal[piece], here if is_one else [_of_piece(array, piece) for array in here]


def chunks(shape: tuple[int, ...], limit: int = CHUNK) -> Iterator[Piece]:
    """Indices of pieces of at most `limit` elements that cover an array of `shape`, in C order.

    >>> list(chunks((2, 5), limit=3))[:2]
    [(slice(0, 1, None), slice(0, 3, None)), (slice(0, 1, None), slice(3, 5, None))]
    """
    if not shape:
        yield (...,)
        return
    inner = int(np.prod(shape[1:], dtype=np.int64))
    step = limit // inner if 0 < inner <= limit else 1
    whole = tuple(slice(0, n) for n in shape[1:])
    for start in range(0, shape[0] if inner else 0, step):
        first = slice(start, min(start + step, shape[0]))
        for rest in chunks(shape[1:], limit) if inner > limit else (whole,):
            yield (first, *rest)


def spread(parameters: NDArray[Any], shape: tuple[int, ...], dtype: np.dtype[Any] | None = None) -> NDArray[Any]:
    """`parameters` (in `dtype`) as a scalar, or so that they broadcast against `shape` in long inner loops.

    Parameters that change after a short run of elements are repeated: writing them out costs less than starting a loop
    for every run.
    """
    if not parameters.ndim:
        return parameters
    if dtype is not None:
        parameters = parameters.astype(dtype, copy=False)
    n_head = parameters.ndim
    while n_head and parameters.shape[n_head - 1] == 1:
        n_head -= 1
    run = int(np.prod(shape[n_head:], dtype=np.int64))
    if run == 1 or run >= _LONG_RUN:
        return parameters
    if not PAIRED:
        return np.repeat(parameters, run).reshape(parameters.shape[:n_head] + shape[n_head:])
    full = np.empty(parameters.shape[:n_head] + shape[n_head:], parameters.dtype)
    full[...] = parameters  # on WebAssembly eight times as fast as repeat
    return full


def collapsed(parameters: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """A single value in `dtype` of no dimensions, where all are the same; else `parameters` as they are."""
    if parameters.size and (parameters.size == 1 or parameters.min() == parameters.max()):
        return np.asarray(parameters.flat[0]).astype(dtype)
    return parameters


@contextmanager
def quiet_loops() -> Iterator[None]:
    """No floating-point warnings (callers look at the results), and ufuncs that loop over rows of _LONG_RUN directly.

    With a larger buffer NumPy would first copy what broadcasts along a row. The setting ends with the block.
    """
    with np.errstate(all="ignore"):
        np.setbufsize(_LONG_RUN)
        yield


def _of_piece(parameters: NDArray[Any], piece: Piece) -> NDArray[Any]:
    if not parameters.ndim:
        return parameters
    return parameters[tuple(part if n > 1 else slice(None) for part, n in zip(piece, parameters.shape, strict=True))]

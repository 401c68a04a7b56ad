"""Which numbers share a scale with which: the members of a slice or block, its name, and how to get to another one."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

import quantcore as qc

from ..notation import display
from .result import Indices, Result


def followed_block(result: Result) -> int:
    """The flat index of the scale of the followed number."""
    return int(result.parameter_index(np.array([result.element]))[0])


def members(result: Result) -> Indices:
    """The elements that share their scale with the followed number, ascending; found without looking at all others."""
    if result.stored is not None and result.stored.shape:
        block, sub = divmod(followed_block(result), result.scale.shape[1])
        start, end = (_begin(result, at) for at in (sub, sub + 1))
        inside = np.arange(start, end)
        return _stored_elements(result, np.full(inside.size, block), inside)
    where = result.slice_index(result.element)
    found = np.zeros(1, np.intp)
    for axis, length in enumerate(result.x.shape):
        part = np.arange(length)[where[axis] if axis < len(where) else slice(None)]
        found = np.add.outer(found * length, np.atleast_1d(part)).reshape(-1)
    return found


def first_elements(result: Result, blocks: NDArray[np.intp]) -> Indices:
    """The first element of each of some slices or blocks, by the flat indices of their scales; -1 where it has none."""
    if result.stored is not None:
        block, sub = np.divmod(blocks, result.scale.shape[1])
        return _stored_elements(result, block, _begin(result, sub), keeps_all=True)
    granularity, shape = result.settings.granularity, result.x.shape
    place: list[Any] = list(np.unravel_index(blocks, result.scale.shape))
    if isinstance(granularity, qc.PerBlock):
        place[granularity.axis] = place[granularity.axis] * granularity.block_size
    return np.asarray(np.ravel_multi_index(tuple(place), shape), np.intp)


def block_name(result: Result, block: int) -> str:
    """Which one it is, such as "row 3 of 0 to 7": all is counted from 0, as in programs."""
    return f"{block_noun(result)} {display.count(block)} of 0 to {display.count(result.scale.size - 1)}"


def block_noun(result: Result) -> str:
    """What shares a scale."""
    granularity = result.settings.granularity
    if result.stored is not None:
        return "block" if result.scale.shape[1] == 1 else "sub-block"
    if isinstance(granularity, qc.PerAxis):
        return ("row", "column")[granularity.axis] if result.x.ndim == 2 else "channel"
    return "block"


def _begin(result: Result, sub: Any) -> Any:
    """Where in its block a sub-block begins."""
    assert result.stored is not None
    return -(-sub * result.stored.fmt.block_size // result.scale.shape[1])


def _stored_elements(result: Result, block: Any, inside: Any, keeps_all: bool = False) -> Indices:
    """The elements at places in blocks; what only fills up the end of a row is left out, or -1."""
    assert result.stored is not None
    layout = result.stored.layout
    if layout.axis is None:
        index = list(np.unravel_index(block * layout.block_size + inside, layout.shape))
    else:
        row, along = np.divmod(block, layout.blocks_per_row)
        others = layout.shape[: layout.axis] + layout.shape[layout.axis + 1 :]
        index = list(np.unravel_index(row, others)) if others else []
        index.insert(layout.axis, along * layout.block_size + inside)
    exists = np.all([i < n for i, n in zip(index, result.x.shape, strict=True)], axis=0)
    index = [np.minimum(i, n - 1) for i, n in zip(index, result.x.shape, strict=True)]
    found = np.ravel_multi_index(tuple(index), result.x.shape)
    return np.asarray(np.where(exists, found, -1) if keeps_all else found[exists], np.intp)

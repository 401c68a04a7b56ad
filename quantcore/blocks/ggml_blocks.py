"""What all block formats of ggml share: a block is a C struct, here a NumPy record of the same bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .block import Level
from .ggml_arithmetic import Floats, add_up

Records = NDArray[np.void]  # (n_blocks,) records of a layout


@dataclass(frozen=True, slots=True, eq=False)
class Importance:
    """How much the error of each element counts, as an importance matrix gives it.

    Attributes:
        weights: (n_blocks, block_size).
        row_energy: (n_blocks,) the mean square of the row that the block is in.
    """

    weights: Floats
    row_energy: Floats


class Encoded(NamedTuple):
    """Blocks as records, and what elements were divided by and what was subtracted before, where that is not stored.

    ggml rounds the scale of the older formats to float16 only after the codes have been chosen with it.
    """

    records: Records
    divisor: Floats | None = None
    subtrahend: Floats | None = None


def float_level(name: str, d: NDArray[np.float16]) -> Level:
    """A float16 of each block."""
    return Level(name, "float16", d.astype(np.float32)[:, None], np.ascontiguousarray(d).view(np.uint16)[:, None])


def whole_level(name: str, fmt: str, codes: NDArray[Any], shift: int = 0) -> Level:
    """Whole numbers (n_blocks, n); each stands for itself, or for as many less as is said."""
    return Level(name, fmt, codes.astype(np.float32) - np.float32(shift), codes)


def row_energy(rows: Floats) -> Floats:
    """(n_rows,) the mean square of each row, summed from the first element to the last."""
    columns = np.ascontiguousarray(rows.T)
    return add_up(columns * columns) / np.float32(rows.shape[1])


def importance_by_magnitude(x: Floats, energy: Floats, importance: Floats) -> Floats:
    """importance * sqrt(energy + x * x)."""
    weights: Floats = importance * np.sqrt(energy + x * x)
    return weights

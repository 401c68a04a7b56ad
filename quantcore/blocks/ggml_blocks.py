"""What all block formats of ggml share: a block is a C struct, here a NumPy record of the same bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

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


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """What a block's bytes say.

    Attributes:
        codes: (n_blocks, block_size).
        scale: (n_blocks, n_sub_blocks) float32: x_hat = value(code) * scale + offset.
        offset: As scale, or None.
        levels: Name and values (n_blocks, ...) of each number that the scales are made of, in the order of decoding.
    """

    codes: NDArray[Any]
    scale: Floats
    offset: Floats | None
    levels: tuple[tuple[str, NDArray[Any]], ...]


def row_energy(rows: Floats) -> Floats:
    """(n_rows,) the mean square of each row, summed from the first element to the last."""
    columns = np.ascontiguousarray(rows.T)
    return add_up(columns * columns) / np.float32(rows.shape[1])


def importance_by_magnitude(x: Floats, energy: Floats, importance: Floats) -> Floats:
    """importance * sqrt(energy + x * x)."""
    weights: Floats = importance * np.sqrt(energy + x * x)
    return weights

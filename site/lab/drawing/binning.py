"""Values counted in bins of one width: a few passes over a million values, and every value counted."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Counts = NDArray[np.intp]

PIECE = 1 << 15


def bins_for(n_values: int, most: int) -> int:
    """How many bins do justice to so many values: 12, doubled for every fourfold, up to `most`.

    >>> bins_for(3, 96), bins_for(400, 96), bins_for(10_000, 96)
    (12, 24, 96)
    """
    n_bins = 12
    while n_bins * 2 <= most and n_values >= n_bins * n_bins:
        n_bins *= 2
    return n_bins


def counts_of(values: Floats, low: float, high: float, n_bins: int) -> Counts:
    """How many values lie in each of `n_bins` equal bins of [low, high]; a value beyond counts to the outermost bin.

    Args:
        values: finite, any shape.
        low: where the first bin begins; of any finite magnitude.
        high: where the last bin ends, above `low`.
        n_bins: how many bins.

    >>> counts_of(np.array([0.0, 0.24, 0.25, 1.0]), 0.0, 1.0, 4).tolist()
    [2, 1, 0, 1]
    """
    # in the unit of the farther end, where need be: neither a huge nor a subnormal range leaves float64 then
    unit = 1.0 if 1e-290 < high - low < 1e290 else max(abs(low), abs(high))
    start, per_unit = low / unit, n_bins / (high / unit - low / unit)
    counts = np.zeros(n_bins, np.intp)
    for piece in pieces(values):
        place = np.subtract(piece if unit == 1 else piece / unit, start, dtype=np.float64)
        place *= per_unit
        np.clip(place, 0, n_bins - 1, out=place)
        counts += np.bincount(place.astype(np.intp), minlength=n_bins)
    return counts


def pieces(*arrays: NDArray[Any]) -> Any:
    """Corresponding pieces of flat arrays, small enough to stay in the processor's cache through several passes."""
    flat = [array.reshape(-1) for array in arrays]
    for start in range(0, flat[0].size, PIECE):
        stretch = slice(start, start + PIECE)
        yield flat[0][stretch] if len(flat) == 1 else tuple(array[stretch] for array in flat)


def edges(low: float, high: float, n_bins: int) -> Floats:
    """Where the bins begin and end: one more than there are bins."""
    share = np.arange(n_bins + 1) / n_bins
    return low * (1 - share) + high * share

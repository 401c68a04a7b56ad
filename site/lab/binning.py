"""Values counted in bins of one width: a few passes over a million values, and every value counted."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Indices = NDArray[np.intp]


def bins_for(n_values: int, most: int) -> int:
    """How many bins do justice to so many values: 12, doubled for every fourfold, up to `most`.

    >>> bins_for(3, 96), bins_for(400, 96), bins_for(10_000, 96)
    (12, 24, 96)
    """
    n_bins = 12
    while n_bins * 2 <= most and n_values >= n_bins * n_bins:
        n_bins *= 2
    return n_bins


def bin_of(values: Floats, low: float, high: float, n_bins: int) -> Indices:
    """In which of `n_bins` equal bins of [low, high] each value lies; a value beyond counts to the outermost bin.

    Args:
        values: finite, any shape.
        low: where the first bin begins; of any finite magnitude.
        high: where the last bin ends, above `low`.
        n_bins: how many bins.

    >>> bin_of(np.array([0.0, 0.24, 0.25, 1.0]), 0.0, 1.0, 4).tolist()
    [0, 0, 1, 3]
    """
    unit = max(abs(low), abs(high))  # neither a huge nor a subnormal range leaves float64 in its unit
    place = values.astype(np.float64)
    place /= unit
    place -= low / unit
    place *= n_bins / (high / unit - low / unit)
    np.clip(place, 0, n_bins - 1, out=place)
    return place.astype(np.intp)


def edges(low: float, high: float, n_bins: int) -> Floats:
    """Where the bins begin and end: one more than there are bins."""
    share = np.arange(n_bins + 1) / n_bins
    return low * (1 - share) + high * share

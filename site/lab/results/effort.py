"""How long it takes to find the ranges of a request, so that it can be told before and while they are searched."""

import math
import time
from collections.abc import Callable

from quantcore.parameters.granularity import parameter_shape

from ..request.settings import Settings

Tell = Callable[[int, float, float], None]
"""Told again and again: how many ranges are searched, which share of them is found, how many seconds are left."""

LONG = 1.0  # seconds; what takes less is not told
SLOWER = 3.0  # Python in a browser than CPython
LONGEST_ROW = 8192  # values of a range that are searched together with others


def search_seconds(calibration: str, n_ranges: int, length: int) -> float:
    """About how long a browser searches so many ranges of so many values each; measured with tests/bench/searches.py.

    >>> search_seconds("minmax", 1_000_000, 8), round(search_seconds("mse", 131_072, 8))
    (0.0, 49)
    """
    if calibration == "percentile":
        microseconds = 1 + 0.03 * length
    elif calibration == "mse":
        microseconds = 80 + 5.5 * length if length <= LONGEST_ROW else 100_000 + 0.1 * length
    elif calibration == "entropy":
        microseconds = 150 + 4 * min(length, 1500) if length <= LONGEST_ROW else 120_000 + 0.1 * length
    else:
        microseconds = 0.0
    return SLOWER * n_ranges * microseconds / 1e6


def progress_of(
    settings: Settings, tell: Tell | None, clock: Callable[[], float] = time.monotonic
) -> Callable[[float], None] | None:
    """What the search is to call with the share that is done, if it is long; says at once how long it will take."""
    size = settings.data.size
    n_ranges = math.prod(parameter_shape(settings.granularity, settings.data.shape))
    expected = search_seconds(settings.calibration, n_ranges, max(1, size // max(1, n_ranges)))
    if tell is None or settings.is_dequantize or expected < LONG:
        return None
    began = clock()

    def progress(share: float) -> None:
        tell(n_ranges, share, (clock() - began) * (1 - share) / share)

    tell(n_ranges, 0.0, expected)
    return progress

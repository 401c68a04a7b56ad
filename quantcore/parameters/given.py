"""The ranges that given parameters cover, where scale and zero point were not chosen from data."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ..checks import real_numbers
from .qparams import QuantParams, fitted
from .ranges import Ranges, minmax_ranges


def given_ranges(x: ArrayLike, params: QuantParams) -> Ranges:
    """From the number of the lowest code to that of the highest: (qmin - z) s to (qmax - z) s, in float64.

    Args:
        x: Finite real numbers, at least one.
        params: Scale and zero point that came from elsewhere.

    Raises:
        QuantError: For parameters that do not fit the shape of x.

    >>> import quantcore as qc
    >>> ranges = given_ranges([0.5, 9.0], qc.QuantParams(0.5, 0, qc.INT4))
    >>> [end.item() for end in (ranges.low, ranges.high, ranges.data_high)]
    [-4.0, 3.5, 9.0]
    """
    numbers = real_numbers(x)
    scale, zero_point = fitted(params, numbers.shape)
    data_low, data_high = minmax_ranges(numbers, params.granularity)
    largest = np.finfo(np.float64).max
    with np.errstate(over="ignore"):
        ends = [
            np.clip((end - zero_point.astype(np.float64)) * scale.astype(np.float64), -largest, largest)
            for end in (params.fmt.lowest, params.fmt.highest)
        ]
    return Ranges(
        low=ends[0],
        high=ends[1],
        data_low=data_low,
        data_high=data_high,
        scheme="affine",
        include_zero=False,
        _curve=_nothing_searched,
    )


def _nothing_searched(index: int) -> None:
    """Parameters that are given were not searched for."""

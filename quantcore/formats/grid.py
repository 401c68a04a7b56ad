"""The codes that an element can become: what each stands for, and between which numbers it is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Codes, their reconstruction levels and their decision thresholds; the levels may be unevenly far apart.

    Attributes:
        codes: n of them, in the order of the numbers at which they are given: ascending, for integers. -0 and +0
            are one entry.
        reals: What each stands for, in the order of the codes.
        thresholds: n + 1 numbers: a value below thresholds[i] gets an earlier code than codes[i], a value above it that
            code or a later one; the threshold itself is a tie, or the first number of its side. Above the last one the
            code would be later than all. So the outermost say from where on values are clipped, where codes are all
            that there are. Infinite where no number of the precision gets so far. Under stochastic rounding both
            sides are equally likely at the threshold.
    """

    codes: NDArray[np.integer[Any]]
    reals: Float64
    thresholds: Float64

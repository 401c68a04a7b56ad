"""How far apart the numbers of neighbouring codes are around each value: what an error is measured in.

Steps of integers are all alike: the scale. Those of other formats are as wide as the gap that the value lies in.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

import quantcore as qc

from .result import Floats, Indices, Result

Float64 = NDArray[np.float64]


def steps_at(result: Result, elements: Indices) -> Float64:
    """The step at each of some elements; 0 where all codes stand for one number, NaN where they stand for none."""
    index = result.parameter_index(elements)
    with np.errstate(invalid="ignore"):  # bytes may hold NaNs that signal
        scale = np.abs(result.scale.reshape(-1)[index].astype(np.float64))
    if result.settings.are_integers:
        return scale
    numbers, gaps = _numbers(result.settings.fmt)
    at = np.searchsorted(numbers, before_scaling(result, elements), side="right") - 1
    with np.errstate(over="ignore"):
        steps: Float64 = scale * gaps[np.clip(at, 0, len(gaps) - 1)]
    return steps


def is_evenly_spaced(fmt: qc.Format) -> bool:
    """Whether the numbers of a format are evenly far apart."""
    gaps = _numbers(fmt)[1]
    return bool((gaps == gaps[0]).all())


def before_scaling(result: Result, elements: Indices) -> Floats:
    """The values without the scale (and the offset) of their code, in the precision of the values."""
    index = result.parameter_index(elements)
    values, scale = result.flat_x[elements], result.scale.reshape(-1)[index]
    offset = None if result.stored is None else result.stored.offset
    with np.errstate(all="ignore"):
        found: Floats = (values if offset is None else values - offset.reshape(-1)[index]) / scale
    return found


@cache
def _numbers(fmt: qc.Format) -> tuple[Float64, Float64]:
    """All numbers of a format, ascending, and the gaps between them."""
    numbers = fmt.grid().reals
    return numbers, np.diff(numbers)

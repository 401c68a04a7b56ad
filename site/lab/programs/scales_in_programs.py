"""Lines that programs for floats and codebooks share: the scale, and how it broadcasts against the numbers."""

import numpy as np

import quantcore as qc

from .case import Case, listed, nested
from .with_numpy import reduced


def scale(case: Case) -> list[str]:
    """`scale`, computed from the values where a line says how, else as the page found it."""
    settings, ranges, dtype = case.result.settings, case.result.ranges, case.scale.dtype
    if settings.calibration == "minmax" and not case.is_dequantize and ranges is not None:
        highest = case.element.highest
        with np.errstate(all="ignore"):
            found = np.maximum(-ranges.low, ranges.high).astype(case.dtype) / dtype.type(highest)
        if found.dtype == dtype and (found == case.scale).all():
            absmax = reduced(case, "maximum", "np.abs(x)")
            return [f"scale = {absmax} / np.{dtype}({highest!r})  # the greatest number of the format"]
    if case.scale.ndim:
        return [f"scale = {listed(case, case.scale, 'scale')}"]
    return [f"scale = np.{dtype}({nested(case.scale)})"]


def spread(case: Case) -> list[str]:
    """`scale` repeated for all elements of its block, where there are blocks."""
    if not isinstance(case.granularity, qc.PerBlock):
        return []
    axis = case.granularity.axis
    block = f"np.arange({case.name}.shape[{axis}]) // {case.granularity.block_size}"
    return [f"scale = np.take(scale, {block}, axis={axis})  # one for each element"]

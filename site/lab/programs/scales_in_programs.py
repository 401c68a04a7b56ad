"""Lines that programs for floats and codebooks share: the numbers, and the scale that broadcasts against them."""

import numpy as np

import quantcore as qc

from .case import Case, array, nested


def given(case: Case) -> list[str]:
    """`x`, or the codes `q`."""
    return [f"{'q' if case.is_dequantize else 'x'} = {array(case.given, case.text)}"]


def scale(case: Case) -> list[str]:
    """`scale`, computed from the values where a line says how, else as the page found it."""
    dtype = f"np.{case.scale.dtype}"
    if case.scale.ndim:
        return [f"scale = {array(case.scale)}"]
    settings = case.result.settings
    if settings.calibration == "minmax" and not case.is_dequantize and not case.is_cut:
        with np.errstate(all="ignore"):
            found = np.abs(case.given).max() / case.scale.dtype.type(case.element.highest)
        if found == case.scale and found.dtype == case.scale.dtype:
            return [f"scale = np.abs(x).max() / {dtype}({case.element.highest!r})  # the greatest number of the format"]
    return [f"scale = {dtype}({nested(case.scale)})"]


def spread(case: Case) -> list[str]:
    """`scale` repeated for all elements of its block, where there are blocks."""
    if not isinstance(case.granularity, qc.PerBlock):
        return []
    name, axis = "q" if case.is_dequantize else "x", case.granularity.axis
    block = f"np.arange({name}.shape[{axis}]) // {case.granularity.block_size}"
    return [f"scale = np.take(scale, {block}, axis={axis})  # one for each element"]

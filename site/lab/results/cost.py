"""What the numbers of a result cost as they are stored."""

import numpy as np

import quantcore as qc

from .result import Result


def bits_per_value(result: Result) -> float:
    """Bits stored for one number, its part of scales and zero points included."""
    if result.stored is not None:
        return result.stored.bits_per_value
    settings = result.settings
    return qc.bits_per_value(
        settings.fmt,
        settings.granularity,
        result.x.shape,
        scale_bits=scale_bits(result),
        zero_point_bits=_zero_point_bits(result),
    )


def scale_bits(result: Result) -> int:
    """Bits of one scale that the request chose or gave; 0 where there is none, and of blocks, which have their own."""
    has_none = result.settings.calibration == "none" and not result.settings.is_dequantize
    return 0 if has_none or result.stored is not None else 8 * result.scale.dtype.itemsize


def _zero_point_bits(result: Result) -> int:
    """Of an affine scheme as many as a code has; what is no code needs a number of its own."""
    if not result.settings.are_integers or result.settings.scheme != "affine":
        return 0
    lowest, highest = result.settings.code_ends
    is_code = np.all((result.zero_point >= lowest) & (result.zero_point <= highest))
    return result.settings.fmt.bits if is_code else 32

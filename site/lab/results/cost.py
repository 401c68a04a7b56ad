"""What the numbers of a result cost as they are stored."""

import numpy as np

import quantcore as qc

from .result import Result


def bits_per_value(result: Result) -> float:
    """Bits stored for one number, its part of scales and zero points included."""
    if result.stored is not None:
        return result.stored.bits_per_value
    settings = result.settings
    has_scale = settings.calibration != "none" or settings.is_dequantize
    return qc.bits_per_value(
        settings.fmt,
        settings.granularity,
        result.x.shape,
        scale_bits=8 * result.scale.dtype.itemsize if has_scale else 0,
        zero_point_bits=_zero_point_bits(result),
    )


def _zero_point_bits(result: Result) -> int:
    """Of an affine scheme as many as a code has; what is no code needs a number of its own."""
    if not result.settings.are_integers or result.settings.scheme != "affine":
        return 0
    lowest, highest = result.settings.code_ends
    is_code = np.all((result.zero_point >= lowest) & (result.zero_point <= highest))
    return result.settings.fmt.bits if is_code else 32

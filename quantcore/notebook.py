"""The seed notebook's own functions, as it computes them: a scale factor, no clipping, no cast, no zero in the range.

Its scale factor is the reciprocal of the `scale` that toolkits use. The codes stay floating point and may leave the
format (by one where the maximum is rounded up; without limit where the zero point lies outside). Bad numbers are not
refused here: NaN and infinity go through the formulas as they do in the notebook.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .checks import real_numbers
from .errors import QuantError
from .formats.integers import INT8, IntFormat

FloatArray = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class NotebookResult:
    """What the notebook's functions return.

    Attributes:
        scale_factor: Codes per unit.
        zero_point: The code of 0.0, a whole number in floating point.
        x_quant: The codes, as floating point.
        x_dequant: The reconstruction.
    """

    scale_factor: np.floating[Any]
    zero_point: np.floating[Any]
    x_quant: FloatArray
    x_dequant: FloatArray


def zeropoint_quantize(X: ArrayLike, fmt: IntFormat = INT8) -> NotebookResult:
    """S = (qmax - qmin) / (max - min), z = round(-S min + qmin), q = round(X S + z), x_hat = (q - z) / S.

    Args:
        X: Numbers, at least one; float32 stays float32, lists and whole numbers become float64.
        fmt: The codes to spread the range over; the notebook has INT8.

    Raises:
        QuantError: If X is empty or not numbers.

    >>> result = zeropoint_quantize([-3.0, 0.1, 3.2])
    >>> float(result.scale_factor), float(result.zero_point), result.x_quant.tolist()
    (41.12903225806451, -5.0, [-128.0, -1.0, 127.0])
    """
    x = _numbers(X)
    with np.errstate(all="ignore"):
        x_range = np.max(x) - np.min(x)
        x_range = x.dtype.type(1) if x_range == 0 else x_range
        scale_factor = (fmt.qmax - fmt.qmin) / x_range
        zero_point = np.round(-scale_factor * np.min(x) + fmt.qmin)
        x_quant = np.round(x * scale_factor + zero_point)
        return NotebookResult(scale_factor, zero_point, x_quant, (x_quant - zero_point) / scale_factor)


def absmax_quantize(X: ArrayLike, fmt: IntFormat = INT8) -> NotebookResult:
    """S = qmax / max|X|, q = round(S X), x_hat = q / S; the zero point is 0.

    Args:
        X: Numbers, at least one. All zeros: max|X| counts as 1.
        fmt: The codes; the notebook has INT8.

    Raises:
        QuantError: If X is empty or not numbers.

    >>> absmax_quantize([-3.0, 0.1, 3.2]).x_quant.tolist()
    [-119.0, 4.0, 127.0]
    """
    x = _numbers(X)
    with np.errstate(all="ignore"):
        absmax = np.max(np.abs(x))
        scale_factor = fmt.qmax / (x.dtype.type(1) if absmax == 0 else absmax)
        x_quant = np.round(scale_factor * x)
        return NotebookResult(scale_factor, x.dtype.type(0), x_quant, x_quant / scale_factor)


def _numbers(X: ArrayLike) -> FloatArray:
    x = real_numbers(X)
    if not x.size:
        raise QuantError("values are empty; give at least one number.", "values")
    return x if x.dtype.kind == "f" else x.astype(np.float64)

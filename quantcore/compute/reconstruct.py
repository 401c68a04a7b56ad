"""Reconstruction with parameters as a file has them: nobody chose them here, so nothing is asked of them."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..toolkits.arithmetic import ARITHMETICS
from .stages import decode

_STEPS = ARITHMETICS["onnx"]


def reconstruct(
    numbers: ArrayLike,
    scale: ArrayLike | None = None,
    zero_point: ArrayLike = 0,
    offset: ArrayLike | None = None,
    factor: float = 1.0,
) -> NDArray[np.float32]:
    """x_hat = (number - zero_point) * scale * factor + offset, each step rounded to float32.

    `dequantize` refuses a scale that is 0, negative or not finite, and a zero point that is no code; stored models hold
    all of these (a scale of 0 for a group of zeros, MLX's negative ones), and here they mean what the formula says.

    Args:
        numbers: Whole codes, or the numbers of other codes.
        scale: Broadcasts against the numbers, as do zero_point and offset; None: 1.
        zero_point: What is subtracted first.
        offset: What is added last; None: nothing.
        factor: A constant that multiplies after the scale (1/127 for absmax scales).

    >>> reconstruct([0, 7, 15], [0.5], 8, [1.0]).tolist()
    [-3.0, 0.5, 4.5]
    """
    codes = np.asarray(numbers)
    room = np.empty(codes.shape, np.float32)
    by = np.float32(1) if scale is None else np.asarray(scale, np.float32)
    with np.errstate(all="ignore"):
        steps = decode(codes, np.asarray(by), np.asarray(zero_point, np.float32), 0, _STEPS, room)
        values: NDArray[Any] = deque(steps, maxlen=1)[0][1]
        if factor != 1:
            values *= np.float32(factor)
        if offset is not None:
            values += np.asarray(offset, np.float32)
    return values

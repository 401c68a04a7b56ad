"""Codes of floats and codebooks under a scale: x / scale to the nearest number of the format, and back.

The steps to and from the scaled value are those of integers, by the same arithmetics; what rounds is the format.
"""

from __future__ import annotations

import copy
from collections import deque
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import buffer, one_of, refuse_not_finite
from ..formats.floats import FloatFormat
from ..formats.format import OVERFLOWS, Format, Overflow
from ..parameters.qparams import QuantParams, fitted
from ..precision import Precision
from ..rounding import check_rounding
from ..toolkits.arithmetic import Arithmetic, Unscaling
from .chunks import CHUNK, collapsed, pieces, quiet_loops
from .stages import before_rounding, decode, multiplier, result_precision, wide_dtype, working_precision

FloatArray = NDArray[np.floating[Any]]
_AT_ONCE = CHUNK // 4  # the conversion needs temporaries


def encode_scaled(
    x: NDArray[Any],
    params: QuantParams,
    steps: Arithmetic,
    rounding: str | None,
    overflow: Overflow,
    rng: np.random.Generator | None,
    out: NDArray[Any] | None,
    sides: NDArray[np.int8] | None,
) -> NDArray[Any]:
    """What `quantize` does for a format whose codes are no whole numbers; the arguments are its own."""
    fmt = params.fmt
    rounding = check_rounding("half_even" if rounding is None else rounding, rng)  # whatever integers have
    one_of(overflow, "overflow", OVERFLOWS)
    scale, _ = fitted(params, x.shape)
    working = working_precision(steps, params.precision)
    factor = _multiplier(params, scale, steps)
    refuse_not_finite(x, working)
    codes = buffer(out, x.shape, fmt.dtype)
    if sides is not None:
        buffer(sides, x.shape, np.dtype(np.int8), "sides")
    goals = codes if sides is None else sides
    parameters = [collapsed(factor, working.dtype)]
    with quiet_loops():
        for (part, target, (factors,)), (_, side, _) in zip(
            pieces(x, codes, params.granularity, parameters, _AT_ONCE),
            pieces(x, goals, params.granularity, (), _AT_ONCE),
            strict=True,
        ):
            value = scaled(working.keep(part), factors, fmt, steps, working)
            if sides is not None:
                side[...] = is_beyond(value, fmt, rounding, copy.deepcopy(rng)) * np.sign(value)
            target[...] = fmt.encode(value, rounding, overflow, rng)
    return codes


def decode_scaled(
    q: NDArray[Any], params: QuantParams, steps: Arithmetic, out: NDArray[np.floating[Any]] | None
) -> NDArray[np.floating[Any]]:
    """What `dequantize` does for such a format; `q` holds codes of it."""
    scale, _ = fitted(params, q.shape)
    factor = _multiplier(params, scale, steps)
    result = result_precision(steps, params.precision)
    wide = wide_dtype(working_precision(steps, params.precision).dtype)
    values = buffer(out, q.shape, result.dtype)
    by = factor if steps.unscaling is Unscaling.FACTOR else scale
    with quiet_loops():
        for part, target, (scales,) in pieces(q, values, params.granularity, [collapsed(by, by.dtype)]):
            target[...] = result.keep(unscaled(params.fmt.decode(part), scales, params.fmt, steps, wide))
    return values


def scaled(x: FloatArray, factor: FloatArray, fmt: Format, steps: Arithmetic, working: Precision) -> FloatArray:
    """What is rounded: x divided by the scale, or times its reciprocal, as the arithmetic has it.

    -0 stays what it is, but where the zero point, 0, is added first.
    """
    zero = np.zeros((), wide_dtype(x.dtype))
    *_, (_, value) = before_rounding(x, factor, zero, steps, fmt.bits, None, working)
    limit = value.dtype.type(working.largest)  # a quotient too large for the precision is still finite
    return np.clip(value, -limit, limit)


def _multiplier(params: QuantParams, scale: FloatArray, steps: Arithmetic) -> FloatArray:
    return multiplier(scale, steps, params.fmt.highest, params.precision, params.scale_factor.reshape(scale.shape))


def unscaled(numbers: FloatArray, scale: FloatArray, fmt: Format, steps: Arithmetic, wide: np.dtype[Any]) -> FloatArray:
    """The numbers of codes times the scale, as the arithmetic has it."""
    zero, room = np.zeros((), wide), np.empty(numbers.shape, wide)
    ((_, value),) = deque(decode(numbers, scale, zero, fmt.highest, steps, room), maxlen=1)
    return value


def is_beyond(value: FloatArray, fmt: Format, rounding: str, rng: np.random.Generator | None) -> NDArray[np.bool_]:
    """Whether a value would round to more than the greatest number, if the format went on; codebooks end there."""
    if not isinstance(fmt, FloatFormat):
        return (value < fmt.lowest) | (value > fmt.highest)
    return fmt.is_beyond(value, rounding, rng)

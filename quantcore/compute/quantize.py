"""Real numbers to codes, and codes to real numbers."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks import buffer, real_numbers, refuse_not_finite
from ..errors import QuantError
from ..formats.format import Overflow
from ..formats.integers import IntFormat, whole_codes
from ..formats.table import format_codes
from ..parameters.granularity import PerTensor
from ..parameters.qparams import QuantParams, check_params, fitted
from ..rounding import check_rounding, round_whole
from ..toolkits.arithmetic import Arithmetic, Scaling, Unscaling, find_arithmetic
from .chunks import CHUNK, collapsed, pieces, quiet_loops
from .element import decode_scaled, encode_scaled
from .kernels import round_and_store
from .stages import (
    Step,
    after_rounding,
    before_rounding,
    decode,
    multiplier,
    result_precision,
    wide_dtype,
    working_precision,
)

FloatArray = NDArray[np.floating[Any]]


def quantize(
    x: ArrayLike,
    params: QuantParams,
    arithmetic: str | Arithmetic = "onnx",
    rounding: str | None = None,
    rng: np.random.Generator | None = None,
    out: NDArray[Any] | None = None,
    sides: NDArray[np.int8] | None = None,
    overflow: Overflow = "saturate",
) -> NDArray[Any]:
    """Compute codes: q = clip(round(x / scale) + zero_point, qmin, qmax), as ONNX does or as another toolkit does.

    Of floats and codebooks: the code of the number next to x / scale.

    Args:
        x: Finite real numbers of any shape; rounded to the precision of the arithmetic first.
        params: Scale, zero point, format and granularity.
        arithmetic: A name in ARITHMETICS, or a record like those.
        rounding: A name in ROUNDINGS; None: the arithmetic's own, half to even but for "tflite"; for floats and
            codebooks half to even.
        rng: For rounding "stochastic".
        out: Where the codes go: an array of x's shape in the dtype of the result. Undefined after an error.
        sides: Where it goes who was clipped: an array of x's shape in int8, filled as `clipped` has it.
        overflow: For floats, as in `encode`: "saturate", or "overflow" to infinity or NaN. Integers saturate.

    Returns:
        Codes in `params.fmt.dtype`, one an element, with the shape of x. Where the arithmetic does not clip, whole
        numbers in its floating-point precision, which may be none of the codes.

    Raises:
        QuantError: For a number that is not finite, or arguments that do not fit each other.

    >>> import quantcore as qc
    >>> qc.quantize([-3.0, 0.1, 3.2], qc.QuantParams(0.0243, -5, qc.INT8)).tolist()
    [-128, -1, 127]
    """
    steps = find_arithmetic(arithmetic)
    x = real_numbers(x)
    check_params(params)
    if not isinstance(params.fmt, IntFormat):
        return encode_scaled(x, params, steps, rounding, overflow, rng, out, sides)
    fmt = params.fmt
    steps = steps.with_rounding(rounding)
    rounding = check_rounding(steps.rounding, rng)
    scale, zero_point = fitted(params, x.shape)
    _check_order(zero_point, steps)
    working = working_precision(steps, params.precision)
    dtype = working.dtype
    wide = wide_dtype(dtype)
    codes = buffer(out, x.shape, fmt.dtype if steps.clips else dtype)
    codes_in_use = fmt.qmin, fmt.qmax
    is_simple = rounding == "half_even" and zero_point.dtype.kind == "i" and steps.clips
    limit = CHUNK if is_simple and not steps.is_fused(fmt.bits) else CHUNK // 4  # the others need more temporaries
    scratch = np.empty(min(limit, x.size), dtype)
    parameters = [collapsed(_multiplier(params, scale, steps), dtype), collapsed(zero_point, wide)]
    if steps.scaling is Scaling.FROM_LOWEST:
        _check_lowest(fmt.qmin, parameters[0], parameters[1], steps)
    if sides is not None:
        buffer(sides, x.shape, np.dtype(np.int8), "sides")[...] = 0
    sides_of = (
        repeat(None) if sides is None else (goal for _, goal, _ in pieces(x, sides, params.granularity, (), limit))
    )
    with quiet_loops():
        for (part, target, (factors, offsets)), side in zip(
            pieces(x, codes, params.granularity, parameters, limit), sides_of, strict=False
        ):
            values = working.keep(part)
            shift = offsets.astype(wide, copy=False)
            room = scratch[: values.size].reshape(values.shape)
            value = _last(before_rounding(values, factors, shift, steps, fmt.bits, fmt.qmin, working, room))
            if is_simple:
                after = None if steps.zero_point_first else shift
                is_fine = round_and_store(value.astype(wide, copy=False), values, after, codes_in_use, target, side)
            elif is_fine := bool(np.isfinite(values).all()):
                value = round_whole(value.astype(wide, copy=False), rounding, rng)
                *_, unclipped, code = value, *(n for _, n in after_rounding(value, shift, codes_in_use, steps))
                target[...] = code.astype(target.dtype)
                if side is not None:
                    np.subtract(unclipped > fmt.qmax, unclipped < fmt.qmin, out=side, dtype=np.int8)
            if not is_fine:
                refuse_not_finite(x, working)
    n_whole = steps.n_whole(x.size, fmt.bits) if isinstance(params.granularity, PerTensor) else x.size
    if steps.tail is not None and n_whole < x.size:
        left = working.keep(x.reshape(-1)[n_whole:])  # it reads what the others read
        left_sides = np.empty(left.size, np.int8)
        codes.flat[n_whole:] = quantize(left, params, steps.tail.arithmetic, None, rng, sides=left_sides)
        if sides is not None:
            sides.flat[n_whole:] = left_sides
    return codes


def clipped(
    x: ArrayLike,
    params: QuantParams,
    arithmetic: str | Arithmetic = "onnx",
    rounding: str | None = None,
    rng: np.random.Generator | None = None,
) -> NDArray[np.int8]:
    """Tell whose code is moved to an end: -1 if it would be below qmin, 1 if above qmax, 0 if it is a code.

    Where the arithmetic does not clip, nothing is moved; told is who is outside of the codes. Of a float it is told who
    would round to more than its greatest number if it went on; of a codebook, who is outside of its numbers.

    The arguments are those of `quantize`, by whose steps it is told; so is what is raised.

    >>> import quantcore as qc
    >>> clipped([-9.0, -8.5, 0.0, 7.5, 8.0], qc.QuantParams(1.0, 0, qc.INT4)).tolist()
    [-1, 0, 0, 1, 1]
    """
    numbers = real_numbers(x)
    sides = np.empty(numbers.shape, np.int8)
    quantize(numbers, params, arithmetic, rounding, rng, sides=sides)
    return sides


def dequantize(
    q: ArrayLike,
    params: QuantParams,
    arithmetic: str | Arithmetic = "onnx",
    out: NDArray[np.floating[Any]] | None = None,
) -> NDArray[np.floating[Any]]:
    """Compute the reconstruction: x_hat = (q - zero_point) * scale, as ONNX does or as another toolkit does.

    Of floats and codebooks: the number of the code times the scale.

    Args:
        q: Codes within the format, of any shape; whole numbers of any size and type where the arithmetic does not clip.
        params: Scale, zero point, format and granularity.
        arithmetic: A name in ARITHMETICS, or a record like those.
        out: Where the numbers go: an array of q's shape in the dtype of the result.

    Returns:
        Real numbers in the precision of the arithmetic: that of the scale, or float32 for PyTorch and its kin.

    Raises:
        QuantError: For a number that is not a code, or arguments that do not fit each other.

    >>> import quantcore as qc
    >>> qc.dequantize([-128, -1, 127], qc.QuantParams(0.5, -5, qc.INT8)).tolist()
    [-61.5, 2.0, 66.0]
    """
    steps = find_arithmetic(arithmetic)
    check_params(params)
    fmt = params.fmt
    if not isinstance(fmt, IntFormat):
        return decode_scaled(format_codes(q, fmt), params, steps, out)
    q = whole_codes(q, fmt if steps.clips else None)
    scale, zero_point = fitted(params, q.shape)
    factor = _multiplier(params, scale, steps)  # raises if the scale is out of reach
    result, working = result_precision(steps, params.precision), working_precision(steps, params.precision)
    values, wide = buffer(out, q.shape, result.dtype), wide_dtype(working.dtype)
    scratch = None if result.dtype == wide and result.is_numpy_type else np.empty(min(CHUNK, q.size), wide)
    by = factor if steps.unscaling is Unscaling.FACTOR else scale
    parameters = [collapsed(by, by.dtype), collapsed(zero_point, wide)]
    with quiet_loops():
        for part, target, (scales, offsets) in pieces(q, values, params.granularity, parameters):
            room = target if scratch is None else scratch[: part.size].reshape(part.shape)
            number = _last(decode(part, scales, offsets.astype(wide, copy=False), fmt.qmax, steps, room))
            if scratch is not None:
                target[...] = result.keep(number)
    return values


def _multiplier(params: QuantParams, scale: FloatArray, steps: Arithmetic) -> FloatArray:
    return multiplier(scale, steps, params.fmt.highest, params.precision, params.scale_factor.reshape(scale.shape))


def _check_order(zero_point: NDArray[Any], steps: Arithmetic) -> None:
    if zero_point.dtype.kind != "f" or steps.zero_point_first:
        return
    broken = zero_point[zero_point != np.rint(zero_point)]
    if broken.size:
        raise QuantError(
            f"zero_point is {broken[0]}; {steps.name} adds it after rounding, so it must be a whole number. "
            "Use the arithmetic torch_float_zero_point.",
            "zero_point",
        )


def _check_lowest(qmin: int, scale: FloatArray, zero_point: FloatArray, steps: Arithmetic) -> None:
    with np.errstate(over="ignore"):
        is_beyond = ~np.isfinite((qmin - zero_point) * scale)
    if is_beyond.any():
        raise QuantError(
            f"scale is {scale[is_beyond].flat[0]}; {steps.name} computes from the number of the lowest code, which "
            f"{scale.dtype} does not reach. Use a smaller scale, or another arithmetic.",
            "scale",
        )


def _last(steps: Iterable[Step]) -> FloatArray:
    return deque(steps, maxlen=1)[0][1]

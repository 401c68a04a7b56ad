"""Real numbers to codes, and codes to real numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arithmetic import Arithmetic, decode, encode, find_arithmetic, multiplier, working_dtype
from .errors import QuantError
from .granularity import split
from .qparams import QuantParams, fitted
from .rounding import ROUNDINGS


def quantize(
    x: ArrayLike,
    params: QuantParams,
    arithmetic: str | Arithmetic = "onnx",
    rounding: str | None = None,
    rng: np.random.Generator | None = None,
    out: NDArray[np.integer[Any]] | None = None,
) -> NDArray[np.integer[Any]]:
    """q = clip(round(x / scale) + zero_point, qmin, qmax), as ONNX computes it, or another toolkit.

    Args:
        x: Finite real numbers of any shape; rounded to the precision of the arithmetic first.
        params: Scale, zero point, format and granularity.
        arithmetic: A name in ARITHMETICS, or a record like those.
        rounding: A name in ROUNDINGS; None: the arithmetic's own (half to even, but for "tflite").
        rng: For rounding "stochastic".
        out: Where the codes go: an array of x's shape in `params.fmt.dtype`.

    Returns:
        Codes in `params.fmt.dtype`, one an element, with the shape of x.

    Raises:
        QuantError: For a number that is not finite, or arguments that do not fit each other.

    >>> import quantcore as qc
    >>> qc.quantize([-3.0, 0.1, 3.2], qc.QuantParams(0.0243, -5, qc.INT8)).tolist()
    [-128, -1, 127]
    """
    steps = find_arithmetic(arithmetic)
    rounding = steps.rounding if rounding is None else rounding
    if rounding not in ROUNDINGS:
        raise QuantError(f"rounding is {rounding!r}; it must be one of {', '.join(ROUNDINGS)}.", "rounding")
    x = real_numbers(x)
    scale, zero_point = fitted(params, x.shape)
    dtype = working_dtype(steps, scale)
    factor, offset = multiplier(scale, steps), zero_point.astype(dtype)
    codes = _result(out, x.shape, params.fmt.dtype)
    values = finite(x, dtype)
    pieces = zip(split(values, params.granularity), split(codes, params.granularity), strict=True)
    for (part, index), (target, _) in pieces:
        for _, value in encode(
            part, factor[index], offset[index], (params.fmt.qmin, params.fmt.qmax), steps, rounding, rng
        ):
            code = value
        target[...] = code.astype(target.dtype)
    return codes


def dequantize(
    q: ArrayLike,
    params: QuantParams,
    arithmetic: str | Arithmetic = "onnx",
    out: NDArray[np.floating[Any]] | None = None,
) -> NDArray[np.floating[Any]]:
    """x_hat = (q - zero_point) * scale, as ONNX computes it, or another toolkit.

    Args:
        q: Codes within the format, of any shape.
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
    q = valid_codes(q, params)
    scale, zero_point = fitted(params, q.shape)
    dtype = working_dtype(steps, scale)
    multiplier(scale, steps)
    values = _result(out, q.shape, dtype)
    offset = zero_point.astype(dtype)
    pieces = zip(split(q, params.granularity), split(values, params.granularity), strict=True)
    for (part, index), (target, _) in pieces:
        for _, value in decode(part.astype(dtype), scale[index], offset[index], params.fmt.qmax, steps, dtype):
            number = value
        target[...] = number
    return values


def real_numbers(x: ArrayLike) -> NDArray[Any]:
    """`x` as an array of real numbers."""
    try:
        array = np.asarray(x)
    except ValueError:
        raise QuantError("values are ragged; every row must have the same length.", "values") from None
    if array.dtype.kind not in "iuf" or array.dtype.itemsize > 8:
        raise QuantError(
            f"values are of type {array.dtype}; they must be whole numbers, or float16, float32 or float64.", "values"
        )
    return array


def finite(x: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """`x` in `dtype`, all finite."""
    with np.errstate(over="ignore", under="ignore"):
        values = x.astype(dtype, copy=False)
    good = np.isfinite(values)
    if good.all():
        return values
    index = tuple(int(i) for i in np.argwhere(~good)[0])
    where = f"[{', '.join(map(str, index))}]" if index else ""
    found = x[index]
    reason = f"it is beyond {dtype}" if np.isfinite(found) else "it must be a finite number"
    raise QuantError(f"values{where} is {found}; {reason}. Remove or replace it.", "values")


def valid_codes(q: ArrayLike, params: QuantParams) -> NDArray[Any]:
    """`q` as an array of codes of the format."""
    try:
        array = np.asarray(q)
    except ValueError:
        raise QuantError("codes are ragged; every row must have the same length.", "codes") from None
    if array.dtype.kind not in "iu" and array.size:
        raise QuantError(f"codes are of type {array.dtype}; they must be whole numbers.", "codes")
    if array.size and (array.min() < params.fmt.qmin or array.max() > params.fmt.qmax):
        wrong = (array < params.fmt.qmin) | (array > params.fmt.qmax)
        index = [int(i) for i in np.argwhere(wrong)[0]]
        raise QuantError(
            f"codes has {array[wrong][0]} at index {index}; {params.fmt!r} has the codes "
            f"{params.fmt.qmin} to {params.fmt.qmax}.",
            "codes",
        )
    return array


def _result(out: NDArray[Any] | None, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    if out is None:
        return np.empty(shape, dtype)
    if not isinstance(out, np.ndarray) or out.shape != shape or out.dtype != dtype or not out.flags.writeable:
        found = f"{out.dtype} of shape {out.shape}" if isinstance(out, np.ndarray) else type(out).__name__
        raise QuantError(f"out is {found}; it must be a writable array of {dtype} with shape {shape}.", "out")
    return out

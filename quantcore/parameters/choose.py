"""Scale and zero point from data, or from a range."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from ..calibration.calibrate import calibrate
from ..checks import real_numbers, refuse_not_finite
from ..errors import QuantError
from ..formats.integers import IntFormat
from ..toolkits.choosing import Toolkit, ZeroPoint, find_toolkit
from .derive import code_range, scale_and_zero_point, symmetric_zero_point
from .granularity import Granularity, PerTensor, parameter_shape, pooled_axes, slices, split
from .qparams import QuantParams, check_types

FloatArray = NDArray[np.floating[Any]]


def choose_qparams(
    x: ArrayLike,
    fmt: IntFormat,
    scheme: str = "affine",
    granularity: Granularity | None = None,
    calibration: str | tuple[float, float] = "minmax",
    include_zero: bool | None = None,
    dtype: DTypeLike | None = None,
    toolkit: str | Toolkit = "onnx",
    reduce_range: bool = False,
    **settings: Any,
) -> QuantParams:
    """Scale and zero point for `x`: affine maps [min, max] to the codes, symmetric [-absmax, absmax].

    Args:
        x: Finite real numbers, at least one.
        fmt: The codes.
        scheme: "affine" or "symmetric".
        granularity: Which elements share parameters; PerTensor() by default.
        calibration: A name in CALIBRATIONS, or an explicit (min, max).
        include_zero: Widen an affine range to contain 0, so that the zero point is a code. Without it the zero point is
            a whole number in floating point, which may lie outside the codes. By default as the toolkit does.
        dtype: Precision of the scale; by default float32, or what the toolkit keeps scales in.
        toolkit: A name in TOOLKITS, or a record like those: how the range becomes scale and zero point.
        reduce_range: Compute the scale for fewer codes (usually half), as toolkits do to keep sums from saturating. The
            format stays, so its other codes are reached by what lies outside the range.
        **settings: Of the calibration: see `CalibrationSettings`.

    Raises:
        QuantError: For data or arguments that give no parameters.

    >>> import quantcore as qc
    >>> params = qc.choose_qparams([-3.0, 0.1, 3.2], qc.INT8, dtype=np.float64)
    >>> params.scale.item(), params.zero_point.item()
    (0.02431372549019608, -5)
    """
    granularity = PerTensor() if granularity is None else granularity
    check_types(fmt, granularity)
    rules = find_toolkit(toolkit)
    numbers = real_numbers(x)
    if isinstance(calibration, str):
        low, high = minmax_ranges(numbers, granularity)
        if calibration != "minmax":
            settings |= {"scheme": scheme, "include_zero": rules.include_zero if include_zero is None else include_zero}
            for place, values in slices(numbers, granularity, low.shape):
                chosen = calibrate(values, fmt, calibration, **settings)
                low[place], high[place] = chosen.low, chosen.high
    else:
        low, high = (np.full(parameter_shape(granularity, numbers.shape), end) for end in checked_range(calibration))
    return qparams_from_range(low, high, fmt, scheme, granularity, include_zero, dtype, toolkit, reduce_range)


def qparams_from_range(
    low: ArrayLike,
    high: ArrayLike,
    fmt: IntFormat,
    scheme: str = "affine",
    granularity: Granularity | None = None,
    include_zero: bool | None = None,
    dtype: DTypeLike | None = None,
    toolkit: str | Toolkit = "onnx",
    reduce_range: bool = False,
) -> QuantParams:
    """Scale and zero point for the ranges [low, high], one for each set of parameters; the rest as `choose_qparams`.

    >>> import quantcore as qc
    >>> qparams_from_range(-1.0, 3.0, qc.UINT8, dtype=np.float64).zero_point.item()
    64
    """
    granularity = PerTensor() if granularity is None else granularity
    check_types(fmt, granularity)
    rules = find_toolkit(toolkit)
    if scheme not in ("affine", "symmetric"):
        raise QuantError(f"scheme is {scheme!r}; it must be affine or symmetric.", "scheme")
    with_zero = rules.include_zero if include_zero is None else include_zero
    precision = _checked_dtype(rules.scale_dtype if dtype is None else dtype)
    codes = code_range(fmt, scheme, rules, reduce_range)
    middle = symmetric_zero_point(fmt, codes, rules) if scheme == "symmetric" else None
    with np.errstate(over="ignore"):  # an infinite end gives an infinite scale, which is refused below
        bottom, top = np.asarray(low).astype(precision), np.asarray(high).astype(precision)
    scale, zero_point = scale_and_zero_point(bottom, top, codes, middle, rules, with_zero)
    if not np.isfinite(scale).all():
        raise QuantError(
            f"the values' range is too wide for {precision}: its scale is infinite. Use float64, or a smaller range.",
            "values",
        )
    is_code = middle is not None or (with_zero and rules.zero_point is not ZeroPoint.FLOAT)
    return QuantParams(scale, zero_point.astype(np.int32) if is_code else zero_point, fmt, granularity)


def minmax_ranges(numbers: NDArray[Any], granularity: Granularity) -> tuple[FloatArray, FloatArray]:
    """Minimum and maximum of the elements that share parameters, in `parameter_shape`.

    Raises:
        QuantError: If there are no numbers, or one is not finite.
    """
    shape = parameter_shape(granularity, numbers.shape)
    if not numbers.size:
        raise QuantError("values are empty; give at least one number.", "values")
    dtype = numbers.dtype if numbers.dtype.kind == "f" else np.dtype(np.float64)
    low, high = np.empty(shape, dtype), np.empty(shape, dtype)
    for view, index in split(numbers, granularity):
        axes = pooled_axes(view.shape, low[index].shape)
        low[index] = view.min(axis=axes).reshape(low[index].shape)
        high[index] = view.max(axis=axes).reshape(low[index].shape)
    if not (np.isfinite(low).all() and np.isfinite(high).all()):
        refuse_not_finite(numbers, dtype)
    return low, high


def checked_range(calibration: object) -> tuple[float, float]:
    """An explicit range as two floats."""
    try:
        low, high = (float(end) for end in calibration)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        raise QuantError(
            f"calibration is {calibration!r}; it must be the name of a method or a pair (min, max).", "calibration"
        ) from None
    for end, field in ((low, "range_min"), (high, "range_max")):
        if not math.isfinite(end):
            raise QuantError(f"{field} is {end}; it must be a finite number.", field)
    if low > high:
        raise QuantError(f"range_min is {low} and range_max {high}; swap them, the minimum comes first.", "range_min")
    return low, high


def _checked_dtype(dtype: DTypeLike) -> np.dtype[Any]:
    try:
        precision = np.dtype(dtype)
    except TypeError:
        precision = np.dtype(object)
    if precision not in (np.float16, np.float32, np.float64):
        raise QuantError(f"dtype is {dtype!r}; it must be float16, float32 or float64.", "precision")
    return precision

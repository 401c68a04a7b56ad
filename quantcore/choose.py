"""Scale and zero point from data, or from a range."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from .arithmetic import find_arithmetic
from .calibration import calibrate
from .checks import real_numbers, refuse_not_finite
from .errors import QuantError
from .formats import IntFormat
from .granularity import Granularity, PerTensor, parameter_shape, pooled_axes, slices, split
from .qparams import QuantParams, check_types
from .rounding import round_whole
from .toolkits import Degenerate, Denominator, Middle, Toolkit, ZeroPoint, find_toolkit

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
        include_zero: Widen an affine range to contain 0, so that the zero point is a code. Without it the zero point is a
            whole number in floating point, which may lie outside the codes. By default as the toolkit does.
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
    shape = parameter_shape(granularity, numbers.shape)
    if isinstance(calibration, str):
        with_zero = rules.include_zero if include_zero is None else include_zero
        low, high = _calibrated(numbers, shape, granularity, calibration, fmt, scheme, with_zero, settings)
    else:
        low, high = (np.full(shape, end) for end in checked_range(calibration))
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
    scale, zero_point = scale_and_zero_point(
        np.asarray(low).astype(precision), np.asarray(high).astype(precision), codes, middle, rules, with_zero
    )
    if not np.isfinite(scale).all():
        raise QuantError(
            f"the values' range is too wide for {precision}: its scale is infinite. Use float64, or a smaller range.",
            "values",
        )
    is_code = middle is not None or (with_zero and rules.zero_point is not ZeroPoint.FLOAT)
    return QuantParams(scale, zero_point.astype(np.int32) if is_code else zero_point, fmt, granularity)


def scale_and_zero_point(
    low: FloatArray, high: FloatArray, codes: tuple[int, int], middle: int | None, rules: Toolkit, with_zero: bool
) -> tuple[FloatArray, FloatArray]:
    """Scale and zero point, both in the dtype of `low`; symmetric about the code `middle`, or affine where it is None."""
    with np.errstate(over="ignore", under="ignore", divide="ignore", invalid="ignore"):
        if middle is not None:
            scale, is_degenerate = symmetric_scale(low, high, codes, middle, rules)
            zero_point: FloatArray = np.full(scale.shape, middle, scale.dtype)
        else:
            if with_zero:
                low, high = np.minimum(low, 0), np.maximum(high, 0)
            scale, is_degenerate = affine_scale(low, high, codes, rules)
            zero_point = affine_zero_point(low, high, scale, codes, rules)
            if with_zero and rules.zero_point is not ZeroPoint.FLOAT:
                zero_point = np.clip(zero_point, *codes)
        if rules.degenerate is Degenerate.ONE_AND_ZERO:
            zero_point = np.where(is_degenerate, np.clip(0, *codes), zero_point)
        return scale.astype(low.dtype), zero_point.astype(low.dtype)


def code_range(fmt: IntFormat, scheme: str, rules: Toolkit, reduce_range: bool) -> tuple[int, int]:
    """The codes that the range is divided into: those of the format, or fewer where the toolkit has it so."""
    if reduce_range:
        return rules.reduced.get(repr(fmt), (fmt.qmin // 2, fmt.qmax // 2))
    if scheme == "symmetric" and fmt.signed and fmt.code_range is None and fmt.bits in rules.narrow_widths:
        return -fmt.qmax, fmt.qmax
    return fmt.qmin, fmt.qmax


def symmetric_zero_point(fmt: IntFormat, codes: tuple[int, int], rules: Toolkit) -> int:
    """The code of 0 in a symmetric scheme."""
    if rules.middle is Middle.UPPER:
        return (codes[0] + codes[1] + 1) // 2
    if rules.middle is Middle.ZERO or fmt.signed:
        return 0
    is_whole_type = fmt.code_range is None and not fmt.narrow and fmt.bits in (8, 16)
    return 1 << fmt.bits - 1 if is_whole_type else sum(codes) // 2


def symmetric_scale(
    low: FloatArray, high: FloatArray, codes: tuple[int, int], middle: int, rules: Toolkit
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """The scale of [-absmax, absmax], and where it is degenerate."""
    (qmin, qmax), dtype = codes, _division_dtype(low, rules)
    below, above = np.minimum(low, 0).astype(dtype), np.maximum(high, 0).astype(dtype)
    if rules.denominator is Denominator.NO_CLIPPING:
        n_steps = dtype.type(qmax - middle)
        scale = np.maximum(below / dtype.type(qmin - middle), above / n_steps)
    else:
        is_half = rules.denominator is Denominator.HALF_RANGE
        n_steps = dtype.type((qmax - qmin) / 2 if is_half else min(n for n in (qmax - middle, middle - qmin) if n > 0))
        scale = np.maximum(-below, above) / n_steps
    return _not_degenerate(scale, n_steps, low.dtype, rules)


def affine_scale(
    low: FloatArray, high: FloatArray, codes: tuple[int, int], rules: Toolkit
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """The scale of [low, high], and where it is degenerate."""
    dtype = _division_dtype(low, rules)
    n_steps = dtype.type(codes[1] - codes[0])
    span = high.astype(dtype) - low.astype(dtype)
    scale = 1 / (n_steps / span) if rules.zero_point is ZeroPoint.FACTOR else span / n_steps
    return _not_degenerate(scale, n_steps, low.dtype, rules)


def affine_zero_point(
    low: FloatArray, high: FloatArray, scale: FloatArray, codes: tuple[int, int], rules: Toolkit
) -> FloatArray:
    """Where 0 lies among the codes, not yet clipped to them; a whole number, but for ZeroPoint.FLOAT."""
    dtype = scale.dtype if rules.zero_point_dtype is None else np.dtype(rules.zero_point_dtype)
    if rules.zero_point_dtype is not None:
        scale = scale.astype(low.dtype)  # computed from the scale as it is kept
    (qmin, qmax), scale = codes, scale.astype(dtype)
    low, high = low.astype(dtype), high.astype(dtype)
    rounding = find_arithmetic(rules.arithmetic).rounding
    match rules.zero_point:
        case ZeroPoint.FLOAT:
            return -low / scale
        case ZeroPoint.CLIP_ROUNDED:
            return qmin - round_whole(low / scale, rounding)
        case ZeroPoint.ROUND_CLIPPED:
            return round_whole(qmin - low / scale, rounding)
        case ZeroPoint.NEARER_END:
            from_low, from_high = qmin - low / scale, qmax - high / scale
            # the rounding error of each is proportional to the sum of its terms
            errs_less = abs(qmin) + np.abs(low / scale) < abs(qmax) + np.abs(high / scale)
            return round_whole(np.where(errs_less, from_low, from_high), rounding)
        case ZeroPoint.FACTOR:
            return round_whole(-(1 / scale) * low + qmin, rounding)


def _not_degenerate(
    scale: FloatArray, n_steps: np.floating[Any], stored: np.dtype[Any], rules: Toolkit
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """The one place that decides what becomes of a range without width (all values 0, or too close to it)."""
    is_degenerate = ~(scale.astype(stored) > 0) | (scale < rules.min_scale)
    match rules.degenerate:
        case Degenerate.FLOOR:
            instead: Any = rules.min_scale
        case Degenerate.UNIT_RANGE:
            instead = 1 / n_steps
        case _:
            instead = 1.0
    return np.where(is_degenerate, scale.dtype.type(instead), scale), is_degenerate


def _division_dtype(low: FloatArray, rules: Toolkit) -> np.dtype[Any]:
    # float16 cannot hold the number of 16-bit codes
    return np.result_type(low.dtype, np.float32) if rules.range_dtype is None else np.dtype(rules.range_dtype)


def _calibrated(
    numbers: NDArray[Any],
    shape: tuple[int, ...],
    granularity: Granularity,
    calibration: str,
    fmt: IntFormat,
    scheme: str,
    include_zero: bool,
    settings: dict[str, Any],
) -> tuple[FloatArray, FloatArray]:
    """The range of each set of parameters, in `shape`."""
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
    if calibration != "minmax":
        for place, values in slices(numbers, granularity, shape):
            chosen = calibrate(values, fmt, calibration, scheme=scheme, include_zero=include_zero, **settings)
            low[place], high[place] = chosen.low, chosen.high
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

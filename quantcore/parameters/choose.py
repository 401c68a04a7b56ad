"""Scale and zero point from data, or from a range."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from ..checks import as_array, truth
from ..errors import QuantError
from ..formats.format import Format
from ..formats.integers import IntFormat
from ..formats.powers import ElementRange, scale_codes
from ..precision import Precision, precision_of
from ..toolkits.choosing import Toolkit, ZeroPoint, find_toolkit
from .derive import Codes, code_range, derivation, is_code, number_range, symmetric_zero_point
from .granularity import Granularity, PerTensor
from .qparams import QuantParams, check_types
from .ranges import Calibration, checked_scheme, choose_ranges

FloatArray = NDArray[np.floating[Any]]


def choose_qparams(
    x: ArrayLike,
    fmt: Format,
    scheme: str | None = None,
    granularity: Granularity | None = None,
    calibration: Calibration = "minmax",
    include_zero: bool | None = None,
    dtype: DTypeLike | Precision | None = None,
    toolkit: str | Toolkit = "onnx",
    reduce_range: bool = False,
    scale_mode: str | None = None,
    **settings: Any,
) -> QuantParams:
    """Scale and zero point for `x`: affine maps [min, max] to the codes, symmetric [-absmax, absmax].

    Floats and codebooks have a scale alone: absmax / the greatest number of the format.

    Args:
        x: Finite real numbers, at least one.
        fmt: The codes.
        scheme: "affine" or "symmetric"; None: affine for integers, symmetric for floats and codebooks, which have no
            zero point.
        granularity: Which elements share parameters; PerTensor() by default.
        calibration: A name in CALIBRATIONS, or an explicit (min, max); None for either is the data's own end.
        include_zero: Widen an affine range to contain 0, so that the zero point is a code. Without it the zero point is
            a whole number in floating point, which may lie outside the codes. By default as the toolkit does.
        dtype: Precision of range and scale, a name in PRECISIONS too; by default float32, or what the toolkit keeps
            scales in.
        toolkit: A name in TOOLKITS, or a record like those: how the range becomes scale and zero point.
        reduce_range: Compute the scale for fewer codes (usually half), as toolkits do to keep sums from saturating. The
            format stays, so its other codes are reached by what lies outside the range.
        scale_mode: For floats and codebooks: a power of two as the scale, by a rule of MX: "floor", "ceil", "even" or
            "rceil" (the least by which nothing is clipped, as DeepSeek's FP8 has it). None: absmax / greatest number.
        **settings: Of the calibration: see `CalibrationSettings`.

    Raises:
        QuantError: For data or arguments that give no parameters.
        UnknownArgumentError: For an argument that neither this function nor `CalibrationSettings` has: a TypeError too.

    >>> import quantcore as qc
    >>> params = qc.choose_qparams([-3.0, 0.1, 3.2], qc.INT8, dtype=np.float64)
    >>> params.scale.item(), params.zero_point.item()
    (0.02431372549019608, -5)
    """
    ranges = choose_ranges(x, fmt, scheme, granularity, calibration, include_zero, toolkit, **settings)
    return qparams_from_range(
        ranges.low, ranges.high, fmt, scheme, granularity, include_zero, dtype, toolkit, reduce_range, scale_mode
    )


def qparams_from_range(
    low: ArrayLike,
    high: ArrayLike,
    fmt: Format,
    scheme: str | None = None,
    granularity: Granularity | None = None,
    include_zero: bool | None = None,
    dtype: DTypeLike | Precision | None = None,
    toolkit: str | Toolkit = "onnx",
    reduce_range: bool = False,
    scale_mode: str | None = None,
) -> QuantParams:
    """Scale and zero point for the ranges [low, high], one for each set of parameters; the rest as `choose_qparams`.

    >>> import quantcore as qc
    >>> qparams_from_range(-1.0, 3.0, qc.UINT8, dtype=np.float64).zero_point.item()
    64
    """
    granularity = PerTensor() if granularity is None else granularity
    check_types(fmt, granularity)
    rules = find_toolkit(toolkit)
    scheme = checked_scheme(scheme, fmt)
    with_zero = rules.include_zero if include_zero is None else truth(include_zero, "include_zero")
    precision = precision_of(rules.scale_dtype if dtype is None else dtype)
    codes, middle = _codes(fmt, scheme, rules, truth(reduce_range, "reduce_range"), scale_mode)
    bottom, top = _checked_ends(low, high, precision)
    if scale_mode is not None:
        return QuantParams(_power_of_two(bottom, top, fmt, scale_mode), 0, fmt, granularity, precision=precision)
    found = dict(derivation(bottom, top, codes, middle, rules, with_zero, precision))
    scale, zero_point, factor = found["scale"], found["zero_point"], found.get("scale_factor")
    if not np.isfinite(scale).all():
        raise QuantError(
            f"the values' range is too wide for {precision}: its scale is infinite. "
            f"Use a smaller range{_or_float64(precision)}.",
            "values",
        )
    if not with_zero and (~np.isfinite(zero_point) & (bottom == top)).any():
        raise QuantError(
            "a range has one value and no zero, so no width, "
            f"and with the smallest scale the zero point is infinite in {precision}. "
            f"Include zero in the range, or use another toolkit{_or_float64(precision)}.",
            "values",
        )
    if not np.isfinite(zero_point).all() or (
        factor is not None and not (np.isfinite(factor).all() and (scale > 0).all())
    ):
        raise QuantError(
            f"the values' range is too {_kind(rules)} for {precision}: "
            "its scale factor, or the zero point, is infinite. "
            f"Use values nearer to 1, or another toolkit{_or_float64(precision)}.",
            "values",
        )
    is_whole = rules.zero_point is not ZeroPoint.FACTOR and (middle is not None or is_code(rules, with_zero))
    return QuantParams(
        scale,
        zero_point.astype(np.int32) if is_whole else zero_point,
        fmt,
        granularity,
        scale_factor=factor,
        precision=precision,
    )


def are_degenerate(
    low: FloatArray,
    high: FloatArray,
    fmt: IntFormat,
    scheme: str,
    include_zero: bool,
    toolkit: str | Toolkit,
    reduce_range: bool = False,
    precision: Precision | None = None,
) -> NDArray[np.bool_]:
    """For each range, in the precision of the scale, whether its scale is too small to be one, and another is taken.

    The precision is that of the ends, unless it is given.

    >>> import quantcore as qc
    >>> ends = np.array([-1e-6, -1.0], np.float16)
    >>> are_degenerate(ends, -ends, qc.INT8, "symmetric", True, "onnx").tolist()
    [True, False]
    """
    rules = find_toolkit(toolkit)
    codes, middle = _codes(fmt, scheme, rules, reduce_range, None)
    found: NDArray[np.bool_] = dict(
        derivation(low, high, codes, middle, rules, include_zero, precision or precision_of(low.dtype))
    )["is_degenerate"]
    return found


def _checked_ends(low: ArrayLike, high: ArrayLike, precision: Precision) -> tuple[FloatArray, FloatArray]:
    """Both ends in the precision of the scale; where one is too large for it, the scale is refused later."""
    ends = []
    for end, field in ((low, "range_min"), (high, "range_max")):
        array = as_array(end, field)
        if array.dtype.kind not in "iuf" or not np.isfinite(array).all():
            raise QuantError(f"{field} is {end!r}; it must be a finite number, or an array of them.", field)
        ends.append(precision.keep(array))
    try:
        np.broadcast_shapes(ends[0].shape, ends[1].shape)
    except ValueError:
        raise QuantError(
            f"range_max has the shape {ends[1].shape}; it must have that of range_min, {ends[0].shape}.", "range_max"
        ) from None
    return ends[0], ends[1]


def _codes(
    fmt: Format, scheme: str, rules: Toolkit, reduce_range: bool, scale_mode: str | None
) -> tuple[Codes, int | None]:
    """What the range is divided into, and the code of 0 in a symmetric scheme."""
    if isinstance(fmt, IntFormat):
        if scale_mode is not None:
            raise QuantError(
                f"scale_mode is {scale_mode!r}; it is for floats and codebooks. Leave it out, or use mxint8.",
                "scale_mode",
            )
        codes = code_range(fmt, scheme, rules, reduce_range)
        return codes, symmetric_zero_point(fmt, codes, rules) if scheme == "symmetric" else None
    if reduce_range:
        raise QuantError(f"reduce_range is True; it is for integers, and the format is {fmt.label}.", "reduce_range")
    return number_range(fmt), 0


def _power_of_two(low: FloatArray, high: FloatArray, fmt: Format, scale_mode: str) -> FloatArray:
    """The scale that a rule of MX chooses, in the precision of the range."""
    with np.errstate(over="ignore", under="ignore"):
        amax = np.maximum(np.maximum(-low, high), 0).astype(np.float32)
    if not np.isfinite(amax).all():
        raise QuantError("the values' range is too wide for float32. Use a smaller range.", "values")
    exponents = scale_codes(np.atleast_1d(amax), scale_mode, ElementRange.of(fmt)) - 127
    return np.ldexp(low.dtype.type(1), exponents.reshape(amax.shape))


def _kind(rules: Toolkit) -> str:
    """Of a range whose zero point is no number: products with its ends overflow, or quotients by its width."""
    return "wide" if rules.zero_point is ZeroPoint.WEIGHTED_ENDS else "narrow"


def _or_float64(precision: Precision) -> str:
    return "" if precision.name == "float64" else ", or float64"

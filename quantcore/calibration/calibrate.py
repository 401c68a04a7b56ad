"""Calibration: which range of the real numbers the codes should cover.

Every method is a function of one signature, `(batches, fmt, settings) -> Calibrated`, and stands in `CALIBRATIONS`.
A method named after a library answers what that library answers; its docstring names the version and the function.
All are linear in the data: they search a histogram.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..checks import as_array, real_numbers, refuse_not_finite, whole_number
from ..errors import QuantError, UnknownArgumentError
from ..formats.codebooks import Codebook
from ..formats.floats import FloatFormat
from ..formats.format import Format
from ..formats.integers import IntFormat
from ..precision import precision_of
from .ends import minmax, moving_average, percentile, percentile_modelopt, percentile_onnxruntime, percentile_rows
from .entropy import entropy_modelopt, entropy_onnxruntime
from .entropy_rows import entropy_rows
from .mse import MAX_ROW, mse, mse_rows
from .mse_modelopt import mse_modelopt, mse_modelopt_0_47, mse_modelopt_multiples
from .mse_torch import mse_torch
from .settings import (
    AnyFormatCalibration,
    AnyFormatRowCalibration,
    Batch,
    Batches,
    Calibrated,
    Calibration,
    CalibrationSettings,
    Curve,
    FloatArray,
    RowCalibration,
    Rows,
)

Progress = Callable[[int], None]

CALIBRATIONS: dict[str, Calibration] = {
    "minmax": minmax,
    "moving_average": moving_average,
    "percentile": percentile,
    "percentile_onnxruntime": percentile_onnxruntime,
    "percentile_modelopt": percentile_modelopt,
    "mse": mse,
    "mse_torch": mse_torch,
    "mse_modelopt": mse_modelopt,
    "mse_modelopt_0_47": mse_modelopt_0_47,
    "mse_modelopt_multiples": mse_modelopt_multiples,
    "entropy": entropy_onnxruntime,
    "entropy_onnxruntime": entropy_onnxruntime,
    "entropy_modelopt": entropy_modelopt,
}


FOR_ANY_FORMAT: dict[str, AnyFormatCalibration] = {
    "minmax": minmax,
    "moving_average": moving_average,
    "percentile": percentile,
    "percentile_onnxruntime": percentile_onnxruntime,
    "mse": mse,
}
"""Methods that do not count on codes that are whole numbers."""

BY_ROWS: dict[str, RowCalibration] = {
    "percentile": percentile_rows,
    "mse": mse_rows,
    "entropy": entropy_rows,
    "entropy_onnxruntime": entropy_rows,
}
BY_ROWS_FOR_ANY_FORMAT: dict[str, AnyFormatRowCalibration] = {"percentile": percentile_rows, "mse": mse_rows}
"""Methods that find the ranges of many slices at once; the others take one slice after the other."""

_MOST_ROWS, _MOST_VALUES = 512, 1 << 16  # of slices whose ranges are found together: some tenths of a second's work


def has_rows(method: str, length: int) -> bool:
    """Whether there is a search for many slices of this length at once, which draws no curves."""
    return method in BY_ROWS and length <= MAX_ROW


def calibrate_rows(
    rows: Rows, fmt: Format, method: str = "minmax", progress: Progress | None = None, **settings: Any
) -> tuple[FloatArray, FloatArray]:
    """The ends that `calibrate` chooses for each row of values, (n,) each; the other arguments are the same.

    `progress` is called again and again with the number of rows that are done.

    >>> from quantcore.formats.integers import INT8
    >>> calibrate_rows(np.array([[-1.0, 0.5], [3.0, 3.0]]), INT8, "percentile", percentile=100)
    (array([-1.,  3.]), array([0.5, 3. ]))
    """
    chosen = CalibrationSettings(**settings)
    low, high = np.empty(len(rows)), np.empty(len(rows))
    n_together = min(_MOST_ROWS, max(1, _MOST_VALUES // rows.shape[1]))
    for start in range(0, len(rows), n_together):
        part = slice(start, start + n_together)
        low[part], high[part] = _some_rows(rows[part], fmt, method, chosen)
        if progress is not None:
            progress(min(start + n_together, len(rows)))
    return low, high


def _some_rows(rows: Rows, fmt: Format, method: str, settings: CalibrationSettings) -> tuple[FloatArray, FloatArray]:
    peak = np.abs(rows).max(axis=1)
    is_ordinary = _is_ordinary(peak, rows.dtype)
    low, high = np.empty(len(rows)), np.empty(len(rows))
    if has_rows(method, rows.shape[1]):
        low[is_ordinary], high[is_ordinary] = _by_rows(rows[is_ordinary], fmt, method, settings)
        left = np.flatnonzero(~is_ordinary)
    else:
        left = np.arange(len(rows))
    for i in left.tolist():
        found = _calibrated(batches_of(rows[i]), fmt, method, settings)
        low[i], high[i] = found.low, found.high
    return low, high


def _by_rows(rows: Rows, fmt: Format, method: str, settings: CalibrationSettings) -> tuple[FloatArray, FloatArray]:
    if isinstance(fmt, IntFormat):
        return BY_ROWS[method](rows, fmt, settings)
    return BY_ROWS_FOR_ANY_FORMAT[method](rows, fmt, settings)


def calibrate(
    x: npt.ArrayLike | Sequence[npt.NDArray[Any]], fmt: Format, method: str = "minmax", **settings: Any
) -> Calibrated:
    """Choose the range [low, high] that the codes of `fmt` should cover, for one slice of data.

    Args:
        x: the values, any shape, finite, not empty; or a list of arrays, which are batches collected one by one.
        fmt: the number format; the searches need to know its codes. Floats and codebooks take the methods of
            `FOR_ANY_FORMAT`, symmetric.
        method: a name in `CALIBRATIONS`.
        **settings: fields of `CalibrationSettings`, scheme="affine" among them.

    Returns:
        The range and, for methods that search, the curve they searched.

    Raises:
        QuantError: an unknown method or setting, a setting out of bounds, data that is empty or not finite.

    >>> from quantcore.formats.integers import INT8
    >>> calibrated = calibrate([-1.0, 0.5, 3.0], INT8, scheme="symmetric")
    >>> calibrated.low, calibrated.high
    (-3.0, 3.0)
    """
    check_calibration(method)
    if not isinstance(fmt, (IntFormat, FloatFormat, Codebook)):
        raise QuantError(f"fmt is {fmt!r}; it must be a number format, for instance quantcore.INT8.", "fmt")
    check_settings(settings)
    if not isinstance(fmt, IntFormat):
        settings.setdefault("scheme", "symmetric")
    return _calibrated(batches_of(x), fmt, method, CalibrationSettings(**settings))


def calibrate_channels(
    batches: npt.NDArray[Any] | Sequence[npt.NDArray[Any]],
    fmt: Format,
    axis: int,
    method: str = "minmax",
    **settings: Any,
) -> tuple[Calibrated, ...]:
    """What `calibrate` chooses for each index along an axis, over one or more batches.

    The ends are for `qparams_from_range` with `PerAxis(axis)`.

    Args:
        batches: an array, or a list of arrays that are equally long along the axis.
        fmt: as for `calibrate`.
        axis: of the channels; negative ones count from the last.
        method: as for `calibrate`.
        **settings: as for `calibrate`.

    Raises:
        QuantError: As `calibrate`; for a batch that has no such axis, or another number of channels.

    >>> from quantcore.formats.integers import INT8
    >>> batches = [np.array([[1.0, -2.0], [3.0, 4.0]]), np.array([[5.0, 0.0], [0.0, -6.0]])]
    >>> [(found.low, found.high) for found in calibrate_channels(batches, INT8, axis=0)]
    [(-2.0, 5.0), (-6.0, 4.0)]
    """
    axis = whole_number(axis, "axis", "a whole number")
    arrays = [batches] if isinstance(batches, np.ndarray) else [as_array(batch, "values") for batch in batches]
    if not arrays:
        raise QuantError("values are empty; give at least one batch.", "values")
    for array in arrays:
        if not -array.ndim <= axis < array.ndim:
            raise QuantError(f"axis is {axis}; a batch of shape {array.shape} does not have it.", "axis")
    channels = [np.moveaxis(array, axis, 0) for array in arrays]
    numbers = sorted({len(rows) for rows in channels})
    if not numbers[0]:
        raise QuantError("values are empty; give at least one channel.", "values")
    if len(numbers) > 1:
        raise QuantError(
            f"values have {numbers[0]} channels along axis {axis} in one batch and {numbers[1]} in another; "
            "they must have as many in all.",
            "values",
        )
    return tuple(
        calibrate([rows[i].reshape(-1) for rows in channels], fmt, method, **settings) for i in range(numbers[0])
    )


def _calibrated(batches: Batches, fmt: Format, method: str, settings: CalibrationSettings) -> Calibrated:
    if isinstance(fmt, IntFormat):
        return CALIBRATIONS[method](batches, fmt, settings)
    check_calibration(method, fmt)
    if settings.scheme != "symmetric":
        raise QuantError(f"scheme is affine; {fmt.label} has no zero point. Use symmetric.", "scheme")
    return FOR_ANY_FORMAT[method](batches, fmt, settings)


def check_calibration(method: object, fmt: Format | None = None) -> None:
    """Refuse what is not a name in `CALIBRATIONS`, or what needs codes that are whole numbers where they are not."""
    if not isinstance(method, str) or method not in CALIBRATIONS:
        raise QuantError(f"calibration is {method!r}; it must be one of {', '.join(CALIBRATIONS)}.", "calibration")
    if fmt is not None and not isinstance(fmt, IntFormat) and method not in FOR_ANY_FORMAT:
        raise QuantError(
            f"calibration is {method}; it searches codes that are whole numbers, and the format is {fmt.label}. "
            f"Use one of {', '.join(FOR_ANY_FORMAT)}.",
            "calibration",
        )


def check_settings(settings: Mapping[str, Any]) -> None:
    """Refuse names that are not fields of `CalibrationSettings`."""
    if unknown := sorted(settings.keys() - CalibrationSettings.__dataclass_fields__.keys()):
        allowed = ", ".join(CalibrationSettings.__dataclass_fields__)
        raise UnknownArgumentError(f"{unknown[0]} is not a setting of calibration; there are {allowed}.", unknown[0])


def batches_of(x: npt.ArrayLike | Sequence[npt.NDArray[Any]]) -> Batches:
    """A list of arrays as batches, anything else as one; each flat, floating, checked.

    Raises:
        QuantError: for data that is empty, not finite, or as wide as float64 is.
    """
    is_list = isinstance(x, (list, tuple)) and x and all(isinstance(batch, np.ndarray) and batch.ndim for batch in x)
    batches = tuple(_batch(batch) for batch in x) if is_list else (_batch(x),)  # type: ignore[union-attr]
    if all(_is_ordinary(np.abs(batch).max(), batch.dtype) for batch in batches):
        return batches
    return tuple(batch.astype(np.float64) for batch in batches)


def _batch(x: Any) -> Batch:
    """One batch, flat, floating, finite."""
    values = real_numbers(x).reshape(-1)
    if values.size == 0:
        raise QuantError("values are empty; give at least one number, or an explicit range.", "values")
    if values.dtype.kind != "f":
        values = values.astype(np.float64)
    peak = float(np.abs(values).max())
    if not math.isfinite(peak):
        refuse_not_finite(values, precision_of(values.dtype))
    if not _is_ordinary(peak, np.dtype(np.float64)):
        raise QuantError(f"values go up to {peak:.4g}; their range is too wide for float64. Scale them down.", "values")
    return values


def _is_ordinary(peak: Any, dtype: np.dtype[Any]) -> Any:
    """Whether ranges that reach so far, and a bin farther, can be computed in the precision of the data."""
    return peak <= np.finfo(dtype).max / 4


__all__ = ["CALIBRATIONS", "Calibrated", "Calibration", "CalibrationSettings", "Curve", "calibrate"]

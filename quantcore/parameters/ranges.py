"""The ranges that codes are to cover, one for each set of parameters: read off the data, searched for, or given."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..calibration.calibrate import calibrate, calibrate_rows, check_calibration, check_settings, has_rows
from ..calibration.settings import SCHEMES, Curve
from ..checks import one_of, real_numbers, refuse_not_finite, truth
from ..errors import QuantError
from ..formats.format import Format
from ..formats.integers import IntFormat
from ..precision import precision_of
from ..toolkits.choosing import Toolkit, find_toolkit
from .granularity import Granularity, PerTensor, elements_at, parameter_shape, pooled_axes, slice_rows, split
from .qparams import check_types

FloatArray = NDArray[np.floating[Any]]
Calibration = str | tuple[float | None, float | None]


@dataclass(frozen=True, slots=True, eq=False)
class Ranges:
    """The range of every set of parameters; what `choose_ranges` found.

    Attributes:
        low, high: The ends, in `parameter_shape`. Some libraries' searches answer a low above high for constant data.
        data_low, data_high: Smallest and largest of the values that share parameters, in the same shape.
        scheme: "affine" or "symmetric".
        include_zero: Whether an affine range is widened to contain 0 before it is divided.
    """

    low: FloatArray
    high: FloatArray
    data_low: FloatArray
    data_high: FloatArray
    scheme: str
    include_zero: bool
    _curve: Callable[[int], Curve | None]

    @property
    def covered(self) -> tuple[FloatArray, FloatArray]:
        """The ends that scale and zero point follow from: mirrored if symmetric, else with 0 where it is included."""
        return self._widened(self.low, self.high)

    @property
    def widest(self) -> tuple[FloatArray, FloatArray]:
        """The same of the data's own ends: ranges that clip nothing."""
        return self._widened(self.data_low, self.data_high)

    def curve(self, index: int = 0) -> Curve | None:
        """What was searched for the set of parameters with this flat index; None where nothing was.

        It is kept from the search where that made one; else that of `index` is made now.
        """
        return self._curve(index)

    def _widened(self, low: FloatArray, high: FloatArray) -> tuple[FloatArray, FloatArray]:
        if self.scheme == "symmetric":
            reach = np.maximum(np.maximum(-low, high), 0)
            return -reach, reach
        return (np.minimum(low, 0), np.maximum(high, 0)) if self.include_zero else (low, high)


def choose_ranges(
    x: ArrayLike,
    fmt: Format,
    scheme: str | None = None,
    granularity: Granularity | None = None,
    calibration: Calibration = "minmax",
    include_zero: bool | None = None,
    toolkit: str | Toolkit = "onnx",
    progress: Callable[[float], None] | None = None,
    **settings: Any,
) -> Ranges:
    """Find the range of the elements that share parameters: the first stage of `choose_qparams`.

    Args:
        x: Finite real numbers, at least one (or none, where both ends are given).
        fmt: The codes; searches need to know how many there are.
        scheme: "affine" or "symmetric"; None: affine for integers, symmetric for floats and codebooks, which have no
            zero point.
        granularity: Which elements share parameters; PerTensor() by default.
        calibration: A name in CALIBRATIONS, or an explicit (min, max), the same for all; None for either is the
            smallest or the largest of all values.
        include_zero: Whether an affine range will be widened to contain 0. By default as the toolkit does.
        toolkit: A name in TOOLKITS, or a record like those.
        progress: Called again and again, while many ranges are searched, with the share of them that is found.
        **settings: Of the calibration: see `CalibrationSettings`.

    Raises:
        QuantError: For data or arguments that give no range.
        UnknownArgumentError: For an argument that neither this function nor `CalibrationSettings` has.

    >>> import quantcore as qc
    >>> ranges = choose_ranges([[-1.0, 2.0], [0.5, 4.0]], qc.INT8, granularity=qc.PerAxis(0))
    >>> ranges.low.tolist(), ranges.covered[0].tolist()
    ([[-1.0], [0.5]], [[-1.0], [0.0]])
    """
    granularity = PerTensor() if granularity is None else granularity
    check_types(fmt, granularity)
    scheme = checked_scheme(scheme, fmt)
    with_zero = find_toolkit(toolkit).include_zero if include_zero is None else truth(include_zero, "include_zero")
    check_settings(settings)
    numbers = real_numbers(x)
    if not isinstance(calibration, str):
        return _given(numbers, granularity, calibration, scheme, with_zero)
    settings |= {"scheme": scheme, "include_zero": with_zero}
    check_calibration(calibration, fmt)
    low, high = minmax_ranges(numbers, granularity)

    def found_ranges(ends: tuple[FloatArray, FloatArray], curve: Callable[[int], Curve | None]) -> Ranges:
        return Ranges(
            low=ends[0],
            high=ends[1],
            data_low=low,
            data_high=high,
            scheme=scheme,
            include_zero=with_zero,
            _curve=curve,
        )

    if calibration == "minmax":
        return found_ranges((low, high), _no_curve)
    if low.size == 1 and not has_rows(calibration, numbers.size):
        found = calibrate(numbers, fmt, calibration, **settings)
        ends = np.full_like(low, found.low), np.full_like(low, found.high)
        return found_ranges(ends, lambda index: found.curve)
    ends, n_before = (np.empty_like(low), np.empty_like(high)), 0

    def tell(n_done: int) -> None:
        if progress is not None:
            progress((n_before + n_done) / low.size)

    for places, rows in slice_rows(numbers.astype(low.dtype, copy=False), granularity):
        for end, chosen in zip(ends, calibrate_rows(rows, fmt, calibration, tell, **settings), strict=True):
            end.reshape(-1)[places] = chosen
        n_before += len(rows)

    def curve_of(index: int) -> Curve | None:
        place = tuple(int(i) for i in np.unravel_index(index, low.shape))
        values = numbers[elements_at(place, granularity, numbers.shape)]
        return calibrate(values, fmt, calibration, **settings).curve

    return found_ranges(ends, curve_of)


def checked_scheme(scheme: str | None, fmt: Format) -> str:
    """The scheme, or the default one of the format.

    Raises:
        QuantError: If there is no such scheme, or the format has no zero point for it.
    """
    is_integer = isinstance(fmt, IntFormat)
    if scheme is None:
        return "affine" if is_integer else "symmetric"
    one_of(scheme, "scheme", SCHEMES)
    if scheme == "affine" and not is_integer:
        raise QuantError(f"scheme is affine; {fmt.label} has no zero point. Use symmetric.", "scheme")
    return scheme


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
        refuse_not_finite(numbers, precision_of(dtype))
    return low, high


def _given(numbers: NDArray[Any], granularity: Granularity, pair: object, scheme: str, with_zero: bool) -> Ranges:
    """An explicit range, with the data's own ends where it has none."""
    low, high = explicit_ends(numbers, pair)
    shape = parameter_shape(granularity, numbers.shape)
    data_low, data_high = np.full(shape, low), np.full(shape, high)
    if numbers.size:
        data_low, data_high = minmax_ranges(numbers, granularity)
    if low > high:
        raise QuantError(f"range_min is {low} and range_max {high}; swap them, the minimum comes first.", "range_min")
    return Ranges(
        low=np.full(shape, low),
        high=np.full(shape, high),
        data_low=data_low,
        data_high=data_high,
        scheme=scheme,
        include_zero=with_zero,
        _curve=_no_curve,
    )


def explicit_ends(numbers: NDArray[Any], pair: object) -> tuple[float, float]:
    """The ends of an explicit range; for None, the smallest or the largest of all numbers.

    Raises:
        QuantError: If it is no pair of finite numbers, or an end is missing and there are no numbers.
    """
    low, high = _checked_pair(pair)
    if low is None or high is None:
        data_low, data_high = minmax_ranges(numbers, PerTensor())
        low = data_low.item() if low is None else low
        high = data_high.item() if high is None else high
    return low, high


def _checked_pair(pair: object) -> tuple[float | None, float | None]:
    """An explicit range as two numbers, or None for the data's own end."""
    try:
        low, high = (None if end is None else float(end) for end in pair)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        raise QuantError(
            f"calibration is {pair!r}; it must be the name of a method or a pair (min, max).", "calibration"
        ) from None
    for end, field in ((low, "range_min"), (high, "range_max")):
        if end is not None and not math.isfinite(end):
            raise QuantError(f"{field} is {end}; it must be a finite number.", field)
    return low, high


def _no_curve(index: int) -> None:
    """Nothing was searched."""

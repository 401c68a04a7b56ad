"""The computation: settings in, every array of the answer out. All arithmetic is quantcore's."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

import quantcore as qc
from quantcore.parameters.granularity import parameter_shape

from ..notation import display
from ..request.settings import Settings
from .blocks import errors_of, restored, stored
from .effort import Tell, progress_of
from .result import Floats, Result


def compute(settings: Settings, tell: Tell | None = None) -> Result:
    """The answer's numbers; `tell` hears of long searches.

    Raises:
        quantcore.QuantError: for data that the settings cannot quantize.
    """
    if settings.stored is not None:
        return restored(settings, settings.stored)
    if settings.is_dequantize:
        return _dequantize(settings)
    with np.errstate(over="ignore", under="ignore"):
        x = settings.data.astype(settings.dtype, copy=False)
    if not np.isfinite(x).all():  # a request's own precision is checked when it is read; others are tried on its data
        raise qc.QuantError(f"some values are beyond {settings.dtype}. Choose float64, or smaller numbers.", "values")
    if settings.codes.block is not None:
        return stored(settings, settings.codes.block, x)
    return _quantize(settings, x, tell)


def _quantize(settings: Settings, x: Floats, tell: Tell | None) -> Result:
    """Codes and their reconstruction."""
    arithmetic = arithmetic_of(settings)
    ranges = None if settings.calibration == "none" else ranges_of(settings, x, progress_of(settings, tell))
    params = params_of(settings, ranges)
    rng = np.random.default_rng(settings.seed)
    sides, overflow = np.empty(x.shape, np.int8), settings.codes.overflow
    q = qc.quantize(x, params, arithmetic, settings.rounding, rng, sides=sides, overflow=overflow)
    x_hat = qc.dequantize(q, params, arithmetic) if np.isfinite(q).all() else np.full(x.shape, np.inf)
    if overflow == "saturate" and not np.isfinite(x_hat).all():
        raise qc.QuantError(
            f"some values come back beyond {settings.dtype}. Choose float64, smaller numbers, or another profile.",
            "values",
        )
    return Result(
        settings=settings,
        x=x,
        q=q,
        x_hat=x_hat,
        sides=sides,
        scale=params.scale,
        scale_factor=params.scale_factor,
        zero_point=params.zero_point,
        arithmetic=arithmetic,
        metrics=errors_of(x, x_hat),
        ranges=ranges,
    )


def params_of(settings: Settings, ranges: qc.Ranges | None) -> qc.QuantParams:
    """Scale and zero point for ranges; without them the scale is 1."""
    if ranges is None:
        return qc.QuantParams(settings.dtype.type(1), 0, settings.fmt)
    return qc.qparams_from_range(
        ranges.low,
        ranges.high,
        settings.fmt,
        settings.scheme if settings.are_integers else None,
        settings.granularity,
        settings.include_zero,
        settings.dtype,
        settings.profile.toolkit,
    )


def _dequantize(settings: Settings) -> Result:
    """The reconstruction from given codes and parameters."""
    arithmetic = arithmetic_of(settings)
    fmt, clips = settings.fmt, qc.ARITHMETICS[arithmetic].clips
    if not isinstance(fmt, qc.IntFormat):
        return _decode(settings, fmt)
    wanted = parameter_shape(settings.granularity, settings.data.shape)
    scale = _given(settings.scale, wanted, "scale", settings.dtype)
    are_codes = bool(((settings.zero_point >= fmt.qmin) & (settings.zero_point <= fmt.qmax)).all())
    kind = np.dtype(np.int64) if clips and are_codes else settings.dtype
    zero_point = _given(settings.zero_point, wanted, "zero_point", kind)
    params = qc.QuantParams(scale, zero_point, fmt, settings.granularity)
    q = _whole(settings.data, "codes") if clips else settings.data.astype(settings.dtype)
    x_hat = qc.dequantize(q, params, arithmetic)
    if not np.isfinite(x_hat).all():
        raise qc.QuantError(
            f"scale is so large that a reconstruction is beyond {settings.dtype}. Use a smaller scale, or float64.",
            "scale",
        )
    q, sides = q.astype(fmt.dtype if clips else q.dtype), np.subtract(q > fmt.qmax, q < fmt.qmin, dtype=np.int8)
    return Result(
        settings=settings,
        x=x_hat,
        q=q,
        x_hat=x_hat,
        sides=sides,
        scale=params.scale,
        scale_factor=params.scale_factor,
        zero_point=params.zero_point,
        arithmetic=arithmetic,
    )


def _decode(settings: Settings, fmt: qc.Format) -> Result:
    """The numbers of given codes of a float or a codebook, times the given scale."""
    arithmetic = arithmetic_of(settings)
    wanted = parameter_shape(settings.granularity, settings.data.shape)
    params = qc.QuantParams(_given(settings.scale, wanted, "scale", settings.dtype), 0, fmt, settings.granularity)
    q = settings.data.astype(fmt.dtype)
    x_hat = qc.dequantize(q, params, arithmetic)
    return Result(
        settings=settings,
        x=x_hat,
        q=q,
        x_hat=x_hat,
        sides=np.zeros(q.shape, np.int8),
        scale=params.scale,
        scale_factor=params.scale_factor,
        zero_point=params.zero_point,
        arithmetic=arithmetic,
    )


def arithmetic_of(settings: Settings) -> str:
    """The name of the arithmetic that a profile has for a granularity."""
    names = {qc.PerAxis: "axis", qc.PerBlock: "block"}
    granularity = names.get(type(settings.granularity), "tensor")
    return settings.profile.by_granularity.get(granularity, settings.profile.arithmetic)


def ranges_of(settings: Settings, x: Floats, progress: Callable[[float], None] | None = None) -> qc.Ranges:
    """The ranges that the request's calibration finds, or the one that it gives."""
    is_manual = settings.calibration == "manual"
    calibration = (settings.range_min, settings.range_max) if is_manual else settings.calibration
    searched: dict[str, Any] = {"percentile": settings.percentile} if calibration == "percentile" else {}
    return qc.choose_ranges(
        x,
        settings.fmt,
        settings.scheme if settings.are_integers else None,
        settings.granularity,
        calibration,
        settings.include_zero,
        settings.profile.toolkit,
        progress,
        **searched,
    )


def _given(numbers: NDArray[np.float64], shape: tuple[int, ...], field: str, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Parameters from the request in the shape that the codes need; a single one counts for all.

    Raises:
        quantcore.QuantError: if they are too many or too few.
    """
    wanted = math.prod(shape)
    if numbers.size not in (1, wanted):
        only = "one number" if wanted == 1 else f"one number, or {display.count(wanted)}"
        raise qc.QuantError(
            f"{field} has {display.plural(numbers.size, 'number')}; "
            f"it must have {only} for these codes and this granularity.",
            field,
        )
    if dtype.kind == "i":
        return np.broadcast_to(_whole(numbers, field).reshape(shape if numbers.size == wanted else ()), shape)
    with np.errstate(over="ignore", under="ignore"):
        values = numbers.astype(dtype)
    return np.broadcast_to(values.reshape(shape if numbers.size == wanted else ()), shape)


def _whole(numbers: NDArray[np.float64], field: str) -> NDArray[np.int64]:
    """Whole numbers as integers; what no integer type holds is refused by its size."""
    largest = float(np.abs(numbers).max())
    if largest > 2**53:
        raise qc.QuantError(
            f"{field} holds {largest:g}, in magnitude; no code is as large. Use codes of the format.", field
        )
    return numbers.astype(np.int64)

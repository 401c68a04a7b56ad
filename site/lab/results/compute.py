"""The computation: settings in, every array of the answer out. All arithmetic is quantcore's."""

from collections.abc import Callable
from typing import Any

import numpy as np

import quantcore as qc
from quantcore.parameters.given import given_ranges

from ..request.settings import Settings
from .blocks import errors_of, restored, stored
from .effort import Tell, progress_of
from .given import given_params, whole
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
    x = settings.precision.keep(settings.data)
    if not np.isfinite(x).all():  # a request's own precision is checked when it is read; others are tried on its data
        raise qc.QuantError(
            f"some values are beyond {settings.precision}. Choose float64, or smaller numbers.", "values"
        )
    if settings.codes.block is not None:
        return stored(settings, settings.codes.block, x)
    return _quantize(settings, x, tell)


def _quantize(settings: Settings, x: Floats, tell: Tell | None) -> Result:
    """Codes and their reconstruction."""
    arithmetic = arithmetic_of(settings)
    ranges = None
    if settings.has_given_params:
        params = given_params(settings, arithmetic)
        ranges = given_ranges(x, params)
    else:
        if settings.calibration != "none":
            ranges = ranges_of(settings, x, progress_of(settings, tell))
        params = params_of(settings, ranges)
    rng = np.random.default_rng(settings.seed)
    sides, overflow = np.empty(x.shape, np.int8), settings.codes.overflow
    q = qc.quantize(x, params, arithmetic, settings.rounding, rng, sides=sides, overflow=overflow)
    x_hat = qc.dequantize(q, params, arithmetic) if np.isfinite(q).all() else np.full(x.shape, np.inf)
    if overflow == "saturate" and not np.isfinite(x_hat).all():
        raise qc.QuantError(
            f"some values come back beyond {settings.precision}. Choose float64, smaller numbers, or another toolkit.",
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
        return qc.QuantParams(1.0, 0, settings.fmt, precision=settings.scale_precision)
    return qc.qparams_from_range(
        ranges.low,
        ranges.high,
        settings.fmt,
        settings.scheme if settings.are_integers else None,
        settings.granularity,
        settings.include_zero,
        settings.scale_precision,
        settings.profile.toolkit,
        settings.reduce_range,
    )


def _dequantize(settings: Settings) -> Result:
    """The reconstruction from given codes and parameters."""
    arithmetic = arithmetic_of(settings)
    fmt, clips = settings.fmt, qc.ARITHMETICS[arithmetic].clips
    if not isinstance(fmt, qc.IntFormat):
        return _decode(settings, fmt)
    params = given_params(settings, arithmetic)
    q = whole(settings.data, "codes") if clips else settings.data.astype(settings.dtype)
    x_hat = qc.dequantize(q, params, arithmetic)
    if not np.isfinite(x_hat).all():
        raise qc.QuantError(
            f"scale is so large that a reconstruction is beyond {settings.precision}. Use a smaller scale, or float64.",
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
    params = given_params(settings, arithmetic)
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

"""The computation: settings in, every array of the answer out. All arithmetic is quantcore's."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

import quantcore as qc
from quantcore.parameters.granularity import parameter_shape

from ..notation import display
from ..request.settings import Settings
from .result import Floats, Result


def compute(settings: Settings) -> Result:
    """The answer's numbers.

    Raises:
        quantcore.QuantError: for data that the settings cannot quantize.
    """
    if settings.is_dequantize:
        return _dequantize_notebook(settings) if settings.is_notebook else _dequantize(settings)
    with np.errstate(over="ignore", under="ignore"):
        x = settings.data.astype(settings.dtype, copy=False)
    if not np.isfinite(x).all():  # a request's own precision is checked when it is read; others are tried on its data
        raise qc.QuantError(f"some values are beyond {settings.dtype}. Choose float64, or smaller numbers.", "values")
    return _quantize_notebook(settings, x) if settings.is_notebook else _quantize(settings, x)


def _quantize(settings: Settings, x: Floats) -> Result:
    """By a toolkit's arithmetic."""
    arithmetic = arithmetic_of(settings)
    ranges = ranges_of(settings, x)
    params = qc.qparams_from_range(
        ranges.low, ranges.high, settings.fmt, settings.scheme, settings.granularity, settings.include_zero,
        settings.dtype, settings.profile.toolkit,
    )  # fmt: skip
    rng = np.random.default_rng(settings.seed)
    sides = np.empty(x.shape, np.int8)
    q = qc.quantize(x, params, arithmetic, settings.rounding, rng, sides=sides)
    x_hat = qc.dequantize(q, params, arithmetic)
    return Result(
        settings, x, q, x_hat, sides, params.scale, _reciprocal(params.scale), params.zero_point, arithmetic,
        metrics=qc.compare(x, x_hat), ranges=ranges,
    )  # fmt: skip


def _quantize_notebook(settings: Settings, x: Floats) -> Result:
    """By the notebook's formulas, with codes as they come."""
    ranges = ranges_of(settings, x)
    low, high = (float(end) for end in ranges.covered)
    choose = qc.notebook.absmax_quantize if settings.scheme == "symmetric" else qc.notebook.zeropoint_quantize
    chosen = choose(np.array([low, high], settings.dtype), settings.fmt)
    S, z = np.asarray(chosen.scale_factor, settings.dtype), np.asarray(chosen.zero_point, settings.dtype)
    with np.errstate(all="ignore"):
        scale = 1 / S
        if not (np.isfinite(S) and S > 0 and np.isfinite(scale) and scale > 0 and np.isfinite(z)):
            raise qc.QuantError(_no_scale_factor(low, high, settings), "values")
        q = qc.round_whole(x * S + z, settings.rounding, np.random.default_rng(settings.seed))
        x_hat = (q - z) / S
    if not np.isfinite(x_hat).all():
        raise qc.QuantError(_no_scale_factor(low, high, settings), "values")
    sides = _outside(q, settings)
    return Result(settings, x, q, x_hat, sides, scale, S, z, "notebook", metrics=qc.compare(x, x_hat), ranges=ranges)


def _dequantize(settings: Settings) -> Result:
    """A toolkit's reconstruction from given codes and parameters."""
    arithmetic = arithmetic_of(settings)
    wanted = parameter_shape(settings.granularity, settings.data.shape)
    scale = _given(settings.scale, wanted, "scale", settings.dtype)
    zero_point = _given(settings.zero_point, wanted, "zero_point", np.dtype(np.int64))
    params = qc.QuantParams(scale, zero_point, settings.fmt, settings.granularity)
    q = _whole(settings.data, "codes")
    x_hat = _finite_back(qc.dequantize(q, params, arithmetic), settings)
    q, sides = q.astype(settings.fmt.dtype), np.zeros(q.shape, np.int8)
    return Result(
        settings, x_hat, q, x_hat, sides, params.scale, _reciprocal(params.scale), params.zero_point, arithmetic
    )


def _dequantize_notebook(settings: Settings) -> Result:
    """The notebook's reconstruction: x_hat = (q - z) / S, whatever the codes."""
    scale = _given(settings.scale, (), "scale", settings.dtype)
    z = _given(settings.zero_point, (), "zero_point", settings.dtype)
    qc.QuantParams(scale, z, settings.fmt)  # refuses what cannot be a scale or a zero point
    q = settings.data.astype(settings.dtype)
    with np.errstate(all="ignore"):
        S = 1 / scale
        x_hat = _finite_back((q - z) / S, settings)
    return Result(settings, x_hat, q, x_hat, _outside(q, settings), scale, np.asarray(S), z, "notebook")


def _outside(q: Floats, settings: Settings) -> NDArray[np.int8]:
    """Which of the notebook's codes, which it does not clip, the format does not have."""
    return np.subtract(q > settings.fmt.qmax, q < settings.fmt.qmin, dtype=np.int8)


def arithmetic_of(settings: Settings) -> str:
    """The name of the arithmetic that a profile has for a granularity."""
    names = {qc.PerAxis: "axis", qc.PerBlock: "block"}
    granularity = names.get(type(settings.granularity), "tensor")
    return settings.profile.by_granularity.get(granularity, settings.profile.arithmetic)


def _reciprocal(scale: Floats) -> Floats:
    """The scale factor; infinite where a subnormal scale has none."""
    with np.errstate(over="ignore"):
        return np.asarray(1 / scale)


def ranges_of(settings: Settings, x: Floats) -> qc.Ranges:
    """The ranges that the request's calibration finds, or the one that it gives."""
    is_manual = settings.calibration == "manual"
    calibration = (settings.range_min, settings.range_max) if is_manual else settings.calibration
    searched: dict[str, Any] = {"percentile": settings.percentile} if calibration == "percentile" else {}
    return qc.choose_ranges(
        x, settings.fmt, settings.scheme, settings.granularity, calibration, settings.include_zero,
        settings.profile.toolkit, **searched,
    )  # fmt: skip


def _no_scale_factor(low: float, high: float, settings: Settings) -> str:
    low_text, high_text = display.ascii_shortest(low), display.ascii_shortest(high)
    return (
        f"values have the range {low_text} to {high_text}, for which the notebook's formulas leave {settings.dtype}: "
        "they give NaN or infinity. Use values nearer to 1, or another profile."
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


def _finite_back(x_hat: Floats, settings: Settings) -> Floats:
    if not np.isfinite(x_hat).all():
        raise qc.QuantError(
            f"scale is so large that a reconstruction is beyond {settings.dtype}. Use a smaller scale, or float64.",
            "scale",
        )
    return x_hat

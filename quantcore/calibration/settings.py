"""What goes into a calibration and what comes out: settings, the chosen range, and the curve that was searched."""

import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ..checks import one_of, truth, whole_number
from ..errors import QuantError
from ..formats.format import Format
from ..formats.integers import IntFormat

FloatArray = npt.NDArray[np.float64]
Batch = npt.NDArray[Any]  # 1-D, floating, finite, not empty
Batches = tuple[Batch, ...]  # at least one
Rows = npt.NDArray[Any]  # 2-D, floating, finite: one slice a row, each not empty

MAX_BINS = 1 << 20
SCHEMES = ("affine", "symmetric")


@dataclass(frozen=True, slots=True)
class CalibrationSettings:
    """How to look for a range; every method reads the settings it knows.

    Attributes:
        scheme: "affine" looks for both ends, "symmetric" for one threshold T and the range [-T, T].
        include_zero: affine only: the range will be widened to contain 0, so a search takes that into account.
        percentile: percentage of the values to keep, 0 to 100.
        bins: bins of the histogram that is searched ("mse" makes its own).
        quantized_bins: entropy_onnxruntime: bins of the quantized distribution.
        start_bin: modelopt's searches: the first threshold tried is the edge (or centre) of this bin.
        stride: modelopt's searches: bins between two thresholds tried.
        momentum: moving_average: weight of a new batch, 0 to 1.
        start_multiplier: mse_modelopt_multiples: the first threshold tried, in times of the largest magnitude.
        stop_multiplier: the last one.
        step_size: about how far apart they are.
    """

    scheme: Literal["affine", "symmetric"] = "affine"
    include_zero: bool = True
    percentile: float = 99.99
    bins: int = 2048
    quantized_bins: int = 128
    start_bin: int = 128
    stride: int = 1
    momentum: float = 0.01
    start_multiplier: float = 0.25
    stop_multiplier: float = 4.0
    step_size: float = 0.1

    def __post_init__(self) -> None:
        """Refuse settings that no method could honour."""
        one_of(self.scheme, "scheme", SCHEMES)
        object.__setattr__(self, "include_zero", truth(self.include_zero, "include_zero"))
        _require_number("percentile", self.percentile, 0, 100)
        _require_number("momentum", self.momentum, 0, 1)
        _require_number("start_multiplier", self.start_multiplier, 2.0**-10, 2.0**10)
        _require_number("stop_multiplier", self.stop_multiplier, self.start_multiplier, 2.0**10)
        _require_number("step_size", self.step_size, 2.0**-10, 2.0**10)
        _require_whole("bins", self.bins, 2)
        _require_whole("quantized_bins", self.quantized_bins, 2)
        _require_whole("start_bin", self.start_bin, 1)
        _require_whole("stride", self.stride, 1)


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """What a search saw: one entry for each threshold it tried.

    Attributes:
        threshold: the thresholds, ascending. For a symmetric range T of [-T, T]; for an affine one the end that is
            farther from zero, the other end being held at its chosen place.
        total: what was minimised or looked up at each threshold, in `unit`.
        best: index of the chosen threshold.
        unit: "mse" (mean squared error), "kl" (Kullback-Leibler divergence in nats) or "share" (of values above).
        clipping: unit "mse": the part of the error from values beyond the range; else None.
        rounding: unit "mse": the part from rounding values within it; else None. total = clipping + rounding.
    """

    threshold: FloatArray
    total: FloatArray
    best: int
    unit: Literal["mse", "kl", "share"]
    clipping: FloatArray | None = None
    rounding: FloatArray | None = None

    def __post_init__(self) -> None:
        """Own read-only copies, so that a curve cannot change under whoever draws it."""
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                copy = value.astype(np.float64)
                copy.flags.writeable = False
                object.__setattr__(self, field.name, copy)


@dataclass(frozen=True, slots=True, eq=False)
class Calibrated:
    """A range chosen from data: quantize so that [low, high] is covered.

    ONNX Runtime and modelopt take the left edge of a bin, and so answer a `low` above `high` for some constant data;
    with zero put into the range, as these libraries do next, that is a range again.

    Attributes:
        low: lower end.
        high: upper end.
        curve: what was searched; None where nothing was.
    """

    low: float
    high: float
    curve: Curve | None = None


Calibration = Callable[[Batches, IntFormat, CalibrationSettings], Calibrated]
RowCalibration = Callable[[Rows, IntFormat, CalibrationSettings], tuple[FloatArray, FloatArray]]
AnyFormatCalibration = Callable[[Batches, Format, CalibrationSettings], Calibrated]
AnyFormatRowCalibration = Callable[[Rows, Format, CalibrationSettings], tuple[FloatArray, FloatArray]]


def _require_number(field: str, value: float, low: float, high: float) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)) or not math.isfinite(value):
        raise QuantError(f"{field} is {value!r}; it must be a number from {low} to {high}.", field)
    if not low <= value <= high:
        raise QuantError(f"{field} is {value}; it must be from {low} to {high}.", field)


def _require_whole(field: str, value: int, low: int) -> None:
    allowed = f"a whole number from {low} to {MAX_BINS}"
    if not low <= whole_number(value, field, allowed) <= MAX_BINS:
        raise QuantError(f"{field} is {value}; it must be {allowed}.", field)

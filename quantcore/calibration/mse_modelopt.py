"""NVIDIA modelopt's searches for the least squared error: of a histogram, as meant and as released; of the values."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import QuantError
from ..formats.integers import IntFormat
from .histograms import as_float32, torch_histogram, torch_linspace
from .settings import Batches, Calibrated, CalibrationSettings, Curve


def mse_modelopt(batches: Batches, fmt: IntFormat, settings: CalibrationSettings) -> Calibrated:
    """The bin centre T >= centre[start_bin] with the least sum counts * (fq(centre) - centre)^2, in float32.

    fq quantizes to the narrow range with scale T / qmax: codes -qmax..qmax, or 0..2^bits - 1 for an unsigned format.
    modelopt is symmetric only: the range is [-T, T], or [0, T].

    Source: modelopt.torch.quantization.calib.histogram._compute_amax_mse (0.47), with num_bits passed where it belongs;
    see `mse_modelopt_0_47` for what the release answers.
    """
    histogram = torch_histogram(batches, settings.bins)
    counts, edges = histogram.counts, histogram.edges
    centres = (edges[1:] + edges[:-1]) / np.float32(2)
    first = _first_candidate(centres.size, settings)
    candidates = centres[first :: settings.stride]
    qmax = (1 << (fmt.bits - int(fmt.signed))) - 1
    rounding, clipping = np.zeros(candidates.size), np.zeros(candidates.size)
    for i, threshold in enumerate(candidates):
        quantized, is_clipped = _fake_quantized(centres, threshold, -qmax if fmt.signed else 0, qmax)
        with np.errstate(over="ignore", invalid="ignore"):  # from 1e19 on squares are infinite, as in the library
            errors = (quantized - centres) ** 2 * counts
            clipping[i], total = errors[is_clipped].sum(), float(errors.sum())
        rounding[i] = total - clipping[i] if math.isfinite(total) else total
    return _with_least_error(candidates, clipping, rounding, int(counts.sum()), fmt)


def mse_modelopt_0_47(batches: Batches, fmt: IntFormat, settings: CalibrationSettings) -> Calibrated:
    """The centre of bin start_bin, whatever the data: a quirk of modelopt 0.47.

    The release passes num_bits where fake_tensor_quant expects a bias, and the first candidate always wins.
    """
    edges = torch_histogram(batches, settings.bins).edges
    first = _first_candidate(edges.size - 1, settings)
    return _range(float((edges[first + 1] + edges[first]) / np.float32(2)), fmt, None)


def mse_modelopt_multiples(batches: Batches, fmt: IntFormat, settings: CalibrationSettings) -> Calibrated:
    """The multiple of the largest magnitude with which the values themselves come back with the least squared error.

    The multiples are spread evenly from `start_multiplier` to `stop_multiplier`, about `step_size` apart: for values
    that all are small whole multiples of one step, a range beyond them can be the best. fq quantizes as
    `mse_modelopt` has it, to the codes of `fmt`. Errors are float32, as in the library; their sums are float64 here.
    modelopt is symmetric only: the range is [-T, T], or [0, T].

    Source: modelopt.torch.quantization.calib.mse.MseCalibrator (0.47), with mse_calibrate's defaults.
    """
    peak = np.float32(max(np.abs(as_float32(batch)).max() for batch in batches))
    n = math.ceil((settings.stop_multiplier - settings.start_multiplier) / settings.step_size) + 1
    with np.errstate(over="ignore"):
        ends = np.float32(settings.start_multiplier), np.float32(settings.stop_multiplier)
        candidates: npt.NDArray[Any] = peak * torch_linspace(*ends, n)
    if not np.isfinite(candidates).all():
        raise QuantError(
            f"values go up to {peak:.4g}; {settings.stop_multiplier:g} times that is beyond float32. "
            "Scale them down, or try smaller multiples.",
            "stop_multiplier",
        )
    rounding, clipping = np.zeros(n), np.zeros(n)
    for batch in batches:
        values = as_float32(batch) if fmt.signed else np.maximum(as_float32(batch), np.float32(0))
        for i, threshold in enumerate(candidates):
            quantized, is_clipped = _fake_quantized(values, threshold, fmt.qmin, fmt.qmax)
            with np.errstate(over="ignore"):
                errors = (values - quantized) ** 2
            clipping[i] += errors[is_clipped].sum(dtype=np.float64)
            rounding[i] += errors[~is_clipped].sum(dtype=np.float64)
    return _with_least_error(candidates, clipping, rounding, sum(batch.size for batch in batches), fmt)


def _with_least_error(
    candidates: npt.NDArray[Any], clipping: npt.NDArray[Any], rounding: npt.NDArray[Any], n_values: int, fmt: IntFormat
) -> Calibrated:
    """The range of the candidate whose squared errors, clipping's and rounding's, sum up to the least."""
    curve = Curve(
        threshold=candidates,
        total=(clipping + rounding) / n_values,
        best=int((clipping + rounding).argmin()),
        unit="mse",
        clipping=clipping / n_values,
        rounding=rounding / n_values,
    )
    return _range(float(candidates[curve.best]), fmt, curve)


def _fake_quantized(
    values: npt.NDArray[np.float32], threshold: np.float32, qmin: int, qmax: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """There and back, in float32, and which values were clipped: modelopt's fake_tensor_quant on the CPU."""
    if threshold <= 2.0**-24:  # the library's guard: everything becomes 0
        return np.zeros_like(values), np.zeros(values.shape, bool)
    scale = np.float32(qmax) / threshold
    codes = np.rint(values * scale)
    return np.clip(codes, qmin, qmax) / scale, (codes < qmin) | (codes > qmax)


def _first_candidate(n_bins: int, settings: CalibrationSettings) -> int:
    if settings.start_bin >= n_bins:
        raise QuantError(
            f"start_bin is {settings.start_bin}; with {n_bins} bins it must be less than that.", "start_bin"
        )
    return settings.start_bin


def _range(threshold: float, fmt: IntFormat, curve: Curve | None) -> Calibrated:
    return Calibrated(-threshold if fmt.signed else 0.0, threshold, curve)

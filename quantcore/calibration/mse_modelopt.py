"""NVIDIA modelopt's search for the least squared error on a histogram of magnitudes, as meant and as released."""

import numpy as np

from ..errors import QuantError
from ..formats.integers import IntFormat
from .histograms import torch_histogram
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
    qmax = np.float32((1 << (fmt.bits - int(fmt.signed))) - 1)
    rounding, clipping = np.zeros(candidates.size), np.zeros(candidates.size)
    for i, threshold in enumerate(candidates):
        if threshold <= 2.0**-24:  # the library's guard: everything becomes 0
            quantized, is_clipped = np.zeros_like(centres), np.zeros(centres.size, bool)
        else:
            scale = qmax / threshold
            codes = np.rint(centres * scale)
            is_clipped = codes > qmax
            quantized = np.minimum(codes, qmax) / scale
        with np.errstate(over="ignore", invalid="ignore"):  # from 1e19 on squares are infinite, as in the library
            errors = (quantized - centres) ** 2 * counts
        clipping[i] = errors[is_clipped].sum()
        rounding[i] = errors.sum() - clipping[i]
    n = counts.sum()
    curve = Curve(
        threshold=candidates,
        total=(clipping + rounding) / n,
        best=int((clipping + rounding).argmin()),
        unit="mse",
        clipping=clipping / n,
        rounding=rounding / n,
    )
    return _range(float(candidates[curve.best]), fmt, curve)


def mse_modelopt_0_47(batches: Batches, fmt: IntFormat, settings: CalibrationSettings) -> Calibrated:
    """The centre of bin start_bin, whatever the data: a quirk of modelopt 0.47.

    The release passes num_bits where fake_tensor_quant expects a bias, and the first candidate always wins.
    """
    edges = torch_histogram(batches, settings.bins).edges
    first = _first_candidate(edges.size - 1, settings)
    return _range(float((edges[first + 1] + edges[first]) / np.float32(2)), fmt, None)


def _first_candidate(n_bins: int, settings: CalibrationSettings) -> int:
    if settings.start_bin >= n_bins:
        raise QuantError(
            f"start_bin is {settings.start_bin}; with {n_bins} bins it must be less than that.", "start_bin"
        )
    return settings.start_bin


def _range(threshold: float, fmt: IntFormat, curve: Curve | None) -> Calibrated:
    return Calibrated(-threshold if fmt.signed else 0.0, threshold, curve)

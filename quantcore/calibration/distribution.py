"""ONNX Runtime's calibration for float8: not a range, but how widely the values spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ..errors import QuantError
from ..formats.floats import FLOAT8_E4M3FN, FloatFormat
from .calibrate import batches_of
from .histograms import centred_histogram

LEAST_BINS = 512  # the library's


@dataclass(frozen=True, slots=True)
class Distribution:
    """Mean and standard deviation of values, in the precision of the data; of their cube roots in scenario "p3"."""

    mean: np.floating[Any]
    std: np.floating[Any]


def distribution_onnxruntime(
    x: npt.ArrayLike | Sequence[npt.NDArray[Any]], bins: int = 2048, scenario: Literal["same", "p3"] = "same"
) -> Distribution:
    """Mean and standard deviation of the centres of a histogram's bins, each as often as its bin counts.

    Source: onnxruntime/quantization/calibrate.py, HistogramCollector.compute_distribution and _avg_std (1.32.0). Its
    class DistributionCalibrater has 128 bins by default, which compute_distribution refuses.

    Args:
        x: As for `calibrate`: values, or a list of batches.
        bins: Of the histogram on [-absmax, absmax], 512 or more; later batches that are wider append bins.
        scenario: "same" for values spread as the codes of the format are; "p3" where the cube roots of the codes'
            numbers are normal, and so those of the values are looked at.

    Raises:
        QuantError: For data as in `calibrate`, too few bins, an unknown scenario, cube roots with a bin around 0.

    >>> found = distribution_onnxruntime(np.linspace(-1, 1, 10001, dtype=np.float32))
    >>> round(float(found.std), 4)
    0.5774
    """
    if isinstance(bins, bool) or not isinstance(bins, (int, np.integer)) or not LEAST_BINS <= bins <= 1 << 20:
        raise QuantError(f"bins is {bins!r}; it must be a whole number from {LEAST_BINS} to {1 << 20}.", "bins")
    if scenario not in ("same", "p3"):
        raise QuantError(f"scenario is {scenario!r}; it must be same or p3.", "scenario")
    histogram = centred_histogram(batches_of(x), bins)
    counts, edges = histogram.counts, histogram.edges
    with np.errstate(all="ignore"):
        centres = (edges[:-1] + edges[1:]) * edges.dtype.type(0.5)
        if scenario == "p3":
            sign = np.abs(centres) / centres
            sign[~np.isfinite(sign)] = 1
            centres = np.abs(centres) ** (1.0 / 3.0) * sign
        mean = (counts * centres).sum() / counts.sum()
        variance = (counts * centres**2).sum() / counts.sum() - mean**2
        std = edges.dtype.type(variance**0.5)
    if not np.isfinite(std):
        raise QuantError(
            f"values go up to {edges[-1]:.4g}; their variance is {variance:.4g}, of which there is no root in "
            f"{edges.dtype}. Scale them down, or give more bins.",
            "values",
        )
    return Distribution(edges.dtype.type(mean), std)


def float8_scale_onnxruntime(std: npt.ArrayLike, fmt: FloatFormat = FLOAT8_E4M3FN) -> np.floating[Any]:
    """The scale that gives values of this standard deviation that of the format's own numbers; the zero point is 0.

    Many values then are beyond the largest number: ONNX Runtime's float8 saturates them.

    Source: onnxruntime/quantization/quant_utils.py, compute_scale_zp_float8 (1.32.0), which knows E4M3FN only. The
    deviation of the numbers is computed in float32, as there, every code counting once, both zeros too.

    Args:
        std: Of the values (of a weight: numpy.std), above 0; a NumPy number keeps its precision.
        fmt: The format.

    Raises:
        QuantError: For a deviation that is none, or gives no scale.

    >>> float8_scale_onnxruntime(np.float32(1.0))
    np.float32(0.009994231)
    """
    deviation = np.asarray(std)
    if deviation.dtype.kind not in "iuf" or deviation.ndim or not np.isfinite(deviation) or deviation <= 0:
        raise QuantError(f"std is {std!r}; it must be one finite number above 0.", "std")
    numbers = fmt.values[np.isfinite(fmt.values)].astype(np.float32)
    scale = deviation / np.std(numbers)
    kept: np.floating[Any] = scale.astype(deviation.dtype if deviation.dtype.kind == "f" else np.float64)[()]
    if not kept > 0:
        raise QuantError(f"std is {std!r}; {kept.dtype} holds no scale so small. Use float32.", "std")
    return kept

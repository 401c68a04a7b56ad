"""What a range costs: clipping what lies beyond it and rounding what lies within, for many ranges at once.

A search for a range weighs these two against each other. Here they are estimated in a millisecond, also for a million
values: rounding on a regular sample of the values, clipping on a histogram whose bins grow with the magnitude, so that
the few values far out all count.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import quantcore as qc

from ..drawing.binning import pieces
from ..request.settings import Settings

Float64 = NDArray[np.float64]
Floats = NDArray[np.floating[Any]]

MAX_EXACT = 2048
"""So many values are taken as they are; of more, as many are sampled."""
ROWS = 16  # ranges at a time, so that the temporaries stay in the processor's cache
WIDEST = 1e150  # in units of the largest magnitude: its square is still a number
NARROWEST = 1e-290  # below it, a scale factor would be infinite
BITS = 6  # 64 bins to an octave
OCTAVES = 16  # below absmax * 2^-16 all magnitudes share a bin


@dataclass(frozen=True, slots=True, eq=False)
class Tradeoff:
    """Mean squared errors over ranges, each divided into two parts.

    Attributes:
        clipping: from the values that are clipped, one entry for each range.
        rounding: from the others.
    """

    clipping: Float64
    rounding: Float64

    @property
    def total(self) -> Float64:
        """Both together."""
        return self.clipping + self.rounding


def tradeoff(values: NDArray[np.floating[Any]], low: Float64, high: Float64, settings: Settings) -> Tradeoff:
    """What each of the ranges [low, high] would cost.

    Args:
        values: finite, any shape, not all 0.
        low: the lower ends of the ranges, of shape (n_ranges,).
        high: the upper ends.
        settings: the format, the scheme and the rounding.
    """
    unit = float(max(-values.min(), values.max()))
    flat = values.reshape(-1)
    with np.errstate(over="ignore"):  # what is so wide costs the same as if it were still wider
        low, high = (np.clip(end / unit, -WIDEST, WIDEST) for end in (low, high))
    low, high = (np.where(np.abs(end) < NARROWEST, 0.0, end) for end in (low, high))
    params = qc.qparams_from_range(
        low,
        high,
        settings.integers,
        settings.scheme,
        qc.PerAxis(0),
        include_zero=settings.include_zero,
        dtype=np.float64,
        toolkit=settings.profile.toolkit,
        reduce_range=settings.reduce_range,
    )
    scale, zero_point = params.scale.reshape(-1, 1), params.zero_point.reshape(-1, 1)  # (n_ranges, 1)
    codes = settings.integers.qmin - zero_point, settings.integers.qmax - zero_point
    is_exact = flat.size <= MAX_EXACT
    sample = flat[:: -(-flat.size // MAX_EXACT)].astype(np.float64) / unit
    rng = np.random.default_rng(settings.seed)
    parts = [
        _errors(sample, scale[rows], codes[0][rows], codes[1][rows], settings.rounding, rng)
        for rows in (slice(start, start + ROWS) for start in range(0, scale.size, ROWS))
    ]
    clipping, rounding = (np.concatenate(part) for part in zip(*parts, strict=True))
    if not is_exact:
        clipping = _clipping(*_magnitudes(flat, unit), codes[0] * scale, codes[1] * scale, scale / 2) / flat.size
    with np.errstate(over="ignore", under="ignore"):  # the squares of extreme values may not be representable
        return Tradeoff(clipping * unit * unit, rounding * unit * unit)


def _errors(
    points: Float64, scale: Floats, first: Floats, last: Floats, rounding: str, rng: np.random.Generator
) -> tuple[Float64, Float64]:
    """The clipping and the rounding part of the mean squared error of each range; scale, first and last are columns."""
    with np.errstate(over="ignore"):  # to be clipped
        nearest = qc.round_whole(points / scale, rounding, rng)  # (n_ranges, n_points)
    errors = np.clip(nearest, first, last)
    is_clipped = errors != nearest
    errors *= scale
    errors -= points
    errors *= errors
    total = errors.mean(axis=1)
    errors *= is_clipped
    clipping = errors.mean(axis=1)
    return clipping, np.maximum(total - clipping, 0.0)


def _clipping(points: Float64, counts: Float64, low: Floats, high: Floats, half_step: Floats) -> Float64:
    """The sum of the squared errors of the points beyond each range that are farther out than rounding reaches."""
    is_far = np.abs(points) > min(float(np.abs(low).min()), float(np.abs(high).min()))
    points, counts = points[is_far & (counts > 0)], counts[is_far & (counts > 0)]
    beyond = np.maximum(points - high, low - points)  # (n_ranges, n_points)
    beyond *= beyond > half_step
    beyond *= beyond
    total: Float64 = beyond @ counts
    return total


def _magnitudes(values: NDArray[np.floating[Any]], unit: float) -> tuple[Float64, Float64]:
    """The middles of bins that grow with the magnitude, in units of the largest, and how many values each holds."""
    n_bins = (OCTAVES << BITS) + 1
    counts = np.zeros(2 * n_bins)
    # the leading bits of a float are its sign, its exponent (the octave) and its place within the octave
    first = (127 - OCTAVES << BITS) - 1
    for piece in pieces(values):
        shares = (piece / unit).astype(np.float32)
        index = (np.abs(shares).view(np.int32) >> (23 - BITS)) - first
        np.clip(index, 0, n_bins - 1, out=index)
        index += n_bins * (shares < 0)
        counts += np.bincount(index, minlength=2 * n_bins)
    starts = (np.arange(first, first + n_bins + 1, dtype=np.int32) << (23 - BITS)).view(np.float32).astype(np.float64)
    middles = (starts[:-1] + starts[1:]) / 2
    middles[0], middles[-1] = 0.0, 1.0  # the largest magnitude is often alone, and weighs most
    return np.concatenate([middles, -middles]), counts

"""What a range costs: clipping what lies beyond it and rounding what lies within, for many ranges at once.

A search for a range weighs these two against each other. Here they are estimated in a millisecond, also for a million
values: rounding on a sample of the values, clipping on a histogram whose bins grow with the magnitude, so that
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
        settings: the format, the scheme and the rounding. Floats saturate, which is what searches count on.
    """
    unit = float(max(-values.min(), values.max()))
    flat = values.reshape(-1)
    with np.errstate(over="ignore"):  # what is so wide costs the same as if it were still wider
        low, high = (np.clip(end / unit, -WIDEST, WIDEST) for end in (low, high))
    low, high = (np.where(np.abs(end) < NARROWEST, 0.0, end) for end in (low, high))
    params = qc.qparams_from_range(
        low,
        high,
        settings.fmt,
        settings.scheme if settings.are_integers else None,
        qc.PerAxis(0),
        include_zero=settings.include_zero,
        dtype=np.float64,
        toolkit=settings.profile.toolkit,
        reduce_range=settings.reduce_range,
    )
    if settings.are_integers:
        codes, errors, sample = _Codes.of_integers(params), _errors_of_integers, _regular(flat)
    else:
        codes, errors, sample = _Codes.of_numbers(params), _errors_of_numbers, _with_the_largest(flat)
    points, rng = sample.points / unit, np.random.default_rng(settings.seed)
    parts = []
    for start in range(0, codes.scale.size, ROWS):
        found, is_clipped = errors(points, codes.only(slice(start, start + ROWS)), settings.rounding, rng)
        parts.append(sample.parts(found, is_clipped))
    clipping, rounding = (np.concatenate(part) for part in zip(*parts, strict=True))
    if flat.size > MAX_EXACT:
        clipping = _clipping(*_magnitudes(flat, unit), codes) / flat.size
    with np.errstate(over="ignore", under="ignore"):  # the squares of extreme values may not be representable
        return Tradeoff(clipping * unit * unit, rounding * unit * unit)


@dataclass(frozen=True, slots=True, eq=False)
class _Codes:
    """What the codes of each range reach, in columns, (n_ranges, 1).

    Attributes:
        fmt: their format.
        scale: what they are in steps of.
        first, last: the outermost codes from the zero point; of floats and codebooks the outermost numbers.
        room: how far beyond them a value is still rounded, not clipped.
    """

    fmt: qc.Format
    scale: Floats
    first: Floats
    last: Floats
    room: Floats

    @staticmethod
    def of_integers(params: qc.QuantParams) -> "_Codes":
        """Those of integers, which have half a step of room."""
        fmt, scale, zero_point = params.integers, params.scale.reshape(-1, 1), params.zero_point.reshape(-1, 1)
        return _Codes(fmt, scale, fmt.qmin - zero_point, fmt.qmax - zero_point, scale / 2)

    @staticmethod
    def of_numbers(params: qc.QuantParams) -> "_Codes":
        """Those of floats and codebooks, whose grid says from where on values are clipped."""
        fmt, scale = params.fmt, params.scale.reshape(-1, 1)
        first, last = np.full_like(scale, fmt.lowest), np.full_like(scale, fmt.highest)
        return _Codes(fmt, scale, first, last, (float(fmt.grid().thresholds[-1]) - fmt.highest) * scale)

    def only(self, ranges: slice) -> "_Codes":
        """Those of some ranges."""
        return _Codes(self.fmt, self.scale[ranges], self.first[ranges], self.last[ranges], self.room[ranges])


@dataclass(frozen=True, slots=True, eq=False)
class _Sample:
    """Some of the values, and how many each stands for as shares of all."""

    points: Float64
    weights: Float64

    def parts(self, errors: Floats, is_clipped: NDArray[np.bool_]) -> tuple[Float64, Float64]:
        """The mean squares of the errors of points that are clipped, and of the others; both (n_ranges, n_points)."""
        errors *= errors
        total = np.einsum("ij,j->i", errors, self.weights)  # BLAS and its threads would cost more
        errors *= is_clipped
        clipping = np.einsum("ij,j->i", errors, self.weights)
        return clipping, np.maximum(total - clipping, 0.0)


def _regular(values: Floats) -> _Sample:
    """Of many values, one in so many."""
    points = values[:: -(-values.size // MAX_EXACT)].astype(np.float64)
    return _Sample(points, np.full(points.size, 1 / points.size))


def _with_the_largest(values: Floats) -> _Sample:
    """The same with all that are largest, half of the sample: the steps there are widest, and so are the errors."""
    if values.size <= MAX_EXACT:
        return _regular(values)
    n_largest = MAX_EXACT // 2
    order = np.argpartition(np.abs(values), values.size - n_largest)
    rest = _regular(values[order[:-n_largest]])
    share = n_largest / values.size
    return _Sample(
        np.append(rest.points, values[order[-n_largest:]].astype(np.float64)),
        np.append(rest.weights * (1 - share), np.full(n_largest, 1 / values.size)),
    )


def _errors_of_integers(
    points: Float64, codes: _Codes, rounding: str, rng: np.random.Generator
) -> tuple[Floats, NDArray[np.bool_]]:
    """The error of each point in each range, and whether it is clipped."""
    with np.errstate(over="ignore"):  # to be clipped
        nearest = qc.round_whole(points / codes.scale, rounding, rng)  # (n_ranges, n_points)
    errors = np.clip(nearest, codes.first, codes.last)
    is_clipped = errors != nearest
    errors *= codes.scale
    errors -= points
    return errors, is_clipped


def _errors_of_numbers(
    points: Float64, codes: _Codes, rounding: str, rng: np.random.Generator
) -> tuple[Floats, NDArray[np.bool_]]:
    """The same of floats and codebooks."""
    x = np.broadcast_to(points, (codes.scale.size, points.size))
    params, sides = qc.QuantParams(codes.scale, 0, codes.fmt, qc.PerAxis(0)), np.empty(x.shape, np.int8)
    q = qc.quantize(x, params, rounding=rounding, rng=rng, sides=sides)
    return qc.dequantize(q, params) - x, sides != 0


def _clipping(points: Float64, counts: Float64, codes: _Codes) -> Float64:
    """The sum of the squared errors of the points beyond each range that are farther out than rounding reaches."""
    low, high = codes.first * codes.scale, codes.last * codes.scale
    is_far = np.abs(points) > min(float(np.abs(low).min()), float(np.abs(high).min()))
    points, counts = points[is_far & (counts > 0)], counts[is_far & (counts > 0)]
    beyond = np.maximum(points - high, low - points)  # (n_ranges, n_points)
    beyond *= beyond > codes.room
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

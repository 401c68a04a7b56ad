"""What a range costs, for many ranges: as the calibration searched them, or as a search would have seen them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import quantcore as qc

from ..results.result import Result
from .tradeoff import tradeoff

Float64 = NDArray[np.float64]

SHARES = np.unique(np.concatenate([np.arange(1, 49) / 48, 2.0 ** -np.arange(3, 10.5, 0.5)]))
"""The ranges of the curve, as shares of the widest."""
FARTHEST = 1e6  # of a curve; a range in use that is wider still is marked without it
UNITS = {
    "mse": "mean squared error",
    "kl": "divergence in nats",
    "share": "share of the values beyond",
}
SYMMETRIC = "threshold T of the range −T to T"
UPPER, LOWER = "upper end of the range", "lower end of the range, without its sign"


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """What is known of many ranges.

    Attributes:
        threshold: the end of each range that is farther out, ascending.
        total: what each range costs, in `unit`.
        clipping, rounding: its parts; None where it has none.
        unit: a name in UNITS.
        best: which range costs least; None where no search looks for the least.
        widest: the threshold of the range from the smallest to the largest value.
        chosen: the threshold of the range in use, and what that costs.
        what: what a threshold is, in words.
    """

    threshold: Float64
    total: Float64
    clipping: Float64 | None
    rounding: Float64 | None
    unit: str
    best: int | None
    widest: float
    chosen: tuple[float, float]
    what: str


def search_of(result: Result) -> Search:
    """The costs of ranges for the values that share a scale with the followed number."""
    curve = result.followed_curve
    return _survey(result) if curve is None else _searched(result, curve)


def _searched(result: Result, curve: qc.Curve) -> Search:
    """What the calibration itself has searched."""
    low, high = result.followed_range
    best = None if curve.unit == "share" else curve.best
    chosen = (float(curve.threshold[curve.best]), float(curve.total[curve.best]))
    what = "threshold" if curve.unit != "mse" else UPPER if abs(high) >= abs(low) else LOWER
    if result.settings.is_symmetric:
        what = SYMMETRIC
    widest = max(map(abs, result.widest_range))
    return Search(
        threshold=curve.threshold,
        total=curve.total,
        clipping=curve.clipping,
        rounding=curve.rounding,
        unit=curve.unit,
        best=best,
        widest=widest,
        chosen=chosen,
        what=what,
    )


def _survey(result: Result) -> Search:
    """What a search would see, where the range was found without one: both ends drawn in alike."""
    settings, in_use = result.settings, result.followed_range
    is_symmetric = settings.is_symmetric
    widest = np.array(result.widest_range)
    if is_symmetric:
        widest = np.abs(widest).max() * np.array([-1.0, 1.0])
    centre = 0.0 if is_symmetric or settings.include_zero else float(widest[0] / 2 + widest[1] / 2)
    side = 1 if centre else int(abs(in_use[1]) >= abs(in_use[0]))
    if widest[side] == centre:  # there are no values on this side
        side = 1 - side
    with np.errstate(over="ignore"):
        reach = max(1.0, float((in_use[side] - centre) / (widest[side] - centre)))
        reach = min(reach, FARTHEST, float(settings.precision.largest / 2 / np.abs(widest).max()))
    shares = SHARES if reach == 1 else np.append(SHARES, np.linspace(1, reach * 1.05, 12)[1:])
    ranges = np.vstack([centre + shares[:, np.newaxis] * (widest - centre), in_use])  # (n_ranges + 1, 2)
    cost = tradeoff(result.slice_of(result.element), ranges[:, 0], ranges[:, 1], settings)
    sign = 1 if side else -1
    threshold = ranges[:, side] * sign
    return Search(
        threshold=threshold[:-1],
        total=cost.total[:-1],
        clipping=cost.clipping[:-1],
        rounding=cost.rounding[:-1],
        unit="mse",
        best=int(cost.total[:-1].argmin()),
        widest=float(widest[side] * sign),
        chosen=(float(threshold[-1]), float(cost.total[-1])),
        what=SYMMETRIC if is_symmetric else UPPER if side else LOWER,
    )

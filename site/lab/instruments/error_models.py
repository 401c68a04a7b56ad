"""How rounding errors would be spread if every place between two codes were equally likely, for each rounding.

All in steps. Bennett, Spectra of Quantized Signals (1948), for rounding to nearest; the others follow by integration.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A density of errors.

    Attributes:
        name: what it is called in the legend.
        corners: where the density bends or jumps, ascending.
        density: its height at the corners; straight between them.
        divisor: the mean squared error is the squared step divided by it.
        spread: how the errors are spread, in words.
    """

    name: str
    corners: Float64
    density: Float64
    divisor: int
    spread: str

    @property
    def reach(self) -> float:
        """The largest error, in steps."""
        return float(np.abs(self.corners).max())


def model_of(rounding: str, share_below: float = 0.5) -> Model:
    """The model for a rounding.

    Args:
        rounding: a name in quantcore.ROUNDINGS.
        share_below: for rounding toward zero, which share of the values is rounded up: the negative ones.

    >>> model_of("half_even").divisor, model_of("floor").corners.tolist()
    (12, [-1.0, -1.0, 0.0, 0.0])
    """
    if rounding == "floor":
        return _box("uniform model", -1.0, 0.0, 3, "evenly from −1 to 0 steps")
    if rounding == "ceil":
        return _box("uniform model", 0.0, 1.0, 3, "evenly from 0 to 1 step")
    if rounding == "toward_zero":
        corners, density = (
            [-1.0, -1.0, 0.0, 0.0, 1.0, 1.0],
            [0.0, 1 - share_below, 1 - share_below, share_below, share_below, 0.0],
        )
        return Model("uniform model", np.array(corners), np.array(density), 3, "evenly over the step toward zero")
    if rounding == "stochastic":
        corners, density = [-1.0, 0.0, 1.0], [0.0, 1.0, 0.0]
        return Model(
            "model by chance",
            np.array(corners),
            np.array(density),
            6,
            "up to one step to either side, the larger the rarer",
        )
    return _box("uniform model", -0.5, 0.5, 12, "evenly from −½ to ½ of a step")


def _box(name: str, low: float, high: float, divisor: int, spread: str) -> Model:
    return Model(name, np.array([low, low, high, high]), np.array([0.0, 1.0, 1.0, 0.0]) / (high - low), divisor, spread)

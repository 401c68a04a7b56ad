"""The range behind the followed number's scale: where it came from, and what was divided by what."""

from dataclasses import dataclass
from typing import Any

import numpy as np

import quantcore as qc
from quantcore.parameters.derive import code_range
from quantcore.toolkits.choosing import Denominator

from ..notation import display
from .result import Result


@dataclass(frozen=True, slots=True, eq=False)
class Range:
    """A range and how it becomes a scale.

    Attributes:
        low, high: its ends.
        origin: the beginning of the sentence that goes on with "low to high".
        width: high - low; for a symmetric scheme the largest magnitude.
        divisor: the width that is used, which differs where the width is 0.
        n_steps: into how many steps the width is divided.
        scale: what came of it.
    """

    low: np.floating[Any]
    high: np.floating[Any]
    origin: str
    width: np.floating[Any]
    divisor: np.floating[Any]
    n_steps: float

    scale: float

    @property
    def is_degenerate(self) -> bool:
        """Whether there was no range."""
        return bool(self.width == 0)

    @property
    def is_floored(self) -> bool:
        """Whether the scale is larger than the range asks for, as a toolkit has a smallest one."""
        return bool(float(self.divisor) / self.n_steps < 0.99 * self.scale)


def range_of(result: Result) -> Range:
    """The range of the slice that the followed number is in."""
    settings = result.settings
    dtype = settings.dtype.type
    low_end, high_end, origin = _ends(result)
    low, high = dtype(low_end), dtype(high_end)
    scale, factor, zero_point = result.scale_of(result.element)
    if settings.scheme == "symmetric":
        width = max(abs(low), abs(high))
        n_steps = float(settings.fmt.qmax) if settings.is_notebook else _symmetric_steps(result, int(zero_point))
    else:
        if settings.include_zero:
            if low > 0 or high < 0:
                origin = origin.replace("The values reach from", "Widened to hold 0, the values reach from")
            low, high = min(low, dtype(0)), max(high, dtype(0))
        width, n_steps = high - low, float(settings.fmt.qmax - settings.fmt.qmin)
    divisor = width
    if width == 0:
        divisor = dtype(n_steps / float(factor)) if settings.is_notebook else dtype(n_steps * float(scale))
    return Range(low=low, high=high, origin=origin, width=width, divisor=divisor, n_steps=n_steps, scale=float(scale))


def _ends(result: Result) -> tuple[float, float, str]:
    """Low, high and the words before them."""
    settings = result.settings
    values = result.slice_of(result.element)
    low, high = float(values.min()), float(values.max())
    whose = "The values" if result.scale.size == 1 else "The values that share a scale with this one"
    assert result.ranges is not None
    index = result.parameter_index(np.array([result.element]))[0]
    found = float(result.ranges.low.reshape(-1)[index]), float(result.ranges.high.reshape(-1)[index])
    if settings.calibration == "minmax":
        return *found, f"{whose} reach from"
    if settings.calibration == "manual":
        return *found, "The range was given:"
    is_percentile = settings.calibration == "percentile"
    name = f"the {display.ascii_shortest(settings.percentile)} percentile" if is_percentile else settings.calibration
    return *found, f"{whose} reach from {display.short(low, 6)} to {display.short(high, 6)}; {name} chose"


def _symmetric_steps(result: Result, zero_point: int) -> float:
    """By how many steps a toolkit divides the largest magnitude."""
    rules = qc.TOOLKITS[result.settings.profile.toolkit]
    qmin, qmax = code_range(result.settings.fmt, "symmetric", rules, False)
    if rules.denominator is Denominator.HALF_RANGE:
        return (qmax - qmin) / 2
    return float(min(qmax - zero_point, zero_point - qmin))

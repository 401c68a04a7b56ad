"""Every calibration on the values that share a scale with the followed number: its range, and what that costs."""

from dataclasses import dataclass, replace

import numpy as np

import quantcore as qc

from ..request.fields import FIELDS
from ..request.settings import Settings
from ..results.compute import arithmetic_of, params_of, ranges_of
from ..results.result import Floats, Result

SEARCHED = 1 << 17
"""Of more values than this, evenly spaced ones are searched, with the smallest and the largest among them."""


@dataclass(frozen=True, slots=True, eq=False)
class Calibrated:
    """What one calibration makes of the values.

    Attributes:
        name: a choice of the field `calibration`.
        low, high: the range that it finds; where the scale is 1, the numbers that the codes reach.
        metrics: figures of the error; what lies beyond the range becomes its end.
        clipped_share: of the values, how many do.
        is_in_use: whether it is the request's.
    """

    name: str
    low: float
    high: float
    metrics: qc.Metrics
    clipped_share: float
    is_in_use: bool

    @property
    def is_own(self) -> bool:
        """Whether it is a range of the request's own, which nothing finds."""
        return self.name == "manual"


def calibrations_of(result: Result) -> list[Calibrated]:
    """Those that a request can name with these settings, in the order of the form; those that find no range left out.

    The range of one's own is among them if it is in use.
    """
    values = searched(result)
    settings = replace(result.settings, granularity=qc.PerTensor())
    found = []
    for name in FIELDS["calibration"].choices:
        if _is_possible(name, settings) and (one := _calibrated(values, settings, name)) is not None:
            found.append(one)
    return found


def searched(result: Result) -> Floats:
    """The values that are searched: all that share a scale with the followed number, or many of them."""
    values = result.slice_of(result.element).reshape(-1)
    if values.size <= SEARCHED:
        return values
    ends = np.array([values.min(), values.max()], values.dtype)
    return np.concatenate([values[:: -(-values.size // SEARCHED)], ends])


def _is_possible(name: str, settings: Settings) -> bool:
    if name in ("manual", "given"):
        return name == settings.calibration
    conditions = FIELDS["calibration"].choices_when.get(name, {})
    return all(settings.texts[other] in allowed for other, allowed in conditions.items())


def _calibrated(values: Floats, settings: Settings, name: str) -> Calibrated | None:
    arithmetic = arithmetic_of(settings)
    if not qc.ARITHMETICS[arithmetic].clips:
        arithmetic = "onnx"  # the same numbers, clipped
    try:
        ranges = None if name == "none" else ranges_of(replace(settings, calibration=name), values)
        params = params_of(settings, ranges)
        sides, rng = np.empty(values.shape, np.int8), np.random.default_rng(settings.seed)
        q = qc.quantize(values, params, arithmetic, settings.rounding, rng, sides=sides)
        back = qc.dequantize(q, params, arithmetic)
    except qc.QuantError:
        return None
    if not np.isfinite(back).all():
        return None
    scale = float(params.scale)
    low, high = (settings.fmt.lowest * scale, settings.fmt.highest * scale) if ranges is None else ranges.covered
    return Calibrated(
        name=name,
        low=float(low),
        high=float(high),
        metrics=qc.compare(values, back),
        clipped_share=float(np.count_nonzero(sides)) / values.size,
        is_in_use=name == settings.calibration,
    )

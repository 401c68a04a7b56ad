"""An axis of a static figure: its range, its ticks, and where a value lies on the drawing."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from ..notation import display

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis on the drawing.

    Attributes:
        low, high: the range, in data.
        start, end: where low and high lie, in pixels.
        ticks: values and their labels.
        title: what it measures.
        is_log: whether low and high are powers of ten, as Plotly has it.
    """

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[tuple[float, str], ...]
    title: str
    is_log: bool = False

    def pixel(self, value: float) -> float:
        """Where a value lies; far outside stays near the drawing, so that coordinates stay short."""
        if self.is_log:
            value = math.log10(value) if value > 0 else -math.inf
        share = (value - self.low) / (self.high - self.low)
        share = min(max(share, -1.0), 2.0)
        return self.start + share * (self.end - self.start)

    def holds(self, place: float) -> bool:
        """Whether a pixel lies on the axis, or hardly beside it."""
        return min(self.start, self.end) - 1 <= place <= max(self.start, self.end) + 1

    def share(self, value: float) -> float:
        """Where a share of the plot's length lies."""
        return self.start + value * (self.end - self.start)


def make_axis(described: Json, values: Iterable[float], start: float, end: float, target: int) -> Axis:
    """The axis that a layout describes, or that fits the values.

    Args:
        described: the layout's axis.
        values: all coordinates on it.
        start: where it starts, in pixels.
        end: where it ends, in pixels.
        target: about how many ticks it has room for.
    """
    is_log = described.get("type") == "log"
    if is_log:
        values = [math.log10(value) for value in values if value is not None and value > 0]
    low, high = described.get("range") or fitted(values)
    if "tickvals" in described:
        texts = described.get("ticktext") or [label(value) for value in described["tickvals"]]
        ticks = tuple(zip(described["tickvals"], texts, strict=True))
    elif is_log:
        ticks = tuple((10.0**power, label(10.0**power)) for power in range(math.ceil(low), math.floor(high) + 1))
    else:
        ticks = tuple((value, label(value)) for value in nice_ticks(low, high, target))
    title = described.get("title", {}).get("text", "")
    axis = Axis(low=low, high=high, start=start, end=end, ticks=ticks, title=title, is_log=is_log)
    return replace(axis, ticks=tuple(tick for tick in ticks if axis.holds(axis.pixel(tick[0]))))


def fitted(values: Iterable[float]) -> tuple[float, float]:
    """A range around values."""
    finite = [value for value in values if value is not None]
    low, high = min(finite, default=0.0), max(finite, default=1.0)
    room = (high - low) * 0.05 or abs(high) * 0.5 or 1.0
    return low - room, high + room


def nice_ticks(low: float, high: float, target: int) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten within a range.

    >>> nice_ticks(-3.3, 3.4, 6)
    [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0]
    """
    rough = (high - low) / max(target, 1)
    if not (rough > 0 and math.isfinite(rough)):
        return [low]
    power = math.floor(math.log10(rough))
    unit = 10.0**power
    if unit == 0:
        return [low, high]
    step = next((unit * factor for factor in (1, 2, 5) if unit * factor >= rough * 0.7), unit * 10)
    first, last = math.ceil(low / step), math.floor(high / step)
    if last - first > 1000:
        return [low, high]
    digits = max(0, -math.floor(math.log10(step)) + 1)
    return [round(number * step, digits) if digits < 300 else number * step for number in range(first, last + 1)]


def label(value: float) -> str:
    """A tick's text."""
    return display.powers(display.typographic(f"{value:.10g}"))

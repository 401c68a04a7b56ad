"""Everything that was computed for a request: what the tables, steps and charts of the answer are made of."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

import quantcore as qc
from quantcore.parameters.granularity import elements_at, expand, parameter_index, parameter_place
from quantcore.precision import precision_of

from ..request.settings import Settings

Floats = NDArray[np.floating[Any]]
Indices = NDArray[np.intp]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """What was computed.

    Attributes:
        settings: what was asked.
        x: the values, in the precision of the computation; when dequantizing, the reconstruction.
        q: the codes; whole numbers, in floating point under the notebook's formulas.
        x_hat: the reconstruction.
        sides: for each number whether its code, unclipped, is below those of the format (-1), above (1) or neither (0).
        scale: the step between codes, one for each slice.
        scale_factor: its reciprocal, one for each slice.
        zero_point: the code of 0, one for each slice.
        arithmetic: the name in quantcore.ARITHMETICS of how it was computed.
        metrics: figures of the error; None when dequantizing, for nobody knows the original.
        ranges: the ranges that the scales come from; None where they come from none.
        stored: the numbers as a block format stores them, each row filled up to whole blocks; None for other formats.
    """

    settings: Settings
    x: Floats
    q: NDArray[Any]
    x_hat: Floats
    sides: NDArray[np.int8]
    scale: Floats
    scale_factor: Floats
    zero_point: NDArray[Any]
    arithmetic: str
    metrics: qc.Metrics | None = None
    ranges: qc.Ranges | None = None
    stored: qc.Stored | None = None
    flat_x: Floats = field(init=False)
    flat_q: NDArray[Any] = field(init=False)
    flat_x_hat: Floats = field(init=False)
    _made: dict[Callable[..., Any], Any] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Flat views, which is how elements are named."""
        for name in ("x", "q", "x_hat"):
            object.__setattr__(self, f"flat_{name}", getattr(self, name).reshape(-1))

    def once(self, make: Callable[["Result"], T]) -> T:
        """What a function makes of this result; made once for all who ask."""
        if make not in self._made:
            self._made[make] = make(self)
        made: T = self._made[make]
        return made

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return int(self.x.size)

    @property
    def element(self) -> int:
        """The flat index of the followed number."""
        return self.settings.element

    @property
    def is_clipping(self) -> bool:
        """Whether codes are kept within the format, and what is too large becomes its last number."""
        return qc.ARITHMETICS[self.arithmetic].clips and self.settings.codes.saturates

    @property
    def n_clipped(self) -> int:
        """How many numbers have a code beyond those of the format, were it not clipped."""
        return int(np.count_nonzero(self.sides))

    @property
    def n_without_number(self) -> int:
        """How many numbers come back as infinity or NaN."""
        return self.size - int(np.count_nonzero(np.isfinite(self.x_hat)))

    @property
    def wide_scale(self) -> Floats:
        """The scale so that it broadcasts against the numbers."""
        if self.stored is not None:
            return self.scale.reshape(-1)[self.parameter_index(np.arange(self.size))].reshape(self.x.shape)
        return expand(self.scale, self.settings.granularity, self.x.shape)

    def place_of(self, element: int) -> tuple[int, ...]:
        """The indices of an element along the axes."""
        return tuple(int(i) for i in np.unravel_index(element, self.x.shape))

    def parameter_index(self, elements: Indices) -> Indices:
        """Which scale belongs to each of some elements, as indices into the flat scale."""
        if self.stored is not None:
            block, inside = self.stored.layout.places(np.unravel_index(elements, self.x.shape))
            n_sub = self.scale.shape[1]
            sharing: Indices = block * n_sub + inside * n_sub // self.stored.fmt.block_size
            return sharing
        return parameter_index(elements, self.settings.granularity, self.x.shape)

    @property
    def followed_range(self) -> tuple[float, float]:
        """The range that the codes of the followed number's slice are to cover, or do cover where none was asked."""
        return self._of_followed(self.ranges.covered) if self.ranges is not None else self._reach()

    @property
    def widest_range(self) -> tuple[float, float]:
        """The range of the followed number's slice that clips none of its values."""
        if self.ranges is not None:
            return self._of_followed(self.ranges.widest)
        values = self.slice_of(self.element)
        return float(values.min()), float(values.max())

    def _reach(self) -> tuple[float, float]:
        """From the lowest to the highest number that the codes of the followed number's slice stand for."""
        if self.stored is not None:
            reals = self.stored.grid(self.place_of(self.element)).reals
            return float(reals.min()), float(reals.max())
        fmt, scale = self.settings.fmt, float(self.scale_of(self.element)[0])
        return fmt.lowest * scale, fmt.highest * scale

    @property
    def followed_curve(self) -> qc.Curve | None:
        """What the calibration searched for the followed number's slice; None where it searched nothing."""
        if self.ranges is None:
            return None
        return self.ranges.curve(int(self.parameter_index(np.array([self.element]))[0]))

    def _of_followed(self, ends: tuple[Floats, Floats]) -> tuple[float, float]:
        index = self.parameter_index(np.array([self.element]))[0]
        low, high = (float(end.reshape(-1)[index]) for end in ends)
        return low, high

    def scale_of(self, element: int) -> tuple[Any, Any, Any]:
        """Scale, scale factor and zero point of one element, as NumPy scalars."""
        index = int(self.parameter_index(np.array([element]))[0])
        return self.scale.reshape(-1)[index], self.scale_factor.reshape(-1)[index], self.zero_point.reshape(-1)[index]

    @property
    def kept(self) -> qc.Precision:
        """The precision of the scales."""
        return self.settings.scale_precision if self.stored is None else precision_of(self.scale.dtype)

    def slice_of(self, element: int) -> Floats:
        """The values that share their scale with an element."""
        values: Floats = self.x[self.slice_index(element)]
        return values

    def slice_index(self, element: int) -> tuple[Any, ...]:
        """Where in the arrays the numbers are that share their scale with an element."""
        granularity, shape = self.settings.granularity, self.x.shape
        if self.stored is not None:
            sharing = self.parameter_index(np.arange(self.size))
            return np.unravel_index(np.flatnonzero(sharing == sharing[element]), shape)
        return elements_at(parameter_place(granularity, self.place_of(element), shape), granularity, shape)

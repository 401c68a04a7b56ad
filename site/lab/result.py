"""Everything that was computed for a request: what the tables, steps and charts of the answer are made of."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

import quantcore as qc
from quantcore.granularity import parameter_shape

from .request import Settings

Floats = NDArray[np.floating[Any]]
Indices = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """What was computed.

    Attributes:
        settings: what was asked.
        x: the values, in the precision of the computation; when dequantizing, the reconstruction.
        q: the codes; whole numbers, in floating point under the notebook's formulas.
        x_hat: the reconstruction.
        scale: the step between codes, one for each slice.
        scale_factor: its reciprocal, one for each slice.
        zero_point: the code of 0, one for each slice.
        arithmetic: the name in quantcore.ARITHMETICS of how it was computed.
        curve: what a calibration searched in the followed number's slice, if it searched.
        metrics: figures of the error; None when dequantizing, for nobody knows the original.
        n_clipped: how many values lie beyond the codes.
    """

    settings: Settings
    x: Floats
    q: NDArray[Any]
    x_hat: Floats
    scale: Floats
    scale_factor: Floats
    zero_point: NDArray[Any]
    arithmetic: str
    metrics: qc.Metrics | None = None
    n_clipped: int = 0
    curve: qc.Curve | None = None
    flat_x: Floats = field(init=False)
    flat_q: NDArray[Any] = field(init=False)
    flat_x_hat: Floats = field(init=False)

    def __post_init__(self) -> None:
        """Flat views, which is how elements are named."""
        for name in ("x", "q", "x_hat"):
            object.__setattr__(self, f"flat_{name}", getattr(self, name).reshape(-1))

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
        """Whether codes are kept within the format."""
        return not self.settings.is_notebook

    def parameter_index(self, elements: Indices) -> Indices:
        """Which scale belongs to each of some elements, as indices into the flat scale."""
        granularity = self.settings.granularity
        if isinstance(granularity, qc.PerTensor):
            return np.zeros(len(elements), np.intp)
        shape = self.x.shape
        places = list(np.unravel_index(elements, shape))
        axis = granularity.axis % len(shape)
        if isinstance(granularity, qc.PerAxis):
            return np.asarray(places[axis], np.intp)
        places[axis] = places[axis] // granularity.block_size
        return np.asarray(np.ravel_multi_index(tuple(places), parameter_shape(granularity, shape)), np.intp)

    def scale_of(self, element: int) -> tuple[Any, Any, Any]:
        """Scale, scale factor and zero point of one element, as NumPy scalars."""
        index = int(self.parameter_index(np.array([element]))[0])
        return self.scale.reshape(-1)[index], self.scale_factor.reshape(-1)[index], self.zero_point.reshape(-1)[index]

    def slice_of(self, element: int) -> Floats:
        """The values that share their scale with an element."""
        granularity, shape = self.settings.granularity, self.x.shape
        if isinstance(granularity, qc.PerTensor):
            return self.x
        axis = granularity.axis % len(shape)
        place = [int(i) for i in np.unravel_index(element, shape)]
        if isinstance(granularity, qc.PerAxis):
            return np.take(self.x, place[axis], axis=axis)
        start = place[axis] // granularity.block_size * granularity.block_size
        block: list[int | slice] = list(place)
        block[axis] = slice(start, start + granularity.block_size)
        return self.x[tuple(block)]

"""Powers of two as scales: four rules by which the largest magnitude of a block chooses the exponent.

Source: OCP Microscaling Formats (MX) 1.0, 6.3 (floor); torchao 0.18, ScaleCalculationMode (all four). EVEN is also that
of compressed-tensors for FP4, RCEIL that of NVIDIA's libraries and, for FP8, of DeepSeek's UE8M0 scales.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import QuantError
from .floats import FloatFormat
from .format import Format

Float32Array = NDArray[np.float32]
LOWEST, HIGHEST = 0, 254  # codes of E8M0 that are numbers


@dataclass(frozen=True, slots=True)
class ElementRange:
    """What a rule must know of an element format.

    Attributes:
        largest_exponent: emax: of the largest power of two that the format has.
        mantissa_bits: Of the element.
        highest: The greatest element.
    """

    largest_exponent: int
    mantissa_bits: int
    highest: float

    @classmethod
    def of(cls, fmt: Format) -> ElementRange:
        """Of a number format; a codebook counts as one without a mantissa."""
        exponent = int(np.frexp(fmt.highest)[1]) - 1
        return cls(exponent, fmt.mantissa_bits if isinstance(fmt, FloatFormat) else 0, fmt.highest)


def _floor(amax: Float32Array, element: ElementRange) -> NDArray[np.int32]:
    """The largest power of two that is not above amax, over that of the element format (OCP MX 1.0, 6.3)."""
    return (amax.view(np.int32) >> 23) - element.largest_exponent


def _ceil(amax: Float32Array, element: ElementRange) -> NDArray[np.int32]:
    """As floor, and one more unless amax is a power of two."""
    found: NDArray[np.int32] = _floor(amax, element) + ((amax.view(np.int32) & 0x7FFFFF) != 0)
    return found


def _even(amax: Float32Array, element: ElementRange) -> NDArray[np.int32]:
    """As floor, of amax rounded to the mantissa bits of the element."""
    return (amax.view(np.int32) + (1 << 22 - element.mantissa_bits) >> 23) - element.largest_exponent


def _rceil(amax: Float32Array, element: ElementRange) -> NDArray[np.int32]:
    """The least power of two by which amax is not above the greatest element."""
    bits = (amax / np.float32(element.highest)).view(np.int32)
    exponent, mantissa = bits >> 23, bits & 0x7FFFFF
    is_above = mantissa > np.where(exponent == 0, 1 << 22, 0)  # subnormal: 2^-127 has this mantissa, and code 0
    found: NDArray[np.int32] = exponent + is_above
    return found


SCALE_MODES: Mapping[str, Callable[[Float32Array, ElementRange], NDArray[np.int32]]] = MappingProxyType(
    {"floor": _floor, "ceil": _ceil, "even": _even, "rceil": _rceil}
)


def scale_codes(amax: NDArray[Any], mode: str, element: ElementRange) -> NDArray[np.int32]:
    """The E8M0 codes, 0 to 254, of the powers of two by which blocks are divided.

    Args:
        amax: The largest magnitude of each block, float32.
        mode: A name in SCALE_MODES.
        element: Of the format that the elements will have.

    Raises:
        QuantError: For another mode.

    >>> scale_codes(np.float32([6.0, 7.0]), "rceil", ElementRange(2, 1, 6.0)).tolist()
    [127, 128]
    """
    if mode not in SCALE_MODES:
        raise QuantError(f"scale_mode is {mode!r}; it must be one of {', '.join(SCALE_MODES)}.", "scale_mode")
    return np.clip(SCALE_MODES[mode](amax, element), LOWEST, HIGHEST)

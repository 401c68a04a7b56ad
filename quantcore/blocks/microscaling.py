"""OCP microscaling (MX): blocks of 32 with a power of two as their scale.

Source: OCP Microscaling Formats (MX) 1.0, 6.3; the other modes of choosing the scale are torchao's
(ScaleCalculationMode): EVEN is also that of compressed-tensors for FP4, RCEIL that of NVIDIA's libraries.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..formats.floats import (
    FLOAT4_E2M1FN,
    FLOAT6_E2M3FN,
    FLOAT6_E3M2FN,
    FLOAT8_E4M3FN,
    FLOAT8_E5M2,
    FLOAT8_E8M0FNU,
)
from ..formats.format import Format
from ..formats.integers import INT8
from .block import Blocks, Float32Array, Level
from .layout import Axes
from .scaled import Plan, ScaledBlocks, amax_of, level_of, one_of

_LOWEST, _HIGHEST = 0, 254  # codes of E8M0 that are numbers


def _floor(amax: Float32Array, fmt: MicroscaledBlocks) -> NDArray[np.int32]:
    """The largest power of two that is not above amax, over that of the element format (OCP MX 1.0, 6.3)."""
    return (amax.view(np.int32) >> 23) - fmt.largest_exponent


def _ceil(amax: Float32Array, fmt: MicroscaledBlocks) -> NDArray[np.int32]:
    """As floor, and one more unless amax is a power of two."""
    found: NDArray[np.int32] = _floor(amax, fmt) + ((amax.view(np.int32) & 0x7FFFFF) != 0)
    return found


def _even(amax: Float32Array, fmt: MicroscaledBlocks) -> NDArray[np.int32]:
    """As floor, of amax rounded to the mantissa bits of the element."""
    return (amax.view(np.int32) + (1 << 22 - fmt.mantissa_bits) >> 23) - fmt.largest_exponent


def _rceil(amax: Float32Array, fmt: MicroscaledBlocks) -> NDArray[np.int32]:
    """The least power of two by which amax is not above the greatest element."""
    bits = (amax / np.float32(fmt.element_max)).view(np.int32)
    exponent, mantissa = bits >> 23, bits & 0x7FFFFF
    is_above = mantissa > np.where(exponent == 0, 1 << 22, 0)  # subnormal: 2^-127 has this mantissa, and code 0
    found: NDArray[np.int32] = exponent + is_above
    return found


SCALE_MODES: dict[str, Callable[[Float32Array, MicroscaledBlocks], NDArray[np.int32]]] = {
    "floor": _floor,
    "ceil": _ceil,
    "even": _even,
    "rceil": _rceil,
}


@dataclass(frozen=True, slots=True)
class MicroscaledBlocks(ScaledBlocks):
    """An MX format.

    Args:
        name: In BLOCK_FORMATS.
        label: As the specification writes it.
        element: The element format.
        largest_exponent: emax: of the largest power of two that the element format has.
        mantissa_bits: Of the element.
        summary: What is particular about it.
        unit: What the element's number is multiplied by: 1/64 for INT8, whose codes are sixty-fourths.
        block_size: 32, by the specification.
    """

    name: str
    label: str
    element: Format
    largest_exponent: int
    mantissa_bits: int
    summary: str
    unit: float = 1.0
    block_size: int = 32
    library: str = "OCP"
    version: str = "MX 1.0"
    source: str = "OCP Microscaling Formats (MX) Specification 1.0, 5.2 and 6.3"
    options: tuple[str, ...] = ("scale_mode", "rounding", "rng")
    axes: Axes = "any"
    is_partial_allowed: bool = False
    can_encode: bool = True
    is_high_first: bool = False

    @property
    def fields(self) -> tuple[tuple[str, int], ...]:
        """Codes, and the scale's byte."""
        return (("codes", self.block_size * self.element.bits // 8), ("scale", 1))

    @property
    def element_max(self) -> float:
        """The greatest element."""
        return self.element.highest * self.unit

    def quantize(self, x: Float32Array, **options: Any) -> Blocks:
        """Choose the scale of each block, divide by it, round and saturate.

        Options: scale_mode, one of SCALE_MODES; rounding and rng as for `encode`.
        """
        mode = one_of(options.get("scale_mode", "floor"), "scale_mode", tuple(SCALE_MODES))
        biased = np.clip(SCALE_MODES[mode](amax_of(x), self), _LOWEST, _HIGHEST)
        scale = level_of("scale", FLOAT8_E8M0FNU, biased.astype(np.uint8))
        # exact: a power of two; what underflows is far below the least element
        with np.errstate(under="ignore"):
            scaled = x * np.ldexp(np.float32(1), 127 - biased) * np.float32(1 / self.unit)
        codes = self.element.encode(scaled, options.get("rounding", "half_even"), "saturate", options.get("rng"))
        return self.assemble(codes, (scale,))

    def plan(self, n_blocks: int, options: dict[str, Any]) -> Plan:
        """One scale a block."""
        return (("scale", "float8_e8m0fnu", n_blocks),)

    def assemble(self, codes: NDArray[Any], levels: tuple[Level, ...]) -> Blocks:
        """Value times power of two."""
        scale = levels[0].values.astype(np.float32).reshape(-1, 1)
        with np.errstate(under="ignore"):
            return Blocks(codes, scale * np.float32(self.unit), None, levels)


MXFP8_E4M3 = MicroscaledBlocks(
    "mxfp8_e4m3",
    "MXFP8 E4M3",
    FLOAT8_E4M3FN,
    8,
    3,
    "Magnitudes from 1.75 to 2 times a power of two saturate under floor.",
)
MXFP8_E5M2 = MicroscaledBlocks(
    "mxfp8_e5m2", "MXFP8 E5M2", FLOAT8_E5M2, 15, 2, "The range of float16 within a block, at three bits of precision."
)
MXFP6_E2M3 = MicroscaledBlocks(
    "mxfp6_e2m3", "MXFP6 E2M3", FLOAT6_E2M3FN, 2, 3, "Evenly spaced near zero: a quarter of its numbers are subnormal."
)
MXFP6_E3M2 = MicroscaledBlocks(
    "mxfp6_e3m2", "MXFP6 E3M2", FLOAT6_E3M2FN, 4, 2, "More range than E2M3 for one bit less of precision."
)
MXFP4 = MicroscaledBlocks(
    "mxfp4",
    "MXFP4",
    FLOAT4_E2M1FN,
    2,
    1,
    "Fifteen numbers; under floor the largest of a block may become a quarter less.",
)
MXINT8 = MicroscaledBlocks(
    "mxint8", "MXINT8", INT8, 0, 6, "Fixed point: codes are sixty-fourths of a power of two.", unit=1 / 64
)
MICROSCALED = (MXFP8_E4M3, MXFP8_E5M2, MXFP6_E2M3, MXFP6_E3M2, MXFP4, MXINT8)

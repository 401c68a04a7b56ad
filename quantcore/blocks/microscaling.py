"""OCP microscaling (MX): blocks of 32 with a power of two as their scale.

Source: OCP Microscaling Formats (MX) 1.0, 5.2 and 6.3.
"""

from __future__ import annotations

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
from ..formats.powers import ElementRange, scale_codes
from .block import Blocks, Float32Array, Level
from .layout import Axes
from .scaled import Plan, ScaledBlocks, amax_of, encode_in_parts, level_of


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

    @property
    def element_range(self) -> ElementRange:
        """What the rules for the scale must know."""
        return ElementRange(self.largest_exponent, self.mantissa_bits, self.element_max)

    def quantize(self, x: Float32Array, **options: Any) -> Blocks:
        """Choose the scale of each block, divide by it, round and saturate.

        Options: scale_mode, one of SCALE_MODES; rounding and rng as for `encode`.
        """
        biased = scale_codes(amax_of(x), options.get("scale_mode", "floor"), self.element_range)
        scale = level_of("scale", FLOAT8_E8M0FNU, biased.astype(np.uint8))
        # exact: powers of two; what underflows is far below the least element
        factor, unit = np.ldexp(np.float32(1), 127 - biased), np.float32(1 / self.unit)

        def scaled(part: slice) -> Float32Array:
            found: Float32Array = x[part] * factor[part]
            return found if self.unit == 1 else found * unit

        rounding, rng = options.get("rounding", "half_even"), options.get("rng")
        return self.assemble(encode_in_parts(x, self.element, scaled, rounding, rng), (scale,))

    def plan(self, n_blocks: int, options: dict[str, Any]) -> Plan:
        """One scale a block."""
        return (("scale", "float8_e8m0fnu", n_blocks),)

    def assemble(self, codes: NDArray[Any], levels: tuple[Level, ...]) -> Blocks:
        """Value times power of two."""
        scale = levels[0].values.astype(np.float32).reshape(-1, 1)
        with np.errstate(under="ignore"):
            return Blocks(codes, scale * np.float32(self.unit), None, levels)


MXFP8_E4M3 = MicroscaledBlocks(
    name="mxfp8_e4m3",
    label="MXFP8 E4M3",
    element=FLOAT8_E4M3FN,
    largest_exponent=8,
    mantissa_bits=3,
    summary="Magnitudes from 1.75 to 2 times a power of two saturate under floor.",
)
MXFP8_E5M2 = MicroscaledBlocks(
    name="mxfp8_e5m2",
    label="MXFP8 E5M2",
    element=FLOAT8_E5M2,
    largest_exponent=15,
    mantissa_bits=2,
    summary="The range of float16 within a block, at three bits of precision.",
)
MXFP6_E2M3 = MicroscaledBlocks(
    name="mxfp6_e2m3",
    label="MXFP6 E2M3",
    element=FLOAT6_E2M3FN,
    largest_exponent=2,
    mantissa_bits=3,
    summary="Evenly spaced near zero: a quarter of its numbers are subnormal.",
)
MXFP6_E3M2 = MicroscaledBlocks(
    name="mxfp6_e3m2",
    label="MXFP6 E3M2",
    element=FLOAT6_E3M2FN,
    largest_exponent=4,
    mantissa_bits=2,
    summary="More range than E2M3 for one bit less of precision.",
)
MXFP4 = MicroscaledBlocks(
    name="mxfp4",
    label="MXFP4",
    element=FLOAT4_E2M1FN,
    largest_exponent=2,
    mantissa_bits=1,
    summary="Fifteen numbers; under floor the largest of a block may become a quarter less.",
)
MXINT8 = MicroscaledBlocks(
    name="mxint8",
    label="MXINT8",
    element=INT8,
    largest_exponent=0,
    mantissa_bits=6,
    summary="Fixed point: codes are sixty-fourths of a power of two.",
    unit=1 / 64,
)
MICROSCALED = (MXFP8_E4M3, MXFP8_E5M2, MXFP6_E2M3, MXFP6_E3M2, MXFP4, MXINT8)

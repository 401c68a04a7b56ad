"""bitsandbytes' 4-bit formats: blocks of the flattened tensor, divided by their largest magnitude.

Source: bitsandbytes 0.50.2, functional.py (quantize_4bit, QuantState) and backends/default/ops.py.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import QuantError
from ..formats.codebooks import DYNAMIC8, FP4_BNB, NF4, Codebook
from .block import Blocks, Float32Array, Level, block_count
from .layout import Axes
from .scaled import Plan, ScaledBlocks, amax_of, encode_in_parts, level_of

_NESTED = 256  # scales that share a second scale
_TINY = np.float32(1e-38)


@dataclass(frozen=True, slots=True)
class CodebookBlocks(ScaledBlocks):
    """A codebook from -1 to 1, times the largest magnitude of the block.

    Args:
        name: In BLOCK_FORMATS.
        label: As people write it.
        element: The codebook.
        summary: What is particular about it.
        is_double: Whether the scales, less their mean, are quantized to 8 bits in blocks of 256 (compress_statistics).
        block_size: 64 by default; the library offers the powers of two from 32 to 4096.
    """

    name: str
    label: str
    element: Codebook
    summary: str
    is_double: bool = False
    block_size: int = 64
    library: str = "bitsandbytes"
    version: str = "0.50.2"
    source: str = "functional.py, quantize_4bit"
    options: tuple[str, ...] = ()
    axes: Axes = "flat"
    is_partial_allowed: bool = True
    can_encode: bool = True
    is_high_first: bool = True

    @property
    def fields(self) -> tuple[tuple[str, int], ...]:
        """Codes, and the scale: float32, or a byte."""
        return (("codes", self.block_size // 2), ("absmax", 1 if self.is_double else 4))

    def with_block_size(self, block_size: int) -> CodebookBlocks:
        """The same with other blocks.

        Raises:
            QuantError: For an odd number: two codes share a byte.
        """
        size = block_count(block_size, "block_size")
        if size % 2:
            raise QuantError(f"block_size is {size}; it must be even, for two codes share a byte.", "block_size")
        return replace(self, block_size=size)

    def quantize(self, x: Float32Array, **options: Any) -> Blocks:
        """Times the reciprocal of absmax, to the nearest number; halfway, to the lower one."""
        amax = amax_of(x)
        reciprocal = (1 / np.maximum(amax, _TINY)).astype(np.float32)

        def scaled(part: slice) -> Float32Array:
            found: Float32Array = x[part] * reciprocal[part]
            return np.clip(found, -1, 1, out=found)

        codes = encode_in_parts(x, self.element, scaled)
        if not self.is_double:
            return self.assemble(codes, (Level("absmax", "float32", amax),))
        offset = np.float32(amax.mean(dtype=np.float64)) if amax.size else np.float32(0)
        rest = np.zeros((-(-amax.size // _NESTED), _NESTED), np.float32)
        rest.reshape(-1)[: amax.size] = amax.reshape(-1) - offset
        second = amax_of(rest)
        nested = DYNAMIC8.encode(np.clip(rest * (1 / np.maximum(second, _TINY)), -1, 1))
        return self.assemble(
            codes,
            (
                Level("offset", "float32", np.full((), offset, np.float32)),
                Level("nested_absmax", "float32", second.reshape(-1)),
                level_of("absmax", DYNAMIC8, nested.reshape(-1)[: amax.size].reshape(amax.shape)),
            ),
        )

    def plan(self, n_blocks: int, options: dict[str, Any]) -> Plan:
        """The scales; before them, of double quantization, their mean and their scales."""
        if not self.is_double:
            return (("absmax", "float32", n_blocks),)
        nested = -(-n_blocks // _NESTED)
        return (
            ("offset", "float32", 1),
            ("nested_absmax", "float32", nested),
            ("absmax", DYNAMIC8.name, n_blocks),
        )

    def assemble(self, codes: NDArray[Any], levels: tuple[Level, ...]) -> Blocks:
        """absmax, or map[code] * nested_absmax + offset."""
        scale = levels[-1].values.astype(np.float32).reshape(-1, 1)
        if self.is_double:
            second = np.repeat(levels[1].values.reshape(-1).astype(np.float32), _NESTED)[: len(scale), None]
            with np.errstate(all="ignore"):
                scale = scale * second + np.float32(levels[0].values.item())
        return Blocks(codes, scale, None, levels)


NF4_BLOCKS = CodebookBlocks(
    "nf4", "NF4", NF4, "Sixteen numbers that are equally likely if weights are normally distributed, zero among them."
)
NF4_DOUBLE = CodebookBlocks(
    "nf4_double", "NF4, double quantization", NF4, "NF4 whose scales are stored in 8 bits.", is_double=True
)
FP4_BLOCKS = CodebookBlocks(
    "fp4_bnb", "FP4 (bitsandbytes)", FP4_BNB, "Not E2M1: other numbers, in another order of codes."
)
BITSANDBYTES = (NF4_BLOCKS, NF4_DOUBLE, FP4_BLOCKS)

"""Integers in blocks: with a scale, or with a scale and a minimum; the scales stored in a format of their own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import QuantError
from ..formats.floats import FLOAT8_E8M0FNU
from ..formats.integers import IntFormat
from ..formats.table import FORMATS
from .block import Blocks, Float32Array, Level, block_count
from .layout import Axes
from .scaled import Plan, ScaledBlocks, amax_of, encode_in_parts, level_of

_LEAST_SCALE = np.float32(1e-7)  # MLX's


@dataclass(frozen=True, slots=True)
class IntegerBlocks(ScaledBlocks):
    """x_hat = q * scale, or q * scale + minimum.

    Args:
        name: In BLOCK_FORMATS.
        label: As people write it.
        element: The codes; unsigned where there is a minimum.
        block_size: Elements of a block; the last one of a row may be shorter if there is no minimum.
        scale_format: "float32", or a name in FORMATS. Scales are rounded to the nearest, as powers of two upward, so
            that nothing is clipped; codes are chosen with the scale as it is stored.
        summary: What is particular about it.
        has_minimum: Whether the codes start at a minimum.
        is_mlx: MLX's choice of scale and minimum (see `_mlx`).
    """

    name: str
    label: str
    element: IntFormat
    block_size: int
    scale_format: str
    summary: str
    has_minimum: bool = False
    is_mlx: bool = False
    library: str = "quantcore"
    version: str = "0.1"
    source: str = "the formula of its class"
    options: tuple[str, ...] = ("rounding", "rng")
    axes: Axes = "any"
    can_encode: bool = True
    is_high_first: bool = False

    @property
    def is_partial_allowed(self) -> bool:  # type: ignore[override]
        """Not with a minimum: the zeros that fill up a block would be its minimum."""
        return not self.has_minimum

    @property
    def fields(self) -> tuple[tuple[str, int], ...]:
        """Codes, scale, and the minimum where there is one."""
        width = 4 if self.scale_format == "float32" else -(-FORMATS[self.scale_format].bits // 8)
        codes = ("codes", -(-self.block_size * self.element.bits // 8))
        names = ("scale", "minimum") if self.has_minimum else ("scale",)
        return (codes, *((name, width) for name in names))

    def with_block_size(self, block_size: int) -> IntegerBlocks:
        """The same with other blocks."""
        return replace(self, block_size=block_count(block_size, "block_size"))

    def quantize(self, x: Float32Array, **options: Any) -> Blocks:
        """Choose scale and minimum, store them, and round with what was stored."""
        with np.errstate(over="ignore", under="ignore"):
            parameters = _mlx(x, self.element) if self.is_mlx else self._parameters(x)
        names = ("scale", "minimum")[: len(parameters)]
        levels = tuple(self._stored(*pair) for pair in zip(names, parameters, strict=True))
        scale, minimum = levels[0].values, levels[-1].values
        divisor = np.where(scale == 0, np.float32(1), scale).astype(np.float32)

        def scaled(part: slice) -> Float32Array:
            left = x[part] - minimum[part].astype(np.float32) if self.has_minimum else x[part]
            found: Float32Array = left / divisor[part]
            return found

        rounding, rng = options.get("rounding", "half_even"), options.get("rng")
        return self.assemble(encode_in_parts(x, self.element, scaled, rounding, rng), levels)

    def plan(self, n_blocks: int, options: dict[str, Any]) -> Plan:
        """One scale a block, and one minimum."""
        names = ("scale", "minimum") if self.has_minimum else ("scale",)
        return tuple((name, self.scale_format, n_blocks) for name in names)

    def assemble(self, codes: NDArray[Any], levels: tuple[Level, ...]) -> Blocks:
        """Scale, and minimum as the offset."""
        scale, *minimum = (level.values.astype(np.float32).reshape(-1, 1) for level in levels)
        return Blocks(codes, scale, minimum[0] if minimum else None, levels)

    def _parameters(self, x: Float32Array) -> tuple[Float32Array, ...]:
        """absmax / qmax, or (max - min) / qmax and min."""
        if not self.has_minimum:
            return (amax_of(x) / np.float32(self.element.qmax),)
        if not len(x):
            return np.zeros((0, 1), np.float32), np.zeros((0, 1), np.float32)
        low: Float32Array = x.min(axis=1, keepdims=True)
        high: Float32Array = x.max(axis=1, keepdims=True)
        return (high - low) / np.float32(self.element.qmax), low

    def _stored(self, name: str, values: Float32Array) -> Level:
        if self.scale_format == "float32":
            return Level(name, "float32", values)
        fmt = FORMATS[self.scale_format]
        if fmt is FLOAT8_E8M0FNU:  # saturating: a block of zeros has the least scale
            level = level_of(name, fmt, fmt.encode(values, "ceil", "saturate"))
        else:
            level = level_of(name, fmt, fmt.encode(values, "half_even", "overflow"))
        if not np.isfinite(level.values).all():
            wrong = values[~np.isfinite(level.values)][0]
            raise QuantError(
                f"values need a {name} of {wrong}; {fmt.label} goes to {fmt.highest:g}. "
                "Scale the values, or choose a format with float32 scales.",
                "values",
            )
        return level


def _mlx(x: Float32Array, element: IntFormat) -> tuple[Float32Array, Float32Array]:
    """The extreme of larger magnitude becomes a code exactly; the scale is negative where that is the maximum.

    Source: mlx 0.32, backend/cpu/quantized.cpp and ops.cpp, affine_quantize.
    """
    if not len(x):
        return np.zeros((0, 1), np.float32), np.zeros((0, 1), np.float32)
    low, high = x.min(axis=1, keepdims=True), x.max(axis=1, keepdims=True)
    is_low = np.abs(low) > np.abs(high)
    scale = np.maximum((high - low) / np.float32(element.qmax), _LEAST_SCALE)
    scale = np.where(is_low, scale, -scale)
    edge = np.where(is_low, low, high)
    first = np.rint(edge / scale)
    found = np.divide(edge, first, out=scale, where=first != 0)
    return found, np.where(first != 0, edge, np.float32(0))


def _unsigned(bits: int) -> IntFormat:
    return IntFormat(bits, signed=False)


# fmt: off
INT8_F16 = IntegerBlocks("int8_f16", "INT8, blocks of 32", IntFormat(8, narrow=True), 32, "float16",
    "A float16 scale for each 32, as in Q8_0, with ties to even.")
INT4_F16 = IntegerBlocks("int4_f16", "INT4, blocks of 32", IntFormat(4, narrow=True), 32, "float16",
    "A float16 scale for each 32; the lowest code is left out.")
INT4_E4M3 = IntegerBlocks("int4_e4m3", "INT4, blocks of 16, E4M3 scales", IntFormat(4, narrow=True), 16,
    "float8_e4m3fn", "The scales of NVFP4 with evenly spaced elements.")
INT4_E8M0 = IntegerBlocks("int4_e8m0", "INT4, blocks of 32, power-of-two scales", IntFormat(4, narrow=True), 32,
    "float8_e8m0fnu", "The scales of MXFP4 with evenly spaced elements.")
UINT4_F16 = IntegerBlocks("uint4_f16", "UINT4 and minimum, blocks of 32", _unsigned(4), 32, "float16",
    "Codes start at the block's minimum, as in Q4_1.", has_minimum=True)
MLX_AFFINE = tuple(
    IntegerBlocks(f"mlx_affine{bits}", f"MLX affine, {bits} bits", _unsigned(bits), 64, "float32",
        "The extreme of larger magnitude is exact, and the scale is often negative.", has_minimum=True, is_mlx=True,
        library="MLX", version="0.32", source="backend/cpu/quantized.cpp, affine_quantize")
    for bits in (2, 3, 4, 5, 6, 8)
)
# fmt: on
INTEGER = (INT8_F16, INT4_F16, INT4_E4M3, INT4_E8M0, UINT4_F16, *MLX_AFFINE)

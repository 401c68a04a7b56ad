"""Blocks of an element format with a scale each: what MX, NVFP4, bitsandbytes and integer blocks have in common.

Codes and each level of scales are arrays of their own in a file: all codes in the order of the array, packed densely,
and then each level, in the order in which the record names them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..formats.format import Format, from_pattern, pattern
from ..formats.packing import pack, unpack
from ..formats.table import FORMATS
from .block import BlockFormat, Blocks, Float32Array, Level, Stored, octets_of
from .layout import Layout, parts

_AT_ONCE = 1 << 17  # elements
Plan = tuple[tuple[str, str, int], ...]  # name, format and count of each level


class ScaledBlocks(BlockFormat, Protocol):
    """Bytes of codes and of levels; a family says how they are chosen, and what they mean."""

    is_high_first: bool = False  # the first code of a byte in its high bits

    def plan(self, n_blocks: int, options: dict[str, Any]) -> Plan:
        """Which levels there are for so many blocks."""

    def assemble(self, codes: NDArray[Any], levels: tuple[Level, ...]) -> Blocks:
        """Scale and offset from the levels, as the library multiplies them."""

    def byte_options(self, n_bytes: int, layout: Layout) -> dict[str, Any]:
        """Options of `plan` that so many bytes tell, where there are several."""
        return {}

    def to_bytes(self, stored: Stored) -> bytes:
        """Codes, then levels."""
        patterns = pattern(stored.element_codes(), self.element.bits).reshape(-1)
        per_byte = 8 // self.element.bits
        if self.is_high_first and patterns.size % per_byte:  # the library pads with zeros before it encodes
            zero = pattern(self.element.encode(np.zeros(1, np.float32)), self.element.bits)
            patterns = np.append(patterns, np.repeat(zero, -patterns.size % per_byte))
        parts = [pack(patterns, self.element.bits, _order(self))]
        parts += [level.values.astype("<f4") if level.codes is None else level.codes for level in stored.levels]
        return b"".join(part.tobytes() for part in parts)

    def from_bytes(self, data: bytes | bytearray | memoryview, shape: tuple[int, ...], axis: int = -1) -> Stored:
        """The array of `shape` that these bytes hold.

        Raises:
            QuantError: If there are more or fewer bytes than that takes.
        """
        layout = Layout.of(self, shape, axis)
        plan = self.plan(layout.n_blocks, self.byte_options(len(data), layout))
        count = layout.size
        n_code_bytes = -(-count * self.element.bits // 8)
        sizes = [n_code_bytes, *(n * _width(name) for _, name, n in plan)]
        octets = octets_of(data, sum(sizes), f"{self.name} of shape {shape}")
        codes, *rest = np.split(octets, np.cumsum(sizes)[:-1])
        patterns = unpack(codes, self.element.bits, count, order=_order(self)) if count else codes
        array = from_pattern(patterns, self.element.bits, self.element.dtype).reshape(layout.shape)
        levels = tuple(_level(name, fmt, part) for (name, fmt, _), part in zip(plan, rest, strict=True))
        return Stored(self, layout, self.assemble(layout.to_blocks(array), levels))

    def size_bytes(self, stored: Stored) -> int:
        """Codes and levels."""
        n_code_bytes = -(-stored.layout.size * self.element.bits // 8)
        return n_code_bytes + sum(level.values.size * _width(level.format) for level in stored.levels)


def amax_of(x: Float32Array) -> Float32Array:
    """The largest magnitude of each block, (n_blocks, 1)."""
    if not x.size:
        return np.zeros((len(x), 1), np.float32)
    found: Float32Array = np.abs(np.maximum(x.max(axis=1, keepdims=True), -x.min(axis=1, keepdims=True)))
    return found  # of zeros +0


def encode_in_parts(
    x: Float32Array,
    element: Format,
    scaled: Callable[[slice], Float32Array],
    rounding: str = "half_even",
    rng: np.random.Generator | None = None,
) -> NDArray[Any]:
    """The codes of what blocks become under their scales, some blocks at a time, so that temporaries stay small.

    Args:
        x: (n_blocks, block_size).
        element: Of the codes.
        scaled: Some blocks divided by their scales.
        rounding: As for `encode`.
        rng: Likewise.
    """
    codes = np.empty(x.shape, element.dtype)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):  # the element format refuses NaN
        for part in parts(len(x), _AT_ONCE // x.shape[1]):
            codes[part] = element.encode(scaled(part), rounding, "saturate", rng)
    return codes


def level_of(name: str, fmt: Format, codes: NDArray[Any]) -> Level:
    """A level from its codes."""
    return Level(name, fmt.name, fmt.decode(codes), codes)


def _order(fmt: ScaledBlocks) -> Any:
    return "high_first" if fmt.is_high_first else "low_first"


def _width(name: str) -> int:
    return 4 if name == "float32" else -(-FORMATS[name].bits // 8)


def _level(name: str, fmt: str, octets: NDArray[np.uint8]) -> Level:
    if fmt == "float32":
        return Level(name, fmt, octets.copy().view("<f4").astype(np.float32))
    return level_of(name, FORMATS[fmt], octets.copy().view(FORMATS[fmt].dtype.newbyteorder("<")))

"""What every block format of GGUF files can do; the code of a format is loaded when it is used."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import QuantError
from ..formats.format import Format
from .block import BlockFormat, Blocks, Float32Array, Stored, octets_of
from .ggml_blocks import Encoded, Importance, Records, row_energy
from .layout import Axes, Layout

_ELEMENTS_AT_ONCE = 1 << 15  # what a search works on stays in the second-level cache


@dataclass(frozen=True, slots=True, eq=False)
class GgufBlocks(Blocks):
    """Blocks with the bytes that they have in a file.

    Attributes:
        data: (n_blocks, block_bytes).
    """

    data: NDArray[np.uint8] = field(default_factory=lambda: np.empty((0, 0), np.uint8))


@dataclass(frozen=True)
class GgufFormat(BlockFormat):
    """A block format of ggml.

    Attributes:
        name: In BLOCK_FORMATS.
        label: ggml's name.
        block_size: Elements of a block.
        record: The fields of a block.
        element: Codes and their numbers.
        module: The module of this folder that computes it.
        summary: What is particular about it, in a sentence.
        importance: What an importance matrix does.
        encoder: The module that encodes, where it is another.
    """

    name: str
    label: str
    block_size: int
    record: np.dtype[Any]
    element: Format
    module: str
    summary: str
    importance: Literal["used", "ignored", "needed"] = "used"
    encoder: str = ""
    library: str = field(default="ggml", init=False)
    version: str = field(default="0.20.2", init=False)
    source: str = field(default="", init=False)
    options: tuple[str, ...] = field(default=("importance",), init=False)
    axes: Axes = field(default="last", init=False)
    is_partial_allowed: bool = field(default=False, init=False)
    can_encode: bool = field(default=True, init=False)

    def __post_init__(self) -> None:
        """Name the functions of ggml."""
        name = self.label.lower().replace("_k", "_K")
        object.__setattr__(self, "source", f"ggml-quants.c, quantize_{name}, dequantize_row_{name}")

    @property
    def fields(self) -> tuple[tuple[str, int], ...]:
        """Name and bytes of what a block consists of, in the order of the file."""
        return tuple((name, self.record[name].itemsize) for name in self.record.names or ())

    def quantize(self, x: Float32Array, **options: Any) -> GgufBlocks:
        """The blocks that ggml writes for x (n_blocks, block_size).

        Raises:
            QuantError: If the format needs an importance and none is given.
        """
        weights, energy = self._importance(x, **options)
        data = np.empty((len(x), self.block_bytes), np.uint8)
        encode = getattr(self._code(self.encoder), f"quantize_{self.name}")
        kept: list[Encoded] = []
        with np.errstate(all="ignore"):
            for part in self._parts(len(x)):
                given = None if weights is None else Importance(weights[part], energy[part])
                encoded: Encoded = encode(np.ascontiguousarray(x[part]), given)
                data[part] = encoded.records.view(np.uint8).reshape(-1, self.block_bytes)
                kept.append(encoded)
        return self._blocks(data, *(_joined([getattr(one, name) for one in kept]) for name in Encoded._fields[1:]))

    def dequantize(self, blocks: Blocks) -> Float32Array:
        """The numbers (n_blocks, block_size)."""
        out = np.empty(blocks.codes.shape, np.float32)
        n_sub = blocks.scale.shape[1]
        with np.errstate(all="ignore"):
            for part in self._parts(len(out)):
                values = self.element.decode(blocks.codes[part]).reshape(-1, n_sub, self.block_size // n_sub)
                target = out[part].reshape(values.shape)
                np.multiply(values, blocks.scale[part, :, None], out=target)
                if blocks.offset is not None:
                    target += blocks.offset[part, :, None]
        return out

    def to_bytes(self, stored: Stored) -> bytes:
        """The bytes that `quantize` chose or `unpack` read."""
        assert isinstance(stored.blocks, GgufBlocks)
        return stored.blocks.data.tobytes()

    def from_bytes(self, data: bytes | bytearray | memoryview, shape: tuple[int, ...], axis: int = -1) -> Stored:
        """The array of `shape` that these bytes hold.

        Raises:
            QuantError: If there are more or fewer bytes than that takes.
        """
        layout = Layout.of(self, shape, axis)
        octets = octets_of(data, layout.n_blocks * self.block_bytes, f"{self.name} of shape {shape}")
        return Stored(self, layout, self.unpack(octets.reshape(-1, self.block_bytes)))

    def size_bytes(self, stored: Stored) -> int:
        """The number of bytes of `to_bytes`."""
        return len(stored.codes) * self.block_bytes

    def unpack(self, data: NDArray[np.uint8]) -> GgufBlocks:
        """What the bytes (n_blocks, block_bytes) say; all bytes mean something."""
        return self._blocks(np.ascontiguousarray(data))

    def _blocks(
        self, data: NDArray[np.uint8], divisor: Float32Array | None = None, subtrahend: Float32Array | None = None
    ) -> GgufBlocks:
        records: Records = data.view(self.record)[:, 0]
        with np.errstate(all="ignore"):
            found: Blocks = getattr(self._code(), f"unpack_{self.name}")(records)
        return GgufBlocks(found.codes, found.scale, found.offset, found.levels, divisor, subtrahend, data)

    def _importance(
        self, x: Float32Array, importance: Float32Array | None = None, blocks_per_row: int = 1
    ) -> tuple[Float32Array | None, Float32Array]:
        """The importance of each element, None where it changes nothing, and the mean square of each block's row."""
        nothing = np.zeros(0, np.float32)
        if importance is None and self.importance == "needed":
            raise QuantError(
                f"importance is not given; {self.label} cannot be encoded without. "
                "Give a weight, 0 or more, for each element of a row.",
                "importance",
            )
        if importance is None or self.importance == "ignored":
            return None, nothing
        if self.module != "legacy":  # the others weigh with the energy of a block
            return importance, nothing
        with np.errstate(all="ignore"):
            energy = row_energy(x.reshape(-1, blocks_per_row * self.block_size))
        return importance, np.repeat(energy, blocks_per_row)

    def _parts(self, n_blocks: int) -> list[slice]:
        step = max(1, _ELEMENTS_AT_ONCE // self.block_size)
        return [slice(start, start + step) for start in range(0, n_blocks, step)]

    def _code(self, module: str = "") -> ModuleType:
        return importlib.import_module(f".{module or self.module}", __package__)


def _joined(parts: list[Float32Array | None]) -> Float32Array | None:
    present = [part for part in parts if part is not None]
    return np.concatenate(present) if present else None

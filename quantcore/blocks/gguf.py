"""What every block format of GGUF files can do; the code of a format is loaded when it is used."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from types import ModuleType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import QuantError
from ..formats.format import Format
from ..formats.integers import IntFormat
from .block import BlockFormat, Blocks, Float32Array, Level, Stored, octets_of
from .ggml_blocks import Encoded, Importance, Records, row_energy
from .ggml_numbers import TERNARY
from .layout import Axes, Layout, parts

# Elements at once: what is worked on stays in a cache, and there are few calls for many elements
_SEARCHED, _ROUNDED, _DECODED = 1 << 15, 1 << 18, 1 << 17


class GgufBlocks(Blocks):
    """Blocks as the bytes that they have in a file; what these say is read when it is asked for.

    Attributes:
        data: (n_blocks, block_bytes).
        unpack: What reads them.
    """

    def __init__(
        self,
        data: NDArray[np.uint8],
        unpack: Callable[[NDArray[np.uint8]], Blocks],
        divisor: Float32Array | None = None,
        subtrahend: Float32Array | None = None,
    ) -> None:
        attributes = {"data": data, "unpack": unpack, "divisor": divisor, "subtrahend": subtrahend}
        for name, value in attributes.items():
            object.__setattr__(self, name, value)

    data: NDArray[np.uint8]
    unpack: Callable[[NDArray[np.uint8]], Blocks]

    @cached_property
    def _read(self) -> Blocks:
        return self.unpack(self.data)

    @property
    def codes(self) -> NDArray[Any]:
        """(n_blocks, block_size), codes of the element format."""
        return self._read.codes

    @property
    def scale(self) -> Float32Array:
        """(n_blocks, n_sub)."""
        return self._read.scale

    @property
    def offset(self) -> Float32Array | None:
        """As `scale`, or None."""
        return self._read.offset

    @property
    def levels(self) -> tuple[Level, ...]:
        """How scale and offset came about, the outermost first."""
        return self._read.levels


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
        at_once = _ROUNDED if weights is None and self.module in ("legacy", "ternary") else _SEARCHED
        kept: list[Encoded] = []
        with np.errstate(all="ignore"):
            for part in parts(len(x), at_once // self.block_size):
                given = None if weights is None else Importance(weights[part], energy[part])
                encoded: Encoded = encode(np.ascontiguousarray(x[part]), given)
                data[part] = encoded.records.view(np.uint8).reshape(-1, self.block_bytes)
                kept.append(encoded)
        before = (_joined([getattr(one, name) for one in kept]) for name in Encoded._fields[1:])
        return GgufBlocks(data, self._unpacked, *before)

    def dequantize(self, blocks: Blocks) -> Float32Array:
        """The numbers (n_blocks, block_size)."""
        with np.errstate(all="ignore"):
            if not isinstance(blocks, GgufBlocks):
                out = np.empty(blocks.codes.shape, np.float32)
                self._decode(blocks, out)
                return out
            out = np.empty((len(blocks.data), self.block_size), np.float32)
            for part in parts(len(out), _DECODED // self.block_size):
                self._decode(self._unpacked(blocks.data[part]), out[part])
        return out

    def _decode(self, blocks: Blocks, out: Float32Array) -> None:
        """Numbers times scale, plus offset, into `out`."""
        n_blocks, n_sub = blocks.scale.shape
        target = out.reshape(n_blocks, n_sub, self.block_size // n_sub)
        codes = blocks.codes.reshape(target.shape)
        if isinstance(self.element, IntFormat):
            np.copyto(target, codes)
        elif self.element is TERNARY:
            np.copyto(target, codes)
            target -= 1
        else:
            np.copyto(target, self.element.decode(codes))
        target *= blocks.scale[:, :, None]
        if blocks.offset is not None:
            target += blocks.offset[:, :, None]

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

    def swapped(self, data: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Whole blocks of a big-endian file as those of a little-endian one, and back: every field's bytes reversed.

        Args:
            data: Bytes, one block after the other.
        """
        records = data.view(self.record.newbyteorder(">"))
        return records.astype(self.record).view(np.uint8)

    def size_bytes(self, stored: Stored) -> int:
        """The number of bytes of `to_bytes`."""
        return stored.layout.n_blocks * self.block_bytes

    def unpack(self, data: NDArray[np.uint8]) -> GgufBlocks:
        """What the bytes (n_blocks, block_bytes) say; all bytes mean something."""
        return GgufBlocks(np.ascontiguousarray(data), self._unpacked)

    def _unpacked(self, data: NDArray[np.uint8]) -> Blocks:
        records: Records = data.view(self.record)[:, 0]
        with np.errstate(all="ignore"):
            found: Blocks = getattr(self._code(), f"unpack_{self.name}")(records)
        return found

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

    def _code(self, module: str = "") -> ModuleType:
        return importlib.import_module(f".{module or self.module}", __package__)


def _joined(parts: list[Float32Array | None]) -> Float32Array | None:
    present = [part for part in parts if part is not None]
    return np.concatenate(present) if present else None

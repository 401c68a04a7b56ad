"""What every block format of GGUF files can do; the code of a format is loaded when it is used."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from types import ModuleType
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks import real_numbers, refuse_not_finite
from ..errors import QuantError
from .ggml_arithmetic import Floats
from .ggml_blocks import Importance, Parts, Records, row_energy

_ELEMENTS_AT_ONCE = 1 << 15  # what a search works on stays in the second-level cache


@dataclass(frozen=True, slots=True)
class GgufFormat:
    """A block format of ggml.

    Attributes:
        name: The name in `GGUF_FORMATS`.
        label: ggml's name.
        block_size: Elements of a block.
        block_bytes: Bytes of a block.
        module: The module of this folder that computes it.
        summary: What is particular about it, in a sentence.
        importance: What an importance matrix does: "used", "ignored", "needed".
        encoder: The module that encodes, where it is another.
    """

    name: str
    label: str
    block_size: int
    block_bytes: int
    module: str
    summary: str
    importance: str = "used"
    encoder: str = ""

    library: ClassVar[str] = "ggml"
    version: ClassVar[str] = "0.20.2"

    @property
    def bits_per_value(self) -> float:
        """Bits of storage for each element."""
        return 8 * self.block_bytes / self.block_size

    @property
    def source(self) -> str:
        """Where ggml computes it."""
        name = self.label.lower().replace("_k", "_K")
        return f"ggml-quants.c, quantize_{name}, dequantize_row_{name}"

    @property
    def numbers(self) -> Floats | None:
        """(n_codes,) float32: what each code stands for before scale and offset; None where codes are the numbers."""
        table: Floats | None = getattr(self._code(), "NUMBERS", {}).get(self.name)
        return table

    def quantize(self, x: ArrayLike, importance: ArrayLike | None = None) -> NDArray[np.uint8]:
        """The blocks of x along its last axis, as a GGUF file stores them.

        Args:
            x: (..., n), finite, n a multiple of block_size.
            importance: (n,) >= 0: how much the error of each column counts.

        Returns:
            (n_blocks, block_bytes).

        Raises:
            QuantError: x or importance is not of this kind.
        """
        rows = self._rows(x)
        weights = self._importance(importance, rows.shape[1])
        energy = np.zeros(0, np.float32)
        with np.errstate(all="ignore"):
            if weights is not None and self.module == "legacy":
                energy = np.repeat(row_energy(rows), rows.shape[1] // self.block_size)
            blocks = rows.reshape(-1, self.block_size)
            out = np.empty((len(blocks), self.block_bytes), np.uint8)
            encode = getattr(self._code(self.encoder), f"quantize_{self.name}")
            for part in self._parts(len(blocks)):
                given = None
                if weights is not None:
                    column = np.arange(part.start, min(part.stop, len(blocks))) % len(weights)
                    given = Importance(weights[column], energy[part])
                out[part] = self._bytes(encode(blocks[part], given))
        return out

    def dequantize(self, data: NDArray[np.uint8]) -> Floats:
        """(n_blocks, block_bytes) to (n_blocks, block_size) float32."""
        numbers = self.numbers
        out = np.empty((len(data), self.block_size), np.float32)
        with np.errstate(all="ignore"):
            for part in self._parts(len(data)):
                parts = self.unpack(data[part])
                target = out[part]
                if numbers is None:
                    target[...] = parts.codes
                else:
                    numbers.take(parts.codes, out=target, mode="clip")
                by_scale = target.reshape(*parts.scale.shape, -1)
                by_scale *= parts.scale[..., None]
                if parts.offset is not None:
                    by_scale += parts.offset[..., None]
        return out

    def unpack(self, data: NDArray[np.uint8]) -> Parts:
        """What the bytes (n_blocks, block_bytes) say: codes, scales, and what the scales are made of."""
        records: Records = np.ascontiguousarray(data).view(self._layout())[:, 0]
        parts: Parts = getattr(self._code(), f"unpack_{self.name}")(records)
        return parts

    def blocks_of_bytes(self, data: bytes | NDArray[np.uint8]) -> NDArray[np.uint8]:
        """(n_blocks, block_bytes).

        Raises:
            QuantError: The length is no whole number of blocks.
        """
        flat = np.frombuffer(data, np.uint8) if isinstance(data, bytes) else data.reshape(-1)
        if flat.size % self.block_bytes:
            raise QuantError(
                f"data is {flat.size:,} bytes long; {self.label} stores {self.block_size} values in "
                f"{self.block_bytes} bytes, so a multiple of {self.block_bytes} is needed. Cut or complete it.",
                "data",
            )
        return flat.reshape(-1, self.block_bytes)

    def _rows(self, x: ArrayLike) -> Floats:
        array = real_numbers(x)
        length = array.shape[-1] if array.ndim else 1
        if not array.ndim or length % self.block_size:
            raise QuantError(
                f"values have rows of {length}; {self.label} stores blocks of {self.block_size} along the last axis, "
                f"so a multiple of {self.block_size} is needed. Fill up the rows, or choose a smaller block.",
                "values",
            )
        refuse_not_finite(array, np.dtype(np.float32))
        return np.ascontiguousarray(array, np.float32).reshape(-1, max(length, 1))

    def _importance(self, importance: ArrayLike | None, length: int) -> Floats | None:
        """(n_blocks of a row, block_size), or None where it changes nothing."""
        if importance is None:
            if self.importance == "needed":
                raise QuantError(
                    f"importance is not given; {self.label} cannot be encoded without. "
                    "Give one weight >= 0 for each column.",
                    "importance",
                )
            return None
        weights = real_numbers(importance).astype(np.float32)
        if weights.shape != (length,):
            raise QuantError(
                f"importance has the shape {weights.shape}; rows have {length:,} values. Give one weight for each.",
                "importance",
            )
        wrong = ~(np.isfinite(weights) & (weights >= 0))
        if wrong.any():
            first = int(wrong.argmax())
            raise QuantError(
                f"importance[{first}] is {weights[first]}; weights must be finite and not negative. Replace it.",
                "importance",
            )
        return None if self.importance == "ignored" else weights.reshape(-1, self.block_size)

    def _parts(self, n_blocks: int) -> list[slice]:
        step = max(1, _ELEMENTS_AT_ONCE // self.block_size)
        return [slice(start, start + step) for start in range(0, n_blocks, step)]

    def _bytes(self, records: Records) -> NDArray[np.uint8]:
        return records.view(np.uint8).reshape(len(records), self.block_bytes)

    def _code(self, module: str = "") -> ModuleType:
        return importlib.import_module(f".{module or self.module}", __package__)

    def _layout(self) -> np.dtype[Any]:
        layout: np.dtype[Any] = getattr(self._code(), self.label)
        return layout

"""A tensor as it is stored, and what a container holds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...parsing.places import quoted
from .encoding import Encoding, Floats, Octets
from .fault import ModelFileError, refuse
from .source import Source, read_exactly

MAX_AT_ONCE = 1 << 26
"""The most bytes of a tensor that are read in one piece, and the most numbers that are decoded in one."""

MAX_NOTICES = 8
"""So many things that are wrong with a file are said; a damaged one may have thousands of them."""


@dataclass(frozen=True, slots=True, eq=False)
class RawTensor:
    """A tensor of a file, not read yet.

    Attributes:
        name: In the file.
        dtype: The file's own word for its type.
        shape: Row-major, the last axis contiguous.
        source: The file that holds its bytes.
        offset: Where these begin.
        size_bytes: How many they are.
        encoding: What numbers they are; None if that is not known.
        fault: Why its values cannot be shown; empty if they can.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    source: Source
    offset: int
    size_bytes: int
    encoding: Encoding | None
    fault: str = ""

    @property
    def n_values(self) -> int:
        """How many numbers it holds."""
        return math.prod(self.shape)

    @property
    def n_rows(self) -> int:
        """Rows along the last axis."""
        return math.prod(self.shape[:-1])

    @property
    def row_length(self) -> int:
        """Numbers of a row."""
        return self.shape[-1] if self.shape else 1

    @property
    def bits_per_value(self) -> float:
        """Bits of one number, on average."""
        return 8 * self.size_bytes / max(1, self.n_values)

    def numbers(self, start: int, stop: int) -> Floats:
        """The numbers `start` to `stop`, counted in C order.

        Raises:
            ModelFileError: If they cannot be read.
        """
        encoding, octets, skipped = self._units(start, stop)
        return encoding.decode(octets)[skipped : skipped + stop - start]

    def codes(self, start: int, stop: int) -> NDArray[Any]:
        """The codes `start` to `stop`, counted in C order; of numbers stored as they are, the numbers.

        Raises:
            ModelFileError: If they cannot be read.
        """
        encoding, octets, skipped = self._units(start, stop)
        return encoding.codes(octets)[skipped : skipped + stop - start]

    def rows(self, start: int, stop: int) -> Floats:
        """Rows along the last axis, (stop - start, row_length)."""
        length = self.row_length
        if stop - start > MAX_AT_ONCE:
            refuse(f"{stop - start:,} rows are wanted at once; at most {MAX_AT_ONCE:,} are read. Choose fewer.")
        return self.numbers(start * length, stop * length).reshape(stop - start, length)

    def octets(self, start: int, stop: int) -> Octets:
        """Its bytes from `start` to `stop`.

        Raises:
            ModelFileError: If they cannot be read.
        """
        if self.fault:
            raise ModelFileError(self.fault, "tensor")
        if not 0 <= start <= stop <= self.size_bytes:
            refuse(f"Tensor {quoted(self.name)} has {self.size_bytes:,} bytes; {start:,} to {stop:,} are wanted.")
        if stop - start > MAX_AT_ONCE:
            refuse(
                f"{stop - start:,} bytes of tensor {quoted(self.name)} are wanted at once; at most {MAX_AT_ONCE:,} are "
                "read. Choose fewer rows."
            )
        return np.frombuffer(read_exactly(self.source, self.offset + start, stop - start), np.uint8)

    def _units(self, start: int, stop: int) -> tuple[Encoding, Octets, int]:
        """The encoding, the whole units that hold these elements, and how many elements come before them."""
        if self.fault or self.encoding is None:
            raise ModelFileError(self.fault, "tensor")
        if not 0 <= start <= stop <= self.n_values:
            refuse(f"Tensor {quoted(self.name)} has {self.n_values:,} values; {start:,} to {stop:,} are wanted.")
        if stop - start > MAX_AT_ONCE:
            refuse(f"{stop - start:,} values are wanted at once; at most {MAX_AT_ONCE:,} are read. Choose fewer rows.")
        unit, unit_bytes = self.encoding.unit, self.encoding.unit_bytes
        first, last = start // unit, -(-stop // unit)
        octets = self.octets(first * unit_bytes, min(last * unit_bytes, self.size_bytes))
        return self.encoding, octets, start - first * unit


@dataclass(frozen=True, slots=True)
class Packed:
    """Codes in the bytes of a tensor, the first in the lowest bits, each row in whole blocks.

    Attributes:
        bits: Of a code.
        shape: Of the tensor that they are.
    """

    bits: int
    shape: tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Scaled:
    """A stored tensor whose scale and zero point the container itself names (ONNX, TFLite).

    Attributes:
        codes: The tensor.
        scale: Its scale; None where the file has none.
        zero_point: Its zero point; None: 0.
        axis: Along which scales differ; None: one for all.
        block_size: Neighbours along the axis with one scale; None: 1.
        label: What holds them together, as "DequantizeLinear".
        packed: How codes are packed into the tensor, where its type does not say it.
        fault: Why it cannot be decoded; empty if it can.
    """

    codes: RawTensor
    scale: RawTensor | None
    zero_point: RawTensor | None
    axis: int | None
    block_size: int | None
    label: str
    packed: Packed | None = None
    fault: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Container:
    """What the header of a file says.

    Attributes:
        kind: The file format, with its version.
        tensors: In the order of the file.
        metadata: Other entries of the header, by name.
        notices: What is wrong with the file that leaves tensors readable.
        scaled: Tensors with parameters that the container itself names.
    """

    kind: str
    tensors: tuple[RawTensor, ...]
    metadata: Mapping[str, Any] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    scaled: tuple[Scaled, ...] = ()

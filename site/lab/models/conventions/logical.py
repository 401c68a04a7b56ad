"""A tensor as its model means it: a name, a shape, what quantization did to it, and its numbers by rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from quantcore import QuantError

from ..reading.encoding import Floats
from ..reading.fault import ModelFileError, refuse
from ..reading.raw import MAX_AT_ONCE, RawTensor
from .values import Values


@dataclass(frozen=True, slots=True, eq=False)
class LogicalTensor:
    """A tensor of the model.

    Attributes:
        name: As the model calls it.
        shape: In the library's own orientation, row-major.
        convention: A name in CONVENTIONS, or "plain".
        label: What is in force: "GPTQ 4 bit, groups of 128, act-order".
        made_of: The stored tensors that make it up.
        values: Its numbers; None where they cannot be read.
        notes: What a reader should know: where a file does not keep its word, what is assumed.
        fault: Why its values cannot be shown; empty if they can.
        extra_bytes: Of parameters that are no stored tensors.
    """

    name: str
    shape: tuple[int, ...]
    convention: str
    label: str
    made_of: tuple[RawTensor, ...]
    values: Values | None
    notes: tuple[str, ...] = ()
    fault: str = ""
    extra_bytes: int = 0

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
    def size_bytes(self) -> int:
        """Bytes of all that it is made of."""
        return self.extra_bytes + sum(part.size_bytes for part in self.made_of)

    @property
    def bits_per_value(self) -> float:
        """Bits of one number, its share of scales and zero points included."""
        return 8 * self.size_bytes / max(1, self.n_values)

    def rows(self, start: int, stop: int) -> Floats:
        """The numbers of some rows along the last axis, (stop - start, row_length), reading only what they need.

        Raises:
            ModelFileError: If they cannot be read.
        """
        if self.fault or self.values is None:
            raise ModelFileError(self.fault, "tensor")
        if not 0 <= start <= stop <= self.n_rows:
            refuse(f"{self.name} has {self.n_rows:,} rows; {start:,} to {stop:,} are wanted.")
        n = (stop - start) * max(1, self.row_length)
        if n > MAX_AT_ONCE:
            refuse(f"{n:,} values are wanted at once; at most {MAX_AT_ONCE:,} are decoded. Choose fewer rows.")
        try:
            return self.values.rows(start, stop)
        except ModelFileError:
            raise
        except (QuantError, IndexError, ValueError) as error:  # parts that do not fit each other
            said = error.message if isinstance(error, QuantError) else str(error)
            raise ModelFileError(
                f"The parts of {self.name} do not fit each other ({said}). The file is damaged; save it again.",
                "tensor",
            ) from None


MAX_LENGTH = 1 << 40
"""The longest axis, and the largest group, that a file is believed."""


@dataclass(frozen=True, slots=True, eq=False)
class Config:
    """What the JSON files beside a model, and its own header, say of its quantization.

    Attributes:
        said: Of quantization_config, quantization, or the whole of quantize_config.json.
        metadata: Of the file's header.
    """

    said: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def method(self) -> str:
        """The declared method in lower case; empty if none is."""
        return self.text("quant_method").lower()

    def text(self, key: str) -> str:
        """A text, or an empty one."""
        value = self.said.get(key)
        return value if isinstance(value, str) else ""

    def whole(self, key: str) -> int | None:
        """A whole number above 0 that is the length of something, or None."""
        value = self.said.get(key)
        return value if type(value) is int and 0 < value <= MAX_LENGTH else None

    def numbers(self, key: str) -> set[int]:
        """All whole numbers of this key, however deep."""
        found: set[int] = set()
        stack: list[Any] = [self.said]
        while stack:
            value = stack.pop()
            if isinstance(value, Mapping):
                if type(value.get(key)) is int:
                    found.add(value[key])
                stack.extend(value.values())
            elif isinstance(value, list):
                stack.extend(value)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Stored tensors that may make a logical one.

    Attributes:
        stem: What their names begin with.
        parts: By the rest of the name.
    """

    stem: str
    parts: Mapping[str, RawTensor]

    def __getitem__(self, suffix: str) -> RawTensor:
        return self.parts[suffix]

    def get(self, suffix: str) -> RawTensor | None:
        """A part that need not be there."""
        return self.parts.get(suffix)


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """What a convention makes of parts; with a fault, what is known beside it."""

    shape: tuple[int, ...]
    label: str
    values: Values | None
    notes: tuple[str, ...] = ()
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Convention:
    """How a library stores a quantized tensor.

    Attributes:
        name: In CONVENTIONS.
        label: As people write it.
        known_as: What configurations call it.
        layout: The parts and the formula, in a sentence or two.
        source: Library, version and file in which it is written down.
        needs: The ends of the names of its parts; the first finds it.
        may: The ends of those that need not be there.
        build: What makes the tensor of its parts; None where it is not this convention.
        logical: The end of the tensor's own name.
    """

    name: str
    label: str
    known_as: tuple[str, ...]
    layout: str
    source: str
    needs: tuple[str, ...]
    may: tuple[str, ...]
    build: Callable[[Found, Config], Made | None]
    logical: str = ".weight"


def grouped(size: int | None, length: int) -> str:
    """The words for groups along an axis of this length."""
    return "a scale for each row" if size is None or size >= length else f"groups of {size}"


def typical(values: Values, n_rows: int) -> float:
    """The root mean square of a few rows, by which two readings of a file are told apart."""
    sample = values.rows(0, min(n_rows, 16)).astype(np.float64)
    finite = sample[np.isfinite(sample)]
    return float(np.sqrt(np.mean(finite**2))) if finite.size else math.inf


SENSIBLE = (1e-6, 1e3)
"""Between these is the root mean square of weights: those of published models are from 0.001 to 10."""


def choose(declared: Values, other: Values, n_rows: int, said: str) -> tuple[Values, tuple[str, ...]]:
    """The reading that is sensible: the declared one unless its values cannot be weights and the other's can.

    Args:
        declared: As the convention has it.
        other: The other reading of the same bytes.
        n_rows: Of the tensor.
        said: What is said if the other is taken, with {} for the two sizes of values.
    """
    low, high = SENSIBLE
    try:
        first, second = typical(declared, n_rows), typical(other, n_rows)
    except QuantError:
        return declared, ()  # who asks for rows is told what is wrong
    if first == 0 or low <= first <= high or not low <= second <= high:
        return declared, ()
    return other, (said.format(f"{first:.3g}", f"{second:.3g}"),)

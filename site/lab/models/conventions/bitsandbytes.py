"""bitsandbytes: 4-bit codes of a table in blocks of the flattened tensor, and int8 by rows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import quantcore as qc

from ..reading.json_text import read_json
from ..reading.raw import RawTensor
from .logical import Config, Convention, Found, Made
from .planes import Codes, Nested, Numbers, Plane
from .values import Affine, Flat, Table

STATES = (".weight.quant_state.bitsandbytes__nf4", ".weight.quant_state.bitsandbytes__fp4")
MAX_FLOAT = float(np.finfo(np.float32).max)
MAX_STATE = 1 << 16
"""Bytes of a quant_state; real ones have 200."""
MAX_DIMENSIONS = 8
MAX_BLOCK = 1 << 16
"""Codes of a block; bitsandbytes makes blocks of 32 to 4096."""


@dataclass(frozen=True, slots=True, eq=False)
class Nibbles:
    """Codes of which the first of a byte is in the high nibble, in rows of a block; the last may be filled up with 0.

    Attributes:
        tensor: Their bytes, whatever type stores them.
        block: Codes of a block.
    """

    tensor: RawTensor
    block: int

    def rows(self, start: int, stop: int) -> NDArray[Any]:
        """The codes of blocks."""
        half = self.block // 2
        octets = self.tensor.octets(start * half, min(stop * half, self.tensor.size_bytes))
        codes = qc.unpack(octets, 4, order="high_first")
        missing = (stop - start) * self.block - codes.size
        return np.pad(codes, (0, missing)).reshape(stop - start, self.block)


def build_4bit(found: Found, config: Config) -> Made | None:
    """NF4 or FP4; the state is JSON in the bytes of a tensor."""
    state_tensor = next((found.parts[name] for name in STATES if name in found.parts), None)
    weight, absmax, table = found[".weight"], found[".weight.absmax"], found[".weight.quant_map"]
    if state_tensor is None or state_tensor.size_bytes > MAX_STATE or table.n_values != 16:
        return None
    state = read_json(state_tensor.octets(0, state_tensor.size_bytes).tobytes(), f"{state_tensor.name}")
    shape, block = _shape(state), state.get("blocksize") if isinstance(state, Mapping) else None
    count = 0 if shape is None else math.prod(shape)
    if (
        shape is None
        or type(block) is not int
        or not 2 <= block <= MAX_BLOCK
        or block % 2
        or weight.size_bytes != -(-count // 2)
    ):
        fault = f"{state_tensor.name} does not describe {weight.name}. The file is damaged; save it again."
        return Made(shape or (), "bitsandbytes 4 bit", None, (), fault)
    n_blocks = -(-count // block)
    numbers = table.numbers(0, 16)
    is_nested = ".weight.nested_absmax" in found.parts and ".weight.nested_quant_map" in found.parts
    if absmax.n_values != n_blocks:
        fault = f"{absmax.name} has {absmax.n_values:,} scales; {n_blocks:,} blocks need one each. Save the file again."
        return Made(shape, "bitsandbytes 4 bit", None, (), fault)
    scale: Plane = _nested(found, absmax, state) if is_nested else Numbers(absmax, 1)
    kind = str(state.get("quant_type", "")).upper()[:8]
    inner = Affine((n_blocks, block), Nibbles(weight, block), (1, block), scale, decoder=Table(numbers))
    label = f"bitsandbytes {kind}, blocks of {block}" + (", nested scales" if is_nested else "")
    return Made(shape, label, Flat(shape, inner), _table_note(kind, numbers))


def _nested(found: Found, absmax: RawTensor, state: Mapping[str, Any]) -> Plane:
    size, offset = state.get("nested_blocksize"), state.get("nested_offset")
    table = found[".weight.nested_quant_map"]
    return Nested(
        absmax,
        table.numbers(0, table.n_values),
        found[".weight.nested_absmax"],
        size if type(size) is int and 0 < size <= MAX_BLOCK else 256,
        float(offset) if isinstance(offset, (int, float)) and abs(offset) <= MAX_FLOAT else 0.0,
    )


def _shape(state: object) -> tuple[int, ...] | None:
    shape = state.get("shape") if isinstance(state, Mapping) else None
    if not isinstance(shape, list) or not 0 < len(shape) <= MAX_DIMENSIONS:
        return None
    return tuple(shape) if all(type(length) is int and 0 <= length < 1 << 40 for length in shape) else None


def _table_note(kind: str, numbers: NDArray[np.float32]) -> tuple[str, ...]:
    name = {"NF4": "nf4", "FP4": "fp4_bnb"}.get(kind)
    if name is not None and np.array_equal(qc.FORMATS[name].values.astype(np.float32), numbers):
        return ()
    return (f"The file's own table of 16 numbers is not that of {kind}; it is the one that is used.",)


def build_int8(found: Found, config: Config) -> Made | None:
    """Codes times the largest magnitude of their row over 127."""
    weight, scale, layout = found[".weight"], found[".SCB"], found.get(".weight_format")
    if weight.dtype != "I8" or len(weight.shape) != 2 or scale.n_values != weight.shape[0]:
        return None
    kind = int(layout.codes(0, 1)[0]) if layout is not None and layout.n_values == 1 and not layout.fault else 0
    if kind:
        fault = f"The rows of {weight.name} are in the order {kind} of a GPU, which cannot be read. Save it on a CPU."
        return Made(weight.shape, "LLM.int8()", None, (), fault)
    codes = Codes(weight, weight.shape[1])
    values = Affine(weight.shape, codes, (1, weight.shape[1]), Numbers(scale, 1), factor=1 / 127)
    return Made(weight.shape, "LLM.int8(), a scale for each row", values)


BITSANDBYTES = (
    Convention(
        "bitsandbytes_4bit",
        "bitsandbytes NF4, FP4",
        ("bitsandbytes", "nf4", "fp4"),
        "weight U8, high nibble first, blocks along the flattened tensor; quant_map, 16 numbers; absmax of each block, "
        "or its code in nested_quant_map, times nested_absmax plus an offset: w = quant_map[code] * absmax.",
        "bitsandbytes 0.50.2, functional.py, QuantState",
        (".weight.absmax", ".weight", ".weight.quant_map"),
        (*STATES, ".weight.nested_absmax", ".weight.nested_quant_map"),
        build_4bit,
    ),
    Convention(
        "bitsandbytes_int8",
        "LLM.int8()",
        ("bitsandbytes", "llm.int8", "int8"),
        "weight I8 [out, in], SCB [out], the largest magnitude of each row: w = code * SCB * (1/127).",
        "bitsandbytes 0.50.2, functional.py, int8_vectorwise_dequant",
        (".SCB", ".weight"),
        (".weight_format",),
        build_int8,
    ),
)

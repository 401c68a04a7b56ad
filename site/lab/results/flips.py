"""The bits of the followed number's code, and what the number would be with some of them flipped."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import quantcore as qc
from quantcore.blocks.block import Blocks
from quantcore.blocks.gguf import GgufBlocks, GgufFormat
from quantcore.formats.format import from_pattern, pattern

from .followed import trace_of
from .result import Result

Floats = NDArray[np.floating[Any]]
MOST = 8
"""Of so many bits every combination is known; of more, only each bit flipped alone."""


@dataclass(frozen=True, slots=True)
class Bit:
    """One bit, the place of which in the code is `shift`.

    Attributes:
        field: what it is part of: sign, exponent, mantissa, integer, index, or a field of a GGUF block.
        shift: its place in the code.
        place: where it is in a file, as (byte, bit), where that is not its place in the code; else None.
    """

    field: str
    shift: int
    place: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Flips:
    """A code, and the numbers of those that differ from it.

    Attributes:
        label: of the number format.
        code: the followed number's, as an unsigned whole number.
        bits: from the highest to the lowest.
        codes: all codes, or this one and those with one bit flipped.
        numbers: what each of them stands for in the number format: NaN and infinity where it does.
        reals: the same with scale and offset.
    """

    label: str
    code: int
    bits: tuple[Bit, ...]
    codes: NDArray[np.int64]
    numbers: Floats
    reals: Floats

    @property
    def is_complete(self) -> bool:
        """Whether every code is known."""
        return len(self.codes) == 1 << len(self.bits)

    def at(self, code: int) -> int:
        """Where a code is among those that are known."""
        return int(np.flatnonzero(self.codes == code)[0])


def flips_of(result: Result) -> Flips:
    """The bits of the followed number's code; made once."""
    return result.once(_flips_of)


def _flips_of(result: Result) -> Flips:
    stored = result.stored
    if stored is not None and isinstance(stored.fmt, GgufFormat):
        return _of_bytes(stored, trace_of(result))
    fmt = result.settings.fmt
    code = int(pattern(np.asarray(result.flat_q[result.element : result.element + 1]).astype(fmt.dtype), fmt.bits)[0])
    bits = tuple(Bit(field.name, field.shift + i) for field in fmt.bit_fields() for i in range(field.width - 1, -1, -1))
    codes = _reached(code, fmt.bits)
    own = from_pattern(codes.astype(f"u{fmt.dtype.itemsize}"), fmt.bits, fmt.dtype)
    with np.errstate(all="ignore"):
        return Flips(fmt.label, code, bits, codes, fmt.decode(own), _reals(result, own))


def _reached(code: int, width: int) -> NDArray[np.int64]:
    return np.arange(1 << width) if width <= MOST else np.array([code, *(code ^ 1 << i for i in range(width))])


def _reals(result: Result, codes: NDArray[Any]) -> Floats:
    """What codes stand for in the place of the followed number's."""
    settings, stored = result.settings, result.stored
    if stored is not None:
        trace = trace_of(result)
        size = stored.fmt.block_size
        own = stored.one_block(trace.block)
        rows = np.repeat(codes[:, None], size, axis=1)
        many = [None if one is None else np.repeat(one, len(codes), axis=0) for one in (own.scale, own.offset)]
        assert many[0] is not None
        reals: Floats = stored.fmt.dequantize(Blocks(rows, many[0], many[1]))[:, trace.place]
        return reals
    scale, factor, zero_point = result.scale_of(result.element)
    fmt = settings.fmt
    if isinstance(fmt, qc.IntFormat):  # every pattern, also the one that a narrow range leaves out
        fmt = qc.IntFormat(fmt.bits, fmt.signed)
    z = zero_point if settings.are_integers else 0
    params = qc.QuantParams(scale, z, fmt, scale_factor=factor, precision=result.kept)
    return qc.dequantize(codes, params, result.arithmetic)


def _of_bytes(stored: qc.Stored, trace: qc.StoredTrace) -> Flips:
    """The bits as they lie in a block of a GGUF file, the one that counts most first."""
    fmt, blocks = stored.fmt, stored.blocks
    assert isinstance(fmt, GgufFormat)
    assert isinstance(blocks, GgufBlocks)
    data, start = blocks.data[trace.block], trace.block * fmt.block_bytes

    def with_flipped(masks: Callable[[int, int], Any], n: int) -> tuple[Floats, Floats]:
        copies = np.repeat(data[None], n, axis=0)
        for i, (byte, bit) in enumerate(places):
            copies[:, byte - start] ^= (masks(i, n) << bit).astype(np.uint8)
        unpacked = fmt.unpack(copies)
        numbers = fmt.element.decode(unpacked.codes[:, trace.place])
        return numbers, fmt.dequantize(unpacked)[:, trace.place]

    with np.errstate(all="ignore"):
        places = list(trace.bits)
        alone, _ = with_flipped(lambda i, n: np.arange(n) == i, len(places))
        own = float(fmt.element.decode(stored.codes[trace.block, trace.place : trace.place + 1])[0])
        effect = np.nan_to_num(np.abs(alone - own), nan=np.inf)
        places = [places[i] for i in np.argsort(-effect, kind="stable")]
        width = len(places)
        bits = tuple(
            Bit(field_of(fmt, byte - start), width - 1 - i, (byte, bit)) for i, (byte, bit) in enumerate(places)
        )
        code = sum((int(data[byte - start]) >> bit & 1) << width - 1 - i for i, (byte, bit) in enumerate(places))
        codes = _reached(code, width)
        numbers, reals = with_flipped(lambda i, n: (codes ^ code) >> width - 1 - i & 1, len(codes))
    return Flips(fmt.label, code, bits, codes, numbers, reals)


def field_of(fmt: qc.BlockFormat, byte: int) -> str:
    """The field of a block that a byte of it is in."""
    for name, size in fmt.fields:
        if byte < size:
            return name
        byte -= size
    raise AssertionError(byte)

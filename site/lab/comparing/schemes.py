"""Schemes by name: how many bits a value costs under each, everything counted, and how far it is from the original.

A name says it all: `int4_block32` are signed codes of 4 bits, symmetric, one scale for 32 neighbours of a row;
`uint8_affine_channel` are unsigned ones with a zero point, one pair for each row. A row is one index of the first axis
with all that is under it; a list is one row. Ranges are those of the values (minmax), codes are computed as ONNX does.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import quantcore as qc
from quantcore.metrics import clipped_share
from quantcore.sizes import bits_per_value

Floats = NDArray[np.floating[Any]]

TENSOR, CHANNEL = "tensor", "channel"
WIDTHS = (8, 6, 5, 4, 3, 2)
BLOCKS = (16, 32, 64, 128)

MEASURED = 1 << 17
"""Of more values than this, evenly spaced rows (or stretches of long ones) are measured, with the ranges of all."""
STRETCH = 4096  # a multiple of every block size, so that no block is cut

SMALLEST_HALF = 2.0**-14  # below it float16 loses digits


@dataclass(frozen=True, slots=True)
class Scheme:
    """One way to store values.

    Attributes:
        name: its key in SCHEMES.
        label: what people call it.
        fmt: the codes.
        is_affine: with a zero point; else symmetric.
        per: what shares a scale: "tensor", "channel", or a block of so many neighbours.
    """

    name: str
    label: str
    fmt: qc.IntFormat
    is_affine: bool
    per: str | int

    @property
    def per_block(self) -> bool:
        """Whether neighbours in a row share a scale."""
        return isinstance(self.per, int)

    @property
    def granularity(self) -> qc.PerTensor | qc.PerAxis | qc.PerBlock:
        """The same for rows of values."""
        if isinstance(self.per, int):
            return qc.PerBlock(self.per)
        return qc.PerAxis(0) if self.per == CHANNEL else qc.PerTensor()

    def misfit(self, shape: tuple[int, int]) -> str:
        """Why values in so many rows of that length cannot be stored like this; empty where they can."""
        if self.per == CHANNEL and shape[0] == 1:
            return "there is one row"
        if isinstance(self.per, int) and self.per > shape[1]:
            return f"a row is shorter than {self.per}"
        return ""


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """A scheme applied to the values.

    Attributes:
        name, label, per_block: of the scheme; the name is empty for the present settings.
        code_bits: what a code takes alone.
        bits_per_value: codes, scales and zero points together.
        metrics: figures of the error.
        clipped_share: of the values, how many lie beyond the codes.
        scale_bits: what one scale takes.
    """

    name: str
    label: str
    per_block: bool
    code_bits: int
    bits_per_value: float
    metrics: qc.Metrics
    clipped_share: float
    scale_bits: int


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """The values that are measured: all of them, or stretches of them.

    Attributes:
        shape: number of rows and length of a row, of all values.
        low, high: smallest and largest of all values.
        stretches: what is measured; each lies in one row.
        row_low, row_high: smallest and largest value of the row that a stretch lies in, each of shape (n, 1).
    """

    shape: tuple[int, int]
    low: float
    high: float
    stretches: Floats
    row_low: Floats
    row_high: Floats

    @property
    def is_complete(self) -> bool:
        """Whether every value is measured."""
        return self.stretches.size == math.prod(self.shape)


def _table() -> dict[str, Scheme]:
    table: dict[str, Scheme] = {}
    for bits in (16, *WIDTHS):
        for is_affine in (False, True):
            fmt = qc.IntFormat(bits, signed=not is_affine)
            kind = f"{fmt!r}_affine" if is_affine else repr(fmt)
            words = f"{fmt!r} affine" if is_affine else repr(fmt)
            whole = kind if is_affine else f"{kind}_tensor"
            table[whole] = Scheme(whole, f"{words}, one scale", fmt, is_affine, TENSOR)
            if bits == 16:
                continue
            table[f"{kind}_channel"] = Scheme(f"{kind}_channel", f"{words} by rows", fmt, is_affine, CHANNEL)
            for size in BLOCKS:
                name = f"{kind}_block{size}"
                table[name] = Scheme(name, f"{words} in {size}s", fmt, is_affine, size)
    return table


SCHEMES: dict[str, Scheme] = _table()

USUAL = (
    "int8_tensor",
    "uint8_affine",
    "int8_channel",
    "int8_block32",
    "int4_tensor",
    "int4_channel",
    "int4_block128",
    "int4_block32",
    "uint4_affine_block32",
    "int3_block32",
    "int2_block32",
)
USUAL_OF_FEW = (
    "int8_tensor",
    "uint8_affine",
    "int6_tensor",
    "int4_tensor",
    "uint4_affine",
    "int3_tensor",
    "int2_tensor",
)


def usual(shape: tuple[int, int]) -> tuple[str, ...]:
    """The names of schemes to compare where none were asked for; rows that hold no blocks have a list of their own.

    >>> usual((1, 3))[:2], "int4_block128" in usual((1, 64)), "int8_channel" in usual((8, 64))
    (('int8_tensor', 'uint8_affine'), False, True)
    """
    names = USUAL_OF_FEW if shape[1] < 32 else USUAL
    return tuple(name for name in names if not SCHEMES[name].misfit(shape))


def sample_of(x: Floats, limit: int = MEASURED) -> Sample:
    """The values to measure.

    >>> sample_of(np.zeros((3, 5))).stretches.shape, sample_of(np.zeros((1000, 10)), 100).stretches.shape
    ((3, 5), (10, 10))
    """
    rows = x.reshape(1, -1) if x.ndim < 2 else x.reshape(x.shape[0], -1)
    n_rows, length = rows.shape
    row_low, row_high = rows.min(axis=1, keepdims=True), rows.max(axis=1, keepdims=True)
    low, high = float(row_low.min()), float(row_high.max())
    if x.size <= limit:
        return Sample(shape=(n_rows, length), low=low, high=high, stretches=rows, row_low=row_low, row_high=row_high)
    per_row, width = (length // STRETCH, STRETCH) if length > STRETCH else (1, length)
    n_stretches = n_rows * per_row
    chosen = np.unique(np.linspace(0, n_stretches - 1, max(1, min(n_stretches, limit // width))).astype(np.intp))
    row, start = chosen // per_row, chosen % per_row * width
    stretches = np.stack([rows[i, a : a + width] for i, a in zip(row, start, strict=True)])
    return Sample(
        shape=(n_rows, length), low=low, high=high, stretches=stretches, row_low=row_low[row], row_high=row_high[row]
    )


def measure(scheme: Scheme, sample: Sample) -> Measured:
    """A scheme applied to the values of a sample, with the ranges of all values.

    Raises:
        quantcore.QuantError: for values so large or so small that there is no scale.
    """
    params, scale_bits = _params(scheme, sample)
    q = qc.quantize(sample.stretches, params)
    x_hat = qc.dequantize(q, params)
    return Measured(
        name=scheme.name,
        label=scheme.label,
        per_block=scheme.per_block,
        code_bits=scheme.fmt.bits,
        bits_per_value=bits_per_value(
            scheme.fmt,
            scheme.granularity,
            sample.shape,
            scale_bits=scale_bits,
            zero_point_bits=scheme.fmt.bits if scheme.is_affine else 0,
        ),
        metrics=qc.compare(sample.stretches, x_hat),
        clipped_share=clipped_share(sample.stretches, params),
        scale_bits=scale_bits,
    )


def _params(scheme: Scheme, sample: Sample) -> tuple[qc.QuantParams, int]:
    """Parameters for the stretches, and how many bits one scale takes: float32, in blocks float16 if it can."""
    kind = "affine" if scheme.is_affine else "symmetric"
    if scheme.per == TENSOR:
        return qc.qparams_from_range(sample.low, sample.high, scheme.fmt, kind), 32
    if not isinstance(scheme.per, int):
        return qc.qparams_from_range(sample.row_low, sample.row_high, scheme.fmt, kind, scheme.granularity), 32
    params = qc.choose_qparams(sample.stretches, scheme.fmt, kind, scheme.granularity)
    with np.errstate(over="ignore", under="ignore"):
        halves = params.scale.astype(np.float16)
    if not (np.isfinite(halves).all() and (halves >= SMALLEST_HALF).all()):
        return params, 32
    return qc.QuantParams(halves.astype(np.float32), params.zero_point, params.fmt, params.granularity), 16

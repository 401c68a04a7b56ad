"""How many bits a value costs under a scheme, everything counted, and how far it is from the original.

Ranges are those of the values (minmax); codes are computed as ONNX does, and in block formats as their libraries do.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import quantcore as qc
from quantcore.metrics import clipped_share
from quantcore.sizes import bits_per_value

from ..results.blocks import padded, unpadded
from .sampling import Floats, Sample
from .schemes import CAST, TENSOR, Scheme

SEARCHED = 1 << 14
"""Formats of GGUF, most of which search for the scales of each block, are measured on so many values at most."""
SMALLEST_HALF = 2.0**-14  # below it float16 loses digits


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """A scheme applied to the values.

    Attributes:
        name, label, kind: of the scheme; the name is empty for the present settings.
        code_bits: what a code takes alone.
        bits_per_value: codes, scales and zero points together.
        metrics: figures of the error.
        clipped_share: of the values, how many lie beyond the codes.
        scale_bits: what one scale takes; 0 where scales are the format's own, or there is none.
    """

    name: str
    label: str
    kind: str
    code_bits: int
    bits_per_value: float
    metrics: qc.Metrics
    clipped_share: float
    scale_bits: int


def sample_for(scheme: Scheme, sample: Sample) -> Sample:
    """As much of a sample as the scheme is measured on."""
    return sample.thinned(SEARCHED) if scheme.kind == "gguf" else sample


def measure(scheme: Scheme, sample: Sample) -> Measured:
    """A scheme applied to the values of a sample, with the ranges of all values.

    Raises:
        quantcore.QuantError: for values so large or so small that there is no scale.
    """
    if scheme.block is not None:
        return _in_blocks(scheme, scheme.block, sample_for(scheme, sample))
    params, scale_bits = _params(scheme, sample)
    q = qc.quantize(sample.stretches, params)
    x_hat = qc.dequantize(q, params)
    return _measured(
        scheme,
        bits_per_value(
            scheme.fmt,
            scheme.granularity,
            sample.shape,
            scale_bits=scale_bits,
            zero_point_bits=scheme.fmt.bits if scheme.is_affine else 0,
        ),
        qc.compare(sample.stretches, x_hat),
        clipped_share(sample.stretches, params),
        scale_bits,
    )


def _measured(scheme: Scheme, bits: float, metrics: qc.Metrics, share: float, scale_bits: int = 0) -> Measured:
    return Measured(
        name=scheme.name,
        label=scheme.label,
        kind=scheme.kind,
        code_bits=scheme.fmt.bits,
        bits_per_value=bits,
        metrics=metrics,
        clipped_share=share,
        scale_bits=scale_bits,
    )


def _params(scheme: Scheme, sample: Sample) -> tuple[qc.QuantParams, int]:
    """Parameters for the stretches, and how many bits one scale takes: float32, in blocks float16 if it can."""
    if scheme.per == CAST:
        return qc.QuantParams(np.float32(1), 0, scheme.fmt), 0
    kind = None
    if isinstance(scheme.fmt, qc.IntFormat):
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


# Block formats


def _in_blocks(scheme: Scheme, block: qc.BlockFormat, sample: Sample) -> Measured:
    """A block format applied to the stretches, each filled up to whole blocks where it has to be.

    Raises:
        quantcore.QuantError: for values that the format cannot store, or that come back as no numbers.
    """
    x = sample.stretches
    filled = padded(x, block)
    stored = qc.store(filled, block, **_options(block, filled, sample))
    x_hat = unpadded(qc.restore(stored), x.shape)
    if not np.isfinite(x_hat).all():
        raise qc.QuantError(f"some values come back from {block.name} as no numbers.", "values")
    n_beyond = int(np.count_nonzero(unpadded(stored.sides(filled), x.shape)))
    return _measured(scheme, _bits_of(stored, sample), qc.compare(x, x_hat), n_beyond / x.size)


def _options(block: qc.BlockFormat, filled: Floats, sample: Sample) -> dict[str, Any]:
    """What a format cannot do without, and a scale of the tensor for all values where it has one."""
    if _is_weighted(block):
        return {"importance": np.ones(filled.shape[-1])}
    if "tensor_scale" not in block.options or sample.is_complete:
        return {}
    ends = np.resize(np.array([sample.low, sample.high]), block.block_size)
    return {"tensor_scale": float(_of_tensor(qc.store(ends, block))[0].item())}


def needs_importance(scheme: Scheme) -> bool:
    """Whether the scheme's format cannot be encoded without a weight for each value; here all have the same."""
    return scheme.block is not None and _is_weighted(scheme.block)


def _is_weighted(block: qc.BlockFormat) -> bool:
    return getattr(block, "importance", "") == "needed"


def _of_tensor(stored: qc.Stored) -> list[NDArray[Any]]:
    """The numbers of which an array has one, however large it is."""
    return [level.values for level in stored.levels if not level.values.ndim]


def _bits_of(stored: qc.Stored, sample: Sample) -> float:
    """Bits of one value; what there is once for a tensor is shared by all values, measured or not."""
    once = 32 * len(_of_tensor(stored))
    n_all = sample.shape[0] * sample.shape[1]
    return (8 * stored.size_bytes - once) / sample.stretches.size + once / n_all

"""How a toolkit computes codes and reconstructions, as data, and the one computation that reads it.

With a scale s, a zero point z and a real number x, every toolkit computes `clip(round(x / s + z))` and `(q - z) * s`;
they differ in the order of the steps and the precision of each. An `Arithmetic` says which.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .errors import QuantError
from .rounding import round_whole

FloatArray = NDArray[np.floating[Any]]
Step = tuple[str, FloatArray]
Lazy = Callable[[], FloatArray]  # an array that is made when it is needed, so that not all of them are there at once


class Scaling(enum.Enum):
    """How x meets the scale."""

    DIVIDE = "x / s"
    RECIPROCAL = "x * (1 / s)"  # 1 / s in the precision of the arithmetic
    RECIPROCAL_FLOAT64 = "x * float32(1 / s)"  # 1 / s in float64, rounded once to the precision of the arithmetic


class Unscaling(enum.Enum):
    """How a code meets the scale on the way back."""

    MULTIPLY = "(q - z) * s"
    MULTIPLY_FLOAT64 = "float32(float64(q - z) * s)"
    DIVIDE_FLOAT64 = "(q - z) / float32(1 / s)"  # by what `RECIPROCAL_FLOAT64` multiplies with
    ABSMAX = "q * absmax * float32(1 / qmax)"  # absmax = s * qmax


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """The steps of one toolkit's quantize and dequantize.

    Attributes:
        name: Its key in ARITHMETICS.
        library: Whose arithmetic it is.
        version: The version that was observed, or the specification.
        source: Where it is written.
        summary: One sentence for the user.
        scaling: How x meets the scale.
        zero_point_first: Whether the zero point is added before rounding (it matters on ties).
        fused: Whether multiplying and adding the zero point round once, together (a fused multiply-add).
        rounding: The rule of ROUNDINGS.
        unscaling: How a code meets the scale.
        dtype: The precision it computes in; None: that of the scale.
    """

    name: str
    library: str
    version: str
    source: str
    summary: str
    scaling: Scaling = Scaling.DIVIDE
    zero_point_first: bool = False
    fused: bool = False
    rounding: str = "half_even"
    unscaling: Unscaling = Unscaling.MULTIPLY
    dtype: DTypeLike | None = None


def _torch(name: str, source: str, summary: str, **steps: Any) -> Arithmetic:
    steps = {"scaling": Scaling.RECIPROCAL, "dtype": np.float32, **steps}
    return Arithmetic(name, "PyTorch", "2.13.0", source, summary, **steps)


ARITHMETICS: Mapping[str, Arithmetic] = MappingProxyType(
    {
        record.name: record
        for record in (
            Arithmetic(
                "onnx", "ONNX", "1.23.2, opset 28", "QuantizeLinear-28, DequantizeLinear-28",
                "Divides by the scale, rounds ties to even, then adds the zero point.",
            ),
            Arithmetic(
                "onnxruntime", "ONNX Runtime", "1.32.0", "QuantizeLinear and DequantizeLinear, CPU kernels",
                "Like ONNX, but divides in float32 where the scale is float16.",
                dtype=np.float32,
            ),
            _torch(
                "torch_per_tensor", "torch.quantize_per_tensor (fbgemm, x86)",
                "Multiplies by the reciprocal and adds the zero point in one rounding, then rounds.",
                zero_point_first=True, fused=True,
            ),
            _torch(
                "torch_per_channel", "torch.quantize_per_channel",
                "Multiplies by the reciprocal, adds the zero point, then rounds; keeps the scales in float64.",
                zero_point_first=True, unscaling=Unscaling.MULTIPLY_FLOAT64,
            ),
            _torch(
                "torch_fake_quantize", "torch.fake_quantize_per_tensor_affine, _per_channel_affine",
                "Multiplies by the reciprocal, rounds, then adds the zero point.",
            ),
            _torch(
                "torch_pt2e", "torch.ao quantized_decomposed.quantize_per_tensor, quantize_per_channel",
                "Multiplies by the reciprocal of the float64 scale, rounds, then adds the zero point.",
                scaling=Scaling.RECIPROCAL_FLOAT64,
            ),
            _torch(
                "torch_pt2e_per_token", "torch.ao quantized_decomposed.quantize_per_token, dequantize_per_token",
                "Like torch_pt2e, but the reconstruction is computed in float64.",
                scaling=Scaling.RECIPROCAL_FLOAT64, unscaling=Unscaling.MULTIPLY_FLOAT64,
            ),
            _torch(
                "torch_pt2e_group", "torch.ao quantized_decomposed.quantize_per_channel_group",
                "Multiplies by the reciprocal, adds the zero point, then rounds.",
                zero_point_first=True,
            ),
            _torch(
                "torch_float_zero_point", "torch.quantize_per_channel, per_channel_affine_float_qparams",
                "The zero point is a real number, added before rounding.",
                zero_point_first=True,
            ),
            Arithmetic(
                "torchao", "torchao", "0.18.0", "quantization/quant_primitives.py, quantize_affine",
                "Multiplies by the reciprocal, rounds, then adds the zero point.",
                scaling=Scaling.RECIPROCAL, dtype=np.float32,
            ),
            Arithmetic(
                "modelopt", "NVIDIA modelopt", "0.47.0", "torch/quantization/tensor_quant.py",
                "Multiplies by qmax/absmax, rounds, and divides by it on the way back.",
                scaling=Scaling.RECIPROCAL_FLOAT64, unscaling=Unscaling.DIVIDE_FLOAT64, dtype=np.float32,
            ),
            Arithmetic(
                "tensorrt", "NVIDIA TensorRT", "10, from its documentation",
                "Developer guide, Working with quantized types: IQuantizeLayer, IDequantizeLayer",
                "Divides by the scale, rounds ties to even, has no zero point.",
                dtype=np.float32,
            ),
            Arithmetic(
                "tflite", "TensorFlow Lite", "from its specification",
                "8-bit quantization specification; kernels/internal/reference/quantize.h, dequantize.h",
                "Divides by the scale, rounds ties away from zero, then adds the zero point.",
                rounding="half_away", unscaling=Unscaling.MULTIPLY_FLOAT64, dtype=np.float32,
            ),
            Arithmetic(
                "bitsandbytes", "bitsandbytes", "0.50.2", "functional.py, int8_vectorwise_quant, int8_vectorwise_dequant",
                "LLM.int8(): multiplies each row by 127/absmax and rounds.",
                scaling=Scaling.RECIPROCAL_FLOAT64, unscaling=Unscaling.ABSMAX, dtype=np.float32,
            ),
            Arithmetic(
                "notebook", "the seed notebook", "as written", "zeropoint_quantize",
                "Multiplies by the scale factor, adds the zero point, then rounds.",
                scaling=Scaling.RECIPROCAL, zero_point_first=True, unscaling=Unscaling.DIVIDE_FLOAT64,
            ),
        )
    }
)  # fmt: skip


def find_arithmetic(arithmetic: str | Arithmetic) -> Arithmetic:
    """The record of this name; a record is returned as it is.

    Raises:
        QuantError: If there is none.
    """
    if isinstance(arithmetic, Arithmetic):
        return arithmetic
    if arithmetic not in ARITHMETICS:
        raise QuantError(f"arithmetic is {arithmetic!r}; it must be one of {', '.join(ARITHMETICS)}.", "arithmetic")
    return ARITHMETICS[arithmetic]


def working_dtype(arithmetic: Arithmetic, scale: FloatArray) -> np.dtype[Any]:
    """The precision in which the codes are computed, and the reconstruction is given."""
    return np.dtype(scale.dtype if arithmetic.dtype is None else arithmetic.dtype)


def multiplier(scale: FloatArray, arithmetic: Arithmetic) -> FloatArray:
    """What x is divided by or multiplied with.

    Raises:
        QuantError: If it is not finite or is 0 in the precision of the arithmetic.
    """
    dtype = working_dtype(arithmetic, scale)
    if arithmetic.scaling is Scaling.DIVIDE and scale.dtype == dtype:
        return scale
    with np.errstate(over="ignore", under="ignore", divide="ignore"):
        if arithmetic.scaling is Scaling.RECIPROCAL_FLOAT64:
            factor = (1 / scale.astype(np.float64)).astype(dtype)
        else:
            factor = scale.astype(dtype)
            if arithmetic.scaling is Scaling.RECIPROCAL:
                factor = 1 / factor
    wrong = ~(np.isfinite(factor) & (factor > 0))
    if wrong.any():
        raise QuantError(
            f"scale is {scale[wrong].flat[0]}; {arithmetic.name} computes {arithmetic.scaling.value} in {dtype}, where that "
            "is not a finite number above 0. Use a scale nearer to 1, or float64.",
            "scale",
        )
    return factor


def before_rounding(
    x: FloatArray, factor: Lazy, zero_point: Lazy, arithmetic: Arithmetic, out: FloatArray | None = None
) -> Iterator[Step]:
    """The values from `x` to the one that is rounded, step by step, each with its name.

    Args:
        x: Real numbers in the working precision.
        factor: Gives the `multiplier` of the scale when its turn comes, and
        zero_point: likewise, both in the working precision, broadcasting against x.
        arithmetic: Whose steps.
        out: Where they are computed, one after the other; a step must be read before the next.
    """
    if arithmetic.fused:
        yield "shifted", fused_multiply_add(x, factor, zero_point)
        return
    value = (np.divide if arithmetic.scaling is Scaling.DIVIDE else np.multiply)(x, factor(), out=out)
    yield "scaled", value
    if arithmetic.zero_point_first:
        yield "shifted", np.add(value, zero_point(), out=out)


def after_rounding(
    value: FloatArray, zero_point: FloatArray, code_range: tuple[int, int], arithmetic: Arithmetic
) -> Iterator[Step]:
    """The values from the rounded one to the code, which is the last."""
    if not arithmetic.zero_point_first:
        value = value + zero_point
        yield "shifted", value
    yield "code", np.clip(value, *code_range)


def decode(
    q: NDArray[Any], scale: Lazy, zero_point: Lazy, qmax: int, arithmetic: Arithmetic, out: FloatArray
) -> Iterator[Step]:
    """The values from a code to its reconstruction, step by step.

    Args:
        q: Codes.
        scale: Gives the scale, as it is kept, when its turn comes, and
        zero_point: likewise, in `wide_dtype` of the working precision, both broadcasting against q.
        qmax: The highest code.
        arithmetic: Whose steps.
        out: Where they are computed, in `wide_dtype`; a step must be read before the next.
    """
    np.copyto(out, q, casting="unsafe")
    shift, dtype = zero_point(), out.dtype
    if shift.ndim or shift:  # subtracting 0 would change nothing
        np.subtract(out, shift, out=out)
    del shift  # before the scale is made
    match arithmetic.unscaling:
        case Unscaling.MULTIPLY:
            yield "shifted", out
            np.multiply(out, scale().astype(dtype, copy=False), out=out)
        case Unscaling.MULTIPLY_FLOAT64:
            yield "shifted", out
            np.multiply(out, scale(), out=out, dtype=np.float64, casting="same_kind")
        case Unscaling.DIVIDE_FLOAT64:
            yield "shifted", out
            np.divide(out, (1 / scale().astype(np.float64)).astype(dtype), out=out)
        case Unscaling.ABSMAX:
            np.multiply(out, (scale().astype(np.float64) * qmax).astype(dtype), out=out)
            yield "scaled", out
            np.multiply(out, dtype.type(1 / qmax), out=out)
    yield "reconstruction", out


def wide_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The precision in which whole numbers are kept: float16 does not hold every code."""
    return np.result_type(dtype, np.float32)


def fused_multiply_add(x: FloatArray, factor: Lazy, addend: Lazy) -> FloatArray:
    """Compute x * factor + addend of float32 numbers, rounded once to float32 (IEEE 754 fusedMultiplyAdd).

    The float64 product is exact (24 + 24 bits), their float64 sum need not be, and rounding it again to float32 could go
    wrong on a tie. So the sum is rounded to odd (of the two float64 neighbours of an inexact sum, the one with an odd last
    bit), which keeps the final rounding right because 53 >= 24 + 2 (Boldo and Melquiond, 2008, "Emulation of FMA and
    correctly rounded sums").
    """
    product = x.astype(np.float64) * factor().astype(np.float64)
    added = addend().astype(np.float64)
    total = product + added
    # Knuth's TwoSum: total + error == product + added, exactly
    shadow = total - product
    error = (product - (total - shadow)) + (added - shadow)
    is_even = (total.view(np.int64) & 1) == 0
    nudge = (error != 0) & is_even
    odd = np.where(nudge, np.nextafter(total, np.where(error > 0, np.inf, -np.inf)), total)
    return odd.astype(np.float32)

"""How a toolkit computes codes and reconstructions, as data; compute/stages.py computes what it says.

With a scale s, a zero point z and a real number x, every toolkit computes `clip(round(x / s + z))` and `(q - z) * s`;
they differ in the order of the steps and the precision of each. An `Arithmetic` says which.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from ..checks import record_of


class Scaling(enum.Enum):
    """How x meets the scale."""

    DIVIDE = "x / s"
    RECIPROCAL = "x * (1 / s)"  # 1 / s in the precision of the arithmetic
    RECIPROCAL_FLOAT64 = "x * float32(1 / s)"  # 1 / s in float64, rounded once to the precision of the arithmetic
    ABSMAX = "x * (1 / absmax * qmax)"  # two roundings; absmax = s * qmax
    FACTOR = "x * S"  # the scale factor S as the toolkit keeps it, of which 1 / S is the scale
    FROM_LOWEST = "(x - (qmin - z) * s) / s + (qmin - z)"  # measured from what the lowest code stands for


class Unscaling(enum.Enum):
    """How a code meets the scale on the way back."""

    MULTIPLY = "(q - z) * s"
    MULTIPLY_FLOAT64 = "float32(float64(q - z) * s)"
    DIVIDE_FLOAT64 = "(q - z) / float32(1 / s)"  # by what `RECIPROCAL_FLOAT64` multiplies with
    ABSMAX = "q * absmax * float32(1 / qmax)"  # absmax = s * qmax
    FACTOR = "(q - z) / S"


@dataclass(frozen=True, slots=True)
class Tail:
    """The elements at the end of an array that do not fill a vector register, and are left to another kernel.

    Attributes:
        lanes: How many elements fill the register.
        arithmetic: What the other kernel does.
        min_bits: The width of the narrowest codes for which it is so.
    """

    lanes: int
    arithmetic: Arithmetic
    min_bits: int


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
        fused_bits: Up to which width of the codes multiplying and adding the zero point round once, together (a fused
            multiply-add); 0: never.
        rounding: The rule of ROUNDINGS.
        unscaling: How a code meets the scale.
        dtype: The precision it computes in; None: that of the scale.
        result_dtype: The precision of the reconstruction; None: that it computes in.
        clips: Whether codes are kept within the format, and cast to its type. Without, they stay floating point.
        tail: Which elements are left to another arithmetic when quantizing an array with one scale; None: none.
    """

    name: str
    library: str
    version: str
    source: str
    summary: str
    scaling: Scaling = Scaling.DIVIDE
    zero_point_first: bool = False
    fused_bits: int = 0
    rounding: str = "half_even"
    unscaling: Unscaling = Unscaling.MULTIPLY
    dtype: DTypeLike | None = None
    result_dtype: DTypeLike | None = None
    clips: bool = True
    tail: Tail | None = None

    def n_whole(self, n: int, bits: int) -> int:
        """How many of n elements, which share their scale, are computed by these steps; the rest by those of the tail.

        >>> ARITHMETICS["tflite_x86"].n_whole(21, 16), ARITHMETICS["tflite_x86"].n_whole(21, 8)
        (16, 21)
        """
        return n if self.tail is None or bits < self.tail.min_bits else n - n % self.tail.lanes

    def with_rounding(self, rounding: str | None) -> Arithmetic:
        """These steps with another rounding, in the tail too; with None or their own, as they are.

        >>> [ARITHMETICS["tflite_x86"].with_rounding(n).tail.arithmetic.rounding for n in (None, "half_even", "floor")]
        ['half_away', 'half_away', 'floor']
        """
        if rounding in (None, self.rounding):
            return self
        tail = self.tail and replace(self.tail, arithmetic=self.tail.arithmetic.with_rounding(rounding))
        return replace(self, rounding=rounding, tail=tail)

    def of_element(self, index: int, n: int, bits: int) -> Arithmetic:
        """The arithmetic of the element with this flat index, of n that share their scale."""
        is_left = self.tail is not None and index >= self.n_whole(n, bits)
        return self.tail.arithmetic if self.tail is not None and is_left else self

    @property
    def divides(self) -> bool:
        """Whether x meets the scale itself, not a reciprocal of it."""
        return self.scaling in (Scaling.DIVIDE, Scaling.FROM_LOWEST)

    def is_fused(self, bits: int) -> bool:
        """Whether product and sum round once, for codes of this width."""
        return bits <= self.fused_bits


def _torch(name: str, source: str, summary: str, **steps: Any) -> Arithmetic:
    steps = {"scaling": Scaling.RECIPROCAL, "dtype": np.float32, "result_dtype": np.float32, **steps}
    return Arithmetic(name, "PyTorch", "2.13.0", source, summary, **steps)


_TFLITE_TAIL = Arithmetic(
    "tflite_tail", "TensorFlow Lite", "2.3.0, x86-64", "QUANTIZE, default kernels: what eight at a time leave over",
    "Divides by the scale in float64, rounds ties away from zero, then adds the zero point.",
    rounding="half_away", unscaling=Unscaling.MULTIPLY_FLOAT64, dtype=np.float64, result_dtype=np.float32,
)  # fmt: skip

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
                "Up to opset 22; like ONNX, but divides in float32 where the scale is float16.",
                dtype=np.float32,
            ),
            Arithmetic(
                "onnxruntime_opset23", "ONNX Runtime", "1.32.0", "QuantizeLinear and DequantizeLinear, CPU kernels",
                "From opset 23 on; divides in the precision of the scale, float16 too.",
            ),
            _torch(
                "torch_per_tensor", "torch.quantize_per_tensor (fbgemm, x86)",
                "Multiplies by the reciprocal and adds the zero point, up to 8 bits in one rounding; then rounds.",
                zero_point_first=True, fused_bits=8,
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
                "torch_pt2e", "torch.ao quantized_decomposed.quantize_per_tensor",
                "Multiplies by the reciprocal of the float64 scale, rounds, then adds the zero point.",
                scaling=Scaling.RECIPROCAL_FLOAT64,
            ),
            _torch(
                "torch_pt2e_per_channel", "torch.ao quantized_decomposed.quantize_per_channel, dequantize_per_channel",
                "Multiplies by the reciprocal, rounds, then adds the zero point; in the precision of the scales.",
                dtype=None,
            ),
            _torch(
                "torch_pt2e_per_token", "torch.ao quantized_decomposed.quantize_per_token, dequantize_per_token",
                "Multiplies by the reciprocal, adds the zero point, then rounds; in the precision of the scales.",
                zero_point_first=True, dtype=None,
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
                "Multiplies by the reciprocal, rounds, then adds the zero point; in the scale's precision.",
                scaling=Scaling.RECIPROCAL,
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
                "tflite", "TensorFlow Lite", "reference kernels",
                "8-bit quantization specification; kernels/internal/reference/quantize.h, dequantize.h",
                "Divides by the scale, rounds ties away from zero, then adds the zero point.",
                rounding="half_away", unscaling=Unscaling.MULTIPLY_FLOAT64, dtype=np.float32,
            ),
            Arithmetic(
                "tflite_x86", "TensorFlow Lite", "2.3.0, x86-64", "QUANTIZE and DEQUANTIZE, default kernels",
                "Multiplies by the reciprocal, rounds ties to even, adds the zero point; from 9 bits on "
                "eight at a time, and what remains divided in float64, ties away from zero.",
                scaling=Scaling.RECIPROCAL, dtype=np.float32, tail=Tail(8, _TFLITE_TAIL, min_bits=9),
            ),
            Arithmetic(
                "tf_fake_quant", "TensorFlow", "2.21.0",
                "tf.quantization.fake_quant_with_min_max_vars; core/kernels/fake_quant_ops_functor.h",
                "Measures from what the lowest code stands for, divides by the scale and rounds ties up.",
                scaling=Scaling.FROM_LOWEST, rounding="half_up", dtype=np.float32,
            ),
            Arithmetic(
                "bitsandbytes", "bitsandbytes", "0.50.2", "functional.py, int8_vectorwise_quant, _dequant",
                "LLM.int8(): multiplies each row by the reciprocal of absmax times 127 and rounds.",
                scaling=Scaling.ABSMAX, unscaling=Unscaling.ABSMAX, dtype=np.float32,
            ),
            Arithmetic(
                "notebook", "the seed notebook", "as written", "zeropoint_quantize",
                "Multiplies by the scale factor, adds the zero point, then rounds; neither clips nor casts.",
                scaling=Scaling.FACTOR, zero_point_first=True, unscaling=Unscaling.FACTOR, clips=False,
            ),
        )
    }
)  # fmt: skip


def find_arithmetic(arithmetic: str | Arithmetic) -> Arithmetic:
    """The record of this name; a record is returned as it is.

    Raises:
        QuantError: If there is none.
    """
    return record_of(arithmetic, Arithmetic, ARITHMETICS, "arithmetic")

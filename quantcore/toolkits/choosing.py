"""How toolkits choose scale and zero point from a range, as data."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from ..checks import record_of
from ..precision import Precision


class Denominator(enum.Enum):
    """What the largest magnitude is divided by in a symmetric scheme, with z the code of 0."""

    QMAX = "absmax / qmax"  # the codes on the shorter side of z: never clips
    HALF_RANGE = "absmax / ((qmax - qmin) / 2)"  # int8: 127.5, which clips +absmax by half a step
    LONGER_SIDE = "absmax / -qmin"  # int8: 128, which clips +absmax by a whole step; absmax / qmax of unsigned codes
    NO_CLIPPING = "max(min0 / qmin, max0 / qmax)"  # never clips where z is 0; max0 / qmax where qmin is 0


class ZeroPoint(enum.Enum):
    """How the zero point of an affine scheme follows from the range."""

    CLIP_ROUNDED = "clip(qmin - round(min0 / s))"
    ROUND_CLIPPED = "round(clip(qmin - min0 / s))"
    NEARER_END = "round(clip(qmin - min0 / s)), or from qmax and max0 where |qmax| + |max0 / s| <= |qmin| + |min0 / s|"
    DIFFERENCES = "round(clip(qmin - min0 / s)), or from qmax and max0 where |qmax| - |max0 / s| <= |qmin| - |min0 / s|"
    SIGNED_SUM = "round(clip(qmin - min0 / s)), or from qmax and max0 where qmin + min0 / s + qmax + max0 / s <= 0"
    FACTOR = "round(-S * min + qmin), S = (qmax - qmin) / (max - min), s = 1 / S"
    FLOAT = "-min / s"  # a real number, whatever qmin is
    WEIGHTED_ENDS = "clip(round((qmin * max0 - qmax * min0) / (max0 - min0)))"  # without the scale


class Middle(enum.Enum):
    """The zero point of a symmetric scheme."""

    UPPER = "(qmin + qmax + 1) // 2"  # int8: 0, uint8: 128, uint4: 8
    LOWER = "(qmin + qmax) // 2"  # int8 without -128: 0, uint8: 127, uint4: 7
    TOWARD_ZERO = "int((qmin + qmax + 1) / 2)"  # the same where that is whole, or not below 0
    TORCH = "0 if signed; 2^15 if 16 bits; 2^7 for all of uint8; else (qmin + qmax) // 2"  # uint4: 7
    TORCH_PT2E = "128 if unsigned 8 bits, else 0"  # whichever codes are used
    ZERO = "0"  # unsigned codes then hold no negative numbers


class Degenerate(enum.Enum):
    """What becomes of a scale below the toolkit's smallest."""

    FLOOR = "s = smallest scale"
    UNIT_RANGE = "the range counts as 1"
    ONE = "s = 1"
    TENTH = "s = 0.1"
    LEAST_WIDTH = "the range counts as 1e-5"
    ONE_AND_ZERO = "s = 1, z = 0"
    ONE_AND_AFFINE_ZERO = "s = 1, in an affine scheme z = 0"


@dataclass(frozen=True, slots=True)
class Toolkit:
    """One toolkit's way from a range to scale and zero point.

    Attributes:
        name: Its key in TOOLKITS.
        library: Whose way it is.
        version: The version that was observed, or the specification.
        source: Where it is written.
        summary: One sentence for the user.
        arithmetic: The name in ARITHMETICS of its own quantize.
        denominator: The symmetric scheme's scale.
        middle: The symmetric scheme's zero point.
        zero_point: The affine scheme's zero point.
        min_scale: Scales below it are degenerate; 0: only a scale that is 0 itself is.
        min_scale_float16: The same where the scale is kept in float16; None: `min_scale`.
        min_absmax: A range that reaches no farther from 0 is degenerate.
        degenerate: What becomes of those.
        stretched_scale: A smaller scale becomes this one, and the ends of the range move apart as it grew, before the
            zero point is computed from them; 0: none does.
        min_real_range: A range that is narrower after it contains 0 is widened to this at its upper end.
        include_zero: Whether an affine range is widened to contain 0.
        zero_point_is_code: Whether an affine zero point is moved to the nearest code where the range is not widened.
        in_scale_dtype: Whether the ends are subtracted, and the zero point computed unless `zero_point_dtype` is given,
            in the precision in which the scale is kept, be it float16.
        range_dtype: The precision in which the range is divided; None: that of the scale, float32 at least.
        zero_point_dtype: The precision in which the zero point is computed; None: `range_dtype`.
        scale_dtype: The precision in which the scale is kept.
        narrow_widths: The widths at which a signed symmetric scale leaves out the lowest code.
        reduced: The code ranges of `reduce_range`, by the name of the format; others are halved.
    """

    name: str
    library: str
    version: str
    source: str
    summary: str
    arithmetic: str = "onnx"
    denominator: Denominator = Denominator.QMAX
    middle: Middle = Middle.UPPER
    zero_point: ZeroPoint = ZeroPoint.ROUND_CLIPPED
    min_scale: float = 0.0
    min_scale_float16: float | None = None
    min_absmax: float = 0.0
    degenerate: Degenerate = Degenerate.UNIT_RANGE
    stretched_scale: float = 0.0
    min_real_range: float = 0.0
    include_zero: bool = True
    zero_point_is_code: bool = False
    in_scale_dtype: bool = False
    range_dtype: type[np.floating[Any]] | None = None
    zero_point_dtype: type[np.floating[Any]] | None = None
    scale_dtype: type[np.floating[Any]] | Precision = np.float32
    narrow_widths: tuple[int, ...] = ()
    reduced: Mapping[str, tuple[int, int]] = field(default_factory=lambda: MappingProxyType({}))


def _torch(name: str, source: str, summary: str, **rules: Any) -> Toolkit:
    rules = {
        "arithmetic": "torch_per_tensor",
        "denominator": Denominator.HALF_RANGE,
        "middle": Middle.TORCH,
        "zero_point": ZeroPoint.CLIP_ROUNDED,
        "min_scale": 2.0**-23,
        "degenerate": Degenerate.FLOOR,
        "reduced": MappingProxyType({"int16": (-(2**15), 2**15 - 1), "uint16": (0, 2**16 - 1)}),  # not reduced
        **rules,
    }
    return Toolkit(name, "PyTorch", "2.13.0", source, summary, **rules)


def _torchao(name: str, function: str, summary: str, **rules: Any) -> Toolkit:
    rules = {
        "arithmetic": "torchao",
        "denominator": Denominator.HALF_RANGE,
        "middle": Middle.TOWARD_ZERO,
        "zero_point": ZeroPoint.CLIP_ROUNDED,
        "min_scale": 2.0**-126,
        "min_scale_float16": 2.0**-14,
        "degenerate": Degenerate.FLOOR,
        "in_scale_dtype": True,
        **rules,
    }
    return Toolkit(name, "torchao", "0.18.0", f"quantization/quant_primitives.py, {function}", summary, **rules)


_FBGEMM: Mapping[str, Any] = MappingProxyType(
    {
        "range_dtype": np.float64,
        "min_scale": float(np.nextafter(2.0**-128 + 2.0**-150, 1)),  # the least whose reciprocal in float32 is finite
        "degenerate": Degenerate.TENTH,
        "stretched_scale": float(np.float32(6.1e-5)),  # above float16's subnormal numbers
    }
)

TOOLKITS: Mapping[str, Toolkit] = MappingProxyType(
    {
        record.name: record
        for record in (
            Toolkit(
                "onnx", "ONNX", "1.23.2, opset 28", "DynamicQuantizeLinear-11, generalised to every format",
                "Range with 0, divided by the number of steps; symmetric: absmax / qmax.",
            ),
            Toolkit(
                "onnxruntime", "ONNX Runtime", "1.32.0", "quantization/quant_utils.py, quantize_data, compute_scale_zp",
                "Divides the range in float64; symmetric int8 and int16 leave out the lowest code; 1 for no range.",
                denominator=Denominator.HALF_RANGE, range_dtype=np.float64, narrow_widths=(8, 16),
                min_scale=2.0**-126, degenerate=Degenerate.ONE_AND_ZERO,
                reduced=MappingProxyType({
                    "int8": (-64, 64), "uint8": (0, 127), "int16": (-16384, 16384), "uint16": (0, 32767),
                    "int4": (-4, 3), "uint4": (0, 7),
                }),
            ),
            Toolkit(
                "onnxruntime_blocked", "ONNX Runtime", "1.32.0",
                "quantization/quant_utils.py, compute_scale_zp_blocked",
                "Like onnxruntime, but subtracts the ends as stored; symmetric blocks of zeros keep their middle.",
                denominator=Denominator.HALF_RANGE, zero_point_dtype=np.float64, narrow_widths=(8, 16),
                min_scale=2.0**-126, degenerate=Degenerate.ONE_AND_AFFINE_ZERO, in_scale_dtype=True,
            ),
            Toolkit(
                "onnxruntime_dynamic", "ONNX Runtime", "1.32.0", "DynamicQuantizeLinear, CPU kernel",
                "Like ONNX, but the scale of a range of zeros is 1.",
                degenerate=Degenerate.ONE,
            ),
            _torch(
                "torch", "torch/ao/quantization/observer.py, MinMaxObserver; utils.py, determine_qparams",
                "Range with 0, scale at least 2^-23; symmetric: absmax over half the range, 127.5 for int8.",
            ),
            _torch(
                "torch_pt2e", "torch/ao/quantization/fx/_decomposed.py, choose_qparams_symmetric; determine_qparams",
                "Like torch, but the symmetric zero point is 128 for unsigned 8 bits and 0 for every other format.",
                arithmetic="torch_pt2e", middle=Middle.TORCH_PT2E,
            ),
            _torch(
                "torch_dynamic",
                "torch._choose_qparams_per_tensor; ATen/native/quantized/cpu/QuantUtils.h, ChooseQuantizationParams",
                "Range with 0, divided in float64; scales below 6.1e-5 are stretched to it; 0.1 for no range.",
                zero_point=ZeroPoint.DIFFERENCES, **_FBGEMM,
            ),
            _torch(
                "fbgemm", "FBGEMM as built into PyTorch, QuantUtils.cc, ChooseQuantizationParams",
                "Like torch_dynamic, but computes the zero point from the scale in float32, and from the better end.",
                zero_point=ZeroPoint.NEARER_END, zero_point_dtype=np.float64, **_FBGEMM,
            ),
            _torch(
                "qnnpack",
                "torch/ao/quantization/qconfig.py, default_symmetric_qnnpack_qconfig; on ARM, for QNNPACK and XNNPACK",
                "Like torch, but scale at least 2^-12, and symmetric int8 leaves out the lowest code.",
                arithmetic="torch_fake_quantize", min_scale=2.0**-12, narrow_widths=(8,),
            ),
            _torch(
                "torch_per_token", "torch/ao/quantization/fx/_decomposed.py, choose_qparams_per_token",
                "Symmetric: absmax / qmax, absmax at least 1e-5.",
                arithmetic="torch_pt2e_per_token", denominator=Denominator.QMAX, middle=Middle.UPPER,
                min_scale=float(np.float32(1e-5) / np.float32(127)),
            ),
            _torch(
                "torch_per_token_asymmetric",
                "torch/ao/quantization/fx/_decomposed.py, choose_qparams_per_token_asymmetric, after XNNPACK",
                "Range with 0; the zero point is taken from the end that leaves the smaller error.",
                arithmetic="torch_pt2e_per_token", zero_point=ZeroPoint.SIGNED_SUM, range_dtype=np.float32,
                scale_dtype=np.float64,
            ),
            _torch(
                "torch_float_zero_point", "torch/ao/quantization/observer.py, per_channel_affine_float_qparams",
                "The zero point is a real number and the range is taken as it is, with or without 0.",
                arithmetic="torch_float_zero_point", zero_point=ZeroPoint.FLOAT, include_zero=False,
                degenerate=Degenerate.ONE,
            ),
            _torchao(
                "torchao", "choose_qparams_affine",
                "Range with 0, scale at least 2^-126; symmetric: absmax over half the range.",
            ),
            _torchao(
                "torchao_no_clipping", "choose_qparams_affine, SYMMETRIC_NO_CLIPPING_ERR",
                "Like torchao, but a symmetric scale clips no end of signed codes, and half of unsigned ones.",
                denominator=Denominator.NO_CLIPPING,
            ),
            _torchao(
                "torchao_dont_preserve_zero", "_choose_qparams_affine_dont_preserve_zero",
                "Like torchao, but takes the range as it is; the zero point still is a code, so far ends are clipped.",
                include_zero=False, zero_point_is_code=True,
            ),
            Toolkit(
                "modelopt", "NVIDIA modelopt", "0.47.0", "torch/quantization/tensor_quant.py",
                "Symmetric: absmax / qmax, kept as its reciprocal; 1 where absmax is 2^-24 or less.",
                arithmetic="modelopt", middle=Middle.ZERO, scale_dtype=np.float64, narrow_widths=tuple(range(2, 17)),
                min_absmax=2.0**-24, degenerate=Degenerate.ONE_AND_ZERO,
            ),
            Toolkit(
                "tensorrt", "NVIDIA TensorRT", "10, from its documentation",
                "Developer guide, Working with quantized types",
                "Symmetric: absmax / qmax, zero point 0.",
                arithmetic="tensorrt",
            ),
            Toolkit(
                "tflite", "TensorFlow Lite", "from its specification",
                "8-bit quantization specification; kernels/internal/quantization_util.cc, ChooseQuantizationParams",
                "Symmetric weights from -127 to 127; affine: the zero point from the better end, ties away from 0.",
                arithmetic="tflite", zero_point=ZeroPoint.NEARER_END, range_dtype=np.float64, narrow_widths=(8, 16),
                degenerate=Degenerate.ONE_AND_ZERO,
            ),
            Toolkit(
                "tf_fake_quant", "TensorFlow", "2.21.0", "core/kernels/fake_quant_ops_functor.h, Nudge",
                "Range with 0, moved so that 0 is one of the codes.",
                arithmetic="tf_fake_quant",
            ),
            Toolkit(
                "coremltools", "coremltools", "9.0", "optimize/_utils.py, quantize_weight_by_dtype",
                "Symmetric codes from -127 to 127, unsigned around 127; affine zero point from both ends.",
                middle=Middle.LOWER, zero_point=ZeroPoint.WEIGHTED_ENDS, narrow_widths=tuple(range(2, 17)),
            ),
            Toolkit(
                "bitsandbytes", "bitsandbytes", "0.50.2", "functional.py, int8_vectorwise_quant",
                "Symmetric by rows: absmax / 127, kept as absmax.",
                arithmetic="bitsandbytes", scale_dtype=np.float64, min_scale=2.0**-126,
            ),
            Toolkit(
                "brevitas", "brevitas", "0.11, from its source", "core/scaling/int_scaling.py, IntScaling",
                "Symmetric: absmax divided by 128 of int8, so that the largest value is clipped by one step.",
                denominator=Denominator.LONGER_SIDE, middle=Middle.ZERO, min_scale=1e-10, degenerate=Degenerate.FLOOR,
            ),
            Toolkit(
                "awq", "AWQ", "llm-awq, from its source", "awq/quantize/quantizer.py, pseudo_quantize_tensor",
                "Takes the range as it is, at least 1e-5 wide, and clips the zero point to the codes: a range far "
                "from 0 loses its upper part.",
                zero_point=ZeroPoint.CLIP_ROUNDED, include_zero=False, zero_point_is_code=True,
                degenerate=Degenerate.LEAST_WIDTH, in_scale_dtype=True,
            ),
            Toolkit(
                "notebook", "the seed notebook", "as written", "zeropoint_quantize, absmax_quantize",
                "Scale factor (qmax - qmin) / (max - min); 0 need not be in the range; a range of 0 counts as 1.",
                arithmetic="notebook", middle=Middle.ZERO, zero_point=ZeroPoint.FACTOR, include_zero=False,
            ),
        )
    }
)  # fmt: skip


def find_toolkit(toolkit: str | Toolkit) -> Toolkit:
    """The record of this name; a record is returned as it is.

    Raises:
        QuantError: If there is none.
    """
    return record_of(toolkit, Toolkit, TOOLKITS, "toolkit")

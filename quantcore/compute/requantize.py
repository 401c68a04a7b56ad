"""The sum of an integer layer to the code of its output: round(acc * m) + z with m = s_in s_w / s_out, by libraries.

Libraries differ in how they keep m (float32, float64, or a whole number M0 and a shift) and in how often they round, so
the same sum may become neighbouring codes. All is computed in whole numbers and fractions, which are exact.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType

import numpy as np

from ..errors import QuantError
from ..rounding import round_fraction

INT32 = 1 << 31


@dataclass(frozen=True, slots=True)
class Layer:
    """What a sum is multiplied by.

    Attributes:
        input_scale, weight_scale, output_scale: Steps between codes, above 0; their product and quotient is m.
    """

    input_scale: float
    weight_scale: float
    output_scale: float

    @property
    def exact(self) -> Fraction:
        """s_in s_w / s_out of the numbers as they are given."""
        return Fraction(self.input_scale) * Fraction(self.weight_scale) / Fraction(self.output_scale)

    @property
    def in_float64(self) -> float:
        """The same in float64, rounded after each operation."""
        return self.input_scale * self.weight_scale / self.output_scale

    @property
    def in_float32(self) -> np.float32:
        """The same in float32: the scales are rounded, too."""
        scales = (np.float32(s) for s in (self.input_scale, self.weight_scale, self.output_scale))
        s_in, s_w, s_out = scales
        with np.errstate(over="ignore", under="ignore", divide="ignore", invalid="ignore"):
            return np.float32(s_in * s_w / s_out)


@dataclass(frozen=True, slots=True)
class Scaled:
    """A sum in steps of the output.

    Attributes:
        multiplier: m in words, as it is kept.
        value: acc * m as it is rounded, or rounded for the last time.
        whole: The whole number that it is rounded to.
    """

    multiplier: str
    value: Fraction
    whole: int


@dataclass(frozen=True, slots=True)
class FixedPoint:
    """How one library multiplies by a whole number and shifts.

    Attributes:
        name: Its key in REQUANTIZERS.
        library: Whose it is.
        source: Where it is written.
        summary: One sentence for the user.
        scaled: The sum, and the layer, to the whole number.
    """

    name: str
    library: str
    source: str
    summary: str
    scaled: Callable[[int, Layer], Scaled]


def requantize(acc: int, layer: Layer, zero_point: int, codes: tuple[int, int], rule: str) -> int:
    """The code of a sum: clip(round(acc * m) + z).

    Args:
        acc: The sum, a whole number of 32 bits.
        layer: The scales.
        zero_point: Of the output.
        codes: The lowest and the highest that the output may be: those of the format, or fewer after a ReLU.
        rule: A name in REQUANTIZERS.

    Raises:
        QuantError: For scales of which the rule makes no multiplier.

    >>> layer = Layer(0.05296124517917633, 0.024093778803944588, 0.11484327912330627)
    >>> [requantize(585, layer, -126, (-128, 127), rule) for rule in ("exact", "float32", "gemmlowp")]
    [-119, -120, -119]
    """
    return min(max(REQUANTIZERS[rule].scaled(acc, layer).whole + zero_point, codes[0]), codes[1])


def activation_range(name: str, scale: float, zero_point: int, codes: tuple[int, int]) -> tuple[int, int]:
    """The codes that are left by "relu" (0 and above), "relu6" (0 to 6) or "" (all).

    Source: tensorflow/lite/kernels/kernel_util.cc, CalculateActivationRangeQuantized: float32, ties away from zero.
    """
    low, high = codes
    if name:
        low = max(low, zero_point)
    if name == "relu6":
        high = min(high, zero_point + round_fraction(Fraction(float(np.float32(6) / np.float32(scale))), "half_away"))
    return low, high


def fixed_multiplier(multiplier: float) -> tuple[int, int]:
    """M0 of 31 bits and a shift with m = M0 / 2^31 * 2^shift.

    Source: tensorflow/lite/kernels/internal/quantization_util.cc, QuantizeMultiplier.

    >>> fixed_multiplier(0.011111111)
    (1527099468, -6)
    """
    mantissa, shift = math.frexp(multiplier)
    fixed = round_fraction(Fraction(mantissa) * INT32, "half_away")
    if fixed == INT32:
        fixed, shift = fixed // 2, shift + 1
    return (0, 0) if shift < -31 else (fixed, shift)


def _exact(acc: int, layer: Layer) -> Scaled:
    value = acc * layer.exact
    return Scaled("as it is", value, round_fraction(value, "half_even"))


def _float64(acc: int, layer: Layer) -> Scaled:
    product = Fraction(_finite(acc * layer.in_float64))
    return Scaled(repr(layer.in_float64), product, round_fraction(product, "half_even"))


def _float32(acc: int, layer: Layer) -> Scaled:
    with np.errstate(over="ignore", under="ignore"):
        product = Fraction(_finite(float(np.float32(acc) * layer.in_float32)))
    return Scaled(f"{layer.in_float32!s} in float32", product, round_fraction(product, "half_even"))


def _tflite(acc: int, layer: Layer) -> Scaled:
    """Double rounding, as gemmlowp and TensorFlow Lite by default."""
    fixed, shift = _fixed(layer)
    high = _doubling_high_mul(_int32(acc << max(shift, 0)), fixed)
    return Scaled(
        _in_words(fixed, 31 - shift), Fraction(high, 1 << max(-shift, 0)), _divide_by_pot(high, max(-shift, 0))
    )


def _tflite_single(acc: int, layer: Layer) -> Scaled:
    """One rounding, ties up: with TFLITE_SINGLE_ROUNDING."""
    fixed, shift = _fixed(layer)
    total = 31 - shift
    return Scaled(_in_words(fixed, total), Fraction(acc * fixed, 1 << total), (acc * fixed + (1 << total - 1)) >> total)


def _qnnpack(acc: int, layer: Layer) -> Scaled:
    fixed, below = _mantissa(layer)
    fixed, shift = fixed << 7, below - 24  # m = fixed / 2^(31 + shift)
    if shift < 0:
        raise QuantError(f"s_in s_w / s_out is {layer.in_float32}; QNNPACK needs one below 1.", "output_scale")
    product = acc * fixed + (1 << 30) >> 31
    remainder = (product & (1 << shift) - 1) - (acc < 0)
    whole = (product >> shift) + (remainder > ((1 << shift) - 1 >> 1))
    return Scaled(_in_words(fixed, 31 + shift), Fraction(product, 1 << shift), whole)


def _xnnpack(acc: int, layer: Layer) -> Scaled:
    """One rounding, ties up, of a multiplier of 24 bits ("rndnu")."""
    fixed, shift = _mantissa(layer)
    return Scaled(_in_words(fixed, shift), Fraction(acc * fixed, 1 << shift), (acc * fixed + (1 << shift - 1)) >> shift)


def _mantissa(layer: Layer) -> tuple[int, int]:
    """The float32 multiplier as a whole number of 24 bits over a power of two."""
    if not (np.isfinite(layer.in_float32) and layer.in_float32 >= 2.0**-32 and layer.in_float32 < 256):
        raise QuantError(
            f"s_in s_w / s_out is {layer.in_float32} in float32; fixed point needs one from 2^-32 to 256.",
            "output_scale",
        )
    mantissa, exponent = math.frexp(float(layer.in_float32))
    return int(mantissa * (1 << 24)), 24 - exponent


def _fixed(layer: Layer) -> tuple[int, int]:
    fixed, shift = fixed_multiplier(layer.in_float64)
    if shift > 30:
        raise QuantError(f"s_in s_w / s_out is {layer.in_float64}; fixed point needs one below 2^30.", "output_scale")
    return fixed, shift


def _doubling_high_mul(a: int, b: int) -> int:
    """SaturatingRoundingDoublingHighMul of gemmlowp's fixedpoint.h: round(a b / 2^31), ties away from zero."""
    product = a * b
    nudged = product + ((1 << 30) if product >= 0 else 1 - (1 << 30))
    high = abs(nudged) >> 31  # C divides toward zero
    return _int32(high if nudged >= 0 else -high)


def _divide_by_pot(x: int, exponent: int) -> int:
    """RoundingDivideByPOT of gemmlowp's fixedpoint.h: round(x / 2^exponent), ties away from zero."""
    mask = (1 << exponent) - 1
    threshold = (mask >> 1) + (x < 0)
    return (x >> exponent) + ((x & mask) > threshold)


def _int32(number: int) -> int:
    return min(max(number, -INT32), INT32 - 1)


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise QuantError("s_in s_w / s_out is too large. Use scales nearer to 1.", "output_scale")
    return number


def _in_words(fixed: int, shift: int) -> str:
    return f"{fixed} / 2^{shift}"


REQUANTIZERS: Mapping[str, FixedPoint] = MappingProxyType(
    {
        record.name: record
        for record in (
            FixedPoint(
                "exact", "exact", "fractions", "Nothing is rounded but the result; ties go to even.", _exact,
            ),
            FixedPoint(
                "float64", "ONNX reference", "onnx/reference/ops/op_qlinear_matmul.py, 1.23.2",
                "The multiplier and the product are float64; ties go to even.", _float64,
            ),
            FixedPoint(
                "float32", "ONNX Runtime, XNNPACK fp32", "MlasRequantizeOutput, 1.32.0; XNNPACK, qs8 *-minmax-fp32",
                "The multiplier and the product are float32; ties go to even.", _float32,
            ),
            FixedPoint(
                "gemmlowp", "gemmlowp, TensorFlow Lite",
                "gemmlowp/fixedpoint/fixedpoint.h; tensorflow/lite/kernels/internal/common.h",
                "A multiplier of 31 bits; rounds twice, after the product and after the shift, ties away from zero.",
                _tflite,
            ),
            FixedPoint(
                "tflite_single", "TensorFlow Lite, single rounding",
                "tensorflow/lite/kernels/internal/common.cc, TFLITE_SINGLE_ROUNDING",
                "A multiplier of 31 bits; product and shift are rounded once, ties up.", _tflite_single,
            ),
            FixedPoint(
                "qnnpack", "QNNPACK", "pytorch/aten/src/ATen/native/quantized/cpu/qnnpack, q31 requantization",
                "A multiplier of 24 bits, out of float32; rounds twice.", _qnnpack,
            ),
            FixedPoint(
                "xnnpack", "XNNPACK rndnu", "XNNPACK/src/microparams-init.c, qs8 *-minmax-rndnu",
                "A multiplier of 24 bits, out of float32; rounds once, ties up.", _xnnpack,
            ),
        )
    }
)  # fmt: skip

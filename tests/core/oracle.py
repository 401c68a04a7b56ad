"""What the toolkits compute, once more, one number at a time, in exact rational arithmetic with explicit roundings.

Written from the formulas of the specifications, not from quantcore: nothing here uses floating-point operations.
"""

import math
from collections.abc import Callable
from fractions import Fraction

FLOAT32 = (24, -126, 127)  # significant bits, smallest and largest exponent of a normal number
FLOAT64 = (53, -1022, 1023)


def rounded(value: Fraction, precision: tuple[int, int, int] = FLOAT32) -> Fraction:
    """The nearest number of the format, ties to even (IEEE 754); overflow is not expected here."""
    bits, smallest, largest = precision
    if value == 0:
        return value
    magnitude = abs(value)
    exponent = magnitude.numerator.bit_length() - magnitude.denominator.bit_length()
    exponent += (magnitude >= Fraction(2) ** (exponent + 1)) - (magnitude < Fraction(2) ** exponent)
    step = Fraction(2) ** (max(exponent, smallest) - bits + 1)
    result = half_even(magnitude / step) * step
    assert result < Fraction(2) ** (largest + 1), "overflow"
    return result if value > 0 else -result


def half_even(value: Fraction) -> int:
    """The nearest whole number, ties to even."""
    low = math.floor(value)
    part = value - low
    return low + (part > Fraction(1, 2) or (part == Fraction(1, 2) and low % 2 == 1))


def half_away(value: Fraction) -> int:
    """The nearest whole number, ties away from zero."""
    return math.floor(value + Fraction(1, 2)) if value >= 0 else math.ceil(value - Fraction(1, 2))


def rule_a(x: Fraction, s: Fraction, z: int) -> int:
    """ONNX: rint(x / s) + z."""
    return half_even(rounded(x / s)) + z


def rule_b(x: Fraction, s: Fraction, z: int) -> int:
    """torch.quantize_per_tensor to 8 bits: rint(fma(x, 1 / s, z))."""
    return half_even(rounded(x * rounded(1 / rounded(s)) + z))


def rule_c(x: Fraction, s: Fraction, z: int) -> int:
    """torch.quantize_per_channel, and quantize_per_tensor to 32 bits: rint(x * (1 / s) + z)."""
    return half_even(rounded(rounded(x * rounded(1 / rounded(s))) + z))


def rule_d(x: Fraction, s: Fraction, z: int) -> int:
    """torch.fake_quantize, torchao: rint(x * (1 / s)) + z."""
    return half_even(rounded(x * rounded(1 / rounded(s)))) + z


def rule_e(x: Fraction, s: Fraction, z: int) -> int:
    """PT2E: rint(x * float32(1 / s)) + z, 1 / s in float64."""
    return half_even(rounded(x * rounded(rounded(1 / s, FLOAT64)))) + z


def rule_tflite(x: Fraction, s: Fraction, z: int) -> int:
    """TensorFlow Lite: round(x / float32(s)) + z, ties away from zero."""
    return half_away(rounded(x / rounded(s))) + z


RULES: dict[str, Callable[[Fraction, Fraction, int], int]] = {
    "onnx": rule_a,
    "onnxruntime": rule_a,
    "torch_per_tensor": rule_b,
    "torch_per_channel": rule_c,
    "torch_fake_quantize": rule_d,
    "torch_pt2e": rule_e,
    "torch_pt2e_group": rule_c,
    "torchao": rule_d,
    "tflite": rule_tflite,
}


def rule_of(arithmetic: str, bits: int) -> Callable[[Fraction, Fraction, int], int]:
    """The rule for codes of a width."""
    return rule_c if arithmetic == "torch_per_tensor" and bits > 8 else RULES[arithmetic]

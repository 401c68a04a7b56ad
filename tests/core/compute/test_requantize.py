"""Requantization: each rule against its definition in fractions, and what libraries answered near ties."""

import random
from fractions import Fraction

import numpy as np
import pytest

import quantcore as qc
from quantcore.compute.requantize import REQUANTIZERS, Layer, activation_range, fixed_multiplier, requantize
from quantcore.compute.whole_sums import add_codes, dot_in_pairs
from quantcore.rounding import round_fraction

INT8 = (-128, 127)


def test_the_rules_near_a_tie() -> None:
    """A sum of 6.500000468 steps, z = -126: -119 exactly and by fixed point, -120 by a float32 multiplier."""
    layer = Layer(0.05296124517917633, 0.024093778803944588, 0.11484327912330627)
    assert fixed_multiplier(layer.in_float64) == (1527099593, -6)
    codes = {rule: requantize(585, layer, -126, INT8, rule) for rule in REQUANTIZERS}
    assert codes.pop("float32") == -120
    assert set(codes.values()) == {-119}


def test_double_and_single_rounding_differ() -> None:
    """2.4999999995 steps: the product is rounded to 10 quarters first, which is a tie, and goes up to 3."""
    m0, shift = 1342177279, -2  # 0.625 - 2^-31, over 4
    multiplier = m0 / 2**33
    layer = Layer(multiplier, 1.0, 1.0)
    assert fixed_multiplier(layer.in_float64) == (m0, shift)
    assert Fraction(16 * m0, 2**33) < Fraction(5, 2)
    assert requantize(16, layer, 0, INT8, "gemmlowp") == 3
    assert requantize(16, layer, 0, INT8, "tflite_single") == 2


@pytest.mark.parametrize("rule", ["gemmlowp", "tflite_single", "qnnpack", "xnnpack", "float32", "float64"])
def test_every_rule_is_right_but_near_ties(rule: str) -> None:
    """Whatever the scales, the code is the exact one unless the steps lie within 2^-20 of a tie, relative to them."""
    chance = random.Random(5)
    for _ in range(2000):
        layer = Layer(2 ** chance.uniform(-8, -3), 2 ** chance.uniform(-9, -4), 2 ** chance.uniform(-3, 0))
        acc = chance.randint(-60000, 60000)
        exact = acc * layer.exact
        away = abs(abs(exact) % 1 - Fraction(1, 2))
        if away <= Fraction(1, 2**20) * max(1, abs(exact)):
            continue
        if rule in ("gemmlowp", "qnnpack") and away <= Fraction(1, 8):
            continue  # the product is rounded first, at most to an eighth of a step here or less
        assert REQUANTIZERS[rule].scaled(acc, layer).whole == round_fraction(exact, "half_even"), (acc, layer)


def test_onnxruntime_is_the_float32_rule() -> None:
    """The same code as `qlinear_matmul` gives, for every sum of one product of codes, scaled by a ratio with ties."""
    params = [qc.QuantParams(np.float32(s), 0, qc.INT8) for s in (0.5, 1.0, 1.0)]
    layer = Layer(0.5, 1.0, 1.0)
    for a in range(-128, 128, 5):
        for b in (-3, 1, 7):
            code = qc.qlinear_matmul([[a]], params[0], [[b]], params[1], params[2]).item()
            assert requantize(a * b, layer, 0, INT8, "float32") == code


def test_quantized_addition_near_a_tie() -> None:
    """-7.5000079 steps: -113 exactly, -112 with float32 ratios and the zero points put together beforehand."""
    scales = (0.02534690499305725, 0.035809919238090515, 0.0365859717130661)
    found = [add_codes(-114, -122, scales, (-106, -120, -105), rule) for rule in ("exact", "float32")]
    assert found == [-113, -112]


def test_pairs_saturate_at_16_bits() -> None:
    """uint8 times int8, two at a time: -32850 becomes -32768, so that the sum is -3050 instead of -3132."""
    a, b = [210, 198, 234], [-81, -80, 127]
    assert dot_in_pairs(a, b) == -3050
    assert int(np.dot(a, b)) == -3132


def test_qlinear_matmul_saturates() -> None:
    """100 · 100 in steps of 0.2 is far beyond uint8."""
    one, fifth = qc.QuantParams(np.float32(1), 0, qc.UINT8), qc.QuantParams(np.float32(0.2), 0, qc.UINT8)
    for name in qc.REQUANTIZATIONS:
        assert qc.qlinear_matmul([[100]], one, [[100]], one, fifth, name).item() == 255


def test_a_bias_beyond_int32_is_clipped() -> None:
    """1e6 in steps of 1e-4 is 1e10: the largest of int32."""
    params = qc.QuantParams(np.float64(1e-2), 0, qc.INT8)
    assert qc.quantize_bias([1e6, -1e6, 1.0], params, params)[0].tolist() == [2**31 - 1, -(2**31), 10000]


def test_activations() -> None:
    """ReLU begins at the zero point; ReLU6 ends 6 / s codes above it, ties away from zero."""
    assert activation_range("", 0.5, 3, INT8) == INT8
    assert activation_range("relu", 0.5, 3, INT8) == (3, 127)
    assert activation_range("relu6", 0.5, 3, INT8) == (3, 15)
    assert activation_range("relu6", 4.0, 0, INT8) == (0, 2)


def test_scales_without_a_multiplier_are_refused() -> None:
    """An infinite product, and one that the rule has no shift for."""
    for rule, scales in (
        ("float64", (1e200, 1e200, 1e-10)),
        ("gemmlowp", (1e20, 1.0, 1.0)),
        ("qnnpack", (2.0, 1.0, 1.0)),
    ):
        with pytest.raises(qc.QuantError, match="s_in s_w / s_out"):
            requantize(3, Layer(*scales), 0, INT8, rule)

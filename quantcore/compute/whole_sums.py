"""Sums of codes and of their products, as kernels compute them and as they are."""

from fractions import Fraction

import numpy as np

from ..rounding import round_fraction


def add_codes(a: int, b: int, scales: tuple[float, float, float], zero_points: tuple[int, int, int], rule: str) -> int:
    """The code of a sum of two codes, not clipped: round((a - z_a) s_a / s_y + (b - z_b) s_b / s_y) + z_y.

    Args:
        a: A code; and
        b: another.
        scales: s_a, s_b, s_y.
        zero_points: z_a, z_b, z_y.
        rule: "exact"; or "float32": the ratios of scales are float32, the zero points are put together beforehand, and
            each product and sum is rounded, as ONNX Runtime's QLinearAdd does (MlasQLinearAdd). Ties go to even.

    >>> scales = (0.02534690499305725, 0.035809919238090515, 0.0365859717130661)
    >>> [add_codes(-114, -122, scales, (-106, -120, -105), rule) for rule in ("exact", "float32")]
    [-113, -112]
    """
    (z_a, z_b, z_y), (s_a, s_b, s_y) = zero_points, scales
    if rule == "exact":
        total = ((a - z_a) * Fraction(s_a) + (b - z_b) * Fraction(s_b)) / Fraction(s_y)
        return round_fraction(total, "half_even") + z_y
    to_a, to_b = (np.float32(s) / np.float32(s_y) for s in (s_a, s_b))
    fixed = np.float32(z_y) - (to_a * np.float32(z_a) + to_b * np.float32(z_b))
    return int(np.rint(np.float32(a) * to_a + (np.float32(b) * to_b + fixed)))


def dot_in_pairs(a: list[int], b: list[int]) -> int:
    """The sum of products of codes, with each pair of neighbouring products saturated to int16, as VPMADDUBSW does.

    Source: Intel 64 and IA-32 Architectures Software Developer's Manual, PMADDUBSW: unsigned bytes times signed ones.

    >>> dot_in_pairs([210, 198, 234], [-81, -80, 127])
    -3050
    """
    products = [x * y for x, y in zip(a, b, strict=True)]
    pairs = (sum(products[i : i + 2]) for i in range(0, len(products), 2))
    return sum(min(max(pair, -(1 << 15)), (1 << 15) - 1) for pair in pairs)

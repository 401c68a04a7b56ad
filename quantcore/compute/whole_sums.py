"""Sums of codes and of their products, as kernels compute them and as they are."""

from fractions import Fraction

import numpy as np

from ..errors import QuantError
from ..rounding import round_fraction

INT16 = 1 << 15
INT32 = 1 << 31


def wrapped(total: int) -> int:
    """What 32 bits keep of a sum: modulo 2^32, as integer hardware wraps.

    >>> wrapped(2**31)
    -2147483648
    """
    return (total + INT32) % (2 * INT32) - INT32


def exact_addition(a: int, b: int, scales: tuple[float, float, float], zero_points: tuple[int, int, int]) -> Fraction:
    """((a - z_a) s_a + (b - z_b) s_b) / s_y: what two codes stand for together, in steps of the output."""
    (z_a, z_b, _), (s_a, s_b, s_y) = zero_points, scales
    return ((a - z_a) * Fraction(s_a) + (b - z_b) * Fraction(s_b)) / Fraction(s_y)


def add_codes(a: int, b: int, scales: tuple[float, float, float], zero_points: tuple[int, int, int], rule: str) -> int:
    """The code of a sum of two codes, not clipped: round((a - z_a) s_a / s_y + (b - z_b) s_b / s_y) + z_y.

    Args:
        a: A code; and
        b: another.
        scales: s_a, s_b, s_y.
        zero_points: z_a, z_b, z_y.
        rule: "exact"; or "float32": the ratios of scales are float32, the zero points are put together beforehand, and
            each product and sum is rounded, as ONNX Runtime's QLinearAdd does (MlasQLinearAdd). Ties go to even.

    Raises:
        QuantError: If float32 does not hold the ratios of the scales, or the sum.

    >>> scales = (0.02534690499305725, 0.035809919238090515, 0.0365859717130661)
    >>> [add_codes(-114, -122, scales, (-106, -120, -105), rule) for rule in ("exact", "float32")]
    [-113, -112]
    """
    (z_a, z_b, z_y), (s_a, s_b, s_y) = zero_points, scales
    if rule == "exact":
        return round_fraction(exact_addition(a, b, scales, zero_points), "half_even") + z_y
    with np.errstate(over="ignore", under="ignore", divide="ignore", invalid="ignore"):
        to_a, to_b = (np.float32(s) / np.float32(s_y) for s in (s_a, s_b))
        fixed = np.float32(z_y) - (to_a * np.float32(z_a) + to_b * np.float32(z_b))
        found = np.rint(np.float32(a) * to_a + (np.float32(b) * to_b + fixed))
    if not np.isfinite(found):
        raise QuantError(
            f"the scales {s_a} and {s_b} are too large for steps of {s_y} in float32. Use a larger one.", "output_scale"
        )
    return int(found)


def dot_codes(a: list[int], b: list[int], zero_points: tuple[int, int] = (0, 0)) -> int:
    """The sum of (a - z_a)(b - z_b), however large.

    >>> dot_codes([210, 198, 234], [-81, -80, 127])
    -3132
    """
    z_a, z_b = zero_points
    return sum((x - z_a) * (y - z_b) for x, y in zip(a, b, strict=True))


def dot_in_pairs(a: list[int], b: list[int], zero_points: tuple[int, int] = (0, 0)) -> int:
    """The same sum, with each pair of neighbouring products of codes saturated to int16, as VPMADDUBSW does.

    The zero points are corrected for afterwards, with sums of codes that do not saturate.

    Source: Intel 64 and IA-32 Architectures Software Developer's Manual, PMADDUBSW: unsigned bytes times signed ones.

    >>> dot_in_pairs([210, 198, 234], [-81, -80, 127])
    -3050
    """
    products = [x * y for x, y in zip(a, b, strict=True)]
    pairs = [sum(products[i : i + 2]) for i in range(0, len(products), 2)]
    lost = sum(pair - min(max(pair, -INT16), INT16 - 1) for pair in pairs)
    return dot_codes(a, b, zero_points) - lost

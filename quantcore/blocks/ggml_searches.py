"""The searches by which ggml chooses scales and minimums, all blocks of a chunk side by side.

Each tries some step sizes, fits scale (and minimum) to the codes by weighted least squares, and keeps the best.
Arrays are (block_size, n_blocks), see `ggml_arithmetic`; results (n_blocks,) and codes (block_size, n_blocks).

Source: ggml-quants.c of ggml 0.20.2; each function names the C function that it follows.
"""

from __future__ import annotations

import numpy as np

from .ggml_arithmetic import GROUP_MAX_EPS, Floats, Ints, add_up, f32, largest, nearest_int, round_within

_EXACT = 4194303.0  # up to here nearest_int rounds ties to even, as np.rint


def fit_scale(x: Floats, n_max: int, weights: Floats | None = None) -> tuple[Floats, Ints]:
    """Scale and codes 0 to 2 n_max - 1 of x = scale * (code - n_max) (make_qx_quants, rmse_type 1).

    Args:
        x: (block_size, n_blocks).
        n_max: Half the number of codes.
        weights: As x; x * x where absent.
    """
    signed_max, amax = largest(x, axis=0)
    zero = amax < GROUP_MAX_EPS
    signed_max = np.where(zero, np.float32(1), signed_max)
    w = x * x if weights is None else weights
    wx = w * x

    def sums(inverse_scale: Floats) -> tuple[Floats, Floats]:
        codes = np.rint(inverse_scale * x)  # within n_max + 1
        codes.clip(-n_max, n_max - 1, out=codes)
        terms = wx * codes
        sum_lx = add_up(terms)
        np.multiply(w, codes, out=terms)
        terms *= codes
        return sum_lx, add_up(terms)

    best_inverse = f32(-n_max) / signed_max
    sum_lx, sum_l2 = sums(best_inverse)
    scale = np.divide(sum_lx, sum_l2, out=np.zeros_like(sum_lx), where=sum_l2 != 0)
    best = scale * sum_lx
    for step in (*range(-9, 0), *range(1, 10)):
        inverse_scale = -(f32(n_max) + f32(0.1) * f32(step)) / signed_max
        sum_lx, sum_l2 = sums(inverse_scale)
        better = (sum_l2 > 0) & (sum_lx * sum_lx > best * sum_l2)
        np.divide(sum_lx, sum_l2, out=scale, where=better)
        np.multiply(scale, sum_lx, out=best, where=better)
        np.copyto(best_inverse, inverse_scale, where=better)
    codes = nearest_int(best_inverse * x).clip(-n_max, n_max - 1) + n_max
    return np.where(zero, np.float32(0), scale), np.where(zero, 0, codes)


def fit_scale_by_turns(x: Floats, n_max: int) -> tuple[Floats, Ints]:
    """Scale and codes as `fit_scale`; codes are moved one by one where that lowers the error (make_q3_quants)."""
    signed_max, amax = largest(x, axis=0)
    zero = amax < GROUP_MAX_EPS
    codes = round_within(f32(-n_max) / np.where(zero, np.float32(1), signed_max) * x, -n_max, n_max - 1)
    w = x * x
    wx = w * x
    sum_lx, sum_l2 = add_up(wx * codes), add_up(w * codes * codes)
    for _ in range(5):
        changed = False
        for i, row in enumerate(x):
            old = codes[i]
            lx = sum_lx - wx[i] * old
            l2 = sum_l2 - w[i] * old * old
            new = round_within(row * l2 / lx, -n_max, n_max - 1)
            moved = (lx > 0) & (new != old)
            lx += wx[i] * new
            l2 += w[i] * new * new
            moved &= (l2 > 0) & (lx * lx * sum_l2 > sum_lx * sum_lx * l2)
            changed |= bool(moved.any())
            for target, value in ((old, new), (sum_lx, lx), (sum_l2, l2)):
                np.copyto(target, value, where=moved)
        if not changed:
            break
    scale = np.divide(sum_lx, sum_l2, out=np.zeros_like(sum_lx), where=sum_l2 > 0)
    return np.where(zero, np.float32(0), scale), np.where(zero, 0, codes.astype(np.int32) + n_max)


def fit_scale_and_minimum(
    x: Floats, weights: Floats, n_max: int, start: float, step: float, n_steps: int, absolute: bool = False
) -> tuple[Floats, Floats, Ints]:
    """Scale, minus the minimum, and codes 0 to n_max of x = scale * code + minimum, minimum <= 0.

    Args:
        x: (block_size, n_blocks).
        weights: As x.
        n_max: The highest code.
        start: The first try divides the range into n_max + start steps,
        step: each further one into so many more,
        n_steps: and so many follow the first.
        absolute: The error is the weighted sum of magnitudes, not of squares.

    (make_qkx2_quants, make_qkx3_quants)
    """
    low, high = _first_least(x), x.max(axis=0)
    sum_w, sum_x = add_up(weights), add_up(weights * x)
    low = np.where(low > 0, np.float32(0), low)
    flat = high == low
    span = np.where(flat, np.float32(1), high - low)
    inverse_scale = f32(n_max) / span
    scale = f32(1) / inverse_scale
    minimum = low.copy()
    codes = _codes_above(x, minimum, inverse_scale, n_max)
    best_error = _weighted_error(codes, scale, minimum, x, weights, absolute)
    best_origin, best_inverse = minimum.copy(), inverse_scale.copy()
    for i in range(n_steps + 1):
        inverse_scale = (f32(start) + f32(step) * f32(i) + f32(n_max)) / np.where(flat, np.float32(1), high - minimum)
        codes = _codes_above(x, minimum, inverse_scale, n_max)
        terms = weights * codes
        sum_l = add_up(terms)
        sum_l2 = add_up(terms * codes)
        terms *= x
        sum_xl = add_up(terms)
        determinant = sum_w * sum_l2 - sum_l * sum_l
        new_scale = (sum_w * sum_xl - sum_x * sum_l) / determinant
        new_minimum = (sum_l2 * sum_x - sum_l * sum_xl) / determinant
        above = new_minimum > 0
        np.copyto(new_minimum, np.float32(0), where=above)
        np.divide(sum_xl, sum_l2, out=new_scale, where=above)
        error = _weighted_error(codes, new_scale, new_minimum, x, weights, absolute)
        better = (determinant > 0) & (error < best_error)
        np.copyto(best_origin, minimum, where=better)
        np.copyto(best_inverse, inverse_scale, where=better)
        for target, value in ((best_error, error), (scale, new_scale), (minimum, new_minimum)):
            np.copyto(target, value, where=better)
    codes = _codes_above(x, best_origin, best_inverse, n_max).astype(np.int32)
    return np.where(flat, np.float32(0), scale), -np.where(flat, low, minimum), np.where(flat, 0, codes)


def fit_scale_of_scales(x: Floats, n_max: int, weights: Floats) -> tuple[Floats, Ints]:
    """Scale and codes 0 to n_max of x = scale * code, for x that are themselves scales (make_qp_quants).

    Codes are held in a byte: of a negative scale 256 more.
    """
    high = np.zeros_like(x[0])
    for row in x:  # the macro MAX(high, row), which takes a NaN over and leaves it again
        high = np.where(high > row, high, row)
    zero = high < GROUP_MAX_EPS
    high = np.where(zero, np.float32(1), high)
    best_inverse = f32(n_max) / high
    codes = nearest_int(best_inverse * x) & 255
    difference = x - f32(1) / best_inverse * codes.astype(np.float32)
    best_error = add_up(weights * difference * difference)
    for step in (-4, -3, -2, -1, 1, 2, 3, 4):
        inverse_scale = (f32(0.1) * f32(step) + f32(n_max)) / high
        tried = np.minimum(n_max, nearest_int(inverse_scale * x)).astype(np.float32)
        difference = x - f32(1) / inverse_scale * tried
        error = add_up(weights * difference * difference)
        better = error < best_error
        np.copyto(best_error, error, where=better)
        np.copyto(best_inverse, inverse_scale, where=better)
    tried = np.minimum(n_max, nearest_int(best_inverse * x)).astype(np.float32)
    wx = weights * x
    sum_lx, sum_l2 = add_up(wx * tried), add_up(weights * tried * tried)
    held = (tried.astype(np.int32) & 255).astype(np.float32)
    for _ in range(5):
        changed = False
        for i, row in enumerate(x):
            w, old = weights[i], held[i]
            lx = sum_lx - wx[i] * old
            l2 = sum_l2 - w * old * old
            new_code = np.minimum(n_max, nearest_int(row * l2 / lx))
            new = new_code.astype(np.float32)
            moved = (lx > 0) & (l2 > 0) & (new != old)
            lx += wx[i] * new
            l2 += w * new * new
            moved &= lx * lx * sum_l2 > sum_lx * sum_lx * l2
            changed |= bool(moved.any())
            np.copyto(old, (new_code & 255).astype(np.float32), where=moved)
            np.copyto(sum_lx, lx, where=moved)
            np.copyto(sum_l2, l2, where=moved)
        if not changed:
            break
    scale = np.divide(sum_lx, sum_l2, out=np.zeros_like(sum_lx), where=sum_l2 > 0)
    return np.where(zero, np.float32(0), scale), np.where(zero, 0, held.astype(np.int32))


def _codes_above(x: Floats, minimum: Floats, inverse_scale: Floats, n_max: int) -> Floats:
    codes = x - minimum
    codes *= inverse_scale
    if not np.abs(codes).max() <= _EXACT:  # not finite, or beyond what the trick of nearest_int rounds
        return round_within(codes, 0, n_max)
    np.rint(codes, out=codes)
    return codes.clip(0, n_max, out=codes)


def _weighted_error(
    codes: Floats, scale: Floats, minimum: Floats, x: Floats, weights: Floats, absolute: bool
) -> Floats:
    difference = scale * codes
    difference += minimum
    difference -= x
    if absolute:
        np.abs(difference, out=difference)
    else:
        difference *= difference
    difference *= weights
    return add_up(difference)


def _first_least(x: Floats) -> Floats:
    """Of each block the first of its least elements: -0 or +0, whichever comes first."""
    low: Floats = x.min(axis=0)
    if (low == 0).any():
        first = (x == low).argmax(axis=0)
        low = np.take_along_axis(x, first[None], axis=0)[0]
    return low

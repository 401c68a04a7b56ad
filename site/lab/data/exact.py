"""log, sine and the normal distribution's quantile, the same to the last bit on every machine.

The C library's ``log`` and ``sin`` may differ in the last bit between glibc, musl (Pyodide), macOS and Windows. The
functions here use only what IEEE 754 defines exactly, and what every platform of NumPy therefore computes alike:
``+ - * /``, ``sqrt``, comparison, ``rint``, and taking a float apart (``frexp``). Each is one NumPy call, so that no
compiler can fuse a multiplication with an addition; nothing is summed by NumPy, whose order of summation depends on the
processor. They need a processor that computes in 64 bits, which is every one but the x87.
"""

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]

LN_2 = 0.6931471805599453
SQRT_HALF = 0.7071067811865476
TWO_PI = 6.283185307179586

# ln((1 + f) / (1 - f)) / 2f = 1 + f²/3 + f⁴/5 + …; with f² at most 0.0295 the term left out is below 1e-18.
LOG_SERIES = tuple(1.0 / n for n in range(21, 0, -2))
# sin(x) / x = 1 - x²/3! + x⁴/5! - …; with x at most π/2 the term left out is below 1e-17.
SINE_SERIES = tuple(
    sign / factorial
    for sign, factorial in (
        (1.0, 51090942171709440000.0),  # 21!
        (-1.0, 121645100408832000.0),
        (1.0, 355687428096000.0),
        (-1.0, 1307674368000.0),
        (1.0, 6227020800.0),
        (-1.0, 39916800.0),
        (1.0, 362880.0),
        (-1.0, 5040.0),
        (1.0, 120.0),
        (-1.0, 6.0),
        (1.0, 1.0),
    )
)

# Wichura, M. J. (1988): Algorithm AS 241, The Percentage Points of the Normal Distribution. Applied Statistics 37 (3),
# 477-484, PPND16: numerators and denominators, highest power first, for |p - 0.5| <= 0.425, sqrt(-ln p) <= 5, beyond.
# fmt: off
CENTRE = (
    (2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4, 4.5921953931549871457e4,
     1.3731693765509461125e4, 1.9715909503065514427e3, 1.3314166789178437745e2, 3.3871328727963666080e0),
    (5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4, 2.1213794301586595867e4,
     5.3941960214247511077e3, 6.8718700749205790830e2, 4.2313330701600911252e1, 1.0),
)
SHOULDER = (
    (7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1, 1.27045825245236838258e0,
     3.64784832476320460504e0, 5.76949722146069140550e0, 4.63033784615654529590e0, 1.42343711074968357734e0),
    (1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2, 1.48103976427480074590e-1,
     6.89767334985100004550e-1, 1.67638483018380384940e0, 2.05319162663775882187e0, 1.0),
)
TAIL = (
    (2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3, 2.65321895265761230930e-2,
     2.96560571828504891230e-1, 1.78482653991729133580e0, 5.46378491116411436990e0, 6.65790464350110377720e0),
    (2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5, 7.86869131145613259100e-4,
     1.48753612908506148525e-2, 1.36929880922735805310e-1, 5.99832206555887937690e-1, 1.0),
)
# fmt: on


def log(x: Float64) -> Float64:
    """Natural logarithm of positive numbers, at most about 1 unit in the last place off.

    >>> log(np.array([1.0, 2.0])).tolist()
    [0.0, 0.6931471805599453]
    """
    mantissa, exponent = np.frexp(x)  # x = mantissa * 2**exponent, mantissa in [0.5, 1)
    is_small = mantissa < SQRT_HALF
    mantissa = np.where(is_small, mantissa + mantissa, mantissa)  # in [0.707, 1.414), so that f stays small
    exponent = exponent - is_small
    f = (mantissa - 1.0) / (mantissa + 1.0)
    return exponent * LN_2 + (f + f) * _polynomial(LOG_SERIES, f * f)


def sine_of_turns(turns: Float64) -> Float64:
    """sin(2π · turns): the angle in whole turns, which makes its reduction exact.

    >>> sine_of_turns(np.array([0.0, 0.25, 0.5, 1.25])).tolist()
    [0.0, 1.0, 0.0, 1.0]
    """
    t = turns - np.rint(turns)  # in [-0.5, 0.5]
    t = np.where(np.abs(t) > 0.25, np.copysign(0.5, t) - t, t)  # sin(π - x) = sin(x)
    x = t * TWO_PI
    return x * _polynomial(SINE_SERIES, x * x)


def normal_quantile(p: Float64) -> Float64:
    """The number below which a standard normal number falls with probability p, for 1-D p in (0, 1).

    >>> normal_quantile(np.array([0.5, 0.975])).round(6).tolist()
    [0.0, 1.959964]
    """
    q = p - 0.5
    z = q * _ratio(CENTRE, 0.180625 - q * q)
    outer = np.flatnonzero(np.abs(q) > 0.425)
    r = np.sqrt(-log(np.minimum(p[outer], 1.0 - p[outer])))
    shoulder, tail = _ratio(SHOULDER, r - 1.6), _ratio(TAIL, r - 5.0)
    z[outer] = np.copysign(np.where(r <= 5.0, shoulder, tail), q[outer])
    return z


def _ratio(coefficients: tuple[tuple[float, ...], tuple[float, ...]], x: Float64) -> Float64:
    numerator, denominator = coefficients
    return _polynomial(numerator, x) / _polynomial(denominator, x)


def _polynomial(coefficients: tuple[float, ...], x: Float64) -> Float64:
    """Horner's scheme, highest power first; every product and every sum is rounded on its own."""
    result = np.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        result *= x
        result += coefficient
    return result

"""Generated numbers as a program makes them: the generator itself, short, and the same numbers bit for bit."""

from ..data.exact import CENTRE, LN_2, LOG_SERIES, SHOULDER, SINE_SERIES, SQRT_HALF, TAIL, TWO_PI
from ..data.generate import HUMP, HUMP_WIDTH, SQRT_3
from ..data.generate import SQRT_HALF as LAPLACE
from ..data.randomness import LANES

Lines = list[str]


def _table(name: str, rows: tuple[tuple[float, ...], ...]) -> Lines:
    return [f"{name} = (", *(f"    {row!r}," for row in rows), ")"]


UNIFORM = [
    "def uniform(lane):",
    "    # SplitMix64: 52 random bits that follow from the seed and the place alone, between 0 and 1",
    f"    z = np.arange(n, dtype=np.uint64) * np.uint64({LANES}) + np.uint64(lane + 1)",
    "    z = z * np.uint64(0x9E3779B97F4A7C15) + np.uint64(seed)",
    "    z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)",
    "    z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)",
    "    return (((z ^ z >> np.uint64(31)) >> np.uint64(12)) + 0.5) * 2.0**-52",
]
POLYNOMIAL = [
    "def polynomial(coefficients, x):",
    "    total = np.full_like(x, coefficients[0])",
    "    for coefficient in coefficients[1:]:",
    "        total = total * x + coefficient",
    "    return total",
]
LOG = [
    "def log(x):",
    "    # of NumPy's own the last bit differs between machines",
    f"    series = {LOG_SERIES!r}",
    "    mantissa, exponent = np.frexp(x)",
    f"    is_small = mantissa < {SQRT_HALF!r}",
    "    mantissa = np.where(is_small, mantissa + mantissa, mantissa)",
    "    f = (mantissa - 1) / (mantissa + 1)",
    f"    return (exponent - is_small) * {LN_2!r} + (f + f) * polynomial(series, f * f)",
]
NORMAL = [
    "def normal(p):",
    "    # the quantiles of the normal distribution, by Wichura's algorithm AS 241",
    *(f"    {line}" for line in _table("centre", CENTRE)),
    *(f"    {line}" for line in _table("shoulder", SHOULDER)),
    *(f"    {line}" for line in _table("tail", TAIL)),
    "    q = p - 0.5",
    "    r = np.sqrt(-log(np.minimum(p, 1 - p)))",
    "",
    "    def ratio(pair, x):",
    "        return polynomial(pair[0], x) / polynomial(pair[1], x)",
    "",
    "    outer = np.copysign(np.where(r <= 5, ratio(shoulder, r - 1.6), ratio(tail, r - 5)), q)",
    "    return np.where(np.abs(q) > 0.425, outer, q * ratio(centre, 0.180625 - q * q))",
]
SINE = [
    "def sine(turns):",
    "    # of NumPy's own the last bit differs between machines",
    f"    series = {SINE_SERIES!r}",
    "    t = turns - np.rint(turns)",
    "    t = np.where(np.abs(t) > 0.25, np.copysign(0.5, t) - t, t)",
    f"    x = t * {TWO_PI!r}",
    "    return x * polynomial(series, x * x)",
]
OF_NORMAL = [UNIFORM, POLYNOMIAL, LOG, NORMAL]
ONE = "z = normal(uniform(0))"
MADE: dict[str, tuple[list[Lines], Lines]] = {
    "normal": (OF_NORMAL, ["x = normal(uniform(0))"]),
    "uniform": ([UNIFORM], ["u = uniform(0)", f"x = (u + u - 1) * {SQRT_3!r}"]),
    "laplace": (
        [UNIFORM, POLYNOMIAL, LOG],
        [
            "u = uniform(0)",
            f"x = np.copysign(log(2 * np.minimum(u, 1 - u)), u - 0.5) * {LAPLACE!r}",
        ],
    ),
    "outliers": (
        OF_NORMAL,
        [ONE, "x = np.where(uniform(1) < outlier_share, z + np.copysign(outlier_size, z), z)"],
    ),
    "bimodal": (OF_NORMAL, [f"x = np.copysign({HUMP!r}, uniform(1) - 0.5) + {HUMP_WIDTH!r} * normal(uniform(0))"]),
    "relu": (OF_NORMAL, [ONE, "x = np.where(z > 0, z, 0.0)"]),
    "ramp": ([], ["i, last = np.arange(n, dtype=np.float64), max(n - 1, 1)", "x = (i + i - last) / last"]),
    "sine": (
        [POLYNOMIAL, SINE],
        [
            "turns, rest = np.zeros(n), np.arange(n)",
            "for length in reversed(shape):",
            "    turns, rest = turns + (rest % length) / length, rest // length",
            "x = sine(turns)",
        ],
    ),
}
"""By source: the functions that it needs, and the lines that make `x`, as many as `n`."""


def generator(source: str, texts: dict[str, str], shape: tuple[int, ...], seed: int) -> tuple[list[Lines], Lines]:
    """Functions, and lines that leave `x` in its shape, in float64.

    Args:
        source: a key of :data:`MADE`, or "student_t".
        texts: the fields of the request.
        shape: lengths of the axes.
        seed: starts the random numbers.
    """
    functions, made = _student_t(int(texts["degrees"])) if source == "student_t" else MADE[source]
    numbers = [
        "# the numbers of the page, bit for bit",
        f"seed, shape = {seed}, {shape}" if UNIFORM in functions else f"shape = {shape}",
    ]
    numbers.append("n = int(np.prod(shape))")
    if source == "outliers":
        share, size = float(texts["outlier_share"]) / 100, float(texts["outlier_size"])
        numbers.append(f"outlier_share, outlier_size = {share!r}, {size!r}")
    spread = float(texts["spread"])
    times = "" if spread == 1 else f" * {spread!r}"
    last = f"x = (x{times}).reshape(shape)" if times else "x = x.reshape(shape)"
    return functions, [*numbers, *made, last]


def _student_t(degrees: int) -> tuple[list[Lines], Lines]:
    lines = [ONE, "product = uniform(1)"]
    lanes = range(2, degrees // 2 + 1)
    if lanes:
        lines += [f"for lane in range(2, {lanes.stop}):", "    product *= uniform(lane)"]
    lines.append("chi_squared = -2 * log(product)")
    if degrees % 2:
        lines += [f"other = normal(uniform({LANES - 1}))", "chi_squared += other * other"]
    return OF_NORMAL, [*lines, f"x = z * np.sqrt(({degrees} - 2.0) / chi_squared)"]

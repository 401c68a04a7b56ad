"""Numbers out of a seed: the same bits in every browser and in CPython.

Each value follows from the seed and its flat index alone (:mod:`.randomness`), through operations that every machine
computes alike (:mod:`.exact`): the C library's ``log``, ``exp`` and ``cos`` are never called, and nothing is summed.
So a larger shape continues the numbers of a smaller one, and the distributions that start from a normal number share
it: with one seed, "normal" and "outliers" are the same numbers but for the outliers.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from quantcore import QuantError

from .exact import Float64, log, normal_quantile, sine_of_turns
from .randomness import LANES, uniforms

MAX_VALUES = 10_000_000
DEFAULT_SHAPE = (16, 16)
CHUNK = 1 << 15  # values that are computed at a time: the intermediate arrays stay in the cache

SQRT_3 = 1.7320508075688772
SQRT_HALF = 0.7071067811865476
HUMP = 0.9  # a bimodal number is ±0.9 plus a normal one of such width that the standard deviation is 1
HUMP_WIDTH = 0.43588989435406733  # sqrt(1 - 0.9²)
MAX_DEGREES = 30


@dataclass(frozen=True, slots=True)
class Recipe:
    """What to generate.

    Attributes:
        shape: lengths of the axes.
        seed: starts the random numbers.
        spread: standard deviation of random numbers (before ReLU, without the outliers); height of a ramp or a sine.
        outlier_share: which part of the values are outliers, from 0 to 1.
        outlier_size: by how many standard deviations they lie further out.
        degrees: degrees of freedom of Student's t, a whole number from 3 to 30; the fewer, the heavier the tails.
    """

    shape: tuple[int, ...] = DEFAULT_SHAPE
    seed: int = 1
    spread: float = 1.0
    outlier_share: float = 0.01
    outlier_size: float = 20.0
    degrees: int = 4

    @property
    def n_values(self) -> int:
        """How many numbers the shape holds."""
        return math.prod(self.shape)


@lru_cache(maxsize=1)  # most changes are to how the same numbers are quantized
def generate(source: str, recipe: Recipe) -> Float64:
    """The numbers of a source, a key of :data:`GENERATORS`, in the recipe's shape; not to be written to.

    Raises:
        QuantError: if the shape holds more numbers than the page can use.

    >>> generate("normal", Recipe(shape=(3,), seed=1)).tolist()
    [0.1676268464091555, -0.2606810078587389, 0.5840514871100349]
    """
    if recipe.n_values > MAX_VALUES:
        wanted = " × ".join(map(str, recipe.shape))
        raise QuantError(
            f"shape is {wanted}, which holds {recipe.n_values:,} numbers; it may hold at most {MAX_VALUES:,}. "
            "Use fewer rows or columns.",
            "shape",
        )
    values = np.empty(recipe.n_values)
    for first in range(0, recipe.n_values, CHUNK):
        stop = min(first + CHUNK, recipe.n_values)
        values[first:stop] = GENERATORS[source](recipe, first, stop)
    values *= recipe.spread
    values.setflags(write=False)
    return values.reshape(recipe.shape)


def _normal(recipe: Recipe, first: int, stop: int) -> Float64:
    return normal_quantile(uniforms(recipe.seed, first, stop, 0))


def _uniform(recipe: Recipe, first: int, stop: int) -> Float64:
    u = uniforms(recipe.seed, first, stop, 0)
    return (u + u - 1.0) * SQRT_3


def _laplace(recipe: Recipe, first: int, stop: int) -> Float64:
    u = uniforms(recipe.seed, first, stop, 0)
    tail = np.minimum(u, 1.0 - u)  # exact: u is a multiple of 2**-53
    return np.copysign(log(tail + tail), u - 0.5) * SQRT_HALF


def _student_t(recipe: Recipe, first: int, stop: int) -> Float64:
    """A normal number over sqrt(χ² / ν), scaled to variance 1 by sqrt((ν - 2) / ν).

    χ² with ν degrees of freedom is -2 ln of the product of ν/2 uniform numbers, plus the square of a normal number
    where ν is odd.
    """
    z = _normal(recipe, first, stop)
    product = uniforms(recipe.seed, first, stop, 1)
    for lane in range(2, recipe.degrees // 2 + 1):
        product *= uniforms(recipe.seed, first, stop, lane)
    chi_squared = -2.0 * log(product)
    if recipe.degrees % 2:
        other = normal_quantile(uniforms(recipe.seed, first, stop, LANES - 1))
        chi_squared += other * other
    return z * np.sqrt((recipe.degrees - 2.0) / chi_squared)


def _outliers(recipe: Recipe, first: int, stop: int) -> Float64:
    z = _normal(recipe, first, stop)
    is_outlier = uniforms(recipe.seed, first, stop, 1) < recipe.outlier_share
    return np.where(is_outlier, z + np.copysign(recipe.outlier_size, z), z)


def _bimodal(recipe: Recipe, first: int, stop: int) -> Float64:
    side = np.copysign(HUMP, uniforms(recipe.seed, first, stop, 1) - 0.5)
    return side + HUMP_WIDTH * _normal(recipe, first, stop)


def _relu(recipe: Recipe, first: int, stop: int) -> Float64:
    z = _normal(recipe, first, stop)
    return np.where(z > 0.0, z, 0.0)


def _ramp(recipe: Recipe, first: int, stop: int) -> Float64:
    """From -1 to 1 in equal steps, row after row."""
    index = np.arange(first, stop, dtype=np.float64)
    last = max(recipe.n_values - 1, 1)
    return (index + index - last) / last


def _sine(recipe: Recipe, first: int, stop: int) -> Float64:
    """One period along every axis, which makes waves across a matrix."""
    turns = np.zeros(stop - first)
    rest: NDArray[np.int64] = np.arange(first, stop, dtype=np.int64)
    for length in reversed(recipe.shape):
        turns += (rest % length) / length
        rest = rest // length
    return sine_of_turns(turns)


GENERATORS: dict[str, Callable[[Recipe, int, int], Float64]] = {
    "normal": _normal,
    "uniform": _uniform,
    "laplace": _laplace,
    "student_t": _student_t,
    "outliers": _outliers,
    "bimodal": _bimodal,
    "relu": _relu,
    "ramp": _ramp,
    "sine": _sine,
}

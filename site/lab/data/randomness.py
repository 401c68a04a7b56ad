"""Random numbers that are counted, not drawn: the number at a place follows from the seed and the place alone.

SplitMix64 in whole-number arithmetic modulo 2**64, so every machine computes the same bits; and because it counts, any
part of a stream can be had without the part before it.

Source: Steele, Lea, Flood (2014): Fast Splittable Pseudorandom Number Generators, OOPSLA 2014, figures 16 and 17 (with
the constants of ``java.util.SplittableRandom``).
"""

import numpy as np
from numpy.typing import NDArray

GOLDEN_GAMMA = 0x9E3779B97F4A7C15
LANES = 32  # random numbers that each value may use; the next value begins where these end


def split_mix(seed: int, counters: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The outputs at these places (from 1) of the stream that a seed starts.

    >>> split_mix(1234567, np.array([1, 2], np.uint64)).tolist()
    [6457827717110365317, 3203168211198807973]
    """
    z = counters * np.uint64(GOLDEN_GAMMA)
    z += np.uint64(seed)
    z ^= z >> np.uint64(30)
    z *= np.uint64(0xBF58476D1CE4E5B9)
    z ^= z >> np.uint64(27)
    z *= np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return z


def uniforms(seed: int, first: int, stop: int, lane: int) -> NDArray[np.float64]:
    """Numbers strictly between 0 and 1, symmetric about 0.5, for the values first, …, stop - 1.

    They are odd multiples of 2**-53: 52 random bits and a half, which a float64 holds exactly.

    Args:
        seed: from 0 to 2**64 - 1.
        first: flat index of the first value.
        stop: flat index after the last.
        lane: which of a value's random numbers, below LANES.
    """
    counters = np.arange(first, stop, dtype=np.uint64)
    counters *= np.uint64(LANES)
    counters += np.uint64(lane + 1)
    bits = split_mix(seed, counters) >> np.uint64(12)
    return (bits.astype(np.float64) + 0.5) * 2.0**-52

"""Pictures as rows of greys: the bundled one, and those that the browser decoded.

The bundled one is a quiet landscape, drawn by formulas. It has what shows quantization best: a wide smooth sky, which
breaks into bands; a soft halo, which breaks into rings; dark layered hills; and fine ripples and grain, which hide or
reveal the steps. Drawn with :mod:`.exact` and rounded to whole greys, it is the same picture everywhere.
"""

import numpy as np
from numpy.typing import NDArray

from .exact import Float64, sine_of_turns
from .files.contents import refuse
from .randomness import uniforms

SIZE = 96
HORIZON = 0.62  # the water begins here; heights count downwards from 0 to 1
SUN = (0.66, 0.34)  # from the left, from the top
SUN_RADIUS = 0.085

MAX_PIXELS = 1 << 24
LUMA = (77, 150, 29)
"""Weights of red, green and blue in a grey, in 256ths (Rec. ITU-R BT.601)."""


def draw() -> Float64:
    """The picture, 96 rows of 96 greys from 0 (black) to 255 (white), all whole numbers.

    >>> draw().shape, float(draw().min()), float(draw().max())
    ((96, 96), 4.0, 255.0)
    """
    middle = (np.arange(SIZE) + 0.5) / SIZE
    x, y = np.broadcast_arrays(middle[None, :], middle[:, None])
    grey = np.where(y < HORIZON, _sky(x, y), _water(x, y))
    for height, roughness, shade in ((0.50, 0.060, 0.50), (0.565, 0.035, 0.34)):
        ridge = height - roughness * _ridge(x, height)
        grey = np.where((y > ridge) & (y < HORIZON), shade + 0.5 * (HORIZON - y) * shade, grey)
    grain = uniforms(1, 0, SIZE * SIZE, 0).reshape(SIZE, SIZE) - 0.5
    grey = grey + np.where(y > HORIZON, 0.05, 0.0) * grain
    whole: Float64 = np.rint(np.clip(grey, 0.0, 1.0) * 255.0)
    return whole


def _sky(x: Float64, y: Float64) -> Float64:
    """Darker towards the top, the sun with its halo in it."""
    distance = np.sqrt((x - SUN[0]) * (x - SUN[0]) + (y - SUN[1]) * (y - SUN[1]))
    halo = 0.035 / (distance * distance + 0.07)
    edge = np.clip((SUN_RADIUS - distance) * SIZE + 0.5, 0.0, 1.0)  # one pixel wide, so that the disc is round
    sky = 0.22 + 0.42 * (y / HORIZON) + halo
    return sky + edge * (1.0 - np.minimum(sky, 1.0))


def _water(x: Float64, y: Float64) -> Float64:
    """Ripples that grow closer together towards the horizon, and the sun's glitter."""
    depth = (y - HORIZON) / (1.0 - HORIZON)  # 0 at the horizon, 1 at the lower edge
    phase = 2.2 / (depth + 0.16)
    ripple = sine_of_turns(phase + 0.25 * sine_of_turns(3.0 * x + 0.7 * phase))
    across = (x - SUN[0]) / (0.05 + 0.16 * depth)
    glitter = 0.55 / (1.0 + across * across * across * across)
    return 0.46 - 0.36 * depth + 0.07 * ripple + glitter * (0.5 + 0.5 * ripple)


def _ridge(x: Float64, phase: float) -> Float64:
    """A line of hills, from about -1 to 1."""
    waves = ((0.55, 1.3), (0.28, 3.1), (0.12, 7.7), (0.05, 17.0))
    ridge = np.zeros_like(x)
    for height, frequency in waves:
        ridge = ridge + height * sine_of_turns(frequency * (x + phase))
    return ridge


def greys(width: int, height: int, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Rows of greys, of pixels with or without colour, what is transparent laid on white.

    Raises:
        QuantError: if the pixels are not of this size.
    """
    count = width * height
    if width < 1 or height < 1 or count > MAX_PIXELS:
        refuse(f"is a picture of {width:,} × {height:,} pixels; it may have 1 to {MAX_PIXELS:,} of them. Shrink it.")
    if len(pixels) not in (count, 4 * count):
        refuse(f"is a picture of {width:,} × {height:,} pixels, and {len(pixels):,} bytes came in. Drop it again.")
    if len(pixels) == count:
        return pixels.reshape(height, width).copy()
    red, green, blue, opacity = (channel.astype(np.uint16) for channel in pixels.reshape(-1, 4).T)
    grey = (LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue + 128) >> 8  # at most 65408, which uint16 holds
    laid = (grey * opacity + 255 * (255 - opacity) + 127) // 255
    return laid.astype(np.uint8).reshape(height, width)

"""Settings in a few words, and the numbers that they are about in a few digits: to tell one result from another."""

import zlib

import numpy as np

import quantcore as qc

from ..notation import display
from ..request.settings import Settings

WHOLE = 1 << 17
"""Of more numbers than this, evenly spaced ones and the sum of all are in the fingerprint."""
CALIBRATIONS = {
    "mse": "least squared error",
    "entropy": "least divergence",
    "manual": "a range of its own",
    "given": "given scale",
}


def label_of(settings: Settings) -> str:
    """What the numbers are stored as, and where that is not plain, by which range and as which library does it.

    >>> from ..request.settings import read
    >>> label_of(read({})), label_of(read({"profile": "onnx", "bits": "4", "calibration": "mse"}))
    ('int8 affine', 'int4 affine, least squared error, ONNX')
    """
    if settings.codes.block is not None:
        return settings.codes.block.label
    words = [settings.codes.element.label if settings.codes.name else f"{settings.fmt!r} {settings.scheme}"]
    if isinstance(settings.granularity, qc.PerBlock):
        words[0] += f" in {settings.granularity.block_size}s"
    elif isinstance(settings.granularity, qc.PerAxis):
        words[0] += f" by {slices(settings.granularity.axis, settings.data.ndim)}s"
    if settings.codes.name and settings.calibration == "none":
        words.append("cast")
    if settings.calibration == "percentile":
        words.append(f"percentile {display.short(settings.percentile)}")
    if settings.calibration in CALIBRATIONS:
        words.append(CALIBRATIONS[settings.calibration])
    if settings.are_integers and not settings.is_notebook:
        words.append(settings.profile.label)
    return ", ".join(words)


def slices(axis: int, ndim: int) -> str:
    """What one index of an axis is.

    >>> slices(0, 2), slices(-1, 2), slices(0, 1), slices(1, 3)
    ('row', 'column', 'value', 'slice along axis 1')
    """
    if ndim > 2:
        return f"slice along axis {axis % ndim}"
    return "value" if ndim == 1 else ("row", "column")[axis]


def sharing(settings: Settings) -> str:
    """Which numbers share a scale, where an axis says so; else nothing.

    >>> from ..request.settings import read
    >>> asked = {"profile": "onnx", "values": "[[1, 2], [3, 4]]"}
    >>> sharing(read({**asked, "granularity": "axis"})), sharing(read(asked))
    ('one scale for each row', '')
    >>> sharing(read({**asked, "granularity": "block", "block_size": "2"}))
    'blocks of 2 along each row'
    """
    granularity, ndim = settings.granularity, settings.data.ndim
    if isinstance(granularity, qc.PerAxis):
        return f"one scale for each {slices(granularity.axis, ndim)}"
    if not isinstance(granularity, qc.PerBlock):
        return ""
    ways = {1: "along the list", 2: ("down each column", "along each row")[granularity.axis % 2]}
    way = ways.get(ndim, f"along axis {granularity.axis % ndim}")
    return f"blocks of {granularity.block_size} {way}"


def fingerprint_of(settings: Settings) -> str:
    """The direction, the shape, and a check sum of the numbers as they were given."""
    data = np.ascontiguousarray(settings.data, np.float64).reshape(-1)
    total = np.sum(data, keepdims=True) if data.size > WHOLE else data[:0]
    taken = np.ascontiguousarray(data[:: -(-data.size // WHOLE)])
    shape = "x".join(map(str, settings.data.shape))
    return f"{settings.direction} {shape} {zlib.crc32(total.tobytes(), zlib.crc32(taken.tobytes())):08x}"

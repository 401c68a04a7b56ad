"""The way of the followed number through a format, and where in the bytes of a file its code is."""

import numpy as np

import quantcore as qc

from .blocks import padded
from .result import Result

Bits = tuple[tuple[int, int], ...]


def trace_of(result: Result) -> qc.StoredTrace:
    """quantcore's trace of the followed number, of any format but plain integers; made once."""
    return result.once(_trace_of)


def _trace_of(result: Result) -> qc.StoredTrace:
    settings, stored, at = result.settings, result.stored, result.place_of(result.element)
    if stored is not None:
        if settings.is_dequantize:
            return qc.trace_stored(stored, at)
        return qc.trace_stored(stored, at if stored.shape else (), padded(result.x, stored.fmt))
    params = qc.QuantParams(
        result.scale,
        0,
        settings.fmt,
        settings.granularity,
        scale_factor=result.scale_factor,
        precision=result.kept,
    )
    if settings.is_dequantize:
        return qc.trace_code(result.q, params, at, result.arithmetic)
    rng = np.random.default_rng(settings.seed)
    return qc.trace_element(
        result.x, params, at, result.arithmetic, settings.rounding, rng, overflow=settings.codes.overflow
    )


def is_searched(result: Result) -> bool:
    """Whether a search chose the scale or the code of the followed number, so that the code need not be the nearest."""
    if result.stored is None or result.settings.is_dequantize:
        return False
    return any(step.operation == "searched" for step in trace_of(result).steps)


def all_bytes(result: Result) -> bytes:
    """All codes, and with blocks all scales, as they are in a file; made once."""
    return result.once(_all_bytes)


def _all_bytes(result: Result) -> bytes:
    if result.stored is not None:
        return result.stored.to_bytes()
    width, codes = code_width(result), result.flat_q.astype(result.settings.fmt.dtype, copy=False)
    return qc.pack(codes, width).tobytes() if width < 8 else codes.tobytes()


def code_width(result: Result) -> int:
    """How many bits a code takes in a file: of plain integers, those of 2 and 4 bits share bytes."""
    fmt = result.settings.fmt
    return fmt.bits if fmt.bits in (2, 4) or not result.settings.are_integers else 8 * fmt.dtype.itemsize


def bits_of(result: Result) -> Bits:
    """The bits that the followed number's code has in a file, as (byte, bit), bit 0 the lowest."""
    if result.stored is not None:
        return trace_of(result).bits
    width = code_width(result)
    return tuple(divmod(bit, 8) for bit in range(result.element * width, (result.element + 1) * width))

"""How the followed number of a block came about, as quantcore traces it: for all who ask."""

import numpy as np

import quantcore as qc

from .blocks import padded
from .result import Result


def stored_trace(result: Result) -> qc.StoredTrace:
    """Every step from the block to the code and back; of blocks read from bytes only those back."""
    return result.once(_stored_trace)


def _stored_trace(result: Result) -> qc.StoredTrace:
    assert result.stored is not None
    place = tuple(int(i) for i in np.unravel_index(result.element, result.x.shape))
    given = None if result.settings.is_dequantize else padded(result.x, result.stored.fmt)
    return qc.trace_stored(result.stored, place, given)


def is_searched(result: Result) -> bool:
    """Whether a search chose the scale or the code of the followed number, so that the code need not be the nearest."""
    if result.stored is None or result.settings.is_dequantize:
        return False
    return any(step.operation == "searched" for step in stored_trace(result).steps)

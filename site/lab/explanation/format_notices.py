"""What is worth knowing where codes are those of floats, codebooks or blocks: zeros that fill up, and what was lost."""

import numpy as np

from ..answer_types import Notice
from ..notation import display
from ..results.followed import is_searched
from ..results.result import Result
from .notice import info, warning


def filled_up(result: Result) -> list[Notice]:
    """Zeros after a row that has no whole number of blocks."""
    stored = result.stored
    if stored is None or stored.shape == result.x.shape:
        return []
    length, size = result.x.shape[-1] if result.x.ndim else 1, stored.fmt.block_size
    n_zeros = stored.shape[-1] - length
    numbers = display.plural(length, "number")
    whose = numbers if result.x.ndim < 2 else f"A row has {numbers}"
    zeros = f"{display.plural(n_zeros, 'zero')} {'follows' if n_zeros == 1 else 'follow'}"
    return [info(f"{whose}; {stored.fmt.label} stores whole blocks of {size}, so {zeros}.")]


def lost(result: Result) -> list[Notice]:
    """Values that came back as infinity or NaN."""
    n = result.n_without_number
    if not n:
        return []
    n_nan = int(np.count_nonzero(np.isnan(result.x_hat)))
    parts = [f"{display.count(k)} {name}" for k, name in ((n_nan, "NaN"), (n - n_nan, "infinity")) if k]
    if result.settings.is_dequantize:
        return [info(f"{display.plural(n, 'code')} {'stands' if n == 1 else 'stand'} for no number: {_and(parts)}.")]
    subject = "it is" if n == 1 else "they are"
    why = f"{subject} beyond the largest number of {result.settings.fmt.label}"
    if result.stored is not None:
        why = f"{subject} in blocks whose scale is beyond what {result.stored.fmt.label} stores"
    left = "The error figures are those of the others." if n < result.size else "No error can be measured."
    return [warning(f"{display.plural(n, 'value')} came back as {_and(parts)}, because {why}. {left}")]


def _and(parts: list[str]) -> str:
    return " and ".join(part.split(" ", 1)[1] if len(parts) == 1 else part for part in parts)


def became_zero(result: Result) -> list[Notice]:
    """Values that the format has no number for but 0."""
    if result.settings.are_integers or result.settings.is_dequantize:
        return []
    n = int(np.count_nonzero((result.x_hat == 0) & (result.x != 0)))
    if not n:
        return []
    which = "the format" if result.stored is None else "the block"
    share = display.told_percent(n / result.size)
    return [
        info(f"{display.plural(n, 'value')} became 0 ({share}): 0 is nearer than the smallest other number of {which}.")
    ]


def searched(result: Result) -> list[Notice]:
    """Formats that look for the scale with the least error."""
    if not is_searched(result):
        return []
    assert result.stored is not None
    return [
        info(
            f"{result.stored.fmt.label} searches: of several scales it keeps the one with the least weighted error of "
            "the block, so a single code may not be the nearest one."
        )
    ]


FORMAT_CHECKS = (filled_up, lost, became_zero, searched)

"""The instruments, in the order of the page. A new one is a new module here and a line in this table."""

from collections.abc import Callable

from ..result import Result
from . import error, mapping, staircase
from .instrument import Instrument

INSTRUMENTS: dict[str, Callable[[Result], Instrument]] = {
    "mapping": mapping.build,
    "staircase": staircase.build,
    "error": error.build,
}

__all__ = ["INSTRUMENTS", "Instrument"]

"""How the code of a number format is written: its name, its bits, and the number that it has before any scale."""

from typing import Any

import numpy as np

import quantcore as qc

from . import display


def code_name(code: Any, fmt: qc.Format) -> str:
    """Integers in decimal, bit patterns in hexadecimal.

    >>> code_name(-5, qc.INT8), code_name(126, qc.FORMATS["float8_e4m3fn"])
    ('−5', '0x7E')
    """
    return display.shortest(int(code)) if isinstance(fmt, qc.IntFormat) else display.hexadecimal(int(code), fmt.bits)


def code_bits(code: Any, fmt: qc.Format) -> str:
    """The bits of a code, field by field.

    >>> code_bits(0x7E, qc.FORMATS["float8_e4m3fn"]), code_bits(-1, qc.INT4)
    ('0 1111 110', '1111')
    """
    fields = fmt.bit_fields()
    if len(fields) == 1:
        return display.binary(int(code), fmt.bits)
    return " ".join(f"{int(code) >> part.shift & (1 << part.width) - 1:0{part.width}b}" for part in fields)


def number_of(code: Any, fmt: qc.Format) -> Any:
    """The number of a code before any scale, as a float32; NaN and infinity where it is one."""
    return fmt.decode(np.asarray(code).astype(fmt.dtype).reshape(1))[0]


def number_name(code: Any, fmt: qc.Format, digits: int = 6) -> str:
    """That number as text.

    >>> number_name(0x7E, qc.FORMATS["float8_e4m3fn"]), number_name(0x7F, qc.FORMATS["float8_e4m3fn"])
    ('448', 'NaN')
    """
    number = number_of(code, fmt)
    return "NaN" if np.isnan(number) else display.short(number, digits).removesuffix(".0")

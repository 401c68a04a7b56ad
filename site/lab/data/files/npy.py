r"""NumPy's ``.npy`` files, versions 1 to 3, read without running or unpickling anything.

    \x93NUMPY  major minor  header length (2 or 4 bytes, little-endian)  header  numbers

The header is the text of a Python dict, ``{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }``. It is matched,
not evaluated. Source: ``numpy.lib.format``, NumPy 2.4.
"""

import math
import re
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ...parsing.places import quoted
from .contents import Entry, Floats, as_floats, checked_shape, refuse

MAGIC = b"\x93NUMPY"
MAX_HEADER = 10_000  # as numpy.load's max_header_size
PREFIX = 12  # magic, version, and the longer of the two header lengths

HEADER = re.compile(
    r"\{\s*+(?:(?:'descr'\s*+:\s*+'(?P<descr>[<>|=]?[a-zA-Z]\d*)'"
    r"|'descr'\s*+:\s*+(?P<fields>\[.*\])"
    r"|'fortran_order'\s*+:\s*+(?P<fortran>True|False)"
    r"|'shape'\s*+:\s*+\((?P<shape>[\dL,\s]*+)\)"
    r")\s*+,?+\s*+){3}\}\s*+",
    re.DOTALL,
)

USABLE = re.compile(r"[<>|=]?(?:[fiu][248]|[iub]1)")
UNUSABLE = {
    "O": "pickled Python objects, which are never loaded because they can run programs",
    "c": "complex numbers",
    "U": "text",
    "S": "text",
    "M": "dates",
    "m": "durations",
    "f": "floating-point numbers of a width that only some machines have",
}
REMEDY = 'Save plain numbers, such as array.astype("float32").'


@dataclass(frozen=True, slots=True)
class Header:
    """What an ``.npy`` file says of itself.

    Attributes:
        dtype: of the numbers, with their byte order.
        is_fortran: whether the first axis varies fastest.
        shape: lengths of the axes.
        start: where the numbers begin, in bytes.
    """

    dtype: np.dtype[Any]
    is_fortran: bool
    shape: tuple[int, ...]
    start: int

    @property
    def end(self) -> int:
        """Where the numbers end, in bytes."""
        return self.start + math.prod(self.shape) * self.dtype.itemsize


def read_header(data: bytes, size: int) -> Header:
    """The header of a file.

    Args:
        data: the file's beginning: at least PREFIX + MAX_HEADER bytes, or all of it.
        size: how many bytes the whole file has.

    Raises:
        QuantError: if it is no ``.npy`` file, not one of plain numbers, or not of this size.
    """
    if not data.startswith(MAGIC):
        refuse(f"does not begin like an .npy file ({data[:6]!a} in place of {MAGIC!a}). Save it with numpy.save.")
    if len(data) < PREFIX:
        refuse(f"is cut short: {len(data)} bytes are not even a header. Copy or save it again.")
    version = data[6]
    if version not in (1, 2, 3):
        refuse(f"is of version {version} of the .npy format; it must be 1, 2 or 3. Save it with numpy.save.")
    begin = 10 if version == 1 else 12
    length = int.from_bytes(data[8:begin], "little")
    if length > MAX_HEADER:
        refuse(f"has a header of {length:,} bytes; at most {MAX_HEADER:,} are allowed. {REMEDY}")
    start = begin + length
    if len(data) < start:
        refuse(f"is cut short: its header should end at byte {start:,}, and it has {size:,}. Copy or save it again.")
    header = _parsed(data[begin:start].decode("latin-1"), start)
    if header.end > size:
        refuse(
            f"is cut short: the shape {header.shape} of {header.dtype} needs {header.end - start:,} bytes, and there "
            f"are {size - start:,}. Copy or save it again."
        )
    if header.end < size:
        refuse(
            f"has {size - header.end:,} bytes after the array of shape {header.shape}, which should be its end. "
            "Save one array to a file, or several as .npz."
        )
    return header


def _parsed(text: str, start: int) -> Header:
    """The header's three entries.

    Raises:
        QuantError: if the text is anything else.
    """
    found = HEADER.fullmatch(text)
    if found is None or found["fortran"] is None or found["shape"] is None:
        refuse(f"has a header that cannot be read: {quoted(text)}. Save it with numpy.save.")
    descr = found["descr"]
    if descr is None:
        refuse(f"holds records of several fields; it must hold plain numbers. {REMEDY}")
    if not USABLE.fullmatch(descr):
        kind = UNUSABLE.get(descr.lstrip("<>|=")[0], f"numbers of type {descr}")
        refuse(f"holds {kind}; it must hold bool, int, uint, float16, float32 or float64. {REMEDY}")
    lengths = [part.strip().removesuffix("L") for part in found["shape"].split(",")]
    if not all(part.isdecimal() and len(part) < 20 for part in lengths if part):
        refuse(f"claims the shape {quoted(found['shape'])}, which cannot be read. Save it with numpy.save.")
    shape = checked_shape(int(part) for part in lengths if part)
    return Header(np.dtype(descr), found["fortran"] == "True", shape, start)


def numbers(data: bytes, header: Header) -> Floats:
    """The numbers of a file whose header was read."""
    raw = np.frombuffer(data, header.dtype, math.prod(header.shape), header.start)
    order: Literal["C", "F"] = "F" if header.is_fortran else "C"
    return as_floats(raw.reshape(header.shape, order=order))


def read_npy(data: bytes, name: str) -> Entry:
    """The one array of an ``.npy`` file, called as the file."""
    header = read_header(data[: PREFIX + MAX_HEADER], len(data))
    return Entry(name, header.shape, header.dtype.name, lambda: numbers(data, header))

"""Numbers without a header: the bytes of a file as each type that they can be of; nothing in them says which."""

from collections.abc import Iterable

import numpy as np

import quantcore as qc

from .contents import Entry, Floats, as_floats

TYPES = {
    "float32": "f4",
    "float16": "f2",
    "bfloat16": "u2",
    "float64": "f8",
    "int8": "i1",
    "uint8": "u1",
    "int16": "i2",
    "uint16": "u2",
    "int32": "i4",
}
RAW = "raw"  # in place of the type that the file names
ORDERS = {"": "<", ", big-endian": ">"}


def read_raw(data: bytes) -> Iterable[Entry]:
    """The bytes as each type whose size divides theirs, little-endian first."""
    for order, mark in ORDERS.items():
        for name, code in TYPES.items():
            dtype = np.dtype(mark + code)
            if len(data) % dtype.itemsize == 0 and not (order and dtype.itemsize == 1):
                yield _entry(data, name, f"{name}{order}", dtype)


def _entry(data: bytes, name: str, label: str, dtype: np.dtype[np.generic]) -> Entry:
    def read() -> Floats:
        numbers = np.frombuffer(data, dtype)
        if name != "bfloat16":
            return as_floats(numbers)
        return qc.FORMATS["bfloat16"].decode(numbers.astype(np.uint16))

    return Entry(label, (len(data) // dtype.itemsize,), RAW, read)

"""Reads which number format is asked for, and what that format leaves open."""

import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

import quantcore as qc
from quantcore.formats.format import Overflow

from ..parsing.digits import parse_shape
from ..parsing.places import quoted
from .fields.formats import OVERFLOWING, RESIZABLE, SQUARES, named_integer
from .reader import Reader

Float64 = NDArray[np.float64]

EXAMPLE = 64  # bytes of a format's own example are made of so many numbers at least


@dataclass(frozen=True, slots=True, eq=False)
class NumberFormat:
    """What codes stand for.

    Attributes:
        name: in BLOCK_FORMATS or FORMATS; empty for integers by bits and sign.
        element: of one code.
        block: of a block; None where elements have a scale of the request's own, or none.
        options: of `quantcore.store`.
        overflow: what becomes of values beyond a float's largest number.
    """

    name: str
    element: qc.Format
    block: qc.BlockFormat | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    overflow: Overflow = "saturate"

    @property
    def saturates(self) -> bool:
        """Whether values beyond the largest number become that number."""
        return self.overflow == "saturate" or self.name not in OVERFLOWING


def take_format(reader: Reader) -> None:
    """Settles which fields' defaults hold: a format has its own, and "int4" stands for bits and sign."""
    name = reader.given.get("format", "")
    integer = named_integer(name)
    if integer is not None:
        del reader.given["format"]
        reader.given |= {"bits": str(integer.bits), "signed": str(int(integer.signed))}
    elif name and reader.choice("format") is not None:
        reader.format_name = name


def read_format(reader: Reader, is_dequantize: bool) -> NumberFormat | None:
    """The format of a request; None where it is wrong, which stays with the reader."""
    name = reader.format_name
    if not name:
        bits, signed, narrow = reader.number("bits"), reader.flag("signed"), reader.flag("narrow")
        return None if bits is None else NumberFormat("", qc.IntFormat(int(bits), signed=signed, narrow=narrow))
    if name not in qc.BLOCK_FORMATS:
        return NumberFormat(
            name, qc.FORMATS[name], overflow="overflow" if reader.choice("overflow") == "overflow" else "saturate"
        )
    block: Any = qc.BLOCK_FORMATS[name]
    size = reader.number("block_size") if name in RESIZABLE else None
    if size is not None:
        block = reader.attempt(lambda: block.with_block_size(int(size)))
    if block is None:
        return None
    if not is_dequantize and not block.can_encode:
        reader.error("format", f"format is {name}, which can only be decoded. Choose another, or direction dequantize.")
    options = {} if is_dequantize else _options(reader, block)
    return NumberFormat(name, block.element, block, options)


def _options(reader: Reader, block: qc.BlockFormat) -> dict[str, Any]:
    """What the format's options are set to; what is left to it is left out."""
    found: dict[str, Any] = {}
    if "scale_mode" in block.options and (mode := reader.choice("scale_mode")):
        found["scale_mode"] = mode
    if "tensor_scale" in block.options and (scale := reader.number("tensor_scale")) is not None:
        found["tensor_scale"] = scale
    if "importance" in block.options and (text := reader.text("importance").strip()):
        found["importance"] = SQUARES if text == SQUARES else reader.numbers("importance")
    return found


def read_stored(reader: Reader, block: qc.BlockFormat) -> qc.Stored | None:
    """What given bytes hold: of the shape that was asked for, else in one row; an example where none are given."""
    digits = "".join(reader.text("bytes").replace("0x", " ").replace(",", " ").split())
    if not digits:
        return _example(reader, block)
    try:
        data = bytes.fromhex(digits)
    except ValueError:
        wrong = next((one for one in digits if one not in string.hexdigits), None)
        found = "an odd number of digits" if wrong is None else quoted(wrong)
        reader.error("bytes", f"bytes hold {found}; they must be pairs of hexadecimal digits, such as 80 91 a2.")
        return None
    text = reader.text("shape")
    shape = reader.attempt(lambda: parse_shape(text, "shape")) if text else None
    if text and shape is None:
        return None
    length = max(1, len(data) // block.block_bytes) * block.block_size
    try:
        return block.from_bytes(data, shape or (length,))
    except qc.QuantError as error:
        reader.error("shape" if error.field == "values" else error.field, error.message)
        return None


def _example(reader: Reader, block: qc.BlockFormat) -> qc.Stored:
    """Two blocks or more, of a ramp where the format encodes; their bytes become the request's."""
    length = -(-EXAMPLE // block.block_size) * block.block_size
    if block.can_encode:
        options: dict[str, Any] = {"importance": np.ones(length)} if "importance" in block.options else {}
        stored = qc.store(np.linspace(-1.0, 1.0, length), block, **options)
    else:
        stored = block.from_bytes(bytes(block.block_bytes * (length // block.block_size)), (length,))
    reader.normalise("bytes", stored.to_bytes().hex(" "))
    return stored

"""What a printed quantized tensor says of itself fills the fields of the same names, unless the request sets them."""

from quantcore import QuantError

from ..data.store import STORE
from ..parsing.reading import read_numbers
from .reader import Reader

TYPES = {"quint8": ("8", "0"), "qint8": ("8", "1"), "quint4x2": ("4", "0")}
"""PyTorch's quantized types: bits, and whether codes are signed."""


def adopt_print(reader: Reader) -> bool:
    """Takes scale and zero point from what was pasted as values, or is in a file; says whether there were any.

    A calibration in the request, or a source of other values, is left alone.
    """
    said = {} if "calibration" in reader.given else _said(reader)
    if "scale" not in said:
        return False
    found = {"scale": said["scale"], "zero_point": said.get("zero_point", "0")}
    bits, signed = TYPES.get(said.get("dtype", "").removeprefix("torch."), ("", ""))
    found |= {"bits": bits, "signed": signed} if bits else {}
    if "axis" in said:
        found |= {"granularity": "axis", "axis": said["axis"]}
    reader.given = {**found, **reader.given, "calibration": "given"}
    return True


def _said(reader: Reader) -> dict[str, str]:
    """What the text of the values says of itself; nothing where it cannot be read, which is told elsewhere."""
    if reader.text("source") == "file":
        reading = STORE.reading(*(reader.text(name) for name in ("file", "file_sha256", "tensor")))
        return {} if reading is None else reading.keywords
    text = reader.text("values")
    if not ("scale" in text or "*" in text):
        return {}
    try:
        takes_all = reader.text("non_finite") == "library"
        return read_numbers(text, "values", reader.given.get("commas", ""), takes_all=takes_all).keywords
    except QuantError:
        return {}

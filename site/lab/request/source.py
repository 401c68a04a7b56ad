"""The numbers that a request is about: typed, generated, drawn, or out of a file."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantcore import BlockFormat, Stored

from ..data.files.contents import Entry, Part
from ..data.files.raw import RAW
from ..data.generate import DEFAULT_SHAPE, GENERATORS, Recipe, generate
from ..data.picture import draw
from ..data.store import STORE, File
from ..parsing.digits import parse_shape
from .reader import Reader

ARRAY = ("file", "file_sha256", "tensor", "file_shape", "rows")
MEASURED = ("spread", "outlier_share", "outlier_size", "degrees")


def read_values(reader: Reader, source: str, seed: int, takes_all: bool) -> NDArray[Any] | None:
    """The values to quantize, as float32 or float64 in their shape; None where the request is wrong.

    Args:
        reader: gives the other fields, and keeps their errors.
        source: the choice of the field of that name; empty if it was wrong.
        seed: of generated numbers.
        takes_all: whether NaN and infinity may be typed.
    """
    if source in GENERATORS:
        return _generated(reader, source, seed)
    if source == "picture":
        return reader.shaped(draw())
    if source == "file":
        return reader.shaped(reader.attempt(lambda: _from_file(reader)))
    return reader.shaped(reader.numbers("values", takes_all=takes_all)) if source else None


def read_codes(reader: Reader, source: str) -> NDArray[Any] | None:
    """The codes to dequantize, typed or out of a file; None where they are none."""
    if source != "file":
        return reader.shaped(reader.numbers("codes", whole=True))
    codes = reader.shaped(reader.attempt(lambda: _from_file(reader)))
    if codes is None or bool((codes == np.rint(codes)).all()):
        return codes
    found = float(codes[codes != np.rint(codes)][0])
    reader.error("tensor", f"tensor holds {found!r}; codes are whole numbers. Choose another, or direction quantize.")
    return None


def read_parameter(reader: Reader, name: str, source: str, *, whole: bool = False) -> NDArray[Any] | None:
    """Scale or zero point: numbers, or the name of an array where the data are out of a file."""
    text = reader.text(name).strip()
    numbers = STORE.named(reader.text("file"), reader.text("file_sha256"), text) if source == "file" else None
    if numbers is not None:
        return numbers.reshape(-1)
    return reader.numbers(name, whole=whole)


def _generated(reader: Reader, source: str, seed: int) -> NDArray[Any] | None:
    text = reader.text("shape")
    shape = reader.attempt(lambda: parse_shape(text, "shape")) if text else DEFAULT_SHAPE
    measures = [reader.number(name) for name in MEASURED]
    if shape is None or None in measures:
        return None
    if text:
        reader.normalise("shape", ",".join(map(str, shape)))
    spread, share, size, degrees = (measure or 0.0 for measure in measures)
    recipe = Recipe(
        shape=shape, seed=seed, spread=spread, outlier_share=share / 100, outlier_size=size, degrees=int(degrees)
    )
    return reader.attempt(lambda: generate(source, recipe))


def _from_file(reader: Reader) -> NDArray[Any]:
    commas = reader.choice("commas") or ""
    name, sha256, tensor, shape, rows = map(reader.text, ARRAY)
    file, entry, numbers, part = STORE.values(name, sha256, tensor, shape, commas, rows)
    reader.reading = entry.reading
    if entry.dtype == RAW:
        reader.remarks.append(
            f"{file.name} holds raw numbers without type and shape, read as {entry.name}. Choose another type under "
            "“Array”, and rows and columns under “Shape”."
        )
    _adopt(reader, file, entry, numbers.shape, part)
    return numbers


def read_blocks(reader: Reader, block: BlockFormat) -> Stored | None:
    """The array of a file as it is stored, in a block format; None where it is none of that format."""
    found = reader.attempt(lambda: STORE.stored(*(reader.text(name) for name in ARRAY)))
    if found is None:
        return None
    file, entry, stored, part = found
    _adopt(reader, file, entry, stored.shape, part)
    if part is not None and part.columns != (0, entry.n_columns):
        reader.remarks.append("As it is stored, the blocks of whole rows are shown, not only of the columns named.")
    if stored.fmt != block:
        fields = " and ".join(f"{name} {text}" for name, text in entry.stored_as.items())
        reader.error("format", f"format is {block.name}; {entry.name} is stored with {fields}. Choose that.")
        return None
    return stored


def _adopt(reader: Reader, file: File, entry: Entry, shape: tuple[int, ...], part: Part | None) -> None:
    """What the request says of an array becomes what it is, and what a reader should know is told."""
    reader.remarks.extend(entry.notes)
    if part is not None and not reader.text("rows"):
        last = part.rows[1]
        reader.remarks.append(
            f"Of the {entry.n_rows:,} rows of {entry.name}, the first {last:,} are read. Others can be named under "
            f"“Rows”, such as {last}:{min(2 * last, entry.n_rows)}."
        )
    found = {"file": file.name, "file_sha256": file.sha256, "tensor": entry.name}
    for name, text in {**found, "file_shape": ",".join(map(str, shape))}.items():
        reader.normalise(name, text)

"""The numbers that a request is about: typed, generated, drawn, or out of a file."""

from typing import Any

from numpy.typing import NDArray

from ..data.generate import DEFAULT_SHAPE, GENERATORS, Recipe, generate
from ..data.picture import draw
from ..data.store import STORE
from ..parsing.digits import parse_shape
from .reader import Reader

MEASURED = ("spread", "outlier_share", "outlier_size", "degrees")


def read_values(reader: Reader, source: str, seed: int) -> NDArray[Any] | None:
    """The values to quantize, as float32 or float64 in their shape; None where the request is wrong.

    Args:
        reader: gives the other fields, and keeps their errors.
        source: the choice of the field of that name; empty if it was wrong.
        seed: of generated numbers.
    """
    if source in GENERATORS:
        return _generated(reader, source, seed)
    if source == "picture":
        return reader.shaped(draw())
    if source == "file":
        return reader.shaped(reader.attempt(lambda: _from_file(reader)))
    return reader.shaped(reader.numbers("values")) if source else None


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
    names = ("file", "file_sha256", "tensor", "file_shape")
    file, entry, numbers = STORE.values(*(reader.text(name) for name in names))
    shape = ",".join(map(str, numbers.shape))
    for name, text in zip(names, (file.name, file.sha256, entry.name, shape), strict=True):
        reader.normalise(name, text)
    return numbers

"""The entries of a header in words."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ..models.containers.gguf import Values
from ..notation.display import count, plural, shortest
from ..parsing.places import quoted
from .mixtures import OF_NUMBER

LONGEST = 200
"""Characters of a text that are shown."""
FILE_TYPE = "general.file_type"
FIRST = 4
"""Members of a list that are shown."""
GREATEST = float(np.finfo(np.float32).max)
LISTS: Mapping[type, str] = {str: "text", bool: "flag", int: "whole number", float: "number"}


def in_words(metadata: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each key with what its value says."""
    for key, value in metadata.items():
        named = f" ({OF_NUMBER[value]})" if key == FILE_TYPE and value in OF_NUMBER else ""
        yield key, of_value(value) + named


def of_value(value: Any) -> str:
    """A value in words; of a list how many there are, and the first of them.

    >>> of_value(Values(32000, ("<unk>", "<s>"))), of_value(True), of_value(1e-05)
    ('32,000 texts, the others not read: "<unk>", "<s>", …', 'yes', '1e−5')
    """
    if isinstance(value, Values):
        return _list(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value).replace("-", "−")
    if isinstance(value, float):
        as_float32 = np.float32(value) if abs(value) <= GREATEST else np.float32(np.nan)
        return shortest(as_float32 if float(as_float32) == value else value)
    text = str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} … ({count(len(text))} characters)"


def _list(values: Values) -> str:
    if not values.count:
        return "an empty list"
    if not values.first:
        return f"{plural(values.count, 'list')}, not read"
    noun = LISTS[type(values.first[0])]
    how_many = plural(values.count, noun)
    shown = [quoted(one) if isinstance(one, str) else of_value(one) for one in values.first]
    if values.count <= len(shown) and len(shown) <= FIRST:
        return f"{how_many}: {', '.join(shown)}"
    skipped = ", the others not read" if values.count > len(shown) else ""
    return f"{how_many}{skipped}: {', '.join(shown[:FIRST])}, …"

"""JSON of unknown origin, read with its depth, its size and its keys under control."""

import json
from typing import Any

import numpy as np

from ...parsing.places import quoted
from .contents import refuse

MAX_DEPTH = 64
MAX_ITEMS = 6_000_000
"""The most numbers, lists and objects together: each takes up to 100 bytes of memory once it is a Python object."""

CHUNK = 1 << 20


def read_json(data: bytes, what: str) -> Any:
    """The value that a JSON text in UTF-8 stands for.

    Args:
        data: the text.
        what: what the text is, for the message, such as "its header".

    Raises:
        QuantError: if it is no JSON, too deep, too large, or has an object with the same key twice.
    """
    items = sum(data.count(mark) for mark in (b",", b"[", b"{"))
    if items > MAX_ITEMS:
        refuse(
            f"has {items:,} entries in {what}; at most {MAX_ITEMS:,} are read as JSON. Save it as .npy or .safetensors."
        )
    if _depth(data) > MAX_DEPTH:
        refuse(f"is nested more than {MAX_DEPTH} lists deep in {what}. Flatten it.")
    try:
        text = data.decode("utf-8-sig")
        return json.loads(text, object_pairs_hook=_object, parse_int=_number)
    except UnicodeDecodeError as error:
        refuse(f"has a byte in {what} that is not UTF-8 text, at position {error.start:,}. Save it again as UTF-8.")
    except json.JSONDecodeError as error:
        refuse(
            f"has {what} that is no JSON: {error.msg} (line {error.lineno}, column {error.colno}). Correct it there."
        )
    except RecursionError:
        refuse(f"is nested too deeply in {what}. Flatten it.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in found if keys.count(key) > 1)
        refuse(f"holds the name {quoted(twice)} twice; every name must be there once. Save it with names that differ.")
    return found


def _number(digits: str) -> int | float:
    """A whole number; as a float where it is too long for sizes, which also spares Python's limit of digits."""
    return int(digits) if len(digits) < 19 else float(digits)


def _depth(data: bytes) -> int:
    """How deep brackets are nested at most; those inside of texts count too, which errs on the safe side."""
    step = np.zeros(256, np.int8)
    step[list(b"[{")] = 1
    step[list(b"]}")] = -1
    characters = np.frombuffer(data, np.uint8)
    depth = deepest = 0
    for first in range(0, len(characters), CHUNK):
        depths = np.cumsum(step[characters[first : first + CHUNK]], dtype=np.int64) + depth
        deepest, depth = max(deepest, int(depths.max())), int(depths[-1])
    return deepest

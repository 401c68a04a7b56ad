"""JSON of unknown origin: its depth, its size and its keys are under control before anything is built."""

from __future__ import annotations

import json
from typing import Any

from ...parsing.places import quoted
from .fault import refuse

MAX_ITEMS = 1_000_000
"""The most values together: 100,000 tensors. Each takes up to 100 bytes once it is a Python object."""


def read_json(data: bytes, what: str) -> Any:
    """The value of a JSON text in UTF-8.

    Args:
        data: The text.
        what: What it is, as the beginning of a message.

    Raises:
        ModelFileError: If it is no JSON, too deep, too large, or has a key twice.
    """
    items = sum(data.count(mark) for mark in (b",", b"[", b"{"))
    if items > MAX_ITEMS:
        refuse(f"{what} has {items:,} values; at most {MAX_ITEMS:,} are read. The file is damaged, or no model.")
    try:
        found = json.loads(data.decode("utf-8"), object_pairs_hook=_object, parse_int=_whole)
    except UnicodeDecodeError as error:
        refuse(f"{what} is no text in UTF-8: byte {error.start:,} of it. Copy or download the file again.")
    except json.JSONDecodeError as error:
        refuse(f"{what} is no JSON: {error.msg} at character {error.pos:,}. Copy or download the file again.")
    except RecursionError:
        refuse(f"{what} is nested too deeply. The file is damaged, or no model.")
    return found


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                refuse(
                    f"The key {quoted(key)} appears twice in the header. Save the file again with names that differ."
                )
            seen.add(key)
    return found


def _whole(digits: str) -> int | float:
    """A whole number; a float where it is too long for a size, which also spares Python's limit of digits."""
    return int(digits) if len(digits) < 20 else float(digits)

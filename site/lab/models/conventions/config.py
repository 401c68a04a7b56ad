"""What the JSON files beside a model say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..reading.json_text import read_json
from ..reading.source import Source, read_exactly
from .logical import Config

MAX_CONFIG = 1 << 24
"""Bytes of a configuration; those of models with a list of modules have up to 1 MB."""
KEYS = ("quantization_config", "quantization")
WHOLE = ("quantize_config.json", "quant_config.json")
"""Files that are about quantization as a whole."""


def read_config(beside: Mapping[str, Source], metadata: Mapping[str, Any]) -> tuple[Config, tuple[str, ...]]:
    """What is said of quantization, and what is wrong with the files that say it.

    Args:
        beside: JSON files by name.
        metadata: Of the header.
    """
    said: dict[str, Any] = {}
    notices = []
    for name, source in beside.items():
        if source.size > MAX_CONFIG:
            notices.append(f"{name} has {source.size:,} bytes; a configuration of at most {MAX_CONFIG:,} is read.")
            continue
        try:
            found = read_json(read_exactly(source, 0, source.size), name)
        except ValueError as error:
            notices.append(f"{name} is left out: {error}")
            continue
        if not isinstance(found, Mapping):
            continue
        inner = next((found[key] for key in KEYS if isinstance(found.get(key), Mapping)), None)
        if inner is not None:
            said.update(inner)
        elif name.endswith(WHOLE) or "quant_method" in found or "checkpoint_format" in found:
            said.update(found)
    return Config(said, metadata), tuple(notices)

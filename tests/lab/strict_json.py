"""Reads JSON as `JSON.parse` does."""

import json
from typing import Any


def strict(text: str) -> Any:
    """The content of a JSON text, in which no NaN and no infinity may stand."""

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} in JSON")

    return json.loads(text, parse_constant=refuse)

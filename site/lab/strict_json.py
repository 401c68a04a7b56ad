"""The one way from an answer to text: JSON as `JSON.parse` reads it, in which NaN and infinity are null."""

import json
import math
from typing import Any


def strict_json(content: Any) -> str:
    """JSON text of plain content, without spaces.

    >>> strict_json({"a": [1.5, float("inf")], "b": "ŝ"})
    '{"a":[1.5,null],"b":"ŝ"}'
    """
    try:
        return _text(content)
    except ValueError:  # a number that JSON has not, which is rare: look for it only now
        return _text(_finite(content))


def _text(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _finite(content: Any) -> Any:
    if isinstance(content, dict):
        return {key: _finite(value) for key, value in content.items()}
    if isinstance(content, (list, tuple)):
        return [_finite(value) for value in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content

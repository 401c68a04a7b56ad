"""One remark about a result."""

from ..answer_types import Notice


def warning(message: str) -> Notice:
    """Something that makes the result bad or surprising."""
    return {"level": "warning", "message": message}


def info(message: str) -> Notice:
    """Something that explains the result."""
    return {"level": "info", "message": message}

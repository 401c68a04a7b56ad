"""The exception of all that reads model files."""

from __future__ import annotations

from typing import NoReturn

from quantcore import QuantError

DAMAGED = "The file is damaged; copy or download it again."
CUT_SHORT = "it is cut short. Copy or download it again."


class ModelFileError(QuantError):
    """A file, or a tensor of it, cannot be read: what is wrong, where, and what to do."""

    def __init__(self, message: str, field: str = "file") -> None:
        super().__init__(message, field)


def refuse(message: str) -> NoReturn:
    """Raise the error of this message."""
    raise ModelFileError(message)

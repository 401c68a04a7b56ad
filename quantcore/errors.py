"""The exception of quantcore, and its one special case."""

from __future__ import annotations


class QuantError(ValueError):
    """Something the caller passed cannot be used.

    Attributes:
        message: For the user: the thing, the value found, what is allowed, and the remedy.
        field: The argument (and the control of a form) that the message is about.

    >>> QuantError("bits is 40; it must be a whole number from 2 to 16.", "bits").field
    'bits'
    """

    def __init__(self, message: str, field: str) -> None:
        """Keep both."""
        super().__init__(message)
        self.message = message
        self.field = field

    def __reduce__(self) -> tuple[type[QuantError], tuple[str, str]]:
        """Survive pickling, as between processes or threads of a test runner."""
        return type(self), (self.message, self.field)


class UnknownArgumentError(QuantError, TypeError):
    """An argument by a name that nothing here has: a TypeError too, as Python raises for any function."""

"""Says in a sentence what the machine refused, to us or to a program that we ran, and what to do about it."""

import errno

FULL = "The disk is full: make room, then run it again. What is in .cache/ and .venv/ can be had again."
FORBIDDEN = (
    "This account may not write there: give it the right to, or work in a copy of the project elsewhere "
    "(for the cache alone: QUANTLAB_CACHE=/another/folder)."
)
REMEDIES = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    errno.EFBIG: FULL,
    errno.EACCES: FORBIDDEN,
    errno.EPERM: FORBIDDEN,
    errno.EROFS: FORBIDDEN,
}
SIGNS = {  # in the words of other programs: Node's codes, then those of C
    "ENOSPC": FULL,
    "EDQUOT": FULL,
    "No space left on device": FULL,
    "Disk quota exceeded": FULL,
    "File too large": FULL,
    "EACCES": FORBIDDEN,
    "EPERM": FORBIDDEN,
    "EROFS": FORBIDDEN,
    "Permission denied": FORBIDDEN,
    "Operation not permitted": FORBIDDEN,
    "Read-only file system": FORBIDDEN,
}


def told(error: OSError) -> str | None:
    """Returns what a person can do about an error, with its place; None if it is no such error."""
    remedy = REMEDIES.get(error.errno or 0)
    place = f"{error.filename}: " if error.filename is not None else ""
    return remedy and f"{place}{error.strerror}. {remedy}"


def remedy(output: str, otherwise: str) -> str:
    """Returns the remedy for what a program said as it failed; `otherwise` if it names nothing of these.

    >>> remedy("npm error ENOSPC: no space left on device, write", "Try again.") == FULL
    True
    >>> remedy("npm error network timeout", "Try again.")
    'Try again.'
    """
    return next((remedy for sign, remedy in SIGNS.items() if sign in output), otherwise)

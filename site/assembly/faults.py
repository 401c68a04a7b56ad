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


def explained(output: str, last_words: str, otherwise: str) -> str:
    r"""Returns why a program failed and what to do: the line that names one of these reasons, with its remedy.

    Args:
        output: All that the program said.
        last_words: What to show of it if it names none of these.
        otherwise: The remedy then.

    >>> explained("npm error ENOSPC: no space left\nnpm error 1", "  1", "Try again.").splitlines()[0]
    '  npm error ENOSPC: no space left'
    >>> explained("npm error network timeout", "  timeout", "Try again.")
    '  timeout\nTry again.'
    """
    for sign, remedy in SIGNS.items():
        lines = [line.strip() for line in output.splitlines() if sign in line]
        if lines:
            return f"  {lines[-1]}\n{remedy}"
    return f"{last_words}\n{otherwise}".rstrip()

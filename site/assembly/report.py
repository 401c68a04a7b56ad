"""What the build tells the person in front of it: stage lines, progress in bytes, errors with their remedy."""

import sys
import time
from collections.abc import Callable


class BuildError(Exception):
    """Something the person can put right; the message says what is wrong and what to do."""


def stage(title: str, detail: str = "") -> None:
    """Prints one line for a step of the build; without a title, one that goes on with the step above."""
    print(f"{title:<17} {detail}".rstrip(), flush=True)


def size(n_bytes: int) -> str:
    """Formats a number of bytes.

    >>> size(12), size(2048), size(2_916_023)
    ('12 bytes', '2.0 kB', '2.9 MB')
    """
    if n_bytes < 1000:
        return f"{n_bytes} bytes"
    return f"{n_bytes / 1e3:.1f} kB" if n_bytes < 1e6 else f"{n_bytes / 1e6:.1f} MB"


def progress(title: str) -> Callable[[int, int | None], None]:
    """Returns a function that shows bytes done, of bytes in all: on a terminal in place, else every few seconds."""
    shown_at = 0.0

    def show(done: int, total: int | None) -> None:
        nonlocal shown_at
        is_last = done == total
        now = time.monotonic()
        pause = 0.1 if sys.stdout.isatty() else 3.0
        if not is_last and now - shown_at < pause:
            return
        shown_at = now
        line = f"  {title}: {size(done)}" + (f" of {size(total)}" if total else "")
        if sys.stdout.isatty():
            print(f"\r\033[K{line}", end="\n" if is_last else "", flush=True)
        else:
            print(line, flush=True)

    return show

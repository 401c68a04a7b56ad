"""Writes files whole or not at all, and removes what a build that was killed has left."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

PART = ".part-"  # and the number of the process that writes


def write(path: Path, content: bytes) -> None:
    """Writes a file beside its place and moves it there when it is complete."""
    unfinished = path.with_name(f"{path.name}{PART}{os.getpid()}")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(path)
    except OSError as error:
        error.filename = str(path)  # a failed write does not tell it
        raise
    finally:
        unfinished.unlink(missing_ok=True)


def leftovers(folder: Path, name: str = "*") -> Iterator[Path]:
    """Gives the unfinished files and folders of processes that have ended."""
    for path in folder.glob(f"{name}{PART}*"):
        process = path.name.rpartition(PART)[2].partition("-")[0]
        if process.isdecimal() and not is_running(int(process)):
            yield path


def remove_leftovers(folder: Path, name: str = "*") -> None:
    """Removes them."""
    for path in leftovers(folder, name):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def is_running(process: int) -> bool:
    """Tells whether there is a process of this number, be it somebody else's."""
    if sys.platform == "win32":  # there os.kill would end it
        import ctypes

        handle = ctypes.windll.kernel32.OpenProcess(0x1000, False, process)  # only to be asked
        ctypes.windll.kernel32.CloseHandle(handle)
        return bool(handle)
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True

"""Checks the finished dist/."""

from pathlib import Path


def check(folder: Path) -> None:
    """Refuses a dist/ that would not work."""

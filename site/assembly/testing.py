"""Runs every check of the project, and its measurements."""

from pathlib import Path


def run_all(root: Path, python: Path, chromium: Path, arguments: list[str]) -> None:
    """Runs every check."""


def run_benches(root: Path, python: Path) -> None:
    """Runs the measurements."""

"""Runs every check of the project."""

import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from assembly.browser import VARIABLE
from assembly.environment import find_node
from assembly.report import BuildError, stage

CHECKED = ("build.py", "quantcore", "site", "tests")
IN_PYODIDE = "tests/pyodide/run.mjs"


def run_all(root: Path, python: Path, chromium: Path, arguments: Sequence[str]) -> None:
    """Runs every check, all of them even when one fails; with arguments, only pytest with these.

    Raises:
        BuildError: A check failed.
    """
    pytest = [str(python), "-m", "pytest"]
    checks = {
        "ruff check": [str(python), "-m", "ruff", "check", "--output-format=concise", *CHECKED],
        "ruff format": [str(python), "-m", "ruff", "format", "--check", *CHECKED],
        "mypy": [str(python), "-m", "mypy"],
        "pytest": [*pytest, "--durations=5"],
        "pytest in Pyodide": [find_node()[0], IN_PYODIDE],
    }
    if arguments:
        checks = {"pytest": [*pytest, *arguments]}
    failed = [name for name, command in checks.items() if not passes(name, command, root, chromium)]
    if failed:
        raise BuildError(f"not all passed: {', '.join(failed)} (see above).")
    stage("Passed", ", ".join(checks))


def passes(name: str, command: Sequence[str], root: Path, chromium: Path) -> bool:
    """Runs one check, its output going to the terminal."""
    stage("Checking", name)
    started = time.monotonic()
    environment = {**os.environ, VARIABLE: str(chromium)}
    status = subprocess.run(command, cwd=root, env=environment, check=False).returncode
    outcome = "passed" if status == 0 else f"FAILED, status {status}"
    stage("", f"{name}: {outcome} after {time.monotonic() - started:.1f} s")
    return status == 0

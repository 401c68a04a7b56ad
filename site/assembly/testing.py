"""Runs every check of the project, and its measurements."""

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
SMALLER = ("--largest", "10000000", "--repeat", "5")  # WebAssembly has 4 GB of memory at most


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


def run_benches(root: Path, python: Path) -> None:
    """Runs the measurements of tests/bench/: each of them, and quantcore's inside Pyodide too.

    Raises:
        BuildError: One failed.
    """
    programs = [
        path for path in sorted((root / "tests" / "bench").glob("*.py")) if "__main__" in path.read_text("utf-8")
    ]
    commands = {path.stem: [str(python), str(path)] for path in programs}
    commands["core, inside Pyodide"] = [find_node()[0], IN_PYODIDE, "--program", "tests/bench/core.py", *SMALLER]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), str(root / "site")])}
    for name, command in commands.items():
        stage("Measuring", name)
        status = subprocess.run(command, cwd=root, env=environment, check=False).returncode
        if status:
            raise BuildError(f"the measurement of {name} failed with status {status}.")

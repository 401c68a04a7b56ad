"""Runs every check of the project."""

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from assembly.browser import VARIABLE
from assembly.environment import find_node
from assembly.report import BuildError, stage

CHECKED = ("build.py", "quantcore", "site", "tests")
QUICK = ("quantcore", "tests/core", "tests/lab")
IN_PYODIDE = "tests/pyodide/run.mjs"
SIDE_BY_SIDE = ("-n", "3", "--dist", "loadfile", "--no-loadscope-reorder")  # one more than the cores there usually are:
# tests in a browser mostly wait. A file's tests stay together, for they share what takes long to start.


def run_all(root: Path, python: Path, chromium: Path, arguments: Sequence[str]) -> None:
    """Runs every check, all of them even when one fails; with arguments, only pytest with these.

    The tests that run inside Pyodide run beside the others, which often wait for browsers; those that are marked
    `alone` come last, when nothing else runs.

    Raises:
        BuildError: A check failed.
    """
    pytest = [str(python), "-m", "pytest"]
    environment = {VARIABLE: str(chromium)}
    if arguments:
        _expect_all({"pytest": passes("pytest", [*pytest, *arguments], root, environment)})
        return
    with tempfile.TemporaryFile("w+") as said:
        beside = subprocess.Popen([find_node()[0], IN_PYODIDE], cwd=root, stdout=said, stderr=subprocess.STDOUT)
        try:
            outcomes = {name: passes(name, command, root) for name, command in linters(python).items()}
            together = [*pytest, *SIDE_BY_SIDE, "-m", "not alone", "--durations=10"]
            outcomes["pytest"] = passes("pytest", together, root, environment)
            stage("Checking", "pytest in Pyodide, begun beside the others")
            outcomes["pytest in Pyodide"] = beside.wait() == 0
        finally:
            beside.kill()
        said.seek(0)
        print(said.read(), flush=True)
    outcomes["pytest, alone"] = passes("pytest, alone", [*pytest, "-m", "alone"], root, environment)
    _expect_all(outcomes)


def run_quick(root: Path, python: Path, arguments: Sequence[str]) -> None:
    """Runs what needs neither a browser nor a build: the linters, and quantcore and lab under CPython.

    Raises:
        BuildError: A check failed.
    """
    outcomes = {name: passes(name, command, root) for name, command in linters(python).items()}
    command = [str(python), "-m", "pytest", "-n", "2", "-q", "-m", "not slow", "--hypothesis-profile=quick"]
    command += arguments or QUICK
    outcomes["pytest"] = passes("pytest", command, root)
    _expect_all(outcomes)


def linters(python: Path) -> dict[str, list[str]]:
    """The commands that read the code without running it."""
    return {
        "ruff check": [str(python), "-m", "ruff", "check", "--output-format=concise", *CHECKED],
        "ruff format": [str(python), "-m", "ruff", "format", "--check", *CHECKED],
        "mypy": [str(python), "-m", "mypy"],
    }


def _expect_all(outcomes: Mapping[str, bool]) -> None:
    failed = [name for name, has_passed in outcomes.items() if not has_passed]
    if failed:
        raise BuildError(f"not all passed: {', '.join(failed)} (see above).")
    stage("Passed", ", ".join(outcomes))


def passes(name: str, command: Sequence[str], root: Path, environment: Mapping[str, str] | None = None) -> bool:
    """Runs one check, its output going to the terminal."""
    stage("Checking", name)
    started = time.monotonic()
    status = subprocess.run(command, cwd=root, env={**os.environ, **(environment or {})}, check=False).returncode
    outcome = "passed" if status == 0 else f"FAILED, status {status}"
    stage("", f"{name}: {outcome} after {time.monotonic() - started:.1f} s")
    return status == 0

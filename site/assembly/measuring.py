"""Runs the measurements of tests/bench/, and first sees to it that they can be run."""

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

from assembly.environment import find_node
from assembly.report import BuildError, stage

PARTS = {  # each is measured in minutes
    "core": "quantcore beside a copy, NumPy, the notebook's code, ONNX Runtime and gguf-py; also inside Pyodide",
    "start": "what a visit loads and how fast it starts, at first and later",
    "change": "from a change to the redrawn page, and the memory it takes",
    "slow": "the start over a 4G and a slow 3G line",
}
USUAL = ("core", "start", "change")
OF_PAGES = ("start", "change", "slow")
IN_PYODIDE = ("--largest", "10000000", "--turns", "5")  # WebAssembly has 4 GB of memory at most


def chosen(part: str | None, against: Path | None) -> list[str]:
    """Returns the parts to measure: the one that was asked for or, without one, those that can be and are not slow.

    Raises:
        BuildError: There is no such part, or it compares no builds.
    """
    if part is None:
        return [part for part in USUAL if not against or part in OF_PAGES]
    if part not in PARTS:
        raise BuildError(f"the bench has no part {part!r}; ask for {listed(PARTS)}.")
    if against and part not in OF_PAGES:
        raise BuildError(f"--against compares pages, and {part} measures none; take {listed(OF_PAGES)}.")
    return [part]


def listed(names: Iterable[str]) -> str:
    """Joins names for a sentence.

    >>> listed(("a", "b", "c"))
    'a, b or c'
    """
    *others, last = names
    return f"{', '.join(others)} or {last}"


def built(folder: Path) -> Path:
    """Returns the dist/ that a folder is, or holds.

    Raises:
        BuildError: It is none and holds none.
    """
    for place in (folder, folder / "dist"):
        if (place / "index.html").is_file() and (place / "vendor").is_dir():
            return place.resolve()
    raise BuildError(
        f"--against names {folder}, which is no built dist/ and holds none; run python3 build.py there first."
    )


def run(root: Path, python: Path, parts: list[str], against: Path | None) -> None:
    """Measures the parts.

    Raises:
        BuildError: A measurement failed.
    """
    other = ["--against", str(against)] if against else []
    module = [str(python), "-m"]
    commands = {
        "core": [
            [*module, "tests.bench.core"],
            [*module, "tests.bench.searches"],
            [*module, "tests.bench.blocks"],
            in_pyodide("tests/bench/core.py", *IN_PYODIDE),
        ],
        "start": [[*module, "tests.bench.start", *other]],
        "change": [[*module, "tests.bench.change", *other]],
        "slow": [[*module, "tests.bench.start", "--slow", *other]],
    }
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), str(root / "site")])}
    for part in parts:
        stage("Measuring", f"{part}: {PARTS[part]}")
        for command in commands[part]:
            status = subprocess.run(command, cwd=root, env=environment, check=False).returncode
            if status:
                raise BuildError(f"the measurement of {part} failed with status {status} (see above).")


def in_pyodide(program: str, *arguments: str) -> list[str]:
    """Returns the command that runs a program inside Pyodide, in Node."""
    return [find_node()[0], "tests/pyodide/run.mjs", "--program", program, *arguments]

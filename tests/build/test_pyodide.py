import shutil
import subprocess
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["tests/pyodide/failing.py"], 1, "1 failed"),
        (["quantcore/errors.py"], 0, "passed"),
    ],
)
def test_the_run_inside_pyodide_can_fail(root: Path, arguments: list[str], status: int, words: str) -> None:
    """What pytest finds inside Pyodide comes out as the exit status: a failure is not lost on the way."""
    node = shutil.which("node")
    assert node
    command = [node, "tests/pyodide/run.mjs", *arguments]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    assert words in done.stdout + done.stderr
    assert "on emscripten" in done.stdout

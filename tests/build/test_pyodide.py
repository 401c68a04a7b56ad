import shutil
import subprocess
from pathlib import Path


def test_the_run_inside_pyodide_can_fail(root: Path) -> None:
    """A test that fails inside Pyodide, and only there, comes out as a failure with its exit status."""
    node = shutil.which("node")
    assert node
    command = [node, "tests/pyodide/run.mjs", "tests/pyodide/failing.py"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "on emscripten" in done.stdout
    assert "1 failed" in done.stdout

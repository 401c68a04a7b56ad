"""A test that fails inside Pyodide and nowhere else: tests/build/test_pyodide.py asks for it, nobody else."""

import sys


def test_this_is_not_webassembly() -> None:
    """Fails where it runs on WebAssembly."""
    assert sys.platform != "emscripten"

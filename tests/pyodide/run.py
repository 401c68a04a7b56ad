"""What run.mjs runs inside Pyodide, where /project is this project and /packages are those of .venv."""

import os
import runpy
import sys

CHOSEN = ["quantcore", "tests/core", "tests/lab/data/test_generate.py", "-m", "not slow", "--hypothesis-profile=quick"]
# What is looked for with many examples is looked for under CPython; here it matters that numbers are the same.


def run(arguments: list[str]) -> int:
    """Runs pytest with the arguments or, after `--program`, a program with its own; returns the exit status."""
    sys.path.append("/packages")  # after Pyodide's own packages: the NumPy there is for another machine
    sys.path.insert(0, "/project")
    os.chdir("/project")
    import numpy as np
    import pytest

    print(f"Python {sys.version.split()[0]} and NumPy {np.__version__} on {sys.platform}", flush=True)
    if arguments[:1] == ["--program"]:
        sys.argv = arguments[1:]
        runpy.run_path(sys.argv[0], run_name="__main__")
        return 0
    return int(pytest.main(["-p", "no:cacheprovider", "-o", "faulthandler_timeout=0", *(arguments or CHOSEN)]))

"""What run.mjs runs inside Pyodide, where /project is this project and /packages are those of .venv."""

import os
import sys

CHOSEN = ["quantcore", "tests/core"]


def run(arguments: list[str]) -> int:
    """Runs pytest and returns its exit status."""
    sys.path.append("/packages")  # after Pyodide's own packages: the NumPy there is for another machine
    os.chdir("/project")
    import numpy as np
    import pytest

    print(f"Python {sys.version.split()[0]} and NumPy {np.__version__} on {sys.platform}", flush=True)
    return int(pytest.main(["-p", "no:cacheprovider", *(arguments or CHOSEN)]))

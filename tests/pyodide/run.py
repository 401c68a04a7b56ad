"""What run.mjs runs inside Pyodide; `chosen` holds the arguments for pytest. Its value is pytest's exit status."""

import os
import sys

sys.path.append("/packages")  # after Pyodide's own packages: the NumPy there is for another machine
os.chdir("/project")

import numpy as np  # noqa: E402
import pytest  # noqa: E402

print(f"Python {sys.version.split()[0]} and NumPy {np.__version__} on {sys.platform}", flush=True)
int(pytest.main(["-p", "no:cacheprovider", *(chosen or ["quantcore", "tests/core"])]))  # noqa: F821

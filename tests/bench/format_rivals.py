"""Number formats and block formats on a million float32, beside ml_dtypes where it is installed."""

import importlib.util
from collections.abc import Callable

import numpy as np

import quantcore as qc

Run = Callable[[], object]
BLOCKS = ("mxfp8_e4m3", "mxfp4", "nvfp4", "nf4")


def encoders(n: int) -> dict[str, tuple[Run, int]]:
    """Numbers to codes."""
    x = np.random.default_rng(1).normal(size=n).astype(np.float32)
    runs: dict[str, Run] = {"E4M3": lambda: qc.encode(x, "float8_e4m3fn")}
    if importlib.util.find_spec("ml_dtypes"):
        import ml_dtypes

        runs["E4M3, ml_dtypes"] = lambda: x.astype(ml_dtypes.float8_e4m3fn)
    for name in BLOCKS:
        runs[name] = lambda name=name: qc.store(x, name)  # type: ignore[misc]
    return {name: (run, n) for name, run in runs.items()}


def decoders(n: int) -> dict[str, tuple[Run, int]]:
    """Codes to numbers."""
    x = np.random.default_rng(1).normal(size=n).astype(np.float32)
    codes = qc.encode(x, "float8_e4m3fn")
    runs: dict[str, Run] = {"E4M3": lambda: qc.decode(codes, "float8_e4m3fn")}
    if importlib.util.find_spec("ml_dtypes"):
        import ml_dtypes

        runs["E4M3, ml_dtypes"] = lambda: codes.view(ml_dtypes.float8_e4m3fn).astype(np.float32)
    for name in BLOCKS:
        stored = qc.store(x, name)
        runs[name] = lambda stored=stored: qc.restore(stored)  # type: ignore[misc]
    return {name: (run, n) for name, run in runs.items()}

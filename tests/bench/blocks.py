"""Speed of GGUF's block formats beside gguf-py and libgguf's NumPy port, where they are installed, in turns.

    python tests/bench/blocks.py [format ...]

Prints millions of float32 values a second, the best of some rounds.
"""

import importlib
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))
import quantcore as qc
from quantcore.blocks.gguf_formats import GGUF_FORMATS

ROUNDS = 5
USUAL = ("q8_0", "q4_0", "q4_k", "q6_k")


def module(name: str) -> Any:
    """The module, or None where it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def speeds(tasks: dict[str, Callable[[], object]], n_values: int) -> dict[str, float]:
    """Millions of values a second of each task, taken in turns so that all meet the same machine."""
    best = dict.fromkeys(tasks, np.inf)
    for _ in range(ROUNDS):
        for name, task in tasks.items():
            start = time.perf_counter()
            task()
            best[name] = min(best[name], time.perf_counter() - start)
    return {name: n_values / seconds / 1e6 for name, seconds in best.items()}


def main(names: list[str]) -> None:
    """One line a format and direction."""
    x = np.random.default_rng(1).standard_normal((256, 4096)).astype(np.float32)
    gguf, port = module("gguf.quants"), module("libgguf.libgguf_numpy")
    for fmt in (fmt for fmt in GGUF_FORMATS if fmt.name in (names or USUAL)):
        weights = np.ones(x.shape[1]) if fmt.importance == "needed" else None
        rows = x[:8] if fmt.module in ("grids", "k_quants", "nonlinear") else x  # those search
        stored = qc.store(rows, fmt, importance=weights)
        data = stored.to_bytes()
        encoding: dict[str, Callable[[], object]] = {
            "quantcore": lambda fmt=fmt, rows=rows, weights=weights: qc.store(rows, fmt, importance=weights)
        }
        decoding: dict[str, Callable[[], object]] = {
            "quantcore": lambda fmt=fmt, data=data, rows=rows: qc.restore(fmt.from_bytes(data, rows.shape))
        }
        kind = gguf and gguf.GGMLQuantizationType.__members__.get(fmt.label)
        if kind in (gguf._type_traits if gguf else ()):
            octets = np.frombuffer(data, np.uint8).reshape(len(rows), -1)
            decoding["gguf-py"] = lambda kind=kind, octets=octets: gguf.dequantize(octets, kind)
            try:
                gguf.quantize(rows[:1], kind)
                encoding["gguf-py"] = lambda kind=kind, rows=rows: gguf.quantize(rows, kind)
            except NotImplementedError:
                pass
        ported = port and port.GGMLQuantizationType.__members__.get(fmt.label)
        if ported is not None:
            encoding["libgguf"] = lambda ported=ported, rows=rows: port.quantize(rows, ported)
        for direction, tasks in (("encode", encoding), ("decode", decoding)):
            found = speeds(tasks, rows.size)
            figures = "  ".join(f"{name} {speed:8.2f}" for name, speed in found.items())
            print(f"{fmt.name:10}  {direction}  {figures}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])

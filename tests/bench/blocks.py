"""How fast quantcore writes and reads GGUF's block formats, beside gguf-py and libgguf's NumPy port if installed.

python -m tests.bench.blocks [--turns N] [format ...]
"""

import argparse
import importlib
from collections.abc import Callable, Sequence
from functools import partial
from statistics import median
from typing import Any

import numpy as np

import quantcore as qc
from quantcore.blocks.gguf import GgufFormat
from quantcore.blocks.gguf_formats import GGUF_FORMATS
from tests.bench.core import seconds_an_element
from tests.bench.turns import in_turns, print_table, ratio, written

Runs = dict[str, tuple[Callable[[], object], int]]  # what to call, and on how many elements it works

SHAPE = (256, 4096)
SEARCHING = ("grids", "k_quants", "nonlinear")  # modules of formats whose encoding takes much longer


def main(argv: Sequence[str] | None = None) -> None:
    """Prints a table for each direction."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=7, help="turns of each rival")
    parser.add_argument("formats", nargs="*", help="names of formats; without any, all")
    options = parser.parse_args(argv)
    formats = [fmt for fmt in GGUF_FORMATS if fmt.name in options.formats or not options.formats]
    x = np.random.default_rng(1).standard_normal(SHAPE).astype(np.float32)
    for direction, runs_of, rivals in (
        ("written", encoders, ("gguf-py", "libgguf")),
        ("read", decoders, ("gguf-py",)),
    ):
        rows = {}
        for fmt in formats:
            measures = {name: partial(seconds_an_element, *run) for name, run in runs_of(fmt, x).items()}
            figures = in_turns(measures, options.turns, n_before=1)
            own = figures["quantcore"]
            rows[fmt.label] = {"ns an element": written(1e9 * median(own))} | {
                rival: ratio(figures[rival], own) if rival in figures else "" for rival in rivals
            }
        title = f"float32 {direction} as GGUF blocks, and how many times as long others take"
        print_table(f"{title}; {options.turns} turns: median (middle half)", rows)


def encoders(fmt: GgufFormat, x: np.ndarray) -> Runs:
    """From numbers to the bytes of a file."""
    gguf, port = module("gguf.quants"), module("libgguf.libgguf_numpy")
    rows = x[:8] if fmt.module in SEARCHING else x
    runs: Runs = {"quantcore": (lambda: stored(fmt, rows).to_bytes(), rows.size)}
    few = rows[:1, :512] if fmt.module in SEARCHING else rows  # what the port needs seconds for
    for name, rival, values in (("gguf-py", gguf, rows), ("libgguf", port, few)):
        kind = rival and rival.GGMLQuantizationType.__members__.get(fmt.label)
        if kind is None:
            continue
        try:
            rival.quantize(rows[:1, : fmt.block_size], kind)
        except NotImplementedError:
            continue
        runs[name] = (partial(rival.quantize, values, kind), values.size)
    return runs


def decoders(fmt: GgufFormat, x: np.ndarray) -> Runs:
    """From the bytes of a file to numbers."""
    gguf = module("gguf.quants")
    few = stored(fmt, x[:8]).to_bytes()
    data = few * (len(x) // 8)
    runs: Runs = {"quantcore": (lambda: qc.restore(fmt.from_bytes(data, x.shape)), x.size)}
    kind = gguf and gguf.GGMLQuantizationType.__members__.get(fmt.label)
    if kind in (gguf._type_traits if gguf else ()):
        octets = np.frombuffer(data, np.uint8).reshape(len(x), -1)
        runs["gguf-py"] = (lambda: gguf.dequantize(octets, kind), x.size)
    return runs


def stored(fmt: GgufFormat, rows: np.ndarray) -> qc.Stored:
    """The rows in the format, with an importance matrix where it cannot do without."""
    weights = np.ones(rows.shape[1]) if fmt.importance == "needed" else None
    return qc.store(rows, fmt, importance=weights)


def module(name: str) -> Any:
    """The module, or None where it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


if __name__ == "__main__":
    main()

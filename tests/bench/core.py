"""How fast quantcore quantizes and dequantizes, as multiples of a yardstick measured in the same turns.

python -m tests.bench.core [--largest N] [--turns N]
"""

import argparse
import time
from collections.abc import Callable, Sequence
from functools import partial
from statistics import median

import numpy as np

import quantcore as qc
from tests.bench import format_rivals, onnx_rival
from tests.bench.turns import in_turns, print_table, ratio, written

Run = Callable[[], object]
Rivals = dict[str, tuple[Run, int]]  # what to call, and on how many elements it works

SHORTEST = 0.01  # seconds in which a call is done again
SIZES = (10_000, 100_000, 1_000_000, 10_000_000, 100_000_000)


def main(argv: Sequence[str] | None = None) -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--largest", type=int, default=SIZES[-1], help="elements of the largest array")
    parser.add_argument("--turns", type=int, default=11, help="turns of each rival")
    options = parser.parse_args(argv)
    size = min(10_000_000, options.largest)
    turns = options.turns
    compare(f"{size:,} float32 to int8 and back, in copies of as many bytes", rivals(size), "copy", turns)
    compare(f"{size:,} by granularity, in round trips per tensor", granularities(size), "per tensor, affine", turns)
    million = min(1_000_000, options.largest)
    compare(f"{million:,} float32 to codes of a format", format_rivals.encoders(million), "E4M3", turns)
    compare(f"{million:,} codes of a format to float32", format_rivals.decoders(million), "E4M3", turns)
    sizes = {f"{n:,}": (round_trip(n), n) for n in SIZES if n <= options.largest}
    compare("one element, by their number", sizes, "1,000,000", turns)


def rivals(n: int) -> Rivals:
    """The same work, done by others; the first is the yardstick."""
    x = np.random.default_rng(1).normal(size=n).astype(np.float32)
    x64 = x.astype(np.float64)
    params = qc.choose_qparams(x, qc.INT8)
    scale, zero_point = params.scale[()], np.float32(params.zero_point)
    # quantizing reads 4 bytes and writes 1, dequantizing reads 1 and writes 4: 5 bytes read and 5 written an element
    source, target = np.ones(5 * n, np.uint8), np.ones(5 * n, np.uint8)

    def temporaries() -> object:
        q = np.clip(np.rint(x / scale) + zero_point, -128, 127).astype(np.int8)
        return (q.astype(np.float32) - zero_point) * scale

    runs: dict[str, Run] = {
        "copy": lambda: np.copyto(target, source),
        "quantcore, out=": round_trip(n),
        "quantcore, new arrays": lambda: qc.dequantize(qc.quantize(x, params), params),
        "NumPy with temporaries": temporaries,
        "notebook, float64": lambda: notebook(x64),
        "notebook, float32": lambda: notebook(x),
    }
    return {name: (run, n) for name, run in (runs | onnx_rival.rival(x, params)).items()}


def round_trip(n: int) -> Run:
    """Quantize and dequantize per tensor into buffers that exist."""
    x = np.random.default_rng(1).normal(size=n).astype(np.float32)
    params = qc.choose_qparams(x, qc.INT8)
    return reused(x, params)


def reused(x: np.ndarray, params: qc.QuantParams) -> Run:
    """The two calls, with buffers for both results."""
    q, x_hat = np.zeros(x.shape, params.fmt.dtype), np.zeros_like(x)
    return lambda: qc.dequantize(qc.quantize(x, params, out=q), params, out=x_hat)


def granularities(n: int) -> Rivals:
    """Per tensor, and finer, on a matrix."""
    n_columns = 4096
    x = np.random.default_rng(1).normal(size=(max(n // n_columns, 1), n_columns)).astype(np.float32)
    layouts: dict[str, qc.Granularity] = {
        "per tensor": qc.PerTensor(),
        "per row": qc.PerAxis(0),
        "per column": qc.PerAxis(1),
        "blocks of 128": qc.PerBlock(128),
        "blocks of 32": qc.PerBlock(32),
        "blocks of 32 rows": qc.PerBlock(32, axis=0),
    }
    return {
        f"{name}, {scheme}": (reused(x, qc.choose_qparams(x, qc.INT8, scheme, layout)), x.size)
        for scheme in ("affine", "symmetric")
        for name, layout in layouts.items()
    }


def notebook(x: np.ndarray) -> np.ndarray:
    """The seed notebook's code as written: three reductions, no clipping, no cast."""
    x_range = np.max(x) - np.min(x)
    x_range = 1 if x_range == 0 else x_range
    scale = 255 / x_range
    zero_point = np.round(-scale * np.min(x) - 128)
    x_quant = np.round(x * scale + zero_point)
    return (x_quant - zero_point) / scale


def compare(title: str, rivals: Rivals, yardstick: str, n_turns: int) -> None:
    """Prints one line a rival: how long it takes for one of its elements, and how many times the yardstick's time."""
    measures = {name: partial(seconds_an_element, run, n) for name, (run, n) in rivals.items()}
    figures = in_turns(measures, n_turns, n_before=1)
    rows = {
        name: {"times as long": ratio(times, figures[yardstick]), "ns an element": written(1e9 * median(times))}
        for name, times in figures.items()
    }
    print_table(f"{title}; {n_turns} turns: median (middle half)", rows)


def seconds_an_element(run: Run, n: int) -> float:
    """How long a call on n elements takes for each of them, on average over a hundredth of a second at least."""
    n_calls, seconds, started = 0, 0.0, time.perf_counter()
    while seconds < SHORTEST:
        run()
        n_calls, seconds = n_calls + 1, time.perf_counter() - started
    return seconds / n_calls / n


if __name__ == "__main__":
    main()

"""How fast quantcore quantizes and dequantizes, as ratios measured side by side in one run.

    python tests/bench/core.py [--largest N] [--repeat N]

Every figure is the best of some repetitions, which alternate between the rivals, so that a disturbance hits all.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import quantcore as qc

Run = Callable[[], object]


def main(argv: Sequence[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--largest", type=int, default=100_000_000, help="elements of the largest array")
    parser.add_argument("--repeat", type=int, default=9, help="repetitions, of which the best counts")
    options = parser.parse_args(argv)
    size = min(10_000_000, options.largest)
    print(f"quantize + dequantize of {size:,} float32 to int8 and back; times as multiples of a copy of as many bytes")
    print_ratios(measure(rivals(size), options.repeat), size)
    print("\nper axis and per block, as multiples of per tensor")
    print_ratios(measure(granularities(size), options.repeat), size)
    print("\ntime for an element, by the number of elements (it should not rise)")
    for n in (10_000 * 10**k for k in range(5)):
        if n <= options.largest:
            seconds = measure({"quantcore": round_trip(n)}, max(3, options.repeat * 10_000 // max(n, 1)))["quantcore"]
            print(f"{n:>13,}  {seconds / n * 1e9:8.3f} ns")


def rivals(n: int) -> dict[str, Run]:
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
    return runs | onnxruntime(x, params)


def round_trip(n: int) -> Run:
    """Quantize and dequantize per tensor into buffers that exist."""
    x = np.random.default_rng(1).normal(size=n).astype(np.float32)
    params = qc.choose_qparams(x, qc.INT8)
    return reused(x, params)


def reused(x: np.ndarray, params: qc.QuantParams) -> Run:
    """The two calls, with buffers for both results."""
    q, x_hat = np.zeros(x.shape, params.fmt.dtype), np.zeros_like(x)
    return lambda: qc.dequantize(qc.quantize(x, params, out=q), params, out=x_hat)


def granularities(n: int) -> dict[str, Run]:
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
        f"{name}, {scheme}": reused(x, qc.choose_qparams(x, qc.INT8, scheme, layout))
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


def onnxruntime(x: np.ndarray, params: qc.QuantParams) -> dict[str, Run]:
    """QuantizeLinear and DequantizeLinear on one thread, where onnxruntime can be imported."""
    try:
        import onnxruntime as ort
    except ImportError:
        return {}
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL  # or it would take both nodes out
    session = ort.InferenceSession(_onnx_model(), options, ["CPUExecutionProvider"])
    feeds = {"x": x, "s": params.scale, "z": params.zero_point.astype(np.int8)}
    return {"onnxruntime, one thread": lambda: session.run(None, feeds)}


def _onnx_model() -> bytes:
    """x, s, z -> q = QuantizeLinear(x, s, z), y = DequantizeLinear(q, s, z), as ONNX writes it (protocol buffers)."""

    def node(operator: str, inputs: str, output: str) -> bytes:
        return b"".join(_field(1, name.encode()) for name in inputs) + _field(2, output.encode()) + _field(4, operator)

    def value(name: str, element_type: int, n_axes: int) -> bytes:
        shape = b"".join(_field(1, _field(2, "n")) for _ in range(n_axes))
        return _field(1, name) + _field(2, _field(1, _field(1, element_type) + _field(2, shape)))

    float32, int8 = 1, 3
    graph = (
        _field(1, node("QuantizeLinear", "xsz", "q"))
        + _field(1, node("DequantizeLinear", "qsz", "y"))
        + _field(2, "round trip")
        + b"".join(_field(11, value(*given)) for given in (("x", float32, 1), ("s", float32, 0), ("z", int8, 0)))
        + b"".join(_field(12, value(*result)) for result in (("q", int8, 1), ("y", float32, 1)))
    )
    opset = _field(1, "") + _field(2, 13)
    return _field(1, 8) + _field(7, graph) + _field(8, opset)


def _field(number: int, content: bytes | str | int) -> bytes:
    """One field of a protocol buffer: a varint, or bytes with their length before them."""
    if isinstance(content, int):
        return _varint(number << 3) + _varint(content)
    content = content.encode() if isinstance(content, str) else content
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    more = value >> 7
    return bytes([value & 127 | (128 if more else 0)]) + (_varint(more) if more else b"")


def measure(runs: dict[str, Run], repeat: int) -> dict[str, float]:
    """The best time of each, in seconds, after one run that does not count."""
    best = dict.fromkeys(runs, float("inf"))
    for round_number in range(repeat + 1):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            seconds = time.perf_counter() - start
            if round_number:
                best[name] = min(best[name], seconds)
    return best


def print_ratios(seconds: dict[str, float], n: int) -> None:
    """One line a rival, as multiples of the first."""
    yardstick = next(iter(seconds.values()))
    for name, time_taken in seconds.items():
        print(f"{name:<28}{time_taken / yardstick:8.2f} x {n / time_taken / 1e6:12,.0f} million elements/s")


if __name__ == "__main__":
    main()

"""Compares every GGUF format with ggml's own compiled library, byte by byte, on values of all kinds.

Needs the library, which the package libggml-python 0.20.2.post1 carries (libggml/lib64/libggml-base.so):

    python tests/core/blocks/compare_ggml.py path/to/libggml-base.so [format ...]
"""

import ctypes
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[3]))
import quantcore as qc
from quantcore.blocks.gguf import GgufFormat
from quantcore.blocks.gguf_formats import GGUF_FORMATS
from quantcore.errors import QuantError

ROWS, COLUMNS = 6, 512
TYPE_IDS = {
    "q4_0": 2, "q4_1": 3, "q5_0": 6, "q5_1": 7, "q8_0": 8, "q2_k": 10, "q3_k": 11, "q4_k": 12, "q5_k": 13, "q6_k": 14,
    "q8_k": 15, "iq2_xxs": 16, "iq2_xs": 17, "iq3_xxs": 18, "iq1_s": 19, "iq4_nl": 20, "iq3_s": 21, "iq2_s": 22,
    "iq4_xs": 23, "iq1_m": 29, "tq1_0": 34, "tq2_0": 35, "gguf_mxfp4": 39, "gguf_nvfp4": 40, "q1_0": 41, "q2_0": 42,
}  # fmt: skip


class Ggml:
    """The functions of the library that encode and decode."""

    def __init__(self, path: str) -> None:
        """Load it."""
        self.library = ctypes.CDLL(path)
        self.library.ggml_quantize_chunk.restype = ctypes.c_size_t
        for type_id in TYPE_IDS.values():
            self.library.ggml_quantize_init(type_id)

    def quantize(self, fmt: GgufFormat, x: np.ndarray, importance: np.ndarray | None) -> np.ndarray:
        """The blocks as bytes, (n_blocks, block_bytes)."""
        out = np.zeros((x.size // fmt.block_size, fmt.block_bytes), np.uint8)
        if fmt.name == "q8_k":  # no file has it, so that the library offers no more than this
            self.library.quantize_row_q8_K_ref(_pointer(x), _pointer(out), ctypes.c_int64(x.size))
            return out
        sizes = (ctypes.c_int64(n) for n in (0, *x.shape))
        weights = None if importance is None else _pointer(importance)
        self.library.ggml_quantize_chunk(TYPE_IDS[fmt.name], _pointer(x), _pointer(out), *sizes, weights)
        return out

    def dequantize(self, fmt: GgufFormat, data: np.ndarray) -> np.ndarray:
        """The numbers, (n_blocks, block_size)."""
        out = np.zeros((len(data), fmt.block_size), np.float32)
        function = getattr(self.library, f"dequantize_row_{fmt.label.lower().replace('_k', '_K')}")
        function(_pointer(data), _pointer(out), ctypes.c_int64(out.size))
        return out


def _pointer(array: np.ndarray) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def values(rng: np.random.Generator) -> Iterator[tuple[str, np.ndarray]]:
    """Rows of values of many kinds."""
    shape = (ROWS, COLUMNS)

    def normal() -> np.ndarray:
        return rng.standard_normal(shape).astype(np.float32)

    yield "normal", normal()
    yield "uniform", rng.uniform(-1, 1, shape).astype(np.float32)
    yield "positive", np.abs(normal())
    yield "negative", -np.abs(normal())
    yield "heavy tails", rng.standard_t(1.5, shape).astype(np.float32)
    for constant in (0.0, -0.0, 0.7, -0.7):
        yield f"constant {constant}", np.full(shape, constant, np.float32)
    yield "one outlier a row", np.where(np.arange(COLUMNS) == 77, np.float32(1000), normal())
    yield "ties", (rng.integers(-16, 17, shape) / 2).astype(np.float32)
    yield "ternary", rng.integers(-1, 2, shape).astype(np.float32)
    yield "float16", normal().astype(np.float16).astype(np.float32)
    yield "few values", rng.choice(np.float32([-0.3, 0, 0.1, 0.2]), shape)
    for scale in (1e-6, 1e-9, 2e-15, 1e-20, 1e-30, 1e-40, 1e3, 1e6, 1e9, 1e20, 1e37):
        yield f"times {scale:g}", (normal() * scale).astype(np.float32)
    yield "sparse", normal() * (rng.random(shape) < 0.1)
    yield "negative zeros", np.where(normal() < 0, np.float32(-0.0), np.abs(normal()))
    yield "uneven", normal() * np.exp(rng.normal(0, 6, shape)).astype(np.float32)
    blocks = np.exp(rng.normal(0, 6, (ROWS, COLUMNS // 32))).astype(np.float32)
    yield "uneven blocks", normal() * np.repeat(blocks, 32, axis=1)
    yield "empty blocks", normal() * np.repeat(blocks > 1, 32, axis=1)
    yield "ramp", np.tile(np.linspace(-1, 1, COLUMNS, dtype=np.float32), (ROWS, 1))
    for centre in (1, -1):
        yield f"near {centre}", centre + normal() * np.float32(1e-6)


def importances(rng: np.random.Generator) -> Iterator[tuple[str, np.ndarray | None]]:
    """None, and weights of many kinds."""
    weights = rng.exponential(size=COLUMNS).astype(np.float32)
    yield "no importance", None
    yield "importance", weights
    yield "half of it zero", np.where(rng.random(COLUMNS) < 0.5, np.float32(0), weights)
    yield "a zero half", np.where(np.arange(COLUMNS) < COLUMNS // 2, np.float32(0), weights)
    yield "wide", np.exp(rng.normal(0, 8, COLUMNS)).astype(np.float32)


def compare(ggml: Ggml, fmt: GgufFormat, rng: np.random.Generator) -> tuple[int, list[str]]:
    """How many encodings were compared, and what differs."""
    n_compared, wrong = 0, []
    for kind, x in values(rng):
        for weighting, importance in importances(rng):
            if (importance is None and fmt.importance == "needed") or (importance is not None and fmt.name == "q8_k"):
                continue
            try:
                stored = qc.store(x, fmt, importance=importance)
            except QuantError:  # where the library ends the program
                assert np.abs(x).max() > 1e15, f"{fmt.name}, {kind}, {weighting}: refused"
                continue
            n_compared += 1
            ours = np.frombuffer(stored.to_bytes(), np.uint8).reshape(-1, fmt.block_bytes)
            differ = (ours != ggml.quantize(fmt, x, importance)).any(axis=1)
            if differ.any():
                wrong.append(f"{fmt.name}, {kind}, {weighting}: {differ.sum()} of {len(differ)} blocks differ")
    data = rng.integers(0, 256, (1000, fmt.block_bytes), np.uint8)
    if not np.array_equal(fmt.dequantize(fmt.unpack(data)), ggml.dequantize(fmt, data), equal_nan=True):
        wrong.append(f"{fmt.name}: random bytes decode differently")
    return n_compared, wrong


def main(arguments: list[str]) -> int:
    """1 if anything differs."""
    ggml = Ggml(arguments[0])
    failures: list[Any] = []
    for fmt in (fmt for fmt in GGUF_FORMATS if fmt.name in arguments[1:] or not arguments[1:]):
        n_compared, wrong = compare(ggml, fmt, np.random.default_rng(7))
        failures += wrong
        lines = [f"{fmt.name}: {n_compared} encodings compared, {len(wrong)} differ", *wrong]
        print("\n".join(lines), flush=True)  # noqa: T201 - a command's answer
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

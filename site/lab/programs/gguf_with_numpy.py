"""GGUF in NumPy alone: the first formats there and back, the K-quants from their bytes."""

from collections.abc import Sequence

import numpy as np

import quantcore as qc

from .blocks_in_programs import kept, octets, values
from .case import Case, program
from .gguf_tables_with_numpy import DECODED as TABLES
from .gguf_tables_with_numpy import FIELDS as OF_TABLES
from .gguf_tables_with_numpy import functions_of, lattice

LEGACY = ("q4_0", "q4_1", "q5_0", "q5_1", "q8_0")
TINY = 1e-37  # of smaller scales the reciprocal overflows, or nearly

FIELDS = {
    "q4_0": '[("d", "<f2"), ("qs", "u1", 16)]',
    "q4_1": '[("d", "<f2"), ("m", "<f2"), ("qs", "u1", 16)]',
    "q5_0": '[("d", "<f2"), ("qh", "u1", 4), ("qs", "u1", 16)]',
    "q5_1": '[("d", "<f2"), ("m", "<f2"), ("qh", "u1", 4), ("qs", "u1", 16)]',
    "q8_0": '[("d", "<f2"), ("qs", "i1", 32)]',
    "q2_k": '[("scales", "u1", 16), ("qs", "u1", 64), ("d", "<f2"), ("dmin", "<f2")]',
    "q3_k": '[("hmask", "u1", 32), ("qs", "u1", 64), ("scales", "u1", 12), ("d", "<f2")]',
    "q4_k": '[("d", "<f2"), ("dmin", "<f2"), ("scales", "u1", 12), ("qs", "u1", 128)]',
    "q5_k": '[("d", "<f2"), ("dmin", "<f2"), ("scales", "u1", 12), ("qh", "u1", 32), ("qs", "u1", 128)]',
    "q6_k": '[("ql", "u1", 128), ("qh", "u1", 64), ("scales", "i1", 16), ("d", "<f2")]',
}
"""What a block is in a file, as ggml-common.h has it."""

NIBBLES = 'codes = np.concatenate([blocks["qs"] & 15, blocks["qs"] >> 4], axis=1)  # low nibbles: the first half'
FIFTH = 'codes = codes | np.unpackbits(np.ascontiguousarray(blocks["qh"]), axis=1, bitorder="little") << 4'
SIX_BITS = [  # of Q4_K and Q5_K: get_scale_min_k4
    'packed = blocks["scales"]  # eight scales and eight minimums of 6 bits in 12 bytes',
    "first, second, third = packed[:, :4], packed[:, 4:8], packed[:, 8:]",
    "scales = np.concatenate([first & 63, third & 15 | first >> 6 << 4], axis=1)",
    "mins = np.concatenate([second & 63, third >> 4 | second >> 6 << 4], axis=1)",
]
WITH_MINIMUM = [
    'scale = blocks["d"].astype(np.float32)[:, None] * scales',
    'offset = -(blocks["dmin"].astype(np.float32)[:, None] * mins)',
    "x_hat = codes.reshape(*scale.shape, -1) * scale[..., None] + offset[..., None]",
]
WITHOUT = [
    'scale = blocks["d"].astype(np.float32)[:, None] * scales',
    "x_hat = q.reshape(*scale.shape, -1) * scale[..., None]",
]
DECODED: dict[str, list[str]] = {
    "q4_0": [NIBBLES, "q = codes.astype(np.int8) - 8", "x_hat = q * d"],
    "q4_1": [NIBBLES, "q = codes", "x_hat = q * d + m"],
    "q5_0": [NIBBLES, FIFTH, "q = codes.astype(np.int8) - 16", "x_hat = q * d"],
    "q5_1": [NIBBLES, FIFTH, "q = codes", "x_hat = q * d + m"],
    "q8_0": ['q = blocks["qs"]', "x_hat = q * d"],
    "q2_k": [
        'codes = planes(blocks["qs"].reshape(-1, 2, 32), 2)',
        "q = codes",
        'scales, mins = blocks["scales"] & 15, blocks["scales"] >> 4',
        *WITH_MINIMUM,
    ],
    "q3_k": [
        'codes = planes(blocks["qs"].reshape(-1, 2, 32), 2) | planes(blocks["hmask"][:, None], 1) << 2',
        "q = codes.astype(np.int8) - 4",
        'packed = blocks["scales"]  # sixteen of 6 bits in 12 bytes: four low bits of each, then two high ones',
        "low = np.concatenate([packed[:, :8] & 15, packed[:, :8] >> 4], axis=1)",
        "high = planes(packed[:, None, 8:], 2)",
        "scales = (low | high << 4).astype(np.int8) - 32",
        *WITHOUT,
    ],
    "q4_k": ['codes = planes(blocks["qs"].reshape(-1, 4, 32), 4)', "q = codes", *SIX_BITS, *WITH_MINIMUM],
    "q5_k": [
        'codes = planes(blocks["qs"].reshape(-1, 4, 32), 4) | planes(blocks["qh"][:, None], 1) << 4',
        "q = codes",
        *SIX_BITS,
        *WITH_MINIMUM,
    ],
    "q6_k": [
        'low, high = planes(blocks["ql"].reshape(-1, 2, 64), 4), planes(blocks["qh"].reshape(-1, 2, 32), 2)',
        "q = (low | high << 4).astype(np.int8) - 32",
        'scales = blocks["scales"]',
        *WITHOUT,
    ],
}
PLANES = [
    "def planes(octets, bits):",
    "    # (n, parts, bytes): all the lowest bits of a part's bytes, then all the next ones",
    "    shifts = np.arange(0, 8, bits, dtype=np.uint8)[:, None]",
    "    return (octets[:, :, None, :] >> shifts & (2**bits - 1)).astype(np.uint8).reshape(len(octets), -1)",
]


def gguf_alone(case: Case, stored: qc.Stored) -> str:
    """The program."""
    name = stored.fmt.name
    if name in TABLES:
        return _decode(case, stored, OF_TABLES[name], TABLES[name], functions_of(name), lattice(name))
    divisor = stored.blocks.divisor
    is_ordinary = divisor is not None and not ((np.abs(divisor) < TINY) & (divisor != 0)).any()
    if name in LEGACY and not case.is_dequantize and "importance" not in stored.options and is_ordinary:
        return _encode(case, name)
    names = [field for field in ("d", "m") if f'"{field}"' in FIELDS[name]] if name in LEGACY else []
    wide = [f'{field} = blocks["{field}"].astype(np.float32)[:, None]' for field in names]
    return _decode(case, stored, FIELDS[name], [*wide, *DECODED[name]])


def _decode(
    case: Case,
    stored: qc.Stored,
    fields: str,
    lines: list[str],
    functions: Sequence[list[str]] = (),
    table: Sequence[str] = (),
) -> str:
    remark = [] if case.is_dequantize else ["# from the bytes that ggml writes for these values"]
    tail = kept(case)
    called = [PLANES] if any("planes(" in line for line in lines) else []
    shaped = f"x_hat = x_hat.reshape({stored.shape}){tail}"
    names = "x_hat"
    if any(line.startswith("q = ") for line in lines):
        shaped, names = f"q, {shaped.replace('=', f'= q.reshape({stored.shape}){tail},', 1)}", "q, x_hat"
    return program(
        [*remark, "import numpy as np"],
        *called,
        *functions,
        [*table, f"block = np.dtype({fields})", f"blocks = np.frombuffer({octets(case)}, block)"],
        [*lines, shaped, f"print({names})"],
    )


def _encode(case: Case, name: str) -> str:
    tail = kept(case)
    shaped = f"q, x_hat = q.reshape(x.shape){tail}, x_hat.reshape(x.shape){tail}"
    steps = ["blocks = x.reshape(-1, 32)", *_ENCODED[name], shaped, "print(q, x_hat)"]
    return program(case.head("import numpy as np"), *case.origin.functions, values(case), steps)


def _inverse() -> list[str]:
    return ["inverse = np.divide(1, d, out=np.zeros_like(d), where=d != 0)  # d itself is stored in float16"]


def _centred(half: int) -> list[str]:
    return [
        "largest = np.take_along_axis(blocks, np.abs(blocks).argmax(axis=1, keepdims=True), axis=1)",
        f"d = largest / np.float32({-half})",
        *_inverse(),
        f"q = np.minimum(np.trunc(blocks * inverse + np.float32({half}.5)), {2 * half - 1}).astype(np.int8) - {half}",
        "x_hat = q * d.astype(np.float16).astype(np.float32)",
    ]


def _above_minimum(steps: int) -> list[str]:
    return [
        "low, high = blocks.min(axis=1, keepdims=True), blocks.max(axis=1, keepdims=True)",
        f"d = (high - low) / np.float32({steps})",
        *_inverse(),
        f"q = np.minimum(np.trunc((blocks - low) * inverse + np.float32(0.5)), {steps}).astype(np.uint8)",
        "d, low = (number.astype(np.float16).astype(np.float32) for number in (d, low))",
        "x_hat = q * d + low",
    ]


_ENCODED = {
    "q4_0": _centred(8),
    "q4_1": _above_minimum(15),
    "q5_0": _centred(16),
    "q5_1": _above_minimum(31),
    "q8_0": [
        "d = np.abs(blocks).max(axis=1, keepdims=True) / np.float32(127)",
        *_inverse(),
        "scaled = blocks * inverse",
        "whole = np.trunc(scaled)",
        "q = (whole + np.trunc((scaled - whole) * 2)).astype(np.int8)  # ties away from zero",
        "x_hat = q * d.astype(np.float16).astype(np.float32)",
    ],
}

"""Bytes of MX, NVFP4, bitsandbytes and integer blocks in NumPy alone: all codes, then the scales of all blocks."""

from typing import Any

import numpy as np

import quantcore as qc
from quantcore.blocks.bitsandbytes import CodebookBlocks
from quantcore.blocks.integer import IntegerBlocks
from quantcore.blocks.microscaling import MicroscaledBlocks
from quantcore.blocks.nvfp4 import Nvfp4Blocks
from quantcore.formats.codebooks import DYNAMIC8
from quantcore.formats.floats import FLOAT8_E4M3FN, FloatFormat

from .blocks_in_programs import octets
from .case import Case, array, program
from .elements_with_numpy import decoder

POWER = "np.ldexp(np.float32(1), {0}.astype(np.int32) - 127)"


def bytes_alone(case: Case, stored: qc.Stored) -> str:
    """The program."""
    block: Any = stored.fmt
    fmt, shape = block.element, stored.shape
    n_codes = -(-stored.layout.size * fmt.bits // 8)
    functions, decoded = _decoded(block)
    of_scales = [decoder(FLOAT8_E4M3FN, name="decode_scale")] if _has_e4m3_scales(block) else []
    n_rows = "" if block.axes == "flat" else f".reshape({(*shape[:-1], -1)})"
    cut = f"[:{stored.layout.size}].reshape({shape})" if block.axes == "flat" else f"[..., :{shape[-1]}]"

    def spread(name: str) -> str:
        return f"{name} = np.repeat({name}{n_rows}, {block.block_size}, axis=-1){cut}  # one for each number"

    names = ["scale", "minimum"] if isinstance(block, IntegerBlocks) and block.has_minimum else ["scale"]
    return program(
        ["import numpy as np"],
        *functions,
        *of_scales,
        [
            f"data = np.frombuffer({octets(case)}, np.uint8)",
            f"codes, rest = data[:{n_codes}], data[{n_codes}:]  # first all codes, then all scales",
            *_codes(fmt, block.is_high_first, stored.layout.size),
            f"q = {_signed(fmt)}.reshape({shape})",
            *_scales(block, stored),
            *map(spread, names),
            f"x_hat = {decoded} * scale{' + minimum' if len(names) == 2 else ''}",
            "print(q, x_hat)",
        ],
    )


def _codes(fmt: qc.Format, is_high_first: bool, count: int) -> list[str]:
    """One code a byte."""
    if fmt.bits == 8:
        return []
    cut = f"[:{count}]" if count * fmt.bits % 8 else ""
    if fmt.bits == 4:
        first, second = ("codes >> 4", "codes & 15") if is_high_first else ("codes & 15", "codes >> 4")
        return [f"codes = np.stack([{first}, {second}], axis=-1).reshape(-1){cut}  # two to a byte"]
    return [
        f'bits = np.unpackbits(codes, bitorder="little")[:{count * fmt.bits}].reshape(-1, {fmt.bits})',
        'codes = np.packbits(bits, axis=1, bitorder="little")[:, 0]',
    ]


def _signed(fmt: qc.Format) -> str:
    if not isinstance(fmt, qc.IntFormat) or not fmt.signed:
        return "codes"
    half = 1 << fmt.bits - 1
    return "codes.view(np.int8)" if fmt.bits == 8 else f"((codes ^ {half}).astype(np.int8) - {half})"


def _decoded(block: Any) -> tuple[list[list[str]], str]:
    """Functions, and the numbers of the codes as an expression."""
    fmt = block.element
    if isinstance(fmt, FloatFormat):
        return [decoder(fmt)], "decode(q)"
    if isinstance(fmt, qc.Codebook):
        table = f"numbers = {array(fmt.decode(np.arange(1 << fmt.bits, dtype=np.uint8)))}  # of each code in turn"
        return [[table]], "numbers[q]"
    return [], "q"


def _has_e4m3_scales(block: Any) -> bool:
    return isinstance(block, Nvfp4Blocks) or getattr(block, "scale_format", "") == FLOAT8_E4M3FN.name


def _scales(block: Any, stored: qc.Stored) -> list[str]:
    """One scale a block, and one minimum."""
    match block:
        case MicroscaledBlocks():
            of_unit = "" if block.unit == 1 else f" / np.float32({1 / block.unit:g})"
            return [f"scale = np.where(rest == 255, np.float32(np.nan), {POWER.format('rest')}){of_unit}"]
        case Nvfp4Blocks():
            if len(stored.levels) == 1:
                return ["scale = decode_scale(rest)"]
            sign = "/" if block.tensor_level == "tensor_divisor" else "*"
            return [
                f'{block.tensor_level} = rest[:4].view("<f4")',
                f"scale = decode_scale(rest[4:]) {sign} {block.tensor_level}",
            ]
        case CodebookBlocks(is_double=True):
            first = 4 + 4 * stored.levels[1].values.size
            table = array(DYNAMIC8.decode(np.arange(256, dtype=np.uint8)))
            return [
                f"of_scales = {table}  # of each code in turn",
                f'mean, second = rest[:4].view("<f4"), rest[4:{first}].view("<f4")  # 256 scales share a second one',
                f"scale = of_scales[rest[{first}:]]",
                "scale = scale * np.repeat(second, 256)[: scale.size] + mean",
            ]
        case IntegerBlocks(has_minimum=True):
            return [f"scale, minimum = {_numbers(block, 'rest')}.reshape(2, -1)"]
    return [f"scale = {_numbers(block, 'rest')}"]


def _numbers(block: Any, octets: str) -> str:
    """Scales and minimums of integer blocks, and those of bitsandbytes, from their bytes."""
    kept = getattr(block, "scale_format", "float32")
    return {
        "float32": f'{octets}.view("<f4")',
        "float16": f'{octets}.view("<f2").astype(np.float32)',
        "float8_e4m3fn": f"decode_scale({octets})",
        "float8_e8m0fnu": f"np.where({octets} == 255, np.float32(np.nan), {POWER.format(octets)})",
    }[kept]

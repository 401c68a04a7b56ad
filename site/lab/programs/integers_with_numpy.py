"""Integers in blocks in NumPy alone: with a scale, with a scale and a minimum, and MLX's choice of both."""

from quantcore.blocks.integer import IntegerBlocks
from quantcore.formats.floats import FLOAT8_E4M3FN

from .blocks_in_programs import kept, values
from .case import Case, program
from .elements_with_numpy import decoder, encoder


def integer_blocks(case: Case, block: IntegerBlocks) -> str:
    """The program."""
    fmt, length = block.element, case.given.shape[-1]
    of_scales = []
    if block.scale_format == FLOAT8_E4M3FN.name:
        of_scales = [encoder(FLOAT8_E4M3FN, name="encode_scale"), decoder(FLOAT8_E4M3FN, name="decode_scale")]
    rows, tail = "x.shape", kept(case)
    numbers, reshaped = values(case), f"x.reshape(-1, {block.block_size})"
    missing = -length % block.block_size if block.is_partial_allowed else 0
    if missing:  # the last block of a row is shorter, and zeros change nothing in it
        widths = [(0, 0)] * (case.given.ndim - 1) + [(0, missing)]
        numbers.append(f"filled = np.pad(x, {widths})  # whole blocks of {block.block_size}")
        rows, tail, reshaped = "filled.shape", f"[..., :{length}]", f"filled.reshape(-1, {block.block_size})"
    above, plus = (" - minimum", " + minimum") if block.has_minimum else ("", "")
    left = f"(blocks{above})" if above else "blocks"
    return program(
        case.head("import numpy as np"),
        *of_scales,
        *case.origin.functions,
        numbers,
        [
            f"blocks = {reshaped}",
            *_parameters(block),
            "divisor = np.where(scale == 0, np.float32(1), scale)",
            f"codes = np.clip(np.rint({left} / divisor), {fmt.qmin}, {fmt.qmax}).astype(np.{fmt.dtype})",
            f"q = codes.reshape({rows}){tail}",
            f"x_hat = (codes * scale{plus}).reshape({rows}){tail}",
            "print(q, x_hat)",
        ],
    )


def _parameters(block: IntegerBlocks) -> list[str]:
    """Scale and minimum, as they are stored."""
    greatest = f"np.float32({block.element.qmax})"
    if not block.has_minimum:
        return [f"scale = np.abs(blocks).max(axis=1, keepdims=True) / {greatest}", *_STORED[block.scale_format]]
    ends = "low, high = blocks.min(axis=1, keepdims=True), blocks.max(axis=1, keepdims=True)"
    if block.is_mlx:
        return [
            ends,
            "is_low = np.abs(low) > np.abs(high)  # the end of larger magnitude becomes a code exactly",
            f"scale = np.maximum((high - low) / {greatest}, np.float32(1e-7))",
            "scale = np.where(is_low, scale, -scale)",
            "edge = np.where(is_low, low, high)",
            "first = np.rint(edge / scale)",
            "scale = np.divide(edge, first, out=scale, where=first != 0)",
            "minimum = np.where(first != 0, edge, np.float32(0))",
        ]
    return [
        ends,
        f"scale = (high - low) / {greatest}",
        "scale, minimum = (number.astype(np.float16).astype(np.float32) for number in (scale, low))  # as stored",
    ]


_STORED: dict[str, list[str]] = {
    "float16": ["scale = scale.astype(np.float16).astype(np.float32)  # as it is stored"],
    "float8_e4m3fn": ["scale = decode_scale(encode_scale(scale))  # as it is stored"],
    "float8_e8m0fnu": [
        "mantissa, exponent = np.frexp(scale)  # stored as a power of two, up, so that nothing is clipped",
        "exponent = np.where(scale > 0, exponent - (mantissa == 0.5), -127)",
        "scale = np.ldexp(np.float32(1), np.clip(exponent, -127, 127))",
    ],
}

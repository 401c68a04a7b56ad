"""Number formats in NumPy alone, readable: the dispatcher, and what MX, NVFP4 and bitsandbytes store in blocks."""

from typing import Any

import quantcore as qc
from quantcore.blocks.bitsandbytes import CodebookBlocks
from quantcore.blocks.integer import IntegerBlocks
from quantcore.blocks.microscaling import MicroscaledBlocks
from quantcore.blocks.nvfp4 import Nvfp4Blocks
from quantcore.formats.codebooks import DYNAMIC8
from quantcore.formats.floats import FLOAT8_E4M3FN, FloatFormat

from .blocks_in_programs import kept, values
from .bytes_with_numpy import bytes_alone
from .case import Case, program
from .elements_with_numpy import codebook, decoder, element_alone, encoder, search
from .gguf_with_numpy import gguf_alone
from .integers_with_numpy import integer_blocks


def numpy_formats(case: Case) -> str:
    """The program; empty where a few lines do not compute this."""
    stored = case.stored
    if stored is None:
        return element_alone(case)
    if stored.fmt.library == "ggml":
        return gguf_alone(case, stored)
    if case.is_dequantize:
        return bytes_alone(case, stored)
    match stored.fmt:
        case MicroscaledBlocks():
            return _mx(case, stored, stored.fmt)
        case Nvfp4Blocks():
            return _nvfp4(case, stored, stored.fmt)
        case CodebookBlocks():
            return _codebook_blocks(case, stored.fmt)
        case IntegerBlocks():
            return integer_blocks(case, stored.fmt)
    return ""


def _codebook_blocks(case: Case, block: CodebookBlocks) -> str:
    size = block.block_size
    nested = codebook(DYNAMIC8, "of_scales") if block.is_double else []
    return program(
        case.head("import numpy as np"),
        *case.origin.functions,
        [*codebook(block.element), *nested, *values(case)],
        [
            f"blocks = np.pad(x.reshape(-1), (0, -x.size % {size})).reshape(-1, {size})",
            "absmax = np.abs(blocks).max(axis=1, keepdims=True)",
            "reciprocal = 1 / np.maximum(absmax, np.float32(1e-38))",
            f"place = {search('np.clip(blocks * reciprocal, -1, 1)', block.element)}",
            "q = codes[place].reshape(-1)[: x.size].reshape(x.shape)",
        ],
        _DOUBLE if block.is_double else [],
        [
            "x_hat = (numbers[place] * absmax).reshape(-1)[: x.size].reshape(x.shape)",
            "print(q, x_hat)",
        ],
    )


_DOUBLE = [
    "# the scales, without their mean, are quantized themselves: 256 share a scale",
    "mean = np.float32(absmax.mean(dtype=np.float64))",
    "rest = np.pad(absmax.reshape(-1) - mean, (0, -absmax.size % 256)).reshape(-1, 256)",
    "second = np.abs(rest).max(axis=1, keepdims=True)",
    "scaled = np.clip(rest * (1 / np.maximum(second, np.float32(1e-38))), -1, 1)",
    f"place_of_scale = {search('scaled', DYNAMIC8, 'of_scales_middles')}",
    "absmax = (of_scales_numbers[place_of_scale] * second + mean).reshape(-1)[: absmax.size, np.newaxis]",
]


# MX and NVFP4


def _mx(case: Case, stored: qc.Stored, block: MicroscaledBlocks) -> str:
    fmt, mode = block.element, str(stored.options.get("scale_mode", "floor"))
    tail = kept(case)
    functions = [encoder(fmt), decoder(fmt)] if isinstance(fmt, FloatFormat) else [_SIXTY_FOURTHS, _FROM_SIXTY_FOURTHS]
    return program(
        case.head("import numpy as np"),
        *functions,
        *case.origin.functions,
        values(case),
        [
            "blocks = x.reshape(-1, 32)",
            "absmax = np.abs(blocks).max(axis=1, keepdims=True)",
            *_exponent(mode, block),
            "exponent = np.clip(np.where(absmax > 0, exponent, -127), -127, 127)  # the scale is 2 to this power",
            "codes = encode(np.ldexp(blocks, -exponent))",
            f"q = codes.reshape(x.shape){tail}",
            f"x_hat = np.ldexp(decode(codes), exponent).reshape(x.shape){tail}",
            "print(q, x_hat)",
        ],
    )


_SIXTY_FOURTHS = [
    "def encode(x):",
    "    # MXINT8: sixty-fourths from -128 to 127",
    "    return np.clip(np.rint(x * 64), -128, 127).astype(np.int8)",
]
_FROM_SIXTY_FOURTHS = ["def decode(code):", "    return code / np.float32(64)"]


def _exponent(mode: str, block: MicroscaledBlocks) -> list[str]:
    largest, m = block.largest_exponent, block.mantissa_bits
    if mode == "floor":
        return [f"exponent = np.frexp(absmax)[1] - 1 - {largest}  # {largest}: of the element's largest power of two"]
    if mode == "ceil":
        return [
            "mantissa, exponent = np.frexp(absmax)",
            f"exponent = exponent - 1 - {largest} + (mantissa != 0.5)  # one more unless a power of two",
        ]
    if mode == "even":
        return [
            f"rounded = absmax.view(np.int32) + {1 << 22 - m}  # to {m} mantissa bits: half a step is added",
            f"exponent = (rounded >> 23) - 127 - {largest}",
        ]
    return [
        f"mantissa, exponent = np.frexp(absmax / np.float32({block.element_max!r}))",
        "exponent = exponent - (mantissa == 0.5)  # up, unless a power of two",
    ]


def _nvfp4(case: Case, stored: qc.Stored, block: Nvfp4Blocks) -> str:
    fmt = block.element
    assert isinstance(fmt, FloatFormat)
    is_divisor = block.tensor_level == "tensor_divisor"
    number: Any = stored.levels[0].values.item()
    is_given = "tensor_scale" in stored.options or not case.given.any()
    full = "np.float32(6 * 448)"
    tensor = f"1 / np.abs(x).max() * {full}" if is_divisor else f"np.abs(x).max() / {full}"
    tail = kept(case)
    if is_divisor:
        scales = [
            "block_scale = decode_scale(encode_scale(tensor * (absmax / np.float32(6))))",
            "block_scale = np.where(block_scale == 0, np.float32(0.125), block_scale)",
            "scale = block_scale / tensor",
            "scaled = blocks / scale",
        ]
    else:
        scales = [
            "wanted = np.clip(absmax / np.float32(6) / tensor, np.float32(2**-6), np.float32(448))",
            "block_scale = decode_scale(encode_scale(wanted))",
            "scale = block_scale * tensor",
            "scaled = blocks * (np.float32(1) / tensor / block_scale)",
        ]
    return program(
        case.head("import numpy as np"),
        *case.origin.functions,
        encoder(fmt),
        decoder(fmt),
        encoder(FLOAT8_E4M3FN, name="encode_scale"),
        decoder(FLOAT8_E4M3FN, name="decode_scale"),
        values(case),
        [
            f"tensor = {f'np.float32({number!r})' if is_given else tensor}  # {block.tensor_level}",
            "blocks = x.reshape(-1, 16)",
            "absmax = np.abs(blocks).max(axis=1, keepdims=True)",
            *scales,
            "codes = encode(np.clip(scaled, -6, 6))",
            f"q = codes.reshape(x.shape){tail}",
            f"x_hat = (decode(codes) * scale).reshape(x.shape){tail}",
            "print(q, x_hat)",
        ],
    )

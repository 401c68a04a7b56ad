"""Number formats in NumPy alone, readable: floats, MX, NVFP4, codebooks; GGUF is in a module of its own."""

from typing import Any

import numpy as np

import quantcore as qc
from quantcore.blocks.bitsandbytes import CodebookBlocks
from quantcore.blocks.microscaling import MicroscaledBlocks
from quantcore.blocks.nvfp4 import Nvfp4Blocks
from quantcore.formats.codebooks import Ties
from quantcore.formats.floats import FloatFormat, Nans

from .blocks_in_programs import kept, values
from .case import Case, array, program
from .gguf_with_numpy import gguf_alone
from .scales_in_programs import given, scale, spread
from .with_numpy import ROUNDED

OF_ONE_SIDE = ("toward_zero", "floor", "ceil")


def numpy_formats(case: Case) -> str:
    """The program; empty where a few lines do not compute this."""
    stored = case.stored
    if stored is None:
        return _element(case)
    if stored.fmt.library == "ggml":
        return gguf_alone(case, stored)
    if case.is_decoding:
        return ""
    match stored.fmt:
        case MicroscaledBlocks(element=FloatFormat()):
            return _mx(case, stored, stored.fmt)
        case Nvfp4Blocks():
            return _nvfp4(case, stored, stored.fmt)
        case CodebookBlocks(is_double=False):
            return _codebook_blocks(case, stored.fmt)
    return ""


# Elements


def _element(case: Case) -> str:
    settings, fmt = case.result.settings, case.element
    rounding = settings.rounding
    if case.dtype == np.float16:
        return ""
    numbers = [*case.remark(), *given(case), *scale(case), *spread(case)]
    back = "x_hat = decode(q).astype(scale.dtype) * scale"
    if isinstance(fmt, FloatFormat):
        if case.is_dequantize:
            return program(["import numpy as np"], decoder(fmt), numbers, [back, "print(x_hat)"])
        by_chance = rounding == "stochastic" and not isinstance(case.granularity, qc.PerTensor)
        is_rare = settings.codes.overflow == "overflow" and rounding in OF_ONE_SIDE
        if by_chance or is_rare or rounding not in ROUNDED:
            return ""
        seed = [f"rng = np.random.default_rng({settings.seed})"] if rounding == "stochastic" else []
        steps = [*seed, "q = encode(x / scale)", back, "print(q, x_hat)"]
        return program(
            ["import numpy as np"], encoder(fmt, settings.codes.overflow, rounding), decoder(fmt), numbers, steps
        )
    if not isinstance(fmt, qc.Codebook) or (rounding != "half_even" and not case.is_dequantize):
        return ""
    if case.is_dequantize:
        book = f"numbers = {array(fmt.decode(np.arange(1 << fmt.bits, dtype=np.uint8)))}  # of each code in turn"
        return program(["import numpy as np"], [book, *numbers], ["x_hat = numbers[q] * scale", "print(x_hat)"])
    back = "q, x_hat = codes[place], numbers[place] * scale"
    steps = [f"place = {_search('x / scale', fmt)}", back, "print(q, x_hat)"]
    return program(["import numpy as np"], [*codebook(fmt), *numbers], steps)


def encoder(
    fmt: FloatFormat, overflow: str = "saturate", rounding: str = "half_even", name: str = "encode"
) -> list[str]:
    """A function from numbers to codes; codes of one sign follow each other, so rounding carries by itself."""
    m, least = fmt.mantissa_bits, fmt.least_exponent
    beyond = fmt.highest_code
    words = "saturates"
    if overflow == "overflow" and fmt.nan_code is not None:
        beyond, words = (fmt.highest_code + 1, "infinity") if fmt.infinities else (fmt.nan_code, "NaN")
    rounded = ROUNDED[rounding].format("scaled")
    signed = f"code + {1 << fmt.bits - 1} * np.signbit(x)"
    if fmt.nans is Nans.NEGATIVE_ZERO:
        signed = f"np.where(code % {fmt.nan_code} == 0, code, {signed})  # there is no -0, whose code is NaN"
    return [
        f"def {name}(x):",
        f"    # {fmt.label}: {m} mantissa bits, least exponent {least}",
        f"    exponent = np.where(x == 0, {least}, np.maximum(np.frexp(x)[1] - 1, {least}))",
        f"    scaled = np.ldexp(x, {m} - exponent)  # in steps of the last mantissa bit",
        f"    code = (exponent - {least}) * {1 << m} + np.abs({rounded})",
        f"    code = np.where(code > {fmt.highest_code}, {beyond}, code)  # {words}",
        f"    code = {signed}",
        f"    return code.astype(np.{fmt.dtype})",
    ]


def decoder(fmt: FloatFormat, name: str = "decode") -> list[str]:
    """A function from codes to numbers."""
    m, least, sign = fmt.mantissa_bits, fmt.least_exponent, 1 << fmt.bits - 1
    lines = [
        f"def {name}(code):",
        f"    sign, rest = np.where(code & {sign}, -1.0, 1.0), (code & {sign - 1}).astype(np.int64)",
        f"    exponent, mantissa = rest >> {m}, rest & {(1 << m) - 1}",
        "    is_normal = exponent > 0  # others have no leading 1 and the least exponent",
        f"    number = np.ldexp(mantissa + {1 << m}.0 * is_normal, np.maximum(exponent - 1, 0) + {least - m})",
    ]
    if fmt.nans is Nans.NEGATIVE_ZERO:
        lines.append(f"    number = np.where(code == {sign}, np.nan, number)")
    elif fmt.nan_code is not None:
        lines.append(f"    number = np.where(rest > {fmt.highest_code + fmt.infinities}, np.nan, number)")
    if fmt.infinities:
        lines.append(f"    number = np.where(rest == {fmt.highest_code + 1}, np.inf, number)")
    return [*lines, "    return (sign * number).astype(np.float32)"]


# Codebooks


def codebook(fmt: qc.Codebook) -> list[str]:
    """The numbers in their order, their codes, and the numbers halfway between neighbours."""
    codes = np.argsort(fmt.values, kind="stable").astype(np.uint8)
    return [
        f"numbers = {array(fmt.values[codes].astype(np.float32))}",
        f"codes = {array(codes)}",
        "middles = (numbers[1:].astype(np.float64) + numbers[:-1]) / 2",
    ]


def _search(scaled: str, fmt: qc.Codebook) -> str:
    side = "left" if fmt.ties is Ties.LOWER else "right"
    return f'np.searchsorted(middles, {scaled}, side="{side}")  # a tie becomes the {fmt.ties.value.split()[1]} number'


def _codebook_blocks(case: Case, block: CodebookBlocks) -> str:
    size = block.block_size
    return program(
        ["import numpy as np"],
        [*codebook(block.element), *values(case)],
        [
            f"blocks = np.pad(x.reshape(-1), (0, -x.size % {size})).reshape(-1, {size})",
            "absmax = np.abs(blocks).max(axis=1, keepdims=True)",
            "reciprocal = 1 / np.maximum(absmax, np.float32(1e-38))",
            f"place = {_search('np.clip(blocks * reciprocal, -1, 1)', block.element)}",
            "q = codes[place].reshape(-1)[: x.size].reshape(x.shape)",
            "x_hat = (numbers[place] * absmax).reshape(-1)[: x.size].reshape(x.shape)",
            "print(q, x_hat)",
        ],
    )


# MX and NVFP4


def _mx(case: Case, stored: qc.Stored, block: MicroscaledBlocks) -> str:
    fmt, mode = block.element, str(stored.options.get("scale_mode", "floor"))
    assert isinstance(fmt, FloatFormat)
    tail = kept(case)
    return program(
        ["import numpy as np"],
        encoder(fmt),
        decoder(fmt),
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
    fmt, of_scales = block.element, qc.FORMATS["float8_e4m3fn"]
    assert isinstance(fmt, FloatFormat)
    assert isinstance(of_scales, FloatFormat)
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
        ["import numpy as np"],
        encoder(fmt),
        decoder(fmt),
        encoder(of_scales, name="encode_scale"),
        decoder(of_scales, name="decode_scale"),
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

"""Floats and codebooks in NumPy alone, readable: what becomes of a number, and what a code stands for."""

import numpy as np

import quantcore as qc
from quantcore.formats.codebooks import Ties
from quantcore.formats.floats import FloatFormat, Nans

from .case import Case, array, program
from .scales_in_programs import scale, spread
from .with_numpy import ROUNDED

OF_ONE_SIDE = ("toward_zero", "floor", "ceil")


def element_alone(case: Case) -> str:
    """The program for a float or a codebook with a scale; empty where a few lines do not compute this."""
    settings, fmt = case.result.settings, case.element
    rounding = settings.rounding
    if case.dtype == np.float16:
        return ""
    numbers = [*case.numbers(), *scale(case), *spread(case)]
    head, made = case.head("import numpy as np"), case.origin.functions
    back = "x_hat = decode(q).astype(scale.dtype) * scale"
    if isinstance(fmt, FloatFormat):
        if case.is_dequantize:
            return program(head, decoder(fmt), *made, numbers, [back, "print(x_hat)"])
        by_chance = rounding == "stochastic" and not isinstance(case.granularity, qc.PerTensor)
        is_rare = settings.codes.overflow == "overflow" and rounding in OF_ONE_SIDE
        if by_chance or is_rare or rounding not in ROUNDED:
            return ""
        seed = [f"rng = np.random.default_rng({settings.seed})"] if rounding == "stochastic" else []
        steps = [*seed, "q = encode(x / scale)", back, "print(q, x_hat)"]
        return program(head, encoder(fmt, settings.codes.overflow, rounding), decoder(fmt), *made, numbers, steps)
    if not isinstance(fmt, qc.Codebook) or (rounding != "half_even" and not case.is_dequantize):
        return ""
    if case.is_dequantize:
        book = f"numbers = {array(fmt.decode(np.arange(1 << fmt.bits, dtype=np.uint8)))}  # of each code in turn"
        return program(head, [book, *numbers], ["x_hat = numbers[q] * scale", "print(x_hat)"])
    back = "q, x_hat = codes[place], numbers[place] * scale"
    steps = [f"place = {search('x / scale', fmt)}", back, "print(q, x_hat)"]
    return program(head, *made, [*codebook(fmt), *numbers], steps)


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


def codebook(fmt: qc.Codebook, of: str = "") -> list[str]:
    """The numbers in their order, their codes, and the numbers halfway between neighbours; `of` begins the names."""
    codes, name = np.argsort(fmt.values, kind="stable").astype(np.uint8), f"{of}_" if of else ""
    return [
        f"{name}numbers = {array(fmt.values[codes].astype(np.float32))}",
        *([] if of else [f"codes = {array(codes)}"]),
        f"{name}middles = ({name}numbers[1:].astype(np.float64) + {name}numbers[:-1]) / 2",
    ]


def search(scaled: str, fmt: qc.Codebook, middles: str = "middles") -> str:
    """The place of the nearest number as an expression, with what becomes of ties."""
    side = "left" if fmt.ties is Ties.LOWER else "right"
    return (
        f'np.searchsorted({middles}, {scaled}, side="{side}")  # a tie becomes the {fmt.ties.value.split()[1]} number'
    )

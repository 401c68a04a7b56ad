"""GGUF's formats whose codes name numbers in a table, in NumPy alone, from their bytes.

The tables are FP4, ternary digits, sixteen uneven numbers (IQ4), and the points of a lattice (IQ1 to IQ3): eight or
four numbers at once, whose signs are stored apart.
"""

import numpy as np

from quantcore.blocks.ggml_numbers import DOUBLED_E2M1, EIGHT_LEVELS, IQ4, ODD_LEVELS, THREE_LEVELS
from quantcore.blocks.grids import points

FIELDS = {
    "q1_0": '[("d", "<f2"), ("qs", "u1", 16)]',
    "q2_0": '[("d", "<f2"), ("qs", "u1", 16)]',
    "q8_k": '[("d", "<f4"), ("qs", "i1", 256), ("bsums", "<i2", 16)]',
    "iq4_nl": '[("d", "<f2"), ("qs", "u1", 16)]',
    "iq4_xs": '[("d", "<f2"), ("scales_h", "<u2"), ("scales_l", "u1", 4), ("qs", "u1", 128)]',
    "tq1_0": '[("qs", "u1", 48), ("qh", "u1", 4), ("d", "<f2")]',
    "tq2_0": '[("qs", "u1", 64), ("d", "<f2")]',
    "gguf_mxfp4": '[("e", "u1"), ("qs", "u1", 16)]',
    "gguf_nvfp4": '[("d", "u1", 4), ("qs", "u1", 32)]',
    "iq1_s": '[("d", "<f2"), ("qs", "u1", 32), ("qh", "<u2", 8)]',
    "iq1_m": '[("qs", "u1", 32), ("qh", "u1", 16), ("scales", "<u2", 4)]',
    "iq2_xxs": '[("d", "<f2"), ("qs", "<u4", (8, 2))]',
    "iq2_xs": '[("d", "<f2"), ("qs", "<u2", 32), ("scales", "u1", 8)]',
    "iq2_s": '[("d", "<f2"), ("qs", "u1", 32), ("signs", "u1", 32), ("qh", "u1", 8), ("scales", "u1", 8)]',
    "iq3_xxs": '[("d", "<f2"), ("qs", "u1", 64), ("signs", "<u4", 8)]',
    "iq3_s": '[("d", "<f2"), ("qs", "u1", 64), ("qh", "u1", 8), ("signs", "u1", 32), ("scales", "u1", 4)]',
}
"""What a block is in a file, as ggml-common.h has it."""

D = 'd = blocks["d"].astype(np.float32)[:, None]'
HALVES = "codes = np.concatenate([{0} & 15, {0} >> 4], axis=-1)  # low nibbles: the first half"
OF_FP4 = f"numbers = np.array({list(DOUBLED_E2M1)}, np.float32)  # E2M1, doubled: the scales are halves"
OF_IQ4 = f"numbers = np.array({list(IQ4)}, np.float32)"
SUB_BLOCKS = "x_hat = {0}.reshape(*scale.shape, -1) * scale[..., None]"
SIGNED = SUB_BLOCKS.format("(magnitudes[points[index]].reshape(len(d), -1) * signed(signs))")
NIBBLES_OF_SCALES = 'scales = planes(blocks["scales"][..., None], 4)  # two to a byte'
SEVENS = "np.array([0, 7, 14, 21], np.uint32) & 127"
SHIFTED = "x_hat = (levels - np.float32(1) + shift[..., None]).reshape(*scale.shape, -1) * scale[..., None]"

DECODED: dict[str, list[str]] = {
    "q1_0": [D, 'q = np.unpackbits(blocks["qs"], axis=1, bitorder="little")', "x_hat = np.where(q == 1, d, -d)"],
    "q2_0": [D, 'q = planes(blocks["qs"][..., None], 2)  # four to a byte', "x_hat = (q - np.float32(1)) * d"],
    "q8_k": ['q = blocks["qs"]', 'x_hat = q * blocks["d"][:, None]'],
    "iq4_nl": [D, OF_IQ4, HALVES.format('blocks["qs"]'), "q = codes", "x_hat = numbers[q] * d"],
    "iq4_xs": [
        D,
        OF_IQ4,
        'halves = blocks["qs"].reshape(-1, 8, 16)',
        HALVES.format("halves"),
        "q = codes.reshape(-1, 256)",
        'low, high = planes(blocks["scales_l"][..., None], 4), blocks["scales_h"][:, None] >> np.arange(0, 16, 2) & 3',
        "scales = (low | high << 4).astype(np.int8) - 32  # eight of 6 bits",
        "scale = d * scales",
        SUB_BLOCKS.format("numbers[q]"),
    ],
    "tq1_0": [
        D,
        'parts = digits(blocks["qs"][:, :32], 5), digits(blocks["qs"][:, 32:], 5), digits(blocks["qh"], 4)',
        "q = np.concatenate(parts, axis=1)",
        "x_hat = (q - np.float32(1)) * d",
    ],
    "tq2_0": [D, 'q = planes(blocks["qs"].reshape(-1, 2, 32), 2)', "x_hat = (q - np.float32(1)) * d"],
    "gguf_mxfp4": [
        OF_FP4,
        HALVES.format('blocks["qs"]'),
        "q = codes",
        'scale = np.ldexp(np.float32(1), blocks["e"].astype(np.int32) - 128)',
        "x_hat = numbers[q] * scale[:, None]",
    ],
    "gguf_nvfp4": [
        OF_FP4,
        'halves = blocks["qs"].reshape(-1, 4, 8)',
        HALVES.format("halves"),
        "q = codes.reshape(-1, 64)",
        'exponent, mantissa = blocks["d"] >> 3 & 15, (blocks["d"] & 7).astype(np.float32)  # E4M3 without a sign',
        "normal = np.ldexp(1 + mantissa / 8, exponent.astype(np.int32) - 8)",
        "scale = np.where(exponent == 0, mantissa * np.float32(2**-10), normal)",
        'scale = np.where(blocks["d"] == 127, np.float32(0), scale)',
        SUB_BLOCKS.format("numbers[q]"),
    ],
    "iq1_s": [
        D,
        'high = blocks["qh"]  # of 32 elements: four times three bits of a point, a scale of 3 bits, the shift',
        'index = blocks["qs"].reshape(-1, 8, 4) | (high[..., None] >> np.array([0, 3, 6, 9], np.uint16) & 7) << 8',
        "scale = d * (2 * (high >> 12 & 7) + 1).astype(np.float32)",
        "shift = np.repeat(np.where(high >> 15, np.float32(-0.125), np.float32(0.125)), 4, axis=1).reshape(-1, 8, 4)",
        "levels = points[index]",
        SHIFTED,
    ],
    "iq1_m": [
        'packed = blocks["scales"]  # four times three bits of a scale, and four bits of d',
        "d = np.bitwise_or.reduce(packed >> 12 << np.array([0, 4, 8, 12], np.uint16), axis=1).view(np.float16)",
        "scales = (packed[..., None] >> np.array([0, 3, 6, 9], np.uint16) & 7).reshape(-1, 16)",
        "scale = d.astype(np.float32)[:, None] * (2 * scales + 1).astype(np.float32)",
        'high = planes(blocks["qh"][..., None], 4)  # of eight elements: three bits of a point, the shift',
        'index = blocks["qs"] | (high & 7).astype(np.uint16) << 8',
        "shift = np.where(high >> 3, np.float32(-0.125), np.float32(0.125))",
        "levels = points[index]",
        SHIFTED,
    ],
    "iq2_xxs": [
        D,
        'low, high = blocks["qs"][..., 0], blocks["qs"][..., 1]  # of 32 elements: points; signs and scale',
        "index = np.ascontiguousarray(low).view(np.uint8)",
        f"signs = even(high[..., None] >> {SEVENS})",
        "scale = d * (np.float32(0.5) + (high >> 28).astype(np.float32)) * np.float32(0.25)",
        SIGNED,
    ],
    "iq2_xs": [
        D,
        'index, signs = blocks["qs"] & 511, even(blocks["qs"] >> 9)',
        NIBBLES_OF_SCALES,
        "scale = d * (np.float32(0.5) + scales) * np.float32(0.25)",
        SIGNED,
    ],
    "iq2_s": [
        D,
        'index = blocks["qs"] | planes(blocks["qh"][..., None], 2).astype(np.uint16) << 8',
        'signs = blocks["signs"]',
        NIBBLES_OF_SCALES,
        "scale = d * (np.float32(0.5) + scales) * np.float32(0.25)",
        SIGNED,
    ],
    "iq3_xxs": [
        D,
        'index, signs = blocks["qs"], even(blocks["signs"][..., None] >> ' + SEVENS + ")",
        'scale = d * (np.float32(0.5) + (blocks["signs"] >> 28).astype(np.float32)) * np.float32(0.5)',
        SIGNED,
    ],
    "iq3_s": [
        D,
        'high = np.unpackbits(blocks["qh"], axis=1, bitorder="little")',
        'index, signs = blocks["qs"] | high.astype(np.uint16) << 8, blocks["signs"]',
        NIBBLES_OF_SCALES,
        "scale = d * (1 + 2 * scales).astype(np.float32)",
        SIGNED,
    ],
}

DIGITS = [
    "def digits(octets, n):",
    "    # of base 3: times 3**k, modulo 256, byte / 256 has digit k first after the point",
    "    shifted = octets[:, None, :] * np.array([1, 3, 9, 27, 81], np.uint8)[:n, None]",
    "    return (shifted.astype(np.uint16) * 3 >> 8).astype(np.uint8).reshape(len(octets), -1)",
]
EVEN = [
    "def even(seven):",
    "    # seven signs are stored; the eighth makes the number of negative ones even",
    "    seven = seven.astype(np.uint8)",
    "    parity = np.unpackbits(seven[..., None], axis=-1).sum(axis=-1) & 1",
    "    return (seven | parity << 7).astype(np.uint8)",
]
SIGNS = [
    "def signed(signs):",
    "    # a byte for eight elements, the first in its lowest bit",
    '    bits = np.unpackbits(np.ascontiguousarray(signs)[..., None], axis=-1, bitorder="little")',
    "    return (1 - 2 * bits.astype(np.float32)).reshape(len(signs), -1)",
]
MAGNITUDES = {
    "iq2_xxs": THREE_LEVELS,
    "iq2_xs": THREE_LEVELS,
    "iq2_s": THREE_LEVELS,
    "iq3_xxs": EIGHT_LEVELS,
    "iq3_s": ODD_LEVELS,
}


def functions_of(name: str) -> list[list[str]]:
    """The functions that the lines of a format call, but for `planes`."""
    lines = "\n".join(DECODED[name])
    called = {"digits(": DIGITS, "even(": EVEN, "signed(": SIGNS}
    return [function for call, function in called.items() if call in lines]


def lattice(name: str) -> list[str]:
    """The points of a lattice, written as hexadecimal digits: a level of each element, the first one lowest."""
    if not name.startswith(("iq1", "iq2", "iq3")):
        return []
    grid = "iq1" if name.startswith("iq1") else name
    levels = points(grid)
    size, width, n_digits = (4, 3, 3) if name.startswith("iq3") else (8, 2, 4)
    numbers = (levels.astype(int) << width * np.arange(size)).sum(axis=1)
    digits = "".join(f"{number:0{n_digits}x}" for number in numbers.tolist())
    return [
        f'digits = "{digits}"',
        f"points = np.array([int(digits[i : i + {n_digits}], 16) for i in range(0, len(digits), {n_digits})])",
        f"points = points[:, None] >> {width} * np.arange({size}) & {(1 << width) - 1}  # a level for each element",
        *_magnitudes(name),
    ]


def _magnitudes(name: str) -> list[str]:
    """What the levels stand for, where that is not -1, 0 and 1."""
    if name not in MAGNITUDES:
        return []
    values = MAGNITUDES[name].values
    return [f"magnitudes = np.array({values[values > 0].tolist()}, np.float32)"]

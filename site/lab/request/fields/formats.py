"""Which number or block format the codes are of, and what single formats leave open.

The tables are quantcore's; a format that it gains is offered here by itself, in the group of its library.
"""

from collections.abc import Iterable

from quantcore import BLOCK_FORMATS, FORMATS, FloatFormat, IntFormat

from .field import DEQUANTIZE, NOT_FROM_FILE, QUANTIZE, Field, Kind

INTEGERS = {"format": ("",)}
"""Where codes are whole numbers, whose width, scheme and range are chosen one by one."""

FLOATS = tuple(name for name, fmt in FORMATS.items() if isinstance(fmt, FloatFormat))
ELEMENTS = tuple(
    name
    for name, fmt in FORMATS.items()
    if not isinstance(fmt, IntFormat) and name not in BLOCK_FORMATS and name != "float8_e8m0fnu"
)
"""Number formats that are used with a scale of one's own, or with none; E8M0 is one for scales alone."""
OVERFLOWING = tuple(
    name
    for name in ELEMENTS
    if isinstance(fmt := FORMATS[name], FloatFormat) and (fmt.infinities or fmt.nan_code is not None)
)
"""Those that have a code for what is beyond their largest number."""
BLOCKS = tuple(BLOCK_FORMATS)
RESIZABLE = tuple(name for name, block in BLOCK_FORMATS.items() if hasattr(block, "with_block_size"))
SCALED = {"format": ("", *ELEMENTS)}
"""Where range, granularity and scale are chosen; block formats have their own."""

SQUARES = "squares"
"""Importance: the squares of the values."""
NEEDY = tuple(name for name, block in BLOCK_FORMATS.items() if getattr(block, "importance", "") == "needed")
"""Those that cannot be encoded without an importance."""

GROUPS = {
    "OCP": "MX, in blocks of 32",
    "torchao, modelopt": "NVIDIA, in blocks of 16",
    "compressed-tensors": "NVIDIA, in blocks of 16",
    "bitsandbytes": "bitsandbytes, in blocks of 64",
    "ggml": "GGUF",
    "MLX": "MLX",
    "quantcore": "Integers in blocks",
}
"""What the block formats of a library are called together."""

FORMAT_DEFAULTS = {"calibration": "none", "codes": "0, 1, 2, 3, 4, 5, 6, 7", "scale": "1", "zero_point": "0"}
"""Defaults that differ wherever codes are no plain integers."""


BY_FORMAT = (*FORMAT_DEFAULTS, "block_size", "importance", "tensor_scale", "bytes")
"""Fields that say nothing about another format, and go back to their defaults when one is chosen."""


def _with_option(option: str) -> tuple[str, ...]:
    return tuple(name for name, block in BLOCK_FORMATS.items() if option in block.options)


def _labels() -> dict[str, str]:
    named = {"": "integer, by bits and sign"}
    for name in ELEMENTS:
        named[name] = f"{FORMATS[name].label}, {FORMATS[name].bits} bits"
    for name, block in BLOCK_FORMATS.items():
        unsure = "" if block.can_encode else ", decodes only"
        named[name] = f"{block.label}, {block.bits_per_value:.4g} bits{unsure}"
    return named


def _can_encode(name: str) -> bool:
    return BLOCK_FORMATS[name].can_encode


def _hints() -> dict[str, str]:
    """A sentence or two about each format."""
    hints = {"": "Whole numbers times a scale; width, scheme and range are yours to choose."}
    for name in ELEMENTS:
        fmt = FORMATS[name]
        if isinstance(fmt, FloatFormat):
            ends = " and infinity" if fmt.infinities else ""
            hints[name] = (
                f"1 bit for the sign, {fmt.exponent_bits} for the exponent, {fmt.mantissa_bits} for the mantissa: "
                f"numbers up to {fmt.highest:.6g}{ends}, farther apart the larger they are."
            )
        else:
            hints[name] = f"{fmt.grid().reals.size} numbers listed in a table, from {fmt.lowest:g} to {fmt.highest:g}."
    for name, block in BLOCK_FORMATS.items():
        cost = f"Blocks of {block.block_size}, {block.bits_per_value:.4g} bits a value with their scales."
        hints[name] = f"{cost} {block.summary}"
    return hints


def _groups(names: Iterable[str]) -> dict[str, str]:
    """The group of each name that is in one."""
    return {name: GROUPS[BLOCK_FORMATS[name].library] if name in BLOCK_FORMATS else _kind(name) for name in names}


def _kind(name: str) -> str:
    return "" if not name else "Floats" if name in FLOATS else "Codebooks"


def default_under(name: str, fmt: str) -> str | None:
    """What an absent field stands for under a number format, where that is particular; else None."""
    if name == "block_size" and fmt in RESIZABLE:
        return str(BLOCK_FORMATS[fmt].block_size)
    if name == "importance" and fmt in NEEDY:
        return SQUARES
    return FORMAT_DEFAULTS.get(name)


def named_integer(name: str) -> IntFormat | None:
    """The integers that a format's name stands for, as "int4"; None for all other names."""
    fmt = FORMATS.get(name)
    return fmt if isinstance(fmt, IntFormat) and name not in BLOCK_FORMATS else None


CHOICES = _labels()
VARIANTS: dict[str, tuple[str, str, str]] = {
    "floor": ("scale_mode", "floor", "the same, scales down (floor)"),
    "ceil": ("scale_mode", "ceil", "the same, scales up (ceil)"),
    "even": ("scale_mode", "even", "the same, scales to nearest (even)"),
    "rceil": ("scale_mode", "rceil", "the same, scales up where anything would be clipped (rceil)"),
    "torchao": ("rule", "torchao", "the same, by the rule of torchao"),
    "modelopt": ("rule", "modelopt", "the same, by the rule of modelopt"),
    "saturate": ("overflow", "saturate", "the same, saturating"),
    "overflow": ("overflow", "overflow", "the same, with infinity or NaN beyond the largest number"),
}
"""The same format otherwise: the option that is changed, what it is set to, and in words."""
RIVALS = {
    "": "the one that differs most",
    **{name: words for name, (_, _, words) in VARIANTS.items()},
    **{name: label for name, label in CHOICES.items() if name in ELEMENTS or (name in BLOCKS and _can_encode(name))},
}
"""What a number format can be compared with."""
GROUP_OF = _groups(CHOICES)
"""The group that a format is listed in."""

NUMBER_FORMATS: tuple[Field, ...] = (
    Field(
        name="format",
        label="Number format",
        hint="What a code stands for: a whole number, a small float, or a share of its block.",
        kind=Kind.CHOICE,
        default="",
        choices=CHOICES,
        choice_hints=_hints(),
        groups=GROUP_OF,
    ),
    Field(
        name="scale_mode",
        label="Power of two",
        hint="By which rule a block's largest magnitude becomes a power of two.",
        kind=Kind.CHOICE,
        default="floor",
        choices={
            "floor": "down (floor), as OCP",
            "ceil": "up (ceil)",
            "even": "to nearest (even)",
            "rceil": "up where anything would be clipped (rceil)",
        },
        when={**QUANTIZE, "format": _with_option("scale_mode")},
    ),
    Field(
        name="tensor_scale",
        label="Tensor scale",
        hint="Empty takes it from the largest magnitude.",
        kind=Kind.NUMBER,
        default="",
        low=1e-30,
        high=1e30,
        optional=True,
        when={**QUANTIZE, "format": _with_option("tensor_scale")},
    ),
    Field(
        name="importance",
        label="Importance",
        hint="How much an error of each value counts: a number for each value, or for each column; or “squares”.",
        kind=Kind.NUMBERS,
        default="",
        optional=True,
        when={**QUANTIZE, "format": _with_option("importance")},
    ),
    Field(
        name="overflow",
        label="Beyond the largest number",
        hint="What values beyond the format’s largest number become.",
        kind=Kind.CHOICE,
        default="saturate",
        choices={"saturate": "the largest number", "overflow": "infinity or NaN"},
        when={**QUANTIZE, "format": OVERFLOWING},
    ),
    Field(
        name="bytes",
        label="Bytes",
        hint="Blocks as in a file, in hexadecimal: 80 91 a2.",
        kind=Kind.TEXT,
        default="",
        optional=True,
        when={**DEQUANTIZE, "format": BLOCKS, "source": NOT_FROM_FILE},
    ),
)

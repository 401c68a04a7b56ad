"""Schemes by name: the ways to store values that can be compared.

A name says it all: `int4_block32` are signed codes of 4 bits, symmetric, one scale for 32 neighbours of a row;
`uint8_affine_channel` are unsigned ones with a zero point, one pair for each row; `float8_e4m3fn_channel` are floats
with a scale for each row, `float8_e4m3fn` alone a cast, without a scale; `mxfp4` and `q4_k` are block formats, which
have scales of their own. A row is one index of the first axis with all that is under it; a list is one row.
"""

from dataclasses import dataclass, field

import quantcore as qc

from ..request.fields.formats import ELEMENTS, RESIZABLE, default_under

TENSOR, CHANNEL, CAST = "tensor", "channel", "cast"
WIDTHS = (8, 6, 5, 4, 3, 2)
BLOCKS = (16, 32, 64, 128)
CASTS = ("float16", "bfloat16")  # which nobody gives a scale


@dataclass(frozen=True, slots=True)
class Scheme:
    """One way to store values.

    Attributes:
        name: its key in SCHEMES.
        label: what people call it.
        fmt: the codes.
        is_affine: with a zero point; else symmetric.
        per: what shares a scale: "tensor", "channel", or a block of so many neighbours; nothing has one in a "cast".
        block: the block format, which settles all of this; None where there is none.
    """

    name: str
    label: str
    fmt: qc.Format
    is_affine: bool
    per: str | int
    block: qc.BlockFormat | None = field(default=None)

    @property
    def kind(self) -> str:
        """What shares a scale, as a chart tells schemes apart: a key of KINDS."""
        if self.block is not None:
            return "gguf" if self.block.library == "ggml" else "format"
        return "block" if isinstance(self.per, int) else "tensor"

    @property
    def granularity(self) -> qc.PerTensor | qc.PerAxis | qc.PerBlock:
        """The same for rows of values."""
        if isinstance(self.per, int):
            return qc.PerBlock(self.per)
        return qc.PerAxis(0) if self.per == CHANNEL else qc.PerTensor()

    @property
    def fields(self) -> dict[str, str]:
        """The fields of a request that stores values like this, with the ranges and the arithmetic of a comparison."""
        if self.block is not None:
            own = {name: default_under(name, self.name) or "" for name in ("importance", "tensor_scale")}
            size = {"block_size": str(self.block.block_size)} if self.name in RESIZABLE else {}
            return {"format": self.name, "scale_mode": "floor", **own, **size}
        found = {
            "format": "",
            "calibration": "none" if self.per == CAST else "minmax",
            "granularity": {CHANNEL: "axis", TENSOR: "tensor", CAST: "tensor"}.get(str(self.per), "block"),
            "axis": "",
            "rounding": "half_even",
            "precision": "float32",
        }
        if isinstance(self.per, int):
            found["block_size"] = str(self.per)
        if not isinstance(self.fmt, qc.IntFormat):
            return found | {"format": self.fmt.name, "overflow": "saturate"}
        return found | {
            "profile": "onnx",
            "bits": str(self.fmt.bits),
            "signed": str(int(self.fmt.signed)),
            "narrow": "0",
            "scheme": "affine" if self.is_affine else "symmetric",
            "include_zero": "1",
            "reduce_range": "0",
        }

    def misfit(self, shape: tuple[int, int]) -> str:
        """Why values in so many rows of that length cannot be stored like this; empty where they can."""
        if self.per == CHANNEL and shape[0] == 1:
            return "there is one row"
        is_flat = self.block is not None and self.block.axes == "flat"
        length = shape[0] * shape[1] if is_flat else shape[1]
        if isinstance(self.per, int) and self.per > length:
            return f"there are fewer than {self.per} values" if is_flat else f"a row is shorter than {self.per}"
        return ""


KINDS = {
    "tensor": "tensor or rows",
    "block": "blocks",
    "format": "MX, NVFP4, NF4, MLX",
    "gguf": "GGUF",
}
"""What schemes of a kind are called together."""


def _table() -> dict[str, Scheme]:
    found: list[Scheme] = []
    for bits in (16, *WIDTHS):
        for is_affine in (False, True):
            fmt = qc.IntFormat(bits, signed=not is_affine)
            name, words = (f"{fmt!r}_affine", f"{fmt!r} affine") if is_affine else (repr(fmt), repr(fmt))
            whole = Scheme(name if is_affine else f"{name}_tensor", f"{words}, one scale", fmt, is_affine, TENSOR)
            found += [whole] if bits == 16 else [whole, *_by_parts(name, words, fmt, is_affine)]
    for name in ELEMENTS:
        element = qc.FORMATS[name]
        found.append(Scheme(name, f"{element.label}, cast", element, False, CAST))
        if name not in CASTS:
            found.append(Scheme(f"{name}_tensor", f"{element.label}, one scale", element, False, TENSOR))
            found += _by_parts(name, element.label, element, False)
    blocks = [block for block in qc.BLOCK_FORMATS.values() if block.can_encode]
    found += [Scheme(b.name, _label(b), b.element, False, b.block_size, b) for b in blocks]
    return {scheme.name: scheme for scheme in found}


def _by_parts(name: str, words: str, fmt: qc.Format, is_affine: bool) -> list[Scheme]:
    """A scale for each row, or for blocks of several sizes."""
    rows = Scheme(f"{name}_channel", f"{words} by rows", fmt, is_affine, CHANNEL)
    return [rows, *(Scheme(f"{name}_block{size}", f"{words} in {size}s", fmt, is_affine, size) for size in BLOCKS)]


def _label(block: qc.BlockFormat) -> str:
    """A block format's own label, with its library where another format has the same."""
    same = [other for other in qc.BLOCK_FORMATS.values() if other.label == block.label]
    return f"{block.label} ({block.library})" if len(same) > 1 and block.library == "ggml" else block.label


SCHEMES: dict[str, Scheme] = _table()

USUAL = (
    "int8_channel",
    "int8_tensor",
    "uint8_affine",
    "int4_channel",
    "int4_block128",
    "int4_block32",
    "uint4_affine_block32",
    "int3_block32",
    "int2_block32",
    "float8_e4m3fn_tensor",
    "mxfp8_e4m3",
    "mxfp4",
    "nvfp4",
    "nf4",
    "q8_0",
    "q6_k",
    "q5_k",
    "q4_k",
    "q3_k",
    "q2_k",
    "q4_0",
    "iq4_nl",
)
USUAL_OF_FEW = (
    "int8_tensor",
    "uint8_affine",
    "int6_tensor",
    "int4_tensor",
    "uint4_affine",
    "int3_tensor",
    "int2_tensor",
    "float8_e4m3fn",
    "float8_e4m3fn_tensor",
    "float4_e2m1fn_tensor",
    "nvfp4",
    "nf4",
)
"""For rows that hold no block of 32."""


def usual(shape: tuple[int, int]) -> tuple[str, ...]:
    """The names of schemes to compare where none were asked for; rows that hold no blocks have a list of their own.

    >>> usual((1, 3))[:2], "q4_k" in usual((1, 64)), "int8_channel" in usual((8, 64))
    (('int8_tensor', 'uint8_affine'), False, True)
    """
    names = USUAL_OF_FEW if shape[1] < 32 else USUAL
    return tuple(name for name in names if not SCHEMES[name].misfit(shape))

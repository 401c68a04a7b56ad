"""AWQ: nibbles packed along the output axis in a shuffled order, or along the input axis in plain order."""

from __future__ import annotations

from .logical import Config, Convention, Found, Made
from .planes import Numbers, PackedAlong
from .values import Affine

NIBBLES = (0, 4, 1, 5, 2, 6, 3, 7)
"""In which nibble of a word, counted from the lowest, each of eight neighbouring columns is."""
BITS = 4


def build_gemm(found: Found, config: Config) -> Made | None:
    """The tensor as [in, out], the way it is packed."""
    qweight, qzeros, scales = found[".qweight"], found[".qzeros"], found[".scales"]
    if not len(qweight.shape) == len(qzeros.shape) == len(scales.shape) == 2 or config.method.startswith("gptq"):
        return None
    version = config.text("version").lower()
    (n_in, n_words), (n_groups, n_out) = qweight.shape, scales.shape
    if n_words * 8 != n_out or qzeros.shape != (n_groups, n_words) or version.startswith("gemv") or not n_groups:
        return None
    group = config.whole("group_size") or -(-n_in // n_groups)
    shape, label = (n_in, n_out), f"AWQ GEMM {BITS} bit, groups of {group}"
    if version not in ("", "gemm"):
        fault = f"The file is stored as AWQ {version}, which cannot be read. Convert it to the version gemm."
        return Made(shape, f"AWQ {version}", None, (), fault)
    codes = PackedAlong(qweight, n_in, n_out, BITS, columns=NIBBLES)
    zeros = PackedAlong(qzeros, n_groups, n_out, BITS, columns=NIBBLES)
    return Made(shape, label, Affine(shape, codes, (group, 1), Numbers(scales, n_out), zeros))


def build_gemv(found: Found, config: Config) -> Made | None:
    """The tensor as [out, in], the way it is packed; scales and zero points are padded."""
    qweight, qzeros, scales = found[".qweight"], found[".qzeros"], found[".scales"]
    if not len(qweight.shape) == len(qzeros.shape) == len(scales.shape) == 2 or config.method.startswith("gptq"):
        return None
    (n_out, n_words), n_stored = qweight.shape, scales.shape[1]
    if scales.shape[0] != n_out or qzeros.shape[0] != n_out or not n_words:
        return None
    n_in = n_words * 8
    shape, version = (n_out, n_in), config.text("version").lower()
    if version not in ("", "gemv"):
        fault = f"The file is stored as AWQ {version}, which cannot be read. Convert it to the version gemm."
        return Made(shape, f"AWQ {version}", None, (), fault)
    declared = config.whole("group_size")
    group = declared or next((size for size in (128, 64, 32) if -(-n_in // size) <= n_stored), n_in)
    n_groups = -(-n_in // group)
    if n_groups > n_stored or n_groups > qzeros.shape[1] * 8:
        return None
    codes = PackedAlong(qweight, n_out, n_in, BITS)
    zeros = PackedAlong(qzeros, n_out, n_groups, BITS)
    notes = () if declared else (f"No group_size is declared; groups of {group} are assumed.",)
    values = Affine(shape, codes, (1, group), Numbers(scales, n_stored, n_groups), zeros)
    return Made(shape, f"AWQ GEMV {BITS} bit, groups of {group}", values, notes)


_PARTS = (".qweight", ".qzeros", ".scales")
_SOURCE = "AutoAWQ 0.2.9, awq/utils/packing_utils.py, awq/modules/linear"
AWQ_GEMM = Convention(
    "awq_gemm",
    "AWQ GEMM",
    ("awq", "gemm"),
    "qweight [in, out/8] and qzeros [groups, out/8], column 8c + j in nibble (0, 4, 1, 5, 2, 6, 3, 7)[j] of word c; "
    "scales [groups, out]: w = (code - zero) * scale, zero as it is stored.",
    _SOURCE,
    _PARTS,
    (),
    build_gemm,
)
AWQ_GEMV = Convention(
    "awq_gemv",
    "AWQ GEMV",
    ("awq", "gemv"),
    "qweight [out, in/8] in plain order, qzeros and scales [out, groups] padded: w = (code - zero) * scale.",
    _SOURCE,
    _PARTS,
    (),
    build_gemv,
)

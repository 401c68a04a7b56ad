"""GPTQ: words of codes packed down the input axis, and zero points with two meanings."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..reading.fault import ModelFileError
from ..reading.raw import RawTensor
from .logical import Config, Convention, Found, Made
from .planes import Added, Numbers, PackedAlong, PackedDown, Planar, Plane
from .values import Affine

VERSIONS = {"": None, "gptq": 1, "gptq_v2": 2, "gptq_p": 2}
"""By checkpoint_format: 1 where a zero point is stored less one, 2 where it is stored as it is."""
SAMPLE_ROWS, SAMPLE_COLUMNS = 32, 512
"""Codes by which two readings are told apart: few, for they are read of every tensor when a file is opened."""


def build(found: Found, config: Config) -> Made | None:
    """The tensor as [in, out], the way it is packed."""
    qweight, qzeros, scales, g_idx = found[".qweight"], found[".qzeros"], found[".scales"], found.get(".g_idx")
    if not len(qweight.shape) == len(qzeros.shape) == len(scales.shape) == 2 or config.method.startswith("awq"):
        return None
    n_groups, n_out = scales.shape
    bits = _bits(qzeros.shape, scales.shape, config)
    if qweight.shape[1] != n_out or bits is None or qweight.dtype != "I32":
        return None
    n_in = qweight.shape[0] * 32 // bits if g_idx is None else g_idx.n_values
    declared = config.text("checkpoint_format") or config.text("format")
    if declared and declared not in VERSIONS:
        fault = f"The file is stored as {declared}, which cannot be read. Convert it to the format gptq."
        return Made((n_in, n_out), f"GPTQ {bits} bit, {declared}", None, (), fault)
    if -(-n_in * bits // 32) != qweight.shape[0] or not n_groups:
        fault = (
            f"{found.stem}.qweight has {qweight.shape[0]:,} rows of words; {n_in:,} codes of {bits} bits do not fit."
        )
        return Made((n_in, n_out), f"GPTQ {bits} bit", None, (), f"{fault} The file is damaged; save it again.")
    group = config.whole("group_size") or -(-n_in // n_groups)
    is_planar = declared == "gptq_p" or bits in (5, 6, 7)
    zeros: Plane = Planar(qzeros, n_out, bits) if is_planar else PackedAlong(qzeros, n_groups, n_out, bits)
    version, notes = _version(found, zeros, VERSIONS.get(declared), declared, bits, scales, qweight, is_planar)
    in_order, more = _order(g_idx, group, n_groups)
    values = Affine(
        (n_in, n_out), PackedDown(qweight, n_in, bits, is_planar), (group, 1), Numbers(scales, n_out),
        Added(zeros, 1, bits) if version == 1 else zeros, row_groups=None if in_order else g_idx,
    )  # fmt: skip
    words = ["GPTQ" + (" planar" if is_planar else " v2" if version == 2 else ""), f"{bits} bit"]
    label = " ".join(words) + (f", groups of {group}" if n_groups > 1 else ", one group")
    return Made((n_in, n_out), label + ("" if in_order else ", act-order"), values, (*notes, *more))


def _bits(zeros: tuple[int, ...], scales: tuple[int, ...], config: Config) -> int | None:
    """The width of which a row of zero points takes so many words; the declared one if that is so."""
    if zeros[0] != scales[0]:
        return None
    fitting = [bits for bits in range(2, 9) if -(-scales[1] * bits // 32) == zeros[1]]
    said = config.whole("bits")
    if said in fitting:
        return said
    return next((bits for bits in (4, 8, 3, 2, 5, 6, 7) if bits in fitting), None)


def _order(g_idx: RawTensor | None, group: int, n_groups: int) -> tuple[bool, tuple[str, ...]]:
    """Whether rows are in the order of their groups."""
    if g_idx is None or g_idx.fault:
        return True, ()
    groups = g_idx.codes(0, g_idx.n_values).astype(np.int64)
    if groups.size and not (groups.min() >= 0 and groups.max() < n_groups):
        raise ModelFileError(f"{g_idx.name} names group {groups.max()}; there are {n_groups}. Save the file again.")
    return bool((groups == np.arange(groups.size) // group).all()), ()


def _version(
    found: Found, zeros: Plane, declared: int | None, name: str, bits: int, scales: RawTensor, qweight: RawTensor,
    is_planar: bool,
) -> tuple[int, tuple[str, ...]]:  # fmt: skip
    """1 or 2, as the zero points and, where these leave a choice, the values say; and what is said of it."""
    first = zeros.rows(0, 1)[0]
    middle = 1 << (bits - 1)
    measured, why = None, ""
    if first.size and (first == first[0]).all() and first[0] in (middle - 1, middle):
        measured = 2 if first[0] == middle else 1
        why = f"every zero point is {first[0]}"
    else:
        try:
            measured, why = _by_values(zeros, bits, scales, qweight, is_planar)
        except ModelFileError:
            measured = None
    words = {1: "v1 (stored less one)", 2: "v2 (stored as it is)"}
    if measured is None or measured == declared:
        return declared or 1, () if declared else ("No version is declared; zero points are read as v1.",)
    if declared is None:
        return measured, (f"No version is declared; {why}: read as {words[measured]}.",)
    if is_planar:
        return declared, ()
    return measured, (f"Declared v{declared} ({name}), but {why}: read as {words[measured]}.",)


def _by_values(
    zeros: Plane, bits: int, scales: RawTensor, qweight: RawTensor, is_planar: bool
) -> tuple[int | None, str]:
    """The version under which the weights of the first rows are centred about 0, if the other's are not."""
    n_rows = min(SAMPLE_ROWS, qweight.shape[0] * 32 // bits)
    codes: Any = PackedDown(qweight, n_rows, bits, is_planar).rows(0, n_rows)[:, :SAMPLE_COLUMNS]
    stored = zeros.rows(0, 1)[0, :SAMPLE_COLUMNS].astype(np.int32)
    means = {}
    for version, zero in ((1, (stored + 1) & ((1 << bits) - 1)), (2, stored)):
        means[version] = abs(float((codes - zero).mean()))
    better = min(means, key=lambda version: means[version])
    if means[better] < 0.25 and means[3 - better] > 0.75:
        return better, f"so read, weights average {means[better]:.2f} steps from 0, else {means[3 - better]:.2f}"
    return None, ""


GPTQ = Convention(
    "gptq",
    "GPTQ",
    ("gptq", "gptq_v2", "gptq_p", "auto_gptq", "gptqmodel"),
    "qweight [in·bits/32, out] packed down the input axis, qzeros [groups, out·bits/32] along the output axis, "
    "scales [groups, out], g_idx [in]: w = (code - zero) * scale. v1 stores zero less one, v2 as it is; planar "
    "(gptq_p) stores bits in planes.",
    "AutoGPTQ 0.7.1, qlinear_cuda_old.py; GPTQModel 7.7.0, qlinear and utils/planar_packing.py",
    (".qweight", ".qzeros", ".scales"),
    (".g_idx",),
    build,
)

"""compressed-tensors' pack-quantized: integers of 1 to 8 bits packed along each row."""

from __future__ import annotations

from .logical import MAX_LENGTH, Config, Convention, Found, Made, grouped
from .planes import Added, Numbers, PackedAlong, PackedDown, Plane
from .values import Affine


def build(found: Found, config: Config) -> Made | None:
    """The tensor as [out, in]; codes are stored with half of their range added."""
    packed, scale, said = found[".weight_packed"], found[".weight_scale"], found[".weight_shape"]
    if packed.dtype != "I32" or len(packed.shape) != 2 or len(scale.shape) != 2 or said.n_values != 2:
        return None
    n_rows, n_columns = (int(length) for length in said.codes(0, 2))
    if (
        not scale.shape[1]
        or n_rows != packed.shape[0]
        or scale.shape[0] not in (1, n_rows)
        or not 0 < n_columns < MAX_LENGTH
    ):
        return None
    width = packed.shape[1]
    dense = [bits for bits in range(1, 9) if -(-n_columns * bits // 32) == width]
    padded = [bits for bits in (3, 5, 6, 7) if -(-n_columns // (32 // bits)) == width]
    bits = _width(dense, padded, config)
    if bits is None:
        return None
    shape, half = (n_rows, n_columns), 1 << (bits - 1)
    is_dense = bits in dense
    codes = PackedAlong(packed, n_rows, n_columns, bits, "low_first" if is_dense else "words")
    block = -(-n_columns // scale.shape[1])
    blocks = (1 if scale.shape[0] == n_rows else n_rows, block)
    g_idx = found.get(".weight_g_idx")
    zeros = _zeros(found, scale.shape, bits, half)
    if zeros is None:
        return None
    values = Affine(shape, codes, blocks, Numbers(scale, scale.shape[1]), zeros, column_groups=g_idx)
    symmetry = ", with zero points" if found.get(".weight_zero_point") else ""
    order = ", act-order" if g_idx is not None else ""
    label = f"INT{bits} packed (compressed-tensors), {grouped(block, n_columns)}{symmetry}{order}"
    both = bits in dense and bits in padded
    old = () if is_dense or both else (f"Packed as before 0.17: {32 // bits} codes a word, the rest padding.",)
    return Made(shape, label, values, old)


def _width(dense: list[int], padded: list[int], config: Config) -> int | None:
    """The width of a code: one that the configuration names, else the most usual that fits."""
    fitting = [*dense, *padded]
    said = [bits for bits in fitting if bits in config.numbers("num_bits")]
    return next(iter([*said, *(bits for bits in (4, 8) if bits in fitting), *fitting]), None)


def _zeros(found: Found, scales: tuple[int, ...], bits: int, half: int) -> Plane | int | None:
    """Zero points as codes are stored; None where there are some that do not fit."""
    zeros = found.get(".weight_zero_point")
    if zeros is None:
        return half
    if zeros.shape == scales and zeros.dtype == "I8":
        return Added(Numbers(zeros, scales[1]), half)
    if zeros.dtype == "I32" and len(zeros.shape) == 2 and zeros.shape[1] == scales[1]:
        return PackedDown(zeros, scales[0], bits)
    return None


PACKED = Convention(
    "compressed_packed",
    "packed integers (compressed-tensors)",
    ("pack-quantized", "compressed-tensors"),
    "weight_packed I32 [out, words] along each row, dense since 0.17, with 32 // bits codes a word before; codes "
    "are q + 2^(bits-1); weight_zero_point likewise, packed down the rows: w = (q - zero_point) * scale.",
    "compressed-tensors 0.20.0, compressors/pack_quantized, pull request 715",
    (".weight_packed", ".weight_scale", ".weight_shape"),
    (".weight_zero_point", ".weight_g_idx"),
    build,
)

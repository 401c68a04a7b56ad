"""Tensors whose parameters the container itself names: ONNX's operators, TFLite's tensors."""

from __future__ import annotations

from collections.abc import Container

from ..reading.fault import DAMAGED
from ..reading.raw import Packed, RawTensor, Scaled
from .logical import LogicalTensor, grouped
from .planes import Codes, Negated, Numbers, PackedAlong, Plane
from .values import Affine


def logical_of(scaled: Scaled, convention: str, stored: Container[str]) -> LogicalTensor:
    """The tensor with its parameters; it is made of those that are tensors of the file."""
    codes, scale, zero = scaled.codes, scaled.scale, scaled.zero_point
    if scaled.packed is not None and scale is not None:
        return _packed(scaled, scaled.packed, scale, convention)
    present = [part for part in (codes, scale, zero) if part is not None]
    parts = tuple(part for part in present if part.name in stored)
    extra = sum(part.size_bytes for part in present if part.name not in stored)
    blocks, counts = _blocks(scaled)
    label = f"{convention} {codes.dtype}, {_words(scaled)}"
    fault = next((part.fault for part in present if part.fault), "") or _misfit(scaled, counts)
    if fault:
        return LogicalTensor(codes.name, codes.shape, convention.lower(), label, parts, None, (), fault, extra)
    fmt = None if codes.encoding is None else codes.encoding.fmt
    values = Affine(
        codes.shape,
        Codes(codes, codes.row_length),
        blocks,
        _plane(scale, counts),
        _plane(zero, counts) or 0,
        decoder=fmt,
    )
    note = () if scale is not None else ("The file has no scale of it: numbers are code - zero_point.",)
    return LogicalTensor(codes.name, codes.shape, convention.lower(), label, parts, values, note, "", extra)


def _packed(scaled: Scaled, packed: Packed, scale: RawTensor, convention: str) -> LogicalTensor:
    """A weight of blocks along its rows; zero points are packed as codes are, or numbers as scales are."""
    codes, zero, (n_rows, n_columns), bits = scaled.codes, scaled.zero_point, packed.shape, packed.bits
    block = scaled.block_size or 1
    n_blocks = -(-n_columns // block)
    parts = tuple(part for part in (codes, scale, zero) if part is not None)
    label = f"{convention} INT{bits}, {scaled.label}, {grouped(block, n_columns)}" + (
        ", with zero points" if zero else ""
    )
    fault = next((part.fault for part in parts if part.fault), "") or scaled.fault
    is_packed = zero is not None and zero.dtype == "UINT8"
    n_zeros = n_rows * (-(-n_blocks * bits // 8) if is_packed else n_blocks)
    for part, wanted in ((scale, n_rows * n_blocks), (zero, n_zeros)):
        if part is not None and part.n_values != wanted and not fault:
            fault = f"{part.name} has {part.n_values:,} numbers; {wanted:,} are needed. {DAMAGED}"
    if fault:
        return LogicalTensor(codes.name, packed.shape, convention.lower(), label, parts, None, (), fault)
    scales = Numbers(scale, n_blocks)
    zeros: Plane | int = 1 << (bits - 1)
    offset: Plane | None = None
    if zero is not None and is_packed:
        zeros = PackedAlong(zero, n_rows, n_blocks, bits)
    elif zero is not None:  # ONNX Runtime rounds the product of zero point and scale
        zeros, offset = 0, Negated(Numbers(zero, n_blocks), scales)
    planes = PackedAlong(codes, n_rows, n_columns, bits)
    values = Affine(packed.shape, planes, (1, block), scales, zeros, offset)
    return LogicalTensor(codes.name, packed.shape, convention.lower(), label, parts, values)


def _plane(tensor: RawTensor | None, counts: tuple[int, ...]) -> Plane | None:
    if tensor is None:
        return None
    return Numbers(tensor, counts[-1] if counts else 1)


def _blocks(scaled: Scaled) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Elements along each axis that share parameters, and how many parameters there are along each."""
    shape, axis = scaled.codes.shape, scaled.axis
    one = next((part for part in (scaled.scale, scaled.zero_point) if part is not None), None)
    if axis is None or not shape or one is None or (one.n_values == 1 and not scaled.block_size):
        return shape, tuple(1 for _ in shape)
    if scaled.block_size:
        blocks = tuple(scaled.block_size if i == axis else 1 for i in range(len(shape)))
    else:
        blocks = tuple(1 if i == axis else length for i, length in enumerate(shape))
    return blocks, tuple(-(-length // max(1, block)) for length, block in zip(shape, blocks, strict=True))


def _misfit(scaled: Scaled, counts: tuple[int, ...]) -> str:
    wanted = 1
    for count in counts:
        wanted *= count
    for part in (scaled.scale, scaled.zero_point):
        if part is not None and part.n_values != wanted:
            return (
                f"{part.name} has {part.n_values:,} numbers; {scaled.codes.name} needs {wanted:,} of them. "
                "The file is damaged; save it again."
            )
    return ""


def _words(scaled: Scaled) -> str:
    if scaled.scale is None:
        return f"{scaled.label}, no scale"
    if scaled.block_size:
        return f"{scaled.label}, blocks of {scaled.block_size} along axis {scaled.axis}"
    if scaled.axis is None or scaled.scale.n_values == 1:
        return f"{scaled.label}, one scale"
    return f"{scaled.label}, a scale for each index of axis {scaled.axis}"

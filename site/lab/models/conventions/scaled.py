"""Tensors whose parameters the container itself names: ONNX's operators, TFLite's tensors."""

from __future__ import annotations

from collections.abc import Container

from ..reading.raw import RawTensor, Scaled
from .logical import LogicalTensor
from .planes import Codes, Numbers, Plane
from .values import Affine


def logical_of(scaled: Scaled, convention: str, stored: Container[str]) -> LogicalTensor:
    """The tensor with its parameters; it is made of those that are tensors of the file."""
    codes, scale, zero = scaled.codes, scaled.scale, scaled.zero_point
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

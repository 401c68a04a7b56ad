"""MLX: words of codes with a scale and a bias for each group, or the MX formats and NVFP4."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import quantcore as qc
from quantcore.blocks.integer import IntegerBlocks

from .float_blocks import microscaled
from .logical import Config, Convention, Found, Made
from .planes import Numbers
from .values import Blocks, float32_of_rows, octets_of_rows

GROUPS, BITS = (64, 32, 128), (4, 8, 2, 3, 5, 6)
"""Sizes that MLX has, the usual first."""


def build(found: Found, config: Config) -> Made | None:
    """The tensor as [.., out, in]."""
    weight, scales, biases = found[".weight"], found[".scales"], found.get(".biases")
    if weight.dtype != "U32" or len(weight.shape) < 2 or scales.shape[:-1] != weight.shape[:-1]:
        return None
    said = _said(config, found.stem)
    if biases is None:
        return _floats(found, str(said.get("mode") or ""))
    n_groups, n_bits = scales.shape[-1], weight.shape[-1] * 32
    fitting = [(bits, size) for size in GROUPS for bits in BITS if n_groups * size * bits == n_bits]
    declared = (said.get("bits"), said.get("group_size"))
    if biases.shape != scales.shape or not fitting:
        return None
    notes: tuple[str, ...] = ()
    if declared in fitting:
        bits, size = declared
    else:
        bits, size = fitting[0]
        others = " or ".join(f"{b} bits in groups of {s}" for b, s in fitting[1:])
        if others:
            notes = (f"Read as {bits} bits in groups of {size}; {others} would fit, too. Add its config.json.",)
    fmt = qc.BLOCK_FORMATS[f"mlx_affine{bits}"]
    assert isinstance(fmt, IntegerBlocks)
    shape = (*weight.shape[:-1], n_groups * size)
    parts = (
        octets_of_rows(weight, weight.n_rows),
        float32_of_rows(Numbers(scales, n_groups)),
        float32_of_rows(Numbers(biases, n_groups)),
    )
    return Made(shape, f"MLX {bits} bit, groups of {size}", Blocks(fmt.with_block_size(size), shape, parts), notes)


def _said(config: Config, stem: str) -> Mapping[str, Any]:
    """What is declared of this layer: the whole model's, or its own."""
    own = config.said.get(stem)
    return own if isinstance(own, Mapping) else config.said


def _floats(found: Found, mode: str) -> Made | None:
    """Element floats with scales in a byte: mxfp4, mxfp8 or nvfp4."""
    weight, scales = found[".weight"], found[".scales"]
    if scales.dtype != "U8":
        return None
    n_bits = weight.shape[-1] * 32
    for name, block, bits in (("mxfp4", 32, 4), ("mxfp8_e4m3", 32, 8), ("nvfp4", 16, 4)):
        shape = (*weight.shape[:-1], scales.shape[-1] * block)
        if shape[-1] * bits != n_bits or (mode and not name.startswith(mode)):
            continue
        if name == "nvfp4":
            parts = (octets_of_rows(weight, weight.n_rows), octets_of_rows(scales, weight.n_rows))
            return Made(shape, "MLX nvfp4", Blocks(qc.BLOCK_FORMATS[name], shape, parts))
        assumed = () if mode else (f"No mode is declared; read as {name}. Add its config.json.",)
        made = microscaled(weight, scales, shape, name, f"MLX {name.removesuffix('_e4m3')}")
        return made and Made(made.shape, made.label, made.values, assumed)
    return None


MLX = Convention(
    "mlx",
    "MLX",
    ("mlx", "affine"),
    "weight U32 [out, in·bits/32], dense from the lowest bits on; scales and biases [out, groups]: "
    "w = code * scale + bias. Without biases: mxfp4, mxfp8 or nvfp4.",
    "mlx 0.32.4, ops.cpp, backend/cpu/quantized.cpp",
    (".scales", ".weight"),
    (".biases",),
    build,
)

"""Small floats in blocks with stored scales: NVFP4, MX formats, and FP8 by tiles, rows or tensors."""

from __future__ import annotations

import math
from collections.abc import Callable

import quantcore as qc

from ..reading.raw import RawTensor
from .logical import MAX_LENGTH, Config, Convention, Found, Made, choose, grouped
from .planes import Codes, Numbers, Reciprocal
from .values import Affine, Blocks, Values, constant, octets_of_rows

FP8 = ("F8_E4M3", "F8_E5M2", "F8_E4M3FNUZ", "F8_E5M2FNUZ")
SCALES = ("F32", "F16", "BF16", "F64", "F8_E8M0")
TILE = 128
_DIVISOR = (
    "By the convention the scale is a factor, but so read, weights are of the size {}; as a divisor they are of the "
    "size {}, and so it is read."
)


def nvfp4(codes: RawTensor, scale: RawTensor, tensor: RawTensor | None, is_divisor: bool, label: str) -> Made | None:
    """Blocks of 16 of E2M1 with E4M3 scales, and a number of the tensor that divides or multiplies them."""
    if not codes.shape or not scale.shape or codes.dtype not in ("U8", "F4") or scale.dtype not in ("F8_E4M3", "U8"):
        return None
    columns = codes.shape[-1] * (2 if codes.dtype == "U8" else 1)
    shape = (*codes.shape[:-1], columns)
    if scale.shape != (*codes.shape[:-1], columns // 16) or columns % 16:
        fault = f"The scales of {codes.name} have the shape {scale.shape}: they are swizzled, which cannot be read."
        return Made(shape, label, None, (), f"{fault} Export the model without.")
    n_rows = math.prod(codes.shape[:-1])
    number = None if tensor is None else tensor.numbers(0, tensor.n_values)
    if number is not None and number.size != 1:
        return None

    def reading(name: str) -> Blocks:
        parts: list[Callable[[int, int], bytes]] = [octets_of_rows(codes, n_rows)]
        parts += [] if number is None else [constant(float(number.reshape(-1)[0]))]
        return Blocks(qc.BLOCK_FORMATS[name], shape, (*parts, octets_of_rows(scale, n_rows)))

    names = ("nvfp4_compressed_tensors", "nvfp4") if is_divisor else ("nvfp4", "nvfp4_compressed_tensors")
    if number is None:
        return Made(shape, label, reading("nvfp4"))
    words = ("a divisor", "a factor") if is_divisor else ("a factor", "a divisor")
    said = (
        f"By the convention the tensor's scale is {words[0]}, but so read, weights are of the size {{}}; "
        f"as {words[1]} they are of the size {{}}, and so it is read."
    )
    is_usual = float(number.reshape(-1)[0]) > 1 if is_divisor else float(number.reshape(-1)[0]) < 1
    if is_usual:
        return Made(shape, label, reading(names[0]))
    values, notes = choose(reading(names[0]), reading(names[1]), n_rows, said)
    return Made(shape, label, values, notes)


def microscaled(codes: RawTensor, scale: RawTensor, shape: tuple[int, ...], name: str, label: str) -> Made | None:
    """An MX format of quantcore, `shape` given; None where scales do not fit it."""
    fmt = qc.BLOCK_FORMATS[name]
    n_rows = math.prod(shape[:-1])
    n_blocks = n_rows * (shape[-1] // fmt.block_size)
    if (
        scale.dtype not in ("U8", "F8_E8M0")
        or scale.n_values != n_blocks
        or shape[-1] % fmt.block_size
        or codes.size_bytes * 8 != math.prod(shape) * fmt.element.bits
    ):
        return None
    return Made(shape, label, Blocks(fmt, shape, (octets_of_rows(codes, n_rows), octets_of_rows(scale, n_rows))))


def _modelopt_nvfp4(found: Found, config: Config) -> Made | None:
    return nvfp4(found[".weight"], found[".weight_scale"], found[".weight_scale_2"], False, "NVFP4 (modelopt)")


def _compressed_nvfp4(found: Found, config: Config) -> Made | None:
    tensor = found[".weight_global_scale"]
    return nvfp4(found[".weight_packed"], found[".weight_scale"], tensor, True, "NVFP4 (compressed-tensors)")


def _compressed_mx(found: Found, config: Config) -> Made | None:
    codes, scale = found[".weight_packed"], found[".weight_scale"]
    if not codes.shape or not scale.shape or codes.dtype != "U8" or scale.dtype not in ("U8", "F8_E8M0"):
        return None
    shape = (*codes.shape[:-1], scale.shape[-1] * 32)
    for name, label in (("mxfp4", "MXFP4"), ("mxfp6_e2m3", "MXFP6 E2M3")):
        made = microscaled(codes, scale, shape, name, f"{label} (compressed-tensors)")
        if made is not None:
            return made
    return None


def _compressed_mxfp8(found: Found, config: Config) -> Made | None:
    codes, scale = found[".weight"], found[".weight_scale"]
    if codes.dtype != "F8_E4M3" or scale.dtype not in ("U8", "F8_E8M0") or not codes.shape:
        return None
    return microscaled(codes, scale, codes.shape, "mxfp8_e4m3", "MXFP8 E4M3")


def _gpt_oss(found: Found, config: Config) -> Made | None:
    codes, scale = found["_blocks"], found["_scales"]
    if codes.dtype != "U8" or codes.shape[-1:] != (16,) or scale.shape != codes.shape[:-1] or len(codes.shape) < 2:
        return None
    return microscaled(codes, scale, (*codes.shape[:-2], codes.shape[-2] * 32), "mxfp4", "MXFP4 (gpt-oss)")


def _fp8_inverse(found: Found, config: Config) -> Made | None:
    return fp8(found[".weight"], found[".weight_scale_inv"], config)


def _scaled(found: Found, config: Config) -> Made | None:
    return fp8(found[".weight"], found[".weight_scale"], config, found.get(".weight_zero_point"))


def fp8(codes: RawTensor, scale: RawTensor, config: Config, zero_point: RawTensor | None = None) -> Made | None:
    """Codes of 8 bits, float or integer, with a scale for each tile, row or tensor."""
    if codes.dtype not in (*FP8, "I8") or codes.encoding is None or scale.dtype not in SCALES:
        return None
    blocks = blocks_of(codes.shape, scale.shape, config)
    if blocks is None or (zero_point is not None and zero_point.n_values != scale.n_values):
        return None
    n_columns = scale.shape[-1] if len(scale.shape) == len(codes.shape) > 0 else 1
    zeros = 0 if zero_point is None else Numbers(zero_point, n_columns)
    as_named = Numbers(scale, n_columns)
    fmt, places = codes.encoding.fmt, Codes(codes, codes.row_length)
    values: Values = Affine(codes.shape, places, blocks, as_named, zeros, decoder=fmt)
    notes: tuple[str, ...] = ()
    if scale.n_values and scale.numbers(0, 1)[0] > 1:  # weights have less than the greatest number of the format
        divided = Affine(codes.shape, places, blocks, Reciprocal(as_named), zeros, decoder=fmt)
        values, notes = choose(values, divided, codes.n_rows, _DIVISOR)
    name = "INT8" if codes.dtype == "I8" else codes.dtype.replace("F8_", "FP8 ")
    if blocks == codes.shape:
        label = f"{name}, one scale"
    elif blocks[0] == 1:
        label = f"{name}, {grouped(blocks[-1], codes.row_length)}"
    else:
        label = f"{name} in {' × '.join(map(str, blocks))} blocks"
    return Made(codes.shape, label, values, notes)


def blocks_of(shape: tuple[int, ...], scales: tuple[int, ...], config: Config) -> tuple[int, ...] | None:
    """Elements along each axis that share a scale; None where the shapes do not fit each other."""
    if math.prod(scales) == 1:
        return shape
    if len(scales) == 1 and shape[:1] == scales:
        return (1, *shape[1:])
    if len(scales) != len(shape):
        return None
    declared = config.said.get("weight_block_size")
    sizes = declared if isinstance(declared, list) and all(type(size) is int for size in declared) else []
    found = []
    for axis, (length, count) in enumerate(zip(shape, scales, strict=True)):
        said = sizes[axis - len(shape)] if len(sizes) == len(shape) == 2 else 0
        candidates = [said, length if count == 1 else 0, 1 if count == length else 0, TILE, length // max(1, count)]
        block = next((size for size in candidates if 0 < size <= MAX_LENGTH and -(-length // size) == count), None)
        if block is None:
            return None
        found.append(block)
    return tuple(found)


_COMPRESSED = "compressed-tensors 0.20.0, compressors"
FLOAT_BLOCKS = (
    Convention(
        "modelopt_nvfp4",
        "NVFP4 (modelopt)",
        ("modelopt", "nvfp4", "NVFP4"),
        "weight U8 [.., n/2], low nibble first; weight_scale E4M3 for each 16; weight_scale_2, a factor: "
        "w = e2m1 * (scale * scale_2).",
        "modelopt 0.47.0, nvfp4_tensor.py",
        (".weight_scale_2", ".weight", ".weight_scale"),
        (),
        _modelopt_nvfp4,
    ),
    Convention(
        "compressed_nvfp4",
        "NVFP4 (compressed-tensors)",
        ("nvfp4-pack-quantized",),
        "weight_packed U8 [m, n/2], low nibble first; weight_scale E4M3 for each 16; weight_global_scale, a divisor: "
        "w = e2m1 * (scale / global_scale).",
        _COMPRESSED,
        (".weight_packed", ".weight_scale", ".weight_global_scale"),
        (),
        _compressed_nvfp4,
    ),
    Convention(
        "compressed_mx",
        "MXFP4, MXFP6 (compressed-tensors)",
        ("mxfp4-pack-quantized", "mxfp6-pack-quantized"),
        "weight_packed U8, codes from the lowest bits on; weight_scale U8 for each 32: w = element * 2^(scale - 127).",
        _COMPRESSED,
        (".weight_packed", ".weight_scale"),
        (),
        _compressed_mx,
    ),
    Convention(
        "compressed_mxfp8",
        "MXFP8 (compressed-tensors)",
        ("mxfp8-quantized",),
        "weight E4M3; weight_scale U8 for each 32: w = element * 2^(scale - 127).",
        _COMPRESSED,
        (".weight_scale", ".weight"),
        (),
        _compressed_mxfp8,
    ),
    Convention(
        "gpt_oss_mxfp4",
        "MXFP4 (gpt-oss)",
        ("mxfp4",),
        "blocks U8 [.., groups, 16], low nibble first; scales U8 [.., groups]: w = e2m1 * 2^(scale - 127).",
        "gpt-oss, torch/weights.py; transformers 5.24.0, integrations/mxfp4.py",
        ("_blocks", "_scales"),
        (),
        _gpt_oss,
        "",
    ),
    Convention(
        "fp8_blocks",
        "FP8 in blocks",
        ("fp8", "deepseek"),
        "weight FP8; weight_scale_inv, one for each tile of 128 × 128, those at the edges smaller: w = fp8 * scale.",
        "DeepSeek-V3, inference/kernel.py, weight_dequant",
        (".weight_scale_inv", ".weight"),
        (),
        _fp8_inverse,
    ),
    Convention(
        "scaled8",
        "8 bits with a scale",
        ("float-quantized", "int-quantized", "naive-quantized", "fp8"),
        "weight FP8 or I8; weight_scale of the tensor, each row, group or tile: w = (code - zero_point) * scale.",
        _COMPRESSED,
        (".weight_scale", ".weight"),
        (".weight_zero_point",),
        _scaled,
    ),
)

"""The FP4 blocks of GGUF files. They are not OCP's MXFP4 and NVIDIA's NVFP4 bit for bit: ties go toward zero.

The elements are the doubled numbers of E2M1, so the scales are halves. An importance matrix is ignored.

Source: ggml-quants.c of ggml 0.20.2, quantize_row_mxfp4_ref, quantize_row_nvfp4_ref, best_index_mxfp4 and
dequantize_row_*; ggml-impl.h, ggml_e8m0_to_fp32_half, ggml_fp32_to_ue4m3, ggml_ue4m3_to_fp32.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .block import Blocks, Level
from .ggml_arithmetic import Floats, f32, low_high
from .ggml_blocks import Encoded, Importance, Records
from .ggml_layouts import MXFP4, NVFP4
from .ggml_numbers import DOUBLED_E2M1

VALUES = np.array(DOUBLED_E2M1, np.float32)
_MIDPOINTS = (0.5, 1.5, 2.5, 3.5, 5.0, 7.0, 10.0)


def quantize_gguf_mxfp4(blocks: Floats, importance: Importance | None = None) -> Encoded:
    """e = floor(log2 max |x|) - 2 + 127; code: the nearest number, a tie toward zero, never -0."""
    records = np.zeros(len(blocks), MXFP4)
    amax = np.abs(blocks).max(axis=1)
    # log2f rounds to float32: just below a power of two it gives its exponent
    log2 = np.log2(amax.astype(np.float64), where=amax > 0, out=np.zeros(len(amax))).astype(np.float32)
    exponent = (np.floor(log2).astype(np.int32) + 125) & 255  # cast to a byte: below 2**-125 it wraps
    records["e"] = np.where(amax > 0, exponent, 0)
    codes = _nearest(blocks, half_scale(records["e"])[:, None])
    records["qs"] = codes[:, :16] | codes[:, 16:] << 4
    return Encoded(records)


def quantize_gguf_nvfp4(blocks: Floats, importance: Importance | None = None) -> Encoded:
    """For each 16 elements d = max |x| / 6 in unsigned E4M3, its mantissa rounded half up."""
    records = np.zeros(len(blocks), NVFP4)
    groups = blocks.reshape(-1, 4, 16)
    records["d"] = encode_ue4m3(np.abs(groups).max(axis=2) / f32(6))
    codes = _nearest(groups, decode_ue4m3(records["d"])[..., None])
    records["qs"] = (codes[..., :8] | codes[..., 8:] << 4).reshape(-1, 32)
    return Encoded(records)


def unpack_gguf_mxfp4(records: Records) -> Blocks:
    """number(code) * 2**(e - 128); e = 255 is not NaN but 2**127."""
    e = np.ascontiguousarray(records["e"])[:, None]
    scale = half_scale(e)
    return Blocks(low_high(records["qs"]), scale, None, (Level("e", "float8_e8m0fnu", f32(2) * scale, e),))


def unpack_gguf_nvfp4(records: Records) -> Blocks:
    """number(code) * d / 2; byte j of 8 holds elements j and j + 8; d = 0x7F stands for 0, its sign bit for nothing."""
    codes = low_high(records["qs"].reshape(-1, 4, 8)).reshape(-1, 64)
    d = np.ascontiguousarray(records["d"])
    scale = decode_ue4m3(d)
    return Blocks(codes, scale, None, (Level("d", "float8_e4m3fn", f32(2) * scale, d),))


def half_scale(e: NDArray[Any]) -> Floats:
    """2**(e - 128)."""
    scale: Floats = np.ldexp(f32(1), e.astype(np.int32) - 128)
    return scale


def decode_ue4m3(d: NDArray[Any]) -> Floats:
    """Half of the E4M3 number without its sign bit; 0 for 0x7F."""
    exponent, mantissa = (d >> 3 & 15).astype(np.int32), (d & 7).astype(np.float32)
    normal = np.ldexp(f32(1) + mantissa / f32(8), exponent - 8)
    scale: Floats = np.where(exponent == 0, mantissa * f32(2**-10), normal)
    return np.where(d == 0x7F, f32(0), scale)


def encode_ue4m3(x: Floats) -> NDArray[Any]:
    """The unsigned E4M3 of x >= 0, the mantissa's ties upward; below 2**-6 in steps of 2**-9.

    All that rounds to 256 or more becomes 448: the codes between are read, but never written.
    """
    x = np.minimum(x, f32(448))
    bits = x.view(np.int32)
    rounded = (bits >> 19) + 1 >> 1  # exponent and 3 bits of the mantissa; a carry raises the exponent
    normal = rounded - (120 << 3)
    normal[normal >= 15 << 3] = 0x7E
    subnormal = np.minimum((x * f32(512) + f32(0.5)).astype(np.int32), 7)
    return np.where(bits >> 23 <= 120, subnormal, normal).astype(np.uint8)


def _nearest(x: Floats, scale: Floats) -> NDArray[Any]:
    """The code of the nearest number, of two equally near ones that of the smaller magnitude.

    Up to 16 scales the differences that ggml compares are exact, so that thresholds decide as they do.
    """
    magnitude = np.abs(x)
    codes = np.zeros(x.shape, np.uint8)
    for midpoint in _MIDPOINTS:
        codes += magnitude > f32(midpoint) * scale
    codes |= ((x < 0) & (codes > 0)).view(np.uint8) << 3
    beyond = (magnitude.max(axis=-1, keepdims=True) > f32(16) * scale)[..., 0]
    if beyond.any():
        codes[beyond] = _first_nearest(x[beyond], scale[beyond])
    return codes


def _first_nearest(x: Floats, scale: Floats) -> NDArray[Any]:
    """The first code with the least |number * scale - x| in float32: where that difference is rounded."""
    codes: NDArray[Any] = np.abs(VALUES * scale[..., None] - x[..., None]).argmin(axis=-1).astype(np.uint8)
    return codes

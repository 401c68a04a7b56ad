"""torchao: the parts of a tensor subclass, which the header describes in JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import quantcore as qc

from ..reading.fault import ModelFileError
from ..reading.json_text import read_json
from ..reading.raw import RawTensor
from .float_blocks import blocks_of, fp8, microscaled, nvfp4
from .logical import Config, Convention, Found, Made, grouped
from .planes import Codes, Numbers, PackedAlong, Transposed
from .values import Affine


def build(found: Found, config: Config) -> Made | None:
    """The tensor by the type that the header names."""
    described = _described(config, f"{found.stem}.weight")
    kind = str(described.get("_type", ""))
    data = described.get("_data")
    attributes = data if isinstance(data, Mapping) else {}
    qdata, scale, zeros = found["._weight_qdata"], found["._weight_scale"], found.get("._weight_zero_point")
    label = kind or "torchao"
    if attributes.get("is_swizzled_scales") or attributes.get("_is_swizzled_scales"):
        return Made(qdata.shape, label, None, (), f"The scales of {found.stem} are swizzled, which cannot be read.")
    if kind == "NVFP4Tensor":
        return nvfp4(qdata, scale, found.get("._weight_per_tensor_scale"), False, "NVFP4 (torchao)")
    if kind == "MXTensor":
        return _mx(qdata, scale)
    if kind == "Int4Tensor":
        return _int4(qdata, scale, zeros)
    if kind in ("Float8Tensor", "Int8Tensor", "IntxUnpackedToInt8Tensor", ""):
        return _eight(qdata, scale, zeros, config, label)
    return Made(qdata.shape, label, None, (), f"{found.stem} is a {kind[:60]}, whose layout cannot be read.")


def _described(config: Config, name: str) -> Mapping[str, Any]:
    said = config.metadata.get(name)
    if not isinstance(said, str):
        return {}
    try:
        found = read_json(said.encode(), f"The entry {name} of the header")
    except ModelFileError:
        return {}
    return found if isinstance(found, Mapping) else {}


def _mx(qdata: RawTensor, scale: RawTensor) -> Made | None:
    if qdata.dtype == "F8_E4M3":
        return microscaled(qdata, scale, qdata.shape, "mxfp8_e4m3", "MXFP8 E4M3 (torchao)")
    if qdata.dtype == "F8_E5M2":
        return microscaled(qdata, scale, qdata.shape, "mxfp8_e5m2", "MXFP8 E5M2 (torchao)")
    return microscaled(qdata, scale, (*qdata.shape[:-1], qdata.row_length * 2), "mxfp4", "MXFP4 (torchao)")


def _int4(qdata: RawTensor, scale: RawTensor, zeros: RawTensor | None) -> Made | None:
    """Signed codes; scales and zero points are [groups, rows], and a zero point is a weight."""
    if len(qdata.shape) != 2 or len(scale.shape) != 2 or scale.shape[1] != qdata.shape[0] or not scale.shape[0]:
        return None
    n_rows, n_groups = qdata.shape[0], scale.shape[0]
    shape = (n_rows, qdata.shape[1] * 2)
    if shape[1] % n_groups or (zeros is not None and zeros.shape != scale.shape):
        return None
    group = shape[1] // n_groups
    codes = PackedAlong(qdata, n_rows, shape[1], 4, signed=True)
    offset = None if zeros is None else Transposed(Numbers(zeros, n_rows), n_groups)
    values = Affine(shape, codes, (1, group), Transposed(Numbers(scale, n_rows), n_groups), 0, offset, qc.INT4)
    return Made(shape, f"torchao Int4Tensor, {grouped(group, shape[1])}", values)


def _eight(qdata: RawTensor, scale: RawTensor, zeros: RawTensor | None, config: Config, label: str) -> Made | None:
    """A code a byte, with a scale and a zero point for each row or group."""
    if qdata.dtype != "I8":
        return fp8(qdata, scale, config)
    blocks = blocks_of(qdata.shape, scale.shape, config)
    if blocks is None or (zeros is not None and zeros.n_values != scale.n_values) or not qdata.shape:
        return None
    columns = scale.shape[-1] if len(scale.shape) == len(qdata.shape) else 1
    zero_point = 0 if zeros is None else Numbers(zeros, columns)
    values = Affine(qdata.shape, Codes(qdata, qdata.row_length), blocks, Numbers(scale, columns), zero_point)
    return Made(qdata.shape, f"torchao {label}, {grouped(blocks[-1], qdata.row_length)}", values)


TORCHAO = Convention(
    "torchao",
    "torchao",
    ("torchao", "Int4Tensor", "Int8Tensor", "IntxUnpackedToInt8Tensor", "Float8Tensor", "MXTensor", "NVFP4Tensor"),
    "M._weight_qdata, M._weight_scale, M._weight_zero_point; the header's entry M.weight names the type. Int4Tensor: "
    "signed codes, w = q * scale + zero_point, parameters [groups, out]; the others: w = (q - zero_point) * scale.",
    "torchao 0.18.0, prototype/safetensors, quantization/quantize_/workflows",
    ("._weight_qdata", "._weight_scale"),
    ("._weight_zero_point", "._weight_per_tensor_scale"),
    build,
)

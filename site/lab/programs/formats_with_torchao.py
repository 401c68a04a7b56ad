"""MX and NVFP4 with torchao's prototypes."""

import quantcore as qc

from .blocks_in_programs import kept, values
from .case import Case, program

ELEMENTS = {
    "mxfp8_e4m3": "torch.float8_e4m3fn",
    "mxfp8_e5m2": "torch.float8_e5m2",
    "mxfp6_e2m3": "DTYPE_FP6_E2M3",
    "mxfp6_e3m2": "DTYPE_FP6_E3M2",
    "mxfp4": "torch.float4_e2m1fn_x2",
}


def with_torchao(case: Case) -> str:
    """The program; empty where torchao has no such format, and for bytes, of which it has another order."""
    stored = case.stored
    if stored is None or case.is_dequantize:
        return ""
    if stored.fmt.name in ELEMENTS:
        return _mx(case, stored)
    return _nvfp4(case, stored) if stored.fmt.name == "nvfp4" else ""


def _mx(case: Case, stored: qc.Stored) -> str:
    kind, mode = ELEMENTS[stored.fmt.name], str(stored.options.get("scale_mode", "floor")).upper()
    names = "" if kind.startswith("torch.") else f"{kind}, "
    tail = kept(case)
    half = ["q = np.stack([q & 15, q >> 4], axis=-1).reshape(x.shape)  # two codes to a byte"]
    return program(
        case.head(
            "import numpy as np",
            "import torch",
            "from torchao.prototype.mx_formats.config import ScaleCalculationMode",
            *([f"from torchao.prototype.mx_formats.constants import {names.rstrip(', ')}"] if names else []),
            "from torchao.prototype.mx_formats.mx_tensor import to_dtype, to_mx",
        ),
        *case.origin.functions,
        values(case),
        [
            f"scale, data = to_mx(torch.from_numpy(x), {kind}, 32, ScaleCalculationMode.{mode})",
            f"x_hat = to_dtype(data, scale, {kind}, 32, torch.float32).numpy(){tail}",
            "q = data.view(torch.uint8).numpy()",
            *(half if stored.fmt.element.bits == 4 else []),
            *([f"q = q{tail}"] if tail else []),
            "print(q, x_hat)",
        ],
    )


def _nvfp4(case: Case, stored: qc.Stored) -> str:
    tail = kept(case)
    number = stored.levels[0].values.item()
    is_given = "tensor_scale" in stored.options or not case.given.any()  # of zeros the library makes 0 / 0
    tensor = f"torch.tensor({number!r})" if is_given else "per_tensor_amax_to_scale(torch.from_numpy(x).abs().max())"
    names = "nvfp4_quantize" if is_given else "nvfp4_quantize, per_tensor_amax_to_scale"
    return program(
        case.head(
            "import numpy as np",
            "import torch",
            "from torchao.prototype.mx_formats.kernels import f4_unpacked_to_f32",
            f"from torchao.prototype.mx_formats.nvfp4_tensor import {names}",
        ),
        *case.origin.functions,
        values(case),
        [
            f"tensor_scale = {tensor}",
            "scale, data = nvfp4_quantize(torch.from_numpy(x).reshape(-1, x.shape[-1]), 16, tensor_scale)",
            "q = np.stack([data.numpy() & 15, data.numpy() >> 4], axis=-1).reshape(x.shape)  # two codes to a byte",
            "numbers = f4_unpacked_to_f32(torch.from_numpy(q)).reshape(-1, 16)",
            f"x_hat = (numbers * (scale.float() * tensor_scale).reshape(-1, 1)).reshape(x.shape).numpy(){tail}",
            *([f"q = q{tail}"] if tail else []),
            "print(q, x_hat)",
        ],
    )

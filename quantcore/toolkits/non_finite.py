"""What libraries make of NaN and infinity, each observed in the version that is named.

No two libraries agree, and most do it silently. So quantcore refuses NaN and infinity wherever a format has no code for
them, and wherever a scale would have to be chosen with them; with a given scale, `quantize_non_finite` imitates what
NON_FINITE_CODES says.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class NonFinite:
    """One operation of one library.

    Attributes:
        library: Whose.
        version: That was observed, or whose source was read.
        operation: What is called.
        nan: What becomes of NaN.
        infinity: What becomes of plus and minus infinity.
    """

    library: str
    version: str
    operation: str
    nan: str
    infinity: str


class Becomes(enum.Enum):
    """The integer code of NaN."""

    HIGHEST = "the highest code"
    LOWEST = "the lowest code"
    CODE_0 = "the code 0, whatever the zero point is"


@dataclass(frozen=True, slots=True)
class NonFiniteCodes:
    """What the integer codes of one arithmetic are: of infinity the highest and the lowest one, and of NaN.

    Attributes:
        nan: The code of NaN.
        source: What was called, and where.
    """

    nan: Becomes
    source: str


NON_FINITE_CODES: Mapping[str, NonFiniteCodes] = MappingProxyType(
    {
        "onnxruntime": NonFiniteCodes(Becomes.LOWEST, "QuantizeLinear, ONNX Runtime 1.32.0 on x86-64"),
        "torch_per_tensor": NonFiniteCodes(Becomes.HIGHEST, "torch.quantize_per_tensor, PyTorch 2.13.0 on x86-64"),
        "torch_per_channel": NonFiniteCodes(Becomes.CODE_0, "torch.quantize_per_channel, PyTorch 2.13.0 on x86-64"),
        "torch_fake_quantize": NonFiniteCodes(
            Becomes.LOWEST, "torch.fake_quantize_per_tensor_affine, PyTorch 2.13.0 on x86-64"
        ),
        "torch_pt2e": NonFiniteCodes(
            Becomes.CODE_0, "quantized_decomposed.quantize_per_tensor, PyTorch 2.13.0 on x86-64"
        ),
        "torch_pt2e_per_channel": NonFiniteCodes(
            Becomes.CODE_0, "quantized_decomposed.quantize_per_channel, PyTorch 2.13.0 on x86-64"
        ),
        "torch_pt2e_per_token": NonFiniteCodes(
            Becomes.CODE_0, "quantized_decomposed.quantize_per_token, PyTorch 2.13.0 on x86-64"
        ),
        "torchao": NonFiniteCodes(Becomes.CODE_0, "quantize_affine, torchao 0.18.0 on x86-64"),
    }
)
"""By the name of the arithmetic, as observed. The others differ between machines, or were not observed.

ONNX leaves NaN open, and its reference casts to int32 before it clips, which C leaves open; so does PyTorch with a real
zero point, and so do the kernels of TensorFlow Lite. PyTorch's per-group quantize raises an error.
"""

_SATURATE = "the greatest and the lowest code"
NON_FINITE: tuple[NonFinite, ...] = (
    NonFinite("ONNX reference", "1.23.2", "QuantizeLinear to integers", "the lowest code",
              "the lowest code, both: through int32"),
    NonFinite("ONNX Runtime", "1.32.0", "QuantizeLinear to integers", "the lowest code", _SATURATE),
    NonFinite("ONNX reference", "1.23.2", "DynamicQuantizeLinear", "a scale of NaN, and all codes 0",
              "a scale of NaN or infinity"),
    NonFinite("ONNX Runtime", "1.32.0", "DynamicQuantizeLinear", "left out of the range; the code 0",
              "a scale of infinity"),
    NonFinite("ONNX", "1.23.2", "Cast and QuantizeLinear to float8, saturate=1", "NaN", "the greatest number"),
    NonFinite("ONNX", "1.23.2", "Cast and QuantizeLinear to float8, saturate=0", "NaN",
              "infinity in E5M2, else NaN"),
    NonFinite("PyTorch", "2.13.0", "quantize_per_tensor", "the greatest code; of qint32 the lowest", _SATURATE),
    NonFinite("PyTorch", "2.13.0", "quantize_per_channel, quantized_decomposed", "the code 0, whatever the zero point",
              _SATURATE),
    NonFinite("PyTorch", "2.13.0", "fake_quantize", "the lowest code", _SATURATE),
    NonFinite("PyTorch", "2.13.0", "MinMaxObserver", "a scale of NaN", "a scale of infinity"),
    NonFinite("PyTorch", "2.13.0", "HistogramObserver", "an error", "left out"),
    NonFinite("PyTorch", "2.13.0", "cast to float8_e4m3fn", "NaN", "448: since 2.12; NaN before"),
    NonFinite("PyTorch", "2.13.0", "cast to float8_e5m2, fnuz", "NaN", "infinity in E5M2, NaN in fnuz"),
    NonFinite("ml_dtypes", "0.6.0", "cast to 8 bits", "NaN", "infinity where the format has it, else NaN"),
    NonFinite("ml_dtypes", "0.6.0", "cast to FP6, FP4", "+0 or -0, by a sign that means nothing",
              "the greatest and the lowest number"),
    NonFinite("torchao", "0.18.0", "to_mx", "the scale byte 255: the whole block is NaN",
              "a finite scale; the block is 0 and infinity"),
    NonFinite("microxcaling", "7bc4195", "quantize_mx", "the whole block is NaN", "the whole block is NaN"),
    NonFinite("torchao", "0.18.0", "Float8Tensor", "a scale of NaN: all that share it are NaN",
              "a scale of infinity: all others become 0, it itself NaN"),
    NonFinite("compressed-tensors", "0.20.0", "FP8: calculate_qparams, quantize",
              "a scale of NaN: all that share it are NaN", "a scale of infinity: all others become 0, it itself NaN"),
    NonFinite("compressed-tensors", "0.20.0", "NVFP4: generate_gparam, calculate_qparams",
              "a divisor of 1; the block's scale is NaN", "a divisor of 0; the block's scale is NaN"),
    NonFinite("bitsandbytes", "0.50.2", "quantize_4bit", "absmax is NaN: the whole block is NaN",
              "absmax is infinite: all others become NaN"),
    NonFinite("ggml", "0.20.2", "quantize_row_*_ref", "the float16 scale is NaN: the whole block is NaN",
              "the float16 scale is infinite: the block is NaN or infinite"),
    NonFinite("the seed notebook", "as written", "zeropoint_quantize", "all codes are NaN",
              "a scale factor of 0: all reconstructions are NaN"),
)  # fmt: skip
"""In the order of the libraries. ONNX, MX of torchao and ggml are held to recordings; the others are from sources."""

"""The profiles: each computes as one toolkit does, and sets the defaults of the other fields."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How one library computes, as the lab offers it.

    Attributes:
        label: its name for people.
        summary: what is particular about it, in one sentence.
        arithmetic: the name in ``quantcore.ARITHMETICS`` of what it does with one scale for the tensor.
        toolkit: the name in ``quantcore.TOOLKITS`` of how it chooses scale and zero point.
        defaults: the fields whose default differs from the table's.
        by_granularity: the arithmetic for other granularities, where it differs.
        group: the library under whose title it stands in the list; empty for none.
        is_symmetric: whether it has no affine scheme.
    """

    label: str
    summary: str
    arithmetic: str
    toolkit: str
    defaults: dict[str, str]
    by_granularity: dict[str, str] = field(default_factory=dict)
    group: str = ""
    is_symmetric: bool = False


TOOLKIT_DEFAULTS = {"include_zero": "1", "precision": "float32"}
SYMMETRIC_DEFAULTS = {**TOOLKIT_DEFAULTS, "scheme": "symmetric"}
WITHOUT_ZERO = {**TOOLKIT_DEFAULTS, "include_zero": "0"}

PROFILES: dict[str, Profile] = {
    "notebook": Profile(
        label="The notebook",
        summary="Multiplies by the scale factor S = 1/s, rounds after adding the zero point, in float64, never clips.",
        arithmetic="notebook",
        toolkit="notebook",
        defaults={},
    ),
    "custom": Profile(
        label="Custom",
        summary="The arithmetic of ONNX with every setting of your own.",
        arithmetic="onnx",
        toolkit="onnx",
        defaults=TOOLKIT_DEFAULTS,
    ),
    "onnx": Profile(
        label="ONNX",
        summary="QuantizeLinear: divides by the scale in float32, rounds half to even, adds the zero point, clips.",
        arithmetic="onnx",
        toolkit="onnx",
        defaults=TOOLKIT_DEFAULTS,
        group="ONNX",
    ),
    "onnxruntime": Profile(
        label="ONNX Runtime, static",
        summary="Divides the range in float64, and leaves out the lowest code of symmetric int8 and int16.",
        arithmetic="onnxruntime",
        toolkit="onnxruntime",
        defaults=TOOLKIT_DEFAULTS,
        group="ONNX",
    ),
    "onnxruntime_dynamic": Profile(
        label="ONNX Runtime, DynamicQuantizeLinear",
        summary="As ONNX, but where all values are 0 the scale is 1.",
        arithmetic="onnxruntime",
        toolkit="onnxruntime_dynamic",
        defaults=TOOLKIT_DEFAULTS,
        group="ONNX",
    ),
    "pytorch": Profile(
        label="PyTorch",
        summary="Multiplies by the reciprocal of the scale and adds the zero point before rounding.",
        arithmetic="torch_per_tensor",
        toolkit="torch",
        defaults=TOOLKIT_DEFAULTS,
        by_granularity={"axis": "torch_per_channel", "block": "torch_pt2e_group"},
        group="PyTorch",
    ),
    "pytorch_fake_quantize": Profile(
        label="PyTorch, fake-quantize",
        summary="In training: multiplies by the reciprocal, rounds, and only then adds the zero point.",
        arithmetic="torch_fake_quantize",
        toolkit="torch",
        defaults=TOOLKIT_DEFAULTS,
        group="PyTorch",
    ),
    "pytorch_pt2e": Profile(
        label="PyTorch 2 export (PT2E)",
        summary="Multiplies by the reciprocal of the float64 scale and adds the zero point after rounding.",
        arithmetic="torch_pt2e",
        toolkit="torch_pt2e",
        defaults=TOOLKIT_DEFAULTS,
        by_granularity={"axis": "torch_pt2e_per_channel", "block": "torch_pt2e_group"},
        group="PyTorch",
    ),
    "pytorch_dynamic": Profile(
        label="PyTorch, dynamic (QNNPACK)",
        summary="Divides the range in float64, and stretches ranges whose scale would be below 6.1e-5.",
        arithmetic="torch_per_tensor",
        toolkit="torch_dynamic",
        defaults=TOOLKIT_DEFAULTS,
        group="PyTorch",
    ),
    "qnnpack": Profile(
        label="PyTorch on ARM (QNNPACK, XNNPACK)",
        summary="Scale at least 2⁻¹² and symmetric codes from −127; adds the zero point after rounding.",
        arithmetic="torch_fake_quantize",
        toolkit="qnnpack",
        defaults=TOOLKIT_DEFAULTS,
        group="PyTorch",
    ),
    "fbgemm": Profile(
        label="PyTorch, dynamic (FBGEMM)",
        summary="As the one for QNNPACK, but takes the zero point from the end of the range that loses less.",
        arithmetic="torch_per_tensor",
        toolkit="fbgemm",
        defaults=TOOLKIT_DEFAULTS,
        group="PyTorch",
    ),
    "xnnpack": Profile(
        label="PyTorch, per token (XNNPACK)",
        summary="Takes the zero point from the end with the smaller error, and adds it before rounding.",
        arithmetic="torch_pt2e_per_token",
        toolkit="torch_per_token_asymmetric",
        defaults=TOOLKIT_DEFAULTS,
        group="PyTorch",
    ),
    "pytorch_float_zero_point": Profile(
        label="PyTorch, real zero point",
        summary="For embeddings: the range is taken as it is, and the zero point is a real number.",
        arithmetic="torch_float_zero_point",
        toolkit="torch_float_zero_point",
        defaults=WITHOUT_ZERO,
        group="PyTorch",
    ),
    "torchao": Profile(
        label="torchao",
        summary="Multiplies by the reciprocal in the precision of the scale; symmetric: absmax over half the range.",
        arithmetic="torchao",
        toolkit="torchao",
        defaults=TOOLKIT_DEFAULTS,
        group="torchao",
    ),
    "torchao_no_clipping": Profile(
        label="torchao, no clipping",
        summary="SYMMETRIC_NO_CLIPPING_ERR: a symmetric scale that clips neither end.",
        arithmetic="torchao",
        toolkit="torchao_no_clipping",
        defaults=SYMMETRIC_DEFAULTS,
        group="torchao",
    ),
    "torchao_dont_preserve_zero": Profile(
        label="torchao, zero not preserved",
        summary="Takes the range as it is, and moves a zero point outside the codes to the nearest one.",
        arithmetic="torchao",
        toolkit="torchao_dont_preserve_zero",
        defaults=WITHOUT_ZERO,
        group="torchao",
    ),
    "tflite": Profile(
        label="TensorFlow Lite",
        summary="Its reference kernels: divide by the scale and round ties away from zero.",
        arithmetic="tflite",
        toolkit="tflite",
        defaults={**TOOLKIT_DEFAULTS, "rounding": "half_away"},
        group="TensorFlow",
    ),
    "tflite_x86": Profile(
        label="TensorFlow Lite on x86-64",
        summary="Its default kernels: multiply by the reciprocal and round ties to even.",
        arithmetic="tflite_x86",
        toolkit="tflite",
        defaults=TOOLKIT_DEFAULTS,
        group="TensorFlow",
    ),
    "tf_fake_quant": Profile(
        label="TensorFlow, FakeQuant",
        summary="In training: moves the range so that 0 is a code, measures from its low end, and rounds ties up.",
        arithmetic="tf_fake_quant",
        toolkit="tf_fake_quant",
        defaults={**TOOLKIT_DEFAULTS, "signed": "0", "rounding": "half_up"},
        group="TensorFlow",
    ),
    "tensorrt": Profile(
        label="TensorRT",
        summary="Symmetric: absmax over the highest code, without a zero point.",
        arithmetic="tensorrt",
        toolkit="tensorrt",
        defaults=SYMMETRIC_DEFAULTS,
        group="NVIDIA",
        is_symmetric=True,
    ),
    "modelopt": Profile(
        label="modelopt",
        summary="Keeps the reciprocal of a symmetric scale, and divides by it on the way back.",
        arithmetic="modelopt",
        toolkit="modelopt",
        defaults=SYMMETRIC_DEFAULTS,
        group="NVIDIA",
        is_symmetric=True,
    ),
    "bitsandbytes": Profile(
        label="bitsandbytes, LLM.int8()",
        summary="Keeps absmax; multiplies by its reciprocal times 127, in two roundings.",
        arithmetic="bitsandbytes",
        toolkit="bitsandbytes",
        defaults=SYMMETRIC_DEFAULTS,
        group="Others",
        is_symmetric=True,
    ),
    "brevitas": Profile(
        label="brevitas",
        summary="Divides absmax by 128 for int8, so that the largest value is clipped by a step.",
        arithmetic="onnx",
        toolkit="brevitas",
        defaults=SYMMETRIC_DEFAULTS,
        group="Others",
        is_symmetric=True,
    ),
    "coremltools": Profile(
        label="coremltools",
        summary="Weights: symmetric codes from −127 to 127; the zero point comes from both ends of the range.",
        arithmetic="onnx",
        toolkit="coremltools",
        defaults=SYMMETRIC_DEFAULTS,
        group="Others",
    ),
    "awq": Profile(
        label="AWQ",
        summary="Takes the range as it is and clips the zero point to the codes: ranges far from 0 are cut.",
        arithmetic="onnx",
        toolkit="awq",
        defaults=WITHOUT_ZERO,
        group="Others",
    ),
}

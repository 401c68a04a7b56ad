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
    """

    label: str
    summary: str
    arithmetic: str
    toolkit: str
    defaults: dict[str, str]
    by_granularity: dict[str, str] = field(default_factory=dict)


TOOLKIT_DEFAULTS = {"include_zero": "1", "precision": "float32"}

PROFILES: dict[str, Profile] = {
    "notebook": Profile(
        label="The notebook",
        summary="Multiplies by the scale factor S = 1/s, rounds after adding the zero point, in float64, never clips.",
        arithmetic="notebook",
        toolkit="notebook",
        defaults={},
    ),
    "onnx": Profile(
        label="ONNX",
        summary="QuantizeLinear: divides by the scale in float32, rounds half to even, adds the zero point, clips.",
        arithmetic="onnx",
        toolkit="onnx",
        defaults=TOOLKIT_DEFAULTS,
    ),
    "pytorch": Profile(
        label="PyTorch",
        summary="Multiplies by the reciprocal of the scale and adds the zero point before rounding.",
        arithmetic="torch_per_tensor",
        toolkit="torch",
        defaults=TOOLKIT_DEFAULTS,
        by_granularity={"axis": "torch_per_channel", "block": "torch_pt2e_group"},
    ),
    "tflite": Profile(
        label="TensorFlow Lite",
        summary="Its reference kernels: divide by the scale and round ties away from zero.",
        arithmetic="tflite",
        toolkit="tflite",
        defaults={**TOOLKIT_DEFAULTS, "rounding": "half_away"},
    ),
    "custom": Profile(
        label="Custom",
        summary="The arithmetic of ONNX with every setting of your own.",
        arithmetic="onnx",
        toolkit="onnx",
        defaults=TOOLKIT_DEFAULTS,
    ),
}

"""Every field of a request, in one table, and the profiles that set their defaults.

The form's controls, the link after ``#``, an embed's attributes, a preset and a test case are all requests: flat
mappings of these names to strings. What is absent takes the default of the profile in force.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from quantcore import ARITHMETICS

from ..data.generate import GENERATORS


class Kind(StrEnum):
    """What a field's text is read as."""

    NUMBERS = "numbers"  # any amount of numbers, in any usual form
    NUMBER = "number"
    INTEGER = "integer"
    CHOICE = "choice"
    FLAG = "flag"  # "1" or "0"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a request.

    Attributes:
        name: the name in the request, and of the control.
        label: what the control is called.
        hint: one line that helps to fill it in.
        kind: what its text is read as.
        default: its text under the default profile.
        choices: for a choice, the allowed texts and their labels.
        low, high: for a number, the smallest and largest that is allowed.
        optional: whether it may be empty.
        when: the choices of other fields under which it matters, e.g. ``{"calibration": ("manual",)}``.
        or_when: others under which it matters, too.
    """

    name: str
    label: str
    hint: str
    kind: Kind
    default: str
    choices: dict[str, str] = field(default_factory=dict)
    low: float | None = None
    high: float | None = None
    optional: bool = False
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    or_when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def cases(self) -> list[Mapping[str, tuple[str, ...]]]:
        """The conditions of which one must hold; none if it always matters."""
        return [case for case in (self.when, self.or_when) if case]

    def matters(self, texts: Mapping[str, str]) -> bool:
        """Whether it plays a part in a request."""
        return not self.cases or any(
            all(texts[other] in allowed for other, allowed in case.items()) for case in self.cases
        )


@dataclass(frozen=True, slots=True)
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
        "The notebook",
        "Multiplies by the scale factor S = 1/s and rounds after adding the zero point, in float64, without clipping.",
        "notebook",
        "notebook",
        {},
    ),
    "onnx": Profile(
        "ONNX",
        "QuantizeLinear: divides by the scale in float32, rounds half to even, adds the zero point, clips.",
        "onnx",
        "onnx",
        TOOLKIT_DEFAULTS,
    ),
    "pytorch": Profile(
        "PyTorch",
        "Multiplies by the reciprocal of the scale and adds the zero point before rounding.",
        "torch_per_tensor",
        "torch",
        TOOLKIT_DEFAULTS,
        {"axis": "torch_per_channel", "block": "torch_pt2e_group"},
    ),
    "tflite": Profile(
        "TensorFlow Lite",
        "Divides by the scale and rounds ties away from zero.",
        "tflite",
        "tflite",
        {**TOOLKIT_DEFAULTS, "rounding": "half_away"},
    ),
    "custom": Profile(
        "Custom",
        "The arithmetic of ONNX with every setting of your own.",
        "onnx",
        "onnx",
        TOOLKIT_DEFAULTS,
    ),
}

QUANTIZE = {"direction": ("quantize",)}
DEQUANTIZE = {"direction": ("dequantize",)}
FROM_FILE = {**QUANTIZE, "source": ("file",)}
GENERATED = tuple(GENERATORS)
RANDOM = tuple(name for name in GENERATORS if name not in ("ramp", "sine"))
NOT_NOTEBOOK = tuple(name for name in PROFILES if name != "notebook")

TABLE: tuple[Field, ...] = (
    Field(
        "direction", "Direction", "From reals to codes, or from codes back to reals.", Kind.CHOICE, "quantize",
        {"quantize": "Quantize", "dequantize": "Dequantize"},
    ),
    Field("source", "Data", "Where the values come from.", Kind.CHOICE, "values",
          {"values": "Typed or pasted", "normal": "Normal", "uniform": "Uniform", "laplace": "Laplace",
           "student_t": "Student’s t", "outliers": "Normal with outliers", "bimodal": "Two humps",
           "relu": "After ReLU", "ramp": "A ramp", "sine": "A sine", "picture": "A picture", "file": "A file"},
          when=QUANTIZE),
    Field(
        "values", "Values", "Numbers separated by commas, spaces or new lines; nested lists make a matrix.",
        Kind.NUMBERS, "-3.0, 0.1, 3.2", when={**QUANTIZE, "source": ("values",)},
    ),
    Field("shape", "Shape", "Rows and columns, such as 2,3; empty keeps the shape of the data.",
          Kind.TEXT, "", optional=True),
    Field("seed", "Seed", "The same seed gives the same random numbers everywhere.", Kind.INTEGER, "1", low=0,
          high=2**32 - 1, when={**QUANTIZE, "source": RANDOM}, or_when={**QUANTIZE, "rounding": ("stochastic",)}),
    Field("spread", "Spread", "The standard deviation of random values, the height of a ramp or a sine.", Kind.NUMBER,
          "1", low=1e-30, high=1e30, when={**QUANTIZE, "source": GENERATED}),
    Field("outlier_share", "Outliers", "How many of the values are outliers, in percent.", Kind.NUMBER, "1", low=0,
          high=100, when={**QUANTIZE, "source": ("outliers",)}),
    Field("outlier_size", "Outliers lie further out by", "In standard deviations.", Kind.NUMBER, "20", low=0, high=1e6,
          when={**QUANTIZE, "source": ("outliers",)}),
    Field("degrees", "Degrees of freedom", "The fewer, the heavier the tails: from 3 to 30.", Kind.INTEGER, "4", low=3,
          high=30, when={**QUANTIZE, "source": ("student_t",)}),
    Field("file", "File", "The name of the file that was dropped.", Kind.TEXT, "", optional=True, when=FROM_FILE),
    Field("tensor", "Array", "The name of an array in the file; empty takes the first.", Kind.TEXT, "", optional=True,
          when=FROM_FILE),
    Field("file_sha256", "SHA-256 of the file", "Empty takes the latest file of that name.", Kind.TEXT, "",
          optional=True, when=FROM_FILE),
    Field("file_shape", "Shape in the file", "Tells which file to drop, where a link is opened without it.", Kind.TEXT,
          "", optional=True, when=FROM_FILE),
    Field("codes", "Codes", "Whole numbers, separated like values.", Kind.NUMBERS, "-128, -1, 127", when=DEQUANTIZE),
    Field("scale", "Scale", "The step between neighbouring codes, or one step for each slice.", Kind.NUMBERS,
          "0.02431372549019608", when=DEQUANTIZE),
    Field("zero_point", "Zero point", "The code of the real 0, or one for each slice.", Kind.NUMBERS, "-5",
          when=DEQUANTIZE),
    Field("profile", "Computed as", "Whose arithmetic is followed to the last bit.", Kind.CHOICE, "notebook",
          {name: profile.label for name, profile in PROFILES.items()}),
    Field("scheme", "Scheme", "Affine spends the codes on the range of the values; symmetric fixes the zero point.",
          Kind.CHOICE, "affine", {"affine": "Affine", "symmetric": "Symmetric"}, when=QUANTIZE),
    Field("bits", "Bits", "The width of a code, from 2 to 16.", Kind.INTEGER, "8", low=2, high=16),
    Field("signed", "Signed codes", "int8 counts from −128 to 127, uint8 from 0 to 255.", Kind.FLAG, "1"),
    Field("narrow", "Narrow range", "Leaves the lowest code unused, so that the range is symmetric.", Kind.FLAG, "0"),
    Field("granularity", "One scale for", "The whole tensor, each slice of an axis, or each block.", Kind.CHOICE,
          "tensor", {"tensor": "the tensor", "axis": "each slice of an axis", "block": "each block"},
          when={"profile": NOT_NOTEBOOK}),
    Field("axis", "Axis", "0 for the rows, 1 for the columns; −1 is the last.", Kind.INTEGER, "0", low=-8, high=7,
          when={"granularity": ("axis", "block")}),
    Field("block_size", "Block size", "How many neighbours along the axis share a scale.", Kind.INTEGER, "32", low=1,
          high=2**31 - 1, when={"granularity": ("block",)}),
    Field("calibration", "Range from", "How the range that the codes cover is found.", Kind.CHOICE, "minmax",
          {"minmax": "smallest and largest value", "percentile": "a percentile", "mse": "least squared error",
           "entropy": "least divergence (entropy)", "manual": "the two numbers below"}, when=QUANTIZE),
    Field("percentile", "Percentile", "How much of the values the range must hold, in percent.", Kind.NUMBER, "99.99",
          low=50, high=100, when={"calibration": ("percentile",)}),
    Field("range_min", "Range from", "Empty takes the smallest value.", Kind.NUMBER, "", optional=True,
          when={"calibration": ("manual",)}),
    Field("range_max", "Range to", "Empty takes the largest value.", Kind.NUMBER, "", optional=True,
          when={"calibration": ("manual",)}),
    Field("include_zero", "Zero in range", "Widens the range to hold 0, so that 0 has a code of its own.", Kind.FLAG,
          "0", when={**QUANTIZE, "scheme": ("affine",)}),
    Field("rounding", "Rounding", "What happens between two codes.", Kind.CHOICE, "half_even",
          {"half_even": "to nearest, ties to even", "half_away": "to nearest, ties away from zero",
           "toward_zero": "toward zero", "floor": "down (floor)", "ceil": "up (ceil)",
           "stochastic": "up or down by chance"}, when=QUANTIZE),
    Field("precision", "Precision", "The floating-point numbers that it is computed with.", Kind.CHOICE, "float64",
          {"float32": "float32", "float64": "float64"}),
    Field("element", "Follow number", "The index of the number whose steps are shown, from 0.", Kind.INTEGER, "0",
          low=0, high=2**53),
    Field("compare", "Schemes", "Names such as int8_tensor, int4_block32, uint8_affine_channel; empty: the usual ones.",
          Kind.TEXT, "", optional=True, when=QUANTIZE),
    Field("max_error", "Error at most", "Which scheme is the cheapest with no larger error? Empty asks nothing.",
          Kind.NUMBER, "", low=0, high=1e300, optional=True, when=QUANTIZE),
    Field("error_by", "Measured as", "What that error is.", Kind.CHOICE, "max_abs",
          {"max_abs": "largest error", "mse": "mean squared error"}, when=QUANTIZE),
    Field("model_parameters", "Parameters of the model", "How large it would be, stored like this.", Kind.NUMBER,
          "7000000000", low=1, high=1e15, when=QUANTIZE),
    Field("against", "Compare with", "Which other arithmetic to hold against this one.", Kind.CHOICE, "",
          {"": "whichever shows most", **{name: profile.label for name, profile in PROFILES.items()},
           **{name: f"{name}, same scale" for name in ARITHMETICS if name not in PROFILES}}, when=QUANTIZE),
    Field("weights", "Weights", "A matrix to multiply the values by; empty takes random ones.", Kind.NUMBERS, "",
          optional=True, when=QUANTIZE),
    Field("format", "Low-bit format", "Empty for integers.", Kind.TEXT, "", optional=True),
    Field("show", "Show", "Names of instruments, and summary, table, steps, code; empty for all.", Kind.TEXT, "",
          optional=True),
)  # fmt: skip

FIELDS: dict[str, Field] = {entry.name: entry for entry in TABLE}


def default_of(name: str, profile: str) -> str:
    """What an absent field stands for under a profile.

    >>> default_of("precision", "notebook"), default_of("precision", "onnx")
    ('float64', 'float32')
    """
    return PROFILES[profile].defaults.get(name, FIELDS[name].default)

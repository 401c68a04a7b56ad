"""What the requantization of a sum is asked, beside which these controls stand."""

from collections.abc import Mapping

from .field import Field, Kind


def _scale(name: str, label: str, hint: str, default: str) -> Field:
    return Field(
        name=name, label=label, hint=hint, kind=Kind.NUMBER, default=default, low=1e-30, high=1e30, is_half=True
    )


def _codes(name: str, label: str, hint: str, default: str) -> Field:
    return Field(name=name, label=label, hint=hint, kind=Kind.NUMBERS, default=default, when=OF_CODES, is_half=True)


def _zero_point(name: str, label: str, hint: str) -> Field:
    return Field(
        name=name,
        label=label,
        hint=hint,
        kind=Kind.INTEGER,
        default="0",
        low=-32768,
        high=65535,
        when=OF_CODES,
        is_half=True,
    )


OF_CODES: Mapping[str, tuple[str, ...]] = {"operator": ("dot", "addition")}

REQUANTIZING: tuple[Field, ...] = (
    Field(
        name="operator",
        label="What is computed",
        hint="Sums may be given, or come from codes.",
        kind=Kind.CHOICE,
        default="sum",
        choices={"sum": "a sum that is given", "dot": "a dot product of codes", "addition": "two codes, added"},
    ),
    Field(
        name="acc",
        label="Sums",
        hint="Whole numbers of 32 bits: what an integer layer has added up.",
        kind=Kind.NUMBERS,
        default="585",
        when={"operator": ("sum",)},
    ),
    _codes("left_codes", "Codes of the input", "Whole numbers.", "210, 198, 234"),
    _codes("right_codes", "Codes of the weights", "Or of what is added; as many.", "-81, -80, 127"),
    _zero_point("left_zero_point", "Zero point of the input", "The code of its 0."),
    _zero_point("right_zero_point", "Zero point of the weights", "Or of what is added."),
    Field(
        name="bias",
        label="Bias",
        hint="A real number; it is stored in 32 bits, in steps of the sum.",
        kind=Kind.NUMBER,
        default="0",
        low=-1e30,
        high=1e30,
        when={"operator": ("sum", "dot")},
    ),
    _scale("input_scale", "Scale of the input", "The step of its codes.", "0.05296124517917633"),
    _scale("weight_scale", "Scale of the weights", "Or of what is added.", "0.024093778803944588"),
    _scale("output_scale", "Scale of the output", "The step of its codes.", "0.11484327912330627"),
    Field(
        name="output_zero_point",
        label="Zero point of the output",
        hint="One of the codes; empty: two above the lowest.",
        kind=Kind.INTEGER,
        default="",
        optional=True,
        low=-32768,
        high=65535,
        is_half=True,
    ),
    Field(
        name="activation",
        label="Activation",
        hint="ReLU turns negative numbers into 0; ReLU6 also cuts at 6.",
        kind=Kind.CHOICE,
        default="none",
        choices={"none": "none", "relu": "ReLU", "relu6": "ReLU6"},
    ),
)

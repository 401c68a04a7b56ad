"""What the requantization of a sum is asked, beside which these controls stand."""

from .field import Field, Kind


def _scale(name: str, label: str, hint: str, default: str) -> Field:
    return Field(
        name=name, label=label, hint=hint, kind=Kind.NUMBER, default=default, low=1e-30, high=1e30, is_half=True
    )


REQUANTIZING: tuple[Field, ...] = (
    Field(
        name="acc",
        label="Sums",
        hint="Whole numbers of 32 bits: what an integer layer has added up.",
        kind=Kind.NUMBERS,
        default="585",
    ),
    _scale("input_scale", "Scale of the input", "The step of its codes.", "0.05296124517917633"),
    _scale("weight_scale", "Scale of the weights", "The step of their codes.", "0.024093778803944588"),
    _scale("output_scale", "Scale of the output", "The step of its codes.", "0.11484327912330627"),
    Field(
        name="output_zero_point",
        label="Zero point of the output",
        hint="One of the codes.",
        kind=Kind.INTEGER,
        default="-126",
        low=-32768,
        high=65535,
        is_half=True,
    ),
    Field(
        name="activation",
        label="Activation",
        hint="A ReLU leaves only the codes of what it lets through.",
        kind=Kind.CHOICE,
        default="none",
        choices={"none": "none", "relu": "ReLU", "relu6": "ReLU6"},
    ),
)

"""What single parts of the page are asked, beside which these controls stand, and what a request says of the answer."""

from quantcore import ARITHMETICS

from .field import QUANTIZE, Field, Kind
from .formats import BLOCKS, ELEMENTS, GROUP_OF, INTEGERS, RIVALS
from .profiles import PROFILES

QUESTIONS: tuple[Field, ...] = (
    Field(
        name="element",
        label="Follow number",
        hint="The index of the number whose steps are shown, from 0.",
        kind=Kind.INTEGER,
        default="0",
        low=0,
        high=2**53,
    ),
    Field(
        name="compare",
        label="Schemes",
        hint="Names such as int8_tensor, int4_block32, mxfp4, q4_k, float8_e4m3fn_channel; empty: the usual ones.",
        kind=Kind.TEXT,
        default="",
        optional=True,
        when=QUANTIZE,
    ),
    Field(
        name="max_error",
        label="Error limit",
        hint="Finds the smallest scheme whose error is within the limit. Empty: no limit.",
        kind=Kind.NUMBER,
        default="",
        low=0,
        high=1e300,
        optional=True,
        when=QUANTIZE,
    ),
    Field(
        name="error_by",
        label="Limit on",
        hint="Which error the limit is for.",
        kind=Kind.CHOICE,
        default="max_abs",
        choices={"max_abs": "largest error", "mse": "mean squared error"},
        when=QUANTIZE,
    ),
    Field(
        name="model_parameters",
        label="Parameters of the model",
        hint="For the size of a model in each scheme.",
        kind=Kind.NUMBER,
        default="7000000000",
        low=1,
        high=1e15,
        when=QUANTIZE,
    ),
    Field(
        name="against",
        label="Compare with",
        hint="The toolkit or arithmetic to compare with this one.",
        kind=Kind.CHOICE,
        default="",
        choices={
            "": "the one that differs most",
            **{name: profile.label for name, profile in PROFILES.items()},
            **{name: f"{name}, same scale" for name in ARITHMETICS if name not in PROFILES},
        },
        when={**QUANTIZE, **INTEGERS},
    ),
    Field(
        name="against_format",
        label="Compare with",
        hint="The format, or another rule of the same format, to compare with this one.",
        kind=Kind.CHOICE,
        default="",
        choices=RIVALS,
        groups={name: group for name, group in GROUP_OF.items() if name in RIVALS},
        when={**QUANTIZE, "format": (*ELEMENTS, *BLOCKS)},
    ),
    Field(
        name="weights",
        label="Weights",
        hint="A matrix to multiply the values by; empty takes random ones.",
        kind=Kind.NUMBERS,
        default="",
        optional=True,
        when=QUANTIZE,
    ),
)

OTHERS: tuple[Field, ...] = (
    Field(
        name="show",
        label="Show",
        hint="Names of instruments and of parts of the page; empty for all.",
        kind=Kind.TEXT,
        default="",
        optional=True,
    ),
    Field(
        name="table_order",
        label="Order of the table",
        hint="Which numbers are in the table.",
        kind=Kind.CHOICE,
        default="index",
        choices={"index": "those around the followed one", "error": "those with the largest errors"},
    ),
    Field(
        name="table_rows",
        label="Rows of the table",
        hint="How many numbers are in the table at once.",
        kind=Kind.CHOICE,
        default="10",
        choices={"10": "ten", "100": "100", "1000": "1,000"},
    ),
)

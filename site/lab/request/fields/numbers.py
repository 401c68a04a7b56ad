"""Where the numbers come from: typed, made up, read from a file, or given as codes with their parameters."""

from functools import partial

from ...data.files.readers import FORMATS
from ...data.generate import GENERATORS
from ...models.reading.recognised import ENDINGS
from ...parsing.reading import WORDS
from .field import DEQUANTIZE, GIVEN, NOT_FROM_FILE, QUANTIZE, Field, Kind
from .formats import INTEGERS, SCALED

FROM_FILE = {**QUANTIZE, "source": ("file",)}
CODES_FROM_FILE = {**DEQUANTIZE, "source": ("file",)}
GENERATED = tuple(GENERATORS)
RANDOM = tuple(name for name in GENERATORS if name not in ("ramp", "sine"))

# what says which numbers of a file are meant, in either direction
_of_file = partial(Field, default="", optional=True, when=FROM_FILE, or_when=CODES_FROM_FILE)

NUMBERS: tuple[Field, ...] = (
    Field(
        name="direction",
        label="Direction",
        hint="From reals to codes, or from codes back to reals.",
        kind=Kind.CHOICE,
        default="quantize",
        choices={"quantize": "Quantize", "dequantize": "Dequantize"},
    ),
    Field(
        name="source",
        label="Data",
        hint="Where the values come from.",
        kind=Kind.CHOICE,
        default="values",
        choices={
            "values": "Typed or pasted",
            "normal": "Normal",
            "uniform": "Uniform",
            "laplace": "Laplace",
            "student_t": "Student’s t",
            "outliers": "Normal with outliers",
            "bimodal": "Bimodal",
            "relu": "After ReLU",
            "ramp": "A ramp",
            "sine": "A sine",
            "picture": "A picture",
            "file": "A file",
        },
        when=QUANTIZE,
        or_when=CODES_FROM_FILE,
    ),
    Field(
        name="values",
        label="Values",
        hint="Such as 1, -2.5, 3, or a matrix: [[1, 2], [3, 4]].",
        kind=Kind.NUMBERS,
        default="-3.0, 0.1, 3.2",
        when={**QUANTIZE, "source": ("values",)},
    ),
    _of_file(
        name="file",
        label="Or a file",
        hint=(
            f"Drop it anywhere: models of any size ({', '.join(ENDINGS)}), {FORMATS} up to 100 MB, or a picture. It "
            "stays on this machine."
        ),
        kind=Kind.FILE,
    ),
    _of_file(
        name="file_sha256",
        label="SHA-256 of the file",
        hint="Empty takes the latest file of that name.",
        kind=Kind.HIDDEN,
    ),
    _of_file(
        name="file_shape",
        label="Shape in the file",
        hint="Tells which file to drop, where a link is opened without it.",
        kind=Kind.HIDDEN,
    ),
    _of_file(
        name="tensor",
        label="Array",
        hint="The name of an array in the file; empty takes the first.",
        kind=Kind.TEXT,
    ),
    _of_file(
        name="rows",
        label="Rows",
        hint="The rows to read: the first and the one after the last, such as 0:256, or with columns 0:256, 0:64. "
        "Empty reads as many as fit.",
        kind=Kind.TEXT,
    ),
    Field(
        name="commas",
        label="Commas",
        hint="What commas in the numbers are, where they can be read in several ways.",
        kind=Kind.HIDDEN,
        default="",
        choices={"": "the likeliest", **{reading.value: words for reading, words in WORDS.items()}},
        optional=True,
    ),
    Field(
        name="shape",
        label="Shape",
        hint="Rows and columns, such as 2,3; empty keeps the shape of the data.",
        kind=Kind.TEXT,
        default="",
        optional=True,
    ),
    Field(
        name="spread",
        label="Spread",
        hint="The standard deviation of random values; the height of a ramp or a sine.",
        kind=Kind.NUMBER,
        default="1",
        low=1e-30,
        high=1e30,
        when={**QUANTIZE, "source": GENERATED},
        is_half=True,
    ),
    Field(
        name="seed",
        label="Seed",
        hint="The same seed gives the same random numbers everywhere.",
        kind=Kind.INTEGER,
        default="1",
        low=0,
        high=2**32 - 1,
        when={**QUANTIZE, "source": RANDOM},
        or_when={**QUANTIZE, "rounding": ("stochastic",)},
        is_half=True,
    ),
    Field(
        name="outlier_share",
        label="Outliers",
        hint="How many of the values are outliers, in percent.",
        kind=Kind.NUMBER,
        default="1",
        low=0,
        high=100,
        when={**QUANTIZE, "source": ("outliers",)},
        is_half=True,
    ),
    Field(
        name="outlier_size",
        label="Distance of the outliers",
        hint="How far they are moved out, in standard deviations.",
        kind=Kind.NUMBER,
        default="20",
        low=0,
        high=1e6,
        when={**QUANTIZE, "source": ("outliers",)},
        is_half=True,
    ),
    Field(
        name="degrees",
        label="Degrees of freedom",
        hint="The fewer, the heavier the tails: from 3 to 30.",
        kind=Kind.INTEGER,
        default="4",
        low=3,
        high=30,
        when={**QUANTIZE, "source": ("student_t",)},
        is_half=True,
    ),
    Field(
        name="codes",
        label="Codes",
        hint="Whole numbers, separated like values.",
        kind=Kind.NUMBERS,
        default="-128, -1, 127",
        when={**DEQUANTIZE, **SCALED, "source": NOT_FROM_FILE},
    ),
    Field(
        name="scale",
        label="Scale",
        hint="The step between neighbouring codes, or one for each slice or block; 1/128 and 1527099593/2^37 will do.",
        kind=Kind.NUMBERS,
        default="0.02431372549019608",
        when={**DEQUANTIZE, **SCALED},
        or_when={**GIVEN, **SCALED},
    ),
    Field(
        name="zero_point",
        label="Zero point",
        hint="The code of the real 0, or one for each slice or block.",
        kind=Kind.NUMBERS,
        default="-5",
        when={**DEQUANTIZE, **INTEGERS},
        or_when={**GIVEN, **INTEGERS},
    ),
)

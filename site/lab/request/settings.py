"""A request read: every text checked, all that is wrong collected, the rest as typed settings."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

import quantcore as qc

from .consistency import check_parameters, check_precision, check_profile, check_range
from .fields import PROFILES, Profile
from .options import Questions, read_questions
from .reader import Reader
from .source import read_values

Float64 = NDArray[np.float64]


class RequestError(Exception):
    """Everything that is wrong with a request."""

    def __init__(self, errors: list[qc.QuantError]) -> None:
        super().__init__("; ".join(str(error) for error in errors))
        self.errors = errors


@dataclass(frozen=True, slots=True, eq=False)
class Settings:
    """A request that can be answered.

    Attributes:
        texts: every field's text, normalised.
        profile_name, profile: whose arithmetic.
        direction: "quantize" or "dequantize".
        data: the values, or the codes when dequantizing, in float64.
        scale, zero_point: given parameters; empty when quantizing.
        fmt: the codes.
        granularity: which numbers share a scale.
        range_min, range_max: the ends of an explicit range; None for the data's own.
        dtype: the precision to compute in.
        element: flat index of the followed number.
        show: names of the instruments to compute and of the parts to show; empty for all.
        questions: what single instruments are asked.
    """

    texts: dict[str, str]
    profile_name: str
    profile: Profile
    direction: str
    data: Float64
    scale: Float64
    zero_point: Float64
    fmt: qc.IntFormat
    scheme: str
    granularity: qc.PerTensor | qc.PerAxis | qc.PerBlock
    calibration: str
    percentile: float
    range_min: float | None
    range_max: float | None
    include_zero: bool
    rounding: str
    dtype: np.dtype[Any]
    seed: int
    element: int
    show: tuple[str, ...] = ()
    questions: Questions = field(default_factory=Questions)

    @property
    def is_notebook(self) -> bool:
        """Whether the notebook's own formulas compute the answer."""
        return self.profile_name == "notebook"

    @property
    def is_dequantize(self) -> bool:
        """Whether codes are given and values wanted."""
        return self.direction == "dequantize"


def read(
    request: dict[str, str], instruments: tuple[str, ...] | None = None, schemes: tuple[str, ...] | None = None
) -> Settings:
    """The settings that a request asks for.

    Args:
        request: field names and texts.
        instruments: the names that `show` may hold, of instruments and parts of the page; None for any.
        schemes: the names that `compare` may hold; None for any.

    Raises:
        RequestError: with one error for every field that is wrong.
    """
    reader = Reader(request)
    profile_name = reader.choice("profile") or "notebook"
    reader.profile_name = profile_name
    direction = reader.choice("direction") or "quantize"
    is_dequantize = direction == "dequantize"
    source = reader.choice("source") or ""
    reader.only_empty("format", "formats other than integers")

    bits = reader.number("bits")
    signed, narrow = reader.flag("signed"), reader.flag("narrow")
    include_zero = reader.flag("include_zero")
    scheme, rounding = reader.choice("scheme"), reader.choice("rounding")
    calibration, granularity_name = reader.choice("calibration"), reader.choice("granularity")
    axis, block_size = reader.number("axis"), reader.number("block_size")
    percentile, seed = reader.number("percentile"), reader.number("seed")
    range_min, range_max = reader.number("range_min"), reader.number("range_max")
    precision = reader.choice("precision")
    dtype = np.dtype(precision or "float64")

    empty = np.empty(0)
    data = (
        reader.shaped(reader.numbers("codes", whole=True))
        if is_dequantize
        else read_values(reader, source, int(seed or 0))
    )
    scale = reader.numbers("scale") if is_dequantize else empty
    zero_point = reader.numbers("zero_point", whole=True) if is_dequantize else empty

    fmt = qc.IntFormat(int(bits), signed=signed, narrow=narrow) if bits is not None else None
    check_profile(reader, granularity_name, precision)
    if is_dequantize:
        check_parameters(reader, data, scale, zero_point, fmt, scheme == "affine" and not include_zero)
        check_precision(reader, "scale", scale, dtype)
    else:
        check_precision(reader, "values" if source == "values" else "source", data, dtype)
    granularity = reader.granularity(granularity_name, axis, block_size, data)
    if calibration == "manual" and not is_dequantize:
        check_range(reader, range_min, range_max, data, dtype)
    element = reader.element(data)
    show = reader.names("show", instruments, "an instrument or a part of the page")
    questions = read_questions(reader, schemes)
    if reader.errors or data is None or scale is None or zero_point is None or fmt is None:
        raise RequestError(reader.errors)
    return Settings(
        texts=reader.texts,
        profile_name=profile_name,
        profile=PROFILES[profile_name],
        direction=direction,
        data=data,
        scale=scale,
        zero_point=zero_point,
        fmt=fmt,
        scheme=scheme or "",
        granularity=granularity,
        calibration=calibration or "",
        percentile=percentile or 0.0,
        range_min=range_min,
        range_max=range_max,
        include_zero=include_zero,
        rounding=rounding or "",
        dtype=dtype,
        seed=int(seed or 0),
        element=element,
        show=show,
        questions=questions,
    )

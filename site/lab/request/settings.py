"""A request read: every text checked, all that is wrong collected, the rest as typed settings."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

import quantcore as qc
from quantcore.precision import precision_of

from ..parsing.reading import Reading
from .consistency import (
    check_non_finite,
    check_parameters,
    check_precision,
    check_profile,
    check_range,
    check_scheme,
    has_real_zero_points,
)
from .fields import PROFILES, Profile
from .fields.formats import SQUARES
from .number_format import NumberFormat, read_format, read_stored, take_format
from .options import Questions, read_questions
from .printed import adopt_print
from .reader import Reader
from .source import read_blocks, read_codes, read_parameter, read_values

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
        scale, zero_point: given parameters; empty where they are chosen.
        codes: what a code stands for: the number format, and the block format if there is one.
        reading: how the text of the data was understood; None where there is no text.
        every: the values with NaN and infinity among them, of which `data` are the others; None where all are finite.
        remarks: what is to be told of where the data come from.
        is_printed: whether scale and zero point are those of a printed tensor.
        stored: the blocks to be decoded; None when quantizing, and where elements are not in blocks.
        granularity: which numbers share a scale.
        range_min, range_max: the ends of an explicit range; None for the data's own.
        precision: what the values are kept in.
        element: flat index of the followed number.
        show: names of the instruments to compute and of the parts to show; empty for all.
        by_error: whether the table has the numbers with the largest errors, the largest first.
        rows: how many the table has at most.
        questions: what single instruments are asked.
    """

    texts: dict[str, str]
    profile_name: str
    profile: Profile
    direction: str
    data: Float64
    scale: Float64
    zero_point: Float64
    codes: NumberFormat
    scheme: str
    granularity: qc.PerTensor | qc.PerAxis | qc.PerBlock
    calibration: str
    percentile: float
    range_min: float | None
    range_max: float | None
    include_zero: bool
    reduce_range: bool
    rounding: str
    precision: qc.Precision
    seed: int
    element: int
    stored: qc.Stored | None = None
    reading: Reading | None = None
    is_printed: bool = False
    every: Float64 | None = None
    remarks: tuple[str, ...] = ()
    show: tuple[str, ...] = ()
    by_error: bool = False
    rows: int = 10
    questions: Questions = field(default_factory=Questions)

    @property
    def fmt(self) -> qc.Format:
        """The number format of a code."""
        return self.codes.element

    @property
    def integers(self) -> qc.IntFormat:
        """The same, where codes are plain integers with a scale of the request's own."""
        assert isinstance(self.codes.element, qc.IntFormat)
        return self.codes.element

    @property
    def are_integers(self) -> bool:
        """Whether codes are integers by bits and sign, and not those of some other format."""
        return not self.codes.name

    @property
    def is_symmetric(self) -> bool:
        """Whether ranges are mirrored at 0, as those of floats and codebooks always are."""
        return self.scheme == "symmetric" or not self.are_integers

    @property
    def code_ends(self) -> tuple[int, int]:
        """The lowest and the highest code."""
        fmt = self.codes.element
        return (fmt.qmin, fmt.qmax) if isinstance(fmt, qc.IntFormat) else (0, (1 << fmt.bits) - 1)

    @property
    def is_notebook(self) -> bool:
        """Whether the notebook's own formulas compute the answer."""
        return self.profile_name == "notebook"

    @property
    def is_dequantize(self) -> bool:
        """Whether codes are given and values wanted."""
        return self.direction == "dequantize"

    @property
    def dtype(self) -> np.dtype[Any]:
        """NumPy's type that holds the values."""
        return self.precision.dtype

    @property
    def scale_precision(self) -> qc.Precision:
        """The precision in which the scale is kept: the toolkit's, where it is not left to the request."""
        kept = precision_of(qc.TOOLKITS[self.profile.toolkit].scale_dtype)
        is_fixed = qc.ARITHMETICS[self.profile.arithmetic].dtype is not None or kept.name == "float64"
        return kept if is_fixed else self.precision

    @property
    def has_given_params(self) -> bool:
        """Whether scale and zero point are given, not chosen."""
        return self.is_dequantize or (self.calibration == "given" and self.codes.block is None)


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
    take_format(reader)
    if reader.format_name:
        profile_name = "onnx"  # whose rules for scale and precision also hold for formats that others invented
    reader.profile_name = profile_name
    direction = reader.choice("direction") or "quantize"
    is_dequantize = direction == "dequantize"
    source = reader.choice("source") or ""
    is_printed = source in ("values", "file") and not is_dequantize and not reader.format_name and adopt_print(reader)
    codes = read_format(reader, is_dequantize)
    block = None if codes is None else codes.block
    include_zero, reduce_range = reader.flag("include_zero"), reader.flag("reduce_range")
    scheme, rounding = reader.choice("scheme"), reader.choice("rounding")
    calibration, granularity_name = reader.choice("calibration"), reader.choice("granularity")
    axis, block_size = reader.number("axis"), reader.number("block_size")
    percentile, seed = reader.number("percentile"), reader.number("seed")
    range_min, range_max = reader.number("range_min"), reader.number("range_max")
    takes_all = reader.choice("non_finite") == "library" and not reader.format_name
    chosen_precision = reader.choice("precision")
    precision = qc.PRECISIONS[chosen_precision or "float64"]

    empty = np.empty(0)
    stored = None
    if is_dequantize and block is not None:
        stored = read_blocks(reader, block) if source == "file" else read_stored(reader, block)
    if stored is not None:
        data: NDArray[Any] | None = stored.element_codes().astype(np.float64)
    elif is_dequantize:
        data = None if block else read_codes(reader, source)
    else:
        data = read_values(reader, source, int(seed or 0), takes_all)
    is_given = block is None and (is_dequantize or calibration == "given")
    every = None
    if not is_dequantize and source == "values" and data is not None and not (is_finite := np.isfinite(data)).all():
        every, data = data, data[is_finite]
        n_ends = sum(end is not None for end in (range_min, range_max))
        check_non_finite(reader, granularity_name, calibration, n_ends)
        if not data.size:
            reader.error("values", "values hold no finite number; add at least one.")
            data = None
    scale = read_parameter(reader, "scale", source) if is_given else empty
    zero_point: NDArray[Any] | None = empty
    if is_given:
        zero_point = read_parameter(reader, "zero_point", source, whole=not has_real_zero_points(profile_name))
    fmt = None if codes is None else codes.element
    check_profile(reader, granularity_name, chosen_precision, 0 if codes is None else codes.element.bits)
    check_scheme(reader, scheme, is_dequantize or calibration == "given")
    if block is not None:
        granularity_name, precision, rounding = "tensor", qc.PRECISIONS["float32"], "half_even"
    elif calibration == "none" and not is_dequantize:
        granularity_name = "tensor"  # all share the scale 1
    if calibration == "none" and not reader.format_name:
        reader.error("calibration", "calibration is none; integers need a scale. Choose another, or a float format.")
    if is_given:
        given_codes = data if is_dequantize else None
        check_parameters(reader, given_codes, scale, zero_point, fmt, scheme == "affine" and not include_zero)
        check_precision(reader, "scale", scale, precision)
    if not is_dequantize:
        check_precision(reader, "values" if source == "values" else "source", data, precision)
    granularity = reader.granularity(granularity_name, axis, block_size, data)
    if calibration == "manual" and not is_dequantize:
        check_range(reader, range_min, range_max, data, precision)
    element = reader.element(data)
    show = reader.names("show", instruments, "an instrument or a part of the page")
    order, rows = reader.choice("table_order"), reader.choice("table_rows")
    questions = read_questions(reader, schemes)
    if data is not None and codes is not None and codes.options.get("importance") is SQUARES:
        with np.errstate(over="ignore"):
            squares = np.square(data)
        if not (squares <= np.finfo(np.float32).max).all():
            largest = float(data.reshape(-1)[np.argmax(np.abs(data))])
            reader.error(
                "values" if source == "values" else "source",
                f"{source} holds {largest:.6g}, whose square, its importance, is beyond float32. Use smaller numbers, "
                "or give the importance as a list.",
            )
        codes = replace(codes, options={**codes.options, "importance": squares})
    if reader.errors or data is None or scale is None or zero_point is None or codes is None:
        raise RequestError(reader.errors)
    return Settings(
        texts=reader.texts,
        profile_name=profile_name,
        profile=PROFILES[profile_name],
        direction=direction,
        data=data,
        scale=scale,
        zero_point=zero_point,
        codes=codes,
        stored=stored,
        reading=reader.reading,
        is_printed=is_printed,
        every=every,
        remarks=tuple(reader.remarks),
        scheme=scheme or "",
        granularity=granularity,
        calibration=calibration or "",
        percentile=percentile or 0.0,
        range_min=range_min,
        range_max=range_max,
        include_zero=include_zero,
        reduce_range=reduce_range and not reader.format_name,
        rounding=rounding or "",
        precision=precision,
        seed=int(seed or 0),
        element=element,
        show=show,
        by_error=order == "error" and not is_dequantize,
        rows=int(rows or 0),
        questions=questions,
    )

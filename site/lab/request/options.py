"""What a request asks beyond the numbers themselves: what to compare them with, and how cheap they may become."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from quantcore.compute.requantize import INT32, Layer

from .reader import Reader

MAX_COMPARED = 40
MAX_CODE = 65535


@dataclass(frozen=True, slots=True, eq=False)
class Requantizing:
    """Sums of an integer layer, or two tensors of codes, on their way to codes.

    Attributes:
        operator: "sum" where `sums` are given, else what is done with `left` and `right`: "dot" or "addition".
        sums: whole numbers of 32 bits.
        left: codes of the input; and
        right: as many of the weights, or of what is added.
        zero_points: of both.
        bias: of the sum, a real number.
        layer: the scales.
        zero_point: of the output; None: two above the lowest code.
        activation: "relu", "relu6", or empty.
    """

    operator: str = "sum"
    sums: NDArray[np.float64] = field(default_factory=lambda: np.zeros(1))
    left: tuple[int, ...] = ()
    right: tuple[int, ...] = ()
    zero_points: tuple[int, int] = (0, 0)
    bias: float = 0.0
    layer: Layer = field(default_factory=lambda: Layer(1.0, 1.0, 1.0))
    zero_point: int | None = None
    activation: str = ""

    @property
    def output_zero_point(self) -> int:
        """The zero point of the output, once the format has settled it."""
        assert self.zero_point is not None
        return self.zero_point


@dataclass(frozen=True, slots=True, eq=False)
class Questions:
    """The fields that only single instruments read.

    Attributes:
        compare: names of schemes; empty for the usual ones.
        model_parameters: how many parameters the model has whose size is told.
        max_error: the error that the cheapest scheme may have; None if nobody asked.
        error_by: the figure of quantcore.Metrics that is meant.
        against: the name of a profile, or of an arithmetic; empty for the one that shows most.
        against_format: the name of a format, or of a variant of the request's own; empty for the one that shows most.
        weights: the second matrix of the product; None for generated ones.
        requantizing: sums of an integer layer, and what makes codes of them.
    """

    compare: tuple[str, ...] = ()
    model_parameters: float = 7e9
    max_error: float | None = None
    error_by: str = "max_abs"
    against: str = ""
    against_format: str = ""
    weights: NDArray[np.float64] | None = None
    requantizing: Requantizing = field(default_factory=Requantizing)


def read_questions(reader: Reader, schemes: tuple[str, ...] | None) -> Questions:
    """The questions of a request; what is wrong with them stays with the reader.

    Args:
        reader: gives the fields.
        schemes: the names that may be compared; None for any.
    """
    compare = reader.names("compare", schemes, "a scheme")
    if len(compare) > MAX_COMPARED:
        reader.error("compare", f"compare holds {len(compare)} names; it may hold {MAX_COMPARED}. Leave some out.")
    weights = reader.numbers("weights") if reader.text("weights").strip() else None
    if weights is not None and weights.ndim != 2:
        reader.error(
            "weights",
            f"weights have the shape {weights.shape}; they must be a matrix, such as [[1, 2], [3, 4]]. Add brackets.",
        )
    return Questions(
        compare=compare,
        model_parameters=reader.number("model_parameters") or 0.0,
        max_error=reader.number("max_error"),
        error_by=reader.choice("error_by") or "max_abs",
        against=reader.choice("against") or "",
        against_format=reader.choice("against_format") or "",
        weights=weights,
        requantizing=_requantizing(reader),
    )


def _requantizing(reader: Reader) -> Requantizing:
    sums = reader.numbers("acc", whole=True)
    if sums is not None and (np.abs(sums) >= INT32).any():
        beyond = int(sums.reshape(-1)[int((np.abs(sums) >= INT32).argmax())])
        reader.error("acc", f"acc holds {beyond}; a sum is a whole number of 32 bits, below 2147483648 in magnitude.")
    operator, codes = reader.choice("operator"), _two_tensors(reader)
    zero_points = [int(reader.number(name) or 0) for name in ("left_zero_point", "right_zero_point")]
    scales = [reader.number(name) or 1.0 for name in ("input_scale", "weight_scale", "output_scale")]
    zero_point, activation = reader.number("output_zero_point"), reader.choice("activation")
    return Requantizing(
        operator=operator or "sum",
        sums=np.zeros(1) if sums is None else sums,
        left=codes[0],
        right=codes[1],
        zero_points=(zero_points[0], zero_points[1]),
        bias=reader.number("bias") or 0.0,
        layer=Layer(*scales),
        zero_point=None if zero_point is None else int(zero_point),
        activation="" if activation in ("none", None) else activation or "",
    )


def _two_tensors(reader: Reader) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The codes of both operands, as many of one as of the other."""
    found = []
    for name in ("left_codes", "right_codes"):
        numbers = reader.numbers(name, whole=True)
        flat = np.zeros(0) if numbers is None else numbers.reshape(-1)
        if (np.abs(flat) > MAX_CODE).any():
            beyond = int(flat[int((np.abs(flat) > MAX_CODE).argmax())])
            reader.error(name, f"{name} holds {beyond}; a code is a whole number of 16 bits at most.")
            flat = flat[:0]
        found.append(tuple(int(code) for code in flat))
    left, right = found
    if left and right and len(left) != len(right):
        reader.error(
            "right_codes", f"right_codes holds {len(right)} codes, left_codes {len(left)}. Give as many of both."
        )
    return left, right

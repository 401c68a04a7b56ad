"""What a request asks beyond the numbers themselves: what to compare them with, and how cheap they may become."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from quantcore.compute.requantize import INT32, Layer

from .reader import Reader

MAX_COMPARED = 40


@dataclass(frozen=True, slots=True, eq=False)
class Requantizing:
    """Sums of an integer layer on their way to codes.

    Attributes:
        sums: whole numbers of 32 bits.
        layer: the scales.
        zero_point: of the output.
        activation: "relu", "relu6", or empty.
    """

    sums: NDArray[np.float64] = field(default_factory=lambda: np.zeros(1))
    layer: Layer = field(default_factory=lambda: Layer(1.0, 1.0, 1.0))
    zero_point: int = 0
    activation: str = ""


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
    scales = [reader.number(name) or 1.0 for name in ("input_scale", "weight_scale", "output_scale")]
    zero_point, activation = reader.number("output_zero_point"), reader.choice("activation")
    return Requantizing(
        sums=np.zeros(1) if sums is None else sums,
        layer=Layer(*scales),
        zero_point=int(zero_point or 0),
        activation="" if activation in ("none", None) else activation or "",
    )

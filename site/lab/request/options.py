"""What a request asks beyond the numbers themselves: what to compare them with, and how cheap they may become."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .reader import Reader

MAX_COMPARED = 40


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
    """

    compare: tuple[str, ...] = ()
    model_parameters: float = 7e9
    max_error: float | None = None
    error_by: str = "max_abs"
    against: str = ""
    against_format: str = ""
    weights: NDArray[np.float64] | None = None


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
    )

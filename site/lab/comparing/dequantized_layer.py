"""The product X · W of floats, codebooks and blocks: both sides quantized, dequantized, and multiplied as real numbers.

Every output is a sum over a row of X and a column of W, so both are cut alike: Wᵀ, a row of which is a column of W, is
quantized just as X is, with blocks along the sum where X has them there.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

import quantcore as qc

from ..request.fields.formats import NEEDY, SQUARES
from ..request.settings import Settings
from ..results.compute import compute
from ..results.result import Result
from .layer import check_outputs, rows_around, weights_for

Float64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class DequantizedProduct:
    """One product, of the originals and of what comes back.

    Attributes:
        first_row: the row of the values at which the multiplied rows begin.
        x: the rows, (M, K).
        w: the weights, (K, N).
        is_generated: whether the weights were made up.
        x_hat, w_hat: their reconstructions.
        y: the product of the originals.
        y_hat: the product of the reconstructions, summed in float64.
    """

    first_row: int
    x: Float64
    w: Float64
    is_generated: bool
    x_hat: Float64
    w_hat: Float64
    y: Float64
    y_hat: Float64


def multiply_dequantized(result: Result) -> DequantizedProduct:
    """The product of a matrix in a number format with weights in the same format.

    Raises:
        quantcore.QuantError: for weights that cannot be quantized, and products that are no numbers.
    """
    rows = rows_around(result)
    w = weights_for(result)
    x, x_hat = (side[rows].astype(np.float64) for side in (result.x, result.x_hat))
    w_hat = compute(_for_weights(result.settings, w)).x_hat.T.astype(np.float64)
    for side, what in ((x_hat, "values"), (w_hat, "weights")):
        if n_lost := side.size - int(np.count_nonzero(np.isfinite(side))):
            raise qc.QuantError(
                f"{n_lost} of the {what} come back as infinity or NaN, and so would every sum that they are in. "
                "Choose “the largest number” under “Beyond the largest number”.",
                "overflow",
            )
    with np.errstate(over="ignore", invalid="ignore"):
        y, y_hat = x @ w, x_hat @ w_hat
    check_outputs(y, y_hat)
    return DequantizedProduct(
        first_row=rows.start,
        x=x,
        w=w,
        is_generated=result.settings.questions.weights is None,
        x_hat=x_hat,
        w_hat=w_hat,
        y=y,
        y_hat=y_hat,
    )


def _for_weights(settings: Settings, w: Float64) -> Settings:
    """The request with the weights' columns as its rows; their scales come from themselves, where they have any."""
    calibration = "none" if settings.calibration == "none" else "minmax"
    codes = replace(settings.codes, options=_options_for(settings, w))
    return replace(settings, data=w.T, codes=codes, calibration=calibration, element=0)


def _options_for(settings: Settings, w: Float64) -> dict[str, Any]:
    """The format's options, without what is said of the values alone: a tensor's scale, a weight for each of them."""
    options = dict(settings.codes.options)
    options.pop("tensor_scale", None)
    importance = options.pop("importance", None)
    if importance is None:
        return options
    if settings.texts["importance"].strip() == SQUARES:
        return options | {"importance": np.square(w.T)}
    if np.shape(importance) == w.shape[:1]:  # one for each place of a row, which is what is summed over
        return options | {"importance": importance}
    return options | ({"importance": np.ones(w.shape[0])} if settings.codes.name in NEEDY else {})

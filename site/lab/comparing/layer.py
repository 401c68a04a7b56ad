"""The product X · W in integers: what an integer kernel computes, part by part, and how near it comes.

With x = s_x (q_x − z_x) and w = s_w (q_w − z_w), every output is s_x s_w times a sum over whole numbers:

    Σ (q_x − z_x)(q_w − z_w) = Σ q_x q_w − z_x Σ q_w − z_w Σ q_x + K z_x z_w

so the kernel multiplies codes, and three corrections (two of them known beforehand for a weight) do the rest.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import quantcore as qc
from quantcore.compute.matmul import MatMulTerms, matmul_terms, qlinear_matmul

from ..data.generate import Recipe, generate
from ..results.result import Result

Float64 = NDArray[np.float64]
Whole = NDArray[np.int64]

MAX_MULTIPLIED = 1 << 16
"""So many values are multiplied at most: as many whole rows as fit, those around the followed number."""
MAX_COLUMNS = 8  # of generated weights
INT32 = 1 << 31


@dataclass(frozen=True, slots=True, eq=False)
class Product:
    """One product, in real numbers and in whole ones.

    Attributes:
        first_row: the row of the values at which the multiplied rows begin.
        x: the rows, (M, K).
        w: the weights, (K, N).
        is_generated: whether the weights were made up.
        q_x, q_w: the codes of both.
        x_hat, w_hat: their reconstructions.
        s_x, s_w, z_x, z_w: scales and zero points; those of x of shape () or (M, 1).
        terms: the four sums.
        y: the product in real numbers.
        y_hat: the same from whole numbers, s_x s_w times the total.
        y_params: scale, zero point and format of the output's own codes.
        q_y, y_back: those codes and what they stand for; None where a zero point is no code, or float32 has no factor
            s_x s_w / s_y.
    """

    first_row: int
    x: Float64
    w: Float64
    is_generated: bool
    q_x: Whole
    q_w: Whole
    x_hat: Float64
    w_hat: Float64
    s_x: Float64
    s_w: float
    z_x: Whole
    z_w: int
    terms: MatMulTerms
    y: Float64
    y_hat: Float64
    y_params: qc.QuantParams
    q_y: NDArray[Any] | None
    y_back: Float64 | None

    @property
    def has_whole_zero_point(self) -> bool:
        """Whether every zero point of x is a code."""
        fmt = self.y_params.integers
        return bool(((self.z_x >= fmt.qmin) & (self.z_x <= fmt.qmax)).all())

    @property
    def overflows(self) -> bool:
        """Whether a sum leaves what 32 bits hold, and would wrap around there."""
        total = self.terms.total
        return bool(max(int(total.max()), -int(total.min()) - 1) >= INT32)


def applies(result: Result) -> bool:
    """Whether there is a matrix to be multiplied."""
    return result.x.ndim == 2 and not result.settings.is_dequantize


def misfit(result: Result) -> str:
    """Why the weights do not fit the values; empty where they do."""
    weights, depth = result.settings.questions.weights, result.x.shape[1]
    if weights is None or weights.shape[0] == depth:
        return ""
    return (
        f"The weights have {weights.shape[0]} rows; they must have {depth}, as many as the values have columns. "
        "Change the weights, or leave them empty."
    )


def obstacle(result: Result) -> str:
    """Why the values cannot be multiplied in whole numbers; empty where they can."""
    granularity = result.settings.granularity
    is_along = isinstance(granularity, qc.PerAxis) and granularity.axis % 2 == 1
    if is_along or isinstance(granularity, qc.PerBlock):
        return (
            "Every output is a sum over a row of the values. A scale that changes along the row cannot be taken out of "
            "that sum, so the codes cannot simply be multiplied. Choose one scale for the tensor, or one for each row."
        )
    z = result.zero_point
    if not (np.abs(result.q) < INT32).all() or not ((np.abs(z) < INT32) & (z == np.rint(z))).all():
        return "The codes or zero points are no whole numbers of 32 bits, so no integer kernel can use them."
    return ""


def multiply(result: Result) -> Product:
    """The product of a result that `applies` and has no `obstacle`.

    Raises:
        quantcore.QuantError: for weights, or a product, that cannot be quantized.
    """
    settings = result.settings
    rows = rows_around(result)
    x, w = result.x[rows].astype(np.float64), weights_for(result)
    w_params = qc.choose_qparams(
        w,
        settings.integers,
        settings.scheme,
        qc.PerTensor(),
        "minmax",
        True,
        settings.precision,
        settings.profile.toolkit,
    )
    q_w = qc.quantize(w, w_params, result.arithmetic)
    w_hat = qc.dequantize(q_w, w_params, result.arithmetic).astype(np.float64)
    q_w = q_w.astype(np.int64)  # where nothing is clipped they are floating point
    w_params = qc.QuantParams(w_params.scale, w_params.zero_point.astype(np.int64), settings.integers)
    per_row = result.scale.ndim > 0
    s_x = (result.scale[rows] if per_row else result.scale).astype(np.float64)
    z_x = (result.zero_point[rows] if per_row else result.zero_point).astype(np.int64)
    q_x = result.q[rows].astype(np.int64)
    terms = matmul_terms(q_x, q_w, z_x, w_params.zero_point)
    s_w = float(w_params.scale)
    with np.errstate(over="ignore", invalid="ignore"):
        y, y_hat = x @ w, s_x * s_w * terms.total
    check_outputs(y, y_hat)
    y_params = qc.choose_qparams(y, settings.integers, "affine", dtype=settings.precision)
    q_y = _requantized(result, (q_x, s_x, z_x), (q_w, w_params), y_params)
    return Product(
        first_row=rows.start,
        x=x,
        w=w,
        is_generated=settings.questions.weights is None,
        q_x=q_x,
        q_w=q_w,
        x_hat=result.x_hat[rows].astype(np.float64),
        w_hat=w_hat,
        s_x=s_x,
        s_w=s_w,
        z_x=z_x,
        z_w=int(w_params.zero_point),
        terms=terms,
        y=y,
        y_hat=y_hat,
        y_params=y_params,
        q_y=q_y,
        y_back=None if q_y is None else qc.dequantize(q_y, y_params).astype(np.float64),
    )


def check_outputs(*products: Float64) -> None:
    """Refuse products that float64 does not hold."""
    if not all(np.isfinite(product).all() for product in products):
        raise qc.QuantError("the outputs are beyond float64. Use smaller values or weights.", "weights")


def rows_around(result: Result) -> slice:
    """As many rows as are multiplied, the followed number's among them."""
    n_rows, length = result.x.shape
    n = min(n_rows, max(1, MAX_MULTIPLIED // length))
    row = result.element // length
    start = min(row // n * n, n_rows - n)
    return slice(start, start + n)


def weights_for(result: Result) -> Float64:
    """The request's weights; else normal ones of such size that the outputs are about as large as the values."""
    settings, depth = result.settings, result.x.shape[1]
    if settings.questions.weights is not None:
        return settings.questions.weights
    n_columns = max(1, min(MAX_COLUMNS, MAX_MULTIPLIED // depth))
    spread, seed = 1 / float(np.sqrt(depth)), (settings.seed + 1) % 2**32  # not the values' own seed
    return generate("normal", Recipe(shape=(depth, n_columns), seed=seed, spread=spread))


def _requantized(
    result: Result, left: tuple[Whole, Float64, Whole], right: tuple[Any, qc.QuantParams], y_params: qc.QuantParams
) -> NDArray[Any] | None:
    """The output's codes, as integer kernels compute them from the sums; None where they cannot."""
    fmt = result.settings.integers
    q_x, s_x, z_x = left
    if (z_x < fmt.qmin).any() or (z_x > fmt.qmax).any():
        return None
    granularity = qc.PerAxis(0) if s_x.ndim else qc.PerTensor()
    x_params = qc.QuantParams(s_x, z_x, fmt, granularity)
    try:
        return qlinear_matmul(q_x, x_params, right[0], right[1], y_params)
    except qc.QuantError:  # float32 has no s_x s_w / s_y
        return None

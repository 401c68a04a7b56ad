"""Products of integer matrices: y = sum over k of (A - za)(B - zb), and its way back to codes.

NumPy multiplies integer matrices without BLAS, some 50 times slower than floating-point ones. A product of floats is
exact while every partial sum is a whole number that the float holds, whatever order BLAS adds in; so that is the way
taken where the sizes and the largest codes prove it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..checks import as_array
from ..errors import QuantError
from ..parameters.granularity import PerBlock
from ..parameters.qparams import QuantParams, check_params, fitted
from ..toolkits.requantizing import Requantization, find_requantization

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class MatMulTerms:
    """The four sums of (A - za) @ (B - zb), as int64; `total` is their sum.

    An integer kernel computes `product` from the codes alone; the rest are corrections, and two of them only need sums
    of rows or columns (of a weight, known beforehand).

    Attributes:
        product: A @ B, shape (..., M, N).
        columns: za * (sums of B's columns), shape (..., 1 or M, N); subtracted.
        rows: (sums of A's rows) * zb, shape (..., M, 1 or N); subtracted.
        constant: K * za * zb, broadcasting against the product; added.
    """

    product: IntArray
    columns: IntArray
    rows: IntArray
    constant: IntArray

    @property
    def total(self) -> IntArray:
        """A @ B - za colsum(B) - rowsum(A) zb + K za zb."""
        return self.product - self.columns - self.rows + self.constant


def matmul_integer(
    a: npt.ArrayLike, b: npt.ArrayLike, a_zero_point: npt.ArrayLike = 0, b_zero_point: npt.ArrayLike = 0
) -> npt.NDArray[np.int32]:
    """Sum over k of (A - za)(B - zb) in int32, modulo 2^32 as integer hardware wraps.

    Source: ONNX MatMulInteger-10; wrapping as observed in ONNX Runtime 1.32 (the specification says "may overflow").

    Args:
        a: integer codes, shape (..., M, K).
        b: integer codes, shape (..., K, N); leading axes broadcast.
        a_zero_point: one whole number, or one for each row: shape (M,) or (..., M, 1).
        b_zero_point: one whole number, or one for each column: shape (N,) or (..., 1, N).

    Returns:
        int32, shape (..., M, N).

    Raises:
        QuantError: operands that are not integer matrices, do not fit each other, or do not fit their zero points.

    >>> matmul_integer([[11, 7, 3]], [[1], [2], [3]], 12, 0).tolist()
    [[-38]]
    """
    left, right, za, zb = _operands(a, b, a_zero_point, b_zero_point)
    return exact_product(left - za, right - zb).astype(np.int32)  # from int64: keeps the low 32 bits


def matmul_terms(
    a: npt.ArrayLike, b: npt.ArrayLike, a_zero_point: npt.ArrayLike = 0, b_zero_point: npt.ArrayLike = 0
) -> MatMulTerms:
    """The sums that make up `matmul_integer`, one by one and without wrapping; arguments as there.

    >>> terms = matmul_terms([[11, 7, 3]], [[1], [2], [3]], 12, 0)
    >>> terms.product.item(), terms.columns.item(), terms.rows.item(), terms.constant.item(), terms.total.item()
    (34, 72, 0, 0, -38)
    """
    left, right, za, zb = _operands(a, b, a_zero_point, b_zero_point)
    return MatMulTerms(
        product=exact_product(left, right),
        columns=za * right.sum(axis=-2, keepdims=True),
        rows=left.sum(axis=-1, keepdims=True) * zb,
        constant=left.shape[-1] * za * zb,
    )


def qlinear_matmul(
    a: npt.ArrayLike,
    a_params: QuantParams,
    b: npt.ArrayLike,
    b_params: QuantParams,
    y_params: QuantParams,
    arithmetic: str | Requantization = "onnxruntime",
) -> npt.NDArray[Any]:
    """clip(round(acc * (sa * sb / sy)) + zy), acc = `matmul_integer`: codes times codes to codes.

    Source: ONNX QLinearMatMul-21; the precision and the order of the steps are those of the record.

    Args:
        a: codes, shape (..., M, K).
        a_params: per tensor, or per axis of the rows (axis -2).
        b: codes, shape (..., K, N).
        b_params: per tensor, or per axis of the columns (axis -1).
        y_params: per tensor: the scale, zero point and format of the result.
        arithmetic: a name in REQUANTIZATIONS, or a record like those.

    Returns:
        Codes of y_params.fmt, shape (..., M, N).

    Raises:
        QuantError: as `matmul_integer`; parameters along K or in blocks, which no correction after the sum can undo.

    >>> import quantcore as qc
    >>> a, b, y = (qc.QuantParams(scale, z, qc.UINT8) for scale, z in ((0.5, 0), (1.0, 0), (1.0, 29)))
    >>> [qlinear_matmul([[127]], a, [[1]], b, y, name).item() for name in ("onnxruntime", "onnx")]  # 63.5 and 29
    [93, 92]
    """
    steps = find_requantization(arithmetic)
    for params, field in ((a_params, "a_params"), (b_params, "b_params"), (y_params, "y_params")):
        check_params(params, field)
    left, right = _matrix("a", a), _matrix("b", b)
    sa, za = _along("a", left, a_params, -2)
    sb, zb = _along("b", right, b_params, -1)
    if y_params.scale.ndim:
        raise QuantError(
            f"y_params has scales of shape {y_params.scale.shape}; the result has one. Use PerTensor().", "y_params"
        )
    acc = matmul_integer(left, right, za, zb)
    with np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore"):
        dtype = np.result_type(sa, sb, y_params.scale) if steps.multiplier_dtype is None else steps.multiplier_dtype
        multiplier = sa.astype(dtype) * sb.astype(dtype) / y_params.scale.astype(dtype)
        if np.isnan(multiplier).any():
            raise QuantError(
                f"the scales of a, b and the result are so small or so large that {np.dtype(dtype)} has no "
                "s_a s_b / s_y. Use scales nearer to 1.",
                "y_params",
            )
        # an infinite multiplier saturates, as it should, but for sums that are 0
        scaled = np.where(acc == 0, 0, acc.astype(steps.dtype) * multiplier.astype(steps.dtype))
    zy, fmt = int(y_params.zero_point), y_params.integers
    codes: npt.NDArray[Any] = np.rint(scaled + zy) if steps.zero_point_first else np.rint(scaled) + zy
    return codes.clip(fmt.qmin, fmt.qmax).astype(fmt.dtype)


def exact_product(a: IntArray, b: IntArray) -> IntArray:
    """A @ B for whole numbers, exact modulo 2^64, through floating-point BLAS where that is exact.

    With K products of at most p = max|a| max|b| each, every partial sum lies within K p. float32 holds whole
    numbers up to 2^24, float64 up to 2^53; beyond, K is cut into pieces that float64 sums exactly.
    """
    depth = a.shape[-1]
    peak = _absmax(a) * _absmax(b)
    if depth * peak <= 1 << 24:
        return _product(a.astype(np.float32), b.astype(np.float32))
    step = (1 << 53) // peak
    if step == 0:  # single products beyond 2^53
        return _product(a, b)
    left, right = a.astype(np.float64), b.astype(np.float64)
    total = _product(left[..., :step], right[..., :step, :])
    for start in range(step, depth, step):
        total += _product(left[..., start : start + step], right[..., start : start + step, :])
    return total


def _product(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> IntArray:
    return np.asarray(np.matmul(a, b)).astype(np.int64)


def _operands(
    a: npt.ArrayLike, b: npt.ArrayLike, a_zero_point: npt.ArrayLike, b_zero_point: npt.ArrayLike
) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """Both matrices and both zero points as int64, the zero points in shapes that broadcast against their matrix."""
    left, right = _matrix("a", a), _matrix("b", b)
    if left.shape[-1] != right.shape[-2]:
        raise QuantError(
            f"b has shape {right.shape}; its next-to-last axis must be as long as the last of a, {left.shape}. "
            "Transpose one of them.",
            "b",
        )
    try:
        np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
    except ValueError:
        raise QuantError(
            f"b has shape {right.shape}; its leading axes must fit those of a, {left.shape}.", "b"
        ) from None
    za = _zero_point("a_zero_point", a_zero_point, left, -2)
    zb = _zero_point("b_zero_point", b_zero_point, right, -1)
    return left.astype(np.int64), right.astype(np.int64), za, zb


def _matrix(field: str, value: npt.ArrayLike) -> npt.NDArray[Any]:
    array = as_array(value, field)
    if array.dtype.kind not in "iu":
        raise QuantError(f"{field} has dtype {array.dtype}; codes are integers. Quantize the values first.", field)
    if array.ndim < 2:
        raise QuantError(f"{field} has shape {array.shape}; a matrix has two axes or more. Reshape it.", field)
    return array


def _zero_point(field: str, value: npt.ArrayLike, matrix: npt.NDArray[Any], axis: int) -> IntArray:
    """The zero point with length 1 on the axis that is summed: one number, or one along `axis` of the matrix."""
    array = as_array(value, field)
    if array.dtype.kind not in "iu":
        raise QuantError(f"{field} has dtype {array.dtype}; zero points are whole numbers here.", field)
    length = matrix.shape[axis]
    kept = (length, 1) if axis == -2 else (1, length)
    if array.size == 1:
        return array.reshape(1, 1).astype(np.int64)
    if array.shape == (length,):
        return array.reshape(kept).astype(np.int64)
    if array.ndim == matrix.ndim and array.shape[-2:] == kept:
        return array.astype(np.int64)
    raise QuantError(
        f"{field} has shape {array.shape}; for {field[0]} of shape {matrix.shape} it must be one number or {length}.",
        field,
    )


def _along(
    field: str, matrix: npt.NDArray[Any], params: QuantParams, axis: int
) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Scale and zero point of an operand in a shape that broadcasts against the result, from rows or columns."""
    scale, zero_point = fitted(params, matrix.shape)
    summed = -1 if axis == -2 else -2
    if isinstance(params.granularity, PerBlock) or (scale.ndim and scale.shape[summed] != 1):
        raise QuantError(
            f"{field}_params are {params.granularity}; in a product they can only vary along axis {axis} of {field}, "
            "because the other is summed over.",
            f"{field}_params",
        )
    return scale, zero_point


def _absmax(array: IntArray) -> int:
    return max(abs(int(array.min())), abs(int(array.max()))) if array.size else 0

"""The parameters of a quantization: scale, zero point, format and granularity, checked once, here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from ..checks import as_array, shape_of
from ..errors import QuantError
from ..formats.codebooks import Codebook
from ..formats.floats import FloatFormat
from ..formats.format import Format
from ..formats.integers import IntFormat
from ..precision import Precision, precision_of
from .granularity import Granularity, PerAxis, PerTensor, check_granularity, expand, fit


@dataclass(frozen=True, slots=True, eq=False)
class QuantParams:
    """How real numbers and codes belong together: x_hat = (q - zero_point) * scale, of floats value(q) * scale.

    Args:
        scale: The step between neighbouring codes (of a float or a codebook: the unit of its numbers), finite and
            above 0. float16, float32 or float64 (anything else becomes float64): the precision of the arithmetic,
            unless another is given. Shape: () per tensor, else see `PerAxis` and `PerBlock`.
        zero_point: Whole numbers: the code of 0.0, so one of the format's codes (kept as int32). Or floating point,
            kept as it is: an offset that need not be a code, for ranges without 0 and for float zero points. 0 for
            floats and codebooks, whose numbers have signs of their own.
        fmt: The codes.
        granularity: Which elements share parameters.
        scale_factor: Codes per unit, in the shape and the dtype of `scale`, where it is what a toolkit keeps and
            computes with. By default 1 / scale.
        precision: A name in PRECISIONS, to which the scale is rounded, or a record of them: bfloat16, which NumPy has
            not. By default that of `scale`.

    Raises:
        QuantError: For a scale or a zero point that cannot be one.

    >>> QuantParams(0.5, 3, IntFormat(8)).zero_point.item()
    3
    """

    scale: NDArray[np.floating[Any]]
    zero_point: NDArray[Any]
    fmt: Format
    granularity: Granularity = field(default_factory=PerTensor)
    scale_factor: NDArray[np.floating[Any]] = field(kw_only=True, repr=False)
    precision: Precision = field(kw_only=True, repr=False)

    def __init__(
        self,
        scale: ArrayLike,
        zero_point: ArrayLike,
        fmt: Format,
        granularity: Granularity | None = None,
        *,
        scale_factor: ArrayLike | None = None,
        precision: DTypeLike | Precision | None = None,
    ) -> None:
        granularity = PerTensor() if granularity is None else granularity
        check_types(fmt, granularity)
        kept = None if precision is None else precision_of(precision)
        scale, zero_point = _checked_scale(scale, kept), _checked_zero_point(zero_point, fmt)
        kept = precision_of(scale.dtype) if kept is None else kept
        if isinstance(granularity, PerTensor) and scale.size == 1:
            scale = scale.reshape(())
        if zero_point.size == 1:
            zero_point = np.broadcast_to(zero_point.reshape(()), scale.shape)
        if zero_point.shape != scale.shape:
            raise QuantError(
                f"zero_point has the shape {zero_point.shape} and scale {scale.shape}; they must be the same.",
                "zero_point",
            )
        _check_rank(scale, granularity)
        if scale_factor is None:
            with np.errstate(over="ignore"):  # infinite where a subnormal scale has no reciprocal
                scale_factor = kept.keep(1 / scale)
        factor = _checked_factor(scale_factor, scale)
        values = _frozen(scale), _frozen(zero_point), fmt, granularity, _frozen(factor), kept
        for name, value in zip(self.__slots__, values, strict=True):
            object.__setattr__(self, name, value)

    @property
    def integers(self) -> IntFormat:
        """The format, for what only integers can do.

        Raises:
            QuantError: If it is a float or a codebook.
        """
        return integers_only(self.fmt)


def broadcast(params: QuantParams, shape: tuple[int, ...]) -> tuple[NDArray[np.floating[Any]], NDArray[Any]]:
    """Scale and zero point that broadcast against an array of `shape`.

    Raises:
        QuantError: If the parameters do not fit the shape.

    >>> params = QuantParams([1.0, 2.0], 0, IntFormat(8), PerAxis(0))
    >>> [array.shape for array in broadcast(params, (2, 5))]
    [(2, 1), (2, 1)]
    """
    check_params(params)
    shape = shape_of(shape)
    return expand(params.scale, params.granularity, shape), expand(params.zero_point, params.granularity, shape)


def fitted(params: QuantParams, shape: tuple[int, ...]) -> tuple[NDArray[np.floating[Any]], NDArray[Any]]:
    """Scale and zero point in the `parameter_shape` of `shape`."""
    scale = fit(params.scale, params.granularity, shape, "scale")
    return scale, fit(params.zero_point, params.granularity, shape, "zero_point")


def check_params(params: object, field: str = "params") -> None:
    """Refuse what is not parameters; `field` is what the caller calls them."""
    if not isinstance(params, QuantParams):
        raise QuantError(
            f"{field} is {params!r}; it must be what choose_qparams answers, or QuantParams(scale, zero_point, fmt).",
            field,
        )


def check_types(fmt: object, granularity: object) -> None:
    """Refuse what is not a format, or not a granularity."""
    if not isinstance(fmt, (IntFormat, FloatFormat, Codebook)):
        raise QuantError(
            f"fmt is {fmt!r}; it must be a number format, for instance quantcore.INT8, "
            'or quantcore.FORMATS["float8_e4m3fn"].',
            "fmt",
        )
    if isinstance(fmt, FloatFormat) and not fmt.signed:
        raise QuantError(
            f"fmt is {fmt.name}; it has neither signs nor 0 and is for scales only. Use another format.", "fmt"
        )
    check_granularity(granularity)


def integers_only(fmt: Format) -> IntFormat:
    """`fmt`, where it is an integer format.

    Raises:
        QuantError: Otherwise.
    """
    if not isinstance(fmt, IntFormat):
        raise QuantError(f"fmt is {fmt.name}; this needs whole numbers. Use an integer format, as INT8.", "fmt")
    return fmt


def _checked_scale(scale: ArrayLike, precision: Precision | None) -> NDArray[np.floating[Any]]:
    array = _numbers(scale, "scale")
    if precision is not None:
        array = precision.keep(array)
    if array.dtype not in (np.float16, np.float32, np.float64):
        array = array.astype(np.float64)
    if not array.size:
        raise QuantError("scale is empty; it must hold at least one number above 0.", "scale")
    wrong = ~(np.isfinite(array) & (array > 0))
    if wrong.any():
        where = f" at index {_first(wrong)}" if array.ndim else ""
        raise QuantError(f"scale is {array[wrong][0]!s}{where}; it must be finite and above 0.", "scale")
    return array


def _checked_factor(scale_factor: ArrayLike, scale: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    array = np.asarray(_numbers(scale_factor, "scale_factor"), scale.dtype)
    if array.size == 1:
        array = np.broadcast_to(array.reshape(()), scale.shape)
    if array.shape != scale.shape:
        raise QuantError(
            f"scale_factor has the shape {array.shape} and scale {scale.shape}; they must be the same.", "scale_factor"
        )
    if not (array > 0).all():
        raise QuantError(f"scale_factor is {array[~(array > 0)][0]!s}; it must be above 0.", "scale_factor")
    return array


def _checked_zero_point(zero_point: ArrayLike, fmt: Format) -> NDArray[Any]:
    array = _numbers(zero_point, "zero_point")
    if not isinstance(fmt, IntFormat):
        if array.any():
            raise QuantError(
                f"zero_point is {array[array != 0].flat[0]}; {fmt.label} has none, its numbers have signs. Leave it 0.",
                "zero_point",
            )
        return array.astype(np.int32)
    is_code = array.dtype.kind in "iu"
    wrong = (array < fmt.qmin) | (array > fmt.qmax) if is_code else ~np.isfinite(array)
    if wrong.any():
        allowed = f"a code of {fmt!r}, {fmt.qmin} to {fmt.qmax}" if is_code else "finite"
        where = f" at index {_first(wrong)}" if array.ndim else ""
        raise QuantError(f"zero_point is {array[wrong][0]!s}{where}; it must be {allowed}.", "zero_point")
    return array.astype(np.int32) if is_code else array


def _numbers(value: ArrayLike, name: str) -> NDArray[Any]:
    array = as_array(value, name)
    if array.dtype.kind not in "iuf":
        raise QuantError(f"{name} is of type {array.dtype}; it must be numbers.", name)
    return array


def _first(wrong: NDArray[np.bool_]) -> list[int]:
    return [int(i) for i in np.argwhere(wrong)[0]]


def _check_rank(scale: NDArray[Any], granularity: Granularity) -> None:
    """What can be said without the array; `fit` says the rest."""
    if isinstance(granularity, PerTensor) and scale.ndim:
        raise QuantError(f"scale has the shape {scale.shape}; PerTensor() has one scale. Use PerAxis.", "scale")
    if isinstance(granularity, PerAxis) and np.count_nonzero(np.array(scale.shape) != 1) > 1:
        raise QuantError(f"scale has the shape {scale.shape}; PerAxis has one scale for each index.", "scale")


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    copy = array.copy()
    copy.setflags(write=False)
    return copy

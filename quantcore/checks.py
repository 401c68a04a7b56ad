"""What callers pass as numbers, codes and buffers, checked at the door."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import QuantError
from .formats.integers import IntFormat


def real_numbers(x: ArrayLike) -> NDArray[Any]:
    """`x` as an array of real numbers (whether they are finite is seen when they are read).

    Raises:
        QuantError: If it is ragged, or holds something else.
    """
    array = as_array(x, "values")
    if array.dtype.kind not in "iuf" or array.dtype.itemsize > 8:
        raise QuantError(
            f"values are of type {array.dtype}; they must be whole numbers, or float16, float32 or float64.", "values"
        )
    return array


def refuse_not_finite(x: NDArray[Any], dtype: np.dtype[Any]) -> None:
    """Raise for the first number of `x` that is not finite, or not in `dtype`; do nothing if there is none.

    Raises:
        QuantError: With the index and the number.
    """
    with np.errstate(over="ignore"):
        wrong = ~np.isfinite(x.astype(dtype, copy=False))
    if not wrong.any():
        return
    index = np.unravel_index(int(wrong.argmax()), x.shape)
    where = f"[{', '.join(str(i) for i in index)}]" if index else ""
    reason = f"it is too large for {dtype}" if np.isfinite(x[index]) else "it must be a finite number"
    raise QuantError(f"values{where} is {x[index]}; {reason}. Remove or replace it.", "values")


def whole_codes(q: ArrayLike, fmt: IntFormat | None) -> NDArray[Any]:
    """`q` as an array of codes of the format; None: of whole numbers, which may be floating point.

    Raises:
        QuantError: If it is ragged, holds something else, or a number that is not a code.
    """
    array = as_array(q, "codes")
    if fmt is None:
        is_number = array.dtype.kind in "iuf" and array.dtype.itemsize <= 8
        if not is_number or (array.dtype.kind == "f" and not (np.isfinite(array) & (array == np.rint(array))).all()):
            raise QuantError("codes hold something else than whole numbers; round them first.", "codes")
        return array
    if array.dtype.kind not in "iu" and array.size:
        raise QuantError(f"codes are of type {array.dtype}; they must be whole numbers.", "codes")
    type_holds_only_codes = array.dtype == fmt.dtype and fmt.levels == 1 << 8 * fmt.dtype.itemsize
    if array.size and not type_holds_only_codes and (array.min() < fmt.qmin or array.max() > fmt.qmax):
        wrong = (array < fmt.qmin) | (array > fmt.qmax)
        index = np.unravel_index(int(wrong.argmax()), array.shape)
        where = f"[{', '.join(str(i) for i in index)}]" if index else ""
        raise QuantError(f"codes{where} is {array[index]}; {fmt!r} has the codes {fmt.qmin} to {fmt.qmax}.", "codes")
    return array


def buffer(out: NDArray[Any] | None, shape: tuple[int, ...], dtype: np.dtype[Any], field: str = "out") -> NDArray[Any]:
    """`out`, or a new array where it is None; `field` is what the caller calls it.

    Raises:
        QuantError: If `out` cannot take the result as it is.
    """
    if out is None:
        return np.empty(shape, dtype)
    if not isinstance(out, np.ndarray) or out.shape != shape or out.dtype != dtype or not out.flags.writeable:
        found = f"{out.dtype} of shape {out.shape}" if isinstance(out, np.ndarray) else type(out).__name__
        raise QuantError(f"{field} is {found}; it must be a writable array of {dtype} with shape {shape}.", field)
    return out


def as_array(value: ArrayLike, name: str) -> NDArray[Any]:
    """`value` as an array.

    Raises:
        QuantError: If it is ragged.
    """
    try:
        return np.asarray(value)
    except ValueError:
        raise QuantError(f"{name} must be an array, not ragged: every row must have the same length.", name) from None

"""What callers pass as numbers, arrays and buffers, checked at the door."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import QuantError
from .precision import Precision

Record = TypeVar("Record")


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


def refuse_not_finite(x: NDArray[Any], precision: Precision) -> None:
    """Raise for the first number of `x` that is not finite, or not in a precision; do nothing if there is none.

    Raises:
        QuantError: With the index and the number.
    """
    if not x.size or np.isfinite(precision.keep([x.min(), x.max()])).all():
        return  # NaN would be both
    wrong = ~np.isfinite(precision.keep(x))
    index, where = first_place(wrong)
    reason = f"it is too large for {precision}" if np.isfinite(x[index]) else "it must be a finite number"
    raise QuantError(f"values{where} is {x[index]}; {reason}. Remove or replace it.", "values")


def first_place(wrong: NDArray[np.bool_]) -> tuple[tuple[int, ...], str]:
    """The index of the first True, and the same as it is written behind a name; "" for a single number.

    >>> first_place(np.array([[False, False], [True, True]]))
    ((1, 0), '[1, 0]')
    """
    index = tuple(int(i) for i in np.unravel_index(int(wrong.argmax()), wrong.shape))
    return index, f"[{', '.join(map(str, index))}]" if index else ""


def one_of(value: object, field: str, allowed: Iterable[str]) -> str:
    """`value`, where it is one of the allowed names.

    Raises:
        QuantError: Otherwise.
    """
    names = tuple(allowed)
    if not isinstance(value, str) or value not in names:
        raise QuantError(f"{field} is {value!r}; it must be one of {', '.join(names)}.", field)
    return value


def record_of(value: object, kind: type[Record], records: Mapping[str, Record], field: str) -> Record:
    """The record of a name; a record is returned as it is.

    Raises:
        QuantError: If there is none of this name.
    """
    if isinstance(value, kind):
        return value
    return records[one_of(value, field, records)]


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


def whole_number(value: object, field: str, allowed: str) -> int:
    """`value` as an int, where it is one; True and 8.0 are not."""
    try:
        if isinstance(value, (bool, np.bool_)):
            raise TypeError
        return operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise QuantError(f"{field} is {value!r}; it must be {allowed}.", field) from None


def truth(value: object, field: str) -> bool:
    """`value` as a bool, where it is one, or 0 or 1."""
    if isinstance(value, (bool, np.bool_)) or (isinstance(value, (int, np.integer)) and value in (0, 1)):
        return bool(value)
    raise QuantError(f"{field} is {value!r}; it must be True or False.", field)


def shape_of(value: object) -> tuple[int, ...]:
    """`value` as the shape of an array.

    Raises:
        QuantError: If it is none.
    """
    allowed = "whole numbers, 0 or more"
    try:
        shape = tuple(whole_number(n, "shape", allowed) for n in value)  # type: ignore[attr-defined]
    except TypeError:
        raise QuantError(f"shape is {value!r}; it must be a tuple of {allowed}.", "shape") from None
    if min(shape, default=0) < 0:
        raise QuantError(f"shape is {shape}; it must hold {allowed}.", "shape")
    return shape

"""torchao's four-bit weights for the tinygemm kernel: the zero point is a real number, that of the middle code.

    q     = clip(round((x - (zero_point - scale * middle)) / scale), qmin, qmax)
    x_hat = (q - middle) * scale + zero_point,  middle = (qmin + qmax + 1) / 2

Zero need not be representable. Every step is rounded to the precision of the weights, as PyTorch does it.

Source: torchao/quantization/quant_primitives.py (0.18.0), _choose_qparams_affine_tinygemm, _quantize_affine_tinygemm,
_dequantize_affine_tinygemm: ZeroPointDomain.FLOAT, as Int4TilePackedTo4dTensor uses it with bfloat16.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks import real_numbers, refuse_not_finite
from ..errors import QuantError
from ..formats.floats import BFLOAT16
from ..formats.integers import UINT4, IntFormat, whole_codes
from ..precision import PRECISIONS, precision_of

Precision = Literal["bfloat16", "float16", "float32"]
Float32Array = NDArray[np.float32]
_ROUND: dict[str, Callable[[Any], Any]] = {
    "bfloat16": lambda x: BFLOAT16.decode(BFLOAT16.encode(x, "half_even", "overflow")),
    "float16": lambda x: x.astype(np.float16).astype(np.float32),
    "float32": lambda x: x,
}
_LEAST_SCALE = {"bfloat16": 2.0**-126, "float16": 2.0**-14, "float32": 2.0**-126}  # the least normal number


@dataclass(frozen=True, slots=True, eq=False)
class TinygemmParams:
    """Scale and zero point of each group of a row, shape (rows, groups, 1), in float32 whatever their precision.

    Attributes:
        scale: The step between two codes.
        zero_point: The real number that the middle code stands for.
        group_size: Neighbours in a row that share both.
        fmt: The codes.
        precision: In which everything is computed and kept.
    """

    scale: Float32Array
    zero_point: Float32Array
    group_size: int
    fmt: IntFormat
    precision: Precision

    @property
    def middle(self) -> np.float32:
        """The code in the middle, half-way where there is none."""
        return np.float32((self.fmt.qmin + self.fmt.qmax + 1) / 2)


def choose_params(
    x: ArrayLike, group_size: int = 128, fmt: IntFormat = UINT4, precision: Precision = "bfloat16"
) -> TinygemmParams:
    """Scale and zero point of each group: its smallest value has the lowest code, its largest the highest.

    Args:
        x: Weights, shape (rows, columns), rounded to the precision first.
        group_size: Must divide the columns.
        fmt: The codes.
        precision: Of the weights.

    Raises:
        QuantError: For weights that are no matrix or not finite in the precision, groups that do not fit.

    >>> params = choose_params([[-1.0, 0.5, 2.0, 2.75]], group_size=4, precision="float32")
    >>> params.scale.item(), params.zero_point.item()
    (0.25, 1.0)
    """
    if precision not in _ROUND:
        raise QuantError(f"precision is {precision!r}; it must be one of {', '.join(_ROUND)}.", "precision")
    groups = _groups(x, group_size, precision)
    kept = _ROUND[precision]
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        low, high = groups.min(axis=-1, keepdims=True), groups.max(axis=-1, keepdims=True)
        scale = kept(kept(high - low) / np.float32(fmt.qmax - fmt.qmin))
        scale = np.maximum(scale, np.float32(_LEAST_SCALE[precision]))
        params = TinygemmParams(scale, scale, group_size, fmt, precision)
        zero_point = kept(low + kept(scale * params.middle))
    if not (np.isfinite(scale) & np.isfinite(zero_point)).all():
        raise QuantError(f"the values' range is too wide for {precision}. Scale them down.", "values")
    return TinygemmParams(scale, zero_point, group_size, fmt, precision)


def quantize(x: ArrayLike, params: TinygemmParams) -> NDArray[Any]:
    """Codes of the weights, in the dtype of the format and the shape of x.

    >>> quantize([[-1.0, 0.5, 2.0, 2.75]], choose_params([[-1.0, 0.5, 2.0, 2.75]], 4, precision="float32")).tolist()
    [[0, 6, 12, 15]]
    """
    groups, kept = _groups(x, params.group_size, params.precision), _ROUND[params.precision]
    _check_shape(groups, params)
    with np.errstate(over="ignore", under="ignore"):
        low = kept(params.zero_point - kept(params.scale * params.middle))
        codes = np.rint(kept(kept(groups - low) / params.scale))
    clipped: NDArray[Any] = codes.clip(params.fmt.qmin, params.fmt.qmax).astype(params.fmt.dtype)
    return clipped.reshape(len(groups), -1)


def dequantize(q: ArrayLike, params: TinygemmParams) -> Float32Array:
    """What the codes stand for, in float32 whatever the precision.

    >>> dequantize([[0, 6, 12, 15]], choose_params([[-1.0, 0.5, 2.0, 2.75]], 4, precision="float32")).tolist()
    [[-1.0, 0.5, 2.0, 2.75]]
    """
    codes = whole_codes(q, params.fmt)
    groups, kept = codes.reshape(*_group_shape(codes.shape, params.group_size)), _ROUND[params.precision]
    _check_shape(groups, params)
    with np.errstate(over="ignore", under="ignore"):
        scaled = kept((groups - params.middle).astype(np.float32) * params.scale)
        found: Float32Array = kept(scaled + params.zero_point).astype(np.float32)
    return found.reshape(codes.shape)


def _groups(x: ArrayLike, group_size: int, precision: Precision) -> Float32Array:
    """The weights in the precision, shape (rows, groups, group_size)."""
    values = real_numbers(x)
    shape = _group_shape(values.shape, group_size)
    refuse_not_finite(values, PRECISIONS["float16" if precision == "float16" else "float32"])
    rounded = _ROUND[precision](values.astype(np.float32)).astype(np.float32)
    refuse_not_finite(rounded, precision_of(rounded.dtype))
    return np.asarray(rounded.reshape(shape))


def _group_shape(shape: tuple[int, ...], group_size: int) -> tuple[int, int, int]:
    if len(shape) != 2 or not shape[0] or not shape[1]:
        raise QuantError(f"values have the shape {shape}; they must be a matrix that is not empty.", "values")
    if isinstance(group_size, bool) or not isinstance(group_size, (int, np.integer)) or group_size < 1:
        raise QuantError(f"group_size is {group_size!r}; it must be a whole number above 0.", "block_size")
    if shape[1] % group_size:
        raise QuantError(f"group_size is {group_size}; it must divide the last axis ({shape[1]}).", "block_size")
    return shape[0], shape[1] // int(group_size), int(group_size)


def _check_shape(groups: NDArray[Any], params: TinygemmParams) -> None:
    if groups.shape[:2] != params.scale.shape[:2]:
        raise QuantError(
            f"values have {groups.shape[:2]} rows and groups; the parameters are for {params.scale.shape[:2]}.",
            "values",
        )

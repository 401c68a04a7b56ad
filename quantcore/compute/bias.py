"""The bias of an integer layer: added to int32 sums of products, so quantized with the step of the sums."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks import real_numbers, refuse_not_finite
from ..errors import QuantError
from ..parameters.qparams import QuantParams
from ..precision import PRECISIONS

FloatArray = NDArray[np.floating[Any]]


def quantize_bias(
    bias: ArrayLike, a_params: QuantParams, b_params: QuantParams
) -> tuple[NDArray[np.int32], FloatArray]:
    """Compute q = clip(round(bias / (s_a s_b))) in int32, with zero point 0: as ONNX Runtime does.

    The quotient is float64 and ties go to even. A bias beyond int32 is clipped, as there (where it only warns).

    Source: onnxruntime/quantization/base_quantizer.py, quantize_bias_static_impl (1.32.0), beta = 1. TensorFlow Lite
    asks for the same scale and zero point (8-bit quantization specification).

    Args:
        bias: One real number for each output channel, shape (N,).
        a_params: Of the layer's input, per tensor.
        b_params: Of its weights, per tensor or one scale for each output channel.

    Returns:
        Codes, and their scale or scales s_a s_b in the precision of those: shape () or (N,).

    Raises:
        QuantError: For an input with several scales, weights with other than one or N, a product that is 0 or infinite.

    >>> import quantcore as qc
    >>> weights = qc.QuantParams([0.25, 0.5], 0, qc.INT8, qc.PerAxis(0))
    >>> q, scale = quantize_bias([1.0, -1.0], qc.QuantParams(0.5, 3, qc.UINT8), weights)
    >>> q.tolist(), scale.tolist()
    ([8, -4], [0.125, 0.25])
    """
    numbers = real_numbers(bias)
    refuse_not_finite(numbers, PRECISIONS["float64"])
    if numbers.ndim != 1:
        raise QuantError(f"bias has shape {numbers.shape}; it has one number for each channel. Reshape it.", "bias")
    scale = _product(a_params, b_params)
    if scale.size not in (1, numbers.size):
        raise QuantError(
            f"b_params have {scale.size} scales; a bias of {numbers.size} numbers needs one, or as many.", "b_params"
        )
    with np.errstate(over="ignore"):  # clipped
        quotient = np.rint(numbers.astype(np.float64) / scale.astype(np.float64))
    limits = np.iinfo(np.int32)
    return quotient.clip(limits.min, limits.max).astype(np.int32), scale


def _product(a_params: QuantParams, b_params: QuantParams) -> FloatArray:
    if a_params.scale.ndim:
        raise QuantError(
            f"a_params has scales of shape {a_params.scale.shape}; the input of a layer with a bias has one. "
            "Use PerTensor().",
            "a_params",
        )
    with np.errstate(over="ignore", under="ignore"):
        scale = np.asarray(a_params.scale * b_params.scale)
    if not (np.isfinite(scale) & (scale > 0)).all():
        raise QuantError(
            f"the scales of a and b multiply to {scale.flat[0]!s}; {scale.dtype} holds no such step. "
            "Use scales nearer to 1, or float64.",
            "b_params",
        )
    return scale.reshape(-1) if scale.ndim else scale

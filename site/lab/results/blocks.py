"""The computation where numbers are stored in blocks: quantcore stores and restores, here the request is put to it."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

import quantcore as qc

from ..request.fields.formats import SQUARES
from ..request.settings import Settings
from .result import Floats, Result

Float32 = NDArray[np.float32]


def stored(settings: Settings, block: qc.BlockFormat, x: Floats) -> Result:
    """Values as the format stores them, and what comes back.

    Raises:
        quantcore.QuantError: for data or options that the format does not take.
    """
    x = x.astype(np.float32, copy=False)
    options = dict(settings.codes.options)
    if "importance" in options:
        options["importance"] = _importance(options["importance"], x, block)
    whole = padded(x, block)
    kept = qc.store(whole, block, **options)
    back = unpadded(qc.restore(kept), x.shape)
    return _result(settings, kept, x, back, unpadded(kept.sides(whole), x.shape), errors_of(x, back))


def restored(settings: Settings, kept: qc.Stored) -> Result:
    """The numbers that given blocks hold."""
    x_hat = qc.restore(kept)
    return _result(settings, kept, x_hat, x_hat, np.zeros(x_hat.shape, np.int8), None)


def _result(
    settings: Settings,
    kept: qc.Stored,
    x: Floats,
    x_hat: Float32,
    sides: NDArray[np.int8],
    metrics: qc.Metrics | None,
) -> Result:
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        factor = np.float32(1) / kept.scale
    return Result(
        settings=settings,
        x=x,
        q=unpadded(kept.element_codes(), x.shape),
        x_hat=x_hat,
        sides=sides,
        scale=kept.scale,
        scale_factor=factor,
        zero_point=np.zeros(kept.scale.shape, np.int32),
        arithmetic="onnx",
        metrics=metrics,
        stored=kept,
    )


def padded(x: NDArray[Any], block: qc.BlockFormat) -> NDArray[Any]:
    """The values with zeros after each row, so many that blocks are whole, where the format wants them so."""
    missing = -(x.shape[-1] if x.ndim else 1) % block.block_size
    if block.is_partial_allowed or block.axes == "flat" or not missing:
        return x
    rows = x.reshape(1) if x.ndim == 0 else x
    return np.pad(rows, [(0, 0)] * (rows.ndim - 1) + [(0, missing)])


def unpadded(x: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """The same without them."""
    return x if x.shape == shape else np.ascontiguousarray(x[..., : shape[-1] if shape else 1]).reshape(shape)


def _importance(given: Any, x: Floats, block: qc.BlockFormat) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):
        weights = np.asarray(given).astype(np.float32)  # what is beyond float32 is refused by the format
    if weights.shape not in (x.shape, x.shape[-1:]) and weights.size == math.prod(x.shape):
        weights = weights.reshape(x.shape)
    if weights.shape not in (x.shape, x.shape[-1:]):
        raise qc.QuantError(
            f"importance has {weights.size} numbers; it must have one for each of the {x.size} values, or for each of "
            f"the {x.shape[-1]} of a row. Or write {SQUARES}.",
            "importance",
        )
    return padded(weights, block)


def errors_of(x: Floats, x_hat: Floats) -> qc.Metrics | None:
    """Figures of the error of the values that come back as numbers; None if none does."""
    is_number = np.isfinite(x_hat)
    if is_number.all():
        return qc.compare(x, x_hat)
    return qc.compare(x[is_number], x_hat[is_number]) if is_number.any() else None

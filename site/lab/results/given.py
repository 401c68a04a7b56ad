"""Scale and zero point as the request gives them: one, or one for each slice or block."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

import quantcore as qc
from quantcore.parameters.granularity import parameter_shape

from ..notation import display
from ..request.settings import Settings


def given_params(settings: Settings, arithmetic: str) -> qc.QuantParams:
    """The parameters in the precision of the request; zero points as integers if codes, else in float32 at least.

    Raises:
        quantcore.QuantError: if they are too many or too few for the numbers and their granularity.
    """
    fmt = settings.fmt
    wanted = parameter_shape(settings.granularity, settings.data.shape)
    scale = settings.scale_precision.keep(_fitted(settings.scale, wanted, "scale"))
    if not (scale > 0).all():
        raise qc.QuantError(
            f"scale holds a number that {settings.scale_precision} rounds to 0. "
            "Use a larger scale, or precision float64.",
            "scale",
        )
    if not isinstance(fmt, qc.IntFormat):
        return qc.QuantParams(scale, 0, fmt, settings.granularity, precision=settings.scale_precision)
    z = settings.zero_point
    are_codes = bool(((z == np.rint(z)) & (z >= fmt.qmin) & (z <= fmt.qmax)).all())
    is_whole = qc.ARITHMETICS[arithmetic].clips and are_codes
    fitted = _fitted(z, wanted, "zero_point")
    kept = np.result_type(settings.precision.dtype, np.float32)  # as those that quantcore chooses are kept
    with np.errstate(over="ignore"):  # told below
        zero_point: NDArray[Any] = whole(fitted, "zero_point") if is_whole else fitted.astype(kept)
    if not np.isfinite(zero_point).all():
        raise qc.QuantError(
            f"zero_point holds {float(np.abs(z).max()):g}, in magnitude, which {kept} does not reach. "
            "Use a code of the format, or precision float64.",
            "zero_point",
        )
    return qc.QuantParams(scale, zero_point, fmt, settings.granularity, precision=settings.scale_precision)


def whole(numbers: NDArray[np.float64], field: str) -> NDArray[np.int64]:
    """Whole numbers as integers; what no integer type holds is refused by its size."""
    largest = float(np.abs(numbers).max())
    if largest > 2**53:
        raise qc.QuantError(
            f"{field} holds {largest:g}, in magnitude; no code is as large. Use codes of the format.", field
        )
    return numbers.astype(np.int64)


def _fitted(numbers: NDArray[np.float64], shape: tuple[int, ...], field: str) -> NDArray[np.float64]:
    """Parameters in the shape that the numbers need; a single one counts for all."""
    wanted = math.prod(shape)
    if numbers.size not in (1, wanted):
        only = "one number" if wanted == 1 else f"one number, or {display.count(wanted)}"
        raise qc.QuantError(
            f"{field} has {display.plural(numbers.size, 'number')}; "
            f"it must have {only} for these numbers and this granularity.",
            field,
        )
    return np.broadcast_to(numbers.reshape(shape if numbers.size == wanted else ()), shape)

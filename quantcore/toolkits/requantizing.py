"""How toolkits bring the sums of an integer product back to codes, as data; compute/matmul.py computes what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import DTypeLike

from ..checks import record_of


@dataclass(frozen=True, slots=True)
class Requantization:
    """The steps of one toolkit from a sum of products to a code: clip(round(sum * (s_a * s_b / s_y)) + z_y).

    Attributes:
        name: Its key in REQUANTIZATIONS.
        library: Whose it is.
        version: The version that was observed.
        source: Where it is written.
        summary: One sentence for the user.
        multiplier_dtype: The precision of s_a * s_b / s_y; None: that of the scales.
        dtype: The precision of the product with the sum.
        zero_point_first: Whether the zero point is added before rounding (it matters on ties).
    """

    name: str
    library: str
    version: str
    source: str
    summary: str
    multiplier_dtype: DTypeLike | None
    dtype: DTypeLike
    zero_point_first: bool


REQUANTIZATIONS: Mapping[str, Requantization] = MappingProxyType(
    {
        record.name: record
        for record in (
            Requantization(
                "onnxruntime", "ONNX Runtime", "1.32.0", "QLinearMatMul, CPU kernel; MlasRequantizeOutput",
                "Multiplies in float32, rounds ties to even, then adds the zero point.",
                multiplier_dtype=np.float32, dtype=np.float32, zero_point_first=False,
            ),
            Requantization(
                "onnx", "ONNX", "1.23.2", "reference/ops/op_qlinear_matmul.py",
                "Multiplies in float64, adds the zero point, then rounds ties to even.",
                multiplier_dtype=None, dtype=np.float64, zero_point_first=True,
            ),
        )
    }
)  # fmt: skip


def find_requantization(requantization: str | Requantization) -> Requantization:
    """The record of this name; a record is returned as it is.

    Raises:
        QuantError: If there is none.
    """
    return record_of(requantization, Requantization, REQUANTIZATIONS, "arithmetic")

"""Runs recorded cases of error metrics."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import quantcore as qc
from quantcore.calibration.entropy import kl_divergence
from quantcore.metrics import compare
from tests.core.comparing import check


def metrics(case: dict[str, Any], inputs: dict[str, Any], outputs: dict[str, Any]) -> None:
    """Every figure that the case recorded; `norm_l2` of torch follows from the SQNR and is not one of ours."""
    if "kl" in outputs:
        check(case, "kl", kl_divergence(inputs["p"], inputs["q"]), outputs["kl"])
        return
    if not all(np.isfinite(array).all() for array in inputs.values()):
        assert case["status"] == "impl_defined", f"{case['id']}: not finite"
        with pytest.raises(qc.QuantError):
            compare(inputs["x"], inputs["y"])
        return
    figures = compare(inputs["x"], inputs["y"])
    if case["status"] == "impl_defined" and "compare" in case:
        return  # torch sums in float32, so at 1e30 it answers inf and NaN where the figures exist
    for name in outputs.keys() - {"norm_l2"}:
        check(case, name, getattr(figures, name), outputs[name])


ADAPTERS: dict[str, Callable[[dict[str, Any], dict[str, Any], dict[str, Any]], None]] = {"metrics": metrics}

"""Runs recorded cases of the seed notebook and of the roundings."""

from collections.abc import Callable
from typing import Any

import numpy as np

import quantcore as qc
from tests.core.comparing import check

Case = dict[str, Any]
Arrays = dict[str, Any]


def seed(case: Case, inputs: Arrays, outputs: Arrays) -> None:
    """The notebook's functions, its quirks too: they are its own module's, and only there."""
    is_absmax = case["call"].startswith("absmax")
    run = qc.notebook.absmax_quantize if is_absmax else qc.notebook.zeropoint_quantize
    result = run(inputs["x"])
    for name in ("scale_factor", "zero_point"):
        if name in case["params"]:
            np.testing.assert_equal(float(getattr(result, name)), float(case["params"][name]))
    for name, expected in outputs.items():
        check(case, name, result.x_dequant if name == "dq" else result.x_quant, expected)


def rounding(case: Case, inputs: Arrays, outputs: Arrays) -> None:
    """Every rule, on the traps."""
    check(case, "y", qc.round_whole(inputs["x"], case["params"]["mode"]), outputs["y"])


ADAPTERS: dict[str, Callable[[Case, Arrays, Arrays], None]] = {"rounding": rounding, "seed": seed}

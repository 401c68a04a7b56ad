"""Small floats with ml_dtypes, whose types NumPy casts to and from."""

import numpy as np

import quantcore as qc

from .case import Case, program
from .scales_in_programs import scale, spread

NOT_THERE = ("float16",)  # which is NumPy's own


def with_ml_dtypes(case: Case) -> str:
    """The program; empty where a cast does not compute this."""
    settings, fmt = case.result.settings, case.element
    is_float = isinstance(fmt, qc.FloatFormat) and case.stored is None and fmt.name not in NOT_THERE
    is_cast = case.is_dequantize or (settings.rounding == "half_even" and case.dtype == np.float32)
    if not is_float or not is_cast:
        return ""
    assert isinstance(fmt, qc.FloatFormat)
    numbers = [f"kind = ml_dtypes.{fmt.name}", *case.numbers(), *scale(case), *spread(case)]
    back = f"x_hat = {'q.view(kind)' if case.is_dequantize else 'q'}.astype(scale.dtype) * scale"
    if case.is_dequantize:
        steps = [back, "print(x_hat)"]
    else:
        steps = ["scaled = x / scale"]
        if settings.codes.overflow == "saturate" or fmt.nan_code is None:
            steps += ["largest = float(ml_dtypes.finfo(kind).max)", "scaled = np.clip(scaled, -largest, largest)"]
        steps += ["q = scaled.astype(kind)", back, f"q = q.view(np.{fmt.dtype})  # the bits of each", "print(q, x_hat)"]
    return program(case.head("import ml_dtypes", "import numpy as np"), *case.origin.functions, numbers, steps)

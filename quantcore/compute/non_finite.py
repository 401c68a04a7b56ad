"""NaN and infinity to integer codes, as a library does it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks import real_numbers
from ..errors import QuantError
from ..parameters.qparams import QuantParams
from ..toolkits.arithmetic import Arithmetic, find_arithmetic
from ..toolkits.non_finite import NON_FINITE_CODES, Becomes
from .quantize import quantize


def quantize_non_finite(
    x: ArrayLike,
    params: QuantParams,
    arithmetic: str | Arithmetic,
    rounding: str | None = None,
    rng: np.random.Generator | None = None,
) -> NDArray[Any]:
    """`quantize`, whose arguments these are, of numbers among which NaN and infinity have the codes of a library.

    Raises:
        QuantError: As `quantize`; where NON_FINITE_CODES has no such arithmetic, or the code is none of the format.

    >>> import quantcore as qc
    >>> params = qc.QuantParams(0.1, 3, qc.INT8)
    >>> [quantize_non_finite([np.nan, np.inf, 1.0], params, name).tolist() for name in ("onnxruntime", "torchao")]
    [[-128, 127, 13], [0, 127, 13]]
    """
    numbers, steps, fmt = real_numbers(x), find_arithmetic(arithmetic), params.integers
    is_finite = np.isfinite(numbers)
    codes = quantize(np.where(is_finite, numbers, 0), params, steps, rounding, rng)
    if is_finite.all():
        return codes
    found = NON_FINITE_CODES.get(steps.name)
    if found is None:
        raise QuantError(
            f"arithmetic is {steps.name}; what it makes of NaN and infinity differs between machines, or was not "
            f"observed. Use one of {', '.join(NON_FINITE_CODES)}, or remove them.",
            "arithmetic",
        )
    codes[numbers == np.inf], codes[numbers == -np.inf] = fmt.qmax, fmt.qmin
    nan = {Becomes.HIGHEST: fmt.qmax, Becomes.LOWEST: fmt.qmin, Becomes.CODE_0: 0}[found.nan]
    is_nan = np.isnan(numbers)
    if is_nan.any() and not fmt.qmin <= nan <= fmt.qmax:
        raise QuantError(f"values hold nan, which {steps.name} makes {nan}; {fmt!r} has no such code.", "values")
    codes[is_nan] = nan
    return codes

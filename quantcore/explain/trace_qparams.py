"""How a range becomes a scale and a zero point, step by step, beside what exact arithmetic would give."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..formats.integers import IntFormat
from ..parameters.choose import qparams_from_range
from ..parameters.derive import code_range, derivation, symmetric_steps, symmetric_zero_point
from ..parameters.qparams import QuantParams
from ..precision import Precision
from ..toolkits.choosing import Toolkit, find_toolkit
from .trace import TraceStep

FLAGS = ("is_degenerate", "is_low_nearer")


@dataclass(frozen=True, slots=True)
class QParamsTrace:
    """The steps of one scale and one zero point.

    Attributes:
        toolkit: The name of the toolkit whose rules they follow.
        scheme: "affine" or "symmetric".
        codes: The lowest and highest code that the range is divided into; fewer than the format's where the toolkit
            leaves some out.
        n_steps: What the width or the largest magnitude is divided by.
        steps: From the ends of the range to the zero point: see `quantcore.parameters.derive.derivation`. A step's
            `exact` is what exact arithmetic gives from the ends as they are kept.
        is_widened: Whether the range was widened to contain 0.
        is_degenerate: Whether the quotient was too small to be a scale, and another was taken instead.
        is_from_low: Whether the zero point was computed from the low end (the high one may err less).
        is_clipped: Whether the zero point was moved to the nearest code.
        params: The scale and zero point that they lead to.
    """

    toolkit: str
    scheme: str
    codes: tuple[int, int]
    n_steps: Fraction
    steps: tuple[TraceStep, ...]
    is_widened: bool
    is_degenerate: bool
    is_from_low: bool
    is_clipped: bool
    params: QuantParams

    def __getitem__(self, name: str) -> TraceStep:
        """The step of this name."""
        return next(step for step in self.steps if step.name == name)


def trace_qparams(
    low: float,
    high: float,
    fmt: IntFormat,
    scheme: str = "affine",
    include_zero: bool | None = None,
    dtype: DTypeLike | Precision | None = None,
    toolkit: str | Toolkit = "onnx",
    reduce_range: bool = False,
) -> QParamsTrace:
    """Follow the range [low, high] through `qparams_from_range`; arguments and errors as there.

    >>> import quantcore as qc
    >>> found = trace_qparams(-2.5, 251.5, qc.IntFormat(8, narrow=True), toolkit="torch")
    >>> [(step.name, step.value) for step in found.steps][-4:]
    [('low_in_steps', -2.5), ('rounded', -2.0), ('unclipped', -125.0), ('zero_point', -125.0)]
    """
    rules = find_toolkit(toolkit)
    params = qparams_from_range(low, high, fmt, scheme, None, include_zero, dtype, rules, reduce_range)
    with_zero = rules.include_zero if include_zero is None else include_zero
    codes = code_range(fmt, scheme, rules, reduce_range)
    middle = symmetric_zero_point(fmt, codes, rules) if scheme == "symmetric" else None
    kept = params.precision
    start, end = (kept.keep(number).reshape(1) for number in (low, high))
    computed = dict(derivation(start, end, codes, middle, rules, with_zero, kept))
    exact = dict(derivation(_exact(start), _exact(end), codes, middle, rules, with_zero, None))
    are_kept: tuple[str, ...] = ("low", "high", "scale", "scale_factor")
    if rules.in_scale_dtype and rules.zero_point_dtype is None:
        are_kept += ("divisor", "low_in_steps")
    steps = tuple(
        TraceStep(
            name,
            float(value[0]),
            Fraction(exact[name][0]),
            dtype=kept.name if name in are_kept else value.dtype.name,
        )
        for name, value in computed.items()
        if name not in FLAGS
    )
    unclipped, z = computed.get("unclipped"), computed["zero_point"][0]
    return QParamsTrace(
        toolkit=rules.name,
        scheme=scheme,
        codes=codes,
        n_steps=Fraction(codes[1] - codes[0]) if middle is None else symmetric_steps(codes, middle, rules),
        steps=steps,
        is_widened=middle is None and bool(computed["low"][0] != start[0] or computed["high"][0] != end[0]),
        is_degenerate=bool(computed["is_degenerate"][0]),
        is_from_low=bool(computed.get("is_low_nearer", [True])[0]),
        is_clipped=unclipped is not None and bool(unclipped[0] != z and codes[0] <= z <= codes[1]),
        params=params,
    )


def _exact(numbers: NDArray[Any]) -> NDArray[Any]:
    return np.array([Fraction(number) for number in numbers.tolist()], dtype=object)

"""Where two toolkits first give different codes for the same numbers, and which of their rules is the reason."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks import real_numbers
from ..compute.quantize import dequantize, quantize
from ..errors import QuantError
from ..formats.integers import IntFormat
from ..parameters.choose import qparams_from_range
from ..parameters.granularity import Granularity, PerAxis, PerTensor, parameter_place
from ..parameters.qparams import QuantParams, check_params, fitted
from ..parameters.ranges import minmax_ranges
from ..toolkits.arithmetic import find_arithmetic
from ..toolkits.choosing import find_toolkit
from .pipelines import REASONS, Elements, Pipeline, What, outcome, reasons
from .trace import Trace, trace


@dataclass(frozen=True, slots=True)
class Difference:
    """The first element on which two profiles disagree.

    Attributes:
        index: Where it is.
        what: "code", or "reconstruction" where all codes agree.
        a: The steps of the element under the first profile.
        b: Those under the second.
        reasons: Names of REASONS: each would remove the difference by itself, or all together do where none would.
        text: The same in words.
    """

    index: tuple[int, ...]
    what: Literal["code", "reconstruction"]
    a: Trace
    b: Trace
    reasons: tuple[str, ...]
    text: str


def first_difference(
    x: ArrayLike,
    fmt: IntFormat,
    a: str,
    b: str,
    scheme: str = "affine",
    granularity: Granularity | None = None,
    params: QuantParams | None = None,
) -> Difference | None:
    """Find the first element, in C order, to which `a` and `b` give different codes, else different reconstructions.

    Args:
        x: Finite real numbers.
        fmt: The codes.
        a: A name in TOOLKITS, which chooses parameters from x and computes; with `params`, a name in ARITHMETICS.
        b: Likewise.
        scheme: "affine" or "symmetric".
        granularity: Which elements share parameters.
        params: Parameters that both use; `fmt`, `scheme` and `granularity` are then those of the parameters.

    Returns:
        The difference with its reasons, or None if there is none.

    Raises:
        QuantError: As `choose_qparams` and `quantize`.

    >>> import quantcore as qc
    >>> params = qc.QuantParams(1.0, 1, qc.INT8)
    >>> found = first_difference([0.5, 1.5], qc.INT8, "onnx", "torch_per_channel", params=params)
    >>> found.index, found.a["code"].value, found.b["code"].value, found.reasons
    ((0,), 1.0, 2.0, ('order of adding the zero point',))
    """
    if not isinstance(fmt, IntFormat):
        raise QuantError("fmt is no integer format; first_format_difference compares others.", "fmt")
    numbers = real_numbers(x)
    one, other = (_pipeline(name, params is not None) for name in (a, b))
    if params is not None:
        check_params(params)
    granularity = params.granularity if params else PerTensor() if granularity is None else granularity
    low, high = (np.zeros(()),) * 2 if params else minmax_ranges(numbers, granularity)
    chosen = [params or qparams_from_range(low, high, fmt, scheme, granularity, toolkit=name) for name in (a, b)]
    pipelines = list(zip(chosen, (one, other), strict=True))
    codes = [quantize(numbers, p, pipeline.arithmetic) for p, pipeline in pipelines]
    what: What = "code"
    differs = codes[0] != codes[1]
    if not differs.any():
        what = "reconstruction"
        values = [dequantize(q, p, pipeline.arithmetic) for q, (p, pipeline) in zip(codes, pipelines, strict=True)]
        differs = values[0] != values[1]
    if not differs.any():
        return None
    flat = int(differs.argmax())
    index = tuple(int(i) for i in np.unravel_index(flat, numbers.shape))
    if isinstance(granularity, PerTensor):
        one, other = (
            replace(pipeline, arithmetic=pipeline.arithmetic.of_element(flat, numbers.size, fmt.bits))
            for pipeline in (one, other)
        )
    trace_a, trace_b = (trace(numbers, p, index, pipeline.arithmetic) for p, pipeline in pipelines)
    element = _element(numbers, index, (low, high), params, fmt, scheme, granularity)
    (names,) = reasons(one, other, element, outcome(other, element, what), what)
    return Difference(
        index=index,
        what=what,
        a=trace_a,
        b=trace_b,
        reasons=tuple(REASONS[name] for name in names),
        text=_text(trace_a, trace_b, one, other, what, names, fmt),
    )


def _element(
    numbers: NDArray[Any],
    index: tuple[int, ...],
    ranges: tuple[NDArray[Any], NDArray[Any]],
    params: QuantParams | None,
    fmt: IntFormat,
    scheme: str,
    granularity: Granularity,
) -> Elements:
    """One number alone, with its own parameters or range."""
    place = parameter_place(granularity, index, numbers.shape)
    given = None
    if params is not None:
        scale, zero_point = fitted(params, numbers.shape)
        factor = params.scale_factor.reshape(scale.shape)
        given = QuantParams(
            scale[place].reshape(1),
            zero_point[place].reshape(1),
            params.fmt,
            PerAxis(0),
            scale_factor=factor[place].reshape(1),
            precision=params.precision,
        )
        place = ()
    low, high = (end[place].reshape(1) for end in ranges)
    return Elements(x=numbers[index].reshape(1), fmt=fmt, scheme=scheme, low=low, high=high, given=given)


def _pipeline(name: str, is_given: bool) -> Pipeline:
    """The pipeline of this name: of arithmetic alone where parameters are given."""
    if is_given:
        arithmetic = find_arithmetic(name)
        return Pipeline(arithmetic.name, None, arithmetic)
    toolkit = replace(find_toolkit(name), reduced=MappingProxyType({}))  # no range is reduced here
    return Pipeline(toolkit.name, toolkit, find_arithmetic(toolkit.arithmetic))


def _text(
    a: Trace, b: Trace, one: Pipeline, other: Pipeline, what: str, reasons: tuple[str, ...], fmt: IntFormat
) -> str:
    at = f"[{', '.join(str(i) for i in a.index)}]" if a.index else ""
    answers = [f"{pipeline.name} gives {found[what].value:.9g}" for pipeline, found in ((one, a), (other, b))]
    text = f"values{at} is {a['x'].value:.9g}: " + ", ".join(answers) + "."
    for name in reasons:
        words = [f"{pipeline.name} {pipeline.in_words(name, fmt)}" for pipeline in (one, other)]
        text += f" {REASONS[name].capitalize()}: " + ", ".join(words) + "."
    notes = [found["rounded"].note for found in (a, b) if found["rounded"].note]
    return f"{text} {notes[0]}." if notes and what == "code" else text

"""Where two formats first give different numbers for the same values, and which rule is the reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..blocks.block import BlockFormat, Stored
from ..blocks.table import restore, store
from ..checks import real_numbers
from ..compute.quantize import dequantize, quantize
from ..errors import QuantError
from ..formats.format import Format
from ..formats.integers import IntFormat
from ..parameters.qparams import QuantParams
from .element_trace import trace_element
from .stored_trace import StoredTrace, trace_stored

Numbers = Stored | BlockFormat | QuantParams | str

FORMAT_REASONS: Mapping[str, str] = MappingProxyType(
    {
        "block": "which elements share a scale",
        "scale": "the scale",
        "offset": "the offset",
        "element": "the numbers of the element format",
        "ties": "the rule for ties",
        "saturation": "what becomes of values beyond the greatest number",
        "search": "a search over many elements",
        "scaling": "the precision in which the value is divided by the scale",
    }
)
"""What a difference between two formats is called. The first four: the two can hold different numbers here; the others:
they can hold the same, and choose another one."""


@dataclass(frozen=True, slots=True, eq=False)
class FormatDifference:
    """The first element, in C order, that two formats reconstruct differently.

    Attributes:
        index: Where it is.
        a: The way of the element through the first, and
        b: through the second.
        reasons: Names in FORMAT_REASONS.
        step: The first step that both ways have, with different values; empty where there is none such.
        text: The same in words.
    """

    index: tuple[int, ...]
    a: StoredTrace
    b: StoredTrace
    reasons: tuple[str, ...]
    step: str
    text: str


def first_format_difference(x: ArrayLike, a: Numbers, b: Numbers) -> FormatDifference | None:
    """Find the first element whose reconstruction differs, and say which rule makes it so.

    Args:
        x: Finite real numbers.
        a: An array as `store` made it of x, or a block format, by its name or as a record, in which x is stored; or
            scales with a float or a codebook.
        b: Likewise.

    Returns:
        The difference, or None if there is none.

    Raises:
        QuantError: As `store`, `quantize`, and `trace_stored`.

    >>> import quantcore as qc
    >>> x = [5.0, 0.5, *[0.0] * 30]
    >>> first_format_difference(x, "mxfp4", "mxfp4")
    >>> found = first_format_difference(x, "mxfp4", qc.store(x, "mxfp4", scale_mode="ceil"))
    >>> found.reasons, found.step
    (('scale',), 'exponent')
    >>> found.text
    'values[1] is 0.5: the first mxfp4 gives 0.5, the second gives 0. The reason is the scale.'
    """
    numbers = real_numbers(x)
    one, other = (store(numbers, way) if isinstance(way, (str, BlockFormat)) else way for way in (a, b))
    differs = _numbers(numbers, one) != _numbers(numbers, other)
    if not differs.any():
        return None
    index = tuple(int(i) for i in np.unravel_index(int(differs.argmax()), numbers.shape))
    first, second = (_trace(numbers, way, index) for way in (one, other))
    reasons = reasons_between(first, second, _element(one), _element(other))
    return FormatDifference(
        index, first, second, reasons, _first_step(first, second), _text(numbers, first, second, reasons)
    )


def _numbers(x: NDArray[np.generic], way: Stored | QuantParams) -> NDArray[np.floating]:
    if isinstance(way, QuantParams):
        return dequantize(quantize(x, way), way)
    if way.shape != x.shape:
        raise QuantError(f"values have the shape {x.shape}; what is stored has {way.shape}.", "values")
    return restore(way)


def _trace(x: NDArray[np.generic], way: Stored | QuantParams, index: tuple[int, ...]) -> StoredTrace:
    return trace_element(x, way, index) if isinstance(way, QuantParams) else trace_stored(way, index, x)


def _element(way: Stored | QuantParams) -> Format:
    return way.fmt if isinstance(way, QuantParams) else way.fmt.element


def reasons_between(a: StoredTrace, b: StoredTrace, element_a: Format, element_b: Format) -> tuple[str, ...]:
    """Names in FORMAT_REASONS of why an element comes back differently, from its two ways through two formats.

    Args:
        a: The first way, and
        b: the second, of the same element.
        element_a: The format of the first one's codes, and
        element_b: of the second one's.
    """
    if _can_hold(a, element_a, b["reconstruction"].value) and _can_hold(b, element_b, a["reconstruction"].value):
        if a.is_tie or b.is_tie:
            return ("ties",)
        if a.is_clipped or b.is_clipped:
            return ("saturation",)
        return ("search",) if a.is_searched or b.is_searched else ("scaling",)
    is_alike = _are_alike(element_a, element_b)
    reach_a, reach_b = _reach(a, element_a, is_alike), _reach(b, element_b, is_alike)
    found = [] if is_alike else ["element"]
    if reach_a != reach_b and a[a.scale].value != b[b.scale].value:
        found.append("scale")
    if _offset(a) != _offset(b):
        found.append("offset")
    if not found:
        return ("saturation",)  # one of the two goes on by a number
    return tuple(found if np.array_equal(a.sharing, b.sharing) else ["block", *found])


def _can_hold(trace: StoredTrace, element: Format, number: float) -> bool:
    """Whether a code of the element's block stands for this number."""
    with np.errstate(over="ignore", invalid="ignore"):  # a scale that overflowed
        reals = np.unique(element.grid().reals).astype(np.float32) * np.float32(trace[trace.scale].value)
        return bool((reals + np.float32(_offset(trace)) == np.float32(number)).any())


def _are_alike(a: Format, b: Format) -> bool:
    """Whether numbers are equally far apart: integers, or the same floats, be they doubled as ggml's are."""
    if isinstance(a, IntFormat) and isinstance(b, IntFormat):
        return a.bits == b.bits and a.signed == b.signed
    one, other = np.unique(a.grid().reals), np.unique(b.grid().reals)
    if one.size != other.size:
        return False
    return bool((one * np.abs(other).max() == other * np.abs(one).max()).all())  # products of 24 bits each are exact


def _reach(trace: StoredTrace, element: Format, is_alike: bool) -> float:
    """The magnitude of the greatest number under the scale; of integers, where they are alike, one step."""
    unit = 1.0 if is_alike and isinstance(element, IntFormat) else max(-element.lowest, element.highest)
    return abs(trace[trace.scale].value) * unit


def _offset(trace: StoredTrace) -> float:
    return trace[trace.offset].value if trace.offset else 0.0


def _first_step(a: StoredTrace, b: StoredTrace) -> str:
    other = {step.name: step.value for step in b.steps}
    return next((step.name for step in a.steps if step.name in other and other[step.name] != step.value), "")


def _text(x: NDArray[np.generic], a: StoredTrace, b: StoredTrace, reasons: tuple[str, ...]) -> str:
    at = f"[{', '.join(str(i) for i in a.index)}]" if a.index else ""
    names = (a.format, b.format) if a.format != b.format else (f"the first {a.format}", "the second")
    numbers = (way["reconstruction"].value for way in (a, b))
    answers = [f"{name} gives {number:.9g}" for name, number in zip(names, numbers, strict=True)]
    words = [FORMAT_REASONS[name] for name in reasons]
    listed = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
    return f"values{at} is {float(x[a.index]):.9g}: {', '.join(answers)}. The reason is {listed}."

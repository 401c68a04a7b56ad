"""Where two toolkits first give different codes for the same numbers, and which of their rules is the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import combinations
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks import real_numbers
from ..compute.quantize import dequantize, quantize
from ..errors import QuantError
from ..formats.integers import IntFormat
from ..parameters.choose import qparams_from_range
from ..parameters.granularity import Granularity, PerTensor, parameter_place
from ..parameters.qparams import QuantParams, fitted
from ..parameters.ranges import minmax_ranges
from ..toolkits.arithmetic import Arithmetic, find_arithmetic
from ..toolkits.choosing import Toolkit, find_toolkit
from .trace import Trace, trace

# What a difference between two records is called, by the field in which they differ.
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "include_zero": "zero in the range",
        "denominator": "denominator of a symmetric scale",
        "narrow_widths": "narrow range",
        "middle": "zero point of a symmetric scheme",
        "zero_point": "rule for the zero point",
        "degenerate": "range without width",
        "min_scale": "smallest scale",
        "range_dtype": "precision in which the range is divided",
        "zero_point_dtype": "precision of the zero point's computation",
        "scale_dtype": "precision in which the scale is kept",
        "scaling": "reciprocal",
        "zero_point_first": "order of adding the zero point",
        "fused": "fused multiply-add",
        "rounding": "tie rule",
        "unscaling": "reconstruction",
        "dtype": "precision of the arithmetic",
        "clips": "clipping",
    }
)


@dataclass(frozen=True, slots=True)
class Difference:
    """The first element on which two profiles disagree.

    Attributes:
        index: Where it is.
        what: "code", or "reconstruction" where all codes agree.
        a: The way of the element through the first profile.
        b: The way through the second.
        reasons: Names of REASONS: each would remove the difference by itself, or all together do where none would.
        text: The same in words.
    """

    index: tuple[int, ...]
    what: Literal["code", "reconstruction"]
    a: Trace
    b: Trace
    reasons: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class _Profile:
    """A way to choose parameters (None: they are given) and a way to compute."""

    toolkit: Toolkit | None
    arithmetic: Arithmetic

    @property
    def name(self) -> str:
        return self.toolkit.name if self.toolkit else self.arithmetic.name


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
    numbers = real_numbers(x)
    one, other = profiles = _profile(a, params is not None), _profile(b, params is not None)
    granularity = params.granularity if params else PerTensor() if granularity is None else granularity
    case = _Case(numbers, params, None if params else minmax_ranges(numbers, granularity), fmt, scheme, granularity)
    chosen = [case.params(profile) for profile in profiles]
    codes, values = _outcomes(numbers, chosen, profiles)
    what: Literal["code", "reconstruction"] = "code" if (codes[0] != codes[1]).any() else "reconstruction"
    differs = codes[0] != codes[1] if what == "code" else values[0] != values[1]
    if not differs.any():
        return None
    index = tuple(int(i) for i in np.unravel_index(int(differs.argmax()), numbers.shape))
    way_a, way_b = (trace(numbers, p, index, profile.arithmetic) for p, profile in zip(chosen, profiles, strict=True))
    reasons = _reasons(case.element(index), one, other, what)
    return Difference(
        index,
        what,
        way_a,
        way_b,
        tuple(REASONS[name] for name in reasons),
        _text(way_a, way_b, one, other, what, reasons, fmt),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Case:
    """Numbers, and their parameters or the ranges to choose them from."""

    numbers: NDArray[Any]
    given: QuantParams | None
    ranges: tuple[NDArray[Any], NDArray[Any]] | None
    fmt: IntFormat
    scheme: str
    granularity: Granularity

    def params(self, profile: _Profile) -> QuantParams:
        """What `profile` chooses, or what is given."""
        if self.given is not None:
            return self.given
        assert self.ranges is not None
        assert profile.toolkit is not None
        return qparams_from_range(*self.ranges, self.fmt, self.scheme, self.granularity, toolkit=profile.toolkit)

    def element(self, index: tuple[int, ...]) -> _Case:
        """The case of one number alone, with its own parameters or range."""
        shape = self.numbers.shape
        place = parameter_place(self.granularity, index, shape)
        given, ranges = self.given, self.ranges
        if given is not None:
            scale, zero_point = (array[place] for array in fitted(given, shape))
            given = QuantParams(scale, zero_point, given.fmt)
        if ranges is not None:
            ranges = (ranges[0][place], ranges[1][place])
        return _Case(self.numbers[index], given, ranges, self.fmt, self.scheme, PerTensor())


def _outcomes(
    numbers: NDArray[Any], chosen: Sequence[QuantParams], profiles: Sequence[_Profile]
) -> tuple[list[NDArray[Any]], list[NDArray[Any]]]:
    codes = [quantize(numbers, p, profile.arithmetic) for p, profile in zip(chosen, profiles, strict=True)]
    values = [dequantize(q, p, profile.arithmetic) for q, p, profile in zip(codes, chosen, profiles, strict=True)]
    return codes, values


def _reasons(element: _Case, a: _Profile, b: _Profile, what: str) -> tuple[str, ...]:
    """The rules of `b` that, put into `a`, give what `b` gives: each alone, or the fewest together."""

    def outcome(profile: _Profile) -> float | None:
        try:
            codes, values = _outcomes(element.numbers, [element.params(profile)], [profile])
        except QuantError:
            return None  # rules that cannot be combined explain nothing
        return float((codes if what == "code" else values)[0])

    names, goal = _different_rules(a, b), outcome(b)
    for n_together in range(1, len(names) + 1):
        found = [group for group in combinations(names, n_together) if outcome(_mixed(a, b, group)) == goal]
        if found:
            return tuple(name for group in found for name in group) if n_together == 1 else found[0]
    raise AssertionError("all rules of b together are b")


def _different_rules(a: _Profile, b: _Profile) -> list[str]:
    return [
        name
        for name in REASONS
        for one, other in ((a.toolkit, b.toolkit), (a.arithmetic, b.arithmetic))
        if hasattr(one, name) and getattr(one, name) != getattr(other, name)
    ]


def _mixed(a: _Profile, b: _Profile, names: tuple[str, ...]) -> _Profile:
    """`a` with the named rules of `b`."""
    toolkit, arithmetic = (
        one and replace(one, **{name: getattr(other, name) for name in names if hasattr(one, name)})
        for one, other in ((a.toolkit, b.toolkit), (a.arithmetic, b.arithmetic))
    )
    return _Profile(toolkit, arithmetic)  # type: ignore[arg-type]


def _profile(name: str, is_given: bool) -> _Profile:
    """The profile of this name: of arithmetic alone where parameters are given."""
    if is_given:
        return _Profile(None, find_arithmetic(name))
    toolkit = find_toolkit(name)
    return _Profile(toolkit, find_arithmetic(toolkit.arithmetic))


def _text(
    a: Trace, b: Trace, one: _Profile, other: _Profile, what: str, reasons: tuple[str, ...], fmt: IntFormat
) -> str:
    at = f"[{', '.join(str(i) for i in a.index)}]" if a.index else ""
    answers = [f"{profile.name} gives {way[what].value:.9g}" for profile, way in ((one, a), (other, b))]
    text = f"values{at} is {a['x'].value:.9g}: " + ", ".join(answers) + "."
    for name in reasons:
        words = [f"{profile.name} {_in_words(name, profile, fmt)}" for profile in (one, other)]
        text += f" {REASONS[name].capitalize()}: " + ", ".join(words) + "."
    notes = [way["rounded"].note for way in (a, b) if way["rounded"].note]
    return f"{text} {notes[0]}." if notes and what == "code" else text


def _in_words(name: str, profile: _Profile, fmt: IntFormat) -> str:
    """What the profile's rule of this name does, as a verb with what follows it."""
    record = profile.toolkit if hasattr(profile.toolkit, name) else profile.arithmetic
    rule = getattr(record, name)
    if isinstance(rule, Enum):
        return f"computes {rule.value}"
    if name == "narrow_widths":
        return "leaves out the lowest code" if fmt.bits in rule else "uses every code"
    if isinstance(rule, bool):
        return _YES_NO[name][not rule]
    if name == "rounding":
        return f"rounds {rule}"
    if name == "min_scale":
        return f"has {rule:.3g}" if rule else "has none"
    return f"uses {np.dtype(rule).name}" if rule is not None else "uses that of the scale"


_YES_NO = {
    "include_zero": ("widens the range to contain 0", "takes the range as it is"),
    "zero_point_first": ("adds the zero point before rounding", "adds it after rounding"),
    "fused": ("rounds product and sum once", "rounds after each operation"),
    "clips": ("clips codes to the format", "leaves codes as they come"),
}

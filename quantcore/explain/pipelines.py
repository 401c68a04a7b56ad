"""Which rule of two toolkits makes the difference: the one engine that says why, for many elements at once.

A pipeline is a toolkit's rules for scale and zero point together with its arithmetic. A rule is the reason for a
difference where the first pipeline, with that one rule of the second, gives what the second gives.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from itertools import combinations
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..compute.quantize import dequantize, quantize
from ..compute.stages import before_rounding, multiplier, wide_dtype, working_precision
from ..errors import QuantError
from ..formats.integers import IntFormat
from ..parameters.choose import qparams_from_range
from ..parameters.derive import code_range
from ..parameters.granularity import PerAxis
from ..parameters.qparams import QuantParams
from ..precision import Precision, precision_of
from ..toolkits.arithmetic import Arithmetic
from ..toolkits.choosing import Toolkit

What = Literal["code", "reconstruction"]

# What a difference between two records is called, by the field in which they differ.
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "include_zero": "zero in the range",
        "zero_point_is_code": "zero points outside the codes",
        "denominator": "denominator of a symmetric scale",
        "narrow_widths": "narrow range",
        "middle": "zero point of a symmetric scheme",
        "zero_point": "rule for the zero point",
        "degenerate": "range without width",
        "min_scale": "smallest scale",
        "min_scale_float16": "smallest scale in float16",
        "min_absmax": "smallest magnitude",
        "stretched_scale": "smallest scale to which ranges are stretched",
        "min_real_range": "smallest range",
        "in_scale_dtype": "precision of the width",
        "range_dtype": "precision in which the range is divided",
        "zero_point_dtype": "precision of the zero point's computation",
        "scale_dtype": "precision in which the scale is kept",
        "scaling": "reciprocal",
        "zero_point_first": "order of adding the zero point",
        "fused_bits": "fused multiply-add",
        "rounding": "tie rule",
        "unscaling": "reconstruction",
        "dtype": "precision of the arithmetic",
        "result_dtype": "precision of the reconstruction",
        "clips": "clipping",
        "tail": "last elements",
        "reduced": "codes of a reduced range",
    }
)
_YES_NO = {
    "include_zero": ("widens the range to contain 0", "takes the range as it is"),
    "zero_point_is_code": ("moves them to the nearest code", "keeps them"),
    "in_scale_dtype": ("subtracts the ends in the precision of the scale", "subtracts them in float32 at least"),
    "zero_point_first": ("adds the zero point before rounding", "adds it after rounding"),
    "clips": ("clips codes to the format", "leaves codes as they come"),
}


@dataclass(frozen=True, slots=True)
class Pipeline:
    """How a value becomes a code and a reconstruction.

    Attributes:
        name: Whose it is.
        toolkit: How a range becomes scale and zero point; None where these are given.
        arithmetic: How a value becomes a code, and a code a value.
        kept: The precision in which values and ranges are kept; None: that of the scale.
    """

    name: str
    toolkit: Toolkit | None
    arithmetic: Arithmetic
    kept: type[np.floating[Any]] | Precision | None = None

    def rule(self, name: str) -> Any:
        """The value of a rule of REASONS; None where the pipeline does not have it."""
        return getattr(self.toolkit if hasattr(self.toolkit, name) else self.arithmetic, name, None)

    def with_rules(self, names: tuple[str, ...], other: Pipeline) -> Pipeline:
        """This pipeline with some rules of another."""
        toolkit, arithmetic = (
            record and replace(record, **{name: other.rule(name) for name in names if hasattr(record, name)})
            for record in (self.toolkit, self.arithmetic)
        )
        kept = other.kept if {"scale_dtype", "dtype"} & set(names) else self.kept
        return Pipeline(self.name, toolkit, arithmetic, kept)  # type: ignore[arg-type]

    def in_words(self, name: str, fmt: IntFormat) -> str:
        """What the rule of this name does, as a verb with what follows it."""
        rule = self.rule(name)
        if isinstance(rule, Enum):
            return f"computes {rule.value}"
        if name == "narrow_widths":
            return "leaves out the lowest code" if fmt.bits in rule else "uses every code"
        if isinstance(rule, bool):
            return _YES_NO[name][not rule]
        if name == "tail":
            return (
                f"leaves the last to {rule.arithmetic.name}" if rule is not None else "computes the last as the others"
            )
        if name == "reduced":
            assert self.toolkit is not None
            lowest, highest = code_range(fmt, "affine", self.toolkit, reduce_range=True)
            return f"divides the range into the codes {lowest} to {highest}"
        if name == "fused_bits":
            return "rounds product and sum once" if fmt.bits <= rule else "rounds after each operation"
        if name == "rounding":
            return f"rounds {rule.replace('_', ' ')}"
        if name in ("min_scale", "min_scale_float16", "min_absmax", "stretched_scale", "min_real_range"):
            return f"has {rule:.3g} as its {REASONS[name]}" if rule else f"has no {REASONS[name]}"
        return f"uses {precision_of(rule)}" if rule is not None else "uses that of the scale"


@dataclass(frozen=True, slots=True, eq=False)
class Elements:
    """Some values, each with a range or parameters of its own.

    Attributes:
        x: The values, 1-D.
        fmt: The codes.
        scheme: "affine" or "symmetric".
        low, high: The range of each, from which a pipeline chooses parameters; not used where these are given.
        given: Parameters along axis 0, or None; kept in the precision of the pipeline's scale, where it has one.
        seed: Of the random numbers, for stochastic rounding.
        reduce_range: Whether the range is divided into fewer codes.
        ends_are_given: Whether `low` and `high` were given as they are; others are values, kept as the pipeline keeps
            its values.
    """

    x: NDArray[Any]
    fmt: IntFormat
    scheme: str
    low: NDArray[Any]
    high: NDArray[Any]
    given: QuantParams | None = None
    seed: int = 0
    reduce_range: bool = False
    ends_are_given: tuple[bool, bool] = (False, False)

    def params(self, pipeline: Pipeline) -> QuantParams:
        """Scale and zero point of each element.

        Raises:
            QuantError: Where the pipeline has none.
        """
        rules = pipeline.toolkit
        if self.given is not None and rules is not None:
            precision = precision_of(rules.scale_dtype)
            scale = precision.keep(self.given.scale)
            return QuantParams(scale, self.given.zero_point, self.fmt, PerAxis(0), precision=precision)
        if rules is None:
            assert self.given is not None
            return self.given
        keep = precision_of(pipeline.kept or rules.scale_dtype).keep
        low, high = (
            end if is_given else keep(end)
            for end, is_given in zip((self.low, self.high), self.ends_are_given, strict=True)
        )
        return qparams_from_range(
            low,
            high,
            self.fmt,
            self.scheme,
            PerAxis(0),
            rules.include_zero,
            rules.scale_dtype,
            rules,
            self.reduce_range,
        )

    def values(self, pipeline: Pipeline) -> NDArray[Any]:
        """The values in the precision that the pipeline keeps."""
        if pipeline.toolkit is None:
            return self.x
        found: NDArray[Any] = precision_of(pipeline.kept or pipeline.toolkit.scale_dtype).keep(self.x)
        return found


def outcome(pipeline: Pipeline, elements: Elements, what: What) -> NDArray[Any]:
    """The codes, or the reconstructions, in float64.

    Raises:
        QuantError: As `quantize`.
    """
    params, rng = elements.params(pipeline), np.random.default_rng(elements.seed)
    codes = quantize(elements.values(pipeline), params, pipeline.arithmetic, rng=rng)
    found = codes if what == "code" else dequantize(codes, params, pipeline.arithmetic)
    return found.astype(np.float64)


def unrounded(pipeline: Pipeline, elements: Elements) -> NDArray[Any]:
    """What a pipeline rounds, for each element."""
    params = elements.params(pipeline)
    rules, kept = pipeline.arithmetic, params.precision
    working = working_precision(rules, kept)
    factor = multiplier(params.scale, rules, elements.fmt.highest, kept, params.scale_factor)
    with np.errstate(over="ignore", under="ignore"):
        shift = params.zero_point.astype(wide_dtype(factor.dtype))
        x, fmt = working.keep(elements.values(pipeline)), elements.fmt
        steps = before_rounding(x, factor, shift, rules, fmt.bits, fmt.qmin, working)
        return [value.copy() for _, value in steps][-1]


def different_rules(a: Pipeline, b: Pipeline) -> list[str]:
    """The names of the rules in which two pipelines differ."""
    return [name for name in REASONS if a.rule(name) != b.rule(name)]


def reasons(
    a: Pipeline, b: Pipeline, elements: Elements, goal: NDArray[Any], what: What, most: int | None = None
) -> list[tuple[str, ...]]:
    """For each element the rules of `b` that, put into `a`, give the goal: each alone, or the fewest together.

    Args:
        a: The pipeline into which rules are put.
        b: The pipeline whose rules they are.
        elements: Those to explain.
        goal: What b gives for each.
        what: "code" or "reconstruction".
        most: How many rules are tried together, at most; None: all.

    Returns:
        Names of REASONS. Where nothing explains an element, it is one that was left to another kernel, if a pipeline
        leaves some; or chance decided, and it is all rules in which the pipelines differ.
    """
    names = [name for name in different_rules(a, b) if name != "tail"]
    otherwise = tuple(names) if a.rule("tail") == b.rule("tail") else ("tail",)
    explained: list[tuple[str, ...]] = [()] * len(elements.x)
    for n_together in range(1, min(len(names), most or len(names)) + 1):
        for group in combinations(names, n_together):
            if n_together > 1 and all(explained):
                break
            try:
                is_goal = outcome(a.with_rules(group, b), elements, what) == goal
            except QuantError:
                continue  # rules that cannot be combined explain nothing
            for i in np.flatnonzero(is_goal).tolist():
                if n_together == 1 or not explained[i]:
                    explained[i] = (*explained[i], *group)
    return [group or otherwise for group in explained]

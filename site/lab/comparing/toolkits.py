"""The pipelines of two toolkits on the same request: the codes that differ, and which of their rules is the reason.

A `Pipeline` is a toolkit's rules for scale and zero point together with its arithmetic, both as the request bends them.
A rule is the reason for a difference where the first pipeline, with that one rule of the second, gives what the second
gives.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

import quantcore as qc
from quantcore.compute.stages import before_rounding, multiplier, wide_dtype
from quantcore.explain.differences import REASONS

from ..request.fields import PROFILES, default_of
from ..request.settings import Settings
from ..results.compute import arithmetic_of, compute, ranges_of
from ..results.result import Floats, Indices, Result

TRIED_FIRST: Mapping[str, str] = MappingProxyType({"onnx": "pytorch", "custom": "pytorch"})  # for the others: onnx
SAMPLE = 4096  # values on which the more instructive toolkit is looked for
ABOUT_RECONSTRUCTION = ("scale_dtype", "range_dtype", "dtype", "unscaling")


@dataclass(frozen=True, slots=True)
class Pipeline:
    """How codes are computed.

    Attributes:
        label: whose it is.
        toolkit: how a range becomes scale and zero point.
        arithmetic: how a value becomes a code.
    """

    label: str
    toolkit: qc.Toolkit
    arithmetic: qc.Arithmetic

    def rule(self, name: str) -> Any:
        """The value of a rule."""
        return getattr(self.toolkit if hasattr(self.toolkit, name) else self.arithmetic, name)

    def with_rules(self, names: tuple[str, ...], other: "Pipeline") -> "Pipeline":
        """This pipeline with some rules of another."""
        changed = {name: other.rule(name) for name in names}
        toolkit = {name: value for name, value in changed.items() if hasattr(self.toolkit, name)}
        arithmetic = {name: value for name, value in changed.items() if name not in toolkit}
        return replace(
            self,
            toolkit=replace(self.toolkit, **toolkit),
            arithmetic=replace(self.arithmetic, **arithmetic),
        )


@dataclass(frozen=True, slots=True, eq=False)
class ToolkitComparison:
    """Two pipelines on the same values.

    Attributes:
        a, b: the pipelines, the page's own first.
        first, second: their results.
        differing: the elements with different codes; where all codes agree, those with different reconstructions.
        is_about_codes: which of the two.
    """

    a: Pipeline
    b: Pipeline
    first: Result
    second: Result
    differing: Indices
    is_about_codes: bool


def compare_toolkits(result: Result) -> ToolkitComparison:
    """The result held against the pipeline that the request names, or the one that shows most.

    Raises:
        quantcore.QuantError: if the other pipeline cannot compute these values.
    """
    name = result.settings.questions.against or _most_instructive(result)
    if name == "notebook" and not isinstance(result.settings.granularity, qc.PerTensor):
        raise qc.QuantError("the notebook has one scale for the tensor. Choose that, or another library.", "against")
    second = result_of(result, name)
    is_about_codes = bool((result.q != second.q).any())
    differs = result.q != second.q if is_about_codes else result.x_hat != second.x_hat
    a, b = pipeline_of(result.settings, result.arithmetic, ""), _named_pipeline(result, name)
    return ToolkitComparison(
        a=a,
        b=b,
        first=result,
        second=second,
        differing=np.flatnonzero(differs.reshape(-1)),
        is_about_codes=is_about_codes,
    )


def result_of(result: Result, name: str) -> Result:
    """What a profile makes of the same request, or an arithmetic of the same scale and zero point."""
    settings = result.settings
    if name in PROFILES:
        return compute(settings_for(settings, name))
    params = qc.QuantParams(result.scale, result.zero_point, settings.fmt, settings.granularity)
    rng, sides = np.random.default_rng(settings.seed), np.empty(result.x.shape, np.int8)
    q = qc.quantize(result.x, params, name, _rounding(settings, name), rng, sides=sides)
    x_hat = qc.dequantize(q, params, name)
    if not np.isfinite(x_hat).all():
        raise qc.QuantError(f"some values come back from {name} beyond {x_hat.dtype}. Compare with another.", "against")
    return replace(result, q=q, sides=sides, x_hat=x_hat, arithmetic=name)


def settings_for(settings: Settings, name: str) -> Settings:
    """The same request to another profile: what was left to the profile is left to the other one."""
    own = settings.profile_name

    def other(field: str) -> str:
        text = settings.texts[field]
        return default_of(field, name) if text == default_of(field, own) else text

    return replace(
        settings,
        profile_name=name,
        profile=PROFILES[name],
        include_zero=other("include_zero") == "1",
        rounding=other("rounding"),
        dtype=np.dtype(other("precision")),
    )


def pipeline_of(settings: Settings, arithmetic: str, label: str) -> Pipeline:
    """A request's own pipeline."""
    toolkit = replace(
        qc.TOOLKITS[settings.profile.toolkit], include_zero=settings.include_zero, scale_dtype=settings.dtype.type
    )
    rules = replace(qc.ARITHMETICS[arithmetic], rounding=settings.rounding)
    return Pipeline(label or settings.profile.label, toolkit, rules)


def _named_pipeline(result: Result, name: str) -> Pipeline:
    if name in PROFILES:
        settings = settings_for(result.settings, name)
        return pipeline_of(settings, arithmetic_of(settings), "")
    own = pipeline_of(result.settings, name, name)
    return replace(own, arithmetic=replace(own.arithmetic, rounding=_rounding(result.settings, name)))


def _rounding(settings: Settings, name: str) -> str:
    """The rounding under an arithmetic: its own, unless the request has one of its own."""
    is_chosen = settings.rounding != default_of("rounding", settings.profile_name)
    return settings.rounding if is_chosen else qc.ARITHMETICS[name].rounding


def _most_instructive(result: Result) -> str:
    """The first of the other profiles whose codes differ on some of the values; if none does, the first one tried."""
    settings = result.settings
    preferred = TRIED_FIRST.get(settings.profile_name, "onnx")
    others = [name for name in PROFILES if name not in (settings.profile_name, preferred, "custom", "notebook")]
    some = np.unique(np.linspace(0, result.size - 1, min(result.size, SAMPLE)).astype(np.intp))
    own = result.flat_q[some]
    for name in (preferred, *others):
        try:
            if (codes(_named_pipeline(result, name), Elements.of(result, some)) != own).any():
                return name
        except qc.QuantError:
            continue
    return preferred


# Single elements under a pipeline


@dataclass(frozen=True, slots=True, eq=False)
class Elements:
    """Some values, each with the range that it shares with its slice.

    Attributes:
        x: the values, 1-D, in float64.
        low, high: the ends of their ranges.
        settings: of the request.
    """

    x: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    settings: Settings

    @classmethod
    def of(cls, result: Result, places: Indices) -> "Elements":
        """The elements at some flat indices."""
        slices = result.parameter_index(places)
        low, high = (end.reshape(-1)[slices].astype(np.float64) for end in result.once(_ranges))
        return cls(result.settings.data.reshape(-1)[places], low, high, result.settings)


def _ranges(result: Result) -> tuple[Floats, Floats]:
    """The range behind every scale, of the values as they were given."""
    ranges = ranges_of(result.settings, result.settings.data)
    return ranges.low, ranges.high


def params_of(pipeline: Pipeline, elements: Elements) -> qc.QuantParams:
    """Scale and zero point of each element."""
    return qc.qparams_from_range(
        elements.low, elements.high, elements.settings.fmt, elements.settings.scheme, qc.PerAxis(0),
        pipeline.toolkit.include_zero, pipeline.toolkit.scale_dtype, pipeline.toolkit,
    )  # fmt: skip


def unrounded(pipeline: Pipeline, elements: Elements) -> Floats:
    """What a pipeline rounds, for each element."""
    return _unrounded(pipeline, elements, params_of(pipeline, elements))


def _unrounded(pipeline: Pipeline, elements: Elements, params: qc.QuantParams) -> Floats:
    factor = multiplier(params.scale, pipeline.arithmetic, params.scale_factor)
    with np.errstate(over="ignore", under="ignore"):
        shift = params.zero_point.astype(factor.dtype)
        x = elements.x.astype(pipeline.toolkit.scale_dtype)
        steps = before_rounding(x.astype(factor.dtype), factor, shift, pipeline.arithmetic)
        return [value.copy() for _, value in steps][-1]


def codes(pipeline: Pipeline, elements: Elements) -> Floats:
    """The code of each element."""
    params = params_of(pipeline, elements)
    value = _unrounded(pipeline, elements, params)
    rng = np.random.default_rng(elements.settings.seed)
    with np.errstate(over="ignore"):
        code = qc.round_whole(value.astype(wide_dtype(value.dtype)), pipeline.arithmetic.rounding, rng)
        if not pipeline.arithmetic.zero_point_first:
            code = code + params.zero_point
    fmt = elements.settings.fmt
    return np.asarray(np.clip(code, fmt.qmin, fmt.qmax) if pipeline.arithmetic.clips else code)


def reasons(found: ToolkitComparison, places: Indices) -> list[tuple[str, ...]]:
    """For each of some differing elements the names of the rules that are the reason, the fewest that explain it."""
    names = different_rules(found.a, found.b)
    if not found.is_about_codes:
        about = tuple(name for name in ABOUT_RECONSTRUCTION if name in names)
        return [about or tuple(names)] * len(places)
    if found.a.arithmetic.rounding == found.b.arithmetic.rounding == "stochastic":
        return [tuple(names)] * len(places)
    elements, goal = Elements.of(found.first, places), found.second.flat_q[places]
    explained: list[tuple[str, ...]] = [()] * len(places)
    for group in _groups(names):
        if all(explained):
            break
        try:
            is_goal = codes(found.a.with_rules(group, found.b), elements) == goal
        except qc.QuantError:
            continue  # rules that cannot be combined explain nothing
        for i in np.flatnonzero(is_goal).tolist():
            if not explained[i] or len(explained[i]) == len(group) == 1:
                explained[i] = (*explained[i], *group)
    return [group or tuple(names) for group in explained]


def different_rules(a: Pipeline, b: Pipeline) -> list[str]:
    """The names of the rules in which two ways differ."""
    return [name for name in REASONS if a.rule(name) != b.rule(name)]


def _groups(names: list[str]) -> Iterator[tuple[str, ...]]:
    for n_together in (1, 2, 3):
        yield from combinations(names, n_together)

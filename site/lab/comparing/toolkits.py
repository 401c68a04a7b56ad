"""The pipelines of two toolkits on the same request: the codes that differ, and which of their rules is the reason.

Both are toolkits' rules as the request bends them; why they differ is quantcore's to say.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

import quantcore as qc
from quantcore.explain.pipelines import Elements, Pipeline, What, different_rules, outcome, reasons

from ..request.fields import PROFILES, default_of
from ..request.settings import Settings
from ..results.compute import arithmetic_of, compute, ranges_of
from ..results.result import Floats, Indices, Result

TRIED_FIRST: Mapping[str, str] = MappingProxyType({"onnx": "pytorch", "custom": "pytorch"})  # for the others: onnx
BEST_KNOWN = ("onnx", "pytorch", "tflite")
SAMPLE = 4096  # values on which the more instructive toolkit is looked for


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
    a, b = pipeline_of(result.settings, result.arithmetic, ""), named_pipeline(result, name)
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
    params = qc.QuantParams(
        result.scale, result.zero_point, settings.integers, settings.granularity, precision=result.kept
    )
    rng, sides = np.random.default_rng(settings.seed), np.empty(result.x.shape, np.int8)
    q = qc.quantize(result.x, params, name, _rounding(settings, name), rng, sides=sides)
    x_hat = qc.dequantize(q, params, name)
    if not np.isfinite(x_hat).all():
        raise qc.QuantError(f"some values come back from {name} beyond {x_hat.dtype}. Compare with another.", "against")
    return replace(result, q=q, sides=sides, x_hat=x_hat, arithmetic=name)


def settings_for(settings: Settings, name: str) -> Settings:
    """The same request to another profile: what was left to the profile is left to the other one."""
    own = settings.profile_name
    if PROFILES[name].is_symmetric and settings.scheme == "affine" and not settings.has_given_params:
        raise qc.QuantError(f"{PROFILES[name].label} has no affine scheme. Choose the symmetric one.", "against")

    def other(field: str) -> str:
        text = settings.texts[field]
        return default_of(field, name) if text == default_of(field, own) else text

    return replace(
        settings,
        profile_name=name,
        profile=PROFILES[name],
        include_zero=other("include_zero") == "1",
        rounding=other("rounding"),
        precision=qc.PRECISIONS[other("precision")],
    )


def pipeline_of(settings: Settings, arithmetic: str, name: str) -> Pipeline:
    """A request's own pipeline.

    Where scale and zero point are given, every toolkit has the same rules for them, their precision aside.
    """
    chooses = "onnx" if settings.has_given_params else settings.profile.toolkit
    with_zero = settings.include_zero or settings.has_given_params
    toolkit = replace(qc.TOOLKITS[chooses], include_zero=with_zero, scale_dtype=settings.scale_precision)
    if not settings.reduce_range:
        toolkit = replace(toolkit, reduced=MappingProxyType({}))
    rules = qc.ARITHMETICS[arithmetic].with_rounding(settings.rounding)
    return Pipeline(name or settings.profile.label, toolkit, rules, settings.precision)


def named_pipeline(result: Result, name: str) -> Pipeline:
    """The pipeline of a profile, or of an arithmetic with the request's own scale and zero point.

    Raises:
        quantcore.QuantError: if the profile has none for the request.
    """
    if name in PROFILES:
        settings = settings_for(result.settings, name)
        return pipeline_of(settings, arithmetic_of(settings), "")
    own = pipeline_of(result.settings, name, name)
    return replace(own, arithmetic=qc.ARITHMETICS[name].with_rounding(_rounding(result.settings, name)))


def _rounding(settings: Settings, name: str) -> str:
    """The rounding under an arithmetic: its own, unless the request has one of its own."""
    is_chosen = settings.rounding != default_of("rounding", settings.profile_name)
    return settings.rounding if is_chosen else qc.ARITHMETICS[name].rounding


def _most_instructive(result: Result) -> str:
    """The first of the other profiles whose codes differ on some of the values; if none does, the first one tried."""
    settings = result.settings
    preferred = TRIED_FIRST.get(settings.profile_name, "onnx")
    left_out = (settings.profile_name, preferred, "custom", "notebook")
    others = [name for name in dict.fromkeys((*BEST_KNOWN, *PROFILES)) if name not in left_out]
    some = np.unique(np.linspace(0, result.size - 1, min(result.size, SAMPLE)).astype(np.intp))
    own = result.flat_q[some]
    for name in (preferred, *others):
        try:
            if (outcome(named_pipeline(result, name), elements_of(result, some), "code") != own).any():
                return name
        except qc.QuantError:
            continue
    return preferred


def elements_of(result: Result, places: Indices) -> Elements:
    """The elements at some flat indices, as they were given, each with the range that it shares with its slice."""
    slices, settings = result.parameter_index(places), result.settings
    given = None
    if settings.has_given_params and places.size:
        flat = (settings.scale.reshape(-1), settings.zero_point.reshape(-1))
        scale, zero_point = (numbers[slices if numbers.size > 1 else np.zeros_like(slices)] for numbers in flat)
        given = qc.QuantParams(scale, zero_point, settings.fmt, qc.PerAxis(0))
    low, high = (end.reshape(-1)[slices].astype(np.float64) for end in result.once(_ranges))
    x = settings.data.reshape(-1)[places]
    is_manual, is_searched = settings.calibration == "manual", _is_searched(result)
    return Elements(
        x=x,
        fmt=settings.integers,
        scheme=settings.scheme,
        low=low,
        high=high,
        given=given,
        seed=settings.seed,
        reduce_range=settings.reduce_range,
        ends_are_given=(
            is_searched or (is_manual and settings.range_min is not None),
            is_searched or (is_manual and settings.range_max is not None),
        ),
    )


def _ranges(result: Result) -> tuple[Floats, Floats]:
    """The range behind every scale, of the values as they were given; where one was searched for, what was found."""
    ranges = result.ranges
    if ranges is None or not _is_searched(result):
        ranges = ranges_of(result.settings, result.settings.data)
    return ranges.low, ranges.high


def _is_searched(result: Result) -> bool:
    """Whether the ends of its ranges were searched for, and are neither values nor given."""
    return result.ranges is not None and result.settings.calibration not in ("minmax", "manual")


def reasons_for(found: ToolkitComparison, places: Indices) -> list[tuple[str, ...]]:
    """For each of some differing elements the names of the rules that are the reason, the fewest that explain it."""
    if found.a.arithmetic.rounding == found.b.arithmetic.rounding == "stochastic":
        return [tuple(different_rules(found.a, found.b))] * len(places)
    what: What = "code" if found.is_about_codes else "reconstruction"
    goal = found.second.flat_q if found.is_about_codes else found.second.flat_x_hat
    return reasons(found.a, found.b, elements_of(found.first, places), goal[places].astype(np.float64), what, most=3)

"""The present values by every toolkit at once: scale, zero point, first codes, and the rule that makes a difference."""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import quantcore as qc
from quantcore.explain.pipelines import Elements, Pipeline, outcome, reasons

from ..request.fields import PROFILES
from ..results.compute import arithmetic_of
from ..results.result import Result
from .toolkits import elements_of, named_pipeline, pipeline_of, settings_for

SAMPLE = 4096  # values that are counted
EXPLAINED = 12  # differing values whose reason is looked for
SHOWN = 6  # codes that are written out


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """What one toolkit makes of the values.

    Attributes:
        name: of the profile.
        obstacle: why it makes nothing of them; empty where it does.
        scale, zero_point: of the followed number's block or channel.
        codes: the first ones, whole numbers.
        n_differing: how many of the sampled values have another code than under the present settings.
        rules: names of REASONS that make the difference, those that explain most values first.
        has_own_scheme: whether it is symmetric, where the request is affine and the toolkit is not.
    """

    name: str
    obstacle: str = ""
    scale: Any = None
    zero_point: Any = None
    codes: tuple[int, ...] = ()
    n_differing: int = 0
    rules: tuple[str, ...] = ()
    has_own_scheme: bool = False


def every_toolkit(result: Result) -> tuple[list[Line], int]:
    """One line for each profile of a library, and how many values were counted."""
    places = np.unique(np.linspace(0, result.size - 1, min(result.size, SAMPLE)).astype(np.intp))
    elements = elements_of(result, places)
    own = pipeline_of(result.settings, result.arithmetic, "")
    names = [name for name in PROFILES if name != "custom"]
    return [_line(result, name, own, elements, places) for name in names], places.size


def _line(result: Result, name: str, own: Pipeline, elements: Elements, places: Any) -> Line:
    followed = elements_of(result, np.array([result.element]))
    settings = result.settings
    is_other = PROFILES[name].is_symmetric and settings.scheme == "affine" and not settings.has_given_params
    if is_other:
        elements, followed = (replace(one, scheme="symmetric") for one in (elements, followed))
    try:
        if is_other:
            settings = settings_for(replace(settings, scheme="symmetric"), name)
            other = pipeline_of(settings, arithmetic_of(settings), "")
        else:
            other = named_pipeline(result, name)
        codes, params = outcome(other, elements, "code"), followed.params(other)
    except qc.QuantError as error:
        return Line(name, obstacle=error.message)
    if not np.isfinite(codes).all():
        return Line(name, obstacle=f"some codes, which it does not clip, are beyond {codes.dtype}.")
    differing = np.flatnonzero(codes != result.flat_q[places])
    rules: tuple[str, ...] = ()
    if differing.size and not is_other and settings.rounding != "stochastic":
        some = differing[:EXPLAINED]
        found = reasons(own, other, elements_of(result, places[some]), codes[some], "code", most=2)
        rules = tuple(rule for rule, _ in Counter(rule for group in found for rule in group).most_common(3))
    scale, zero_point = params.scale.reshape(-1)[0], params.zero_point.reshape(-1)[0]
    first = tuple(int(code) for code in codes[:SHOWN])
    return Line(name, "", scale, zero_point, first, int(differing.size), rules, is_other)

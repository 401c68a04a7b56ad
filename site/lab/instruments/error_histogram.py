"""How the errors are spread between the codes, against the model that every engineer's formula rests on."""

from dataclasses import dataclass
from typing import Any

import numpy as np

import quantcore as qc

from ..answer_types import Figure, Table
from ..drawing import figure
from ..drawing.binning import bins_for, counts_of, edges, pieces
from ..drawing.figure import ERROR, NEUTRAL
from ..explanation.table import Cell, column, row, share_cell, table
from ..notation import display
from ..results.result import Floats, Result
from ..results.steps import is_evenly_spaced, steps_at
from .error_models import Model, model_of
from .instrument import Instrument

Json = dict[str, Any]

MAX_BINS = 48
FEW = 100
"""With fewer values, chance decides how the bars look."""


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """The errors of the values that are not clipped, in steps, and what they come to.

    Attributes:
        model: how they would be spread, if the model held.
        edges: where the bins begin and end, in steps.
        density: the share of the errors in each bin, divided by its width.
        n_rounded: how many values are not clipped.
        n_clipped: how many are.
        n_lost: how many came back as infinity or NaN.
        measured: mean squared error of those that are not; 0 if there are none.
        predicted: the same by the model.
        ratio: the measured over the predicted, also where both are too small for float64.
        clipping: what the clipped ones add to the mean squared error of all.
    """

    model: Model
    edges: Floats
    density: Floats
    n_rounded: int
    n_clipped: int
    n_lost: int
    measured: float
    predicted: float
    ratio: float
    clipping: float


def build(result: Result) -> Instrument:
    """The instrument for a result."""
    found = spread(result)
    return Instrument(_caption(result, found), _figure(found), _table(found))


def spread(result: Result) -> Spread:
    """The errors in steps, counted, and their mean square beside the model's."""
    model = _model(result)
    n_bins, reach = bins_for(result.size - (result.n_clipped if _has_clipped(result) else 0), MAX_BINS), model.reach
    sums = _sums(result, reach, n_bins)
    if sums.farthest > reach * 1.01:  # floating point, where the scale has few digits
        reach = sums.farthest
        sums = _sums(result, reach, n_bins)
    n, unit = sums.n_rounded, _unit(result)
    measured, predicted = sums.rounding / max(n, 1), sums.scales / max(n, 1) / model.divisor
    return Spread(
        model=model,
        edges=edges(-reach, reach, n_bins),
        density=sums.counts / max(n, 1) / (2 * reach / n_bins),
        n_rounded=n,
        n_clipped=sums.n_clipped,
        n_lost=result.size - n - sums.n_clipped,
        measured=measured * unit * unit,
        predicted=predicted * unit * unit,
        ratio=measured / predicted if predicted else 0.0,
        clipping=sums.clipping / max(n + sums.n_clipped, 1) * unit * unit,
    )


@dataclass(slots=True, eq=False)
class _Sums:
    """What is added up over the values, in a unit in which no square leaves float64."""

    counts: Any  # of the errors in steps
    rounding: float = 0.0  # squared errors of the values that are not clipped
    clipping: float = 0.0  # of those that are
    scales: float = 0.0  # squared scales of the values that are not
    farthest: float = 0.0  # the largest error in steps
    n_rounded: int = 0  # how many values are not clipped
    n_clipped: int = 0  # how many are


def _has_clipped(result: Result) -> bool:
    """Whether there are values beyond the codes that rounding is not to blame for."""
    return bool(result.n_clipped and (result.is_clipping or not result.settings.are_integers))


def _sums(result: Result, reach: float, n_bins: int) -> _Sums:
    """One pass over the values, errors counted from -reach to reach."""
    sums = _Sums(np.zeros(n_bins, np.intp))
    unit, has_clipped = _unit(result), _has_clipped(result)
    steps = np.broadcast_to(result.once(_steps), result.x.shape)
    for x, x_hat, scales, side in pieces(result.flat_x, result.flat_x_hat, steps, result.sides):
        errors = np.subtract(x_hat, x, dtype=np.float64)
        scales = scales.astype(np.float64)
        is_number = np.isfinite(errors)
        if has_clipped or not is_number.all():
            is_rounded = is_number & (side == 0) if has_clipped else is_number
            clipped = errors[is_number & ~is_rounded]
            sums.n_clipped += clipped.size
            sums.clipping += _squared(clipped / unit)
            errors, scales = errors[is_rounded], scales[is_rounded]
        sums.n_rounded += errors.size
        sums.rounding += _squared(errors / unit)
        sums.scales += _squared(scales / unit)
        if errors.size:
            np.divide(errors, scales, out=errors, where=scales != 0)
            errors[scales == 0] = 0  # all codes stand for one number: no step to measure it in
            sums.farthest = max(sums.farthest, float(errors.max()), -float(errors.min()))
            sums.counts += counts_of(errors, -reach, reach, n_bins)
    return sums


def _steps(result: Result) -> Floats:
    """The step at each value, so that it broadcasts against the values."""
    if result.settings.are_integers:
        return result.wide_scale
    return steps_at(result, np.arange(result.size)).reshape(result.x.shape)


def _unit(result: Result) -> float:
    """The largest step, or the largest error where that is larger."""
    steps = result.once(_steps)
    largest = float(steps[np.isfinite(steps)].max(initial=0.0))
    return max(largest, result.metrics.max_abs if result.metrics else 0.0) or 1.0


def _squared(values: Floats) -> float:
    return float(np.dot(values, values))


def _model(result: Result) -> Model:
    rounding = result.settings.rounding
    if rounding != "toward_zero":
        return model_of(rounding)
    is_below = result.q < 0 if qc.ARITHMETICS[result.arithmetic].zero_point_first else result.x < 0
    return model_of(rounding, float(is_below.mean()))


def _caption(result: Result, found: Spread) -> str:
    of_which = "the error of the values that are not clipped" if found.n_clipped else "the error"
    has_one_step = result.scale.size == 1 and is_evenly_spaced(result.settings.fmt)
    square = "s²" if has_one_step else "the mean of s²"
    text = (
        f"If a value were as likely to lie at one place between two codes as at any other, {of_which} would be spread "
        f"{found.model.spread}, and its mean square would be {square} / {found.model.divisor} "
        f"{display.relation(display.short(found.predicted, 4))} {display.told(found.predicted, 4)}. "
    )
    if not is_evenly_spaced(result.settings.fmt):
        text = f"A step is the gap between the two numbers around a value, here s. {text}"
    text += f"Measured: {display.told(found.measured, 4)}. {_verdict(found)}"
    if found.n_clipped:
        text += (
            f" Clipping comes on top: {display.told_percent(found.n_clipped / result.size)} of the values, which bring "
            f"the mean squared error of all to {display.told(_total(found), 4)}."
        )
    if found.n_lost:
        verb = "is" if found.n_lost == 1 else "are"
        text += f" {display.plural(found.n_lost, 'value')} that became infinity or NaN {verb} left out."
    return text


def _total(found: Spread) -> float:
    """The mean squared error of all values, clipped ones included."""
    n = found.n_rounded + found.n_clipped
    return found.measured * (found.n_rounded / n) + found.clipping


def _verdict(found: Spread) -> str:
    """The measured error beside the predicted one, in words."""
    if not found.n_rounded:
        return "No value is left to judge it by."
    if found.measured == 0:
        return "Every value lies on a code, so there is no rounding error."
    times = f"{display.told(found.ratio, 3)} times the prediction"
    if 0.995 < found.ratio < 1.005:
        words = "That is the prediction to within half a percent: the model holds."
    elif 0.95 <= found.ratio <= 1.05:
        words = f"That is {times}: the model holds."
    elif 0.8 <= found.ratio <= 1.25:
        words = f"That is {times}: the model nearly holds."
    elif found.ratio < 1:
        words = f"That is only {times}: many values lie on a code or near one."
    else:
        words = f"That is {times}: many values lie far from the nearest code."
    if found.n_rounded < FEW:
        words += f" With {display.plural(found.n_rounded, 'value')}, though, chance decides."
    return words


def _figure(found: Spread) -> Figure:
    middles = (found.edges[:-1] + found.edges[1:]) / 2
    width = np.full(middles.size, found.edges[1] - found.edges[0])
    traces = [
        figure.bars(
            middles,
            found.density,
            width,
            ERROR,
            "measured",
            opacity=0.75,
            hovertemplate="density %{y:.3g} near %{x:.3g} steps<extra></extra>",
        ),
        figure.lines(
            found.model.corners, found.model.density, NEUTRAL, found.model.name, 2.5, "dash", hoverinfo="skip"
        ),
    ]
    low, high = figure.padded(float(found.edges[0]), float(found.edges[-1]), 0.04)
    top = max(float(found.density.max()), float(found.model.density.max())) * 1.08
    layout = figure.layout(
        "error in steps, (x̂ − x) / s",
        "density",
        xaxis=figure.axis("error in steps, (x̂ − x) / s", low, high),
        yaxis=figure.axis("density", 0, top),
        bargap=0,
    )
    return figure.figure(traces, layout)


def _table(found: Spread) -> Table:
    columns = [
        column("from", "From", "where the stretch of errors begins, in steps"),
        column("to", "To", "where it ends, in steps"),
        column("share", "Share", "of the errors that lie in it"),
        column("model", "By the model", "the share that the model expects there"),
    ]
    merged = found.density.size // 12
    width = float(found.edges[1] - found.edges[0]) * merged
    ends = found.edges[::merged]
    shares = found.density.reshape(-1, merged).mean(axis=1) * width
    expected = _expected(found.model, ends)
    rows = []
    for index, (share, by_model) in enumerate(zip(shares.tolist(), expected.tolist(), strict=True)):
        start, end = float(ends[index]), float(ends[index + 1])
        cells: list[Cell] = [start, end, share_cell(share), display.percent(by_model)]
        rows.append(row(index, cells))
    return table("The shares of the errors, in steps", columns, rows, has_index=False)


def _expected(model: Model, ends: Floats) -> Floats:
    """The share of the errors that the model has in each stretch: the integral of its straight pieces."""
    places = np.unique(np.concatenate([ends, model.corners]))
    middles = (places[:-1] + places[1:]) / 2
    piece = np.searchsorted(model.corners, middles, side="right") - 1
    inside = (piece >= 0) & (piece < model.corners.size - 1)
    left, right = np.clip(piece, 0, model.corners.size - 2), np.clip(piece + 1, 1, model.corners.size - 1)
    span = model.corners[right] - model.corners[left]
    along = np.divide(middles - model.corners[left], span, out=np.zeros_like(span), where=span > 0)
    height = np.where(inside, model.density[left] * (1 - along) + model.density[right] * along, 0.0)
    cumulated = np.concatenate([[0.0], np.cumsum(height * np.diff(places))])
    shares: Floats = np.diff(cumulated[np.searchsorted(places, ends)])
    return shares

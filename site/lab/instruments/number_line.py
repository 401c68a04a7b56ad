"""The followed number on the real line, between reconstruction levels: where the decision for its code falls."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from quantcore import ARITHMETICS, Codebook
from quantcore.explain.words import DIRECTED, TIES

from ..answer_types import Figure, Table
from ..drawing import figure
from ..drawing.figure import BACK, CODE, ERROR, NEUTRAL, VALUE, Floats
from ..drawing.svg_axis import label, nice_ticks
from ..explanation.table import Cell, column, row, table
from ..notation import display
from ..notation.codes import code_name
from ..results.followed import trace_of
from ..results.levels import Levels, grid_of
from ..results.result import Result
from .instrument import Instrument

Json = dict[str, Any]

WINDOW = 2.6  # steps to both sides of what is shown
MAX_CODES = 12  # written under the line
LEVEL, THRESHOLD, STEM, ERROR_LINE = 0.14, 0.26, 0.3, 1.05  # heights in the drawing; the real line is at 0
BOTTOM, TOP = -0.68, 1.1
SIDES = {"lower": "it goes to the lower of the two numbers", "upper": "it goes to the upper of the two numbers"}
ABOVE: Json = {"matches": "x", "overlaying": "x", "side": "top", "anchor": "y"}


@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    """One number among the reconstruction levels of its slice.

    Attributes:
        grid: the reconstruction levels.
        code: the place of the number's code among them; -1 if that stands for no number.
        x: the number; None when only its code is given.
        x_hat: its reconstruction; infinity or NaN where it became that.
        low, high: the ends of the decision interval, infinite where codes are clipped.
        side: -1 or 1 if the number lies below or above all codes, else 0.
    """

    grid: Levels
    code: int
    x: float | None
    x_hat: float
    low: float
    high: float
    side: int

    @property
    def error_steps(self) -> float:
        """The error, as a fraction of a step; NaN if there is no step, or no number."""
        if self.x is None or self.x_hat == self.x:
            return 0.0
        return (self.x_hat - self.x) / self.grid.scale if self.grid.scale else float("nan")

    @property
    def window(self) -> tuple[float, float]:
        """The part of the real line that is drawn."""
        seen = figure.ends(self.x_hat if self.x is None else [self.x, self.x_hat])
        if not np.isfinite(self.x_hat):
            seen = figure.ends(seen, self.grid.reals(np.array([self.grid.qmax if self.side > 0 else 0])))
        return figure.around(*seen, WINDOW * self.grid.scale)


def applies(result: Result) -> bool:
    """Whether there are levels, and a number among them to be followed."""
    has_place = not result.settings.is_dequantize or bool(np.isfinite(result.flat_x_hat[result.element]))
    return has_place and grid_of(result).n_codes > 0


def build(result: Result) -> Instrument:
    """The instrument for a result."""
    found = decision(result)
    return Instrument(_caption(result, found), _figure(result, found), _table(result, found))


def decision(result: Result) -> Decision:
    """The followed number and the interval that decides on its code."""
    grid, element = grid_of(result), result.element
    code, x_hat = grid.place(result.flat_q[element]), float(result.flat_x_hat[element])
    if result.settings.is_dequantize:
        x, side = None, 0
    else:
        x = float(result.flat_x[element])
        has_end = result.is_clipping or not result.settings.are_integers
        side = int(result.sides.reshape(-1)[element]) if has_end else 0
    if code < grid.qmin and not result.settings.are_integers:  # infinity, or NaN
        ends = grid.thresholds(np.array([-1, grid.qmax])).tolist()
        low, high = (-np.inf, ends[0]) if side < 0 else (ends[1], np.inf)
    else:
        low, high = interval(grid, code, result.is_clipping)
    return Decision(grid=grid, code=code, x=x, x_hat=x_hat, low=low, high=high, side=side)


def interval(grid: Levels, code: int, is_clipping: bool) -> tuple[float, float]:
    """From where to where numbers get a code, or may get it where chance decides."""
    if grid.rounding == "stochastic":
        low, high = grid.reals(np.array([code - 1, code + 1])).tolist()
    else:
        low, high = grid.thresholds(np.array([code - 1, code])).tolist()
    if is_clipping:
        low = -np.inf if code == grid.qmin else low
        high = np.inf if code == grid.qmax else high
    return low, high


def _caption(result: Result, found: Decision) -> str:
    element = result.element
    has_level = found.code >= found.grid.qmin
    code = found.grid.long_name(found.code) if has_level else code_name(result.flat_q[element], result.settings.fmt)
    low, high = (display.told(end) for end in (found.low, found.high))
    x_hat = display.told(result.flat_x_hat[element])
    if found.x is None:
        return f"Code {code} stands for {x_hat}. Rounded to nearest, every number from {low} to {high} would get it."
    x = display.told(result.flat_x[element])
    if not np.isfinite(found.x_hat):
        name = "NaN" if np.isnan(found.x_hat) else x_hat
        end = high if found.side < 0 else low
        return f"{x} lies beyond {end}, where the numbers of the format end, and becomes {name}: code {code}."
    if result.settings.rounding == "stochastic" and not found.side:
        text = f"{x} lies between two levels and went to that of code {code} by chance; the nearer one is likelier. "
    elif found.side:
        which = "above the highest" if found.side > 0 else "below the lowest"
        text = f"{x} lies {which} level, so it is clipped to code {code}. "
    else:
        text = f"{x} lies in the interval of code {code}, from {low} to {high}. " + _beside(result, found)
    if found.error_steps == 0:
        text += "It is exactly what the code stands for: no error."
    else:
        text += f"The code stands for {x_hat}: an error of {_in_steps(found)}."
    return text + _at_a_threshold(result)


def _in_steps(found: Decision) -> str:
    """The size of the error, in words."""
    steps = abs(found.error_steps)
    if np.isnan(steps):
        return display.told(abs(found.x_hat - (found.x or 0.0)), 4)
    return f"{display.told(round(steps, 9), 3)} {_of_a_step(found)}"


def _of_a_step(found: Decision) -> str:
    return "of a step" if abs(found.error_steps) < 1 else "steps"


def _beside(result: Result, found: Decision) -> str:
    """Why a number got a code in whose interval it does not lie."""
    if found.x is None or found.low <= found.x <= found.high:
        return ""
    if result.stored is not None:
        return "(It lies outside: the format searches codes and scale together, and took another than the nearest.) "
    return f"(It lies a little beyond: {result.settings.precision} rounded on the way, before the decision.) "


def _at_a_threshold(result: Result) -> str:
    """What happens to a number exactly on a decision threshold."""
    rounding = result.once(_tie_rule)
    if rounding in DIRECTED:
        return " The dashed decision thresholds are the levels themselves; a number on a level keeps it."
    if rounding not in TIES and rounding not in SIDES:
        return ""
    text = f" A number exactly on a dashed decision threshold is a tie: {TIES.get(rounding) or SIDES[rounding]}"
    if rounding == "half_even":
        if not result.settings.are_integers:
            return f"{text} of the two codes, whose last bit is 0."
        of_codes = ARITHMETICS[result.arithmetic].zero_point_first
        text += (
            " of the two codes"
            if of_codes
            else " of the two whole numbers around x / s, before the zero point is added"
        )
    return f"{text}."


def _tie_rule(result: Result) -> str:
    """By what a number halfway between two levels goes to one of them; empty where nothing general can be said."""
    fmt, rounding = result.settings.fmt, result.settings.rounding
    if result.settings.is_dequantize:
        return rounding if result.settings.are_integers else ""
    if result.stored is not None:
        trace = trace_of(result)
        steps = [step for step in trace.steps if step.name == "rounded" and step.operation in ("nearest", "same")]
        return steps[-1].rounding or "" if steps else ""
    if isinstance(fmt, Codebook) and rounding == "half_even":
        return fmt.ties.name.lower()
    return rounding


def _figure(result: Result, found: Decision) -> Figure:
    grid, (low, high) = found.grid, found.window
    codes = _codes(found, low, high)
    levels = grid.reals(codes)
    thresholds = _thresholds(grid, codes, result.is_clipping)
    thresholds = thresholds[(thresholds > low) & (thresholds < high)]
    traces = [
        _strokes(levels, LEVEL, CODE, "reconstruction level", 2.5),
        _strokes(thresholds, THRESHOLD, NEUTRAL, "decision threshold", 1.5, "dash"),
    ]
    if np.isfinite(found.x_hat):
        back = result.flat_x_hat[result.element]
        traces += _pin(found.x_hat, -STEM, BACK, "reconstruction x̂", "diamond-open", back)
    if found.x is not None:
        error = figure.lines(
            [found.x, found.x_hat], [ERROR_LINE] * 2, ERROR, "error", 4, hoverinfo="skip", showlegend=False
        )
        traces += [error, *_pin(found.x, STEM, VALUE, "value x", "circle", result.flat_x[result.element])]
    return figure.figure(traces, _layout(result, found, codes))


def _strokes(places: Floats, height: float, color: str, name: str, width: float, dash: str = "solid") -> Json:
    """A stroke through the line at each place, as far down as up."""
    heights = [-height, height, None] * places.size
    return figure.lines(figure.gapped(places, places), heights, color, name, width, dash, hoverinfo="skip")


def _pin(place: float, height: float, color: str, name: str, symbol: str, value: Any) -> list[Json]:
    """A mark on the line, and the stem to its label."""
    stem = figure.lines([place, place], [0, height], color, name, 1, hoverinfo="skip", showlegend=False)
    size = 15 if symbol.endswith("open") else 11
    told = figure.hover(f"{name} {display.equals(value, display.BRIEF)}")
    mark = figure.markers([place], [0], color, name, size, symbol, xaxis="x2", showlegend=False, **told)
    return [stem, mark]


def _codes(found: Decision, low: float, high: float) -> Any:
    """The codes whose levels are in the window, thinned out if they are many."""
    grid = found.grid
    first, last = grid.within(low, high)
    every = max(1, -(-(last - first + 1) // MAX_CODES))
    return np.unique(np.append(np.arange(last, first - 1, -every), max(grid.qmin, found.code)))


def _thresholds(grid: Levels, codes: Any, is_clipping: bool) -> Any:
    """Where one code's interval ends and the next begins; none where chance decides, or codes are left out."""
    if grid.rounding == "stochastic" or codes[-1] - codes[0] != codes.size - 1:
        return np.empty(0)
    edges = grid.thresholds(np.arange(codes[0] - 1, codes[-1] + 1))
    if is_clipping:  # beyond the last code there is none
        edges = edges[int(codes[0] == grid.qmin) : edges.size - int(codes[-1] == grid.qmax)]
    return edges


def _layout(result: Result, found: Decision, codes: Any) -> Json:
    low, high = found.window
    shapes = [
        figure.band(max(found.low, low), min(found.high, high), -THRESHOLD, THRESHOLD, BACK, 0.16),
        figure.segment(low, 0, high, 0, width=1.5),
    ]
    texts = []
    if np.isfinite(found.x_hat):
        texts.append(
            figure.note(
                found.x_hat,
                -STEM,
                f"x̂ {display.equals(result.flat_x_hat[result.element], display.BRIEF)}",
                yanchor="top",
            )
        )
    if found.x is not None:
        texts.append(
            figure.note(
                found.x, STEM, f"x {display.equals(result.flat_x[result.element], display.BRIEF)}", yanchor="bottom"
            )
        )
    if found.x is not None and np.isfinite(found.x_hat):
        middle = found.x / 2 + found.x_hat / 2
        texts.append(figure.note(middle, ERROR_LINE, _error_text(found), yanchor="top", yshift=-3))
    ticks = nice_ticks(low, high, 4)
    return figure.layout(
        xaxis=_axis("codes q", low, high, found.grid.reals(codes).tolist(), map(found.grid.name, codes.tolist())),
        xaxis2=_axis("real numbers", low, high, ticks, map(label, ticks)) | ABOVE,
        yaxis={"visible": False, "range": [BOTTOM, TOP], "fixedrange": True},
        margin={"l": 16, "r": 16, "t": 68, "b": 48},
        shapes=shapes,
        annotations=texts,
    )


def _axis(title: str, low: float, high: float, places: list[float], texts: Iterable[str]) -> Json:
    """The line's one or other side, with a text at each place."""
    return figure.axis(title, low, high, tickvals=places, ticktext=list(texts), showgrid=False, ticks="")


def _error_text(found: Decision) -> str:
    if found.error_steps == 0:
        return "no error"
    if np.isnan(found.error_steps):
        return display.sentence(f"error {_in_steps(found)}")[0]
    return f"error {display.typographic(f'{found.error_steps:+.3g}')} {_of_a_step(found)}"


def _table(result: Result, found: Decision) -> Table:
    grid = found.grid
    at = found.code if found.code >= grid.qmin else grid.qmax if found.side > 0 else grid.qmin
    codes = np.arange(max(grid.qmin, at - 2), min(grid.qmax, at + 2) + 1)
    columns = [
        column("q", "Code q", "the neighbouring codes"),
        column("x_hat", "Level x̂", "the real number that the code stands for"),
        column("from", "From", "where its interval begins"),
        column("to", "To", "where its interval ends"),
    ]
    if found.x is not None:
        columns.append(column("distance", "From x, in steps", "how far its level is from the value"))
    rows = []
    for code, level in zip(codes.tolist(), grid.reals(codes).tolist(), strict=True):
        ends = (level, *interval(grid, code, result.is_clipping))
        cells: list[Cell] = [grid.long_name(code), *ends]
        if found.x is not None:
            cells.append((level - found.x) / grid.scale if grid.scale else display.NOTHING)
        rows.append(row(code - int(codes[0]), cells, code == found.code))
    return table("The codes around the followed number", columns, rows)

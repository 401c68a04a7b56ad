"""The notebook's diagram of two lines: real numbers above, codes below, each value joined to its code and back."""

from typing import Any

import numpy as np

from .. import display, figure
from ..figure import BACK, CODE, NEUTRAL, VALUE
from ..levels import Grid, grid_of, spread_out
from ..result import Result
from ..table import column, row, table
from .instrument import Instrument

Json = dict[str, Any]

REAL_LINE, CODE_LINE = 1.0, 0.0
FEW = 12  # so many values are labelled
MANY = 80  # beyond so many, marks become strokes
MAX_TICKS = 17


def build(result: Result) -> Instrument:
    """The instrument for a result."""
    return Instrument("mapping", "From real numbers to codes and back", _caption(result), _figure(result), _table(result))


def _caption(result: Result) -> str:
    if result.settings.is_dequantize:
        return (
            "The codes lie on the lower line, each under the real number that it stands for. Follow a line up: "
            "subtract the zero point, multiply by the scale, and you are there."
        )
    text = (
        "The upper line holds the real numbers, the lower one the codes, each drawn under the real number that it stands for. "
        "A value goes down to the nearest code and straight up again to its reconstruction: the more its line "
        "leans, the larger its error."
    )
    if result.scale.size > 1:
        text += " Every slice has a scale of its own; the codes that are written out belong to the slice of the followed number."
    return text


def _figure(result: Result) -> Json:
    grid = grid_of(result)
    shown = figure.select([result.flat_x, result.flat_x_hat], keep=(result.element,))
    x, x_hat = result.flat_x[shown].astype(np.float64), result.flat_x_hat[shown].astype(np.float64)
    low = min(float(x.min()), float(x_hat.min()), grid.low)
    high = max(float(x.max()), float(x_hat.max()), grid.high)
    low, high = figure.padded(low, high, 0.04)
    traces = _links(result, x, x_hat) + _marks(result, shown, x, x_hat)
    if len(shown) <= FEW:
        traces += _labels(result, shown, x, x_hat, high - low)
    return figure.figure(traces, _layout(result, grid, low, high))


def _links(result: Result, x: Any, x_hat: Any) -> list[Json]:
    """The way down and the way back, for every value."""
    few = len(x) <= FEW
    opacity = 1.0 if few else max(0.06, min(0.6, 12 / len(x)))
    width = 2 if few else 1
    up = figure.lines(
        figure.gapped(x_hat, x_hat), [CODE_LINE, REAL_LINE, None] * len(x), BACK, "dequantize", width, "dot",
        opacity=opacity, hoverinfo="skip", showlegend=False,
    )  # fmt: skip
    if result.settings.is_dequantize:
        return [up]
    down = figure.lines(
        figure.gapped(x, x_hat), [REAL_LINE, CODE_LINE, None] * len(x), VALUE, "quantize", width,
        opacity=opacity, hoverinfo="skip", showlegend=False,
    )  # fmt: skip
    return [down, up]


def _marks(result: Result, shown: Any, x: Any, x_hat: Any) -> list[Json]:
    """The marks on both lines: values, codes and reconstructions."""
    n = len(shown)
    size = 12 if n <= FEW else 9 if n <= MANY else 7
    stroke = n > MANY
    codes = result.flat_q[shown]
    q_text = [f"q = {display.shortest(int(code))}" for code in codes]
    back = figure.markers(
        x_hat, [REAL_LINE] * n, BACK, "reconstruction x̂", size + 5, "line-ns-open" if stroke else "diamond-open",
        hovertext=[f"x̂ = {display.short(value)}" for value in x_hat], hoverinfo="text",
    )  # fmt: skip
    below = figure.markers(
        x_hat, [CODE_LINE] * n, CODE, "code q", size, "line-ns-open" if stroke else "square",
        hovertext=q_text, hoverinfo="text", customdata=shown.tolist(),
    )  # fmt: skip
    if result.settings.is_dequantize:
        return [{**back, "xaxis": "x2"}, below]
    above = figure.markers(
        x, [REAL_LINE] * n, VALUE, "value x", size, "line-ns-open" if stroke else "circle",
        hovertext=[f"x = {display.short(value)}" for value in x], hoverinfo="text", customdata=shown.tolist(), xaxis="x2",
    )  # fmt: skip
    return [above, below, back]


def _labels(result: Result, shown: Any, x: Any, x_hat: Any, span: float) -> list[Json]:
    """The numbers at the marks, where they do not run into each other."""
    room = span * 0.11
    chosen: list[int] = []
    order = sorted(range(len(shown)), key=lambda i: (int(shown[i]) != result.element, float(x[i])))
    for i in order:
        if all(abs(float(x_hat[i]) - float(x_hat[other])) > room for other in chosen):
            chosen.append(i)
    at = [x_hat[i] for i in chosen]
    up = [f"x̂ {_equals(x_hat[i])}" for i in chosen]
    codes = [f"q = {display.shortest(int(result.flat_q[shown[i]]))}" for i in chosen]
    texts = [
        figure.labels(at, [REAL_LINE + 0.12] * len(at), up, "top center"),
        figure.labels(at, [CODE_LINE - 0.12] * len(at), codes, "bottom center"),
    ]
    if not result.settings.is_dequantize:
        values = [f"x {_equals(x[i])}" for i in chosen]
        texts.append(figure.labels(at, [REAL_LINE + 0.32] * len(at), values, "top center"))
    return texts


def _equals(value: Any) -> str:
    text = display.short(float(value), 5)
    return f"≈ {text[1:]}" if text.startswith(display.ABOUT) else f"= {text}"


def _layout(result: Result, grid: Grid, low: float, high: float) -> Json:
    shapes = [
        figure.segment(low, REAL_LINE, high, REAL_LINE, width=1.5),
        figure.segment(grid.low, CODE_LINE, grid.high, CODE_LINE, width=1.5),
        *_code_strokes(grid),
    ]
    ticks = _ticks(grid, high - low)
    if grid.qmin <= grid.zero_point <= grid.qmax:
        shapes.append(figure.segment(0, CODE_LINE, 0, REAL_LINE, dash="dot"))
    return figure.layout(
        "codes q",
        "",
        xaxis=figure.axis(
            "codes q", low, high, showgrid=False, tickvals=ticks[0], ticktext=ticks[1], side="bottom", ticks="",
        ),
        xaxis2=figure.axis(
            "real numbers", low, high, showgrid=False, matches="x", overlaying="x", side="top", ticks="", anchor="y",
        ),
        yaxis={"visible": False, "range": [-0.5, 1.75], "fixedrange": True},
        margin={"l": 16, "r": 16, "t": 76, "b": 48},
        legend={"orientation": "h", "x": 0, "y": 1.3, "xanchor": "left", "yanchor": "bottom"},
        shapes=shapes,
    )  # fmt: skip


def _code_strokes(grid: Grid) -> list[Json]:
    """A small stroke at each code, or at the ends of many."""
    codes = np.arange(grid.qmin, grid.qmax + 1) if grid.n_codes <= 64 else np.array([grid.qmin, grid.qmax])
    return [figure.segment(real, CODE_LINE - 0.05, real, CODE_LINE + 0.05) for real in grid.reals(codes).tolist()]


def _ticks(grid: Grid, span: float) -> tuple[list[float], list[str]]:
    """The codes that are written under the line: both ends, the zero point, and some between."""
    codes = spread_out(grid.qmin, grid.qmax, MAX_TICKS if grid.n_codes <= MAX_TICKS else 9).tolist()
    if grid.zero_point.is_integer() and grid.qmin <= grid.zero_point <= grid.qmax:
        codes = [code for code in codes if abs(code - grid.zero_point) * grid.scale > span * 0.05 or code in (grid.qmin, grid.qmax)]
        codes = sorted({*codes, int(grid.zero_point)})
    kept: list[int] = []
    for code in codes:
        is_end = code in (grid.qmin, grid.qmax, int(grid.zero_point))
        if is_end or not kept or (code - kept[-1]) * grid.scale > span * 0.04:
            kept.append(code)
    texts = [f"z = {display.shortest(code)}" if code == grid.zero_point else display.shortest(code) for code in kept]
    return grid.reals(np.array(kept)).tolist(), texts


def _table(result: Result) -> Json:
    columns = [column("x", "Value x", "on the upper line"), column("q", "Code q", "on the lower line"),
               column("x_hat", "Reconstruction x̂", "on the upper line again")]  # fmt: skip
    shown = figure.select([result.flat_x, result.flat_x_hat], 20, (result.element,))
    rows = [
        row(
            int(i),
            [display.short(result.flat_x[i]), display.shortest(int(result.flat_q[i])), display.short(result.flat_x_hat[i])],
            int(i) == result.element,
        )
        for i in shown
    ]
    if result.settings.is_dequantize:
        columns = columns[1:]
        rows = [{**line, "cells": line["cells"][1:]} for line in rows]
    which = "All numbers" if len(rows) == result.size else f"{len(rows)} of {display.count(result.size)} numbers, the extremes among them"
    return table(f"{which} on both lines", columns, rows)

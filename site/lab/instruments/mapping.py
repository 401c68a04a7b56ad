"""The notebook's diagram of two lines: real numbers above, codes below, each value joined to its code and back."""

import re
from functools import lru_cache
from typing import Any

import numpy as np

from ..answer_types import Figure, Table
from ..drawing import figure
from ..drawing.figure import BACK, CODE, NEUTRAL, VALUE, Floats, Indices
from ..explanation.table import column, row, table
from ..notation import display
from ..notation.codes import code_name
from ..results.levels import EvenLevels, Levels, Places, at_or_below, code_names, grid_of, seen_apart, view_of
from ..results.result import Result
from ..results.sharing import block_name, block_noun, followed_block, members
from .instrument import RANGE_ENDS, Instrument
from .mapping_blocks import strip
from .mapping_density import CODE_LINE, REAL_LINE, densities

Json = dict[str, Any]

DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
FEW = 12  # so many values are labelled
MANY = 80  # beyond so many, what is drawn is how many there are of them
N_TICKS = 8
NARROW, WIDE, ROOM = 0.28, 0.13, 560
"""How far apart labels are, as shares of the axis, on any screen and where the drawing has so many pixels."""
RIM = 0.15  # share of the line at each end where a label grows inward, for it would not fit otherwise
REACH = 0.025  # how far strokes reach up and down from a line
BELOW_STRIP = 0.67  # of the height, where the strip of all blocks is above
ABOVE = {"matches": "x", "overlaying": "x", "side": "top", "anchor": "y", "tickmode": "auto"}
"""The second axis: it runs with the first, with ticks of its own, above."""


def build(result: Result) -> Instrument:
    """The instrument for a result."""
    ends, values = _ends(result), _movable(result)
    places = {"a value along the upper line": values, "an end of the range, at the bottom": ends}
    moved = " or ".join(place for place, handles in places.items() if handles)
    return Instrument(
        _caption(result),
        _figure(result),
        _table(result),
        handles=ends | values,
        heights=dict.fromkeys(values, REAL_LINE),
        use=f"Drag {moved}, or move it by the arrow keys." if moved else "",
    )


def _ends(result: Result) -> dict[str, float]:
    """The ends of the range that was asked for, as far as they are in view."""
    low, high = result.once(_view)
    ends = zip(RANGE_ENDS, result.followed_range, strict=True) if result.ranges is not None else ()
    return {name: end for name, end in ends if low <= end <= high}


def _movable(result: Result) -> dict[str, float]:
    """The typed values that can be moved: a few, or of more the followed one."""
    settings, shown = result.settings, drawn(result)
    if settings.is_dequantize or settings.texts["source"] != "values" or shown.size > MANY or not _is_plain(result):
        return {}
    elements = shown if shown.size <= FEW else [result.element]
    return {f"values:{element}": float(result.flat_x[element]) for element in elements}


def _is_plain(result: Result) -> bool:
    """Whether each number stands by itself in the text, in decimal digits, so that another can be put in its place."""
    numbers = _decimals(result.settings.texts["values"])
    return numbers is not None and np.array_equal(numbers, result.settings.data.reshape(-1))


@lru_cache(maxsize=1)  # a long text stays the same while other settings change
def _decimals(text: str) -> Floats | None:
    """The numbers of a text; None where one of them is not in decimal digits."""
    tokens = re.findall(r"[^ ,;\[\]()\t\r\n]+", text)
    return np.array(tokens, np.float64) if all(map(DECIMAL.fullmatch, tokens)) else None


def _view(result: Result) -> tuple[float, float]:
    """The part of the real line that is drawn."""
    grid, shown = grid_of(result), drawn(result)
    known = [result.flat_x, result.flat_x_hat]
    if shown.size < result.size:
        known = [of[shown] for of in known]
    if result.ranges is not None and isinstance(grid, EvenLevels):
        known.append(np.array(result.followed_range))
    return figure.padded(*view_of(grid, *figure.ends(*known)), 0.06)


def _caption(result: Result) -> str:
    if result.settings.is_dequantize:
        way = "subtract the zero point, multiply by the scale"
        if not result.settings.are_integers:
            has_offset = result.stored is not None and result.stored.offset is not None
            way = f"take the number of the code, multiply it by the scale{', add the offset' if has_offset else ''}"
        return (
            "The codes lie on the lower line, each under the real number that it stands for. Follow a line up: "
            f"{way}, and you are there."
        )
    text = (
        "The upper line holds the real numbers, the lower one the codes, each drawn under the real number that it "
        "stands for. A value goes down to the nearest code and straight up again to its reconstruction: the more "
        "its line leans, the larger its error."
    )
    if drawn(result).size > MANY:
        text = (
            "The columns show how many values lie in each stretch of the upper line, and how many have each code on "
            "the lower one. The way of the followed number is drawn: down to the nearest code and straight up again "
            "to its reconstruction."
        )
    return text + _which(result)


def _which(result: Result) -> str:
    """Of several slices or blocks, which one is drawn."""
    if result.scale.size == 1:
        return ""
    x = display.equals(result.flat_x[result.element], 4)
    noun = block_noun(result)
    return (
        f" Drawn is {block_name(result, followed_block(result))}, the one of x {x}, with its own scale; the "
        f"strip on top shows the scale of every {noun}."
    )


def drawn(result: Result) -> Indices:
    """The elements that the figure is about: those that share their scale with the followed one."""
    return result.once(_drawn)


def _drawn(result: Result) -> Indices:
    return members(result) if result.scale.size > 1 else np.arange(result.size)


def _figure(result: Result) -> Figure:
    grid = grid_of(result)
    shown = drawn(result)
    x, x_hat = result.flat_x, result.flat_x_hat
    if shown.size < result.size:
        x, x_hat = x[shown], x_hat[shown]
    low, high = result.once(_view)
    is_labelled, is_many = len(shown) <= FEW, len(shown) > MANY
    if is_many:
        traces, shapes = densities(result, grid, shown, x, x_hat, (low, high))
        _add_way(result, traces, shapes)
    else:
        x, x_hat = x.astype(np.float64), x_hat.astype(np.float64)
        traces, shapes = _few(result, shown, x, x_hat)
    followed = [float(result.flat_x[result.element])]
    traces.append(figure.ring(followed, [REAL_LINE], xaxis="x2"))
    if is_labelled:
        is_number = np.isfinite(x_hat)
        traces += _labels(result, shown[is_number], x_hat[is_number], low, high)
    layout = _layout(grid, low, high, is_labelled, is_many)
    layout["shapes"] += shapes
    if result.scale.size > 1:
        _add_strip(result, traces, layout)
    return figure.figure(traces, layout)


def _add_way(result: Result, traces: list[Json], shapes: list[Json]) -> None:
    """The followed number's own way down and back, among many."""
    x, x_hat = (np.array([float(of[result.element])]) for of in (result.flat_x, result.flat_x_hat))
    if not np.isfinite(x_hat[0]):
        return
    if not result.settings.is_dequantize:
        shapes.append(figure.strokes(x, REAL_LINE, x_hat, CODE_LINE, VALUE, 2, "way down"))
    shapes.append(figure.strokes(x_hat, CODE_LINE, x_hat, REAL_LINE, BACK, 2, "way back", dash="dot"))
    known = {**_known(result, np.array([result.element])), "showlegend": False}
    traces.append(figure.markers(x_hat, [CODE_LINE], CODE, "followed code", 9, "square", **known))


def _add_strip(result: Result, traces: list[Json], layout: Json) -> None:
    """All slices or blocks above the lines."""
    found, shapes, axes = strip(result)
    traces += found
    layout["shapes"] += shapes
    layout |= axes
    layout["yaxis"]["domain"] = [0, BELOW_STRIP]
    layout["xaxis2"]["title"]["standoff"] = 2
    title = figure.note(0, 1, f"scale of every {block_noun(result)}", xref="x3", yref="y3")
    layout["annotations"] = [title | {"xanchor": "left", "yanchor": "bottom"}]
    layout["margin"] = {**layout["margin"], "t": 56}


def _few(result: Result, shown: Indices, x: Floats, x_hat: Floats) -> tuple[list[Json], list[Json]]:
    """Each value with its way down and back, and marks at its ends."""
    n = len(shown)
    size = 12 if n <= FEW else 9
    width = 2 if n <= FEW else 1
    below = figure.markers(x_hat, [CODE_LINE] * n, CODE, "code q", size, "square", **_known(result, shown))
    back = figure.markers(
        x_hat, [REAL_LINE] * n, BACK, "back x̂", size + 5, "diamond-open", xaxis="x2", **_known(result, shown)
    )
    is_number = np.isfinite(x_hat)
    real, thick, opacity = x_hat[is_number], 4 if n <= FEW else 1, 0.5 if n <= FEW else 0.35
    up = figure.strokes(real, CODE_LINE, real, REAL_LINE, BACK, width, "dequantize", dash="dot")
    if result.settings.is_dequantize:
        return [below, back], [up]
    down = figure.strokes(x[is_number], REAL_LINE, real, CODE_LINE, VALUE, thick, "quantize", opacity=opacity)
    above = figure.markers(x, [REAL_LINE] * n, VALUE, "value x", size, "circle", xaxis="x2", **_value(shown))
    return [above, below, back], [down, up]


def _value(shown: Indices) -> Json:
    """What a value tells under the pointer."""
    return {"customdata": shown.tolist(), **figure.hover("x = %{x:.9~g}")}


def _known(result: Result, shown: Indices) -> Json:
    """What a code or a reconstruction tells under the pointer."""
    told = figure.hover("q = %{text}", "x̂ = %{x:.9~g}")
    return {"text": code_names(result, shown), "customdata": shown.tolist(), **told}


def _labels(result: Result, shown: Indices, x_hat: Floats, low: float, high: float) -> list[Json]:
    """The numbers at the marks, where they do not run into each other; the followed one has the first choice.

    Those that have no place on a narrow screen are a trace of their own, whose `meta.room` says how wide it must be.
    """
    first = sorted(range(len(shown)), key=lambda i: (int(shown[i]) != result.element, float(x_hat[i])))
    sides, width = _sides(x_hat, low, high), high - low
    everywhere = _apart(first, x_hat, sides, width * NARROW, [])
    beside = _apart(first, x_hat, sides, width * WIDE, everywhere)[len(everywhere) :]
    texts = [_label(result, shown[everywhere], x_hat[everywhere], low, high)]
    if beside:
        texts.append(_label(result, shown[beside], x_hat[beside], low, high) | {"meta": {"room": ROOM}})
    return texts


def _apart(places: list[int], x: Floats, sides: list[str], width: float, kept: list[int]) -> list[int]:
    """What is kept already, and of further places those whose label, so wide, meets none of the others."""
    grown = {"right": width / 2, "center": 0.0, "left": -width / 2}
    middles = [at + grown[side] for at, side in zip(x.tolist(), sides, strict=True)]
    kept = list(kept)
    for i in places:
        if all(abs(middles[i] - middles[other]) > width for other in kept):
            kept.append(i)
    return kept


def _sides(at: Floats, low: float, high: float) -> list[str]:
    """To which side of its place each label grows."""
    middle, rim = (low + high) / 2, (high - low) * RIM
    return ["right" if x < low + rim < middle else "left" if x > high - rim else "center" for x in at.tolist()]


def _label(result: Result, elements: Indices, at: Floats, low: float, high: float) -> Json:
    """Reconstructions, codes and values as texts."""
    sides = _sides(at, low, high)
    top, bottom = [f"top {side}" for side in sides], [f"bottom {side}" for side in sides]
    backs = [f"x̂ {display.equals(result.flat_x_hat[i], 4)}" for i in elements]
    codes = [f"q = {code}" for code in code_names(result, elements)]
    heights, texts, places = [REAL_LINE + 0.1, CODE_LINE - 0.1], backs + codes, top + bottom
    if not result.settings.is_dequantize:
        heights.append(REAL_LINE + 0.32)
        texts += [f"x {display.equals(result.flat_x[i], 4)}" for i in elements]
        places += top
    return figure.labels(np.tile(at, len(heights)), np.repeat(heights, len(at)), texts, places)


def _layout(grid: Levels, low: float, high: float, is_labelled: bool, is_many: bool) -> Json:
    shapes = [figure.segment(low, REAL_LINE, high, REAL_LINE, width=1.5)]
    if grid.n_codes:
        begin, end = max(grid.low, low), min(grid.high, high)
        shapes += [figure.segment(begin, CODE_LINE, end, CODE_LINE, width=1.5), _code_strokes(grid, low, high)]
    places, texts = _ticks(grid, low, high)
    if grid.qmin <= grid.zero_point <= grid.qmax:
        shapes.append(figure.segment(0, CODE_LINE, 0, REAL_LINE, dash="dash"))
    plain = {"showgrid": False, "ticks": ""}
    heights = [-0.42, 1.68] if is_labelled else [-0.15, 1.45] if is_many else [-0.15, 1.15]
    return figure.layout(
        xaxis=figure.axis("codes q", low, high, tickvals=places, ticktext=texts, tickangle=0, **plain),
        xaxis2=figure.axis("real numbers", low, high, **plain, **ABOVE),
        yaxis={"visible": False, "range": heights, "fixedrange": True},
        margin={"l": 16, "r": 16, "t": 72, "b": 48},
        legend={"orientation": "h", "x": 0, "y": 1, "xref": "container", "yref": "container", "yanchor": "top"},
        shapes=shapes,
        meta=figure.keeps(("quantize", "code q", "back x̂"), ("xaxis", "xaxis2")),
    )


def _code_strokes(grid: Levels, low: float, high: float) -> Json:
    """A small stroke at each code, longer than those of the values' codes; of many even ones only at the ends."""
    codes: Places = np.arange(grid.qmin, grid.qmax + 1) if grid.n_codes <= 64 else np.array([grid.qmin, grid.qmax])
    if grid.n_codes > 64 and not isinstance(grid, EvenLevels):
        codes = seen_apart(grid, low, high)
    reals = grid.reals(codes)
    return figure.strokes(reals, CODE_LINE - 2 * REACH, reals, CODE_LINE + 2 * REACH, NEUTRAL, 1, "codes")


def _ticks(grid: Levels, low: float, high: float) -> tuple[list[float], list[str]]:
    """The codes that are written under the line: the zero point, both ends, and round ones where there is room."""
    first, last = (grid.qmin, grid.qmax) if isinstance(grid, EvenLevels) else grid.within(low, high)
    if first > last:
        return [], []
    wanted = [first, last]
    if grid.zero_point.is_integer() and first <= grid.zero_point <= last:
        wanted.insert(0, int(grid.zero_point))
    wanted += _round_codes(grid) if isinstance(grid, EvenLevels) else at_or_below(grid, np.linspace(low, high, N_TICKS))
    reals = dict(zip(wanted, grid.reals(np.array(wanted)).tolist(), strict=True))
    room = (high - low) * (0.115 if isinstance(grid, EvenLevels) else 0.15)
    kept: list[int] = []
    for code, real in reals.items():
        if all(abs(real - reals[other]) > room for other in kept):
            kept.append(code)
    kept.sort()
    is_named = isinstance(grid, EvenLevels)
    texts = [f"z = {grid.name(code)}" if code == grid.zero_point and is_named else grid.name(code) for code in kept]
    return [reals[code] for code in kept], texts


def _round_codes(grid: EvenLevels) -> list[int]:
    """The rounder ones first."""
    step = 1 << max(0, (grid.n_codes // N_TICKS - 1).bit_length())
    return [
        code
        for every in (4 * step, 2 * step, step)
        for code in range(grid.qmin // every * every, grid.qmax + 1, every)
        if code >= grid.qmin
    ]


def _table(result: Result) -> Table:
    columns = [
        column("x", "Value x", "on the upper line"),
        column("q", "Code q", "on the lower line"),
        column("x_hat", "Dequantized x̂", "on the upper line again"),
    ]
    all_drawn = drawn(result)
    at = int(np.searchsorted(all_drawn, result.element))
    shown = all_drawn[figure.select([result.flat_x[all_drawn], result.flat_x_hat[all_drawn]], 20, (at,))]
    rows = []
    has_x = not result.settings.is_dequantize
    for i in shown.tolist():
        cells = [code_name(result.flat_q[i], result.settings.fmt), result.flat_x_hat[i]]
        rows.append(row(i, [result.flat_x[i], *cells] if has_x else cells, i == result.element))
    which = "All numbers"
    if len(rows) < all_drawn.size:
        which = f"{len(rows)} of {display.count(all_drawn.size)} numbers, the extremes among them,"
    if result.scale.size > 1:
        which += f" of {block_name(result, followed_block(result))}"
    return table(f"{which} on both lines", columns if has_x else columns[1:], rows)

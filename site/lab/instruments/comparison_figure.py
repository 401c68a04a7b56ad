"""The chart of a comparison: signal to noise against bits per value."""

import math
from typing import Any

from ..answer_types import Figure
from ..comparing.measuring import Measured
from ..comparing.schemes import KINDS
from ..drawing import figure
from ..drawing.figure import BACK, CODE, ERROR, NEUTRAL, VALUE
from ..notation import display

Json = dict[str, Any]

DECIBELS_PER_BIT = 20 * math.log10(2)

MARKS = {
    "tensor": (VALUE, "circle"),
    "block": (VALUE, "diamond"),
    "format": (ERROR, "triangle-up"),
    "gguf": (ERROR, "star"),
}
"""Colour and shape of each kind of scheme: integers and plain floats are told from block formats by their colour."""

# How large a letter is, as a share of the plot of a narrow page.
LETTER_WIDTH, LETTER_HEIGHT = 0.028, 0.062
PLACES = ("middle right", "top center", "bottom center", "middle left")
PLACES_ON_FRONT = ("top center", "bottom center", "middle left", "middle right")  # the front goes on to the right


def draw(measured: list[Measured], best: Measured | None) -> Figure:
    """The figure; schemes without any error have no place in it."""
    shown = [scheme for scheme in measured if math.isfinite(scheme.metrics.sqnr_db)]
    if not shown:
        return figure.figure([], figure.layout("bits per value", "signal to noise (dB)"))
    bits = [scheme.bits_per_value for scheme in shown]
    ratios = [scheme.metrics.sqnr_db for scheme in shown]
    left, right = 0.0, max(bits) * 1.12 + 0.5
    low, high = figure.padded(min(0.0, *ratios), max(ratios), 0.12)
    front = pareto(shown)
    marks = [scheme for scheme in shown if scheme.name]
    traces = [
        figure.lines(
            [left, right],
            [0.0, DECIBELS_PER_BIT * right],
            NEUTRAL,
            "Gaussian bound",
            1.5,
            "dash",
            hoverinfo="skip",
        ),
        _front(front),
        *(
            _marks([scheme for scheme in marks if scheme.kind == kind], color, KINDS[kind], symbol, measured)
            for kind, (color, symbol) in MARKS.items()
        ),
        _marks([scheme for scheme in shown if not scheme.name], CODE, "present settings", "square", measured),
    ]
    if best is not None and best in shown:
        traces.append(
            figure.markers(
                [best.bits_per_value],
                [best.metrics.sqnr_db],
                CODE,
                "cheapest for your error",
                20,
                "circle-open",
                hoverinfo="skip",
            )
        )
    traces = [trace for trace in traces if trace["x"]]
    traces += _labels(shown, front, (left, right), (low, high))
    layout = figure.layout(
        "bits per value",
        "signal to noise (dB)",
        xaxis=figure.axis("bits per value, everything counted", left, right),
        yaxis=figure.axis("signal to noise (dB)", low, high),
    )
    return figure.figure(traces, layout)


def pareto(measured: list[Measured]) -> list[Measured]:
    """The Pareto front: the schemes that no other beats in both bits and signal to noise, smallest first."""
    front: list[Measured] = []
    for scheme in sorted(measured, key=lambda scheme: (scheme.bits_per_value, -scheme.metrics.sqnr_db)):
        if not front or scheme.metrics.sqnr_db > front[-1].metrics.sqnr_db:
            front.append(scheme)
    return front


def _front(front: list[Measured]) -> Json:
    """The Pareto front as a line: level to the right of each mark, until the next scheme is better."""
    trace = figure.lines(
        [scheme.bits_per_value for scheme in front],
        [scheme.metrics.sqnr_db for scheme in front],
        BACK,
        "Pareto front",
        width=2,
        hoverinfo="skip",
    )
    trace["line"]["shape"] = "hv"
    return trace


def _marks(schemes: list[Measured], color: str, name: str, symbol: str, rows: list[Measured]) -> Json:
    """Marks of one kind; each knows its row of the table."""
    texts = [
        f"{scheme.label}<br>{display.short(scheme.bits_per_value, 4)} bits per value<br>"
        f"{display.short(scheme.metrics.sqnr_db, 4)} dB<br>largest error {display.short(scheme.metrics.max_abs, 4)}"
        for scheme in schemes
    ]
    return figure.markers(
        [scheme.bits_per_value for scheme in schemes],
        [scheme.metrics.sqnr_db for scheme in schemes],
        color,
        name,
        10 if symbol in ("circle", "square") else 12,
        symbol,
        hovertext=texts,
        hoverinfo="text",
        meta={"rows": [rows.index(scheme) for scheme in schemes]},
    )


def _labels(
    shown: list[Measured], front: list[Measured], across: tuple[float, float], upward: tuple[float, float]
) -> list[Json]:
    """Names beside the marks where they run into nothing: those on the front have the first choice."""
    places = [
        (
            (s.bits_per_value - across[0]) / (across[1] - across[0]),
            (s.metrics.sqnr_db - upward[0]) / (upward[1] - upward[0]),
        )
        for s in shown
    ]
    taken = [(x - 0.02, x + 0.02, y - 0.03, y + 0.03) for x, y in places]
    order = sorted(range(len(shown)), key=lambda i: (bool(shown[i].name), shown[i] not in front, i))
    chosen: dict[str, list[int]] = {place: [] for place in PLACES}
    for i in order:
        for place in PLACES_ON_FRONT if shown[i] in front else PLACES:
            box = _box(*places[i], shown[i].label, place)
            inside = box[0] >= 0 and box[1] <= 1 and box[2] >= 0 and box[3] <= 1
            if inside and not any(_overlap(box, other) for k, other in enumerate(taken) if k != i):
                taken.append(box)
                chosen[place].append(i)
                break
    return [_named([shown[i] for i in members], place) for place, members in chosen.items() if members]


def _named(schemes: list[Measured], place: str) -> Json:
    """Names at one side of their marks; what cannot be seen here keeps them at a distance."""
    trace = figure.labels(
        [scheme.bits_per_value for scheme in schemes],
        [scheme.metrics.sqnr_db for scheme in schemes],
        [scheme.label for scheme in schemes],
        place,
    )
    return {**trace, "mode": "markers+text", "marker": {"size": 12, "color": figure.CLEAR}}


def _box(x: float, y: float, text: str, place: str) -> tuple[float, float, float, float]:
    """Left, right, bottom, top of a label."""
    width = LETTER_WIDTH * len(text)
    if place.startswith("middle"):
        a, b = (x + 0.025, x + 0.025 + width) if place.endswith("right") else (x - 0.025 - width, x - 0.025)
        return a, b, y - LETTER_HEIGHT / 2, y + LETTER_HEIGHT / 2
    a, b = (y + 0.03, y + 0.03 + LETTER_HEIGHT) if place.startswith("top") else (y - 0.03 - LETTER_HEIGHT, y - 0.03)
    return x - width / 2, x + width / 2, a, b


def _overlap(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]

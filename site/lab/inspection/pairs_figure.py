"""The chart of all tensors of two models: SQNR by layer, marked by what they are stored as."""

from collections.abc import Sequence
from typing import Any

from quantcore.metrics import Metrics

from ..answer_types import Figure
from ..drawing import figure
from ..drawing.figure import BACK, CODE, ERROR, NEUTRAL, VALUE
from .facts import decimal
from .measuring import Outcome

Json = dict[str, Any]

MARKS = (
    (VALUE, "circle"),
    (CODE, "diamond"),
    (BACK, "square"),
    (ERROR, "triangle-up"),
    (NEUTRAL, "x"),
)
"""Colour and shape of each kind of storage, that of the most tensors first; the last stands for all further ones."""
LONGEST = 24
"""Characters of a kind's name in the legend."""
OUTSIDE = -1
"""Where tensors are that belong to no layer."""
TICKS = 8


def draw(shown: Sequence[tuple[Outcome, Metrics]], reference: int) -> Figure:
    """The figure.

    Args:
        shown: Tensors whose SQNR is a finite number, the worst first, with their figures.
        reference: Which of the two is the reference.
    """
    kinds: dict[str, list[tuple[Outcome, Metrics]]] = {}
    for one in shown:
        kinds.setdefault(one[0].pair.sides[1 - reference].tensor.label, []).append(one)
    ordered = sorted(kinds.items(), key=lambda kind: -len(kind[1]))
    named = ordered[: len(MARKS) - 1]
    rest = [one for _, some in ordered[len(MARKS) - 1 :] for one in some]
    if rest:
        named.append(("others", rest) if len(ordered) > len(MARKS) else ordered[-1])
    traces = [
        _marks(name, some, color, symbol, reference)
        for (name, some), (color, symbol) in zip(named, MARKS, strict=False)
    ]
    low, high = figure.padded(*figure.ends([metrics.sqnr_db for _, metrics in shown]), 0.08)
    x_axis = _layers([one.pair.layer for one, _ in shown])
    return figure.figure(
        traces, figure.layout(xaxis=x_axis, yaxis=figure.axis("SQNR (dB)", low, high), showlegend=True)
    )


def _marks(name: str, some: Sequence[tuple[Outcome, Metrics]], color: str, symbol: str, reference: int) -> Json:
    texts = []
    for outcome, metrics in some:
        there, here = (outcome.pair.sides[side].tensor for side in (reference, 1 - reference))
        texts.append(
            f"{here.name}<br>{decimal(metrics.sqnr_db)} dB, largest error {decimal(metrics.max_abs)}<br>"
            f"{here.label}, {decimal(here.bits_per_value)} bits per value; reference {there.label}"
        )
    size = sum(one.pair.sides[1 - reference].tensor.size_bytes for one, _ in some)
    bits = 8 * size / sum(one.pair.n_values for one, _ in some)
    short = name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"
    layers = [OUTSIDE if one.pair.layer is None else one.pair.layer for one, _ in some]
    ratios = [metrics.sqnr_db for _, metrics in some]
    label = f"{short}, {decimal(bits)} bits"
    return figure.markers(layers, ratios, color, label, 8, symbol, hovertext=texts, hoverinfo="text")


def _layers(layers: Sequence[int | None]) -> Json:
    """The axis of layers, which begins with what belongs to none."""
    numbers = [layer for layer in layers if layer is not None]
    last = max(numbers, default=OUTSIDE)
    first = OUTSIDE if None in layers else 0
    every = max(1, -(-(last + 1) // TICKS))
    ticks = list(range(0, last + 1, every))
    texts = [str(tick) for tick in ticks]
    if first == OUTSIDE:
        ticks, texts = [OUTSIDE, *ticks], ["none", *texts]
    return figure.axis("layer", first - 0.6, max(first, last) + 0.6, tickvals=ticks, ticktext=texts, tickangle=0)

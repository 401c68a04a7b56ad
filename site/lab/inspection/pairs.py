"""All tensors of two models compared: a table, the worst first, and a chart of the error by layer and bits."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ..answer_types import Node
from ..data.store import STORE, File
from ..drawing.figure import MAX_POINTS
from ..notation.display import count, plural, typographic
from ..notation.nodes import node
from .facts import chart, cosine_of, decimal, listing, shape_of, title
from .measuring import Comparison, Outcome
from .pairs_figure import draw
from .taking import csv_file, file_name
from .work import Reply, Stopped, Work, button

STEP = 50
"""Rows that are shown at first, and so many more on request."""
COLUMNS = (
    *("name", "reference_name", "values", "stored_as", "reference_stored_as", "bits_per_value"),
    *("reference_bits_per_value", "sqnr_db", "max_abs_error", "rmse", "cosine", "not_finite", "fault"),
)
"""Of the table as CSV."""
LISTED = 200
"""Names that are listed of what is not compared."""


@dataclass(slots=True)
class Latest:
    """The comparison that was asked for last: what it measured is not measured again."""

    comparison: Comparison | None = None


LATEST = Latest()


def offers(question: Mapping[str, str]) -> Iterator[tuple[str, Mapping[str, str]]]:
    """The other models that are open."""
    for other in STORE.models():
        if other.sha256 != question["file_sha256"]:
            yield f"Compare with {other.name}", {"other": other.name, "other_sha256": other.sha256}


def of_models(question: Mapping[str, str]) -> Work:
    """SQNR, largest error and cosine of every tensor that two models have, and of all together."""
    comparison, reference = asked(question)
    try:
        yield from comparison.measure()
    except Stopped:
        if not comparison.outcomes:
            raise
    others = comparison.files[1 - reference].name
    told: list[Node] = [
        title(f"{others} compared with {comparison.files[reference].name}"),
        node("p", {"class": "actions"}, swap(question, comparison)),
    ]
    n_pairs, n_done = len(comparison.matched.pairs), len(comparison.outcomes)
    if n_done < n_pairs:
        rest = button(dict(question), "Compare the rest")
        told.append(
            node("p", {"class": "notice"}, f"Stopped: {count(n_done)} of {count(n_pairs)} are compared. ", rest)
        )
    ranked = by_error(comparison.compared, reference)
    data = {"compared": len(ranked), "tensors": n_pairs, "reference": comparison.files[reference].name}
    if not ranked:
        told.append(node("p", None, "They have no tensor in common that can be compared."))
        return Reply([*told, *_left_out(comparison)], data=data)
    told.append(node("p", None, together(comparison, reference)))
    drawn = None
    marks = [(one, metrics) for one in ranked if math.isfinite((metrics := one.metrics(reference)).sqnr_db)]
    if marks:
        drawn = draw(marks[:MAX_POINTS], reference)
        told.append(chart("SQNR of each tensor by layer, by what it is stored as"))
        told.append(node("p", {"class": "caption"}, _caption(len(marks), len(ranked), others)))
    n_shown = int(question.get("shown", STEP))
    told.append(_table(ranked, n_shown, question, reference))
    more = [button({**question, "shown": str(n_shown + STEP)}, "Show more")] if n_shown < len(ranked) else []
    told.append(node("p", {"class": "actions"}, *more, button({**question, "ask": "pairs csv"}, "Save as CSV")))
    data |= {"rows": [_row(one, reference) for one in ranked[:n_shown]]}
    return Reply([*told, *_left_out(comparison)], drawn, data=data)


def csv(question: Mapping[str, str]) -> Work:
    """The table of all pairs, in the order of the file."""
    comparison, reference = asked(question)
    yield from comparison.measure()
    rows = [_row(outcome, reference) for outcome in comparison.outcomes]
    lines = [COLUMNS, *(tuple(str(row.get(column, "")) for column in COLUMNS) for row in rows)]
    return Reply([], file=csv_file(file_name(f"{question['file']}-{question['other']}", "csv"), lines))


def asked(question: Mapping[str, str]) -> tuple[Comparison, int]:
    """The comparison that is asked for, and which of its two models is the reference.

    That is the one whose digest is named, or else the one that has more bits per value.
    """
    first, model = STORE.model(question["file"], question["file_sha256"])
    second, other = STORE.model(question["other"], question["other_sha256"])
    comparison = LATEST.comparison
    if comparison is None or comparison.files != (first, second):
        comparison = LATEST.comparison = Comparison((first, second))
    larger = second.sha256 if other.bits_per_value > model.bits_per_value else first.sha256
    return comparison, int(question.get("reference", larger) != first.sha256)


def swap(question: Mapping[str, str], comparison: Comparison) -> Node:
    """The button that takes the other model as the reference."""
    _, reference = asked(question)
    other: File = comparison.files[1 - reference]
    return button({**question, "reference": other.sha256}, f"Take {other.name} as the reference")


def by_error(outcomes: Iterable[Outcome], reference: int) -> list[Outcome]:
    """The least SQNR first; what is all 0 in both has none, and is last."""

    def rank(outcome: Outcome) -> float:
        ratio = outcome.metrics(reference).sqnr_db
        return math.inf if math.isnan(ratio) else ratio

    return sorted(outcomes, key=rank)


def together(comparison: Comparison, reference: int) -> str:
    """The figures of all that is compared, in sentences."""
    sums = comparison.together
    metrics = (sums.swapped if reference else sums).metrics
    bits = [_bits(comparison.compared, side) for side in (reference, 1 - reference)]
    return (
        f"{plural(len(comparison.compared), 'tensor')} together, {plural(sums.n, 'value')}: "
        f"SQNR {ratio_of(metrics.sqnr_db)}, largest error {decimal(metrics.max_abs)}, "
        f"cosine {cosine_of(metrics.cosine)}; "
        f"{decimal(bits[1])} bits per value, the reference {decimal(bits[0])}."
    )


def ratio_of(sqnr_db: float) -> str:
    """A ratio in decibels: "41.2 dB"; of equal numbers "∞, equal"."""
    if math.isnan(sqnr_db):
        return "none, all are 0"
    return "∞, equal" if sqnr_db == math.inf else f"{typographic(f'{sqnr_db:.2f}')} dB"


def _bits(outcomes: list[Outcome], side: int) -> float:
    tensors = [outcome.pair.sides[side].tensor for outcome in outcomes]
    return 8 * sum(one.size_bytes for one in tensors) / max(1, sum(one.n_values for one in tensors))


def _row(outcome: Outcome, reference: int) -> dict[str, str | int | float]:
    """What is known of a pair, in plain JSON; infinite and missing ratios are texts."""
    there, here = (outcome.pair.sides[side].tensor for side in (reference, 1 - reference))
    row: dict[str, str | int | float] = {
        "name": here.name,
        "reference_name": there.name,
        "values": here.n_values,
        "stored_as": here.label,
        "reference_stored_as": there.label,
        "bits_per_value": here.bits_per_value,
        "reference_bits_per_value": there.bits_per_value,
        "not_finite": outcome.n_not_finite,
        "fault": outcome.fault,
    }
    if not outcome.fault:
        metrics = outcome.metrics(reference)
        figures = {"sqnr_db": metrics.sqnr_db, "max_abs_error": metrics.max_abs}
        figures |= {"rmse": metrics.rmse, "cosine": metrics.cosine}
        row |= {name: value if math.isfinite(value) else str(value) for name, value in figures.items()}
    return row


def _caption(n_marks: int, n_ranked: int, others: str) -> str:
    caption = (
        "Each mark is a tensor: the higher, the smaller its error; 6 dB more are worth about one bit. Colour and shape "
        f"show how {others} stores it."
    )
    if n_marks > MAX_POINTS:
        caption += f" The worst {count(MAX_POINTS)} are drawn."
    return caption if n_marks == n_ranked else f"{caption} Tensors that are equal in both have no mark."


def _table(ranked: list[Outcome], n_shown: int, question: Mapping[str, str], reference: int) -> Node:
    heads = ("Tensor", "SQNR (dB)", "Largest error", "Cosine", "Stored as", "Bits", "Reference", "Bits")
    body = [_line(outcome, question, reference) for outcome in ranked[:n_shown]]
    caption = f"The worst first, {count(len(body))} of {count(len(ranked))}; bits are per value, a name shows the pair"
    words = ("Stored as", "Reference")
    classes = ({"scope": "col", "class": "words"} if text in words else {"scope": "col"} for text in heads)
    head = node("tr", None, *(node("th", attributes, text) for attributes, text in zip(classes, heads, strict=True)))
    table = node(
        "table",
        {"class": "numbers"},
        node("caption", None, caption),
        node("thead", None, head),
        node("tbody", None, *body),
    )
    region = {"class": "scroll", "tabindex": "0", "role": "region", "aria-label": "Tensors by their error"}
    return node("div", region, table)


def _line(outcome: Outcome, question: Mapping[str, str], reference: int) -> Node:
    pair, metrics = outcome.pair, outcome.metrics(reference)
    there, here = (pair.sides[side].tensor for side in (reference, 1 - reference))
    same = {name: question[name] for name in question if name != "shown"}
    name = button({**same, "ask": "pair", "tensor": pair.name}, pair.name, **{"class": "sort"})
    ratio = ratio_of(metrics.sqnr_db).removesuffix(" dB")
    numbers = (ratio, decimal(metrics.max_abs), cosine_of(metrics.cosine))
    stored = [
        node("td", {"class": kind}, text)
        for one in (here, there)
        for kind, text in (("words", one.label), ("number", decimal(one.bits_per_value)))
    ]
    cells = [node("td", {"class": "number"}, text) for text in numbers]
    return node("tr", None, node("th", {"scope": "row"}, name), *cells, *stored)


def _left_out(comparison: Comparison) -> list[Node]:
    """What is not compared, and why."""
    faults = [(one.pair.name, one.fault) for one in comparison.outcomes if one.fault]
    nodes = [listing(f"Not compared: {plural(len(faults), 'pair')}", faults[:LISTED])] if faults else []
    for file, names in zip(comparison.files, comparison.matched.alone, strict=True):
        if names:
            assert file.model is not None
            shapes = {one.name: f"{shape_of(one.shape)}, {one.label}" for one in file.model.tensors}
            heading = f"Only in {file.name}: {plural(len(names), 'tensor')}"
            nodes.append(listing(heading, [(name, shapes[name]) for name in names[:LISTED]]))
    return nodes

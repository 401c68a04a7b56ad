"""One tensor of two models: both histograms, the figures of the error, and where in the tensor it is."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from quantcore import QuantError

from ..answer_types import Node
from ..data.store import STORE
from ..notation.display import count, percent
from ..notation.nodes import node
from ..parsing.places import quoted
from .facts import chart, cosine_of, decimal, listing, sentence_of, title
from .grid import Grid
from .heat_map import draw_grid
from .matching import Pair, matched
from .measuring import Outcome, Part, walk
from .pair_figure import draw_values
from .pairs import asked, ratio_of, swap
from .statistics import Tally
from .work import Reply, Stopped, Work, button

SIDE = 64
"""The map has at most so many cells along either side."""
UNLIKE = 0.5
"""Below this cosine two tensors are hardly the same: of normal values, one bit each leaves sqrt(2 / pi), 0.798."""


def offers(question: Mapping[str, str]) -> Iterator[tuple[str, Mapping[str, str]]]:
    """The other models that are open and have this tensor."""
    file, _ = STORE.model(question["file"], question["file_sha256"])
    for other in STORE.models():
        if other is not file and _found(matched(file, other).pairs, question["tensor"]) is not None:
            yield f"Compare with {other.name}", {"other": other.name, "other_sha256": other.sha256}


def of_tensors(question: Mapping[str, str]) -> Work:
    """The figures, the histograms and the error map of one tensor of two models."""
    comparison, reference = asked(question)
    pair = _found(comparison.matched.pairs, question["tensor"])
    if pair is None or pair.fault:
        why = pair.fault if pair else f"{quoted(question['other'])} has no such tensor."
        raise QuantError(f"tensor {quoted(question['tensor'])} cannot be compared. {why} Choose another.", "tensor")
    outcome, tallies = Outcome(pair), (Tally(), Tally())
    walked = pair.walked.tensor
    errors, share = Grid(max(1, walked.n_rows), walked.row_length, SIDE), 0.0
    try:
        for part in walk(pair):
            if part.first.size:
                outcome.add(part)
                _add(errors, part)
                tallies[0].add(part.first)
                tallies[1].add(part.second)
            share += part.n_read / (2 * pair.n_values)
            yield min(share, 1.0)
    except Stopped:
        if not outcome.sums.n:
            raise
    names = comparison.files[0].name, comparison.files[1].name
    told = _about(pair, names, reference)
    if outcome.n < pair.n_values:
        told.append(node("p", {"class": "notice"}, f"Stopped after {percent(share)}; all figures are of that part."))
    of_all = {name: question[name] for name in question if name not in ("tensor", "ask")}
    everything = button({**of_all, "ask": "pairs"}, "All tensors")
    actions = node("p", {"class": "actions"}, everything, swap(question, comparison))
    if not outcome.sums.n:
        told.append(node("p", {"class": "notice"}, "There is no value that is finite in both."))
        return Reply([*told, actions])
    where = names[pair.sides.index(pair.walked)]
    told += [*_figures(outcome, tallies, reference, where), *_charts(errors, where), actions]
    metrics = outcome.metrics(reference)
    figures = {"sqnr_db": metrics.sqnr_db, "max_abs_error": metrics.max_abs, "cosine": metrics.cosine}
    data: dict[str, Any] = {name: value if math.isfinite(value) else str(value) for name, value in figures.items()}
    data |= {"index": list(outcome.index), "not_finite": outcome.n_not_finite, "share": share}
    ordered = [(names[side], tallies[side]) for side in (reference, 1 - reference)]
    return Reply(told, draw_values(*ordered), data=data, second=draw_grid(errors, "error", "%{z:.4g}"))


def _add(errors: Grid, part: Part) -> None:
    with np.errstate(over="ignore", invalid="ignore"):
        error = part.first.astype(np.float64) - part.second
    errors.add(part.start // errors.shape[1], error.reshape(-1, errors.shape[1]))


def _about(pair: Pair, names: tuple[str, str], reference: int) -> list[Node]:
    """Which two are compared, and in which order."""
    told: list[Node] = [title(pair.sides[1 - reference].tensor.name)]
    for side, what in ((reference, "Reference"), (1 - reference, "Compared")):
        tensor = pair.sides[side].tensor
        told.append(node("p", None, f"{what}: {tensor.name} in {names[side]}, {sentence_of(tensor)}"))
    return told + [node("p", {"class": "notice"}, note) for note in _notes(pair, names)]


def _figures(outcome: Outcome, tallies: tuple[Tally, Tally], reference: int, where: str) -> Iterator[Node]:
    metrics = outcome.metrics(reference)
    if metrics.cosine < UNLIKE:
        unlike = (
            "The two hardly agree. They may be different tensors, or one may be transposed or have its rows in another "
            "order."
        )
        yield node("p", {"class": "notice", "data-level": "warning"}, unlike)
    there, here = (outcome.values[side] for side in (reference, 1 - reference))
    index = ", ".join(map(str, outcome.index))
    rows = [
        ("SQNR", ratio_of(metrics.sqnr_db)),
        ("Largest error", f"{decimal(metrics.max_abs)}, at [{index}] of {where}"),
        ("Values there", f"{decimal(there)}, compared {decimal(here)}"),
        ("RMS of the error", decimal(metrics.rmse)),
        ("RMS of the reference", decimal(tallies[reference].rms)),
        ("Cosine", cosine_of(metrics.cosine)),
    ]
    if outcome.n_not_finite:
        rows.append(("NaN or infinite, left out", count(outcome.n_not_finite)))
    yield listing("Error of all values", rows)


def _charts(errors: Grid, where: str) -> Iterator[Node]:
    rows, columns = errors.blocks
    cell = f"; each cell is the RMS error of {count(rows)} × {count(columns)} values" if rows * columns > 1 else ""
    yield chart("Histograms of both")
    yield node("p", {"class": "caption"}, "How many values of each size there are in the two, in the same bins.")
    yield chart("Error by rows and columns", "inspection-2")
    yield node("p", {"class": "caption"}, f"The error by rows and columns of {where}{cell}.")


def _found(pairs: tuple[Pair, ...], name: str) -> Pair | None:
    return next((pair for pair in pairs if pair.name == name), None)


def _notes(pair: Pair, names: tuple[str, str]) -> Iterator[str]:
    """In which order the two are compared, where they are stored in different ones."""
    first, second = pair.sides
    if pair.is_turned:
        yield "Rows of one are columns of the other; they are compared in one order."
    if (first.heads is None) != (second.heads is None):
        where = names[0 if second.heads is None else 1]
        yield (
            f"In {where} the rows of each head are interleaved, as llama.cpp does for rotary embeddings; those of the "
            "other are compared in that order."
        )

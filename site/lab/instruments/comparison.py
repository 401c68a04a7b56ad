"""Any number of schemes on the same values: what a value costs, and how far it moves."""

import math
import sys
from dataclasses import dataclass
from typing import Any

import quantcore as qc

from ..answer_types import Row, Table
from ..comparing.measuring import Measured, measure, needs_importance, sample_for
from ..comparing.sampling import Sample, sample_of
from ..comparing.schemes import SCHEMES, usual
from ..explanation.summary import LABELS
from ..explanation.table import Cell, Shortened, column, row, share_cell, table
from ..notation import display
from ..results.cost import bits_per_value, scale_bits
from ..results.result import Result
from .comparison_figure import draw
from .comparison_words import best_of, cheapest_words, decibel_cell
from .instrument import Instrument

Json = dict[str, Any]

UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Every scheme that was compared.

    Attributes:
        measured: the present settings first.
        left_out: the labels of what does not fit the values, by the reason.
        sample: what was measured.
    """

    measured: list[Measured]
    left_out: dict[str, list[str]]
    sample: Sample


def build(result: Result) -> Instrument:
    """The instrument for a result."""
    found = compare(result)
    best = cheapest(found.measured, result)
    told, offers = best_of(found.measured)
    cheapest_told = cheapest_words(found.measured, best, result.settings.questions)
    return Instrument(
        _caption(found),
        draw(found.measured, best),
        _table(found, result, best),
        reply=" ".join(filter(None, (cheapest_told, told))),
        offers=offers,
        use="Click a mark, or its name in the table, to take that scheme.",
    )


def compare(result: Result) -> Comparison:
    """The present settings and each scheme that was asked for; of the usual ones, those that fit the values."""
    sample = sample_of(result.x)
    asked = result.settings.questions.compare
    measured = [present(result)]
    left_out: dict[str, list[str]] = {}
    for name in asked or usual(sample.shape):
        scheme = SCHEMES[name]
        misfit = scheme.misfit(sample.shape)
        if not misfit:
            try:
                measured.append(measure(scheme, sample))
            except qc.QuantError:
                misfit = "its scales do not reach values of this size"
        if misfit:
            left_out[misfit] = [*left_out.get(misfit, []), scheme.label]
    return Comparison(measured, left_out, sample)


def present(result: Result) -> Measured:
    """What the page's own settings make of the values."""
    if result.metrics is None:
        raise ValueError("codes that are given have no original to be compared with")
    return Measured(
        name="",
        label="present settings",
        kind="",
        code_bits=result.settings.fmt.bits,
        bits_per_value=bits_per_value(result),
        metrics=result.metrics,
        clipped_share=result.n_clipped / result.size,
        scale_bits=scale_bits(result),
    )


def cheapest(measured: list[Measured], result: Result) -> Measured | None:
    """The scheme of the fewest bits whose error is at most the one in question; of equal ones the most exact."""
    limit, by = result.settings.questions.max_error, result.settings.questions.error_by
    if limit is None:
        return None
    good = [scheme for scheme in measured if getattr(scheme.metrics, by) <= limit]
    return min(good, key=lambda scheme: (scheme.bits_per_value, getattr(scheme.metrics, by)), default=None)


def _caption(found: Comparison) -> str:
    text = (
        "Every mark is one way to store these values: further left takes less room, further up is more exact. "
        "No scheme in the list beats one on the Pareto front (the line) in both. The dashed line rises by 6.02 dB with "
        "every bit: it is the Gaussian rate–distortion bound. No scheme can be above it for independent, normally "
        "distributed numbers; for values with structure, such as outliers or rows of different size, one can. Bits per "
        "value count everything: codes, scales (32 bits for a tensor or a row, 16 in blocks of integers or floats; "
        f"block formats have their own{_own_scales(found.measured[0])}) and zero points."
    )
    if found.measured[0].bits_per_value > 2 * found.measured[0].code_bits:
        text += " With so few values, scale and zero point take more room than the codes."
    if any(scheme.kind == "block" and scheme.scale_bits == 32 for scheme in found.measured):
        text += " Where a block's scale is too large or too small for 16 bits, 32 are counted."
    if not found.sample.is_complete:
        measured, total = found.sample.stretches.size, math.prod(found.sample.shape)
        text += (
            f" The schemes use the ranges of all {display.count(total)} values; their errors are measured on "
            f"{display.count(measured)} of them, taken evenly, so the largest error is that of those. "
            "The present settings are measured on all of them."
        )
    text += _of_gguf(found)
    if found.left_out:
        reasons = (f"{', '.join(labels)} ({reason})" for reason, labels in found.left_out.items())
        text += f" Left out: {'; '.join(reasons)}."
    return text


def _own_scales(present: Measured) -> str:
    return f"; {present.scale_bits} in the present settings" if present.scale_bits else ""


def _of_gguf(found: Comparison) -> str:
    """What is particular about the formats that search for their scales."""
    schemes = [SCHEMES[scheme.name] for scheme in found.measured if scheme.kind == "gguf"]
    if not schemes:
        return ""
    text = ""
    if (n := sample_for(schemes[0], found.sample).stretches.size) < found.sample.stretches.size:
        text = f" GGUF formats, which search for the scales of each block, are measured on {display.count(n)}."
    alike = [scheme.label for scheme in schemes if needs_importance(scheme)]
    return text + (f" For {', '.join(alike)} the error of every value counts alike." if alike else "")


def _table(found: Comparison, result: Result, best: Measured | None) -> Table:
    n = result.settings.questions.model_parameters
    columns = [
        column(
            "scheme",
            "Scheme",
            "affine: with a zero point; cast: no scale; by rows: a scale for each; in 32s: a scale for 32 neighbours",
            is_text=True,
        ),
        column("bits", "Bits per value", "codes, scales and zero points together, spread over the values"),
        column("sqnr_db", *LABELS["sqnr_db"]),
        column("mse", *LABELS["mse"]),
        column("max_abs", *LABELS["max_abs"]),
        column("cosine", *LABELS["cosine"]),
        column("clipped", "Clipped", "the share of values beyond the codes"),
        column("size", "Model size", f"of {display.count(int(n))} parameters stored like this"),
    ]
    rows: list[Row] = []
    for index, scheme in enumerate(found.measured):
        size = n * scheme.bits_per_value / 8
        cells: list[Cell] = [
            scheme.label,
            scheme.bits_per_value,
            decibel_cell(scheme.metrics.sqnr_db),
            scheme.metrics.mse,
            scheme.metrics.max_abs,
            Shortened(display.short(scheme.metrics.cosine, 7), display.shortest(scheme.metrics.cosine)),
            share_cell(scheme.clipped_share),
            size_text(size),
        ]
        sort: list[str | float | None] = [
            scheme.label,
            scheme.bits_per_value,
            sortable(scheme.metrics.sqnr_db),
            min(scheme.metrics.mse, sys.float_info.max),
            scheme.metrics.max_abs,
            scheme.metrics.cosine,
            scheme.clipped_share,
            size,
        ]
        line: Row = {**row(index, cells, scheme is best), "name": scheme.name, "sort": sort}
        rows.append({**line, "fields": SCHEMES[scheme.name].fields} if scheme.name else line)
    return table(f"{display.plural(len(rows), 'scheme')} on the same values", columns, rows)


def sortable(figure: float) -> float | None:
    """A figure that JSON holds and rows can be sorted by: the ratio of no error is a large one, no ratio is none."""
    if math.isfinite(figure):
        return figure
    return 1e9 if figure > 0 else None


def size_text(n_bytes: float) -> str:
    """A size in decimal units.

    >>> size_text(3.9375e9), size_text(512)
    ('3.94 GB', '512 bytes')
    """
    unit = 0
    while n_bytes >= 999.5 and unit < len(UNITS) - 1:
        n_bytes, unit = n_bytes / 1000, unit + 1
    return f"{n_bytes:.3g} {UNITS[unit]}"

"""The sum of an integer layer made a code again, by the rules of several libraries side by side with the exact one."""

import numpy as np

import quantcore as qc
from quantcore.compute.requantize import REQUANTIZERS, activation_range, requantize

from ..answer_types import Table
from ..explanation.table import column, row, table
from ..notation import display
from ..request.options import Requantizing
from ..results.result import Result
from .instrument import Instrument

MAX_SUMS = 50


def applies(result: Result) -> bool:
    """Whether codes are integers that are kept within their format."""
    return result.settings.are_integers and result.is_clipping


def build(result: Result) -> Instrument:
    """The instrument for a result."""
    asked, fmt = result.settings.questions.requantizing, result.settings.integers
    if not fmt.qmin <= asked.zero_point <= fmt.qmax:
        allowed = f"{display.shortest(fmt.qmin)} to {display.shortest(fmt.qmax)}"
        reason = f"The zero point of the output, {display.shortest(asked.zero_point)}, is none of the codes {allowed}."
        return Instrument(f"{reason} Choose another zero point, or other codes.", None, table("No codes", [], []))
    codes = activation_range(asked.activation, asked.layer.output_scale, asked.zero_point, (fmt.qmin, fmt.qmax))
    first = int(asked.sums.flat[0])
    return Instrument(
        _caption(asked, first, codes),
        None,
        _table(asked, first, codes),
        tables=[_every_sum(asked, codes)] if asked.sums.size > 1 else [],
        reply=_reply(asked, first, codes),
    )


def _caption(asked: Requantizing, first: int, codes: tuple[int, int]) -> str:
    exact = float(first * asked.layer.exact)
    return (
        f"The sum {display.shortest(first)} counts steps of s_in · s_w; the output counts steps of s_out. So it is "
        f"multiplied by m = s_in · s_w / s_out, exactly {display.short(exact, 12)} steps, rounded, moved by the zero "
        f"point and kept within {display.shortest(codes[0])} to {display.shortest(codes[1])}. Libraries keep m in "
        "float32, or as a whole number and a shift, and round once or twice: near a tie that decides."
    )


def _reply(asked: Requantizing, first: int, codes: tuple[int, int]) -> str:
    found: dict[int, list[str]] = {}
    for name, record in REQUANTIZERS.items():
        code = _code(first, asked, codes, name)
        if code is not None:
            found.setdefault(code, []).append(record.library)
    if len(found) == 1:
        return f"All agree on the code {display.shortest(next(iter(found)))}."
    return "; ".join(f"{display.shortest(code)}: {', '.join(names)}" for code, names in found.items()) + "."


def _code(acc: int, asked: Requantizing, codes: tuple[int, int], rule: str) -> int | None:
    try:
        return requantize(acc, asked.layer, asked.zero_point, codes, rule)
    except qc.QuantError:
        return None


def _table(asked: Requantizing, first: int, codes: tuple[int, int]) -> Table:
    """One row a rule, for the first sum."""
    columns = [
        column("rule", "Rule", "the library, or what is exact"),
        column("multiplier", "m", "the multiplier as it is kept"),
        column("steps", "Rounded last", "the sum in steps of the output, as it is before the last rounding"),
        column("whole", "Whole", "the whole number that it becomes"),
        column("q", "Code q", "with the zero point, within the codes"),
        column("how", "How", "the steps, and their precision"),
    ]
    rows = []
    for i, (name, record) in enumerate(REQUANTIZERS.items()):
        try:
            scaled = record.scaled(first, asked.layer)
        except qc.QuantError as error:
            rows.append(row(i, [record.library, *[display.NOTHING] * 4, error.message]))
            continue
        number, *words = scaled.multiplier.split(" ")
        multiplier = " ".join([number if "/" in number else display.typographic(number), *words])
        steps = display.short(float(scaled.value), 12)
        code = requantize(first, asked.layer, asked.zero_point, codes, name)
        numbers = [steps, display.shortest(scaled.whole), display.shortest(code)]
        rows.append(row(i, [record.library, multiplier, *numbers, record.summary]))
    return table(f"The sum {display.shortest(first)} by each rule", columns, rows)


def _every_sum(asked: Requantizing, codes: tuple[int, int]) -> Table:
    """One row a sum, one column a rule."""
    columns = [column("acc", "Sum", "what the layer added up")]
    columns += [column(name, record.library, record.summary) for name, record in REQUANTIZERS.items()]
    sums = np.unique(asked.sums.reshape(-1)[:MAX_SUMS]).astype(np.int64).tolist()
    rows = []
    for i, acc in enumerate(sums):
        found = [_code(acc, asked, codes, name) for name in REQUANTIZERS]
        texts = [display.NOTHING if code is None else display.shortest(code) for code in found]
        rows.append(row(i, [display.shortest(acc), *texts]))
    return table(f"The codes of {display.plural(len(rows), 'sum')}", columns, rows)

"""The sum of an integer layer made a code again, by the rules of several libraries side by side with the exact one."""

from dataclasses import replace

import numpy as np

import quantcore as qc
from quantcore.compute.requantize import REQUANTIZERS, activation_range, requantize
from quantcore.compute.whole_sums import INT32, dot_codes, dot_in_pairs, wrapped

from ..answer_types import Table
from ..explanation.table import before_rounding, column, row, table
from ..notation import display
from ..request.options import Requantizing
from ..results.result import Result
from .addition import HALF, addition
from .instrument import Instrument

MAX_SUMS = 50


def applies(result: Result) -> bool:
    """Whether codes are integers that are kept within their format."""
    return result.settings.are_integers and result.is_clipping


def build(result: Result) -> Instrument:
    """The instrument for a result."""
    asked, fmt = result.settings.questions.requantizing, result.settings.integers
    ends = fmt.qmin, fmt.qmax
    asked = replace(asked, zero_point=fmt.qmin + 2 if asked.zero_point is None else asked.zero_point)
    if not fmt.qmin <= asked.output_zero_point <= fmt.qmax:
        allowed = f"{display.shortest(fmt.qmin)} to {display.shortest(fmt.qmax)}"
        reason = f"The zero point of the output, {display.shortest(asked.output_zero_point)}, is none of {allowed}."
        return _nothing(f"{reason} Choose another zero point, or other codes.")
    codes = activation_range(asked.activation, asked.layer.output_scale, asked.output_zero_point, ends)
    if asked.operator != "sum" and not asked.left:
        return _nothing("There are no codes. Give some of both.")
    if asked.operator == "addition":
        return addition(asked, codes)
    sums, words = _sums(asked)
    pairs = pairs_of(asked) if asked.operator == "dot" else None
    tables = [_every_sum(asked, sums, codes)] if len(sums) > 1 else []
    if pairs is not None:
        tables.append(_kernels(asked, (sums[0], pairs), codes))
    return Instrument(
        f"{words} {_caption(asked, sums[0], codes)}".strip(),
        None,
        _table(asked, sums[0], codes),
        tables=tables,
        reply=_reply(asked, sums[0], codes) + _reply_of_pairs(asked, sums[0], pairs, codes),
    )


def _nothing(reason: str) -> Instrument:
    return Instrument(reason, None, table("No codes", [], []))


def _sums(asked: Requantizing) -> tuple[list[int], str]:
    """The sums with their bias, as 32 bits keep them; and how the first came about, in words."""
    totals = [int(acc) for acc in asked.sums.reshape(-1)[:MAX_SUMS]]
    words = []
    if asked.operator == "dot":
        totals = [dot_codes(list(asked.left), list(asked.right), asked.zero_points)]
        how = "" if asked.zero_points == (0, 0) else ", less their zero points,"
        words.append(f"The products of the codes{how} add up to {display.shortest(totals[0])}.")
    if asked.bias:
        stored = bias_of(asked)
        words.append(
            f"The bias, {display.told(asked.bias)}, is stored as {display.shortest(stored)} steps of "
            f"s_in · s_w{', the farthest that 32 bits reach' if stored in (-INT32, INT32 - 1) else ''}, and added."
        )
        totals = [total + stored for total in totals]
    if wrapped(totals[0]) != totals[0]:
        words.append(f"That makes {display.shortest(totals[0])}; 32 bits overflow, and keep what follows.")
    return [wrapped(total) for total in totals], " ".join(words)


def bias_of(asked: Requantizing) -> int:
    """The bias in steps of the sum, in 32 bits."""
    scales = (asked.layer.input_scale, asked.layer.weight_scale)
    params = [qc.QuantParams(np.float64(scale), 0, qc.INT8) for scale in scales]
    return int(qc.quantize_bias([asked.bias], *params)[0][0])


def pairs_of(asked: Requantizing) -> int | None:
    """The sum by a kernel that adds products in pairs of 16 bits; None where the codes are not of its types."""
    if not all(0 <= a <= 255 for a in asked.left) or not all(-128 <= b <= 127 for b in asked.right):
        return None
    found = dot_in_pairs(list(asked.left), list(asked.right), asked.zero_points)
    return wrapped(found + (bias_of(asked) if asked.bias else 0))


def _kernels(asked: Requantizing, sums: tuple[int, int], codes: tuple[int, int]) -> Table:
    """The same products, added up in 32 bits and in saturating pairs."""
    columns = [
        column("kernel", "Added up", "by which instructions", is_text=True),
        column("acc", "Sum", "what they give"),
        column("q", "Code q", "of that sum, exactly"),
    ]
    names = "in 32 bits (VNNI, NEON)", "in pairs that saturate at 16 bits (VPMADDUBSW: x86 without VNNI)"
    rows = []
    for i, (name, acc) in enumerate(zip(names, sums, strict=True)):
        code = requantize(acc, asked.layer, asked.output_zero_point, codes, "exact")
        rows.append(row(i, [name, acc, code]))
    return table("The same products by two kernels", columns, rows)


def _reply_of_pairs(asked: Requantizing, acc: int, pairs: int | None, codes: tuple[int, int]) -> str:
    """Whether pairs saturate; empty where it was not asked or is no matter."""
    if asked.operator != "dot" or pairs == acc:
        return ""
    if pairs is None:
        return " Pairs that saturate at 16 bits are of codes 0 to 255 times codes −128 to 127."
    code = display.shortest(requantize(pairs, asked.layer, asked.output_zero_point, codes, "exact"))
    return f" Pairs that saturate at 16 bits give the sum {display.shortest(pairs)} instead, and the code {code}."


def _caption(asked: Requantizing, first: int, codes: tuple[int, int]) -> str:
    exact = before_rounding(float(first * asked.layer.exact), HALF).brief
    return (
        f"The sum {display.shortest(first)} counts steps of s_in · s_w; the output counts steps of s_out. So it is "
        f"multiplied by m = s_in · s_w / s_out, exactly {exact} steps, rounded, moved by the zero "
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
    return "; ".join(f"{display.shortest(code)}: {' · '.join(names)}" for code, names in found.items()) + "."


def _code(acc: int, asked: Requantizing, codes: tuple[int, int], rule: str) -> int | None:
    try:
        return requantize(acc, asked.layer, asked.output_zero_point, codes, rule)
    except qc.QuantError:
        return None


def _table(asked: Requantizing, first: int, codes: tuple[int, int]) -> Table:
    """One row a rule, for the first sum."""
    columns = [
        column("rule", "Rule", "the library, or what is exact", is_text=True),
        column("multiplier", "m", "the multiplier as it is kept"),
        column("steps", "Rounded last", "the sum in steps of the output, as it is before the last rounding"),
        column("whole", "Whole", "the whole number that it becomes"),
        column("q", "Code q", "with the zero point, within the codes"),
        column("how", "How", "the steps, and their precision", is_text=True),
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
        steps = before_rounding(float(scaled.value), HALF)
        code = requantize(first, asked.layer, asked.output_zero_point, codes, name)
        rows.append(row(i, [record.library, multiplier, steps, scaled.whole, code, record.summary]))
    return table(f"The sum {display.shortest(first)} by each rule", columns, rows)


def _every_sum(asked: Requantizing, sums: list[int], codes: tuple[int, int]) -> Table:
    """One row a sum, one column a rule."""
    columns = [column("acc", "Sum", "what the layer added up")]
    columns += [column(name, record.library, record.summary) for name, record in REQUANTIZERS.items()]
    rows = []
    for i, acc in enumerate(sorted(set(sums))):
        found = [_code(acc, asked, codes, name) for name in REQUANTIZERS]
        rows.append(row(i, [acc, *(display.NOTHING if code is None else code for code in found)]))
    return table(f"The codes of {display.plural(len(rows), 'sum')}", columns, rows)

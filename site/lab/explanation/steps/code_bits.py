"""The bits of a code and of a stored scale, the number that they spell, and the bytes of a file that hold them."""

import math

import quantcore as qc
from quantcore.blocks.gguf import GgufFormat

from ...answer_types import Node, Step
from ...notation import display
from ...notation import mathml as m
from ...notation.bits import binary, marked, power_of_two
from ...notation.equations import Writer, chain, step
from ...notation.terms import Term, whole
from ...results.followed import all_bytes, bits_of
from ...results.result import Result
from .names import NAMES
from .spelled import formula, in_words, number_text, pattern_of, whole_number
from .stored import Q
from .telling import Telling


def level_bits(telling: Telling, one: qc.StoredStep, title: str, before: str = "") -> Step:
    """The code of a stored scale, and what it spells."""
    fmt, code = qc.FORMATS[one.dtype], one.code
    assert code is not None
    assert not isinstance(fmt, qc.IntFormat)
    symbol = NAMES[telling.called(one)].symbol
    hexadecimal = display.hexadecimal(code, fmt.bits)
    text = f"{before} It takes {fmt.bits} bits: {hexadecimal}. {in_words(fmt, code)}".strip()
    if math.isfinite(one.value) and one.value != fmt.values[code]:
        text += f" The library reads it as {number_text(one.value)}."
        return step(f"{one.name}_bits", title, text, chain([symbol], lambda w: [telling.result_of(one, w)]))
    return step(f"{one.name}_bits", title, text, _spelled(telling, one, fmt, code, symbol))


def code_steps(telling: Telling, one: qc.StoredStep) -> list[Step]:
    """The code of the number as bits, and the number that they spell."""
    stored = telling.result.stored
    fmt = telling.result.settings.fmt if stored is None else stored.fmt.element
    code = one.code
    assert code is not None
    if stored is not None and isinstance(stored.fmt, GgufFormat):
        if "rounded" in telling.steps:
            return []
        formula_of_number = chain([NAMES["number"].symbol], lambda w: [telling.result_of(one, w)])
        return [
            step("number", "Number", f"What the bits of this number say, in {stored.fmt.label}.", formula_of_number)
        ]
    text = f"The code is {display.hexadecimal(code, fmt.bits)}. {in_words(fmt, code)}{_beyond(telling, one)}"
    if isinstance(fmt, qc.IntFormat):
        return [step("bits", "Bits", text, _whole_bits(fmt, code))]
    bits = step("bits", "Bits", text, chain([Q], lambda _: [whole(code), pattern_of(code, fmt)]))
    back = "What the bits spell." if isinstance(fmt, qc.FloatFormat) else "The entry of the table."
    symbol = NAMES["number"].symbol
    return [bits, step("number", "Number", back, _spelled(telling, one, fmt, code, symbol))]


def _beyond(telling: Telling, one: qc.StoredStep) -> str:
    """What is said of a number that is lost at either end of the format."""
    steps = telling.steps
    if "x" not in steps:
        return ""
    if not math.isfinite(one.value):
        return " The value overflows: it is beyond the largest number."
    if steps["x"].value and not one.value:
        return " The value underflows: it is nearer to 0 than to the smallest number."
    return ""


def _spelled(telling: Telling, one: qc.StoredStep, fmt: qc.Format, code: int, symbol: Term) -> Node:
    """A number by the formula of its fields, or as an entry of a table."""
    if not isinstance(fmt, qc.FloatFormat):
        entry = Term(m.index(m.identifier("T"), m.number(str(code))))
        return chain([symbol, entry], lambda w: [telling.result_of(one, w)])
    if not math.isfinite(one.value):
        return chain([symbol], lambda _: [Term(m.number(number_text(one.value)))])
    symbols, numbers = formula(fmt, code)

    def members(write: Writer) -> list[Term]:
        return [numbers, telling.result_of(one, write, numbers)]

    return chain([symbol, symbols], members)


def _whole_bits(fmt: qc.IntFormat, code: int) -> Node:
    number = whole_number(fmt, code)
    if number >= 0:
        return chain([Q], lambda _: [whole(number), binary(code, fmt.bits)])
    two = power_of_two(whole(fmt.bits))
    return chain([Q + two], lambda _: [whole(number) + two, whole(code), binary(code, fmt.bits)])


def packed(result: Result) -> list[Step]:
    """Every byte of a file that holds bits of the code."""
    places = bits_of(result)
    data = all_bytes(result)
    found = []
    for byte in sorted({byte for byte, _ in places}):
        own = [bit for at, bit in places if at == byte]
        found.append(_byte(byte, data[byte], own))
    return found


def _byte(at: int, value: int, own: list[int]) -> Step:
    first, last = min(own), max(own)
    which = f"bit {first} is" if first == last else f"bits {first} to {last} are"
    if len(own) == 8:
        text = f"Byte {display.count(at)} of the file, {display.hexadecimal(value, 8)}, belongs to this number alone."
    else:
        text = (
            f"In byte {display.count(at)} of the file, {display.hexadecimal(value, 8)}, {which} this number’s; "
            "the others belong to other numbers."
        )
    symbol = Term(m.index(m.words("byte"), m.number(str(at))))
    return step(f"packed_{at}", "Packed", text, chain([symbol], lambda _: [whole(value), marked(value, own)]))

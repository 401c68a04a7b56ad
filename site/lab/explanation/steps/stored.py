"""The steps from a code to the bits that lie in memory, and to the byte that it shares with its neighbours."""

import numpy as np

from quantcore.formats.packing import pack

from ...answer_types import Step
from ...notation import display
from ...notation import mathml as m
from ...notation.bits import binary, power_of_two
from ...notation.equations import chain, step
from ...notation.operands import whole_text
from ...notation.terms import Term, whole
from ...results.result import Result

Q = Term(m.Q)


def stored(result: Result) -> list[Step]:
    """The code's bits and, where codes share a byte, that byte; nothing for a code that its width does not hold."""
    code, fmt = int(result.flat_q[result.element]), result.settings.integers
    lowest, highest = fmt.storage_range
    if not lowest <= code <= highest:
        return []
    found = [_bits(code, fmt.bits)]
    return [*found, _packed(result)] if fmt.bits in (2, 4) and result.is_clipping else found


def _bits(code: int, bits: int) -> Step:
    pattern = code % (1 << bits)
    if bits > 8:
        room = "two bytes, the lower one first"
    else:
        room = "part of a byte" if bits in (2, 4) else "a byte"
    if code >= 0:
        text = f"The code is written in base two, with {bits} bits; in memory it takes {room}."
        return step("bits", "Bits", text, chain([Q], lambda _: [whole(code), binary(pattern, bits)]))
    text = (
        f"A negative code is stored as its two's complement: 2 to the power of {bits} is added, and the sum is written "
        f"in base two, with {bits} bits; in memory it takes {room}."
    )
    members = [whole(code) + power_of_two(whole(bits)), whole(pattern), binary(pattern, bits)]
    return step("bits", "Bits", text, chain([Q + power_of_two(whole(bits))], lambda _: members))


def _packed(result: Result) -> Step:
    """The byte that holds the code, as ONNX packs: the first code in the lowest bits."""
    bits, element = result.settings.integers.bits, result.element
    n = 8 // bits
    first = element - element % n
    together = result.flat_q[first : first + n].astype(np.int64)
    byte = int(pack(together, bits)[0])
    fields = [int(code) % (1 << bits) for code in together] + [0] * (n - len(together))
    total = whole(fields[0])
    for i, pattern in enumerate(fields[1:], 1):
        total = total + whole(pattern) * power_of_two(whole(bits * i))
    others = [
        f"number {first + i} is {whole_text(code)}" for i, code in enumerate(together.tolist()) if first + i != element
    ]
    neighbours = f"beside it, {' and '.join(others)}" if others else "the rest of the byte is filled with zeros"
    where = f"bits {bits * (element - first)} to {bits * (element - first) + bits - 1}"
    text = (
        f"{'Two' if n == 2 else 'Four'} codes share a byte. This one takes {where} of byte {display.count(first // n)};"
        f" {neighbours}. As in ONNX, the first code lies in the lowest bits."
    )
    members = [total, whole(byte), binary(byte, 8)]
    return step("packed", "Packed", text, chain([Term(m.words("byte"))], lambda _: members))

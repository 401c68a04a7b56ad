"""The bytes of the followed number's block as they lie in a file: fields, the numbers in each, and a way to edit."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantcore.explain.stored_bytes import byte_members, stored_fields, stored_members
from quantcore.explain.stored_context import level_index

from ..answer_types import Node, Row, Table
from ..explanation.table import Cell, column, row, table
from ..notation import display
from ..notation.nodes import node
from ..results.followed import all_bytes, bits_of, code_width, trace_of
from ..results.result import Result
from .bits import applies
from .instrument import Instrument

WINDOW = 64  # bytes that are shown where there are no blocks
MOST_EDITED = 4096  # bytes that a request carries
USE = "Point at a byte, or move with the arrow keys, to see which numbers it is part of; press it to follow its number."
KINDS = 5  # that colours tell apart

__all__ = ["applies", "build"]


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A field of a block: its bytes, and the numbers that each of them has a part in.

    Attributes:
        name: as the format's authors call it.
        start: its first byte in the file.
        data: its bytes.
        members: for each byte the elements, as flat indices, in order.
        are_codes: whether it holds bits of codes.
    """

    name: str
    start: int
    data: bytes
    members: list[NDArray[Any]]
    are_codes: bool


def build(result: Result) -> Instrument:
    """The instrument for a result."""
    parts = _parts_of_block(result) if result.stored is not None else [_codes_around(result)]
    nodes: list[Node] = [_legend(parts), _dump(result, parts), *_edit(result, parts)]
    title = "" if result.stored is None else "The bytes of the block"
    return Instrument(_caption(result, parts), None, _table(result, parts), title=title, nodes=nodes, use=USE)


def _parts_of_block(result: Result) -> list[Part]:
    stored, block = result.stored, trace_of(result).block
    assert stored is not None
    data, members = all_bytes(result), stored_members(stored, block)
    owners = {byte for byte, _ in bits_of(result)}
    parts = []
    for field, own in zip(stored_fields(stored, block), byte_members(stored, block), strict=True):
        listed = [_in_array(result, members[is_own]) for is_own in own]
        taken = data[field.start : field.start + field.size]
        are_codes = any(field.start <= byte < field.start + field.size for byte in owners)
        parts.append(Part(field.name, field.start, taken, listed, are_codes))
    return parts


def _in_array(result: Result, members: NDArray[Any]) -> NDArray[Any]:
    """Elements of the stored array, which may be filled up, as elements of the values."""
    assert result.stored is not None
    shape = result.stored.shape
    if shape == result.x.shape or not result.x.ndim:
        return members[members < result.size]
    index = np.unravel_index(members, shape)
    inside = index[-1] < result.x.shape[-1]
    found: NDArray[Any] = np.ravel_multi_index(tuple(axis[inside] for axis in index), result.x.shape)
    return found


def _codes_around(result: Result) -> Part:
    """The bytes around the followed number's code, where there are no blocks."""
    width, data = code_width(result), all_bytes(result)
    first = result.element * width // 8 // WINDOW * WINDOW
    taken = data[first : first + WINDOW]
    listed = []
    for byte in range(first, first + len(taken)):
        low, high = 8 * byte // width, -(-8 * (byte + 1) // width)
        listed.append(np.arange(low, min(high, result.size)))
    return Part("codes", first, taken, listed, True)


def _caption(result: Result, parts: list[Part]) -> str:
    n_bytes = sum(len(part.data) for part in parts)
    if result.stored is None:
        order = "" if code_width(result) >= 8 else " The first code of a byte is in its lowest bits."
        return (
            f"{display.plural(n_bytes, 'byte')} of {display.count(len(all_bytes(result)))}, those around the followed "
            f"number’s code, which is framed.{order}"
        )
    n_numbers, n_blocks = trace_of(result).members.size, result.stored.codes.shape[0]
    is_sharing = any(level.values.size < n_blocks for level in result.stored.levels)
    shared = ", with what it shares with other blocks" if is_sharing else ""
    return (
        f"Block {trace_of(result).block} takes {display.plural(n_bytes, 'byte')} for {display.count(n_numbers)} "
        f"numbers{shared}. The followed number’s code is framed."
    )


def _legend(parts: list[Part]) -> Node:
    return node(
        "ul",
        {"class": "dump-fields"},
        *(
            node("li", {"class": f"field-{i % KINDS}"}, f"{part.name}, {display.plural(len(part.data), 'byte')}")
            for i, part in enumerate(parts)
        ),
    )


def _dump(result: Result, parts: list[Part]) -> Node:
    owners: dict[int, list[int]] = {}
    for byte, bit in bits_of(result):
        owners.setdefault(byte, []).append(bit)
    cells = []
    for i, part in enumerate(parts):
        for offset in range(len(part.data)):
            at = part.start + offset
            cells.append(_cell(part, i, offset, owners.get(at), result.element))
    return node("div", {"class": "dump", "role": "toolbar", "aria-label": "The bytes in their order"}, *cells)


def _cell(part: Part, kind: int, offset: int, own: list[int] | None, element: int) -> Node:
    members, value = part.members[offset], part.data[offset]
    shown = f"{value:02x}"  # a word of the name too: who speaks to the page says what is on the button
    told = f"Byte {display.count(part.start + offset)}, {part.name}, hexadecimal {shown}: {_numbers(members)}"
    attributes = {"type": "button", "class": f"byte field-{kind % KINDS}", "tabindex": "-1"}
    if own is not None:
        attributes |= {"class": f"byte byte-own field-{kind % KINDS}", "tabindex": "0"}
        told += f"; the followed number’s {_bits(own)}"
    if part.are_codes and members.size:
        after = np.searchsorted(members, element, "right") if element in members else 0  # pressed again: the next one
        attributes["data-follow"] = str(int(members[after % members.size]))
    return node("button", {**attributes, "title": told, "aria-label": told}, shown)


def _bits(own: list[int]) -> str:
    if len(own) == 1:
        return f"bit is {own[0]}"
    if own == list(range(own[0], own[-1] + 1)):
        return f"bits are {own[0]} to {own[-1]}"
    return f"bits are {', '.join(map(str, own))}"


def _numbers(members: NDArray[Any]) -> str:
    """Elements in words: runs of neighbours as what is from the first to the last of them.

    >>> _numbers(np.array([4, 20])), _numbers(np.arange(32, 64)), _numbers(np.array([], np.intp))
    ('numbers 4, 20', 'numbers 32 to 63', 'no number')
    """
    if not members.size:
        return "no number"
    if members.size == 1:
        return f"number {display.count(int(members[0]))}"
    cuts = np.flatnonzero(np.diff(members) != 1) + 1
    runs = [(int(run[0]), int(run[-1])) for run in np.split(members, cuts)]
    shown = [str(a) if a == b else f"{a}, {b}" if b == a + 1 else f"{a} to {b}" for a, b in runs[:6]]
    return f"numbers {', '.join(shown)}{' and others' if len(runs) > 6 else ''}"


def _edit(result: Result, parts: list[Part]) -> list[Node]:
    """The way to the same bytes as what is asked, one of which can then be changed; of many, to those of the block."""
    if result.stored is None:
        return []
    if result.settings.is_dequantize:
        return [node("p", {"class": "hint"}, "Change a digit in the field Bytes to see which numbers change with it.")]
    data, label = all_bytes(result), "Edit these bytes"
    asked = {"shape": ",".join(map(str, result.stored.shape or (1,))), "element": str(_in_stored(result))}
    if len(data) > MOST_EDITED:
        trace = trace_of(result)
        data, label = b"".join(part.data for part in parts), "Edit the bytes of this block"
        asked = {"shape": str(trace.members.size), "element": str(trace.place)}
        if not _is_alone(result, trace.members):
            words = f"To edit a byte, quantize fewer values: a request carries {display.count(MOST_EDITED)} at most."
            return [node("p", {"class": "hint"}, words)]
    fields = {"direction": "dequantize", "format": result.settings.codes.name, "bytes": data.hex(" "), **asked}
    button = {"type": "button", "class": "button", "data-action": "choose", "data-fields": json.dumps(fields)}
    return [node("p", {"class": "actions needs-script"}, node("button", button, label))]


def _is_alone(result: Result, members: NDArray[Any]) -> bool:
    """Whether no byte of the block holds codes of another one."""
    assert result.stored is not None
    bits = result.settings.fmt.bits
    return int(members[0]) * bits % 8 == 0 and members.size * bits % 8 == 0


def _in_stored(result: Result) -> int:
    """The followed number's flat index in the stored array, whose rows may be longer."""
    assert result.stored is not None
    return int(np.ravel_multi_index(trace_of(result).index, result.stored.shape)) if result.stored.shape else 0


def _table(result: Result, parts: list[Part]) -> Table:
    columns = [
        column("field", "Field", "what the bytes are", is_text=True),
        column("first", "First byte", "its place in the file, from 0"),
        column("size", "Bytes", "how many there are"),
        column("value", "Value", "the number that they hold, where it is one"),
    ]
    values = _level_values(result)
    rows: list[Row] = []
    for i, part in enumerate(parts):
        cells = [part.name, display.count(part.start), str(len(part.data)), values.get(part.name, display.NOTHING)]
        rows.append(row(i, cells, part.are_codes))
    return table("The fields of the block" if result.stored is not None else "The bytes shown", columns, rows)


def _level_values(result: Result) -> dict[str, Cell]:
    """What the fields hold that are one number."""
    stored = result.stored
    if stored is None:
        return {}
    block, n_blocks = trace_of(result).block, stored.codes.shape[0]
    return {
        level.name: level.values.reshape(-1)[level_index(stored, level, block)]
        for level in stored.levels
        if level.values.size <= n_blocks
    }

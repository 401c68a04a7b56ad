"""Text to numbers: lists, nested lists, NumPy's and PyTorch's printouts, or numbers with anything usual between them.

Numbers are separated by spaces, new lines, commas or semicolons. Brackets, where there are any, make the shape. NumPy
reads the digits and counts the brackets, so that a million numbers take a fraction of a second; only a text with a mistake
in it is read a second time, token by token, to say where the mistake is.
"""

import re
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray
from quantcore import QuantError

Float64 = NDArray[np.float64]
Positions = NDArray[np.intp]

MAX_DEPTH = 8
EXAMPLE = "Write numbers such as -3.0, 0.1, 3.2 or a list such as [[1, 2], [3, 4]]"

MINUS_SIGNS = "\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d"
BLANKS = "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff\u200b" + "".join(map(chr, range(0x2000, 0x200B)))
TO_ASCII = {ord(sign): "-" for sign in MINUS_SIGNS} | {ord(blank): " " for blank in BLANKS if ord(blank) > 127}
SEPARATORS = str.maketrans(",;\t\n\v\f\r\x1c\x1d\x1e\x1f[]()", " " * 15)

TOKEN = re.compile(r"[^\s,;\[\]()]+")
MISSING = re.compile(r"[,;]\s*[,;]|[\[(]\s*[,;]|\A\s*[,;]")
ARRAY_CALL = re.compile(r"\s*(?:\w+\.)?(?:array|tensor|Array|Tensor|asarray)\s*\(")
ARRAY_KEYWORDS = re.compile(r"(?:,\s*\w+\s*=\s*(?:[\w.]+|'[^']*'|\"[^\"]*\"|<[^>]*>)\s*(?:\([^()]*\))?\s*)*,?\s*\)\s*\Z")


def parse_numbers(text: str, field: str) -> Float64:
    """The numbers in a text: 1-D, or of the shape that nested brackets give.

    Args:
        text: what was typed, pasted or read from a file.
        field: the request's field, for the message.

    Raises:
        QuantError: naming the first token that is not a finite number, or the first list that is out of shape, with
            its place in the text.

    >>> parse_numbers("[[1, 2], [3, -4e-1]]", "values").tolist()
    [[1.0, 2.0], [3.0, -0.4]]
    """
    source = text if text.isascii() else text.translate(TO_ASCII)
    source = _without_call(source)
    if missing := MISSING.search(source):
        place = missing.end() - 1
        raise QuantError(
            f"{field} has nothing before the \"{source[place]}\" {_place(source, place)}; "
            "write the missing number there, or delete the separator.",
            field,
        )
    numbers = _read(source, field)
    if numbers.size == 0:
        raise QuantError(f"{field} holds no numbers. {EXAMPLE}.", field)
    if any(bracket in source for bracket in "[]()"):
        return numbers.reshape(_shape(source, numbers.size, field))
    return numbers


def parse_whole_numbers(text: str, field: str) -> Float64:
    """The whole numbers in a text, as float64.

    Raises:
        QuantError: as :func:`parse_numbers`, and naming the first number that is not whole.
    """
    numbers = parse_numbers(text, field)
    broken = np.flatnonzero(numbers.ravel() != np.rint(numbers.ravel()))
    if broken.size:
        token = _token(text, int(broken[0]))
        raise QuantError(f"{field} holds {token}; every entry must be a whole number. Round it or remove it.", field)
    return numbers


def _without_call(source: str) -> str:
    """``tensor([1., 2.], dtype=...)`` as ``[1., 2.]``, blanks in place of what is left out, so that positions stay."""
    opening = ARRAY_CALL.match(source)
    closing = ARRAY_KEYWORDS.search(source) if opening else None
    if not opening or not closing:
        return source
    inside = source[opening.end() : closing.start()]
    return " " * opening.end() + inside


def _read(source: str, field: str) -> Float64:
    """Every number of the text in order, shape aside."""
    bare = source.translate(SEPARATORS)
    if bare.isspace() or not bare:
        return np.empty(0)
    try:
        numbers = np.fromstring(bare, sep=" ")
    except ValueError:
        _refuse(source, field)
    if not np.isfinite(numbers).all():
        _refuse(source, field)
    return numbers


def _refuse(source: str, field: str) -> NoReturn:
    """Raise the error of the first token that is not a finite number."""
    for entry, found in enumerate(TOKEN.finditer(source)):
        token = found.group()
        try:
            value = float(token) if "_" not in token and token.isascii() else None
        except ValueError:
            value = None
        if value is not None and np.isfinite(value):
            continue
        place = _token_place(source, entry, found)
        if value is None:
            raise QuantError(f"{field} holds {place}, which is not a number. {_remedy(token)}", field)
        if any(digit in token for digit in "0123456789"):
            limit = "the largest float64 (about 1.8e308)"
            raise QuantError(f"{field} holds {place}, which is beyond {limit}. Use a smaller number.", field)
        raise QuantError(f"{field} holds {place}; every entry must be a finite number. Replace it or remove it.", field)
    raise AssertionError("NumPy refused a text of which every token is a finite number")


def _remedy(token: str) -> str:
    """What to do about a token that is not a number."""
    if set(token) <= {".", "…"}:
        return "The dots stand for numbers that a printout left out; paste all of them."
    if token.count(".") > 1 or "-" in token[1:].lower().replace("e-", ""):
        return "If it is two numbers, put a separator between them."
    return f"{EXAMPLE}."


@dataclass(frozen=True, slots=True, eq=False)
class _Brackets:
    """Where lists and numbers begin and end in a text; positions are indices into its characters."""

    opening: Positions
    closing: Positions
    depth: NDArray[np.intp]  # of each opening bracket: 1 for the outermost
    closing_depth: NDArray[np.intp]
    numbers: Positions  # where each number starts
    number_depth: NDArray[np.intp]

    @classmethod
    def of(cls, source: str) -> "_Brackets":
        characters = np.frombuffer(source.encode("ascii", "replace"), np.uint8)
        is_opening = (characters == ord("[")) | (characters == ord("("))
        is_closing = (characters == ord("]")) | (characters == ord(")"))
        is_gap = (characters <= ord(" ")) | (characters == ord(",")) | (characters == ord(";")) | is_opening | is_closing
        starts = ~is_gap
        starts[1:] &= is_gap[:-1]
        opening, closing, numbers = (np.flatnonzero(mask) for mask in (is_opening, is_closing, starts))

        def open_before(places: Positions) -> NDArray[np.intp]:
            return np.searchsorted(opening, places) - np.searchsorted(closing, places)

        return cls(opening, closing, open_before(opening) + 1, open_before(closing), numbers, open_before(numbers))


def _shape(source: str, size: int, field: str) -> tuple[int, ...]:
    """The shape that the brackets give; several lists side by side are the rows of one."""
    brackets = _Brackets.of(source)
    _check_balance(source, brackets, field)
    deepest = int(brackets.depth.max())
    if deepest > MAX_DEPTH:
        raise QuantError(f"{field} is nested {deepest} lists deep; at most {MAX_DEPTH} are allowed. Flatten it.", field)
    stray = np.flatnonzero(brackets.number_depth != deepest)
    if stray.size:
        entry = int(stray[0])
        place = _place(source, int(brackets.numbers[entry]))
        raise QuantError(
            f"{field} is ragged: {_token(source, entry)} {place} stands beside lists; "
            "every number must be nested equally deep.",
            field,
        )
    shape: list[int] = []
    outermost = np.flatnonzero(brackets.depth == 1)
    if outermost.size > 1:
        shape.append(int(outermost.size))
    for level in range(1, deepest + 1):
        members = brackets.numbers if level == deepest else brackets.opening[brackets.depth == level + 1]
        shape.append(_common_length(source, brackets, level, members, field))
    return tuple(shape)


def _common_length(source: str, brackets: _Brackets, level: int, members: Positions, field: str) -> int:
    """How many members each list of one level has.

    Raises:
        QuantError: if they differ, naming the first that does.
    """
    opening = brackets.opening[brackets.depth == level]
    closing = brackets.closing[brackets.closing_depth == level]
    lengths = np.searchsorted(members, closing) - np.searchsorted(members, opening)
    different = np.flatnonzero(lengths != lengths[0])
    if different.size:
        which = int(different[0])
        raise QuantError(
            f"{field} is ragged: list {which + 1} {_place(source, int(opening[which]))} has {int(lengths[which])} entries, "
            f"the first has {int(lengths[0])}; all lists of a level must be equally long.",
            field,
        )
    return int(lengths[0])


def _check_balance(source: str, brackets: _Brackets, field: str) -> None:
    """Raise where a bracket is closed that was not opened, or left open."""
    unopened = np.flatnonzero(brackets.closing_depth < 1)
    if unopened.size:
        place = int(brackets.closing[unopened[0]])
        raise QuantError(
            f"{field} has a \"{source[place]}\" {_place(source, place)} that closes nothing; delete it or open its list.", field
        )
    if brackets.opening.size > brackets.closing.size:
        place = _left_open(source)
        raise QuantError(
            f"{field} has a \"{source[place]}\" {_place(source, place)} that is never closed; close it or delete it.", field
        )


def _left_open(source: str) -> int:
    """The position of the last bracket that stays open."""
    stack: list[int] = []
    for found in re.finditer(r"[\[\]()]", source):
        if found.group() in "[(":
            stack.append(found.start())
        elif stack:
            stack.pop()
    return stack[-1]


def _token(text: str, entry: int) -> str:
    """A token in quotes."""
    for number, found in enumerate(TOKEN.finditer(text)):
        if number == entry:
            return f'"{_cut(found.group())}"'
    raise AssertionError("a number without a token")


def _token_place(source: str, entry: int, found: re.Match[str]) -> str:
    return f'"{_cut(found.group())}" as entry {entry + 1} {_place(source, found.start())}'


def _cut(token: str) -> str:
    return token if len(token) <= 40 else token[:37] + "…"


def _place(source: str, position: int) -> str:
    """A position for people, in parentheses."""
    line = source.count("\n", 0, position) + 1
    column = position - source.rfind("\n", 0, position)
    return f"(line {line}, column {column})"


def parse_shape(text: str, field: str) -> tuple[int, ...]:
    """The lengths in a text such as "2,3" or "2 x 3".

    Raises:
        QuantError: if one is not a whole number of at least 1.
    """
    parts = [part for part in re.split(r"[\s,;x×*()\[\]]+", text) if part]
    if not parts or len(parts) > MAX_DEPTH or not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise QuantError(f'{field} is "{_cut(text)}"; it must be lengths of at least 1, such as 2,3 for 2 rows of 3.', field)
    return tuple(int(part) for part in parts)


"""Digits to numbers: numbers with decimal points and anything usual between them.

NumPy reads the digits, so that a million numbers take a fraction of a second; only a text with a mistake in it is read
a second time, token by token, to say where the mistake is.
"""

import math
import re
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from quantcore import QuantError

from .brackets import MAX_DEPTH
from .places import TOKEN, quoted, token_place, where

Float64 = NDArray[np.float64]

EXAMPLE = "Write numbers such as -3.0, 0.1, 3.2 or a list such as [[1, 2], [3, 4]]"

MINUS_SIGNS = "\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d"
BLANKS = "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff\u200b" + "".join(
    map(chr, range(0x2000, 0x200B))
)
TO_ASCII = {ord(sign): "-" for sign in MINUS_SIGNS} | {ord(blank): " " for blank in BLANKS if ord(blank) > 127}
SEPARATORS = str.maketrans(",;\t\n\v\f\r\x1c\x1d\x1e\x1f[]()", " " * 15)

MISSING = re.compile(r"[,;]\s*[,;]|[\[(]\s*[,;]|\A\s*[,;]")
SHAPE = re.compile(r"\s*[(\[]?\s*[0-9]{1,9}(?:(?:\s*[,;x×*]\s*|\s+)[0-9]{1,9})*\s*,?\s*[)\]]?\s*")
SKELETON = bytes.maketrans(b";(", b",[")


def numbers_in(source: str, field: str, *, takes_all: bool = False) -> Float64:
    """Every number of a text in order, shape aside.

    Args:
        source: numbers with decimal points, blanks, commas, semicolons and brackets, in ASCII.
        field: the request's field, for the message.
        takes_all: whether NaN and infinity are numbers, too.

    Raises:
        QuantError: naming the first token that is not a finite number, with its place in the text.
    """
    if _lacks_entries(source) and (missing := MISSING.search(source)):
        place = missing.end() - 1
        raise QuantError(
            f'{field} has nothing before the "{source[place]}" {where(source, place)}; '
            "write the missing number there, or delete the separator.",
            field,
        )
    return _read(source, field, takes_all)


def _lacks_entries(source: str) -> bool:
    """Whether somewhere a separator follows another, or opens a list: a quick look, before the place is sought."""
    skeleton = source.encode("ascii", "replace").translate(SKELETON, b" \t\n\v\f\r")
    return b",," in skeleton or b"[," in skeleton or skeleton.startswith(b",")


def _read(source: str, field: str, takes_all: bool) -> Float64:
    """Every number of the text in order, shape aside."""
    bare = source.translate(SEPARATORS)
    if bare.isspace() or not bare:
        return np.empty(0)
    try:
        numbers = np.fromstring(bare, sep=" ")
    except ValueError:
        _refuse(source, field, takes_all)
    if not np.isfinite(numbers).all() and not (takes_all and all(map(_is_right, TOKEN.findall(source)))):
        _refuse(source, field, takes_all)
    return numbers


def _is_right(token: str) -> bool:
    """Whether a number is one that float64 holds: with digits, and infinite, it is too large."""
    return math.isfinite(float(token)) or token.lstrip("+-").isalpha()


def _refuse(source: str, field: str, takes_all: bool) -> NoReturn:
    """Raise the error of the first token that is not a number, or not a finite one."""
    for entry, found in enumerate(TOKEN.finditer(source)):
        token = found.group()
        try:
            value = float(token) if "_" not in token and token.isascii() else None
        except ValueError:
            value = None
        if value is not None and (np.isfinite(value) or (takes_all and _is_right(token))):
            continue
        place = token_place(source, entry, found)
        if value is None:
            raise QuantError(f"{field} holds {place}, which is not a number. {_remedy(token)}", field)
        if any(digit in token for digit in "0123456789"):
            limit = "the largest float64 (about 1.8e308)"
            raise QuantError(f"{field} holds {place}, which is beyond {limit}. Use a smaller number.", field)
        remedy = "Replace it or remove it"
        if field == "values":
            remedy += ", or choose what “NaN and infinity” are"
        raise QuantError(f"{field} holds {place}; every entry must be a finite number. {remedy}.", field)
    raise AssertionError("NumPy refused a text of which every token is a finite number")


def _remedy(token: str) -> str:
    """What to do about a token that is not a number."""
    if set(token) <= {".", "…"}:
        return "The dots stand for numbers that a printout left out; paste all of them."
    if token.count(".") > 1 or "-" in token[1:].lower().replace("e-", ""):
        return "If it is two numbers, put a separator between them."
    return f"{EXAMPLE}."


def parse_shape(text: str, field: str) -> tuple[int, ...]:
    """The lengths in a text such as "2,3" or "2 x 3".

    Raises:
        QuantError: if one is not a whole number of at least 1.
    """
    lengths = [int(part) for part in re.findall("[0-9]+", text)] if SHAPE.fullmatch(text) else []
    if not lengths or len(lengths) > MAX_DEPTH or min(lengths) < 1:
        raise QuantError(
            f"{field} is {quoted(text)}; it must be lengths of at least 1, such as 2,3 for 2 rows of 3.", field
        )
    return tuple(lengths)

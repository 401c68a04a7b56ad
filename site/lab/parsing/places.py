"""Where something stands in a text, in words for a message."""

import re

TOKEN = re.compile(r"[^\s,;\[\]()]+")
"""What stands between separators."""

LONGEST = 40


def quoted_token(text: str, entry: int) -> str:
    """One token of a text, counted from 0, in quotes.

    >>> quoted_token("1, two, 3", 1)
    '"two"'
    """
    tokens = (found.group() for found in TOKEN.finditer(text))
    return quoted(next(token for number, token in enumerate(tokens) if number == entry))


def token_place(text: str, entry: int, found: re.Match[str]) -> str:
    """A token in quotes, its number among the others and its place."""
    return f"{quoted(found.group())} as entry {entry + 1} {where(text, found.start())}"


def quoted(text: str) -> str:
    r"""A text in quotes, its end cut off if it is long, what cannot be printed escaped.

    >>> quoted("a\0b")
    '"a\\x00b"'
    """
    shown = text[:LONGEST]
    if not shown.isprintable():
        shown = "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in shown)
    return f'"{shown if len(text) <= LONGEST and len(shown) <= LONGEST else shown[: LONGEST - 3] + "…"}"'


def where(text: str, position: int) -> str:
    r"""A position, in parentheses.

    >>> where("ab\ncd", 4)
    '(line 2, column 2)'
    """
    line = text.count("\n", 0, position) + 1
    column = position - text.rfind("\n", 0, position)
    return f"(line {line}, column {column})"

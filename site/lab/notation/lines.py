"""Formulas in pieces, between which a page breaks its lines: no browser breaks a formula by itself.

A chain breaks before its relations, and what is too wide for the narrowest page even so before the terms of a sum. Only
a term that has no room on a line of its own breaks within: before operators, after commas, between digits; a fraction
that is too wide is written with a slash.
"""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from ..answer_types import Node
from . import mathml as m
from .nodes import node

RELATIONS = frozenset("=≈≤≥≠<>∈→")
SUMS = frozenset("+−")
OPERATORS = SUMS | frozenset("·×/")
APART = 2.0  # em; so wide a space parts two formulas
ROOM = 12.0  # em; what the narrowest page, of 320 CSS pixels, has for a formula
DIGITS = 10  # of a number that is too wide, in each piece

# Widths in em, each somewhat more than the font has, as another may stand in for it.
EM = {".": 0.3, ",": 0.45, "(": 0.4, ")": 0.4, "|": 0.35, "\u202f": 0.2, **dict.fromkeys("⌊⌋⌈⌉", 0.5)}
EM |= dict.fromkeys(RELATIONS, 1.4) | dict.fromkeys(OPERATORS, 1.2)
EM_CHARACTER = 0.56
SCRIPT = 0.75  # the size of an index or exponent

Element = Any
"""A node that is no text: a tag, attributes and children."""

Run = list[Element]


def shown(formula: Element) -> Node:
    """The formula as the page shows it: chains, each of members, each of pieces of MathML.

    >>> shown(m.chain(m.X, m.number("1")))[2]
    ['span', {}, ['math', {'displaystyle': 'true'}, ['mi', {}, 'x']]]
    """
    chains = [_chain(part) for part in _apart(formula[2:] if formula[0] == "mrow" else [formula])]
    return chains[0] if len(chains) == 1 else node("div", None, *chains)


def _chain(children: Run) -> Node:
    """One formula: its first member, and the others, each with its relation."""
    first, *others = _before(children, RELATIONS)
    members = [node("span", None, *_pieces(member)) for member in others]
    style = {"style": f"--chain: {sum(map(width, chain.from_iterable(others))):.3g}em"}
    rest = [node("span", style, *members)] if others else []
    return node("div", {"class": "chain"}, node("span", None, *_pieces(first)), *rest)


def _pieces(members: Run) -> Iterator[Node]:
    """The MathML of a member, and between pieces of it the places where a line may end; those of one term together."""
    formed = _each_formed(members)
    terms = [formed] if sum(map(width, formed)) <= ROOM else _before(list(_flat(formed)), SUMS)
    for index, term in enumerate(terms):
        if index:
            yield node("wbr")
        first, *others = [node("math", {"displaystyle": "true"}, *run) for run in runs(m.row(*term))]
        rest = [part for piece in others for part in (node("wbr"), piece)]
        yield node("span", {"class": "term"}, first, *rest) if rest else first


def _flat(formed: Run) -> Iterator[Element]:
    """Children side by side, with those of rows among them in their places, as far as no fence holds them together."""
    for child in formed:
        if child[0] == "mrow" and "fence" not in child[2][1]:
            yield from _flat(_each_formed(child[2:]))
        else:
            yield child


def _apart(children: Run) -> Iterator[Run]:
    """The formulas that a wide space parts."""
    run: Run = []
    for child in children:
        if child[0] == "mspace" and width(child) >= APART:
            yield run
            run = []
        else:
            run.append(child)
    yield run


def _before(children: Run, signs: frozenset[str]) -> list[Run]:
    """The children, cut before each of the signs."""
    parts: list[Run] = [[]]
    for child in children:
        if is_sign(child, signs) and parts[-1]:
            parts.append([])
        parts[-1].append(child)
    return parts


def runs(tree: Element, taken: float = 0.0) -> list[Run]:
    """A tree in pieces that fit the narrowest page, as far as it can be broken.

    Args:
        tree: what is to be broken.
        taken: em of what stands before it in the same piece.

    >>> runs(m.row(m.X, m.operator("+"), m.number("1")))
    [[['mi', {}, 'x'], ['mo', {'form': 'infix'}, '+'], ['mn', {}, '1']]]
    """
    tag, attributes, *children = tree
    if tag == "mrow":
        return _of_row(children, taken)
    if taken + width(tree) <= ROOM:
        return [[tree]]
    if tag == "mfrac" and width(tree) > ROOM:
        return _of_row([_fenced(children[0]), m.operator("/"), _fenced(children[1])], taken)
    if tag == "mn" and width(tree) > ROOM:
        digits = children[0]
        return [[node(tag, attributes, digits[at : at + DIGITS])] for at in range(0, len(digits), DIGITS)]
    if tag in ("msub", "msup"):
        *before, last = runs(children[0], taken)
        return [*before, [node(tag, attributes, m.row(*last), children[1])]]
    return [[tree]]


def _of_row(children: Run, taken: float) -> list[Run]:
    """The pieces of children side by side."""
    formed = _each_formed(children)
    if taken + sum(map(width, formed)) <= ROOM:
        return [formed]
    found: list[Run] = [[]]
    last = None
    for child in formed:
        follows_comma = last is not None and is_sign(last, frozenset(","))
        if found[-1] and (follows_comma or is_sign(child, OPERATORS)):
            found.append([])
            taken = 0.0
        first, *others = runs(child, taken + sum(map(width, found[-1])))
        follows_fence = last is not None and last[2:] == ["("]
        if follows_fence and taken + sum(map(width, [*found[-1], *first])) > ROOM:
            found.append([])
            taken = 0.0
        found[-1] += first
        if others:
            found += others
            taken = 0.0
        last = child
    return found


def _each_formed(children: Run) -> Run:
    """The children of a row, of which each operator says where it stood."""
    return [_formed(child, place, len(children)) for place, child in enumerate(children)]


def _formed(child: Element, place: int, n_children: int) -> Element:
    """A child of a row, if an operator with where it stood, as the space around it depends on that."""
    if child[0] != "mo" or n_children == 1:
        return child
    form = "postfix" if place == n_children - 1 else "infix" if place or is_sign(child, RELATIONS) else "prefix"
    return node("mo", {**child[1], "form": child[1].get("form", form)}, *child[2:])


def _fenced(tree: Element) -> Element:
    """What stands beside a slash: in parentheses unless it is one number, symbol or function."""
    text = tree[2] if tree[0] == "mn" else ""
    is_call = tree[0] == "mrow" and len(tree) == 4 and tree[2][0] == "mi" and tree[3][0] == "mrow"
    is_one = tree[0] in ("mn", "mi", "msub", "msup", "mover") and not text.startswith("−")
    return tree if is_one or is_call else m.fenced(tree)


def is_sign(tree: Element, signs: frozenset[str]) -> bool:
    """Whether a node is an operator with one of the signs."""
    return tree[0] == "mo" and tree[2] in signs and tree[1].get("form") != "prefix"


def width(tree: Element) -> float:
    """About how wide a tree is, in em.

    >>> width(m.number("1.5")) < width(m.fraction(m.number("1"), m.number("2.50"))) < width(m.number("12345"))
    True
    """
    tag, attributes, *children = tree
    if tag == "mspace":
        return float(attributes["width"].removesuffix("em"))
    if tag == "mo":
        sign = children[0]
        return EM[","] / 2 + 0.2 if attributes.get("form") == "prefix" and sign in OPERATORS else EM.get(sign, 1.0)
    if tag in ("mn", "mi", "mtext"):
        return sum(EM[sign] if sign == "." else EM_CHARACTER for sign in children[0])
    widths = [width(child) for child in children]
    if tag == "mfrac":
        return max(widths) + 0.3
    if tag == "mover":
        return widths[0]
    if tag in ("msub", "msup"):
        return widths[0] + SCRIPT * widths[1]
    return sum(widths)

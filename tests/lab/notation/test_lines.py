"""Formulas in pieces: nothing is lost between them, and all but the unbreakable fit the narrowest page."""

from typing import Any

import lab
import pytest
from lab.notation import lines
from lab.notation import mathml as m
from lab.notation.nodes import text_of

DIGITS = "0.1000000014901161193847656250123456789012345678901234567890"
WIDE = m.fraction(m.row(m.number(DIGITS[:30]), m.operator("+"), m.number(DIGITS[:30])), m.number("2.5"))
FORMULAS = {
    "a chain": m.chain(m.X_HAT, m.fraction(m.X, m.SCALE), m.number("1.5"), relations=["=", "≈"]),
    "a long sum": m.chain(m.X, m.row(*[m.number("1.25"), m.operator("+")] * 12, m.number("1"))),
    "a long function": m.chain(m.X, m.call("clip", m.row(WIDE[2], m.operator("−"), m.X), m.QMIN, m.QMAX)),
    "a long number": m.chain(m.X, m.call("float32", m.number(DIGITS))),
    "a long pattern": m.index(m.number(DIGITS), m.number("2")),
    "no relation": m.row(m.X, m.operator("+"), m.number("1")),
}


def pieces(tree: Any) -> list[Any]:
    """Its MathML, piece by piece."""
    return [tree] if tree[0] == "math" else [piece for child in tree[2:] for piece in pieces(child)]


@pytest.mark.parametrize("name", FORMULAS)
def test_nothing_is_lost(name: str) -> None:
    """All pieces, one after the other, are the formula."""
    assert m.latex(lines.shown(FORMULAS[name])) == m.latex(FORMULAS[name])


@pytest.mark.parametrize("name", FORMULAS)
def test_every_piece_fits(name: str) -> None:
    """No piece is wider than the narrowest page, but for the brackets that close in it."""
    for piece in pieces(lines.shown(FORMULAS[name])):
        assert lines.width(piece) < lines.ROOM + 4 * lines.EM[")"]


def test_members_begin_with_their_relation() -> None:
    """The first stands alone; every other one has its sign in front."""
    chain = lines.shown(FORMULAS["a chain"])
    first, others = chain[2:]
    assert text_of(first) == "x^"
    assert [text_of(member) for member in others[2:]] == ["=xs", "≈1.5"]


def test_terms_of_a_sum_stay_whole() -> None:
    """A line ends before the next term; the pieces of a term that the narrowest page has no room for are together."""
    product = m.row(m.number("0.2537841797"), m.operator("·"), m.fenced(m.number("−0.011287689")))
    total = m.row(m.row(product, m.operator("+"), product), m.operator("+"), m.number("1"))
    member = lines.shown(m.chain(m.X, total))[3][2]
    assert [part[0] for part in member[2:]] == ["span", "wbr", "span", "wbr", "math"]
    first, _, second, _, last = member[2:]
    assert first[1] == second[1] == {"class": "term"}
    assert [text_of(part) for part in first[2:]] == ["=0.2537841797", "", "·(−0.011287689)"]
    assert [text_of(part) for part in second[2:]] == ["+0.2537841797", "", "·(−0.011287689)"]
    assert text_of(last) == "+1"


def test_a_sum_in_a_bracket_is_one_term() -> None:
    """The line does not end before an operator within the bracket while there is room for all of it."""
    wide = m.number("41.12903226")
    inner = m.row(wide, m.operator("·"), m.operand("−3.0"), m.operator("+"), m.operand("−128"))
    member = lines.shown(m.chain(m.X, m.call("round", inner)))[3][2]
    assert [part[1] for part in member[2:]] == [{"class": "term"}]


def test_wide_fractions_have_a_slash() -> None:
    """A fraction that is too wide is written in one line, with what needs them in parentheses."""
    shown = lines.shown(m.chain(m.X, WIDE))
    assert text_of(shown) == f"x=({DIGITS[:30]}+{DIGITS[:30]})/2.5"
    narrow = m.chain(m.X, m.fraction(m.number("1"), m.number("3")))
    assert "mfrac" in str(lines.shown(narrow))


def test_formulas_side_by_side_are_chains_of_their_own() -> None:
    """What a wide space parts is shown one below the other."""
    both = m.row(m.X, m.operator("="), m.number("1"), ["mspace", {"width": "2em"}], m.Q, m.operator("≤"), m.number("2"))
    assert [text_of(chain) for chain in lines.shown(both)[2:]] == ["x=1", "q≤2"]


@pytest.mark.parametrize("bits", ["2", "8", "16"])
def test_steps_are_whole(bits: str) -> None:
    """The pieces of the steps are what is copied of them."""
    for step in lab.answer({"values": "-91.48772, 30", "bits": bits, "profile": "onnx"})["steps"]:
        assert m.latex(step["math"]) == step["latex"]

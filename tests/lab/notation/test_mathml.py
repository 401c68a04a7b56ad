"""Formulas: well-formed MathML of a small vocabulary, and LaTeX of the same tree."""

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from typing import Any

import lab
import pytest
from lab.notation import mathml as m
from lab.notation.nodes import markup, text_of

AROUND = {"div", "span", "wbr"}
ELEMENTS = {"math", "mrow", "mi", "mn", "mo", "mtext", "mfrac", "msub", "msup", "mover"}
CHILDREN = {"mfrac": 2, "msub": 2, "msup": 2, "mover": 2}

REQUESTS: list[dict[str, str]] = [
    {},
    {"scheme": "symmetric"},
    {"values": "5 5"},
    {"values": "0 0", "scheme": "symmetric"},
    {"values": "1e-30 2e-30"},
    {"profile": "onnx"},
    {"profile": "onnx", "scheme": "symmetric", "signed": "0"},
    {"profile": "onnx", "include_zero": "0", "values": "10 11"},
    {"profile": "pytorch", "values": "[[1, 2], [3, -9]]", "granularity": "axis"},
    {"profile": "pytorch", "values": "0 1e-9"},
    {"profile": "tflite", "rounding": "stochastic"},
    {"direction": "dequantize"},
    {"direction": "dequantize", "profile": "onnx"},
]


def formulas(request: dict[str, str]) -> Iterator[tuple[Any, str]]:
    """Every formula of an answer, as tree and as LaTeX."""
    answer = lab.answer(request)
    assert answer["ok"], answer
    for step in answer["steps"]:
        for piece in pieces(step["math"]):
            yield piece, m.latex(piece)
        yield None, step["latex"]
    for tile in answer["summary"]:
        if tile["symbol"]:
            yield tile["symbol"], m.latex(tile["symbol"])


def pieces(tree: Any) -> Iterator[Any]:
    """The MathML in what a page shows of a formula, which around it has elements without a text."""
    tag, _, *children = tree
    if tag == "math":
        yield tree
        return
    assert tag in AROUND
    for child in children:
        yield from pieces(child)


@pytest.mark.parametrize("request_", REQUESTS)
def test_mathml_is_well_formed(request_: dict[str, str]) -> None:
    """Every formula parses as XML, uses known elements, and fractions and scripts have two parts."""
    for tree, _ in formulas(request_):
        if tree is None:
            continue
        root = ElementTree.fromstring(markup(tree))
        assert root.tag == "math"
        for element in root.iter():
            assert element.tag in ELEMENTS
            assert len(element) == CHILDREN.get(element.tag, len(element))
            assert element.tag not in {"mi", "mn", "mo", "mtext"} or (element.text and not len(element))


@pytest.mark.parametrize("request_", REQUESTS)
def test_latex_is_balanced_ascii(request_: dict[str, str]) -> None:
    """The LaTeX of every formula is ASCII with balanced braces and known commands only."""
    known = {"frac", "text", "operatorname", "hat", "cdot", "approx", "times", "infty"}
    for _, latex in formulas(request_):
        assert latex.isascii()
        assert latex.count("{") == latex.count("}")
        assert set(re.findall(r"\\([a-z]+)", latex)) <= known


def test_exponents_are_powers_of_ten() -> None:
    """1.5e−7 is written as a product with a power, in both languages."""
    tree = m.number("1.5e−7")
    assert text_of(tree) == "1.5×10−7"
    assert m.latex(tree) == r"1.5\times 10^{-7}"


def test_negative_operands_are_fenced() -> None:
    """A negative number after an operator stands in parentheses."""
    assert text_of(m.operand("−3.0")) == "(−3.0)"
    assert text_of(m.operand("3.0")) == "3.0"

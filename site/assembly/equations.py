"""Breaks the formulas that stand in the pages themselves into pieces, as the lab breaks those of an answer."""

import importlib
import re
import xml.etree.ElementTree as ElementTree
from typing import Any

Node = Any
BRACKETS = frozenset("()|^")
PLACE = re.compile(r'(<div class="equation"[^>]*>)(<math display="block">.*?</math>)(?=</div>)', re.DOTALL)


def broken(page: str) -> str:
    """Replaces every formula of a page that stands by itself.

    >>> broken('<div class="equation"><math display="block"><mrow><mi>x</mi></mrow></math></div>').count("chain")
    1
    """
    lines, nodes = (importlib.import_module(f"lab.notation.{name}") for name in ("lines", "nodes"))

    def shown(place: re.Match[str]) -> str:
        [formula] = ElementTree.fromstring(place[2])
        return place[1] + str(nodes.markup(lines.shown(tree(formula))))

    return PLACE.sub(shown, page)


def tree(element: ElementTree.Element) -> Node:
    """Returns an element as a node; between elements, blanks mean nothing, and brackets grow around a fraction only."""
    text = (element.text or "").strip()
    nodes = list(map(tree, element))
    if element.find(".//mfrac") is None:
        nodes = [
            [*node[:1], {**node[1], "stretchy": "false"}, *node[2:]] if is_bracket(node) else node for node in nodes
        ]
    return [element.tag, dict(element.attrib), *([text] if text else []), *nodes]


def is_bracket(node: Node) -> bool:
    """Tells whether a node is one that a browser would stretch."""
    return node[0] == "mo" and node[2] in BRACKETS

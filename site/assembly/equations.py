"""Breaks the formulas that stand in the pages themselves into pieces, as the lab breaks those of an answer."""

import importlib
import re
import xml.etree.ElementTree as ElementTree
from typing import Any

Node = Any
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
    """Returns an element as a node; between elements, blanks mean nothing."""
    text = (element.text or "").strip()
    return [element.tag, dict(element.attrib), *([text] if text else []), *map(tree, element)]

"""The tree that an answer carries for HTML, SVG and MathML alike.

A node is a text, or a list ``[tag, {attribute: text}, *children]``. It is plain JSON: the page makes DOM elements of
it, the build makes text of it, and nobody ever concatenates HTML.
"""

from ..answer_types import Node

# As `html.escape`, whose module brings a table of 2,000 names.
IN_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
IN_ATTRIBUTE = {**IN_TEXT, **str.maketrans({'"': "&quot;", "'": "&#x27;"})}


def node(tag: str, attributes: dict[str, str] | None = None, *children: Node) -> Node:
    """One element.

    >>> node("p", {"class": "note"}, "3 < 4")
    ['p', {'class': 'note'}, '3 < 4']
    """
    return [tag, attributes or {}, *children]


def text_of(tree: Node) -> str:
    """The text inside a tree, without its tags.

    >>> text_of(node("p", None, "a ", node("b", None, "c")))
    'a c'
    """
    if isinstance(tree, str):
        return tree
    return "".join(text_of(child) for child in tree[2:])


def markup(tree: Node) -> str:
    """The tree written as XML, which HTML parsers read the same way for every tag the lab uses.

    >>> markup(node("p", {"class": "note"}, "3 < 4"))
    '<p class="note">3 &lt; 4</p>'
    """
    if isinstance(tree, str):
        return tree.translate(IN_TEXT)
    tag, attributes, *children = tree
    opening = tag + "".join(f' {name}="{value.translate(IN_ATTRIBUTE)}"' for name, value in attributes.items())
    return f"<{opening}>{''.join(map(markup, children))}</{tag}>"

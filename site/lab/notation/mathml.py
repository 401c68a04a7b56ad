"""Formulas as MathML trees, and the same trees written as LaTeX.

Only presentation elements that every browser's MathML Core draws. The vocabulary is as small as the lab's formulas.
"""

from ..answer_types import Node
from .display import MINUS
from .nodes import node

HAT = "\u0302"
"""Combining circumflex: after a letter it makes a symbol with a hat."""


def identifier(name: str) -> Node:
    """A symbol; one letter is drawn in italics, a word upright, and a letter with a hat as what it is."""
    if name.endswith(HAT):
        return node("mover", {"accent": "true"}, identifier(name[:-1]), node("mo", {"stretchy": "false"}, "^"))
    return node("mi", None, name)


def number(text: str) -> Node:
    """A formatted number; an exponent is drawn as a power of ten.

    >>> number("−1.5")
    ['mn', {}, '−1.5']
    """
    mantissa, mark, exponent = text.partition("e")
    if not mark:
        return node("mn", None, text)
    power = node("msup", None, node("mn", None, "10"), node("mn", None, exponent))
    return row(node("mn", None, mantissa), operator("×"), power)


def operand(text: str) -> Node:
    """A number as it stands after an operator: in parentheses where it is negative or has an exponent."""
    plain = text.isdigit() or text.replace(".", "", 1).isdigit()
    return number(text) if plain else fenced(number(text))


def operator(sign: str) -> Node:
    """An operator or a relation."""
    return node("mo", None, sign)


def words(text: str) -> Node:
    """Upright words inside a formula."""
    return node("mtext", None, text)


def row(*children: Node) -> Node:
    """Children side by side."""
    return node("mrow", None, *children)


def fraction(above: Node, below: Node) -> Node:
    """A fraction."""
    return node("mfrac", None, above, below)


def index(base: Node, subscript: Node) -> Node:
    """A symbol with a subscript."""
    return node("msub", None, base, subscript)


def fenced(*children: Node, left: str = "(", right: str = ")") -> Node:
    """Children between fences, which grow around a fraction only; any others may be too large for what they hold."""
    attributes = {"fence": "true"} if any(map(is_tall, children)) else {"fence": "true", "stretchy": "false"}
    return row(node("mo", attributes, left), *children, node("mo", attributes, right))


def is_tall(tree: Node) -> bool:
    """Whether there is a fraction in a formula.

    >>> is_tall(fenced(X)), is_tall(row(X, fraction(X, SCALE)))
    (False, True)
    """
    return not isinstance(tree, str) and (tree[0] == "mfrac" or any(map(is_tall, tree[2:])))


def call(name: str, *arguments: Node) -> Node:
    """A named function applied to its arguments: round(x), clip(q, a, b)."""
    listed: list[Node] = []
    for argument in arguments:
        listed += [operator(","), argument] if listed else [argument]
    return row(identifier(name), fenced(*listed))


def chain(*members: Node, relations: str | list[str] = "=") -> Node:
    """Members joined by relations, each with room to wrap before its relation: a = b ≈ c."""
    signs = [relations] * (len(members) - 1) if isinstance(relations, str) else relations
    children = [members[0]]
    for sign, member in zip(signs, members[1:], strict=True):
        children += [operator(sign), member]
    return row(*children)


def math(*children: Node, block: bool = True) -> Node:
    """The root element of a formula."""
    return node("math", {"display": "block" if block else "inline"}, *children)


# The symbols of the glossary, each written in one way everywhere.
X = identifier("x")
Q = identifier("q")
X_HAT = identifier("x" + HAT)
SCALE = identifier("s")
SCALE_FACTOR = identifier("S")
ZERO_POINT = identifier("z")
QMIN = index(Q, words("min"))
QMAX = index(Q, words("max"))
XMIN = index(X, words("min"))
XMAX = index(X, words("max"))

SIGNS = {
    "×": r"\times ", "·": r"\cdot ", "≈": r"\approx ", "≤": r"\le ", "≥": r"\ge ", "≠": r"\ne ", "…": r"\dots ",
    MINUS: "-", "∞": r"\infty ", "%": r"\%", "⌊": r"\lfloor ", "⌋": r"\rfloor ", "⌈": r"\lceil ",
    "⌉": r"\rceil ", "∈": r"\in ", "→": r"\to ", "Σ": r"\sum ", "\u202f": r"\,",
}  # fmt: skip


def latex(tree: Node) -> str:
    r"""The formula as LaTeX.

    >>> latex(math(chain(X_HAT, fraction(row(Q, operator("−"), ZERO_POINT), SCALE_FACTOR))))
    '\\hat{x}=\\frac{q-z}{S}'
    """
    if isinstance(tree, str):
        return "".join(SIGNS.get(sign, sign) for sign in tree)
    tag, _, *children = tree
    parts = [latex(child) for child in children]
    if tag == "mfrac":
        return rf"\frac{{{parts[0]}}}{{{parts[1]}}}"
    if tag == "msub":
        return rf"{parts[0]}_{{{parts[1]}}}"
    if tag == "msup":
        return rf"{parts[0]}^{{{parts[1]}}}"
    if tag == "mover":
        return rf"\hat{{{parts[0]}}}"
    if tag == "mtext":
        return rf"\text{{{parts[0]}}}"
    if tag == "mi":
        return latex_identifier(children[0])
    return "".join(parts)


def latex_identifier(name: str) -> str:
    """A symbol as LaTeX: words are operator names."""
    return name if len(name) == 1 else rf"\operatorname{{{name}}}"

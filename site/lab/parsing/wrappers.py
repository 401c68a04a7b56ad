"""What programs print or write around numbers: tensor(...), array(...), x = [...], float w[] = {...}; and comments.

What is taken away is replaced by blanks, so that whatever is wrong with the rest is still found at its place.
"""

import re
from dataclasses import dataclass, field, replace

from quantcore import QuantError

from .places import where

NAME = r"[A-Za-z_][\w.]*"
LINE_COMMENT = re.compile(r"(?m)(?:^[ \t]*#|//|(?<=\s)#).*$")
BLOCK_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
PROMPT = re.compile(r"\s*(?:(?:Out|In) ?\[[0-9]*\]:|>>>|Parameter containing:)")
ASSIGNMENT = re.compile(rf"\s*(?:(?:var|let|const)\s+)?({NAME})(?:\s*:\s*[\w.\[\], ]+?)?\s*(?:=|<-)(?!=)")
DECLARATION = re.compile(r"[\w\s:<>,*&()]*?\b([A-Za-z_]\w*)\s*((?:\[[^\[\]{}]*\]\s*)*)(?:\w[\w()\s]*)?=?\s*(?=\{)")
CALL = re.compile(rf"\s*({NAME})\s*\(")
CAST = re.compile(r"\b(?:np|numpy|jnp|tf|torch)\.\w+\(\s*([^\s(),]+)\s*\)")
DTYPE = re.compile(r"(?<=[\])]),\s*(?:np|numpy|jnp|torch|tf)\.[a-z]\w+(?=\s*[,)])")  # the second argument of np.array
KEYWORD = re.compile(rf",\s*({NAME})\s*=")
VALUE = re.compile(
    r"\s*(?:(?P<call>[A-Za-z_][\w.]*)\((?P<inside>(?:[^()]|\([^()]*\))*)\)|(?P<tuple>\([^()]*\)|\[[^\[\]]*\])"
    r"|(?P<angle><[^>]*>)|(?P<text>'[^']*'|\"[^\"]*\")|(?P<word>[^,()]+))\s*"
)
TENSORFLOW = re.compile(r"\s*<tf\.(?:Tensor|Variable)\b[^>]*?\bnumpy=(?P<inside>.*)>\s*\Z", re.DOTALL)
R_LINE = re.compile(r"(?m)^[ \t]*\[[0-9]+\](?=[ \t]+[^\s\[])")
R_HEAD = re.compile(r"(?m)^[ \t]*(?:\[,[0-9]+\][ \t]*)+$")
R_ROW = re.compile(r"(?m)^[ \t]*\[[0-9]+,\]")
DOTS = re.compile(r"\.{3,}|…")


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """The numbers' own text, and what was said about them.

    Attributes:
        body: numbers, separators and square or round brackets.
        keywords: what a printed array says of itself, such as scale and zero_point; texts as they were written.
        notes: what was left out, in words.
    """

    body: str
    keywords: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def unwrap(text: str, name: str) -> Unwrapped:
    """Takes away what stands around numbers.

    Args:
        text: In ASCII.
        name: The field, for the message.

    Raises:
        QuantError: If a print was cut short, or there are several arrays.

    >>> found = unwrap("tensor([0.1, 0.2], size=(2,), scale=0.1, zero_point=10)", "values")
    >>> found.body.strip(), found.keywords["scale"]
    ('[0.1, 0.2]', '0.1')
    """
    found = _without_comments(Unwrapped(text))
    if ("..." in found.body or "…" in text) and (cut := DOTS.search(found.body)):
        raise QuantError(
            f"{name} holds {cut.group()} {where(text, cut.start())}. The dots stand for numbers that a printout left "
            "out; print all of them: np.set_printoptions(threshold=sys.maxsize), "
            "torch.set_printoptions(profile='full') or tf.print(x, summarize=-1).",
            name,
        )
    found = _without_indices(found)
    before = None
    while before != found.body:
        before = found.body
        found = _blanked(found, PROMPT.match(before))
        if "{" in found.body:
            found = _without_declaration(found, name)
        elif "=" in found.body or "<-" in found.body:
            found = _blanked(found, ASSIGNMENT.match(found.body))
        if inside := TENSORFLOW.match(found.body):
            found = replace(found, body=_only(found.body, *inside.span("inside")))
        found = _without_call(found)
    return replace(found, body=CAST.sub(_inside_cast, found.body)) if "(" in found.body else found


def _without_comments(found: Unwrapped) -> Unwrapped:
    if not any(mark in found.body for mark in ("#", "//", "/*")):
        return found
    body = BLOCK_COMMENT.sub(_blank, found.body)
    lines = LINE_COMMENT.findall(body)
    n_comments = len(lines) + len(BLOCK_COMMENT.findall(found.body))
    note = f"{n_comments} comment{'s' if n_comments > 1 else ''} left out"
    return replace(found, body=LINE_COMMENT.sub(_blank, body), notes=(*found.notes, note))


def _without_indices(found: Unwrapped) -> Unwrapped:
    """Without the indices that R prints in front of its lines, rows and columns."""
    if not found.body.lstrip().startswith("["):
        return found
    if R_HEAD.match(found.body.lstrip("\n")) and R_ROW.search(found.body):
        rows = R_ROW.sub(_blank, R_HEAD.sub(_blank, found.body))
        body = re.sub(r"(?m)(?<=\S)[ \t]*$(?=\n)", ";", rows.strip("\n"))
        return replace(found, body=body)
    lines = (line for line in found.body.splitlines() if line.strip())
    if R_LINE.match(found.body.lstrip("\n")) and all(R_LINE.match(line) for line in lines):
        return replace(found, body=R_LINE.sub(_blank, found.body))
    return found


def _without_declaration(found: Unwrapped, name: str) -> Unwrapped:
    """A declaration of C or C++ as nested lists: braces become brackets."""
    arrays = _closed_braces(found.body)
    if arrays > 1 and "=" in found.body:
        raise QuantError(f"{name} holds {arrays} arrays in braces; keep one of them.", name)
    body = found.body
    if head := DECLARATION.match(body):
        body = _only(body, head.end(), len(body))
    body = body.rstrip().removesuffix(";")
    return replace(found, body=body.replace("{", "[").replace("}", "]"))


def _closed_braces(text: str) -> int:
    """How many pairs of braces there are that are not inside another pair."""
    depth = pairs = 0
    for brace in re.findall(r"[{}]", text):
        depth += 1 if brace == "{" else -1
        pairs += depth == 0 and brace == "}"
    return pairs


def _without_call(found: Unwrapped) -> Unwrapped:
    """``tensor([1., 2.], dtype=...)`` as ``[1., 2.]``, and what its keywords say."""
    body = found.body
    opening = CALL.match(body)
    if opening:
        body = DTYPE.sub(_blank, body)
    closing = re.search(r"\)\s*;?\s*\Z", body)
    if not opening or not closing or _closes_before(body, opening.end(), closing.start()):
        return found
    keyword = KEYWORD.search(body, opening.end())
    end = keyword.start() if keyword else closing.start()
    keywords = dict(found.keywords)
    place = end
    while place < closing.start() and (keyword := KEYWORD.match(body, place)):
        value = VALUE.match(body, keyword.end(), closing.start())
        if not value:
            return found
        said = value.group() if value.group("inside") is None else KEYWORD.split(value.group("inside"))[0]
        keywords[keyword.group(1)] = said.strip()
        place = value.end()
    return replace(found, body=_only(body, opening.end(), end), keywords=keywords)


def _closes_before(body: str, start: int, end: int) -> bool:
    """Whether the parenthesis before `start` is closed before `end`, as in (1), (2)."""
    depth = 0
    for found in re.finditer(r"[()]", body[start:end]):
        depth += 1 if found.group() == "(" else -1
        if depth < 0:
            return True
    return False


def _inside_cast(found: re.Match[str]) -> str:
    before = found.start(1) - found.start()
    return " " * before + found.group(1) + " " * (len(found.group()) - before - len(found.group(1)))


def _blanked(found: Unwrapped, match: re.Match[str] | None) -> Unwrapped:
    return replace(found, body=_only(found.body, match.end(), len(found.body))) if match else found


def _only(text: str, start: int, end: int) -> str:
    """The text from start to end, at its place; what is before is blank."""
    return re.sub(r"[^\n]", " ", text[:start]) + text[start:end]


def _blank(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", found.group())

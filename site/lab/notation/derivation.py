"""The steps as one text to be copied: LaTeX for a paper, Markdown for a notebook or a page."""

import re

from ..answer_types import Derivation, Step
from .mathml import HAT

# What a sentence of the lab may hold that LaTeX would misread, or has another way to write.
IN_LATEX = {
    "\\": r"\textbackslash{}", "%": r"\%", "&": r"\&", "#": r"\#", "_": r"\_", "$": r"\$", "{": r"\{", "}": r"\}",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "−": r"\(-\)", "≈": r"\(\approx\)",
    "·": r"\(\cdot\)", "×": r"\(\times\)", "∞": r"\(\infty\)", "…": r"\dots{}",
    "≤": r"\(\le\)", "≥": r"\(\ge\)", "–": "--", "’": "'", "“": "``", "”": "''",
}  # fmt: skip
HATTED = re.compile(f"(.){HAT}")
MARKDOWN_MARKS = re.compile(r"([\\`*_\[\]<>|])")


def derivation(steps: list[Step]) -> Derivation:
    """All steps in words and formulas, by the name of the language."""
    return {"latex": as_latex(steps), "markdown": as_markdown(steps)}


def as_latex(steps: list[Step]) -> str:
    r"""A list of steps, each with its formula displayed; needs amsmath.

    >>> print(as_latex([{"title": "Scale", "text": "100 % of it.", "latex": "s=1"}]))
    \begin{enumerate}
      \item \textbf{Scale.} 100 \% of it.
        \[ s=1 \]
    \end{enumerate}
    """
    items = [
        f"  \\item \\textbf{{{latex_text(step['title'])}.}} {latex_text(step['text'])}\n    \\[ {step['latex']} \\]"
        for step in steps
    ]
    return "\n".join([r"\begin{enumerate}", *items, r"\end{enumerate}"])


def as_markdown(steps: list[Step]) -> str:
    """A numbered list, each step with its formula between dollar signs.

    >>> print(as_markdown([{"title": "Scale", "text": "All of it.", "latex": "s=1"}]))
    1. **Scale.** All of it.
    <BLANKLINE>
       $$s=1$$
    """
    items = []
    for number, step in enumerate(steps, 1):
        mark = f"{number}. "
        words = f"{mark}**{markdown_text(step['title'])}.** {markdown_text(step['text'])}"
        items.append(f"{words}\n\n{' ' * len(mark)}$${step['latex']}$$")
    return "\n\n".join(items)


def latex_text(text: str) -> str:
    r"""A sentence as LaTeX.

    >>> latex_text("x̂ is −2, 5 % off")
    '\\(\\hat{x}\\) is \\(-\\)2, 5 \\% off'
    """
    parts = HATTED.split(text)  # every second part is the letter under a hat
    return "".join(
        f"\\(\\hat{{{part}}}\\)" if index % 2 else "".join(IN_LATEX.get(sign, sign) for sign in part)
        for index, part in enumerate(parts)
    )


def markdown_text(text: str) -> str:
    r"""A sentence as Markdown.

    >>> markdown_text("z_x * 2")
    'z\\_x \\* 2'
    """
    return MARKDOWN_MARKS.sub(r"\\\1", text).replace("$", r"\$")


def markdown_table(head: list[str], rows: list[list[str]]) -> str:
    r"""A table of cells that are Markdown.

    >>> markdown_table(["a"], [["1 2"]])
    '| a |\n| --- |\n| 1 2 |'
    """
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(' '.join(cell.split()) for cell in line)} |" for line in lines)

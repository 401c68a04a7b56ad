"""The whole page as a Markdown document: settings, parameters, numbers, steps, instruments, and the way back to it."""

from urllib.parse import urlencode

from ..answer_types import Table
from ..explanation.notices import notices
from ..explanation.settings_in_words import in_words
from ..explanation.steps.followed import steps
from ..explanation.summary import summary
from ..explanation.value_table import value_table
from ..instruments import look
from ..notation.derivation import as_markdown, markdown_table, markdown_text
from ..notation.mathml import HAT
from ..notation.nodes import text_of
from ..programs import snippets
from ..request.fields import FIELDS, default_of
from ..results.result import Result

MAX_ROWS = 20
LONGEST = 8_000  # characters of a field that a link may carry


def report(result: Result) -> str:
    """The document."""
    parts = [
        "# Quantization Lab: report",
        *_notices(result),
        "## Settings",
        _settings(result),
        "## Parameters and error",
        _summary(result),
        "## Numbers",
        table(value_table(result, MAX_ROWS)),
        f"## Number {result.element}, step by step",
        as_markdown(steps(result)),
        *_instruments(result),
        *_program(result),
        "## Back to this page",
        _link(result),
    ]
    return "\n\n".join(parts) + "\n"


def query(result: Result) -> str:
    """The fields that differ from their defaults, as they stand in the page's address after "#".

    Texts too long for an address are left out.
    """
    return urlencode({name: text for name, text in sorted(_chosen(result).items()) if len(text) <= LONGEST})


def _chosen(result: Result) -> dict[str, str]:
    settings = result.settings
    return {
        name: text
        for name, text in settings.texts.items()
        if name != "show" and text != default_of(name, _profile(name, settings.profile_name), settings.codes.name)
    }


def _program(result: Result) -> list[str]:
    program = snippets(result).get("quantcore")
    return ["## As a program", f"```python\n{program}```"] if program else []


def _profile(name: str, profile: str) -> str:
    return profile if name != "profile" else "notebook"


def _notices(result: Result) -> list[str]:
    return [f"> {markdown_text(notice['message'])}" for notice in notices(result)]


def _settings(result: Result) -> str:
    """Every setting that plays a part, with those that were chosen in bold."""
    texts, chosen = result.settings.texts, _chosen(result)
    rows = []
    for name, field in FIELDS.items():
        if name == "show" or not field.matters(texts):
            continue
        text = in_words(field, texts[name]) or "–"
        rows.append([field.label, f"**{markdown_text(text)}**" if name in chosen else markdown_text(text)])
    return markdown_table(["Setting", "Value"], rows)


def _summary(result: Result) -> str:
    rows = []
    for tile in summary(result):
        symbol = text_of(tile["symbol"]).replace("^", HAT) if tile["symbol"] else ""
        rows.append([f"{tile['label']} {symbol}".strip(), markdown_text(tile["value"]), markdown_text(tile["hint"])])
    return markdown_table(["Figure", "Value", "Meaning"], rows)


def _instruments(result: Result) -> list[str]:
    views, _ = look(result, ())
    parts: list[str] = []
    for view in views:
        if not view["applies"]:
            continue
        parts += [f"## {view['title']}", markdown_text(view["caption"])]
        if view.get("reply"):
            parts.append(f"**{markdown_text(view['reply'])}**")
        parts += [table(shown) for shown in (*view.get("tables", ()), view["table"]) if shown["rows"]]
        if view.get("steps"):
            parts.append(as_markdown(view["steps"]))
    return parts


def table(shown: Table) -> str:
    """One of the lab's tables, its first rows if it is long."""
    rows = [[markdown_text(cell) for cell in line["cells"]] for line in shown["rows"][:MAX_ROWS]]
    head = [markdown_text(column["label"]) for column in shown["columns"]]
    caption = markdown_text(shown["caption"])
    if len(shown["rows"]) > MAX_ROWS:
        caption += f" (the first {MAX_ROWS} rows)"
    return f"*{caption}*\n\n{markdown_table(head, rows)}"


def _link(result: Result) -> str:
    text = f"Put this behind the address of the page:\n\n```text\n#{query(result)}\n```"
    if any(len(given) > LONGEST for given in _chosen(result).values()):
        text += "\n\nThe numbers are too many for an address; they have to be given again."
    if result.settings.texts["source"] == "file":
        text += "\n\nThe file stays on the machine that it was read on; it has to be dropped again."
    return text

"""Writes the default answer into the pages, so that they are complete before any script runs.

A page of site/ marks a place:

    <!--render:NAME-->anything, for who opens the source<!--/render-->

and the build puts there what the view NAME of page/views.py returns for `answer = lab.answer({})`: a list of nodes, a
node being a string or `[tag, {attribute: value}, *children]`, in HTML, SVG or MathML. The answer has three things more
than the page's: under `drawings`, each of its figures as drawn by `lab.drawing.svg.draw`; under `controls`, the fields
beside an instrument; under `first_reply`, the names of the instruments that a page waits for. The form's controls are
views too (`assembly.controls`). Attribute values: a string or number as it is, True for an attribute without value,
False or None for none.

A place may name a request of its own, `<!--render:NAME?values=1,2&bits=4-->`; the answer is then the one to that, with
the instruments that its `show` names. And beside the views a name may be what `assembly.examples` cuts out of an
answer: a single number, a drawing, an embed; or `preset.NAME`, the link to a preset.

`run` is called by build.py; the rendering itself runs under .venv's Python, as `lab` needs NumPy:

    python -m assembly.prerender FOLDER
"""

import html
import importlib
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from assembly import controls, equations, examples, faults, shapes
from assembly.environment import last_lines, run_module
from assembly.report import BuildError, stage

Node = Any  # str | [tag, attributes, *Node]
PLACE = re.compile(r"<!--render:([\w.-]+)(?:\?([^<>]*?))?-->.*?<!--/render-->", re.DOTALL)
VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])
NAME = re.compile(r"[A-Za-z][\w:.-]*")
ELSEWHERE = "https://example.org/quantization-lab/"  # stands for where the reader's copy of the site lies
SIZE = (520, 320)  # of a drawing, in CSS pixels
LEAD_SIZE = (960, 340)


def run(python: Path, folder: Path) -> None:
    """Renders the places in the pages of `folder`."""
    pages = [page for page in sorted(folder.glob("*.html")) if PLACE.search(page.read_text("utf-8"))]
    if not pages:
        return
    stage("Rendering", "the worked example, with the same code that runs in the page")
    done = run_module(python, "assembly.prerender", *map(str, pages))
    if done.returncode:
        words = faults.explained(done.stderr, last_lines(done.stderr, 30), "")
        raise BuildError(f"the example could not be rendered:\n{words}")


def fill(
    text: str,
    views: Mapping[str, Callable[[Any], Iterable[Node]]],
    answer: Mapping[str, Any],
    ask: Callable[[dict[str, str]], Mapping[str, Any]] | None = None,
) -> str:
    """Replaces each marked place by its view of the answer, or of what `ask` gives for the place's own request.

    >>> fill("<p><!--render:x--><!--/render--></p>", {"x": lambda answer: [["b", {}, answer["y"]]]}, {"y": "1 < 2"})
    '<p><b>1 &lt; 2</b></p>'
    """

    def rendered(place: re.Match[str]) -> str:
        name, query = place[1], place[2]
        own = dict(parse_qsl(query or "", keep_blank_values=True, strict_parsing=bool(query)))
        given = ask(own) if ask and query is not None else answer
        cut = examples.cut(name, own, given)
        if cut is not None:
            return "".join(to_html(node) for node in cut)
        if name not in views:
            raise KeyError(f"no view is named {name!r}; there are: {', '.join(sorted(views))}")
        return "".join(to_html(node) for node in views[name](given))

    return PLACE.sub(rendered, text)


def to_html(node: Node) -> str:
    """Serialises a node.

    >>> to_html(["a", {"href": "#?a=1&b=2", "hidden": True, "title": None}, "x", ["br", {}]])
    '<a href="#?a=1&amp;b=2" hidden>x<br></a>'
    """
    if isinstance(node, str):
        return html.escape(node, quote=False)
    tag, attributes, *children = node
    if "" in children or any(isinstance(one, str) and isinstance(two, str) for one, two in pairwise(children)):
        raise ValueError(f"a browser reads texts side by side as one, and no text as none: {node!r}")
    opening = tag + "".join(attribute(name, value) for name, value in attributes.items())
    if not NAME.fullmatch(tag):
        raise ValueError(f"not a tag: {tag!r}")
    if tag in VOID:
        return f"<{opening}>"
    return f"<{opening}>{''.join(map(to_html, children))}</{tag}>"


def attribute(name: str, value: object) -> str:
    """Serialises an attribute, with the blank before it."""
    if not NAME.fullmatch(name):
        raise ValueError(f"not an attribute: {name!r}")
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{html.escape(str(value))}"'


def main(paths: list[str]) -> int:
    """Renders the pages at the paths in place."""
    lab, instruments, fields = _modules("lab", "lab.instruments", "lab.request.fields")
    svg, drawing = _modules("lab.drawing.svg", "lab.drawing.figure")
    table = instruments.INSTRUMENTS
    names = {color: name for name, color in drawing.PALETTE.items()}

    def ask(request: dict[str, str]) -> dict[str, Any]:
        shown = {"show": "table"} if request else {}  # for a place of its own only what it names is drawn
        known = {name: text for name, text in request.items() if name in fields.FIELDS}
        answer: dict[str, Any] = lab.answer(shown | known)
        if not answer["ok"]:
            raise ValueError(f"the request {request} is refused: {answer['errors']}")
        titles = {item["name"]: item["title"] for item in answer["instruments"]}
        answer["drawings"] = {
            name: themed(svg.draw(figure, *(LEAD_SIZE if name == instruments.LEAD else SIZE), titles[name]), names)
            for name, figure in answer["figures"].items()
        }
        return answer

    answer = ask({})
    views = _views(instruments, fields)
    answer["controls"] = {name: views[f"field-{name}"](answer) for entry in table.values() for name in entry.controls}
    answer["first_reply"] = [name for name, entry in table.items() if entry.in_first_reply]
    for path in map(Path, paths):
        path.write_text(fill(equations.broken(path.read_text("utf-8")), views, answer, ask), "utf-8")
    return 0


def themed(node: Node, names: Mapping[str, str]) -> Node:
    """Returns a drawing whose colours change with the theme; `names` are those of the tokens by what they are on light.

    >>> themed(["g", {}, ["path", {"stroke": "#0072B2", "d": "M0 0"}], "text"], {"#0072B2": "value"})
    ['g', {}, ['path', {'stroke': 'var(--chart-value)', 'd': 'M0 0'}], 'text']
    """
    if isinstance(node, str):
        return node
    tag, attributes, *children = node
    named = {key: f"var(--chart-{names[value]})" if value in names else value for key, value in attributes.items()}
    return [tag, named, *(themed(child, names) for child in children)]


def _views(instruments: Any, fields: Any) -> dict[str, Callable[[Any], list[Node]]]:
    """Returns every view that a place may name, those of the page and those of what the lab offers."""
    presets, export = _modules("lab.data.presets", "lab.exports.export")
    readers, models = _modules("lab.data.files.readers", "lab.models.reading.recognised")
    views, snippets, types = _modules("page.views", "page.snippets", "lab.answer_types")
    table = instruments.INSTRUMENTS
    beside = [fields.FIELDS[name] for entry in table.values() for name in entry.controls]
    to_show = {instruments.LEAD: table[instruments.LEAD].title, **instruments.PARTS}
    to_show |= {name: entry.title for name, entry in table.items()}
    embedded = [instruments.LEAD, "table"]  # what the page for authors begins with
    return {
        **views.VIEWS,
        **views.LATER,
        **views.STILL,
        **controls.views(fields.FORM, beside, fields.PROFILES, fields.BY_FORMAT, (*models.ENDINGS, *readers.ENDINGS)),
        "presets": lambda _answer: controls.links(presets.TABLE),
        **{f"preset.{preset.name}": _tried(preset) for preset in presets.TABLE},
        "downloads": lambda _answer: controls.downloads(export.EXPORTS),
        "answer": lambda _answer: shapes.views(types.Answer, types.Failure),
        **{f"title.{part}": _heading(title) for part, title in instruments.PARTS.items()},
        "to_show": lambda _answer: controls.ticks(to_show, embedded),
        "snippets": lambda _answer: snippets.views(ELSEWHERE, {"show": ",".join(embedded), "controls": "values,bits"}),
    }


def _tried(preset: Any) -> Callable[[Any], list[Node]]:
    """The view of a link to a preset from within a text; those of the list have the title alone."""
    return lambda _answer: [controls.link(preset, f"Try it: {preset.title}")]


def _heading(title: str) -> Callable[[Any], list[Node]]:
    """The view of a title, as what has one place in each page is headed."""
    return lambda _answer: [title]


def _modules(*names: str) -> list[Any]:
    return [importlib.import_module(name) for name in names]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

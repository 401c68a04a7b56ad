"""What authors paste: each snippet, rendered by its own tool, is the element or the frame that it says."""

import ast
import importlib
import io
import re
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from urllib.parse import parse_qsl

import pytest
from page.snippets import query, quoted, snippets

SITE = "https://example.org/quantization-lab/"
FIELDS = {"values": '-3, 0.1, "x" & <3>', "bits": "4", "show": "mapping,steps", "theme": "dark"}
TEXTS = {name: text for name, _, text in snippets(SITE, FIELDS)}


def tool(name: str) -> ModuleType:
    """A module that renders; the test is skipped where it is not installed."""
    return pytest.importorskip(
        name, reason=f"{name} is not installed: `pip install {name.partition('.')[0]}` to run this test"
    )


class Found(HTMLParser):
    """The elements of a page with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def one(self, tag: str) -> dict[str, str | None]:
        """The attributes of the only element of a kind."""
        (attributes,) = [attributes for found, attributes in self.elements if found == tag]
        return attributes


def check_element(page: str) -> None:
    """The page holds the script and the element with every field, unharmed."""
    found = Found(page)
    assert found.one("quant-lab") == FIELDS
    assert SITE + "quant-lab.js" in [attributes.get("src") for tag, attributes in found.elements if tag == "script"]


def check_frame(page: str) -> None:
    """The page holds the frame, and its address every field, unharmed."""
    address, _, request = str(Found(page).one("iframe")["src"]).partition("#")
    assert address == SITE + "embed.html"
    assert dict(parse_qsl(request)) == FIELDS


@pytest.mark.parametrize("text", ["-3.0, 0.1", "a&b=c", "ü 50 % #1", "[[1, 2],\n [3, 4]]", "+"])
def test_addresses_give_back_what_was_put_in(text: str) -> None:
    """Whatever a field holds survives its way through an address."""
    assert parse_qsl(query({"values": text})) == [("values", text)]
    assert re.fullmatch(r"[\w.,~%+-]*", quoted(text))


def test_html() -> None:
    """The element as it is, with a link inside for readers without scripts that leads to the same state."""
    check_element(TEXTS["HTML"])
    address, _, request = str(Found(TEXTS["HTML"]).one("a")["href"]).partition("#")
    assert address == SITE + "index.html"
    assert dict(parse_qsl(request)) == {"values": FIELDS["values"], "bits": "4"}


def test_markdown() -> None:
    """Python-Markdown, MkDocs' renderer, lets the block through as it is."""
    check_element(tool("markdown").markdown("Before.\n\n" + TEXTS["Markdown, MkDocs"] + "\n\nAfter."))


def test_commonmark() -> None:
    """So does a renderer of CommonMark."""
    check_element(tool("markdown_it").MarkdownIt().render("Before.\n\n" + TEXTS["Markdown, MkDocs"] + "\n\nAfter."))


def test_restructured_text() -> None:
    """docutils, Sphinx's reader, puts the raw block into the page."""
    core = tool("docutils.core")
    check_element(core.publish_string("Before.\n\n" + TEXTS["reStructuredText (Sphinx)"], writer="html5").decode())


def test_sphinx(tmp_path: Path) -> None:
    """Sphinx builds a page of either of its languages with the element in it."""
    application = tool("sphinx.application")
    tool("myst_parser")
    (tmp_path / "conf.py").write_text("extensions = ['myst_parser']")
    (tmp_path / "index.rst").write_text(
        "Title\n=====\n\n" + TEXTS["reStructuredText (Sphinx)"] + "\n\n.. toctree::\n\n   other"
    )
    (tmp_path / "other.md").write_text("# Title\n\n" + TEXTS["MyST (Sphinx, Jupyter Book)"])
    folders = [str(tmp_path), str(tmp_path), str(tmp_path / "out"), str(tmp_path / "trees")]
    application.Sphinx(*folders, "html", status=None, warning=io.StringIO()).build()
    for page in ("index", "other"):
        check_element((tmp_path / "out" / f"{page}.html").read_text("utf-8").partition("<body")[2])


def test_mkdocs(tmp_path: Path) -> None:
    """MkDocs builds a page with the element in it."""
    config = tool("mkdocs.config")
    build = importlib.import_module("mkdocs.commands.build")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text("# Title\n\n" + TEXTS["Markdown, MkDocs"])
    (tmp_path / "mkdocs.yml").write_text("site_name: x\n")
    build.build(config.load_config(str(tmp_path / "mkdocs.yml")))
    check_element((tmp_path / "site" / "index.html").read_text("utf-8"))


def test_jupyter() -> None:
    """The cell makes a frame of the right address."""
    call = ast.parse(TEXTS["Jupyter"]).body[-1]
    assert isinstance(call, ast.Expr)
    assert isinstance(call.value, ast.Call)
    address = ast.literal_eval(call.value.args[0])
    assert dict(parse_qsl(address.partition("#")[2])) == FIELDS


def test_jupyter_shows_it() -> None:
    """IPython's own IFrame of that cell is the frame, and nbconvert would print just that."""
    tool("IPython.display")
    names: dict[str, object] = {}
    *first, last = ast.parse(TEXTS["Jupyter"]).body
    assert isinstance(last, ast.Expr)
    exec(compile(ast.Module(first, []), "cell", "exec"), names)
    shown = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
    check_frame(shown._repr_html_())


def test_frames() -> None:
    """Where scripts are taken out, a frame of the same request stands in; MDX wants its style as an object."""
    check_frame(TEXTS["WordPress"])
    check_frame(TEXTS["Docusaurus (MDX)"].replace("style={{border: 0}}", ""))
    assert "style={{border: 0}}" in TEXTS["Docusaurus (MDX)"]


def test_fences() -> None:
    """MyST and Quarto take raw HTML in a fence of theirs."""
    for name, opening in (("MyST (Sphinx, Jupyter Book)", "```{raw} html\n"), ("Quarto", "```{=html}\n")):
        text = TEXTS[name]
        assert text.startswith(opening)
        assert text.endswith("\n```")
        check_element(text.removeprefix(opening).removesuffix("\n```"))


def test_a_picture_and_a_link() -> None:
    """The picture says what it shows; the link leads to the laboratory."""
    found = Found(TEXTS["A picture and a link"])
    assert found.one("img")["alt"] == f"Quantization of {FIELDS['values']} to 4 bits"
    assert str(found.one("a")["href"]).startswith(SITE + "index.html#values=")

"""What authors paste: each snippet, rendered by its own tool, is the element or the frame that it says."""

import ast
import doctest
import re
from html.parser import HTMLParser
from urllib.parse import parse_qsl

import docutils.core
import markdown
import markdown_it
import pypandoc
import pytest
from page import snippets
from page.snippets import FILE, query, quoted

from tests.page.tutorials import FIELDS, SITE, TEXTS, in_node, rendered

PICTURE = "A picture and a link"
FRAMED = ("notebook", "docusaurus", "wordpress")


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


def check_link(address: str | None) -> None:
    """The link leads to the laboratory in the same state; what only embeds know is left out."""
    place, _, request = str(address).partition("#")
    assert place == SITE + "index.html"
    assert dict(parse_qsl(request)) == {"values": FIELDS["values"], "bits": FIELDS["bits"]}


def test_the_examples_in_the_texts_hold() -> None:
    """The module's own examples give what they say."""
    assert doctest.testmod(snippets).failed == 0


@pytest.mark.parametrize("text", ["-3.0, 0.1", "a&b=c", "ü 50 % #1", "[[1, 2],\n [3, 4]]", "+"])
def test_addresses_give_back_what_was_put_in(text: str) -> None:
    """Whatever a field holds survives its way through an address."""
    assert parse_qsl(query({"values": text})) == [("values", text)]
    assert re.fullmatch(r"[\w.,~%+-]*", quoted(text))


@pytest.mark.parametrize("tool", ["html", "sphinx", "myst", "mkdocs", "pandoc"])
def test_the_tool_makes_the_element(tool: str) -> None:
    """Where scripts are let through, the tool's page holds the element, and in it the link for who has no scripts."""
    page = rendered(tool).read_text("utf-8")
    check_element(page)
    inside = re.search(r"<quant-lab.*?</quant-lab>", page, re.DOTALL)
    assert inside
    check_link(Found(inside[0]).one("a")["href"])


@pytest.mark.parametrize("tool", FRAMED)
def test_the_tool_makes_the_frame(tool: str) -> None:
    """Where scripts are taken out, the tool's page holds a frame of the same request."""
    check_frame(rendered(tool).read_text("utf-8"))


@pytest.mark.parametrize("tool", ["sphinx", "myst", "mkdocs", "pandoc", "docusaurus"])
def test_the_text_around_stays(tool: str) -> None:
    """The snippet ends where it ends: the paragraphs before and after it are paragraphs."""
    page = rendered(tool).read_text("utf-8")
    assert page.index("<p>Before.</p>") < page.index(SITE) < page.index("<p>After.</p>")


def test_other_renderers() -> None:
    """Python-Markdown, a renderer of CommonMark and docutils alone let the blocks through, too."""
    block = "Before.\n\n" + TEXTS["Markdown, MkDocs"] + "\n\nAfter."
    check_element(markdown.markdown(block))
    check_element(markdown_it.MarkdownIt().render(block))
    check_element(docutils.core.publish_string(TEXTS["reStructuredText (Sphinx)"], writer="html5").decode())


def test_jupyter() -> None:
    """The cell is an import and a call, whose address is a plain text."""
    imported, call = ast.parse(TEXTS["Jupyter"]).body
    assert isinstance(imported, ast.ImportFrom)
    assert isinstance(call, ast.Expr)
    assert isinstance(call.value, ast.Call)
    assert ast.literal_eval(call.value.args[0]).startswith(SITE)


def test_mdx() -> None:
    """MDX makes a style sheet's words of the object, and takes the border away."""
    assert Found(in_node()["mdx"]).one("iframe")["style"] == "border:0"


def test_wordpress() -> None:
    """WordPress' parser finds one Custom HTML block, and nothing around it."""
    [block] = in_node()["wordpress"]
    assert block["blockName"] == "core/html"
    assert block["innerBlocks"] == []
    assert block["innerHTML"].strip().startswith("<iframe ")


@pytest.mark.parametrize("name", [PICTURE, f"{PICTURE} in Markdown"])
def test_a_picture_and_a_link(name: str) -> None:
    """In HTML and in Markdown the picture says what it shows, and the link leads to the laboratory."""
    for page in (markdown.markdown(TEXTS[name]), pypandoc.convert_text(TEXTS[name], "html", "markdown")):
        found = Found(page)
        picture = found.one("img")
        assert (picture["src"], picture["alt"]) == (FILE, "Quantization of -3.0, 0.1, 3.2 to 4 bits")
        check_link(found.one("a")["href"])


def test_a_picture_of_anything() -> None:
    """Brackets, signs and great amounts of numbers in a request do no harm to the picture's words."""
    for values in ("[[1, 2],\n [3, -4]]", "*1* _2_ <b>`3`</b> \\ !", "1, " * 1000):
        texts = {name: text for name, _, text in snippets.snippets(SITE, {"values": values})}
        words = "Quantization of " + snippets.shortened(values) + " to 8 bits"
        assert len(words) < 100
        assert Found(texts[PICTURE]).one("img")["alt"] == words
        assert Found(markdown_it.MarkdownIt().render(texts[f"{PICTURE} in Markdown"])).one("img")["alt"] == words

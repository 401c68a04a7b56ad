"""The page for authors, and the tutorials that each tool makes of its snippets, in the browser."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import lab
import pytest
from page.snippets import FILE
from playwright.sync_api import Browser, Download, Page, expect

from tests.browser.conftest import PATIENCE_MS
from tests.browser.sites import Site, served
from tests.page.tutorials import BLANK, FIELDS, SITE, TOOLS, folder, rendered

pytestmark = pytest.mark.browser

PYTHON = "vendor/pyodide/pyodide.asm.wasm"
STATE = {"profile": "onnx", "values": "1, 2.5, -4", "bits": "4"}
CODES = lab.answer(STATE)["codes"]
LISTENING = "document.documentElement.dataset.interactive === 'true'"
ANSWERED = "globalThis.quantlab?.answer?.ok"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The built site, and beside it what the tools made, with this site's address in it."""
    with served(tmp_path_factory.mktemp("authors") / "site") as running:
        for tool in TOOLS:
            rendered(tool)
        shutil.copytree(folder(), running.folder / "tutorials")
        for path in (running.folder / "tutorials").rglob("*.html"):
            path.write_text(path.read_text("utf-8").replace(SITE, running.address), "utf-8")
        yield running


class Author:
    """A browser that sees this machine only, and what went wrong on its pages."""

    def __init__(self, browser: Browser, site: Site, **options: Any) -> None:
        self.site = site
        self.context = browser.new_context(viewport={"width": 1000, "height": 900}, **options)
        self.context.route(lambda url: urlsplit(url).hostname not in ("127.0.0.1", "localhost"), lambda it: it.abort())
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, name: str) -> Page:
        """Opens a page of the site whose own script answers."""
        self.page.goto(self.site.address + name)
        self.page.wait_for_function(LISTENING)
        return self.page

    def snippet(self, name: str) -> str:
        """The text of a snippet on the page for authors."""
        return str(self.page.locator(f"[data-kind='{name}'] code").text_content())


@pytest.fixture(scope="module")
def reader(chromium: Browser, site: Site) -> Iterator[Author]:
    """Who reads one tutorial after the other."""
    reading = Author(chromium, site)
    yield reading
    reading.context.close()


@pytest.fixture
def author(chromium: Browser, site: Site) -> Iterator[Author]:
    """Who comes to the page for authors for the first time; no script may fail."""
    site.asked.clear()
    writing = Author(chromium, site, permissions=["clipboard-read", "clipboard-write"])
    yield writing
    writing.context.close()
    assert writing.complaints == []


@pytest.mark.parametrize("tool", TOOLS)
def test_the_instrument_computes_in_the_tutorial(reader: Author, tool: str) -> None:
    """On the page that the tool made, on another host than the laboratory's, the request is answered and is seen."""
    page = reader.page
    host = reader.site.address.replace("127.0.0.1", "localhost")
    page.goto(f"{host}tutorials/{rendered(tool).relative_to(folder()).as_posix()}")
    page.locator("quant-lab, iframe").first.scroll_into_view_if_needed()
    expect(page.locator("iframe")).to_have_count(1)  # in the page itself, or in the element
    frame = page.frames[1]
    frame.wait_for_function(ANSWERED)
    answer = frame.evaluate("quantlab.answer")
    expected = lab.answer({"values": FIELDS["values"], "bits": FIELDS["bits"]})
    assert (answer["codes"], answer["dequantized"]) == (expected["codes"], expected["dequantized"])
    assert frame.evaluate("document.documentElement.dataset.theme") == "dark"
    expect(frame.locator("[data-part=table] tbody tr")).to_have_count(3)
    box = frame.frame_element().bounding_box()
    assert box
    assert min(box["width"], box["height"]) > 280
    expect(page.get_by_role("link", name="See it in Quantization Lab")).to_be_hidden()


def test_the_laboratorys_state_is_brought_along(author: Author) -> None:
    """Either of the laboratory's links carries its state of the moment into every snippet, and there is a way back."""
    page = author.open("index.html")
    page.locator("#values").fill("0, 0.5, 9")
    for name in ("Put it into your tutorial", "For authors"):
        page.get_by_role("button", name="Export", exact=True).click()
        page.get_by_role("link", name=name).click()
        page.wait_for_function(LISTENING)
        assert 'values="0, 0.5, 9"' in author.snippet("HTML")
        assert "values=0,+0.5,+9" in author.snippet("Jupyter")
        page.get_by_role("link", name="laboratory", exact=True).click()
        page.wait_for_function(LISTENING)
        expect(page.locator("#values")).to_have_value("0, 0.5, 9")


def test_the_example_is_brought_along_too(author: Author) -> None:
    """With nothing changed in the laboratory, and a place on it in the address, the snippets are of the example."""
    page = author.open("index.html#mathematics")
    page.get_by_role("link", name="For authors").click()
    page.wait_for_function(LISTENING)
    assert "#" not in page.url
    assert '<quant-lab show="mapping,table" controls="values,bits"' in author.snippet("HTML")


HEADINGS = """() => Object.fromEntries([...document.querySelectorAll("[data-instrument], [data-part]")].map(card =>
    [card.dataset.instrument ?? card.dataset.part, card.querySelector("h2, h3")?.textContent]))"""


def test_what_can_be_shown_is_called_as_its_card(author: Author) -> None:
    """The list has a name once, that which heads the card of the example; of two libraries the card has the names."""
    page = author.open("authors.html")
    listed = [label.rsplit(maxsplit=1) for label in page.locator(".tick").all_text_contents()]
    page = author.open(f"embed.html#show={','.join(name for _, name in listed)}")
    page.wait_for_function(ANSWERED)
    headed = page.evaluate(HEADINGS)
    assert len(listed) == len({title for title, _ in listed}) > len(lab.answer({})["instruments"])
    assert {(name, title.strip()) for title, name in listed} - set(headed.items()) == {
        ("disagreement", "Where two libraries disagree")
    }


def test_the_snippets_leave_room_for_what_they_show(author: Author) -> None:
    """Once the preview runs, the element and the frames have its height, so that the reader's text does not jump."""
    page = author.open("authors.html")
    page.locator("quant-lab").scroll_into_view_if_needed()
    expect(page.frame_locator("quant-lab iframe").locator("[data-part=table] tbody tr")).to_have_count(3)
    page.wait_for_function(
        "document.querySelector(`[data-kind='HTML'] code`).textContent"
        ".includes(` height=\"${document.querySelector('quant-lab').offsetHeight}\"`)"
    )
    height = page.locator("quant-lab").evaluate("it => it.offsetHeight")
    assert height > 480
    assert f'width="100%" height="{height}"' in author.snippet("WordPress")


def saved(page: Page) -> Download:
    """What the button beside the picture's snippet saves."""
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the picture (SVG)").click()
    assert download.value.suggested_filename == FILE
    return download.value


def test_the_picture_shows_the_result(author: Author) -> None:
    """The picture is the laboratory's drawing of the state, made by the preview's Python, and the snippet shows it."""
    query = "&".join(f"{name}={text}" for name, text in STATE.items())
    page = author.open(f"authors.html#{query}")
    page.locator("quant-lab").scroll_into_view_if_needed()
    expect(page.frame_locator("quant-lab iframe").locator("[data-part=table] tbody tr")).to_have_count(3)
    picture = Path(saved(page).path()).read_bytes()
    assert author.site.asked.count(PYTHON) == 1
    for code in CODES:
        assert f"q = {code}".replace("-", "−") in picture.decode()
    author.site.folder.joinpath(FILE).write_bytes(picture)
    author.site.folder.joinpath("plain.html").write_text(BLANK + author.snippet("A picture and a link"), "utf-8")
    page.goto(author.site.address + "plain.html")
    assert page.get_by_role("img", name="Quantization of 1, 2.5, -4 to 4 bits").evaluate("it => it.naturalWidth") == 960
    page.get_by_role("link").click()
    page.wait_for_function(ANSWERED)
    assert page.evaluate("quantlab.answer.codes") == CODES


def test_the_picture_needs_no_preview(author: Author) -> None:
    """Where the preview has not been loaded, the page starts a Python of its own, which tells what is wrong, too."""
    author.page.set_viewport_size({"width": 1000, "height": 300})
    author.page.add_init_script("window.IntersectionObserver = class { observe() {} disconnect() {} };")
    page = author.open("authors.html#values=0,1")
    assert "q = 127" in Path(saved(page).path()).read_text("utf-8")
    assert author.site.asked.count(PYTHON) == 1
    page.get_by_label("Link to the laboratory").fill("index.html#bits=40")
    page.get_by_role("button", name="Save the picture (SVG)").click()
    expect(page.locator("[data-action=picture]")).to_contain_text("“Bits” is 40")

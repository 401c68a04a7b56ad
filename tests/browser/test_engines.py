"""What every reader needs, in three engines: answer, edit, error, link, embed, no network, the one file."""

import json
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from assembly import browser, onefile
from playwright.sync_api import Browser

from tests.browser import drivers
from tests.browser.drivers import Driven
from tests.browser.sites import DIST, Site, served

pytestmark = pytest.mark.browser

CODES = [-128, -1, 127]  # of the notebook's example
CODES_4_BITS = [-8, -1, 7]
SAVED = "document.documentElement.dataset.offline === 'saved'"
MARKS = "document.querySelectorAll('[data-figure=mapping] .chart .trace').length > 3"
HOST = """<!doctype html><title>Host</title><script type="module" src="quant-lab.js"></script>
<quant-lab values="-3, 0.1, 3.2" bits="4" show="staircase"></quant-lab>
<script>document.querySelector("quant-lab").addEventListener("answer", event => window.told = event.detail)</script>"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site whose network can be cut, with a page of a host."""
    with served(tmp_path_factory.mktemp("engines") / "site") as site:
        (site.folder / "host.html").write_text(HOST)
        yield site


@pytest.fixture(scope="module", params=["chromium", "firefox", "webkit"])
def page(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Driven]:
    """A page in one of the engines, shared by the tests of this module."""
    if request.param != "chromium" and (reason := browser.absence(request.param)):
        pytest.skip(reason)
    starts: dict[str, AbstractContextManager[Driven]] = {
        "chromium": drivers.chromium(chromium),
        "firefox": drivers.firefox(),
        "webkit": drivers.webkit(),
    }
    with starts[request.param] as page:
        yield page


def type_into(page: Driven, name: str, text: str) -> None:
    """Replaces what a field holds and tells the page so, as a browser does after each key."""
    field = f"document.getElementById('{name}')"
    page.evaluate(f"[{field}.value = {json.dumps(text)}, {field}.dispatchEvent(new Event('input', {{bubbles: true}}))]")


def test_first_answer(page: Driven, site: Site) -> None:
    """The page answers with the notebook's example, from the memory image, and draws it."""
    page.open(site.address)
    assert page.answer()["codes"] == CODES
    page.wait(MARKS)
    assert "more slowly" not in page.evaluate("document.querySelector('[data-region=status]').textContent")


def test_an_edit_is_answered(page: Driven, site: Site) -> None:
    """A field that is changed changes the answer and the address."""
    page.open(site.address + "?edit")
    page.answer()
    type_into(page, "bits", "4")
    page.wait("window.quantlab?.answer?.request?.bits === '4'")
    assert page.evaluate("window.quantlab.answer.codes") == CODES_4_BITS
    page.wait("location.hash === '#bits=4'")


def test_an_error_is_told_at_its_field(page: Driven, site: Site) -> None:
    """What cannot be computed is said beside the field; the next edit is answered again."""
    page.open(site.address + "?error")
    page.answer()
    type_into(page, "bits", "40")
    page.wait("document.getElementById('bits').getAttribute('aria-invalid') === 'true'")
    assert "“Bits” is 40" in page.evaluate("document.getElementById('bits-error').textContent")
    type_into(page, "bits", "3")
    page.wait("window.quantlab?.answer?.request?.bits === '3'")


def test_a_link_is_its_state(page: Driven, site: Site) -> None:
    """A link opens the page with all that it names."""
    page.open(site.address + "?link#bits=4&values=1%2C+2%2C+3&scheme=symmetric")
    answer = page.answer()
    assert answer["values"] == [1, 2, 3]
    assert answer["request"]["scheme"] == "symmetric"
    assert answer["params"]["qmax"] == 7


def test_an_embed_draws_and_tells_its_host(page: Driven, site: Site) -> None:
    """The element shows its instrument with marks, and its host hears the answer."""
    page.open(site.address + "host.html")
    page.wait("window.told !== undefined")
    assert page.evaluate("window.told.codes") == CODES_4_BITS
    frame = "document.querySelector('quant-lab').shadowRoot.querySelector('iframe').contentDocument"
    page.wait(f"{frame}.querySelectorAll('[data-figure=staircase] .chart .trace').length > 1")


def test_one_visit_is_enough(page: Driven, site: Site) -> None:
    """After one visit the page opens and computes without a network."""
    page.open(site.address + "?saved")
    page.wait(SAVED)
    site.cut()
    try:
        page.open(site.address + "index.html?again#bits=4")
        assert page.answer()["codes"] == CODES_4_BITS
    finally:
        site.mend()


def test_the_one_file_computes(page: Driven, tmp_path: Path) -> None:
    """The laboratory in one file computes and draws, opened from a disk, in a folder whose name is a trial."""
    folder = tmp_path / "Mein Ordner #1, 100 % (Kopie)"
    folder.mkdir()
    shutil.copy(DIST / onefile.NAME, folder)
    page.open((folder / onefile.NAME).as_uri() + "#bits=4")
    assert page.answer()["codes"] == CODES_4_BITS
    page.wait(MARKS)

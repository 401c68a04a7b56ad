"""The laboratory in one file, opened from a disk."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from assembly import onefile
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import READY, Visit
from tests.browser.sites import DIST
from tests.lab.models.files import gguf

pytestmark = pytest.mark.browser

PATIENCE_MS = 90_000
CODES_4_BITS = [-8, -1, 7]  # of the notebook's example
TELLS = """
    window.told = [];
    new MutationObserver(() => told.push(document.querySelector('[data-region=status]')?.textContent))
        .observe(document, {subtree: true, childList: true, characterData: true});
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The file alone, in a folder whose name is a trial."""
    folder = tmp_path / "Mein Ordner #1, 100 % (Kopie)"
    folder.mkdir()
    shutil.copy(DIST / onefile.NAME, folder)
    return folder / onefile.NAME


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser without a network, which must not ask for anything but the file."""
    context = chromium.new_context(offline=True, accept_downloads=True)
    context.set_default_timeout(PATIENCE_MS)
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    yield context
    context.close()
    others = [url for url in asked if not url.startswith(("blob:", "data:"))]
    assert all(url.startswith("file:") and url.partition("#")[0].endswith(onefile.NAME) for url in others), others


def opened(context: BrowserContext, address: str) -> tuple[Page, list[str]]:
    """The file, when Python has answered, and what went wrong."""
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.goto(address)
    page.wait_for_function(READY)
    return page, complaints


def test_the_file_is_the_whole_laboratory(context: BrowserContext, file: Path) -> None:
    """From a disk, without a network: the answer, charts, editing, a cancelled computation, and no complaint."""
    page, complaints = opened(context, file.as_uri())
    assert page.evaluate("window.quantlab.answer.codes") == [-128, -1, 127]
    page.wait_for_function("document.querySelectorAll('[data-figure] .chart .trace').length > 3")
    page.locator("#bits").fill("4")
    page.wait_for_function("window.quantlab.answer.params.qmax === 7")
    assert page.evaluate("window.quantlab.answer.codes") == CODES_4_BITS
    assert page.url.endswith("#bits=4")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save “From real numbers to codes and back” as PNG").click()
    assert Path(download.value.path()).read_bytes().startswith(b"\x89PNG")
    assert complaints == []


def test_the_file_shows_its_example_and_its_stages(context: BrowserContext, file: Path) -> None:
    """Text and example stand there before any script, and the stages of loading are told in bytes."""
    context.add_init_script(TELLS)
    page, _ = opened(context, file.as_uri())
    told = "\n".join(filter(None, page.evaluate("window.told")))
    assert re.search(r"Loading (Python|the standard library|NumPy), [\d.]+ of [\d.]+ MB", told)
    assert " MB" in told
    assert "more slowly" not in told
    front = file.read_text("utf-8").split('<script type="application/octet-stream"', 1)[0]
    for text in ("41.12903225806451", "−128", "<svg", "<math"):
        assert text in front


def test_what_a_disk_forbids_is_not_shown(context: BrowserContext, file: Path) -> None:
    """No link leads to a page that is not in the file, and nothing is offered that needs a server."""
    page, _ = opened(context, file.as_uri())
    expect(page.get_by_role("button", name="This page as one file")).to_be_hidden()
    links = page.locator("a[href]:visible").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert links
    assert [link for link in links if not link.startswith("#")] == []
    page.locator("#licences summary", has_text="mpl-2.0.txt").click()
    expect(page.get_by_text("Mozilla Public License Version 2.0").first).to_be_visible()


def test_the_state_is_taken_along(visitor: Visit, context: BrowserContext, tmp_path: Path) -> None:
    """The button saves the file with the settings of the moment, and the file opens with them."""
    page = visitor.open("#bits=4&values=1%2C+2%2C+%22%26")
    page.locator("#values").fill("1, 2, 4.5")
    page.wait_for_function("window.quantlab.answer.values?.[2] === 4.5")
    with page.expect_download() as saved:
        page.get_by_role("button", name="This page as one file").click()
    path = tmp_path / saved.value.suggested_filename
    assert path.name == onefile.NAME
    saved.value.save_as(path)
    assert path.stat().st_size <= onefile.BUDGET
    taken, _ = opened(context, path.as_uri())
    assert taken.evaluate("window.quantlab.answer.values") == [1, 2, 4.5]
    assert taken.evaluate("window.quantlab.answer.params.qmax") == 7
    assert taken.input_value("#values") == "1, 2, 4.5"
    elsewhere, _ = opened(context, path.as_uri() + "#bits=3")
    assert elsewhere.evaluate("window.quantlab.answer.params.qmax") == 3


def test_a_model_larger_than_the_page_holds_is_read_by_parts(
    context: BrowserContext, file: Path, tmp_path: Path
) -> None:
    """From a disk, too, only the header of a large model is read, and the rows that are shown."""
    size, last, path = 400 * 2**20, np.arange(256, dtype="<f4"), tmp_path / "large.gguf"
    header = gguf([("first", (4, 64), 0, 0, b""), ("last", (4, 64), 0, size, b"")])
    with path.open("wb") as model:
        model.write(header)
        model.seek(len(header) + size)
        model.write(last.tobytes())
    page, complaints = opened(context, file.as_uri())
    page.set_input_files("#chooser", path)
    page.get_by_role("button", name="last", exact=True).click()
    page.wait_for_function("window.quantlab.answer.values?.[255] === 255")
    assert page.evaluate("window.quantlab.answer.values") == last.tolist()
    assert complaints == []


def test_the_file_keeps_to_its_budget() -> None:
    """At most 16 MB, all told."""
    assert (DIST / onefile.NAME).stat().st_size <= 16_000_000

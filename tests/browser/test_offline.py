"""Use without a network, and what becomes of it when the network fails, the browser refuses, or a new build comes."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, expect

from tests.browser.conftest import READY
from tests.browser.sites import Site, served

pytestmark = pytest.mark.browser

PATIENCE_MS = 60_000
N_TRIES = 5
CODES = [-128, -1, 127]  # of the notebook's example
CODES_4_BITS = [-8, -1, 7]
SAVED = "document.documentElement.dataset.offline === 'saved'"
CACHES = "caches.keys()"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A site whose network can be cut."""
    with served(tmp_path / "site") as site:
        yield site


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser that has never been here; it must not ask anybody but the site."""
    context = chromium.new_context()
    context.set_default_timeout(PATIENCE_MS)
    external: list[str] = []
    context.on("request", lambda request: external.append(request.url))
    yield context
    context.close()
    assert [url for url in external if not url.startswith(("http://127.0.0.1:", "blob:", "data:"))] == []


def said(page: Page, text: str) -> None:
    """Waits until the page says something of its use without a network."""
    expect(page.locator("[data-region=offline]")).to_contain_text(text, timeout=PATIENCE_MS)


def open_page(context: BrowserContext, address: str) -> tuple[Page, dict[str, Any]]:
    """Opens an address in a new tab and waits for Python's answer."""
    page = context.new_page()
    page.goto(address)
    page.wait_for_function(READY)
    answer: dict[str, Any] = page.evaluate("window.quantlab.answer")
    return page, answer


def visit(context: BrowserContext, site: Site) -> Page:
    """Visits the site until it is saved; until then nothing may be an error."""
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(message.text)

    context.on("console", hear)
    page, _ = open_page(context, site.address)
    page.wait_for_function(SAVED)
    context.remove_listener("console", hear)
    assert complaints == []
    return page


def test_after_one_visit_no_network_is_needed(context: BrowserContext, site: Site) -> None:
    """With the network cut, the page opens and computes from any of its links, and so does the small one."""
    visit(context, site).close()
    site.cut()
    _, answer = open_page(context, site.address + "#bits=4")
    assert answer["codes"] == CODES_4_BITS
    _, answer = open_page(context, site.address + "embed.html?from=a-link")
    assert answer["codes"] == CODES
    page, answer = open_page(context, site.address + "index.html")
    assert answer["codes"] == CODES
    page.get_by_role("link", name="Licences and notices").click()
    assert "MIT" in page.inner_text("body")


def test_saving_waits_for_the_first_answer(context: BrowserContext, site: Site) -> None:
    """The service worker is not asked for before everything that the first answer needs has come."""
    visit(context, site)
    needed = ("python/image.bin", "runtime/worker.py", "page/start.py", "vendor/plotly/plotly.min.js")
    assert site.asked.index("sw.js") > max(site.asked.index(name) for name in needed)


def test_everything_visited_is_saved_and_nothing_to_take_along(context: BrowserContext, site: Site) -> None:
    """The cache holds each file of the site but the service worker, the archives and the wheel."""
    page = visit(context, site)
    kept = page.evaluate(
        "async () => { const [name] = await caches.keys();"
        " return (await (await caches.open(name)).keys()).map(request => request.url); }"
    )
    files = {path.relative_to(site.folder).as_posix() for path in site.folder.rglob("*") if path.is_file()}
    to_take = {name for name in files if name.endswith((".zip", ".whl")) and "/" not in name} - {"lab.zip"}
    assert {url.removeprefix(site.address) for url in kept} == files - to_take - {"sw.js", "quantization-lab.html"}


@pytest.mark.parametrize("after", [1, 8, 14, 20, 40])
def test_a_first_load_cut_anywhere_is_mended_by_the_next(context: BrowserContext, site: Site, after: int) -> None:
    """Wherever the first load or the saving stops, the next visit works and completes it."""
    site.cut(after)
    page = context.new_page()
    page.goto(site.address)
    while site.left >= 0:
        page.wait_for_timeout(100)
    assert not page.evaluate(SAVED)
    page.close()
    site.mend()
    visit(context, site).close()
    site.cut()
    _, answer = open_page(context, site.address + "#bits=4")
    assert answer["codes"] == CODES_4_BITS


def test_what_was_saved_before_a_cut_is_not_fetched_again(context: BrowserContext, site: Site) -> None:
    """A download goes on where it stopped, and the page says that it was interrupted."""
    page, _ = open_page(context, site.address)
    page.wait_for_function("caches.keys().then(names => names.length > 0)")
    site.cut(20)
    said(page, "interrupted")
    page.close()
    site.mend()
    before = len(site.asked)
    visit(context, site)
    again = [name for name in site.asked[before:] if name.startswith("licences/")]
    assert len(again) < sum(1 for path in (site.folder / "licences").rglob("*") if path.is_file())


def test_a_damaged_file_is_never_saved(context: BrowserContext, site: Site) -> None:
    """A file that is not what the build wrote keeps the whole from being saved; the page works on online."""
    site.write("licences/index.txt", b"x" * len(site.read("licences/index.txt").encode()))
    page, answer = open_page(context, site.address)
    assert answer["codes"] == CODES
    said(page, "interrupted")
    assert page.evaluate("navigator.serviceWorker.getRegistration().then(found => !found?.active)")


def test_a_new_build_is_offered_and_breaks_nothing(context: BrowserContext, site: Site) -> None:
    """The page goes on with the build it was opened with until its reader changes; then the old one is forgotten."""
    visit(context, site).close()
    site.change("page/start.py", "Saved: this page", "Saved anew: this page")
    n_asked = len(site.asked)
    page, answer = open_page(context, site.address + "#bits=4")
    said(page, "A newer version of this page is ready.")
    assert answer["codes"] == CODES_4_BITS
    assert len(page.evaluate(CACHES)) == 2
    fetched = set(site.asked[n_asked:])
    assert fetched <= {"sw.js", "page/start.py"}, "what did not change is taken from the earlier build"
    with page.expect_navigation():
        page.get_by_role("button", name="Change to it").click()
    said(page, "Saved anew")
    assert page.evaluate("window.quantlab.answer.codes") == CODES_4_BITS
    assert len(page.evaluate(CACHES)) == 1


def test_another_open_page_is_not_pulled_to_the_new_build(context: BrowserContext, site: Site) -> None:
    """While the page is open twice, the new build waits, and says for what; when the other is closed, it goes ahead."""
    visit(context, site).close()
    other, _ = open_page(context, site.address)
    site.change("page/start.py", "Saved: this page", "Saved anew: this page")
    page, _ = open_page(context, site.address)
    page.get_by_role("button", name="Change to it").click()
    said(page, "closed in every other")
    other.reload()
    other.wait_for_function(READY)
    said(other, "A newer version")
    other.close()
    for _ in range(N_TRIES):
        page.close()
        time.sleep(1)  # a page that was closed is gone for the browser a moment later
        page, _ = open_page(context, site.address)
        expect(page.locator("[data-region=offline]")).not_to_be_empty()
        if "Saved" in page.inner_text("[data-region=offline]"):
            break
    said(page, "Saved anew")


REFUSALS = {
    "no service workers": "delete Navigator.prototype.serviceWorker",
    "registration refused": "ServiceWorkerContainer.prototype.register = async () => { throw new DOMException('no'); }",
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_without_service_workers_the_page_works_online(context: BrowserContext, site: Site, refusal: str) -> None:
    """Where the browser saves nothing, the page computes as ever and says that it needs the network."""
    context.add_init_script(REFUSALS[refusal])
    page, answer = open_page(context, site.address)
    assert answer["codes"] == CODES
    said(page, "works online only")


def test_refused_caches_leave_the_page_online(context: BrowserContext, site: Site) -> None:
    """A browser that has service workers but no room for their caches loads the page from the network."""
    script = site.read("sw.js")
    site.write(
        "sw.js",
        ("caches.open = async () => { throw new DOMException('full', 'QuotaExceededError'); };\n" + script).encode(),
    )
    page, answer = open_page(context, site.address)
    assert answer["codes"] == CODES
    said(page, "interrupted")
    page.reload()
    page.wait_for_function(READY)
    assert page.evaluate("window.quantlab.answer.codes") == CODES


def test_a_page_in_the_cache_without_its_network_is_not_the_servers_error(context: BrowserContext, site: Site) -> None:
    """Without a network and without a saved site there is the browser's own error, not a broken page of ours."""
    site.cut()
    page = context.new_page()
    with pytest.raises(Error):
        page.goto(site.address)


def test_the_manifest_lets_the_page_be_installed(context: BrowserContext, site: Site) -> None:
    """The browser reads the manifest without complaint, under a sub-path, and its start address is saved."""
    page = visit(context, site)
    session = context.new_cdp_session(page)
    found = session.send("Page.getAppManifest")
    assert found["url"] == site.address + "manifest.webmanifest"
    assert found["errors"] == []
    errors = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [error["errorId"] for error in errors] == ["in-incognito"]  # as every browser that a test starts

"""Drives the built dist/ in Chromium, served from a sub-path by a plain server, the rest of the network refused."""

import functools
import os
import shutil
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Response,
    Route,
    expect,
    sync_playwright,
)

ROOT = Path(__file__).resolve().parents[2]
SUB_PATH = "/some/where/"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
READY = "['ready', 'failed'].includes(document.documentElement?.dataset.state)"
PATIENCE_MS = 60_000
SAVES_NOTHING: dict[str, Any] = {"service_workers": "block"}  # a fifth of a start's work; test_offline.py is about it
TELL_MEMORY = b"""
import js as _js
import pyodide_js as _pyodide
from pyodide.ffi import create_proxy as _proxy
_js.memoryOfPython = _proxy(lambda: _pyodide._module.HEAPU8.length)
"""
expect.set_options(timeout=PATIENCE_MS)  # a busy machine is slow, not wrong


class PlainHandler(SimpleHTTPRequestHandler):
    """`python3 -m http.server`, one folder down and silent."""

    def translate_path(self, path: str) -> str:
        inside = path.removeprefix(SUB_PATH) if path.startswith(SUB_PATH) else "no-such-place"
        return super().translate_path("/" + inside)

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """The page's address under a sub-path of a server without special headers."""
    dist = ROOT / "dist"
    if not (dist / "index.html").exists():
        pytest.fail("dist/ is not built: run `python3 build.py` first")
    handler = functools.partial(PlainHandler, directory=str(dist))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}{SUB_PATH}"
        server.shutdown()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = os.environ.get("QUANTLAB_BROWSER") or next(filter(None, map(shutil.which, names)), None)
    if path is None:
        pytest.fail(f"no browser: install one of {', '.join(names)}, or set QUANTLAB_BROWSER to its path")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


SHOW_ALL = """new MutationObserver(() => {
    const root = document.documentElement;
    if ("section" in root.dataset && root.dataset.section !== "all") root.dataset.section = "all";
    for (const fold of document.querySelectorAll(".fold:not([open])")) fold.open = true;
}).observe(document, {attributes: true, childList: true, subtree: true, attributeFilter: ["data-section"]});"""
"""Keeps every section shown and every group of settings unfolded, for tests that are not about these."""


class Visit:
    """A page and what went wrong on it: requests off the machine, errors in the console."""

    def __init__(self, context: BrowserContext, address: str, shows_all: bool = True) -> None:
        self.address = address
        self.external: list[str] = []
        self.complaints: list[str] = []
        context.route("**/*", self._admit)
        self.page: Page = context.new_page()
        if shows_all:
            self.page.add_init_script(SHOW_ALL)
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("response", self._look)

    def _look(self, response: Response) -> None:
        if response.status >= 400:
            self.complaints.append(f"{response.url}: {response.status}")

    def _admit(self, route: Route) -> None:
        if route.request.url.startswith(("http://127.0.0.1:", "blob:", "data:")):
            route.continue_()
        else:
            self.external.append(route.request.url)
            route.abort()

    def _hear(self, message: ConsoleMessage) -> None:
        """Errors count: of scripts, of requests, of the page's policy. What Chromium advises is no error of ours."""
        if message.type == "error":
            self.complaints.append(message.text)

    def open(self, fragment: str = "") -> Page:
        """Goes to the page and waits until Python has answered."""
        self.page.goto(self.address + fragment)
        self.page.wait_for_function(READY)
        return self.page

    def answer(self) -> dict[str, Any]:
        """What the page published last."""
        answer: dict[str, Any] = self.page.evaluate("window.quantlab.answer")
        return answer

    def after(self, act: Any) -> dict[str, Any]:
        """Does something to the page and returns the answer published next."""
        self.page.evaluate(
            "() => { window.nextAnswer = null;"
            " document.addEventListener('quantlab:answer', event => window.nextAnswer = event.detail, {once: true}); }"
        )
        act()
        self.page.wait_for_function("window.nextAnswer !== null")
        answer: dict[str, Any] = self.page.evaluate("window.nextAnswer")
        return answer

    def retype(self, name: str, text: str) -> dict[str, Any]:
        """Replaces what a field holds, as a person who selects all and types."""
        return self.after(lambda: self.page.fill(f"#{name}", text))

    def follow_link(self, query: str) -> dict[str, Any]:
        """Opens another state of the page that is open."""
        return self.after(lambda: self.page.evaluate("query => { location.hash = query; }", query))


def card(visit: Visit, name: str) -> Locator:
    """The card of an instrument, brought onto the screen."""
    found = visit.page.locator(f"[data-instrument={name}]")
    found.scroll_into_view_if_needed()
    return found


def chart(visit: Visit, name: str) -> Locator:
    """The figure of an instrument, once Plotly has drawn it."""
    figure = card(visit, name).locator(f"[data-figure={name}]")
    figure.scroll_into_view_if_needed()
    expect(figure.locator(".main-svg").first).to_be_visible()
    return figure


def current_chart(visit: Visit, name: str) -> Locator:
    """The figure of an instrument, once it shows the answer that the page has, and not the one before."""
    figure = chart(visit, name)
    visit.page.wait_for_function(
        "name => document.querySelector(`[data-figure=${name}] > .chart`).data === quantlab.answer.figures[name]?.data",
        arg=name,
    )
    return figure


@pytest.fixture
def visitor(chromium: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """A fresh visit that must end without an external request and without an error in the console."""
    options = dict(getattr(request, "param", {}))
    shows_all = options.pop("shows_all", True)
    context = chromium.new_context(**SAVES_NOTHING, **options)
    visit = Visit(context, address, shows_all)
    yield visit
    context.close()
    assert visit.external == []
    assert visit.complaints == []


def tell_memory(route: Route) -> None:
    """Gives the worker that can be asked for the size of its memory."""
    route.fulfill(body=(ROOT / "dist/runtime/worker.py").read_bytes() + TELL_MEMORY, content_type="text/x-python")


def memory_of_python(page: Page) -> int:
    """Bytes that Python has in the worker; they never become fewer."""
    return int(page.workers[-1].evaluate("memoryOfPython()"))


@pytest.fixture
def lab(opened: Visit) -> Visit:
    """The shared visit, started over, on a wide and light screen."""
    opened.page.emulate_media(media="screen", color_scheme="light", reduced_motion="no-preference")
    opened.page.set_viewport_size({"width": 1440, "height": 900})
    opened.after(lambda: opened.page.get_by_role("button", name="Start over").click())
    return opened


@pytest.fixture(scope="module")
def opened(chromium: Browser, address: str) -> Iterator[Visit]:
    """One visit shared by the tests of a module that only look or type: starting Python is the slow part."""
    context = chromium.new_context(**SAVES_NOTHING, viewport={"width": 1440, "height": 900})
    visit = Visit(context, address)
    visit.page.route("**/runtime/worker.py", tell_memory)
    visit.open()
    yield visit
    context.close()
    assert visit.external == []
    assert visit.complaints == []

"""How the page starts: what it loads, and what it does when part of that is missing, damaged or refused."""

import functools
import gzip
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import PATIENCE_MS, READY, ROOT

DIST = ROOT / "dist"
IMAGE = "python/image.bin"
LIBRARIES = "python/libraries.bin"
LONG_WAY = {"lab.zip", "vendor/pyodide/python_stdlib.zip", "vendor/pyodide/pyodide-lock.json"}
BUDGET = 12_750_000  # bytes, compressed, of a first visit
BUDGET_INTERACTIVE = 600_000  # of it, before the page answers
N_REQUESTS = 27
TELLS = """
    window.told = [];
    new MutationObserver(() => told.push(document.querySelector('[data-region=status]')?.textContent))
        .observe(document, {subtree: true, childList: true, characterData: true});
"""

Change = Callable[[bytes], bytes | None]


class Handler(SimpleHTTPRequestHandler):
    """Serves dist/, notes what is asked for, and alters what a test wants altered (None: not found)."""

    protocol_version = "HTTP/1.1"
    changes: dict[str, Change] = {}  # noqa: RUF012 - set for each test
    asked: list[str] = []  # noqa: RUF012 - set for each test

    def do_GET(self) -> None:
        name = self.path.lstrip("/").partition("?")[0] or "index.html"
        self.asked.append(name)
        if name not in self.changes:
            return super().do_GET()
        content = self.changes[name]((DIST / name).read_bytes())
        if content is None:
            return self.send_error(404)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(name))
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        return None

    def log_message(self, *_arguments: object) -> None:
        pass


class Start:
    """A visit to an altered dist/."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser, self.address = browser, address
        self.page: Page
        self.asked = Handler.asked = []

    def open(self, changes: dict[str, Change] | None = None) -> dict[str, Any]:
        """Opens the page, waits for Python and returns the answer."""
        Handler.changes = changes or {}
        context = self.browser.new_context(service_workers="block")  # what it saves for later is not asked for to start
        self.page = context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.add_init_script(TELLS)
        self.page.goto(self.address)
        self.page.wait_for_function(READY)
        answer: dict[str, Any] = self.page.evaluate("window.quantlab.answer")
        return answer

    def told(self) -> str:
        """All that the status line has said."""
        return "\n".join(filter(None, self.page.evaluate("window.told")))


@pytest.fixture
def start(chromium: Browser) -> Iterator[Start]:
    """A page to open, from a server that can be made to fail."""
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(DIST))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        visit = Start(chromium, f"http://127.0.0.1:{server.server_port}/")
        yield visit
        visit.page.context.close()
        server.shutdown()


def compressed(name: str) -> int:
    """The size of a file on the wire."""
    return len(gzip.compress((DIST / name).read_bytes(), 6))


def test_a_visit_loads_no_more_than_its_budget(start: Start) -> None:
    """Python starts from its image: nothing of the long way is loaded, nothing twice, and all within the budget."""
    start.open()
    start.page.wait_for_function("window.Plotly !== undefined")
    asked = [name for name in start.asked if name != "css/icon.svg"]
    assert set(asked).isdisjoint(LONG_WAY)
    assert not [name for name in asked if name.endswith(".whl")]
    assert {name: n for name, n in Counter(asked).items() if n > 1} == {}
    assert len(asked) <= N_REQUESTS
    assert sum(map(compressed, asked)) <= BUDGET
    start.page.context.close()


def test_the_page_answers_before_the_heavy_parts(start: Start) -> None:
    """What the page needs to answer typing is small: PyScript, MicroPython, its own files."""
    start.open()
    heavy = ("python/", "vendor/pyodide/", "vendor/plotly/")
    assert sum(compressed(name) for name in set(start.asked) if not name.startswith(heavy)) <= BUDGET_INTERACTIVE


def test_modules_that_nobody_imports_are_not_written(start: Start) -> None:
    """PyScript's own modules, of which the worker imports none, take a twelfth of a start to write into files."""
    written = b"\nimport os\njs.console.log(f'written: {os.path.exists(\"./pyscript\")}')\n"
    start.open({"runtime/worker.py": lambda content: content + written})
    with start.page.expect_console_message(lambda message: message.text.startswith("written:")) as message:
        start.page.reload()
    assert message.value.text == "written: False"


def flipped(content: bytes) -> bytes:
    """The same with one byte changed far inside."""
    middle = len(content) * 2 // 3
    return content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :]


FAILURES: dict[str, dict[str, Change]] = {
    "image missing": {IMAGE: lambda _content: None},
    "image damaged": {IMAGE: flipped},
    "image cut off": {IMAGE: lambda content: content[: len(content) // 2]},
    "image empty": {IMAGE: lambda _content: b""},
    "image no image": {IMAGE: lambda content: b"<!doctype html>" + content},
    "image of another build": {IMAGE: lambda content: content.replace(b"_multiarray_umath", b"_multiarray_math_", 1)},
    "libraries missing": {LIBRARIES: lambda _content: None},
    "libraries damaged": {LIBRARIES: flipped},
}


@pytest.mark.parametrize("failure", FAILURES)
def test_without_a_usable_image_python_starts_the_long_way(start: Start, failure: str) -> None:
    """Whatever is wrong with the image, Python starts without it, gives the same answer, and the page says so."""
    answer = start.open(FAILURES[failure])
    assert answer["codes"] == [-128, -1, 127]
    assert "lab.zip" in start.asked
    assert "Python starts more slowly" in start.told()
    assert start.page.evaluate("document.documentElement.dataset.state") == "ready"


REFUSALS = {
    "by an event": "const request = {}; queueMicrotask(() => request.onerror(new Event('error'))); return request;",
    "by an exception": "throw new DOMException('refused', 'SecurityError');",
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_refused_storage_does_not_stop_the_start(start: Start, refusal: str) -> None:
    """Where the browser refuses IndexedDB, as in a frame of another site, Python starts all the same."""
    database = f"{{value: {{open() {{ {REFUSALS[refusal]} }}}}, configurable: true}}"
    refuse = f"Object.defineProperty(globalThis, 'indexedDB', {database});"
    answer = start.open({"runtime/storage.mjs": lambda content: refuse.encode() + content})
    assert answer["codes"] == [-128, -1, 127]
    assert "more slowly" not in start.told()


def test_numbers_drawn_at_random_differ_from_visit_to_visit(start: Start) -> None:
    """The image is the same for everybody; what Python draws without a seed is not."""
    draw = b"""
import random, numpy
lab_answer = answer
def answer(*request):
    view, whole, arrays = lab_answer(*request)
    drawn = ', "drawn": [%r, %r]}' % (random.random(), float(numpy.random.random()))
    return [view, _bytes(whole.to_bytes().decode()[:-1] + drawn), arrays]
"""
    drawn = []
    for _ in range(2):
        start.open({"runtime/worker.py": lambda content: content + draw})
        drawn += start.page.evaluate("window.quantlab.answer.drawn")
        start.page.context.close()
    assert len(set(drawn)) == 4

"""What goes wrong around the page (loading, long work, files, links, hosts) is told, and the page goes on."""

import functools
import re
import shutil
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PATIENCE_MS, ROOT, Visit
from tests.browser.hosts import Host, serving

DIST = ROOT / "dist"
READY = "document.documentElement.dataset.state === 'ready'"
NEEDED = (
    "runtime/boot.mjs",
    "runtime/interpreter.mjs",
    "runtime/micropython.mjs",
    "runtime/worker.py",
    "page/start.py",
    "vendor/micropython/micropython.mjs",
    "vendor/micropython/micropython.wasm",
    "vendor/pyodide/pyodide.asm.mjs",
    "vendor/pyodide/pyodide.asm.wasm",
    "vendor/pyodide/pyodide.mjs",
    "vendor/pyscript/core.js",
)
DAMAGED = ("vendor/micropython/micropython.wasm", "vendor/pyodide/pyodide.asm.wasm", "vendor/pyscript/core.js")


class Faulty(SimpleHTTPRequestHandler):
    """Serves dist/ with faults: files refused, cut short, of another kind, never sent, or with something appended."""

    faults: dict[str, Any] = {}  # noqa: RUF012 - set for each test
    over = threading.Event()

    def do_GET(self) -> None:
        name = self.path.lstrip("/").partition("?")[0]
        fault = self.faults.get(name)
        if fault is None:
            super().do_GET()
        elif fault == "refused":
            self.send_error(503)
        elif fault == "silent":
            self.over.wait(60)
        else:
            content = (DIST / name).read_bytes()
            content = {"cut": content[: len(content) // 2], "another kind": b"<!doctype html>"}.get(fault, content)
            self.send_response(200)
            self.send_header("Content-Type", "text/html" if fault == "another kind" else self.guess_type(name))
            self.end_headers()
            self.wfile.write(content + (fault if isinstance(fault, bytes) else b""))

    def log_message(self, *_arguments: object) -> None:
        pass


class Site:
    """A server with faults and a page to open from it."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser, self.address = browser, address
        self.page: Page = browser.new_context().new_page()
        self.page.set_default_timeout(PATIENCE_MS)

    def open(self, faults: dict[str, Any], fragment: str = "") -> Page:
        """Opens the page with these faults, without waiting for Python."""
        Faulty.faults = faults
        self.page.goto(self.address + fragment, wait_until="commit")
        return self.page


@pytest.fixture
def site(chromium: Browser) -> Iterator[Site]:
    """A server that can be made to fail."""
    Faulty.over.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Faulty, directory=str(DIST))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        found = Site(chromium, f"http://127.0.0.1:{server.server_port}/index.html")
        yield found
        Faulty.over.set()
        found.page.context.close()
        server.shutdown()


def expect_unloadable(page: Page) -> None:
    """The page says that Python could not be loaded, offers to try again, and shows the example."""
    expect(page.locator(".unloadable")).to_contain_text("Python could not be loaded:")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    assert page.evaluate("document.documentElement.dataset.state") == "failed"
    assert page.locator("[data-region=table] td[data-key=q]").all_inner_texts() == ["−128", "−1", "127"]


@pytest.mark.parametrize("name", NEEDED)
def test_a_refused_file_is_told(site: Site, name: str) -> None:
    """Whichever file of the start the server refuses, the page says so; once it is there, trying again works."""
    page = site.open({name: "refused"})
    expect_unloadable(page)
    if name == NEEDED[0]:
        Faulty.faults = {}
        page.get_by_role("button", name="Try again").click()
        page.wait_for_function(READY)
        expect(page.locator(".unloadable")).to_have_count(0)


@pytest.mark.parametrize("fault", ["cut", "another kind"])
@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_file_is_told(site: Site, name: str, fault: str) -> None:
    """A file that is cut short, or is not what it should be, is told as well."""
    expect_unloadable(site.open({name: fault}))


def test_a_silent_server_is_told(site: Site) -> None:
    """Where nothing arrives for half a minute, the page says that it is waiting in vain."""
    site.page.clock.install()
    page = site.open({"vendor/pyscript/core.js": "silent"})
    page.wait_for_function("document.readyState !== 'loading'")
    page.clock.run_for(35_000)
    expect(page.locator(".unloadable")).to_contain_text("nothing has arrived")


def test_a_browser_without_webassembly_is_told(site: Site) -> None:
    """Where WebAssembly is switched off, it is said before anything else fails for it."""
    site.page.add_init_script("delete globalThis.WebAssembly")
    page = site.open({})
    expect_unloadable(page)
    expect(page.locator(".unloadable")).to_contain_text("WebAssembly switched off")


def test_missing_charts_are_told(site: Site) -> None:
    """Without Plotly the numbers are computed and shown, and the status line says what is missing."""
    page = site.open({"vendor/plotly/plotly.min.js": "refused"}, "#values=1,2,4")
    page.wait_for_function(READY)
    expect(page.locator("[data-region=status]")).to_contain_text("The charts could not be loaded")


ENDLESS = b"""
import json as _json
_glimpse, _more = glimpse, more
def glimpse(request, texts, shown):
    while _json.loads(request).get("bits") == "7":
        pass
    return _glimpse(request, texts, shown)
def more(request, texts, name):
    while _json.loads(request).get("bits") == "9":
        pass
    return _more(request, texts, name)
"""


def wait_for_bits(page: Page, bits: str) -> None:
    """Waits until the answer to this many bits is published."""
    page.wait_for_function("bits => window.quantlab?.answer?.request?.bits === bits", arg=bits)


def test_a_cancelled_computation_is_told(site: Site) -> None:
    """After Cancel the last result is shown, marked and named; the next edit is computed."""
    page = site.open({"runtime/worker.py": ENDLESS})
    page.wait_for_function(READY)
    page.fill("#bits", "7")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("[data-region=status]")).to_contain_text("Cancelled. The result shown is that of Bits 8")
    expect(page.locator("[data-results]").first).to_have_attribute("data-stale", "")
    page.fill("#bits", "6")
    wait_for_bits(page, "6")
    expect(page.locator("[data-results][data-stale]")).to_have_count(0)


@pytest.mark.parametrize("bits", ["7", "9"])
def test_a_newer_edit_ends_what_is_under_way(site: Site, bits: str) -> None:
    """Neither an endless answer nor an endless instrument keeps the next edit from its answer."""
    page = site.open({"runtime/worker.py": ENDLESS})
    page.wait_for_function(READY)
    page.fill("#bits", bits)
    if bits == "9":
        wait_for_bits(page, "9")
    else:
        page.wait_for_function("document.documentElement.dataset.state === 'computing'")
    page.fill("#bits", "6")
    wait_for_bits(page, "6")


def test_a_long_search_is_told_before_it_begins(visitor: Visit) -> None:
    """The status line says how many ranges are searched and how long that takes, then how far it is; Cancel ends it."""
    page = visitor.open()
    page.evaluate(
        """() => {
            window.said = [];
            const status = document.querySelector("[data-region=status]");
            new MutationObserver(() => {
                const bar = status.querySelector("progress[aria-label='ranges found']");
                if (bar) said.push([status.querySelector("p").textContent, bar.value]);
            }).observe(status, {subtree: true, childList: true, characterData: true, attributes: true});
        }"""
    )
    page.evaluate(
        "location.hash = 'profile=onnx&source=normal&shape=131072&granularity=block&block_size=8&calibration=mse'"
    )
    page.wait_for_function("window.said.some(([text, share]) => share > 0)")
    (before, nothing), *_ = page.evaluate("window.said")
    assert re.fullmatch(r"Searching 16,384 ranges: about \d+ s", before)
    assert nothing == 0
    during = page.evaluate("window.said.find(([text, share]) => share > 0)[0]")
    assert re.fullmatch(r"Searching 16,384 ranges: about \d+ s left", during)
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("[data-region=status]")).to_contain_text("Cancelled. The result shown is that of")
    assert visitor.retype("block_size", "4096")["request"]["block_size"] == "4096"


BROKEN = b"""
import json as _json
_glimpse = glimpse
def glimpse(request, texts, shown):
    if _json.loads(request).get("bits") == "7":
        raise ZeroDivisionError("made for a test")
    return _glimpse(request, texts, shown)
"""


def test_a_fault_of_python_is_told(site: Site) -> None:
    """An exception is a sentence, a link that reproduces it, and folded details; the next edit is computed."""
    page = site.open({"runtime/worker.py": BROKEN})
    page.wait_for_function(READY)
    page.fill("#bits", "7")
    status = page.locator("[data-region=status]")
    expect(status).to_contain_text("Python stopped at these settings")
    expect(status.locator("summary")).to_contain_text("ZeroDivisionError: made for a test")
    assert "bits=7" in str(status.get_by_role("link").get_attribute("href"))
    expect(status.locator("pre")).to_be_hidden()
    assert "JsProxy" not in status.inner_text()
    page.fill("#bits", "6")
    wait_for_bits(page, "6")


def test_a_file_that_is_gone_is_told(visitor: Visit, tmp_path: Path) -> None:
    """A file that is removed before it is read is not called empty."""
    gone = tmp_path / "gone.csv"
    gone.write_text("1,2\n3,4\n")
    visitor.page.goto(visitor.address)
    visitor.page.wait_for_function("document.documentElement.dataset.interactive === 'true'")
    visitor.page.set_input_files("#chooser", gone)
    gone.unlink()
    message = visitor.page.locator("#file-error")
    expect(message).to_contain_text("gone.csv cannot be read")
    expect(message).to_contain_text("removed")


def drop(page: Page, *paths: Path) -> None:
    """Drops files of this machine on the page."""
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, "x": 200, "y": 300, "data": data})


def test_a_dropped_folder_is_told(visitor: Visit, tmp_path: Path) -> None:
    """A folder is no file, and the page does not wait for it."""
    folder = tmp_path / "weights"
    folder.mkdir()
    drop(visitor.open(), folder)
    expect(visitor.page.locator("#file-error")).to_contain_text("The folder holds no model")


def test_what_is_not_read_of_files_is_told(visitor: Visit, tmp_path: Path) -> None:
    """Of several files the first is read; the others, and columns without numbers, are named as left out."""
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    first.write_text("name,x,y\na,1,2\nb,3,4\n")
    shutil.copy(first, second)
    page = visitor.open()
    answer = visitor.after(lambda: drop(page, first, second))
    assert answer["values"] == [1, 2, 3, 4]
    status = page.locator("[data-region=status]")
    expect(status).to_contain_text('Left out of first.csv: name holds words, such as "a".')
    expect(status).to_contain_text("1 more file was given with first.csv and not read")


def test_odd_characters_of_a_link_are_shown(visitor: Visit) -> None:
    """A link with unprintable characters gives a whole message with these escaped."""
    visitor.open("#bits=%00%1b&signed=%ED%A0%80")
    errors = visitor.page.locator("[data-region=errors]")
    expect(errors).to_contain_text(r'“Bits” is "\x00\x1b"; it must be a whole number from 2 to 16.')
    expect(errors).to_contain_text("it must be 1 or 0.")


def test_an_endless_link_is_told_at_once(visitor: Visit) -> None:
    """A link of a megabyte is not followed; the page says so while it loads, and shows the example."""
    visitor.page.goto(visitor.address + "#values=" + "1," * 500_000)
    visitor.page.wait_for_function("document.documentElement.dataset.interactive === 'true'")
    expect(visitor.page.locator("[data-region=status]")).to_contain_text("The link is 1.0 MB long")
    visitor.page.wait_for_function(READY)
    expect(visitor.page.locator("[data-region=status]")).to_contain_text("The link is 1.0 MB long")
    assert visitor.answer()["codes"] == [-128, -1, 127]


HOSTILE = """
<script>
window.tripped = [];
window.onerror = (message) => tripped.push(String(message));
window.got = [];
onmessage = ({data}) => got.push(data);
</script>
<iframe src="SITEembed.html#values=1,2,3&show=table" width="600"></iframe>
<iframe srcdoc="<script>
parent.frames[0].postMessage({quantlab: {kind: 'ask', request: {values: '9'}}}, '*')
</script>"></iframe>
"""

MESSAGES = """
const circle = {}; circle.quantlab = circle;
const nothings = [null, 1, 'text', [], {quantlab: null}, {quantlab: 1}, {quantlab: {}}, {quantlab: {kind: 'ask'}},
    {quantlab: {kind: 'ask', request: null}}, {quantlab: {kind: 'ask', request: 'bits=4'}},
    {quantlab: {kind: 'other', request: {}}}, circle];
for (const message of nothings) frames[0].postMessage(message, '*');
"""


def test_a_hostile_host_changes_nothing(chromium: Browser) -> None:
    """Senseless messages are passed over, a sibling's are not heard; of a request only texts and numbers count."""
    with serving() as dist:
        host = Host(chromium, dist)
        page = host.open(HOSTILE, host="localhost")
        frame = host.frame()
        frame.wait_for_function("document.documentElement.dataset.state === 'ready'")
        page.evaluate(MESSAGES)
        request = {"values": "4, 5", "bits": 4, "signed": False, "scheme": {"a": 1}, "narrow": None, "show": "table"}
        page.evaluate("request => frames[0].postMessage({quantlab: {kind: 'ask', request}}, '*')", request)
        frame.wait_for_function("window.quantlab.answer.values[0] === 4")
        answer = frame.evaluate("window.quantlab.answer")
        assert answer["values"] == [4, 5]
        assert (answer["request"]["bits"], answer["request"]["signed"]) == ("4", "0")
        assert answer["request"]["scheme"] == "affine"
        kinds = page.evaluate("got.filter((data) => data?.quantlab).map((data) => data.quantlab.kind)")
        assert set(kinds) == {"height"}  # it never said hello
        assert page.evaluate("tripped") == []
        assert host.complaints == []
        host.context.close()


def test_an_error_of_an_embed_trips_no_error_handler(chromium: Browser) -> None:
    """The element's error event reaches who listens to the element, not the host's handler of script errors."""
    with serving() as dist:
        host = Host(chromium, dist)
        page = host.open(
            "<script>window.tripped = []; window.onerror = (message) => tripped.push(String(message));"
            "addEventListener('error', (event) => tripped.push(event.type));</script>"
            '<script src="SITEquant-lab.js"></script><quant-lab id="one" values="1, x"></quant-lab>'
        )
        [(name, errors)] = host.hear("error")
        assert (name, errors[0]["field"]) == ("one", "values")
        assert page.evaluate("tripped") == []
        host.context.close()

"""Quantcore on somebody else's PyScript page, as the README shows it."""

import re
import shutil
import threading
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.browser.conftest import ROOT
from tests.browser.sites import DIST, Handler, Site

pytestmark = pytest.mark.browser

VENDORED = {path.name: path for path in (DIST / "vendor").rglob("*") if path.is_file()}
CHUNK = re.compile(r"[\w-]+-[\w-]{8}\.js")  # of PyScript: plug-ins and tables that the site does without


def give(route: Route) -> None:
    """Answers for PyScript's and Pyodide's servers, with the same files as the site's."""
    name = route.request.url.partition("?")[0].rsplit("/", 1)[1]
    if route.request.url.startswith("http://127.0.0.1:"):
        route.continue_()
    elif name in VENDORED:
        route.fulfill(path=VENDORED[name], headers={"access-control-allow-origin": "*"})
    elif CHUNK.fullmatch(name):
        cors = {"access-control-allow-origin": "*", "content-type": "text/javascript"}
        route.fulfill(body="export default {}", headers=cors)
    else:
        route.abort()


def test_the_readmes_page_runs(chromium: Browser, tmp_path: Path) -> None:
    """The README's page, with the wheel beside it, computes the example's codes in four bits."""
    readme = (ROOT / "README.md").read_text("utf-8")
    [page_text] = re.findall(r"```html\n(<!doctype html>.*?)```", readme, re.DOTALL)
    (tmp_path / "index.html").write_text(page_text, "utf-8")
    [wheel] = DIST.glob("quantcore-*.whl")
    assert f"./{wheel.name}" in page_text
    shutil.copy(wheel, tmp_path)
    site = Site(tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, site)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        context = chromium.new_context()
        context.route("**/*", give)
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/some/where/")
        expect(page.locator("#codes")).to_have_text("[-8, -1, 7]", timeout=60_000)
        context.close()
        server.shutdown()

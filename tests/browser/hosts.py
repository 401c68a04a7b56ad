"""A host's pages, each on a made-up place of their own server, with embeds of the built site on another."""

import functools
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Frame, Page

from tests.browser.conftest import PATIENCE_MS, ROOT

LISTENS = """
    window.heard = [];
    for (const kind of ['answer', 'error'])
        document.addEventListener(kind, (event) => event.target.localName === 'quant-lab'
            && heard.push([kind, event.target.id, event.detail]), true);  // an error does not bubble
"""


MARKS = """name => [...document.querySelectorAll(`[data-figure="${name}"] > .chart :is(.plot, .overplot) *`)]
    .filter((mark) => ["path", "image", "rect"].includes(mark.localName))
    .filter((mark) => { const {width, height} = mark.getBoundingClientRect(); return width + height > 0; }).length"""
"""How many lines, points, bars or pictures a chart shows, by the name of its instrument."""


class Handler(SimpleHTTPRequestHandler):
    """Serves dist/ under any name of this machine, and the test's pages under /host/."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def __init__(self, *arguments: Any, site: "Site", **options: Any) -> None:
        self.site = site
        super().__init__(*arguments, directory=str(ROOT / "dist"), **options)

    def do_GET(self) -> None:
        name = self.path.partition("?")[0]
        self.site.asked[name.rpartition("/")[2]] += 1
        if name not in self.site.pages:
            return super().do_GET()
        text, headers = self.site.pages[name]
        content = ("<!doctype html><meta charset=utf-8><title>A host</title>" + text).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(content)))
        for header, value in headers.items():
            self.send_header(header, value)
        self.end_headers()
        self.wfile.write(content)
        return None

    def log_message(self, *_arguments: object) -> None:
        pass


class Site:
    """The server, what was asked of it, and the pages that it has beside dist/."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.pages: dict[str, tuple[str, dict[str, str]]] = {}
        self.port = 0

    def address(self, host: str = "127.0.0.1") -> str:
        """The address of dist/ by one of this machine's names: the two names are two sites to a browser."""
        return f"http://{host}:{self.port}/"


@contextmanager
def serving() -> Iterator[Site]:
    """Gives a running server."""
    site = Site()
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, site=site)) as server:
        site.port = server.server_port
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield site
        server.shutdown()


class Host:
    """A page that embeds, in a browser of its own state."""

    def __init__(self, browser: Browser, site: Site, **options: Any) -> None:
        self.site = site
        self.context: BrowserContext = browser.new_context(**options)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.add_init_script(LISTENS)
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, text: str, *, embeds: str = "127.0.0.1", host: str = "127.0.0.1", **headers: str) -> Page:
        """Opens a page of this text; `SITE` in it stands for the address of dist/ by the name `embeds`."""
        named = {
            name.replace("_", "-"): value.replace("SITE", self.site.address(embeds)) for name, value in headers.items()
        }
        self.site.pages["/host/page.html"] = (text.replace("SITE", self.site.address(embeds)), named)
        self.page.goto(self.site.address(host) + "host/page.html")
        return self.page

    def until(self, expression: str) -> None:
        """Waits until an expression is true; not by `wait_for_function`, whose eval policies of hosts forbid."""
        waited = 0
        while not self.page.evaluate(expression):
            assert waited < PATIENCE_MS, f"{expression} is not true after {PATIENCE_MS / 1000} s"
            waited += 100
            self.page.wait_for_timeout(100)

    def hear(self, kind: str = "answer", n: int = 1) -> list[Any]:
        """Waits for so many events of a kind, and returns (id of the element, detail) of all."""
        expression = f"heard.filter(([kind]) => kind === '{kind}')"
        self.until(f"{expression}.length >= {n}")
        heard: list[Any] = self.page.evaluate(f"{expression}.map(([, id, it]) => [id, it])")
        return heard

    def forget(self) -> None:
        """Forgets what was heard."""
        self.page.evaluate("heard.length = 0")

    def frame(self, position: int = 0) -> Frame:
        """One of the embeds' frames, in their order on the page."""
        return self.page.frames[1 + position]

"""A static host as the page meets it: files compressed where hosts compress them, over a line of a given speed."""

import functools
import gzip
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from urllib.parse import unquote, urlsplit

from assembly.serve import Server

COMPRESSED = (".html", ".css", ".js", ".mjs", ".json", ".py", ".svg", ".wasm", ".txt")
TYPES = {".mjs": "text/javascript", ".wasm": "application/wasm", ".bin": "application/octet-stream"}
CHUNK = 16_384


@dataclass(frozen=True, slots=True)
class Line:
    """A line to the host.

    Attributes:
        rate: Bytes a second, shared by all requests; 0 for as fast as it goes.
        latency: Seconds that every request waits.
    """

    name: str
    rate: float = 0
    latency: float = 0


LOCALHOST = Line("localhost")
FAST_4G = Line("4G", rate=9e6 / 8, latency=0.165)  # as Chromium's developer tools have them
SLOW_3G = Line("slow 3G", rate=400e3 / 8, latency=2)


@functools.cache
def body(path: Path) -> bytes:
    """A file as it goes over the line; compressed once, as hosts do that keep what they compressed."""
    content = path.read_bytes()
    return gzip.compress(content, 6) if path.suffix in COMPRESSED else content


class Host:
    """Serves a folder; knows what was asked for and what went over the line."""

    def __init__(self, folder: Path, line: Line, hidden: tuple[str, ...] = ()) -> None:
        self.folder, self.line, self.hidden = folder, line, hidden
        self.sent: dict[str, int] = {}
        self._free_at = 0.0
        self._lock = threading.Lock()
        self.address = ""

    def wait_for(self, n_bytes: int) -> None:
        """Holds the caller until its bytes would have arrived."""
        if not self.line.rate:
            return
        with self._lock:
            self._free_at = max(self._free_at, time.monotonic()) + n_bytes / self.line.rate
            arrived = self._free_at
        time.sleep(max(0.0, arrived - time.monotonic()))


class Handler(SimpleHTTPRequestHandler):
    """Answers from a Host."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def __init__(self, *arguments: object, host: Host) -> None:
        self.host = host
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        host = self.host
        name = unquote(urlsplit(self.path).path).lstrip("/") or "index.html"
        path = host.folder / name
        time.sleep(host.line.latency)
        if not path.is_file() or name.startswith(host.hidden or "\0"):
            self.send_error(404)
            return
        tag = f'"{path.stat().st_mtime_ns}"'
        if self.headers.get("If-None-Match") == tag:
            self.send_response(304)
            self.end_headers()
            host.sent[name] = host.sent.get(name, 0)
            return
        content = body(path)
        self.send_response(200)
        self.send_header("Content-Type", TYPES.get(path.suffix) or self.guess_type(name))
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-cache")
        self.send_header("ETag", tag)
        if path.suffix in COMPRESSED:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        try:
            for start in range(0, len(content), CHUNK):
                part = content[start : start + CHUNK]
                host.wait_for(len(part))
                self.wfile.write(part)
        except ConnectionError:
            return  # the page was closed
        host.sent[name] = host.sent.get(name, 0) + len(content)

    def log_message(self, *_arguments: object) -> None:
        pass


@contextmanager
def hosted(folder: Path, line: Line, hidden: tuple[str, ...] = ()) -> Iterator[Host]:
    """Serves a folder for as long as the context lasts; what begins with one of `hidden` is not found."""
    host = Host(folder, line, hidden)
    with Server(("127.0.0.1", 0), functools.partial(Handler, host=host)) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        host.address = f"http://127.0.0.1:{server.server_port}/"
        yield host
        server.shutdown()

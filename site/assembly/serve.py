"""Serves dist/ on this machine, as any static host would: no special headers."""

import errno
import http.server
import io
import os
import re
import signal
import sys
import webbrowser
from functools import partial
from http import HTTPStatus
from pathlib import Path
from socketserver import BaseServer
from typing import Any, BinaryIO

from assembly.report import BuildError

HOST = "127.0.0.1"
NAMES = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:[0-9]+)?", re.IGNORECASE)  # of this machine, for itself
RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves files; silent but for errors; the browser asks again after each build."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each file after the first on a connection waits 40 ms for an acknowledgement
    extensions_map = {  # noqa: RUF012 - the base class declares it so
        **http.server.SimpleHTTPRequestHandler.extensions_map,
        ".css": "text/css",
        ".html": "text/html; charset=utf-8",
        ".js": "text/javascript",
        ".json": "application/json",
        ".mjs": "text/javascript",
        ".py": "text/x-python; charset=utf-8",
        ".svg": "image/svg+xml",
        ".wasm": "application/wasm",
        ".webmanifest": "application/manifest+json",
        ".whl": "application/zip",
        ".zip": "application/zip",
    }

    def send_head(self) -> io.BytesIO | BinaryIO | None:
        """Sends the headers and returns what is to follow them: a file, a part of it, or nothing."""
        if not NAMES.fullmatch(self.headers.get("Host", "")):
            words = f"This server answers only for this machine. Open {address(self.server)} on it."
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST, explain=words)
            return None
        path = self.translate_path(self.path)
        if not can_be_named(path):
            self.send_error(HTTPStatus.BAD_REQUEST, explain="No file can have such a name.")
            return None
        if not is_within(Path(path), Path(self.directory)):
            self.send_error(HTTPStatus.NOT_FOUND)
            return None
        is_asked_in_part = self.command == "GET" and "Range" in self.headers and "If-Modified-Since" not in self.headers
        if is_asked_in_part and not path.endswith("/") and os.access(path, os.R_OK) and not Path(path).is_dir():
            return self.send_part(Path(path))
        return super().send_head()

    def send_part(self, path: Path) -> io.BytesIO | BinaryIO | None:
        """Sends the headers for the bytes that were asked for, and returns these; the whole file if it has changed.

        Source:
            HTTP Semantics (RFC 9110), section 14. A server may ignore a range; we do so with several at once.
        """
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            part = asked_for(self.headers["Range"], status.st_size)
            changed = self.date_time_string(status.st_mtime)
            if part is None or self.headers.get("If-Range", changed) != changed:
                return super().send_head()
            file.seek(part.start)
            content = file.read(len(part))
        self.send_response(HTTPStatus.PARTIAL_CONTENT if part else HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
        whole = f"{part.start}-{part.stop - 1}" if part else "*"
        self.send_header("Content-Range", f"bytes {whole}/{status.st_size}")
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Last-Modified", changed)
        self.end_headers()
        return io.BytesIO(content)

    def end_headers(self) -> None:
        """Adds that parts can be had, and that the file may be kept but must be asked for again."""
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Says nothing of what went well."""
        if int(code) >= 400:
            self.log_message("%s %s", int(code), self.path)

    def log_error(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Says nothing: `log_request` has."""


def can_be_named(path: str) -> bool:
    r"""Tells whether the system can be asked for such a path.

    >>> [can_be_named(path) for path in ("a/ü", "a\0", "\ud800")]
    [True, False, False]
    """
    try:
        return b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:
        return False


def is_within(path: Path, folder: Path) -> bool:
    """Tells whether what is served for a path, itself or the index of a folder, truly is in the folder."""
    return all(place.resolve().is_relative_to(folder.resolve()) for place in (path, path / "index.html"))


def asked_for(text: str, size: int) -> range | None:
    """Returns the bytes that a Range header asks for; None if it cannot be read, or asks for several parts.

    >>> asked_for("bytes=2-4", 10), asked_for("bytes=7-", 10), asked_for("bytes=-3", 10), asked_for("bytes=5-99", 10)
    (range(2, 5), range(7, 10), range(7, 10), range(5, 10))
    >>> len(asked_for("bytes=10-", 10)), asked_for("bytes=4-2", 10), asked_for("bytes=0-1,4-5", 10)
    (0, None, None)
    """
    found = RANGE.fullmatch(text.strip())
    if not found or not (found[1] or found[2]):
        return None
    if not found[1]:
        return range(max(size - int(found[2]), 0), size)
    first, last = int(found[1]), int(found[2] or size)
    return None if last < first and found[2] else range(first, min(last + 1, size))


class Server(http.server.ThreadingHTTPServer):
    """Answers each request in a thread; a browser that hangs up is no error."""

    allow_reuse_address = os.name != "nt"  # there it would let two servers share a port

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keeps quiet when the other side closed the connection."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def reserve(folder: Path, port: int) -> Server:
    """Takes the port, and answers nothing on it until `run`.

    Raises:
        BuildError: The port cannot be had.
    """
    server = Server((HOST, port), partial(Handler, directory=str(folder)), bind_and_activate=False)
    try:
        server.server_bind()
        server.server_activate()
    except (OSError, OverflowError) as error:
        server.server_close()
        remedy = f"Try another: python3 build.py serve --port {suggestion(port)}"
        raise BuildError(f"{why_not(port, error)} {remedy}") from None
    return server


def why_not(port: int, error: Exception) -> str:
    """Says in words why a port cannot be had."""
    code = getattr(error, "errno", None)
    if code == errno.EADDRINUSE:
        return f"port {port} is in use, perhaps by another `build.py serve`."
    if code == errno.EACCES:
        return f"port {port} may not be used by this account (ports below 1024 are the system's)."
    return f"port {port} cannot be used ({error}); ports go from 1 to 65535."


def suggestion(port: int) -> int:
    """Returns a port that is likely to be free.

    >>> suggestion(8000), suggestion(80), suggestion(65535), suggestion(70000)
    (8001, 8080, 8080, 8080)
    """
    return port + 1 if 1024 <= port < 65535 else 8080


def address(server: BaseServer) -> str:
    """Returns the address of the page."""
    return f"http://{HOST}:{server.server_address[1]}/"  # type: ignore[index]


def run(server: Server, *, open_browser: bool) -> None:
    """Serves until Ctrl-C or a request to end."""
    for how in (signal.SIGINT, signal.SIGTERM):  # a script that starts this in the background has SIGINT ignored
        signal.signal(how, signal.default_int_handler)
    print(f"\nQuantization Lab is at {address(server)}  (Ctrl-C stops it)", flush=True)
    if open_browser and has_screen():
        webbrowser.open(address(server))
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print("\nStopped.")
    finally:
        server.server_close()


def has_screen() -> bool:
    """Tells whether a browser would show up; without a screen, `webbrowser` may start one in the terminal."""
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))

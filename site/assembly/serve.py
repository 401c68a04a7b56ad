"""Serves dist/ on this machine, as any static host would: no special headers."""

import errno
import http.server
import os
import signal
import sys
import webbrowser
from functools import partial
from pathlib import Path
from socketserver import BaseServer
from typing import Any

from assembly.report import BuildError

HOST = "127.0.0.1"


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

    def end_headers(self) -> None:
        """Adds that the file may be kept, and must be asked for again."""
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Says nothing of what went well."""
        if int(code) >= 400:
            self.log_message("%s %s", int(code), self.path)

    def log_error(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Says nothing: `log_request` has."""


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
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
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

"""A copy of dist/ on a server of its own, whose network can be cut and whose build can change."""

import functools
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from assembly import offline

DIST = Path(__file__).resolve().parents[2] / "dist"
SUB_PATH = "/some/where/"


class Site:
    """What the server gives, what it was asked for, and whether it can be reached."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = ""
        self.asked: list[str] = []
        self.left: float = float("inf")  # answers until the network is cut

    def cut(self, after: int = 0) -> None:
        """Lets nothing through any more, after so many answers."""
        self.left = after

    def mend(self) -> None:
        """Lets everything through again."""
        self.left = float("inf")

    def change(self, name: str, old: str, new: str) -> None:
        """Makes another build of the site: one with another text in a file."""
        text = self.read(name)
        assert old in text
        self.write(name, text.replace(old, new).encode())
        listed, program = self.read(offline.SCRIPT).split("};\n\n", 1)
        assert "FILES" in listed
        self.write(offline.SCRIPT, program.encode())
        offline.write(self.folder)

    def read(self, name: str) -> str:
        """The text of a file."""
        return (self.folder / name).read_text("utf-8")

    def write(self, name: str, content: bytes) -> None:
        """Replaces a file of this copy, not of dist/, with which it shares the others."""
        (self.folder / name).unlink()
        (self.folder / name).write_bytes(content)


class Handler(SimpleHTTPRequestHandler):
    """A plain server under a sub-path, which hangs up when the network is cut."""

    def __init__(self, site: Site, *arguments: object) -> None:
        self.site = site
        super().__init__(*arguments, directory=str(site.folder))  # type: ignore[arg-type]

    def do_GET(self) -> None:
        self.site.left -= 1
        if self.site.left < 0:
            self.close_connection = True
            self.connection.close()
            return
        self.site.asked.append(self.path.removeprefix(SUB_PATH).partition("?")[0] or "index.html")
        super().do_GET()

    def translate_path(self, path: str) -> str:
        inside = path.removeprefix(SUB_PATH) if path.startswith(SUB_PATH) else "no-such-place"
        return super().translate_path("/" + inside)

    def log_message(self, *_arguments: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    """Says nothing of connections that were cut."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[Site]:
    """Serves a copy of dist/, made in `folder` of links, so that it costs nothing."""
    shutil.copytree(DIST, folder, copy_function=os.link, ignore=shutil.ignore_patterns("quantization-lab-*.zip"))
    site = Site(folder)
    with Server(("127.0.0.1", 0), functools.partial(Handler, site)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        site.address = f"http://127.0.0.1:{server.server_port}{SUB_PATH}"
        yield site
        server.shutdown()

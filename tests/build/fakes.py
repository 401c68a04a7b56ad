"""Made-up packages and a made-up server."""

import http.server
import io
import tarfile
import threading
import zipfile


def make_tarball(members: dict[str, bytes]) -> bytes:
    """Makes what npm packs: a compressed archive with one folder at its top."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for name, data in members.items():
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return content.getvalue()


def make_wheel(name: str, version: str, members: dict[str, bytes]) -> bytes:
    """Makes a wheel that pip accepts."""
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    files = {
        **members,
        f"{info}/METADATA": metadata.encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: made up\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": b"",
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path, data in files.items():
            archive.writestr(path, data)
    return content.getvalue()


class FakeServer:
    """A server on this machine: `files` by path; it answers ranges and counts the bytes it sends."""

    def __init__(self) -> None:
        """Begins to serve, with no files."""
        self.files: dict[str, bytes] = {}
        self.n_sent = 0
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        """Makes the class that answers."""
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_HEAD(self) -> None:
                self.do_GET()

            def do_GET(self) -> None:
                path = self.path.split("?")[0]
                content = owner.files.get(path)
                if content is None:
                    self.send_error(404)
                    return
                first, last = 0, len(content) - 1
                asked = self.headers.get("Range")
                if asked:
                    begin, _, end = asked.removeprefix("bytes=").partition("-")
                    first = int(begin) if begin else max(len(content) - int(end), 0)
                    last = min(int(end), last) if begin and end else last
                part = content[first : last + 1]
                self.send_response(206 if asked else 200)
                self.send_header("Content-Length", str(len(part)))
                self.send_header("Accept-Ranges", "bytes")
                self.send_header("Content-Type", "text/html" if path.endswith("/") else "application/octet-stream")
                if asked:
                    self.send_header("Content-Range", f"bytes {first}-{last}/{len(content)}")
                self.end_headers()
                if self.command == "GET":
                    owner.n_sent += len(part)
                    self.wfile.write(part)

            def log_message(self, *_: object) -> None:
                pass

        return Handler

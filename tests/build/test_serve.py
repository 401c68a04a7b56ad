import errno
import http.client
import re
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from assembly import serve
from assembly.report import BuildError

PROGRAM = """
import sys
from pathlib import Path
from assembly import serve

serve.run(serve.reserve(Path(sys.argv[1]), 0), open_browser=False)
"""


class Running:
    """A server in a process of its own."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        """Takes note of the process and its port."""
        self.process = process
        self.port = port

    def get(self, path: str, **headers: str) -> http.client.HTTPResponse:
        """Asks for a path and reads the answer whole."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
            response = connection.getresponse()
            response.read()
            return response
        finally:
            connection.close()

    def stop(self, how: signal.Signals = signal.SIGINT) -> tuple[int, str, str]:
        """Ends the process; returns its status and what it said."""
        self.process.send_signal(how)
        output, errors = self.process.communicate(timeout=10)
        return self.process.returncode, output, errors


@pytest.fixture
def running(tmp_path: Path, root: Path) -> Iterator[Running]:
    """Serves a small folder."""
    names = ["a.mjs", "a.wasm", "a.js", "a.css", "a.json", "a.zip", "a.whl", "a.py", "a.svg"]
    for name in ("index.html", "sub/index.html", *names):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("content" * 100_000)
    (tmp_path / "small.js").write_text("small")
    command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    process = subprocess.Popen(
        command, cwd=root / "site", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout
    process.stdout.readline()
    said = process.stdout.readline()
    address = re.search(r"http://127\.0\.0\.1:(\d+)/", said)
    assert address, said
    yield Running(process, int(address[1]))
    if process.poll() is None:
        process.kill()
    process.communicate()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("", "text/html; charset=utf-8"),
        ("sub/", "text/html; charset=utf-8"),
        ("a.js", "text/javascript"),
        ("a.mjs", "text/javascript"),
        ("a.wasm", "application/wasm"),
        ("a.css", "text/css"),
        ("a.json", "application/json"),
        ("a.zip", "application/zip"),
        ("a.whl", "application/zip"),
        ("a.py", "text/x-python; charset=utf-8"),
        ("a.svg", "image/svg+xml"),
    ],
)
def test_types(running: Running, name: str, kind: str) -> None:
    """Every file has the type that browsers want of it, modules and WebAssembly above all."""
    response = running.get(f"/{name}")
    assert (response.status, response.getheader("Content-Type")) == (200, kind)


def test_what_the_browser_has_is_not_sent_again(running: Running) -> None:
    """Files may be kept but are asked for again, so that a rebuilt page is never stale."""
    first = running.get("/a.mjs")
    assert first.getheader("Cache-Control") == "no-cache"
    again = running.get("/a.mjs", If_Modified_Since=first.getheader("Last-Modified", ""))
    assert again.status == 304


def test_one_connection_serves_many_files_at_once(running: Running) -> None:
    """Files asked for one after the other on one connection do not wait for acknowledgements (40 ms each)."""
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=10)
    times = []
    for _ in range(21):
        started = time.perf_counter()
        connection.request("HEAD", "/a.js")
        connection.getresponse().read()
        connection.request("GET", "/small.js")
        assert connection.getresponse().read() == b"small"
        times.append(time.perf_counter() - started)
    connection.close()
    assert sorted(times)[10] < 0.03


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_stopping_is_no_error(running: Running, how: signal.Signals) -> None:
    """Ctrl-C, and a request to end, stop the server with status 0 and without a traceback."""
    running.get("/")
    status, output, errors = running.stop(how)
    assert (status, errors) == (0, "")
    assert output.strip() == "Stopped."


def test_a_browser_that_hangs_up_is_no_error(running: Running) -> None:
    """A connection cut in the middle of an answer leaves no traceback."""
    for _ in range(3):
        client = socket.create_connection(("127.0.0.1", running.port))
        client.sendall(b"GET /a.wasm HTTP/1.1\r\nHost: x\r\n\r\n")
        client.recv(10)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close with a reset
        client.close()
    running.get("/")
    assert running.stop()[2] == ""


def test_a_missing_file_is_said(running: Running) -> None:
    """What the page asks for in vain is shown to whoever builds it, in one line."""
    assert running.get("/absent.js").status == 404
    errors = running.stop()[2]
    assert "404 /absent.js" in errors
    assert errors.count("\n") == 1


def test_a_port_in_use(root: Path) -> None:
    """`serve` on a port in use says which, proposes another, builds nothing, and ends with status 1."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        command = [sys.executable, root / "build.py", "serve", "--no-open", "--port", str(port)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    assert done.returncode == 1
    assert f"port {port} is in use" in done.stderr
    assert "python3 build.py serve --port" in done.stderr
    assert (done.stderr.count("\n"), done.stdout) == (1, "")


@pytest.mark.parametrize("port", [70000, -1])
def test_an_impossible_port(tmp_path: Path, port: int) -> None:
    """A number that is no port is refused in words."""
    with pytest.raises(BuildError, match="ports go from 1 to 65535"):
        serve.reserve(tmp_path, port)


def test_a_port_of_the_system() -> None:
    """A port that this account may not use is told from one in use."""
    words = serve.why_not(80, OSError(errno.EACCES, "Permission denied"))
    assert words == "port 80 may not be used by this account (ports below 1024 are the system's)."

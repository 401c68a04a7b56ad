import errno
import http.client
import re
import signal
import socket
import struct
import subprocess
import sys
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

    def __init__(self, process: subprocess.Popen[str], port: int, folder: Path) -> None:
        """Takes note of the process, its port, and what it serves."""
        self.process = process
        self.port = port
        self.folder = folder
        self.text = ""  # of the last answer

    def get(self, path: str, **headers: str) -> http.client.HTTPResponse:
        """Asks for a path and reads the answer whole."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
            response = connection.getresponse()
            self.text = response.read().decode("utf-8")
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
    (tmp_path / "digits").write_text("0123456789")
    command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    process = subprocess.Popen(
        command, cwd=root / "site", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout
    process.stdout.readline()
    said = process.stdout.readline()
    address = re.search(r"http://127\.0\.0\.1:(\d+)/", said)
    assert address, said
    yield Running(process, int(address[1]), tmp_path)
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
    """Files come one after the other on one connection, none waiting for acknowledgements (40 ms each)."""
    assert serve.Handler.disable_nagle_algorithm
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=10)
    for _ in range(3):
        connection.request("HEAD", "/a.js")
        assert connection.getresponse().read() == b""
        connection.request("GET", "/small.js")
        assert connection.getresponse().read() == b"small"
    connection.close()


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
        client.sendall(b"GET /a.wasm HTTP/1.1\r\nHost: localhost\r\n\r\n")
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


@pytest.mark.parametrize("path", ["/%00", "/a.js%00.html", "/%ED%A0%80"])
def test_what_can_be_no_name_is_refused(running: Running, path: str) -> None:
    """NUL, or half of a surrogate pair, is a bad request; the server goes on, without a traceback."""
    assert running.get(path).status == 400
    assert running.get("/small.js").status == 200
    errors = running.stop()[2]
    assert (errors.count("\n"), f"400 {path}" in errors) == (1, True)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1:1234", "[::1]:8000"])
def test_this_machine_is_answered(running: Running, host: str) -> None:
    """Whatever this machine calls itself is answered, with any port, as one may be forwarded."""
    assert running.get("/small.js", Host=host).status == 200


@pytest.mark.parametrize("host", ["attacker.example", "localhost.attacker.example", "127.0.0.1.nip.example:8000", ""])
def test_other_names_are_not_answered(running: Running, host: str) -> None:
    """A page of elsewhere whose name leads to this machine reads nothing; a sentence says where the server is."""
    response = running.get("/small.js", Host=host)
    assert response.status == 421
    assert f"Open http://127.0.0.1:{running.port}/ on it." in running.text


def test_links_out_of_the_folder_are_not_followed(running: Running, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A symbolic link to a file, a folder or an index elsewhere is as if it were not there; one to a neighbour is."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "index.html").write_text("secret")
    (running.folder / "file.html").symlink_to(elsewhere / "index.html")
    (running.folder / "folder").symlink_to(elsewhere)
    (running.folder / "own").mkdir()
    (running.folder / "own" / "index.html").symlink_to(elsewhere / "index.html")
    (running.folder / "neighbour.js").symlink_to(running.folder / "small.js")
    paths = ("/file.html", "/folder/", "/folder/index.html", "/own/", "/own/index.html", "/neighbour.js")
    assert [running.get(path).status for path in paths] == [404, 404, 404, 404, 404, 200]
    assert running.get("/file.html", Range="bytes=0-2").status == 404


@pytest.mark.parametrize(
    ("asked", "range_sent", "content"),
    [
        ("bytes=2-4", "bytes 2-4/10", "234"),
        ("bytes=7-", "bytes 7-9/10", "789"),
        ("bytes=-3", "bytes 7-9/10", "789"),
        ("bytes=-30", "bytes 0-9/10", "0123456789"),
        ("bytes=9-99", "bytes 9-9/10", "9"),
    ],
)
def test_parts_of_a_file(running: Running, asked: str, range_sent: str, content: str) -> None:
    """One range of bytes is sent as such, cut at the file's end."""
    response = running.get("/digits", Range=asked)
    assert (response.status, response.getheader("Content-Range")) == (206, range_sent)
    assert (running.text, response.getheader("Content-Length")) == (content, str(len(content)))


@pytest.mark.parametrize("asked", ["bytes=10-", "bytes=99-100", "bytes=-0"])
def test_parts_that_are_not_there(running: Running, asked: str) -> None:
    """A range behind the end is refused with the file's length."""
    response = running.get("/digits", Range=asked)
    assert (response.status, response.getheader("Content-Range"), running.text) == (416, "bytes */10", "")


@pytest.mark.parametrize("asked", ["bytes=4-2", "bytes=0-1,4-5", "bytes=-", "lines=1-2", "bytes=a-b"])
def test_what_is_no_range_gets_the_whole(running: Running, asked: str) -> None:
    """What cannot be read as one range is ignored, as HTTP has it."""
    response = running.get("/digits", Range=asked)
    assert (response.status, running.text) == (200, "0123456789")
    assert response.getheader("Accept-Ranges") == "bytes"


def test_a_part_of_what_has_changed_is_the_whole(running: Running) -> None:
    """Who goes on with an older version gets the new one from its beginning."""
    changed = running.get("/digits").getheader("Last-Modified", "")
    assert running.get("/digits", Range="bytes=2-4", If_Range=changed).status == 206
    assert running.get("/digits", Range="bytes=2-4", If_Range="Thu, 01 Jan 1970 00:00:00 GMT").status == 200


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

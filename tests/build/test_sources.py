import hashlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from assembly import download, environment, sources
from assembly.report import BuildError
from assembly.sources import Asset, Package

from tests.build.fakes import FakeServer, make_tarball, make_wheel

MODULE = b"let a=b??`https://files.example/pyodide/v${U}/full/`;"
WHEEL = Asset("numpy.whl", "00", "vendor/numpy.whl")
NUMPY = Package("numpy", "1", "pyodide", "BSD", (), (WHEEL,), "fake-carrier==1.0", "fake_carrier/wheels")
THING = Package("thing", "1.2.3", "npm", "MIT", (), (Asset("dist/a.js", "00", "a.js"),))


def test_npm_fetches_and_members_are_taken_out(tmp_path: Path, programs: Callable[..., Path]) -> None:
    """A file of an npm package comes out of the tarball that npm packs, whatever else lies in it."""
    (tmp_path / "packed.tgz").write_bytes(make_tarball({"dist/a.js": b"A", "dist/b.js": b"B", "LICENSE": b"L"}))
    programs(node="echo v20.1.0", npm=f'echo "$@" > {tmp_path}/asked; cp {tmp_path}/packed.tgz thing-1.2.3.tgz')
    assert sources.from_npm(THING, THING.files) == {"dist/a.js": b"A"}
    assert (tmp_path / "asked").read_text().split()[-1] == "thing@1.2.3"


def test_a_member_that_is_not_there_is_named(tmp_path: Path, programs: Callable[..., Path]) -> None:
    """A version whose files have other names stops the build with the name."""
    (tmp_path / "packed.tgz").write_bytes(make_tarball({"dist/other.js": b"A"}))
    programs(node="echo v20.1.0", npm=f"cp {tmp_path}/packed.tgz thing-1.2.3.tgz")
    with pytest.raises(BuildError, match=r"does not hold dist/a\.js"):
        sources.from_npm(THING, THING.files)


def test_npm_without_a_network(programs: Callable[..., Path]) -> None:
    """When npm cannot fetch, its own words and the remedy are shown."""
    programs(node="echo v20.1.0", npm="echo 'npm error code ENOTFOUND' >&2; exit 1")
    with pytest.raises(BuildError, match=r"(?s)thing@1\.2\.3.*ENOTFOUND.*needs the network"):
        sources.from_npm(THING, THING.files)


@pytest.mark.parametrize(
    ("scripts", "message"),
    [
        ({}, "no `node` on the PATH"),
        ({"npm": "true"}, "no `node` on the PATH"),
        ({"node": "echo v18.19.0", "npm": "true"}, r"Node v18\.19\.0\. Install Node 20 or newer"),
        ({"node": "echo v20.0.0"}, "no `npm` on the PATH"),
        ({"node": "exit 1", "npm": "true"}, "does not tell its version"),
    ],
)
def test_node_is_checked(programs: Callable[..., Path], scripts: dict[str, str], message: str) -> None:
    """Node absent or too old, or npm absent: said with what to install."""
    programs(**scripts)
    with pytest.raises(BuildError, match=message) as caught:
        environment.find_node()
    assert "Install Node 20 or newer" in str(caught.value)


def test_the_cdn_is_the_one_that_pyodide_names(tmp_path: Path) -> None:
    """The address of the wheel comes from Pyodide's own verified module, with its version."""
    digest = hashlib.sha256(MODULE).hexdigest()
    (tmp_path / digest).write_bytes(MODULE)
    pyodide = Package("pyodide", "9.8.7", "npm", "MPL", (), (Asset("pyodide.mjs", digest, "p"),))
    assert sources.pyodide_cdn([pyodide], tmp_path) == "https://files.example/pyodide/v9.8.7/full/"


def test_the_first_source_that_answers_is_used(server: FakeServer) -> None:
    """Where Pyodide's server answers, nothing else is asked."""
    server.files["/full/numpy.whl"] = b"a wheel"
    assert sources.wheel(NUMPY, WHEEL, f"{server.address}/full/", Path(sys.executable)) == b"a wheel"


def offer_carrier(server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """Puts a package index on this machine whose one package carries the wheel; returns the package."""
    filler = os.urandom(3_000_000)
    package = make_wheel("fake_carrier", "1.0", {"a": filler, "fake_carrier/wheels/numpy.whl": b"a wheel", "z": filler})
    name = "fake_carrier-1.0-py3-none-any.whl"
    link = f'<a href="/files/{name}#sha256={hashlib.sha256(package).hexdigest()}">{name}</a>'
    server.files["/simple/fake-carrier/"] = f"<!doctype html><html><body>{link}</body></html>".encode()
    server.files[f"/files/{name}"] = package
    monkeypatch.setenv("PIP_INDEX_URL", f"{server.address}/simple")
    return package


@pytest.mark.usefixtures("no_network")
def test_the_second_source_is_read_by_range(server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Pyodide's server is out of reach, one member of the package on the index is read, not the whole package."""
    package = offer_carrier(server, monkeypatch)
    assert sources.wheel(NUMPY, WHEEL, "http://127.0.0.1:9/", Path(sys.executable)) == b"a wheel"
    assert server.n_sent < len(package) / 10


@pytest.mark.usefixtures("no_network")
def test_no_source_answers() -> None:
    """Without a network both sources are named with their reasons, and the remedy."""
    with pytest.raises(BuildError) as caught:
        sources.wheel(NUMPY, WHEEL, "http://127.0.0.1:9/", Path(sys.executable))
    for words in (
        "Pyodide's own server: ConnectionError",
        "fake-carrier==1.0: OSError: pip: ERROR: No",
        "needs the network",
    ):
        assert words in str(caught.value)


def test_a_missing_file_on_the_server_is_an_error(server: FakeServer, tmp_path: Path) -> None:
    """The page that a server sends with status 404 is not taken for the file."""
    assert download.main(["url", f"{server.address}/absent.whl", str(tmp_path / "wheel")]) == 1
    assert not (tmp_path / "wheel").exists()


def test_an_unknown_source_is_refused() -> None:
    """A word that no source has is refused with those there are."""
    package = Package("thing", "1", "ftp", "MIT", (), ())
    with pytest.raises(BuildError, match="names the source 'ftp'; known are npm and pyodide"):
        sources.fetch(package, [], [], Path(), Path())

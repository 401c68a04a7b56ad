import hashlib
import tomllib
from pathlib import Path

import pytest
from assembly import assets, sources
from assembly.report import BuildError
from assembly.sources import Asset, Package

CONTENT = b"the right bytes"
DIGEST = hashlib.sha256(CONTENT).hexdigest()

TOML = f"""
[[package]]
name = "thing"
version = "1.2.3"
source = "npm"
licence = "MIT"
licence_texts = []
files = [{{ member = "a.js", to = "vendor/a.js", sha256 = "{DIGEST}" }}]
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Gives a project with one third-party file and an empty cache."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "assets.toml").write_text(TOML)
    monkeypatch.delenv("QUANTLAB_CACHE", raising=False)
    return tmp_path


def offer(monkeypatch: pytest.MonkeyPatch, content: bytes) -> list[str]:
    """Makes every source give `content`; returns the list in which fetched members are noted."""
    fetched: list[str] = []

    def fetch(_package: Package, files: list[Asset], *_: object) -> dict[str, bytes]:
        fetched.extend(file.member for file in files)
        return {file.member: content for file in files}

    monkeypatch.setattr(sources, "fetch", fetch)
    return fetched


def test_a_file_is_fetched_once(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second build takes everything from the cache."""
    fetched = offer(monkeypatch, CONTENT)
    for _ in range(2):
        (file,) = assets.fetch_all(project, Path("python"))
        assert (file.path.read_bytes(), file.to) == (CONTENT, "vendor/a.js")
    assert fetched == ["a.js"]


def test_a_wrong_digest_names_both_and_installs_nothing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes that are not the pinned ones stop the build and leave the cache empty."""
    offer(monkeypatch, b"other bytes")
    with pytest.raises(BuildError) as caught:
        assets.fetch_all(project, Path("python"))
    assert DIGEST in str(caught.value)
    assert hashlib.sha256(b"other bytes").hexdigest() in str(caught.value)
    assert "nothing of it was installed" in str(caught.value)
    assert [path for path in (project / ".cache").rglob("*") if path.is_file()] == []


def test_one_wrong_file_keeps_its_siblings_out(tmp_path: Path) -> None:
    """Of a package with one wrong file, the right ones are not kept either."""
    files = (Asset("a", DIGEST, "a"), Asset("b", DIGEST, "b"))
    package = Package("thing", "1", "npm", "MIT", (), files)
    with pytest.raises(BuildError, match="thing 1 is not what"):
        assets.store(tmp_path, package, files, {"a": CONTENT, "b": b"wrong"})
    assert list(tmp_path.iterdir()) == []


def test_a_harmed_cache_is_noticed(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cached file that was altered since is fetched again, not used."""
    fetched = offer(monkeypatch, CONTENT)
    (file,) = assets.fetch_all(project, Path("python"))
    file.path.write_bytes(b"altered")
    (file,) = assets.fetch_all(project, Path("python"))
    assert file.path.read_bytes() == CONTENT
    assert fetched == ["a.js", "a.js"]


def test_the_cache_can_lie_elsewhere(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """QUANTLAB_CACHE moves the cache, so that several checkouts can share one."""
    monkeypatch.setenv("QUANTLAB_CACHE", str(tmp_path / "shared"))
    offer(monkeypatch, CONTENT)
    (file,) = assets.fetch_all(project, Path("python"))
    assert file.path.is_relative_to(tmp_path / "shared")


def test_every_file_is_pinned(root: Path) -> None:
    """Each third-party file has a version, a digest, a licence, and a place of its own."""
    packages = assets.read(root / "site" / "assets.toml")
    files = assets.all_files(packages)
    assert all(package.version and package.licence and package.licence_texts for package in packages)
    assert all(len(bytes.fromhex(file.sha256)) == 32 for file in files)
    assert len({file.to for file in files}) == len(files)


def test_python_packages_are_pinned_exactly(root: Path) -> None:
    """No Python package floats: every requirement of every group reads name==version, and once only."""
    groups = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["dependency-groups"]
    pins = {requirement for group in groups.values() for requirement in group}
    assert all(len(pin.split("==")) == 2 and "*" not in pin for pin in pins)
    assert len({pin.split("==")[0] for pin in pins}) == len(pins)

"""The third-party files: read from assets.toml, fetched once, kept in a cache by digest, never used unverified."""

import hashlib
import os
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from assembly import files as writing
from assembly import sources
from assembly.report import BuildError, size, stage
from assembly.sources import Asset, Package


@dataclass(frozen=True, slots=True)
class Cached:
    """A verified file in the cache, and its place in dist/."""

    path: Path
    to: str


def read(path: Path, kind: str = "package") -> list[Package]:
    """Reads the packages of one kind from assets.toml: what dist/ is made of, or a "test_package"."""
    tables = tomllib.loads(path.read_text("utf-8"))[kind]
    for table in tables:
        table["files"] = tuple(Asset(**file) for file in table["files"])
        table["licence_texts"] = tuple(table["licence_texts"])
    return [Package(**table) for table in tables]


def cache_folder(root: Path) -> Path:
    """Returns the folder of the cache: QUANTLAB_CACHE, or .cache/ of the project.

    Raises:
        BuildError: There is something else in its place.
    """
    named = os.environ.get("QUANTLAB_CACHE")
    folder = Path(named or root / ".cache").resolve()
    if folder.exists() and not folder.is_dir():
        words = f"QUANTLAB_CACHE names {named}" if named else f"the cache is to be {folder}"
        raise BuildError(f"{words}, which is not a folder. {'Name a folder, or none' if named else 'Remove it'}.")
    return folder


def fetch_all(root: Path, python: Path, kind: str = "package") -> list[Cached]:
    """Brings every file of assets.toml into the cache and returns them all, verified.

    Args:
        root: The project's folder.
        python: The environment's Python, for the sources that need a package.
        kind: Which of its packages, "package" or "test_package".

    Raises:
        BuildError: A file cannot be had, or is not what assets.toml says.
    """
    packages = read(root / "site" / "assets.toml", kind)
    cache = cache_folder(root) / "sha256"
    cache.mkdir(parents=True, exist_ok=True)
    writing.remove_leftovers(cache)
    for package in packages:
        missing = [file for file in package.files if not is_cached(cache, file)]
        if missing:
            stage("Fetching", f"{package.name} {package.version}")
            store(cache, package, missing, sources.fetch(package, missing, packages, cache, python))
    return [Cached(cache / file.sha256, file.to) for file in all_files(packages)]


def all_files(packages: Iterable[Package]) -> list[Asset]:
    """Lists the files of all packages."""
    return [file for package in packages for file in package.files]


def is_cached(cache: Path, file: Asset) -> bool:
    """Tells whether the cache holds the file, and holds it unharmed."""
    path = cache / file.sha256
    return path.is_file() and digest(path.read_bytes()) == file.sha256


def digest(content: bytes) -> str:
    """Returns the SHA-256 of some bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def store(cache: Path, package: Package, files: Iterable[Asset], contents: dict[str, bytes]) -> None:
    """Puts fetched files into the cache, all of them or, when one is wrong, none."""
    wrong = [file for file in files if digest(contents[file.member]) != file.sha256]
    if wrong:
        lines = [
            f"  {file.member}\n    expected {file.sha256}\n    found    {digest(contents[file.member])}"
            for file in wrong
        ]
        raise BuildError(
            f"{package.name} {package.version} is not what site/assets.toml says; nothing of it was installed.\n"
            + "\n".join(lines)
            + "\nEither it was altered on the way (try another network), or the version changed without its digests."
        )
    for file in files:
        writing.write(cache / file.sha256, contents[file.member])
    stage("Verified", f"{package.name} {package.version}, {size(sum(len(contents[file.member]) for file in files))}")

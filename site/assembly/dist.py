"""Puts dist/ together: our own files, the third-party files, the rooms that run in the worker, the licences."""

import json
import re
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from os import getpid
from pathlib import Path

from assembly import files as writing
from assembly.assets import Cached
from assembly.report import stage

PAGES = ("*.html", "css/**/*", "page/**/*.py", "runtime/**/*")
PLACES = {  # what rules the whole folder, or is named by other people's pages, lies at the top
    f"runtime/{name}": name for name in ("manifest.webmanifest", "quant-lab.js", "sw.js")
}
ROOMS = ("quantcore", "site/lab")  # what the worker imports
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip can hold: the same bytes whenever it is built
SOURCE_MAP = re.compile(rb"\n?//# sourceMappingURL=\S+\s*$")


@contextmanager
def new(root: Path) -> Iterator[Path]:
    """Gives an empty folder to fill, which becomes dist/ if all goes well and vanishes if not."""
    writing.remove_leftovers(root, "dist")
    folder = root / f"dist{writing.PART}{getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
        exchange(folder, root / "dist")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def exchange(new: Path, old: Path) -> None:
    """Puts a folder in the place of another in two renames, so that a server beside us hardly sees a gap."""
    aside = new.with_name(f"{new.name}-old")
    if old.exists():
        old.rename(aside)
    new.rename(old)
    shutil.rmtree(aside, ignore_errors=True)


def copy_sources(root: Path, folder: Path) -> None:
    """Copies the page's files and zips the rooms that run in the worker."""
    stage("Assembling", "the page, the lab, quantcore")
    for path in our_files(root / "site", PAGES):
        place = path.relative_to(root / "site").as_posix()
        copy(path, folder / PLACES.get(place, place))
    write_zip(folder / "lab.zip", {f"{Path(room).name}/": root / room for room in ROOMS})


def our_files(base: Path, patterns: Iterable[str]) -> list[Path]:
    """Lists the files under `base` that the patterns name, without what Python leaves behind."""
    found = {path for pattern in patterns for path in base.glob(pattern) if path.is_file()}
    return sorted(path for path in found if "__pycache__" not in path.parts and not path.name.startswith("."))


def copy(source: Path, target: Path) -> None:
    """Copies a file and makes the folders above it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def write_zip(path: Path, folders: dict[str, Path]) -> None:
    """Zips the Python files of folders, each under its prefix; the same files give the same bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for prefix, folder in sorted(folders.items()):
            for file in our_files(folder, ["**/*.py", "**/*.json"]):
                entry = zipfile.ZipInfo(prefix + file.relative_to(folder).as_posix(), EPOCH)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, file.read_bytes())


def copy_assets(files: Iterable[Cached], folder: Path) -> None:
    """Copies the third-party files, without what nobody loads: source maps, other packages of Pyodide's lock file."""
    for file in files:
        target = folder / file.to
        copy(file.path, target)
        if target.suffix in (".js", ".mjs"):
            target.write_bytes(SOURCE_MAP.sub(b"\n", target.read_bytes()))
        elif target.name == "pyodide-lock.json":
            target.write_text(trimmed_lock(target.read_text("utf-8"), ["numpy"]), "utf-8")


def trimmed_lock(text: str, names: Iterable[str]) -> str:
    """Keeps, of a Pyodide lock file, the named packages and what they depend on."""
    lock = json.loads(text)
    kept: dict[str, object] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in kept:
            kept[name] = lock["packages"][name]
            waiting += lock["packages"][name]["depends"]
    return json.dumps({**lock, "packages": dict(sorted(kept.items()))}, indent=1, sort_keys=True) + "\n"

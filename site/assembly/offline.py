"""Writes dist/sw.js, the service worker, with the list of the files that a visit saves for use without a network."""

import json
from fnmatch import fnmatch
from pathlib import Path

from assembly.assets import digest
from assembly.report import BuildError, size, stage

SCRIPT = "sw.js"
TO_TAKE = ("quantization-lab.html", "quantization-lab-*.zip", "*.whl")  # downloads, which no visit loads


def write(folder: Path) -> None:
    """Puts the list and its digest in front of the service worker.

    Args:
        folder: dist/, with everything in place that is visited.

    Raises:
        BuildError: The site has no service worker.
    """
    script = folder / SCRIPT
    if not script.exists():
        raise BuildError(f"site/{SCRIPT} is missing: without it the site cannot be used without a network.")
    program = script.read_text("utf-8")
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in visited(folder)}
    listed = {name: [len(content), digest(content)] for name, content in files.items()}
    table = json.dumps(listed, indent=0)
    build = digest((table + program).encode())[:16]
    script.write_text(f"const BUILD = {json.dumps(build)};\nconst FILES = {table};\n\n{program}", "utf-8")
    stage("Saved offline", f"{len(listed)} files, {size(sum(map(len, files.values())))}, build {build}")


def visited(folder: Path) -> list[Path]:
    """Lists the files of the site itself: not the service worker, nor what is only there to be taken along."""
    places = (path for path in folder.rglob("*") if path.is_file() and path.name != SCRIPT)
    return sorted(path for path in places if not is_to_take(path.relative_to(folder)))


def is_to_take(place: Path) -> bool:
    """Tells whether a file is only there to be downloaded.

    >>> [is_to_take(Path(name)) for name in ("quantization-lab-1.0.zip", "lab.zip", "vendor/pyodide/numpy-2.whl")]
    [True, False, False]
    """
    return len(place.parts) == 1 and any(fnmatch(place.name, pattern) for pattern in TO_TAKE)

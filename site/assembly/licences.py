"""Writes dist/licences/: the licence and the notices of every part that is shipped, and an index of them."""

import re
import zipfile
from collections.abc import Sequence
from pathlib import Path

from assembly.assets import read
from assembly.dist import copy
from assembly.report import BuildError
from assembly.sources import Package

OURS = "quantization-lab.txt"
IN_WHEEL = re.compile(r"[^/]+\.dist-info/licenses/(.+)")


def write(root: Path, folder: Path) -> None:
    """Writes the licences of the parts that lie in `folder`.

    Args:
        root: The project's folder.
        folder: The dist/ being made, with the third-party files in place.

    Raises:
        BuildError: A text that assets.toml names is missing.
    """
    target = folder / "licences"
    for text in sorted(Path(__file__).with_name("licences").glob("*.txt")):
        copy(text, target / text.name)
    for wheel in sorted(folder.glob("vendor/**/*.whl")):
        unpack_licences(wheel, target / wheel.name.split("-")[0])
    packages = read(root / "site" / "assets.toml")
    for package in packages:
        for name in package.licence_texts:
            if not (target / name).exists():
                raise BuildError(f"licences/{name} of {package.name} is missing; add it to site/assembly/licences/.")
    (target / "index.txt").write_text(index(packages), "utf-8")


def unpack_licences(wheel: Path, folder: Path) -> None:
    """Unpacks the licences that a wheel holds, each under its path in the package's source."""
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            inside = IN_WHEEL.fullmatch(name)
            if inside and not name.endswith("/"):
                path = folder / inside[1]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(archive.read(name))


def index(packages: Sequence[Package]) -> str:
    """Writes which part is under which licence."""
    rows = [("Quantization Lab, quantcore", "MIT", OURS)]
    rows += [(f"{part.name} {part.version}", part.licence, ", ".join(part.licence_texts)) for part in packages]
    entries = [f"{name}\n  licence: {licence}\n  texts:   {texts}\n" for name, licence, texts in rows]
    return "What this site is made of, and the licence of each part.\n\n" + "\n".join(entries)

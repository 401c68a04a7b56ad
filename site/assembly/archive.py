"""The site as things to take along: the whole folder as a zip, and quantcore as a wheel."""

import base64
import hashlib
import tomllib
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assembly.dist import EPOCH, our_files
from assembly.report import size, stage

GENERATOR = "quantization-lab"


def project(root: Path) -> dict[str, Any]:
    """Reads the project's metadata."""
    table: dict[str, Any] = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    return table


def write_folder(root: Path, folder: Path) -> None:
    """Zips dist/, as one folder, into dist/ itself."""
    name = f"quantization-lab-{project(root)['version']}"
    files = {
        f"{name}/{path.relative_to(folder).as_posix()}": path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    write_zip(folder / f"{name}.zip", files)
    stage("Zipped", f"{name}.zip, {size((folder / f'{name}.zip').stat().st_size)}")


def write_wheel(root: Path, folder: Path) -> None:
    """Makes quantcore's wheel: pure Python, so that its making is a matter of naming its files.

    Source:
        Binary distribution format, Python Packaging User Guide (PEP 427).
    """
    about = project(root)
    stem = f"{about['name']}-{about['version']}"
    package = root / "quantcore"
    files = {
        f"quantcore/{path.relative_to(package).as_posix()}": path.read_bytes()
        for path in our_files(package, ["**/*.py", "**/*.json", "py.typed"])
    }
    for place in about["license-files"]:
        files[f"{stem}.dist-info/licenses/{place}"] = (root / place).read_bytes()
    files[f"{stem}.dist-info/METADATA"] = metadata(about, (root / about["readme"]).read_text("utf-8")).encode()
    files[f"{stem}.dist-info/WHEEL"] = (
        f"Wheel-Version: 1.0\nGenerator: {GENERATOR}\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    ).encode()
    files[f"{stem}.dist-info/RECORD"] = record(files, f"{stem}.dist-info/RECORD").encode()
    write_zip(folder / f"{stem}-py3-none-any.whl", files)


def metadata(about: Mapping[str, Any], readme: str) -> str:
    """Writes a wheel's METADATA (core metadata, version 2.4)."""
    lines = {
        "Metadata-Version": ["2.4"],
        "Name": [about["name"]],
        "Version": [about["version"]],
        "Summary": [about["description"]],
        "Author": [author["name"] for author in about["authors"]],
        "License-Expression": [about["license"]],
        "License-File": about["license-files"],
        "Requires-Python": [about["requires-python"]],
        "Requires-Dist": about["dependencies"],
        "Description-Content-Type": ["text/markdown"],
    }
    return "".join(f"{key}: {value}\n" for key, values in lines.items() for value in values) + "\n" + readme


def record(files: Mapping[str, bytes], own_name: str) -> str:
    """Writes a wheel's RECORD: every file with its digest and size, itself without."""

    def row(name: str, content: bytes) -> str:
        encoded = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        return f"{name},sha256={encoded},{len(content)}\n"

    return "".join(row(name, content) for name, content in files.items()) + f"{own_name},,\n"


def write_zip(path: Path, files: Mapping[str, bytes]) -> None:
    """Zips files; the same files give the same bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)

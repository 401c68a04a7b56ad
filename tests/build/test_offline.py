"""The service worker's list of what a visit saves."""

import hashlib
import json
import re
from pathlib import Path

import pytest
from assembly import offline
from assembly.report import BuildError

PROGRAM = "addEventListener('fetch', () => {});\n"


def listed(folder: Path) -> tuple[str, dict[str, list[object]]]:
    """Returns the build and the files of a service worker."""
    text = (folder / "sw.js").read_text("utf-8")
    found = re.fullmatch(r'const BUILD = "(\w{16})";\nconst FILES = (\{.*?\});\n\n(.*)', text, re.DOTALL)
    assert found
    assert found[3] == PROGRAM
    return found[1], json.loads(found[2])


def site(folder: Path, **files: str) -> Path:
    """Makes a small site."""
    folder.mkdir()
    (folder / "sw.js").write_text(PROGRAM)
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text)
    return folder


def test_files_are_listed_with_size_and_digest(tmp_path: Path) -> None:
    """Every visited file is in the list; the worker itself and what is only downloaded are not."""
    folder = site(tmp_path / "a", index_html="page", lab_zip="zip")
    for name in ("quantization-lab.html", "quantization-lab-1.2.zip", "quantcore-1.2-py3-none-any.whl"):
        (folder / name).write_text("large")
    offline.write(folder)
    _, files = listed(folder)
    assert files == {
        "index.html": [4, hashlib.sha256(b"page").hexdigest()],
        "lab.zip": [3, hashlib.sha256(b"zip").hexdigest()],
    }


def test_the_build_is_named_by_all_its_bytes(tmp_path: Path) -> None:
    """The same files give the same name, any change another."""
    names = []
    for place, text in (("a", "page"), ("b", "page"), ("c", "pagf")):
        folder = site(tmp_path / place, index_html=text)
        offline.write(folder)
        names.append(listed(folder)[0])
    assert names[0] == names[1] != names[2]


def test_a_site_without_its_service_worker_is_not_built(tmp_path: Path) -> None:
    """Its absence stops the build."""
    with pytest.raises(BuildError, match=r"site/sw\.js is missing"):
        offline.write(tmp_path)

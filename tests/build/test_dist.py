import io
import json
import os
import zipfile
from pathlib import Path

import pytest
from assembly import dist, licences
from assembly.assets import Cached
from assembly.report import BuildError


def write(folder: Path, files: dict[str, str]) -> None:
    """Writes text files under a folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def listing(folder: Path) -> list[str]:
    """Lists the files under a folder."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_failed_build_leaves_the_last_one(tmp_path: Path) -> None:
    """Until a build is complete and checked, the dist/ that was there stays."""
    write(tmp_path, {"dist/index.html": "old"})
    with pytest.raises(BuildError), dist.new(tmp_path):
        raise BuildError("stopped")
    assert listing(tmp_path) == ["dist/index.html"]
    assert (tmp_path / "dist/index.html").read_text() == "old"


def test_a_finished_build_replaces_the_last_one(tmp_path: Path) -> None:
    """Nothing of the last build stays in the new one."""
    write(tmp_path, {"dist/old.html": "old"})
    with dist.new(tmp_path) as folder:
        write(folder, {"index.html": "new"})
    assert listing(tmp_path) == ["dist/index.html"]


def test_only_what_the_page_loads_is_copied(tmp_path: Path) -> None:
    """Caches, hidden files, the build's own code and its tables stay out; the rooms of the worker go into one zip."""
    write(
        tmp_path,
        {
            "site/index.html": "",
            "site/css/a.css": "",
            "site/page/main.py": "",
            "site/page/__pycache__/main.pyc": "",
            "site/runtime/boot.mjs": "",
            "site/runtime/.hidden": "",
            "site/assembly/dist.py": "",
            "site/assets.toml": "",
            "site/lab/__init__.py": "L = 1",
            "site/lab/instruments/one.py": "",
            "site/lab/__pycache__/x.py": "",
            "quantcore/__init__.py": "Q = 1",
        },
    )
    folder = tmp_path / "out"
    folder.mkdir()
    dist.copy_sources(tmp_path, folder)
    assert listing(folder) == ["css/a.css", "index.html", "lab.zip", "page/main.py", "runtime/boot.mjs"]
    with zipfile.ZipFile(folder / "lab.zip") as archive:
        assert archive.namelist() == ["lab/__init__.py", "lab/instruments/one.py", "quantcore/__init__.py"]
        assert archive.read("quantcore/__init__.py") == b"Q = 1"


def test_the_zip_does_not_depend_on_times(tmp_path: Path) -> None:
    """The same sources, written at another time, give the same bytes."""
    write(tmp_path, {"room/a.py": "A", "room/b/c.py": "C"})
    dist.write_zip(tmp_path / "one.zip", {"room/": tmp_path / "room"})
    os.utime(tmp_path / "room/a.py", (1, 1))
    dist.write_zip(tmp_path / "two.zip", {"room/": tmp_path / "room"})
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_source_map_comments_go(tmp_path: Path) -> None:
    """A module does not name a source map, which is not there; its code is untouched."""
    write(tmp_path, {"cached": "export let a = 1;\n//# sourceMappingURL=a.js.map\n"})
    dist.copy_assets([Cached(tmp_path / "cached", "vendor/a.mjs")], tmp_path)
    assert (tmp_path / "vendor/a.mjs").read_text() == "export let a = 1;\n"


def test_the_lock_file_keeps_what_is_needed() -> None:
    """Of Pyodide's packages, the wanted ones stay with what they depend on, however deep; the rest goes."""
    packages = {
        "numpy": {"depends": ["a"]},
        "a": {"depends": ["b"]},
        "b": {"depends": ["a"]},
        "scipy": {"depends": ["numpy"]},
    }
    lock = json.loads(dist.trimmed_lock(json.dumps({"info": {"python": "3"}, "packages": packages}), ["numpy"]))
    assert lock == {"info": {"python": "3"}, "packages": {name: packages[name] for name in ("a", "b", "numpy")}}


def test_licences_inside_a_wheel_are_unpacked(tmp_path: Path) -> None:
    """The texts in a wheel's dist-info are shipped under their own paths, and nothing else of it."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("n-1.dist-info/licenses/LICENSE.txt", "L")
        archive.writestr("n-1.dist-info/licenses/deep/COPYING", "C")
        archive.writestr("n-1.dist-info/METADATA", "")
        archive.writestr("n/code.py", "")
    (tmp_path / "n-1.whl").write_bytes(content.getvalue())
    licences.unpack_licences(tmp_path / "n-1.whl", tmp_path / "out")
    assert listing(tmp_path / "out") == ["LICENSE.txt", "deep/COPYING"]


def test_a_missing_licence_stops_the_build(tmp_path: Path) -> None:
    """A part whose licence text is nowhere is not shipped."""
    write(
        tmp_path,
        {
            "site/assets.toml": '[[package]]\nname = "thing"\nversion = "1"\nsource = "npm"\nlicence = "MIT"\n'
            'licence_texts = ["absent.txt"]\nfiles = []\n'
        },
    )
    with pytest.raises(BuildError, match=r"licences/absent\.txt of thing is missing"):
        licences.write(tmp_path, tmp_path / "out")

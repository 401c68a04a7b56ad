"""What a built site holds to take along: quantcore as a wheel, used as the README shows it, and the folder as a zip."""

import functools
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import urllib.request
import zipfile
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from assembly import archive

VERSION = "0.1.0"
WHEEL = f"quantcore-{VERSION}-py3-none-any.whl"
ZIP = f"quantization-lab-{VERSION}"
EXPECTED = [-128, -1, 127]  # the notebook's example


@pytest.fixture
def wheel(root: Path, tmp_path: Path) -> Path:
    """Gives quantcore's wheel, made of the sources."""
    archive.write_wheel(root, tmp_path)
    return tmp_path / WHEEL


@pytest.fixture
def installed(wheel: Path, tmp_path: Path) -> Path:
    """Gives a folder into which pip has installed the wheel."""
    target = tmp_path / "installed"
    pip(["--no-deps", "--no-index", "--target", str(target), str(wheel)], tmp_path)
    return target


def pip(arguments: list[str], cwd: Path) -> subprocess.CompletedProcess[str]:
    """Runs `pip install`."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def example(root: Path, language: str, beginning: str) -> str:
    """Returns the README's code block that begins so."""
    blocks = re.findall(rf"```{language}\n(.*?)```", (root / "README.md").read_text("utf-8"), re.DOTALL)
    [found] = [block for block in blocks if block.startswith(beginning)]
    return str(found)


def test_the_wheel_is_what_pip_installs(installed: Path) -> None:
    """Pip takes the wheel, checks its record, and installs the package with its types and its licence."""
    assert (installed / "quantcore" / "py.typed").exists()
    about = installed / f"quantcore-{VERSION}.dist-info"
    licence = "site/assembly/licences/quantization-lab.txt"  # as pyproject.toml names it
    assert (about / "licenses" / licence).read_text().startswith("Quantization Lab and quantcore: the MIT License")
    metadata = (about / "METADATA").read_text("utf-8")
    assert "Requires-Dist: numpy>=2.1\n" in metadata
    assert f"\nVersion: {VERSION}\n" in metadata
    assert f"\nLicense-File: {licence}\n" in metadata


def test_the_wheel_is_the_same_twice(root: Path, tmp_path: Path) -> None:
    """The same sources give the same bytes."""
    made = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        archive.write_wheel(root, tmp_path / name)
        made.append((tmp_path / name / WHEEL).read_bytes())
    assert made[0] == made[1]


def test_installing_from_the_folder_gives_the_same_package(root: Path, wheel: Path, tmp_path: Path) -> None:
    """`pip install .` and the wheel of a built site install the same files."""
    source = tmp_path / "source"
    shutil.copytree(root / "quantcore", source / "quantcore", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "site/assembly/licences/quantization-lab.txt"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / name, source / name)
    done = pip(["--no-deps", "--target", str(tmp_path / "there"), "."], source)
    if re.search(r"No matching distribution|NewConnectionError|setuptools.*not found", done.stdout + done.stderr):
        pytest.skip("pip needs the network for setuptools, with which it builds the package")
    assert done.returncode == 0, done.stderr
    package = tmp_path / "there" / "quantcore"
    files = {path.relative_to(package).as_posix() for path in package.rglob("*") if path.is_file()}
    there = {name for name in files if not name.endswith(".pyc")}
    with zipfile.ZipFile(wheel) as content:
        ours = {name.removeprefix("quantcore/") for name in content.namelist() if name.startswith("quantcore/")}
    assert there == ours


def test_types_are_checked_where_it_is_used(root: Path, installed: Path, tmp_path: Path) -> None:
    """A checker of types knows quantcore from its installed package, and finds a wrong argument."""
    program = tmp_path / "uses.py"
    program.write_text(
        "import quantcore as qc\n"
        "params: qc.QuantParams = qc.choose_qparams([1.0], qc.INT8)\n"
        'fmt = qc.IntFormat(bits="8")\n'
    )
    packages = subprocess.run(
        [sys.executable, "-c", "import numpy, pathlib; print(pathlib.Path(numpy.__file__).parents[1])"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    [site_packages] = environment.glob("lib/python*/site-packages")
    (site_packages / "others.pth").write_text(f"{installed}\n{packages}\n")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--python-executable"]
    done = subprocess.run(
        [*command, environment / "bin" / "python", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert re.findall(r"uses\.py:(\d+): error: .*", done.stdout) == ["3"], done.stdout + done.stderr
    assert 'incompatible type "str"; expected "int"' in done.stdout


def test_the_readmes_script_runs(root: Path, installed: Path, tmp_path: Path) -> None:
    """The README's script runs with the installed package and prints what more bits are worth."""
    (tmp_path / "cost.py").write_text(example(root, "python", "# cost.py"))
    np.save(tmp_path / "weights.npy", np.random.default_rng(1).normal(size=(4, 64)).astype(np.float32))
    surroundings = {**os.environ, "PYTHONPATH": str(installed)}
    command = [sys.executable, "cost.py", "weights.npy"]
    done = subprocess.run(command, cwd=tmp_path, env=surroundings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    eight, four = [float(re.search(r": ([\d.]+) dB", line)[1]) for line in done.stdout.splitlines()]  # type: ignore[index]
    assert 20 < eight - four < 28  # four bits are four times 6.02 dB, about


def test_the_readmes_notebook_runs(root: Path, wheel: Path, tmp_path: Path) -> None:
    """The README's notebook cells do what they say, `%pip` being run as IPython runs it, without Jupyter."""
    install, _, rest = example(root, "python", "%pip install").partition("\n\n")
    assert install == f"%pip install {WHEEL}"
    imports, _, expression = rest.strip().rpartition("\n")
    runner = (
        "import json, sys, subprocess\n"
        "subprocess.run([sys.executable, '-m', 'pip', 'install', '-q', '--no-deps', '--no-index', '--target', 'kernel',"
        f" {WHEEL!r}], check=True)\n"
        "sys.path.insert(0, 'kernel')\n"
        "space = {}\n"
        f"exec({imports!r}, space)\n"
        f"print(json.dumps([eval({expression!r}, space), space['qc'].__file__]))\n"
    )
    done = subprocess.run([sys.executable, "-c", runner], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    codes, place = json.loads(done.stdout)
    assert codes == EXPECTED
    assert Path(place).is_relative_to(tmp_path / "kernel") or place.startswith("kernel")


@pytest.fixture
def unzipped(root: Path, tmp_path: Path) -> Iterator[str]:
    """Gives the address of the zipped site, unzipped and served by Python's own server."""
    path = root / "dist" / f"{ZIP}.zip"
    if not path.exists():
        pytest.fail("dist/ is not built: run `python3 build.py` first")
    with zipfile.ZipFile(path) as content:
        assert content.testzip() is None
        content.extractall(tmp_path)
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(tmp_path / ZIP))
    handler.log_message = lambda *_: None  # type: ignore[attr-defined]
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_the_zip_is_the_folder(root: Path, unzipped: str, tmp_path: Path) -> None:
    """Unzipped, it holds every file of dist/ but itself, and a plain server serves them."""
    dist = root / "dist"
    for path in sorted(dist.rglob("*")):
        if path.is_file() and path.name != f"{ZIP}.zip":
            assert (tmp_path / ZIP / path.relative_to(dist)).read_bytes() == path.read_bytes()
    with urllib.request.urlopen(unzipped) as response:
        assert b"Quantization Lab" in response.read()
    with urllib.request.urlopen(unzipped + "runtime/boot.mjs") as response:
        assert response.headers["content-type"] == "text/javascript"

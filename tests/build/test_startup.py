import gzip
import hashlib
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import lab
import pytest
from assembly import bundle, plotly, preload, startup
from assembly.environment import find_node
from assembly.report import BuildError


@pytest.fixture(scope="module")
def dist() -> Path:
    """Gives the built dist/."""
    folder = Path(__file__).resolve().parents[2] / "dist"
    if not (folder / startup.FOLDER).exists():
        pytest.fail("dist/ is not built: run `python3 build.py` first")
    return folder


def wheel(dist: Path) -> Path:
    """Finds NumPy's wheel."""
    return next((dist / "vendor/pyodide").glob("numpy-*.whl"))


def test_the_libraries_are_those_of_the_wheel(dist: Path) -> None:
    """The libraries file holds NumPy's libraries byte for byte, in the order in which they are linked."""
    content = gzip.decompress((dist / "python/libraries.bin").read_bytes())
    (length,) = struct.unpack_from("<I", content)
    table = json.loads(content[4 : 4 + length])
    start = 4 + length
    assert table[0]["path"].endswith("numpy/_core/_multiarray_umath.cpython-314-wasm32-emscripten.so")
    with zipfile.ZipFile(wheel(dist)) as archive:
        for entry in table:
            name = entry["path"].removeprefix(startup.SITE_PACKAGES)
            assert archive.read(name) == content[start : start + entry["size"]]
            start += entry["size"]
    assert start == len(content)


def test_what_only_models_need_is_not_imported_before_one_is_opened() -> None:
    """The image has none of the readers of models, nor what is told of them: a fifth of a megabyte, seldom needed."""
    root = Path(__file__).resolve().parents[2]
    code = "import sys, lab; lab.respond({}); print(*(name for name in sys.modules if name.startswith('lab.')))"
    surroundings = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (root, root / "site")))}
    done = subprocess.run([sys.executable, "-c", code], env=surroundings, capture_output=True, text=True, check=True)
    packages = {".".join(name.split(".")[1:3]) for name in done.stdout.split()}
    assert "models.reading" in packages
    assert not {"models.containers", "models.conventions", "models.opening", "inspection.names"} & packages


def test_the_image_is_the_same_wherever_it_is_made(dist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another folder, time zone and language, another time and other random numbers give the same bytes."""
    shutil.copytree(dist, tmp_path / "another place")
    surroundings = {"TZ": "Asia/Tokyo", "LANG": "de_DE.UTF-8", "HOME": str(tmp_path), "PYTHONHASHSEED": "9"}
    for name, value in surroundings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    elsewhere = tmp_path / "another place"
    image = startup.make_image(elsewhere, wheel(elsewhere), elsewhere / "python/libraries.bin")
    assert image == (dist / "python/image.bin").read_bytes()


def test_what_the_image_follows_from_decides_its_key(dist: Path, tmp_path: Path) -> None:
    """Another lab or another Pyodide asks for another image; the same ones for the same."""
    for name in ("one", "two"):
        (tmp_path / name / "vendor/pyodide").mkdir(parents=True)
        (tmp_path / name / "vendor/pyodide/pyodide.mjs").write_text("1")
        (tmp_path / name / "lab.zip").write_text("lab")
    first = startup.key(tmp_path / "one")
    assert startup.key(tmp_path / "two") == first
    (tmp_path / "two/lab.zip").write_text("another")
    second = startup.key(tmp_path / "two")
    (tmp_path / "two/vendor/pyodide/pyodide.mjs").write_text("2")
    assert len({first, second, startup.key(tmp_path / "two")}) == 3


def test_a_failure_in_node_is_told(dist: Path, programs: Callable[..., Path]) -> None:
    """When Node cannot make the image, the build says why."""
    programs(node='if [ "$1" = --version ]; then echo v22.0.0; else echo "no memory" >&2; exit 3; fi', npm="")
    with pytest.raises(BuildError, match=r"(?s)memory image.*no memory"):
        startup.make_image(dist, wheel(dist), dist / "python/libraries.bin")


def test_a_kept_image_is_taken_as_it_was_put_there(tmp_path: Path) -> None:
    """An image in the cache is used with its digest beside it; changed, cut or without one it is made anew."""
    kept = tmp_path / "startup" / "key.image"
    assert startup.read_kept(kept) is None
    startup.keep(kept, b"image")
    assert startup.read_kept(kept) == b"image"
    assert kept.with_suffix(".sha256").read_text() == f"{hashlib.sha256(b'image').hexdigest()}\n"
    for harmed in (b"imagE", b"imag", b""):
        kept.write_bytes(harmed)
        assert startup.read_kept(kept) is None
    startup.keep(kept, b"image")
    kept.with_suffix(".sha256").write_bytes(b"\xff")
    assert startup.read_kept(kept) is None
    kept.with_suffix(".sha256").unlink()
    assert startup.read_kept(kept) is None


@pytest.mark.parametrize("harmed", [b"", b"changed"])
def test_a_harmed_image_does_not_get_into_the_site(
    dist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harmed: bytes
) -> None:
    """A build with a cut or changed image in its cache makes a new one, and keeps that."""
    made: list[Path] = []

    def make_image(folder: Path, *_: Path) -> bytes:
        made.append(folder)
        return b"as made"

    for step in (bundle, preload):
        for name in ("make", "add"):
            monkeypatch.setattr(step, name, lambda _folder: None, raising=False)
    monkeypatch.setattr(plotly, "unwrapped", lambda content: content)
    monkeypatch.setattr(startup, "make_image", make_image)
    monkeypatch.setattr(startup, "write_libraries", lambda _wheel, target: target.write_bytes(b""))
    monkeypatch.setenv("QUANTLAB_CACHE", str(tmp_path / "cache"))
    (tmp_path / "vendor/plotly").mkdir(parents=True)
    (tmp_path / "vendor/plotly/plotly.min.js").touch()
    shutil.copytree(dist / "vendor/pyodide", tmp_path / "vendor/pyodide")
    shutil.copyfile(dist / "lab.zip", tmp_path / "lab.zip")
    startup.make(tmp_path, tmp_path)
    (kept,) = (tmp_path / "cache/startup").glob("*.image")
    kept.write_bytes(harmed)
    shutil.rmtree(tmp_path / "python")
    startup.make(tmp_path, tmp_path)
    assert (tmp_path / "python/image.bin").read_bytes() == kept.read_bytes() == b"as made"
    assert len(made) == 2


def run_in_image(dist: Path, python: str) -> dict[str, object]:
    """Runs Python in Node from the image; returns what it printed and how often it asked for the library."""
    script = f"""
        import {{ readFileSync }} from "node:fs";
        import {{ imageOptions, readLibraries }} from "{dist}/runtime/image.mjs";
        const {{ loadPyodide }} = await import("{dist}/vendor/pyodide/pyodide.mjs");
        const read = (path) => new Uint8Array(readFileSync("{dist}/" + path));
        let printed = "", n_fetched = 0;
        const pyodide = await loadPyodide({{
          ...imageOptions(() => import("{dist}/vendor/pyodide/pyodide.asm.mjs"), read("python/image.bin"),
                          readLibraries(new Response(read("python/libraries.bin")))),
          indexURL: "{dist}/vendor/pyodide/", stdLibURL: "/dev/null", stdout: (text) => (printed += text + "\\n"),
        }});
        globalThis.fetchLibrary = () => {{
          n_fetched += 1;
          pyodide.FS.writeFile("/lib/python314.zip", read("vendor/pyodide/python_stdlib.zip"));
        }};
        pyodide.runPython({json.dumps(python)});
        console.log(JSON.stringify({{ printed, n_fetched }}));
        process.exit(0);
    """
    done = subprocess.run(
        [find_node()[0], "--input-type=module", "-e", script], capture_output=True, text=True, check=False, cwd=os.sep
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


REQUESTS: list[dict[str, str]] = [
    {},
    {"source": "normal", "shape": "16,16", "granularity": "axis", "axis": "0"},
    {"source": "outliers", "shape": "64,64", "calibration": "entropy", "profile": "pytorch"},
    {"calibration": "mse", "profile": "onnx", "scheme": "symmetric", "bits": "4"},
    {"rounding": "stochastic", "profile": "custom", "granularity": "block", "block_size": "1"},
    {"direction": "dequantize", "codes": "-128 0 127", "scale": "0.5", "zero_point": "3"},
    {"bits": "40", "values": "a"},
    {"source": "normal", "shape": "1,256", "format": "q4_0"},
    {"source": "normal", "shape": "1,256", "format": "q4_k"},
    {"source": "normal", "shape": "1,256", "format": "iq3_xxs"},
    {"source": "normal", "shape": "1,256", "format": "tq1_0"},
]


def test_the_image_holds_all_that_the_lab_imports(dist: Path) -> None:
    """No request makes Python ask for its library: nothing is imported in the page that is not in the image."""
    python = f"import lab\nprint([lab.answer(request)['ok'] for request in {REQUESTS!r}])"
    expected = [lab.answer(request)["ok"] for request in REQUESTS]
    assert run_in_image(dist, python) == {"printed": f"{expected}\n", "n_fetched": 0}


def test_what_is_not_in_the_image_can_be_imported(dist: Path) -> None:
    """The first import of anything else gets the library, once."""
    python = "import wave, mailbox\nprint(wave.WAVE_FORMAT_PCM)\ntry: import lab_rats\nexcept ImportError: print(0)"
    assert run_in_image(dist, python) == {"printed": "1\n0\n", "n_fetched": 1}


def test_plotly_declares_itself_without_a_wrapper() -> None:
    """Of Plotly's script the wrapper goes and nothing else; a script of another form is refused."""
    licence, code, notices = b"/* licence */\n", b'"use strict";var Plotly=(()=>{})();', b"\n/* notices */\n"
    wrapped = licence + plotly.OPENING + code + plotly.CLOSING + notices
    assert plotly.unwrapped(wrapped) == plotly.HINT + licence + code + notices
    for other in (licence + code + notices, wrapped + wrapped):
        with pytest.raises(BuildError, match=r"plotly\.py"):
            plotly.unwrapped(other)


def test_a_program_and_its_modules_become_one_file(tmp_path: Path) -> None:
    """What a page's configuration names is written where the program imports it, and no longer asked for."""
    script = '<script type="mpy" src="page/main.py" config=\'{"files": {"./page/a.py": "page/a.py"}}\'></script>'
    (tmp_path / "page").mkdir()
    for name, text in {
        "index.html": script,
        "embed.html": script,
        "page/main.py": "from page import a\n\na.tell()\n",
        "page/a.py": 'def tell():\n    print("{äöü}")\n',
    }.items():
        (tmp_path / name).write_text(text, "utf-8")
    bundle.make(tmp_path)
    assert sorted(path.name for path in tmp_path.rglob("*.*")) == ["embed.html", "index.html", "main.py"]
    assert (tmp_path / "index.html").read_text() == '<script type="mpy" src="page/main.py" config=\'{}\'></script>'
    (tmp_path / "elsewhere").mkdir()
    program = (tmp_path / "page/main.py").read_text("utf-8")
    command = [sys.executable, "-c", "import sys; sys.path.insert(0, ''); exec(sys.stdin.buffer.read().decode())"]
    done = subprocess.run(command, cwd=tmp_path / "elsewhere", input=program.encode(), capture_output=True, check=True)
    assert done.stdout.decode("utf-8") == "{äöü}\n"


def test_pages_that_share_a_program_must_agree_on_its_modules(tmp_path: Path) -> None:
    """One file cannot be two."""
    for name in ("a", "b"):
        files = f'{{"./page/{name}.py": "page/{name}.py"}}'
        script = f'<script type="mpy" src="page/main.py" config=\'{{"files": {files}}}\'></script>'
        (tmp_path / f"{name}.html").write_text(script)
    with pytest.raises(BuildError, match=r"b\.html gives page/main\.py other files"):
        bundle.make(tmp_path)


def test_pages_fetch_early_what_their_scripts_ask_for(tmp_path: Path) -> None:
    """The head of a page names PyScript's chunks, MicroPython and the program; other pages stay as they are."""
    config = '{"interpreter": "./runtime/m.mjs"}'
    page = f'<head></head><script type="mpy" src="page/main.py" config=\'{config}\'></script>'
    for name, text in {"index.html": page, "other.html": "<head></head>"}.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "vendor/pyscript").mkdir(parents=True)
    for name in ("core.js", "core-C9KDLldu.js", "error-D2315lOB.js", "toml-V4Savzlc.js"):
        (tmp_path / "vendor/pyscript" / name).write_text("")
    preload.add(tmp_path)
    head = (tmp_path / "index.html").read_text().partition("</head>")[0]
    assert re.findall('rel="modulepreload" href="([^"]+)"', head) == [
        "vendor/pyscript/core.js",
        "vendor/pyscript/core-C9KDLldu.js",
        "vendor/pyscript/error-D2315lOB.js",
        "runtime/m.mjs",
        "vendor/micropython/micropython.mjs",
    ]
    assert re.findall('rel="preload" href="([^"]+)"', head) == ["vendor/micropython/micropython.wasm", "page/main.py"]
    assert (tmp_path / "other.html").read_text() == "<head></head>"


def test_python_from_the_image_is_as_any_other(dist: Path) -> None:
    """The image is made without asserts and docstrings; what runs in the page has both, and errors are told in full."""
    python = """
import sys, traceback
def fail():
    "a docstring"
    assert sys.flags.optimize, "kept"
try: fail()
except AssertionError: print(fail.__doc__, traceback.format_exc().splitlines()[-1])
try: __import__("json").loads("{")
except ValueError as error: print("json/decoder.py" in traceback.format_exc())
"""
    assert run_in_image(dist, python) == {"printed": "a docstring AssertionError: kept\nTrue\n", "n_fetched": 0}

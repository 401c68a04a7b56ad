"""Makes what the page's Python starts from: NumPy's libraries in one file, and a memory image with all imported.

The image follows from pinned files and our own sources, so it is kept in the cache under a digest of those: only a
change of the lab or of quantcore makes it anew, which takes some seconds in Node.
"""

import gzip
import json
import struct
import subprocess
import tempfile
import zipfile
from pathlib import Path

from assembly import bundle, faults, files, plotly, preload
from assembly.assets import cache_folder, digest
from assembly.environment import find_node, last_lines
from assembly.report import BuildError, size, stage

FOLDER = "python"  # in dist/
DIGEST = ".sha256"  # of a kept image, in a file beside it
SITE_PACKAGES = "/lib/python3.14/site-packages/"
SUFFIX = ".cpython-314-wasm32-emscripten.so"
LIBRARIES = (  # what `import numpy, numpy.random` loads, in an order in which each finds what it needs
    "numpy/_core/_multiarray_umath",
    "numpy/linalg/_umath_linalg",
    *(
        f"numpy/random/{name}"
        for name in (
            "_common",
            "bit_generator",
            "_bounded_integers",
            "_pcg64",
            "_mt19937",
            "_philox",
            "_sfc64",
            "_generator",
            "mtrand",
        )
    ),
)
MAKERS = ("startup.py", "startup.mjs", "startup_inside.py", "../runtime/image.mjs")  # a change of one makes all anew


def make(root: Path, folder: Path) -> None:
    """Puts the libraries and the image into dist/, prepares Plotly's script, and has the pages ask for little, early.

    Args:
        root: The project's folder.
        folder: dist/, holding the third-party files and lab.zip.

    Raises:
        BuildError: Node cannot make the image.
    """
    script = folder / "vendor/plotly/plotly.min.js"
    script.write_bytes(plotly.unwrapped(script.read_bytes()))
    bundle.make(folder)
    preload.add(folder)
    target = folder / FOLDER
    target.mkdir()
    wheel = next((folder / "vendor/pyodide").glob("numpy-*.whl"))
    write_libraries(wheel, target / "libraries.bin")
    kept = cache_folder(root) / "startup" / f"{key(folder)}.image"
    if (image := read_kept(kept)) is None:
        stage("Starting Python", "in Node, to keep its memory with NumPy and the lab imported")
        image = make_image(folder, wheel, target / "libraries.bin")
        keep(kept, image)
    (target / "image.bin").write_bytes(image)
    for path in sorted(target.iterdir()):
        print(f"  {path.name:<24}{size(path.stat().st_size):>12} sha256 {digest(path.read_bytes())}")


def key(folder: Path) -> str:
    """Returns a digest of all that the image follows from."""
    here = Path(__file__).parent
    inputs = [*sorted((folder / "vendor/pyodide").iterdir()), folder / "lab.zip", *(here / name for name in MAKERS)]
    return digest("".join(digest(path.read_bytes()) for path in inputs).encode())


def write_libraries(wheel: Path, target: Path) -> None:
    """Writes NumPy's libraries into one file; its form is told in site/runtime/image.mjs."""
    with zipfile.ZipFile(wheel) as archive:
        contents = {name + SUFFIX: archive.read(name + SUFFIX) for name in LIBRARIES}
    table = [{"path": SITE_PACKAGES + name, "size": len(content)} for name, content in contents.items()]
    text = json.dumps(table).encode()
    whole = struct.pack("<I", len(text)) + text + b"".join(contents.values())
    target.write_bytes(gzip.compress(whole, 9, mtime=0))


def read_kept(path: Path) -> bytes | None:
    """Returns an image of the cache; None if it is not there, or not what was put there."""
    noted = path.with_suffix(DIGEST)
    if not (path.is_file() and noted.is_file()):
        return None
    image = path.read_bytes()
    return image if digest(image) == noted.read_text("utf-8", "replace").strip() else None


def keep(path: Path, image: bytes) -> None:
    """Puts an image into the cache, with its digest beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    files.remove_leftovers(path.parent)
    files.write(path, image)
    files.write(path.with_suffix(DIGEST), f"{digest(image)}\n".encode())


def make_image(folder: Path, wheel: Path, libraries: Path) -> bytes:
    """Runs startup.mjs and returns the image.

    Raises:
        BuildError: Node cannot make it.
    """
    with tempfile.TemporaryDirectory() as unfinished:
        image = Path(unfinished) / "image"
        script = Path(__file__).with_name("startup.mjs")
        paths = [script, folder / "vendor/pyodide", libraries, wheel, folder / "lab.zip", image]
        command = [find_node()[0], *map(str, paths)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            words = faults.explained(done.stderr, last_lines(done.stderr, 20), "")
            raise BuildError(f"Node could not make the memory image:\n{words}")
        return image.read_bytes()

import ast
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from assembly import assets

MICROPYTHON = {"asyncio", "gc", "json", "math", "random", "re", "sys", "time"}  # those that the page may use
ROOMS = {  # folder: what it may import besides itself
    "quantcore": {"numpy", *sys.stdlib_module_names},
    "site/lab": {"quantcore", "numpy", *sys.stdlib_module_names},
    "site/page": {"pyscript", *MICROPYTHON},
}
NAMES = ("quantcore", "lab", "page", "assembly")  # as the rooms are imported
HOSTS = re.compile(r"pypi\.org|pythonhosted\.org|npmjs\.|jsdelivr|unpkg\.com", re.IGNORECASE)


def digests(folder: Path) -> dict[str, str]:
    """Returns the digest of every file of a folder."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def copy_project(root: Path, target: Path) -> None:
    """Copies what a build reads, without what a build wrote."""
    skip = shutil.ignore_patterns("__pycache__")
    for name in ("quantcore", "site"):
        shutil.copytree(root / name, target / name, ignore=skip)
    for name in ("build.py", "pyproject.toml", "README.md"):
        shutil.copy(root / name, target / name)
    (target / ".venv").symlink_to(root / ".venv", target_is_directory=True)


def test_two_builds_give_the_same_bytes_without_a_network(root: Path, tmp_path: Path) -> None:
    """A second build, at another place, with another hash seed and no network, gives the same dist/."""
    built = []
    for name, seed in (("one", "1"), ("two", "2")):
        copy_project(root, tmp_path / name)
        surroundings = {
            "QUANTLAB_CACHE": str(assets.cache_folder(root)),
            "PYTHONHASHSEED": seed,
            "PATH": "/nowhere",  # neither npm nor git nor anything else is called
            "PIP_INDEX_URL": "http://127.0.0.1:9",
        }
        command = [sys.executable, tmp_path / name / "build.py"]
        done = subprocess.run(command, env=surroundings, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        built.append(digests(tmp_path / name / "dist"))
    assert "index.html" in built[0]
    assert built[0] == built[1]


def test_a_page_that_refers_to_nothing_is_not_built(root: Path, tmp_path: Path) -> None:
    """The whole build, not only its check, refuses a page with a dead reference, and says so in one message."""
    copy_project(root, tmp_path / "copy")
    page = tmp_path / "copy" / "site" / "index.html"
    page.write_text(page.read_text("utf-8").replace("</main>", '<img src="absent.png"></main>'), "utf-8")
    command = [sys.executable, tmp_path / "copy" / "build.py"]
    surroundings = {**os.environ, "QUANTLAB_CACHE": str(assets.cache_folder(root))}
    done = subprocess.run(command, env=surroundings, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "index.html: refers to absent.png, which is not there" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "copy" / "dist").exists()


def imports(path: Path) -> Iterator[str]:
    """Gives the full names of what a file of a room imports: modules, or names in them."""
    package = module_of(path).split(".")[: None if path.name == "__init__.py" else -1]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = [node.module] if node.module else []
            yield from (".".join([*base, *module, name.name]) for name in node.names)


def module_of(path: Path) -> str:
    """Returns the name by which a file of a room is imported."""
    names = path.with_suffix("").parts
    room = max(position for position, name in enumerate(names) if name in NAMES)
    return ".".join(names[room:]).removesuffix(".__init__")


@pytest.mark.parametrize("room", ROOMS)
def test_imports_point_one_way(root: Path, room: str) -> None:
    """The page knows neither lab nor quantcore; lab knows quantcore; quantcore knows NumPy."""
    files = sorted((root / room).rglob("*.py"))
    allowed = ROOMS[room] | {Path(room).name}
    assert files
    found = {(path.relative_to(root).as_posix(), name.split(".")[0]) for path in files for name in imports(path)}
    assert {(path, name) for path, name in found if name not in allowed} == set()


def graph(root: Path, room: str) -> dict[str, set[str]]:
    """Returns the modules of a room, and which of them each imports."""
    files = {module_of(path): path for path in (root / room).rglob("*.py")}
    found: dict[str, set[str]] = {}
    for name, path in files.items():
        targets = {target if target in files else target.rpartition(".")[0] for target in imports(path)}
        found[name] = targets & set(files) - {name}
    return found


@pytest.mark.parametrize("room", ["quantcore", "site/lab", "site/page", "site/assembly"])
def test_no_imports_go_in_a_circle(root: Path, room: str) -> None:
    """The modules of a room have an order in which each imports only those before it."""
    modules = graph(root, room)
    assert len(modules) > 5
    TopologicalSorter(modules).prepare()  # raises CycleError, which names the circle


@pytest.mark.parametrize("room", ["quantcore", "site/lab"])
def test_folders_import_what_they_say(root: Path, room: str) -> None:
    """What a folder's docstring says that it imports is all that it does, and what the folders say has no circle."""
    top, modules = root / room, graph(root, room)
    folders = {module_of(path): path.read_text("utf-8") for path in top.rglob("*/__init__.py") if path.parent != top}
    at_root = {name for name in modules if name.count(".") == 1 and name not in folders}
    said: dict[str, set[str]] = {}
    for name, text in folders.items():
        sentence = re.search(r"[Ii]mports .*?[;.]\s", ast.get_docstring(ast.parse(text)) + "\n", re.DOTALL)
        assert sentence, f"{name} does not say what it imports"
        said[name] = {f"{top.name}.{other}" for other in re.findall(r"`([^`]+)`", sentence[0])}
        said[name] |= at_root if "the root's modules" in sentence[0] else {"lab.answer_types"}  # the shape of all
    assert len(said) > 5
    place = {name: name if name in folders or name in at_root else name.rpartition(".")[0] for name in modules}
    for name, targets in modules.items():
        if place[name] in folders:
            assert {place[target] for target in targets} <= said[place[name]] | {place[name]}, name
    TopologicalSorter({name: targets & set(folders) for name, targets in said.items()}).prepare()


def tracked(root: Path) -> list[Path]:
    """Lists the text files of the project."""
    folders = [root / name for name in ("quantcore", "site", "tests", ".ci", ".github")]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    files += [root / name for name in ("build.py", "README.md", "pyproject.toml", ".gitignore")]
    return [path for path in files if path.suffix not in (".npz", ".npy", ".png", ".pyc", ".zip")]


def test_no_registry_is_named(root: Path) -> None:
    """Pip and npm find their registries themselves; the project names none, and no CDN."""
    this = Path(__file__).resolve()
    named = [path for path in tracked(root) if path != this and HOSTS.search(path.read_text("utf-8", "replace"))]
    assert named == []


def test_ci_runs_the_readmes_command(root: Path) -> None:
    """CI does what the README tells everybody to do, and nothing else."""
    commands = [
        line
        for line in (root / ".ci" / "run").read_text().splitlines()
        if line and not line.startswith(("#", "set ", "cd "))
    ]
    assert commands == ["exec python3 build.py test"]
    assert "python3 build.py test" in (root / "README.md").read_text("utf-8")


def test_quantcore_can_be_installed(root: Path) -> None:
    """Quantcore is a package of its own: its metadata stands in pyproject.toml, and it needs NumPy only."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    assert (project["name"], project["license"]) == ("quantcore", "MIT")
    assert [requirement.split(">")[0] for requirement in project["dependencies"]] == ["numpy"]


@pytest.mark.parametrize(("tests", "room"), [("tests/core", "quantcore"), ("tests/lab", "site/lab")])
def test_tests_lie_where_the_code_does(root: Path, tests: str, room: str) -> None:
    """Each folder of tests is called like the folder of code that it is about."""
    folders = {path.parent.relative_to(root / tests) for path in (root / tests).rglob("test_*.py")}
    assert len(folders) > 5
    assert [folder for folder in folders if not (root / room / folder).is_dir()] == []

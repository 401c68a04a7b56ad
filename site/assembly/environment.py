"""The Python environment of the project: `.venv` with the packages pinned in pyproject.toml; and the check of Node."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from assembly import faults, files, lock
from assembly.report import BuildError, stage

NODE_NEEDED = 20
VENV_LACKS = re.compile("No module named '?(venv|ensurepip)")
NEEDS_NETWORK = "The first run needs the network. Check the connection (and `pip config list`), then run it again."
WRONG_DIGEST = "DO NOT MATCH THE HASHES"  # pip's words; what follows names the package and both digests
INSTALLING = "Installing collected packages"
SHOWN_OF_PIP = re.compile(rf"\s*(Downloading|Using cached) \S+\.(whl|tar\.gz) |{INSTALLING}")


class UnavailableError(BuildError):
    """Packages that cannot be had."""


def prepare(root: Path, groups: Sequence[str], wanted: Sequence[str] = ()) -> Path:
    """Makes sure that .venv holds the pinned packages of `groups`, and of `wanted` if they can be had.

    Args:
        root: The project's folder.
        groups: Dependency groups of pyproject.toml that must be there.
        wanted: Groups without which the caller can do.

    Returns:
        The environment's Python.

    Raises:
        BuildError: The environment cannot be made, or a package cannot be installed.
    """
    python = make_venv(root / ".venv")
    pinned, locked = pins(root), lock.read(root)
    install(python, [requirement for group in groups for requirement in pinned[group]], locked)
    for group in wanted:
        try:
            install(python, pinned[group], locked)
        except UnavailableError:
            stage("Left out", f"{group}: {', '.join(pinned[group])} cannot be installed here")
    return python


def pins(root: Path) -> dict[str, list[str]]:
    """Returns the requirements of each dependency group of pyproject.toml that the build may install.

    Not of `references`: those are gigabytes for a comparison by hand, and so not locked either.
    """
    groups: dict[str, list[str]] = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["dependency-groups"]
    return {name: requirements for name, requirements in groups.items() if name != "references"}


def make_lock(root: Path) -> None:
    """Writes the digests of what pyproject.toml pins into the lock.

    Raises:
        BuildError: The index has not all of them, or cannot be reached.
    """
    python = make_venv(root / ".venv")
    requirements = {requirement for group in pins(root).values() for requirement in group}
    stage("Locking", f"{len(requirements)} Python packages in {lock.PLACE}")
    done = run_module(python, "assembly.locking", str(root / lock.PLACE), *requirements)
    if done.returncode:
        raise BuildError(
            f"the lock could not be made:\n{faults.explained(done.stderr, last_lines(done.stderr), NEEDS_NETWORK)}"
        )


def make_venv(folder: Path) -> Path:
    """Makes the environment and returns its Python; anew when that is gone or another version, or a change was cut."""
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    if python.exists() and python_version(python) == version and not any(files.leftovers(folder, "changing")):
        return python
    stage("Environment", f"making {folder} with Python {version}")
    commands = [  # apart, as `venv` keeps to itself what `ensurepip` says
        [sys.executable, "-m", "venv", "--clear", "--without-pip", str(folder)],
        [str(python), "-m", "ensurepip", "--upgrade", "--default-pip"],
    ]
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        said = done.stdout + done.stderr
        if done.returncode:
            package = f"Python's venv module must be complete; on Debian and Ubuntu: apt install python{version}-venv"
            remedy = package if VENV_LACKS.search(said) else f"Remove {folder}, then run it again."
            raise BuildError(
                f"cannot make the environment {folder}:\n{faults.explained(said, last_lines(said), remedy)}"
            )
        mark(folder).touch()
    mark(folder).unlink()
    return python


def mark(folder: Path) -> Path:
    """Returns the file that is there while we change the environment: if we are killed, the next one makes it anew."""
    return folder / f"changing{files.PART}{os.getpid()}"


def python_version(python: Path) -> str:
    """Returns 'major.minor' of an interpreter that has pip, or '' if it does not run."""
    command = [str(python), "-c", "import sys, pip; print('%d.%d' % sys.version_info[:2])"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return ""


def install(python: Path, requirements: Sequence[str], locked: Mapping[str, str]) -> None:
    """Installs what the environment's stamp does not list yet: ready-made wheels, each with a digest of the lock.

    Raises:
        UnavailableError: A package cannot be had.
        BuildError: A package is not what the lock says, or the machine refuses it.
    """
    stamp = python.parent.parent / "installed.json"
    installed = stamped(stamp)
    missing = [requirement for requirement in requirements if requirement not in installed]
    if not missing:
        return
    wheels = lock.entries(locked, missing)
    stage("Python packages", f"installing {', '.join(missing)}")
    changing = mark(stamp.parent)
    with tempfile.TemporaryDirectory() as folder:
        listing = Path(folder) / "requirements.txt"
        listing.write_text(wheels, "utf-8")
        changing.touch()
        status, output = run_pip(python, ["install", "--require-hashes", "--only-binary=:all:", "-r", str(listing)])
    if status:
        if INSTALLING not in output:  # nothing was changed yet
            changing.unlink()
        raise refusal(output)
    names = {requirement.split("==")[0] for requirement in missing}
    kept = [requirement for requirement in installed if requirement.split("==")[0] not in names]
    files.write(stamp, (json.dumps(sorted(kept + missing), indent=1) + "\n").encode())
    changing.unlink()


def stamped(stamp: Path) -> list[str]:
    """Returns what is installed; nothing if that cannot be read, as pip then finds what is there."""
    try:
        installed = json.loads(stamp.read_bytes())
    except (FileNotFoundError, ValueError):
        return []
    return [entry for entry in installed if isinstance(entry, str)] if isinstance(installed, list) else []


def refusal(output: str) -> BuildError:
    """Returns the error for what pip said as it failed."""
    if WRONG_DIGEST in output:
        words = output[output.rindex(WRONG_DIGEST) :].partition("\n")[2]
        return BuildError(
            f"a Python package is not what {lock.PLACE} says; nothing was installed.\n{words.rstrip()}\n"
            "Either it was altered on the way (try another network), or the lock is older than the pins in\n"
            "pyproject.toml (python3 build.py lock makes it anew)."
        )
    explained = faults.explained(output, last_lines(output), NEEDS_NETWORK)
    kind = UnavailableError if explained.endswith(NEEDS_NETWORK) else BuildError
    return kind(f"pip could not install the Python packages:\n{explained}")


def run_pip(python: Path, arguments: Sequence[str]) -> tuple[int, str]:
    """Runs pip and shows what it downloads and installs; returns its status and all that it said."""
    command = [str(python), "-m", "pip", "--disable-pip-version-check", "--no-input", "--retries=1", *arguments]
    said = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        for line in process.stdout or ():
            said.append(line)
            if SHOWN_OF_PIP.match(line):
                print(f"  {line.strip()}", flush=True)
    return process.returncode, "".join(said)


def run_module(python: Path, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a module of site/ or the root under the environment's Python; its error output is kept for the caller."""
    root = Path(__file__).resolve().parents[2]
    paths = {"PYTHONPATH": os.pathsep.join([str(root / "site"), str(root)]), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [str(python), "-m", module, *arguments]
    return subprocess.run(command, env={**os.environ, **paths}, stderr=subprocess.PIPE, text=True, check=False)


def last_lines(text: str, n_lines: int = 8) -> str:
    """Returns the end of a program's output, indented."""
    return "\n".join("  " + line for line in text.strip().splitlines()[-n_lines:])


def find_node() -> tuple[str, str]:
    """Returns the paths of node and npm.

    Raises:
        BuildError: One of them is absent, does not run, or Node is too old.
    """
    remedy = f"Install Node {NODE_NEEDED} or newer with npm (nodejs.org, or your system's packages), then run it again."
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node:
        raise BuildError(f"there is no `node` on the PATH. {remedy}")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    major = re.match(r"v(\d+)", version)
    if not major:
        raise BuildError(f"{node} does not tell its version (`node --version` printed {version!r}). {remedy}")
    if int(major[1]) < NODE_NEEDED:
        raise BuildError(f"{node} is Node {version}. {remedy}")
    if not npm:
        raise BuildError(f"there is no `npm` on the PATH beside {node}. {remedy}")
    return node, npm

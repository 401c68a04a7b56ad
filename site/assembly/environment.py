"""The Python environment of the project: `.venv` with the packages pinned in pyproject.toml; and the check of Node."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

from assembly.report import BuildError, stage

NODE_NEEDED = 20
SHOWN_OF_PIP = re.compile(r"\s*(Downloading|Using cached) \S+\.(whl|tar\.gz) |Installing collected packages")


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
    pinned = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["dependency-groups"]
    install(python, [requirement for group in groups for requirement in pinned[group]])
    for group in wanted:
        try:
            install(python, pinned[group])
        except BuildError:
            stage("Left out", f"{group}: {', '.join(pinned[group])} cannot be installed here")
    return python


def make_venv(folder: Path) -> Path:
    """Makes the environment, or makes it anew when its Python is gone or another version, and returns its Python."""
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    if python.exists() and python_version(python) == version:
        return python
    stage("Environment", f"making {folder} with Python {version}")
    command = [sys.executable, "-m", "venv", "--clear", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildError(
            f"cannot make the environment {folder}:\n{(done.stdout + done.stderr).strip()}\n"
            f"Python's venv module must be complete; on Debian and Ubuntu: apt install python{version}-venv"
        )
    return python


def python_version(python: Path) -> str:
    """Returns 'major.minor' of an interpreter that has pip, or '' if it does not run."""
    command = [str(python), "-c", "import sys, pip; print('%d.%d' % sys.version_info[:2])"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return ""


def install(python: Path, requirements: Sequence[str]) -> None:
    """Installs what the environment's stamp does not list yet."""
    stamp = python.parent.parent / "installed.json"
    installed: list[str] = json.loads(stamp.read_text("utf-8")) if stamp.exists() else []
    missing = [requirement for requirement in requirements if requirement not in installed]
    if not missing:
        return
    stage("Python packages", f"installing {', '.join(missing)}")
    status, output = run_pip(python, ["install", *missing])
    if status:
        raise BuildError(
            f"pip could not install the Python packages:\n{last_lines(output)}\n"
            "The first run needs the network. Check the connection (and `pip config list`), then run it again."
        )
    names = {requirement.split("==")[0] for requirement in missing}
    kept = [requirement for requirement in installed if requirement.split("==")[0] not in names]
    stamp.write_text(json.dumps(sorted(kept + missing), indent=1) + "\n", "utf-8")


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

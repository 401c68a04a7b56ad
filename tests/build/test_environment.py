import ast
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from assembly import environment, lock
from assembly.report import BuildError

DIGEST = "0" * 64
LOCKED = {pin: f"{pin} \\\n    --hash=sha256:{DIGEST}" for pin in ("a==1", "a==2", "b==2", "c==3")}
OLD_PYTHON = """
import runpy, sys
sys.version_info = (3, 9, 18, "final", 0)
sys.argv = ["build.py"]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_an_old_python_is_refused_in_words(root: Path) -> None:
    """Python 3.9 learns which version is needed and what to do, instead of a traceback."""
    done = subprocess.run([sys.executable, "-c", OLD_PYTHON], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == (
        "build.py: this is Python 3.9; Quantization Lab needs Python 3.11 or newer.\n"
        "Install a newer Python, then run it by its name, for example: python3.12 build.py\n"
    )


# What Python 2.7 and Python 3 write alike, of what build.py needs. Not in it: f-strings, annotations, keyword-only
# arguments, `nonlocal`, `raise ... from`, `:=`, `async`, a star in an assignment or a list.
COMMON = {
    ast.Add,
    ast.And,
    ast.Assign,
    ast.Attribute,
    ast.BinOp,
    ast.BoolOp,
    ast.Call,
    ast.Compare,
    ast.Constant,
    ast.Div,
    ast.Eq,
    ast.ExceptHandler,
    ast.Expr,
    ast.FunctionDef,
    ast.If,
    ast.IfExp,
    ast.Import,
    ast.ImportFrom,
    ast.IsNot,
    ast.Lambda,
    ast.List,
    ast.Load,
    ast.Lt,
    ast.Mod,
    ast.Module,
    ast.Name,
    ast.Not,
    ast.Raise,
    ast.Return,
    ast.Slice,
    ast.Store,
    ast.Subscript,
    ast.Try,
    ast.Tuple,
    ast.UnaryOp,
    ast.With,
    ast.alias,
    ast.arg,
    ast.arguments,
    ast.keyword,
    ast.withitem,
}


def test_old_pythons_can_read_build_py(root: Path) -> None:
    """Build.py holds only what Python 2.7 can parse: anything newer would hide the message behind a SyntaxError."""
    source = (root / "build.py").read_bytes()
    source.decode("ascii")  # without a declaration, Python 2 takes nothing else
    tree = ast.parse(source)
    assert {type(node) for node in ast.walk(tree)} <= COMMON
    arguments = [node for node in ast.walk(tree) if isinstance(node, ast.arguments)]
    assert not any(found.kwonlyargs or found.posonlyargs for found in arguments)
    assert not any(arg.annotation for found in arguments for arg in found.args)
    assert not any(node.returns for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    assert not any(node.cause for node in ast.walk(tree) if isinstance(node, ast.Raise))
    assert not re.search(rb"\d_\d", source)


def test_the_version_is_looked_at_first(root: Path) -> None:
    """Before the message stand `print` as a function and `sys`: nothing that an old Python could lack."""
    statements = ast.parse((root / "build.py").read_text("utf-8")).body
    assert [ast.unparse(statement).split("\n")[0] for statement in statements[1:4]] == [
        "from __future__ import print_function",
        "import sys",
        "if sys.version_info < (3, 11):",
    ]


@pytest.fixture
def fake_python(tmp_path: Path) -> Callable[[str], Path]:
    """Gives a function that makes an environment whose Python is a script."""

    def make(script: str) -> Path:
        path = tmp_path / ".venv" / "bin" / "python"
        path.parent.mkdir(parents=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    return make


def test_what_is_installed_is_not_installed_again(fake_python: Callable[[str], Path], tmp_path: Path) -> None:
    """Pip runs once for the same requirements, and then for the new ones only."""
    python = fake_python(f'for last; do :; done; cat "$last" >> {tmp_path}/asked; echo >> {tmp_path}/asked')
    for requirements in (["a==1", "b==2"], ["b==2", "a==1"], ["a==1", "c==3"], ["a==2"], ["a==2", "b==2", "c==3"]):
        environment.install(python, requirements, LOCKED)
    asked = (tmp_path / "asked").read_text().replace(f" \\\n    --hash=sha256:{DIGEST}", "")
    assert asked.split("\n\n") == ["a==1\nb==2", "c==3", "a==2", ""]
    assert json.loads((tmp_path / ".venv/installed.json").read_text()) == ["a==2", "b==2", "c==3"]


def test_progress_is_shown(fake_python: Callable[[str], Path], capsys: pytest.CaptureFixture[str]) -> None:
    """What pip downloads, with its size, and that it installs, is shown as it happens; its chatter is not."""
    python = fake_python(
        "echo 'Collecting a==1'; echo '  Downloading a-1-py3-none-any.whl.metadata (3 kB)'\n"
        "echo '  Downloading a-1-py3-none-any.whl (16.6 MB)'; echo 'Installing collected packages: a'"
    )
    environment.install(python, ["a==1"], LOCKED)
    assert capsys.readouterr().out.splitlines() == [
        "Python packages   installing a==1",
        "  Downloading a-1-py3-none-any.whl (16.6 MB)",
        "  Installing collected packages: a",
    ]


def test_a_failed_installation_is_not_remembered(fake_python: Callable[[str], Path], tmp_path: Path) -> None:
    """Pip's own words and the remedy are shown, and the next run tries again."""
    python = fake_python("echo 'ERROR: No matching distribution found for a==1' >&2; exit 1")
    with pytest.raises(BuildError, match=r"(?s)No matching distribution found for a==1.*needs the network"):
        environment.install(python, ["a==1"], LOCKED)
    assert not (tmp_path / ".venv/installed.json").exists()


@pytest.mark.usefixtures("no_network")
def test_no_network_for_the_first_run(root: Path, tmp_path: Path) -> None:
    """A real pip that reaches nothing ends in a message with a remedy."""
    python = environment.make_venv(tmp_path / ".venv")
    with pytest.raises(BuildError, match="The first run needs the network"):
        environment.install(python, ["numpy==2.4.3"], lock.read(root))


def test_an_environment_of_another_python_is_made_anew(tmp_path: Path, fake_python: Callable[[str], Path]) -> None:
    """After an upgrade of Python, .venv is made again, and its list of packages begins empty."""
    python = fake_python("echo 3.1")
    (tmp_path / ".venv" / "installed.json").write_text('["a==1"]')
    python = environment.make_venv(tmp_path / ".venv")
    assert environment.python_version(python) == f"{sys.version_info.major}.{sys.version_info.minor}"
    assert not (tmp_path / ".venv" / "installed.json").exists()


def test_what_can_be_done_without_is_left_out(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A group that is only wanted does not stop the command when it cannot be installed."""

    def install(_python: Path, requirements: list[str], _locked: dict[str, str]) -> None:
        if any(requirement.startswith("onnxruntime") for requirement in requirements):
            raise environment.UnavailableError("cannot")

    monkeypatch.setattr(environment, "make_venv", lambda folder: folder / "bin" / "python")
    monkeypatch.setattr(environment, "install", install)
    assert environment.prepare(root, ["build"], wanted=["bench"]) == root / ".venv" / "bin" / "python"
    with pytest.raises(BuildError):
        environment.prepare(root, ["bench"])

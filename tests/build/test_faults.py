"""Faults of the machine, injected: the disk, rights, a cut file, a kill. Each ends in a sentence with its remedy."""

import errno
import importlib.util
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from assembly import assets, dist, environment, faults, files, lock, sources
from assembly.report import BuildError

from tests.build.fakes import make_wheel

LIMITED = """
import resource, runpy, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
KILLED = """
import sys, time
from pathlib import Path
from assembly import dist

with dist.new(Path(sys.argv[1])) as folder:
    (folder / "index.html").write_text("half")
    print("begun", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def build(root: Path) -> ModuleType:
    """Gives build.py as a module."""
    spec = importlib.util.spec_from_file_location("build_of_the_project", root / "build.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def ended() -> int:
    """Gives the number of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOSPC, "The disk is full: make room"),
        (errno.EDQUOT, "The disk is full: make room"),
        (errno.EROFS, "This account may not write there"),
        (errno.EACCES, "This account may not write there"),
    ],
)
def test_what_the_machine_refuses_is_one_line(
    build: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: int, remedy: str
) -> None:
    """Wherever in a build the disk is full or a folder read-only: the place, the reason, the remedy, status 1."""

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number), "/a/place")

    monkeypatch.setattr(build.environment, "prepare", refuse)
    assert build.main(["build"]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"build.py: /a/place: {os.strerror(number)}. {remedy}")
    assert said.count("\n") == 1


def test_other_errors_stay_errors(build: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """What points to a mistake of ours, such as a file that is not there, is not taken for a fault of the machine."""

    def refuse(*_: object) -> None:
        raise FileNotFoundError(errno.ENOENT, "No such file", "/a/place")

    monkeypatch.setattr(build.environment, "prepare", refuse)
    with pytest.raises(FileNotFoundError):
        build.main(["build"])


def test_a_build_that_cannot_write_leaves_the_last_one(root: Path) -> None:
    """With files limited to 100 kB, as good as a full disk, the build ends in a line; dist/ is as it was."""
    before = (root / "dist/index.html").read_bytes()
    command = [sys.executable, "-c", LIMITED, str(root / "build.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        _, said = process.communicate(timeout=120)
    assert (process.returncode, said.count("\n")) == (1, 1)
    assert faults.FULL in said
    assert (root / "dist/index.html").read_bytes() == before
    assert list(root.glob(f"dist.part-{process.pid}*")) == []


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """A write that fails in the middle leaves the last version, and nothing beside it."""
    files.write(tmp_path / "file", b"first")
    program = "import sys\nfrom pathlib import Path\nfrom assembly import files\n"
    program += "files.write(Path(sys.argv[1]), b'x' * 200_000)"
    (tmp_path / "program.py").write_text(program)
    command = [sys.executable, "-c", LIMITED, str(tmp_path / "program.py"), str(tmp_path / "file")]
    site = str(Path(files.__file__).parents[1])
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": site}, capture_output=True, text=True, check=False)
    assert "OSError: [Errno 27]" in done.stderr
    assert (tmp_path / "file").read_bytes() == b"first"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "program.py"]


def test_a_killed_build_is_cleared_away(tmp_path: Path) -> None:
    """What a build leaves that is killed, the next one removes."""
    environment = {**os.environ, "PYTHONPATH": str(Path(files.__file__).parents[1])}
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        process.stdout.readline()
        with dist.new(tmp_path):
            assert (tmp_path / f"dist.part-{process.pid}").exists(), "one that runs keeps its folder"
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert [path.name for path in tmp_path.glob("dist.part-*")] == [f"dist.part-{process.pid}"]
    with dist.new(tmp_path):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["dist"]


def test_only_leftovers_are_removed(tmp_path: Path, ended: int) -> None:
    """Unfinished files and folders of ended processes go; those of running ones and of other names stay."""
    stay = ["dist", "dist.part-notes", f"dist.part-{os.getpid()}", f"other.part-{ended}", f"part-{ended}"]
    for name in (*stay, f"dist.part-{ended}", f"dist.part-{ended}-old"):
        (tmp_path / name).mkdir()
    files.remove_leftovers(tmp_path, "dist")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(stay)


def test_a_cut_list_of_what_is_installed_is_made_anew(tmp_path: Path) -> None:
    """Whatever the list of installed packages was cut to, pip is asked again and the list is whole."""
    python = tmp_path / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\necho asked >> {tmp_path}/asked\n")
    python.chmod(0o755)
    stamp = tmp_path / ".venv/installed.json"
    entry = "a==1 \\\n    --hash=sha256:" + "0" * 64
    for cut in (b"", b'["a==1"', b"{}", b"\xff\xfe", b"[1]"):
        stamp.write_bytes(cut)
        environment.install(python, ["a==1"], {"a==1": entry})
        assert json.loads(stamp.read_text()) == ["a==1"]
    assert (tmp_path / "asked").read_text() == 5 * "asked\n"


@pytest.mark.parametrize("is_running", [True, False])
def test_an_environment_whose_change_was_cut_is_made_anew(
    tmp_path: Path, ended: int, monkeypatch: pytest.MonkeyPatch, is_running: bool
) -> None:
    """An environment that a killed build was changing is not trusted; one that another build changes now is."""
    folder = tmp_path / ".venv"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin/python").touch()
    (folder / f"changing.part-{os.getppid() if is_running else ended}").touch()
    asked: list[str] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        asked.append(command[2])
        return subprocess.CompletedProcess(command, 0, f"{sys.version_info.major}.{sys.version_info.minor}", "")

    monkeypatch.setattr(environment.subprocess, "run", run)
    assert environment.make_venv(folder) == folder / "bin/python"
    assert [name for name in asked if name in ("venv", "ensurepip")] == ([] if is_running else ["venv", "ensurepip"])


@pytest.mark.parametrize(
    ("said", "is_suspect"),
    [
        ("ERROR: No matching distribution found for a==1", False),
        ("Installing collected packages: a\nERROR: OSError: [Errno 28] No space left on device", True),
    ],
)
def test_a_failed_installation_leaves_no_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, is_suspect: bool
) -> None:
    """If pip failed while it wrote, the environment is made anew by the next run; if before, it is as it was."""
    folder = tmp_path / ".venv"
    folder.mkdir()
    monkeypatch.setattr(environment, "run_pip", lambda *_: (1, said))
    with pytest.raises(BuildError):
        environment.install(folder / "bin/python", ["a==1"], {"a==1": "a==1 ..."})
    assert [path.name for path in folder.iterdir()] == ([f"changing.part-{os.getpid()}"] if is_suspect else [])


def test_a_cache_that_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """QUANTLAB_CACHE must name a folder, and .cache be one."""
    (tmp_path / ".cache").write_text("")
    monkeypatch.setenv("QUANTLAB_CACHE", str(tmp_path / ".cache"))
    with pytest.raises(BuildError, match=r"QUANTLAB_CACHE names .*, which is not a folder\. Name a folder, or none\."):
        assets.cache_folder(tmp_path)
    monkeypatch.delenv("QUANTLAB_CACHE")
    with pytest.raises(BuildError, match=r"the cache is to be .*/\.cache, which is not a folder\. Remove it\."):
        assets.cache_folder(tmp_path)


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ("Error: [Errno 30] Read-only file system: '/p/.venv'", faults.FORBIDDEN),
        ("Error: [Errno 28] No space left on device", faults.FULL),
        ("/p/.venv/bin/python: No module named ensurepip", "apt install python3"),
        ("/usr/bin/python3: No module named venv", "apt install python3"),
        ("Error: something else", "Remove /p/.venv, then run it again."),
    ],
)
def test_an_environment_that_cannot_be_made(monkeypatch: pytest.MonkeyPatch, said: str, remedy: str) -> None:
    """Debian's package is the remedy for an incomplete venv only."""
    monkeypatch.setattr(
        environment.subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 1, said, "")
    )
    with pytest.raises(BuildError) as caught:
        environment.make_venv(Path("/p/.venv"))
    assert said in str(caught.value)
    assert remedy in str(caught.value).splitlines()[-1]


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", faults.FULL),
        ("ERROR: Could not install packages due to an OSError: [Errno 13] Permission denied: 'x'", faults.FORBIDDEN),
        ("ERROR: No matching distribution found for a==1", environment.NEEDS_NETWORK),
    ],
)
def test_an_installation_that_fails(said: str, remedy: str) -> None:
    """The network is the remedy only where nothing else was named."""
    assert str(environment.refusal(said)).endswith(remedy)


def test_npm_on_a_full_disk(programs: Callable[..., Path]) -> None:
    """The same for npm."""
    programs(node="echo v22.0.0", npm="echo 'npm error ENOSPC: no space left on device, write' >&2; exit 1")
    package = sources.Package("thing", "1", "npm", "MIT", (), ())
    with pytest.raises(BuildError, match=r"(?s)npm could not fetch thing@1.*The disk is full"):
        sources.from_npm(package, [])


def test_a_wrong_digest_of_a_python_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wheel that is not what the lock says stops the build; it and both digests are named, nothing is installed."""
    wheel = tmp_path / "wheels" / "thing-1-py3-none-any.whl"
    wheel.parent.mkdir()
    wheel.write_bytes(make_wheel("thing", "1", {"thing.py": b""}))
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    for name, value in {"CONFIG_FILE": os.devnull, "NO_INDEX": "1", "FIND_LINKS": str(wheel.parent)}.items():
        monkeypatch.setenv(f"PIP_{name}", value)
    python = environment.make_venv(tmp_path / ".venv")
    right, wrong = assets.digest(wheel.read_bytes()), "0" * 64

    def locked(found: str) -> dict[str, str]:
        return {"thing==1": f"thing==1 \\\n    --hash=sha256:{found}"}

    with pytest.raises(BuildError, match=r"is not what site/requirements\.lock says; nothing was installed") as caught:
        environment.install(python, ["thing==1"], locked(wrong))
    assert all(word in str(caught.value) for word in ("thing==1", right, wrong))
    assert not isinstance(caught.value, environment.UnavailableError), "a group that is only wanted stops, too"
    assert not list((tmp_path / ".venv").rglob("thing.py"))
    environment.install(python, ["thing==1"], locked(right))
    assert list((tmp_path / ".venv").rglob("thing.py"))


def test_every_package_is_locked(root: Path) -> None:
    """The lock has digests of what pyproject.toml pins, and of nothing else."""
    pinned = {requirement for group in environment.pins(root).values() for requirement in group}
    locked = lock.read(root)
    assert locked.keys() == pinned
    assert (root / lock.PLACE).read_text("utf-8").count("==") == len(locked), "each entry is read"


def test_a_pin_without_digests_is_told(tmp_path: Path) -> None:
    """After a change of a pin, the command that makes the lock is named; the environment stays as it is."""
    (tmp_path / "bin").mkdir()
    with pytest.raises(BuildError, match=r"no digests of a==2, which .* Run: python3 build\.py lock"):
        environment.install(tmp_path / "bin/python", ["a==1", "a==2"], {"a==1": "a==1 ..."})
    assert [path.name for path in tmp_path.iterdir()] == ["bin"]

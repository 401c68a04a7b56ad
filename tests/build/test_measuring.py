import subprocess
import sys
from pathlib import Path

import pytest
from assembly import measuring
from assembly.report import BuildError

OTHER = Path("/another/dist")


def refused(root: Path, *arguments: str) -> str:
    """Runs `build.py bench` with arguments that it refuses; returns what it says."""
    command = [sys.executable, root / "build.py", "bench", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr


def test_an_unknown_part_is_one_sentence(root: Path) -> None:
    """A part that is not there is named with those that are, before anything is installed or built."""
    assert refused(root, "fast") == ("build.py: the bench has no part 'fast'; ask for core, start, change or slow.\n")


def test_a_folder_without_a_build_is_one_sentence(root: Path, tmp_path: Path) -> None:
    """A folder that is no dist/ and holds none is refused with the remedy."""
    said = f"--against names {tmp_path}, which is no built dist/ and holds none; run python3 build.py there first."
    assert refused(root, "start", "--against", str(tmp_path)) == f"build.py: {said}\n"


def test_another_build_is_found_as_dist_or_around_it(tmp_path: Path) -> None:
    """A project's folder stands for its dist/, which stands for itself."""
    dist = tmp_path / "dist"
    (dist / "vendor").mkdir(parents=True)
    with pytest.raises(BuildError):
        measuring.built(tmp_path)
    (dist / "index.html").touch()
    assert measuring.built(tmp_path) == measuring.built(dist) == dist.resolve()


@pytest.mark.parametrize(
    ("part", "against", "parts"),
    [
        (None, None, ["core", "start", "change"]),
        (None, OTHER, ["start", "change"]),
        ("core", None, ["core"]),
        ("slow", None, ["slow"]),
        ("slow", OTHER, ["slow"]),
    ],
)
def test_what_is_measured(part: str | None, against: Path | None, parts: list[str]) -> None:
    """Without a part: all but the slow lines or, beside another build, what compares pages; else what was asked for."""
    assert measuring.chosen(part, against) == parts


def test_what_measures_no_page_compares_no_builds() -> None:
    """`bench core --against` is refused with the parts that take it."""
    with pytest.raises(BuildError, match="core measures none; take start, change or slow"):
        measuring.chosen("core", OTHER)


def test_every_part_has_its_programs(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each part runs programs that are there, and those of pages are told of the other build."""
    asked: list[list[str]] = []

    def note(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(measuring.subprocess, "run", note)
    monkeypatch.setattr(measuring, "find_node", lambda: ("node", "npm"))
    for part in measuring.PARTS:
        asked.clear()
        measuring.run(root, Path("python"), [part], OTHER)
        modules = [command[2] for command in asked if command[:2] == ["python", "-m"]]
        assert modules
        assert all((root / (module.replace(".", "/") + ".py")).is_file() for module in modules)
        assert [str(OTHER) in command for command in asked] == [part != "core"] * len(asked)


def test_a_failed_measurement_is_told(root: Path) -> None:
    """The part and its status are named; the others are not begun."""
    with pytest.raises(BuildError, match="the measurement of start failed with status 1"):
        measuring.run(root, Path("/bin/false"), ["start", "change"], None)

import doctest
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def readme(root: Path) -> str:
    """Gives the README's text."""
    return (root / "README.md").read_text("utf-8")


def test_the_examples_hold(readme: str) -> None:
    """Every Python example of the README gives what stands below it."""
    examples = "\n".join(re.findall(r"```python\n(.*?)```", readme, re.DOTALL))
    test = doctest.DocTestParser().get_doctest(examples, {}, "README.md", "README.md", 0)
    assert len(test.examples) > 10
    failures = doctest.DocTestRunner().run(test)
    assert failures.failed == 0


def test_the_commands_exist(root: Path, readme: str) -> None:
    """Each `python3 build.py ...` of the README is understood by build.py, with its options."""
    commands = set(re.findall(r"python3 (build\.py[^`\n]*)", readme))
    assert {"build.py", "build.py serve", "build.py test", "build.py bench"} <= commands
    for command in commands:
        words = shlex.split(command)
        done = subprocess.run([sys.executable, *words, "--help"], cwd=root, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), command


def test_the_places_exist(root: Path, readme: str) -> None:
    """Each file and folder in the README's table is there."""
    table = readme[readme.index("| place") : readme.index("Imports point")]
    places = [place for row in table.strip().splitlines()[2:] for place in re.findall(r"`([^`]+)`", row.split("|")[1])]
    assert len(places) > 8
    assert [place for place in places if not (root / place).exists()] == []

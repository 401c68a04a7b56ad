"""The digests of the Python packages, in site/requirements.lock: every installation is held to them.

`python3 build.py lock` makes the file anew after a change of the pins in pyproject.toml (assembly.locking).
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from assembly.report import BuildError

PLACE = "site/requirements.lock"
ENTRY = re.compile(r"^(\S+==\S+)(?: \\\n    --hash=sha256:[0-9a-f]{64})+$", re.MULTILINE)


def read(root: Path) -> dict[str, str]:
    """Returns the entries of the lock by requirement, each with its digests, as pip reads them."""
    path = root / PLACE
    return {entry[1]: entry[0] for entry in ENTRY.finditer(path.read_text("utf-8"))} if path.exists() else {}


def entries(locked: Mapping[str, str], requirements: Iterable[str]) -> str:
    """Returns requirements with their digests.

    Raises:
        BuildError: The lock has none of one of them.
    """
    requirements = list(requirements)
    absent = [requirement for requirement in requirements if requirement not in locked]
    if absent:
        raise BuildError(
            f"{PLACE} has no digests of {', '.join(absent)}, which pyproject.toml names. Run: python3 build.py lock"
        )
    return "".join(f"{locked[requirement]}\n" for requirement in requirements)

"""Options shared by all tests."""

from pathlib import Path

import pytest
from hypothesis import settings

# The same examples on every machine, and no judgement of speed by the clock of a busy one.
settings.register_profile("same", deadline=None, derandomize=True, database=None)
settings.register_profile(
    "search", deadline=None, max_examples=1000
)  # pytest --hypothesis-profile=search: look for new ones
settings.register_profile("quick", parent=settings.get_profile("same"), max_examples=15)
settings.load_profile("same")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that tests anywhere in the tree read through `pytestconfig`."""
    parser.addoption(
        "--vectors",
        type=Path,
        default=Path(__file__).parent / "vectors",
        metavar="DIR",
        help="folder with a manifest.json of recorded cases that quantcore must reproduce (default: tests/vectors)",
    )
    parser.addoption(
        "--mutants",
        type=int,
        metavar="N",
        help="damaged files that are made of those of each reader of models, in place of the suite's few hundred",
    )

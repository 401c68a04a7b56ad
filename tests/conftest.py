"""Options shared by all tests."""

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that tests anywhere in the tree read through `pytestconfig`."""
    parser.addoption(
        "--vectors",
        type=Path,
        default=Path(__file__).parent / "vectors",
        metavar="DIR",
        help="folder with a manifest.json of recorded cases that quantcore must reproduce (default: tests/vectors)",
    )

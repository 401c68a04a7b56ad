import doctest
import importlib
from pathlib import Path

import assembly
import pytest

MODULES = sorted(path.stem for path in Path(assembly.__file__).parent.glob("*.py") if ">>> " in path.read_text("utf-8"))


@pytest.mark.parametrize("name", MODULES)
def test_examples_hold(name: str) -> None:
    """Every example in the build's docstrings gives what stands below it."""
    found = doctest.testmod(importlib.import_module(f"assembly.{name}"))
    assert (found.failed, found.attempted > 0) == (0, True)

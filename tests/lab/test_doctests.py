"""The examples in the lab's docstrings."""

import doctest
import importlib
import pkgutil

import lab
import pytest

MODULES = sorted(module.name for module in pkgutil.walk_packages(lab.__path__, "lab."))


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    """Every example in a docstring gives what it says."""
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_there_are_examples() -> None:
    """The search finds modules and examples at all."""
    found = doctest.DocTestFinder().find(importlib.import_module("lab.notation.display"))
    assert len(MODULES) > 20
    assert sum(len(test.examples) for test in found) > 8

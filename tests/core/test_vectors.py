"""Recorded answers of real libraries, each run by the adapter of its family.

`--vectors DIR` names the folder with manifest.json and its arrays; the project's own copy is tests/vectors. A case
whose family has no adapter fails: nothing passes unseen.
"""

import functools
import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Case = dict[str, Any]
Adapter = Callable[[Case, dict[str, Any], dict[str, Any]], None]


@functools.cache
def adapters() -> dict[str, Adapter]:
    """The adapter of each family, from every adapters_*.py beside this file."""
    found: dict[str, Adapter] = {}
    for path in sorted(Path(__file__).parent.glob("adapters_*.py")):
        more: dict[str, Adapter] = importlib.import_module(f"tests.core.{path.stem}").ADAPTERS
        assert not found.keys() & more.keys(), f"{path.name}: families with two adapters"
        found |= more
    return found


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each case of the manifest."""
    if "case" in metafunc.fixturenames:
        folder = metafunc.config.getoption("vectors")
        cases = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["cases"]
        metafunc.parametrize("case", cases, ids=[case["id"] for case in cases])


@functools.cache
def _archive(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as archive:
        return {key: archive[key] for key in archive.files}


def _array(folder: Path, reference: Any) -> Any:
    """'file.npz#key' is an array, {"value": v} is v."""
    if isinstance(reference, dict):
        return np.asarray(reference["value"])
    name, key = reference.split("#")
    return _archive(folder / name)[key].copy()


def test_recorded_case(case: Case, pytestconfig: pytest.Config) -> None:
    """Quantcore answers what the library answered, in the comparison that the case states."""
    adapter = adapters().get(case["family"])
    assert adapter, f"no adapter for the family {case['family']!r}"
    folder = pytestconfig.getoption("vectors")
    inputs, outputs = (
        {name: _array(folder, ref) for name, ref in case[side].items()} for side in ("inputs", "outputs")
    )
    adapter(case, inputs, outputs)

"""Runs the programs for PyTorch and ONNX and records what they answer, for machines that have neither.

    python tests/lab/programs/record_programs.py

needs torch 2.13.0 and onnx 1.23.2.

The record holds the text of each program, so that a test can tell whether what is shown is still what was run.
"""

import json
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
RECORD = Path(__file__).with_name("recorded_programs.json")
KINDS = ("pytorch", "onnx")


def run(program: str, request: Mapping[str, str]) -> dict[str, Any]:
    """The codes and the reconstruction that a program leaves behind, as plain lists; nothing for mere comments."""
    from tests.lab.programs import running

    names = running.run(program, request)
    return {name: plain(names[name]) for name in ("q", "x_hat") if name in names}


def plain(numbers: Any) -> list[float]:
    """An array of any library as a flat list."""
    import numpy as np

    flat: list[float] = np.asarray(numbers).reshape(-1).astype(np.float64).tolist()
    return flat


def record() -> dict[str, Any]:
    """Every program and its outcome."""
    import lab
    import onnx
    import torch
    from requests_for_programs import REQUESTS

    warnings.simplefilter("ignore")
    found: dict[str, Any] = {"versions": {"torch": torch.__version__, "onnx": onnx.__version__}}
    for kind in KINDS:
        programs = {name: lab.answer({**fields, "show": "mapping"})["code"][kind] for name, fields in REQUESTS.items()}
        found[kind] = {name: {"program": program, **run(program, REQUESTS[name])} for name, program in programs.items()}
    return found


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "site"), str(Path(__file__).parent)]
    RECORD.write_text(json.dumps(record(), indent=1, ensure_ascii=False) + "\n", "utf-8")

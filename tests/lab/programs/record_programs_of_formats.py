"""Runs the programs for number formats that need a library, and records what they answer, for machines without it.

    python tests/lab/programs/record_programs_of_formats.py

needs torch 2.13.0, torchao 0.18.0, bitsandbytes 0.50.2, onnx 1.23.2, ml_dtypes 0.6.0 and gguf 0.19.0.

The record holds the digest of each program, so that a test can tell whether what is shown is still what was run, and
the digests of the codes and of the reconstruction that it gave.
"""

import hashlib
import json
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[3]
RECORD = Path(__file__).with_name("recorded_programs_of_formats.json")
KINDS = ("ml_dtypes", "gguf", "bitsandbytes", "torchao", "onnx", "pytorch")


def digest(numbers: Any) -> str:
    """Of numbers as float64; zeros and NaN lose their sign."""
    flat = np.array(numbers, np.float64).reshape(-1) + 0.0
    flat[np.isnan(flat)] = np.nan
    return hashlib.sha256(flat.astype("<f8").tobytes()).hexdigest()[:32]


def digest_of_text(text: str) -> str:
    """Of a program, or of bytes in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def outcome(program: str, request: Mapping[str, str]) -> dict[str, str]:
    """Digests of what a program gives: codes, reconstruction, bytes."""
    from tests.lab.programs.running import run

    names = run(program, request)
    found = {name: digest(names[name]) for name in ("q", "x_hat") if name in names}
    if "GGMLQuantizationType" in names:
        found["data"] = digest_of_text(names["data"].tobytes().hex())
    return found


def record() -> dict[str, Any]:
    """Every program of every request."""
    import lab
    from requests_for_formats import REQUESTS

    found: dict[str, Any] = {kind: {} for kind in KINDS}
    for name, fields in REQUESTS.items():
        programs = lab.answer({**fields, "show": "mapping"})["code"]
        for kind in KINDS:
            if kind in programs:
                found[kind][name] = {"program": digest_of_text(programs[kind]), **outcome(programs[kind], fields)}
    return found


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "site"), str(Path(__file__).parent)]
    warnings.simplefilter("ignore")
    RECORD.write_text(json.dumps(record(), indent=1) + "\n", "utf-8")

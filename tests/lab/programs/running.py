"""Runs a program in a folder that holds what it reads."""

import base64
import contextlib
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SAVED = "quantization-lab-table.npz"


def run(program: str, request: Mapping[str, str], files: Mapping[str, bytes] | None = None) -> dict[str, Any]:
    """The names that a program leaves behind.

    Args:
        program: its text.
        request: what it was shown for.
        files: what lies beside it, by name.
    """
    from lab.exports.export import export

    names: dict[str, Any] = {"print": lambda *texts: None}
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for name, data in (files or {}).items():
            Path(name).write_bytes(data)
        if SAVED in program:
            saved = export(dict(request), "table.npz")
            assert saved["ok"], saved
            assert saved["name"] == SAVED
            Path(SAVED).write_bytes(base64.b64decode(saved["data"]))
        exec(compile(program, "program", "exec"), names)
    return names

"""The names in an address that are about the appearance: the same before Python runs as afterwards."""

import ast
import json
import re
from pathlib import Path

SITE = Path(__file__).resolve().parents[2] / "site"


def test_what_is_no_question_is_named_alike() -> None:
    """theme.js asks what page/address.py asks: whether a link wants an answer, or only another look."""
    module = ast.parse((SITE / "page" / "address.py").read_text())
    names = next(
        ast.literal_eval(node.value)
        for node in module.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "APPEARANCE"
    )
    passed_over = re.search(r"of (\[.*?\])\) link\.delete", (SITE / "runtime" / "theme.js").read_text())
    assert passed_over is not None
    assert json.loads(passed_over[1]) == list(names)

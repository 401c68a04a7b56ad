"""The table of a model's tensors: what is searched for, in the order that was asked for."""

import json
from typing import Any

import pytest
from page.tensor_table import OTHERS, STEP, Listed, found, nodes


def row(name: str, n: int, dtype: str, size: int) -> dict[str, Any]:
    """A tensor as the page keeps it."""
    return {"name": name, "n": n, "shape": [n], "dtype": dtype, "size": size, "bits": 8 * size / n, "share": 0.5}


@pytest.fixture
def listed() -> Listed:
    """Three tensors of a file."""
    made = Listed()
    made.name = "m.gguf"
    made.about = {"kind": "GGUF version 3", "bits_per_value": 5.5, "notices": [], "others": []}
    made.rows = [
        row("blk.0.attn_q.weight", 512, "Q4_K", 288),
        row("blk.0.attn_q.bias", 16, "F32", 64),
        row("output.weight", 1024, "Q6_K", 840),
    ]
    return made


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["blk.0.attn_q.weight", "blk.0.attn_q.bias", "output.weight"]),
        ("weight", ["blk.0.attn_q.weight", "output.weight"]),
        ("ATTN q4_k", ["blk.0.attn_q.weight"]),
        ("bias q4_k", []),
    ],
)
def test_all_words_are_searched_for(listed: Listed, query: str, names: list[str]) -> None:
    """In name and type, in any case."""
    listed.query = query
    assert [one["name"] for one in found(listed)] == names


def test_rows_are_sorted_by_a_column(listed: Listed) -> None:
    """Numbers by size, not as texts."""
    listed.key, listed.is_falling = "n", True
    assert [one["n"] for one in found(listed)] == [1024, 512, 16]
    listed.key, listed.is_falling = "dtype", False
    assert [one["dtype"] for one in found(listed)] == ["F32", "Q4_K", "Q6_K"]


def test_many_rows_are_shown_in_steps(listed: Listed) -> None:
    """At first as many as a step, with what brings more."""
    listed.rows = [row(f"w{i}", 8, "F32", 32) for i in range(3 * STEP)]
    text = json.dumps(nodes(listed))
    assert text.count('"scope": "row"') == STEP
    assert "more-tensors" in text
    listed.n_shown = 3 * STEP
    text = json.dumps(nodes(listed))
    assert text.count('"scope": "row"') == 3 * STEP
    assert "more-tensors" not in text


def test_other_models_that_are_open_are_offered(listed: Listed) -> None:
    """A button for each, the latest few, asks of this file and names the other."""
    assert "Compare with" not in json.dumps(nodes(listed))
    assert listed.about is not None
    listed.about["others"] = [{"name": f"m{i}.gguf", "sha256": str(i)} for i in range(OTHERS + 1)]
    tree = nodes(listed)
    buttons = [one for one in tree[3][2:] if one[2].startswith("Compare with")]
    assert [one[2] for one in buttons] == [f"Compare with m{i}.gguf" for i in range(1, OTHERS + 1)]
    asked = json.loads(buttons[0][1]["data-question"])
    assert asked == {"ask": "pairs", "file": "m.gguf", "file_sha256": "", "other": "m1.gguf", "other_sha256": "1"}

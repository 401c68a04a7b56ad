"""The table of a model's tensors: what is searched for, in the order that was asked for."""

import json
from typing import Any

import pytest
from page.tensor_table import STEP, Listed, found, nodes


def row(name: str, n: int, dtype: str, size: int) -> dict[str, Any]:
    """A tensor as the page keeps it."""
    return {"name": name, "n": n, "shape": [n], "dtype": dtype, "size": size, "bits": 8 * size / n, "share": 0.5}


@pytest.fixture
def listed() -> Listed:
    """Three tensors of a file."""
    made = Listed()
    made.name, made.about = "m.gguf", {"kind": "GGUF version 3", "bits_per_value": 5.5, "notices": []}
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

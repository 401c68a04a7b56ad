"""The table of a model's tensors: what is searched for, in the order that was asked for, so many rows at once."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from lab.data.store import STORE
from lab.inspection.tensor_table import OTHERS, STEP, Asked, listed
from lab.models.reading.source import BytesSource
from lab.notation.nodes import text_of

from tests.lab.models.files import gguf

F32, Q4_K, Q6_K = 0, 12, 14
NAMES = ["blk.0.attn_q.weight", "blk.0.attn_q.bias", "output.weight"]
MANY = 2 * STEP + 10


def opened(name: str, data: bytes) -> Asked:
    """A model that the store holds."""
    return Asked(name, STORE.open(name, {name: BytesSource(data)})["file"]["sha256"])


@pytest.fixture
def three() -> Iterator[Asked]:
    """Three tensors of a file."""
    tensors = [(NAMES[0], (2, 256), Q4_K, 0, bytes(288)), (NAMES[1], (16,), F32, 288, bytes(64))]
    yield opened("m.gguf", gguf([*tensors, (NAMES[2], (4, 256), Q6_K, 352, bytes(840))]))
    STORE.forget()


@pytest.fixture
def many() -> Iterator[Asked]:
    """More tensors than are shown at once, each larger than the one before."""
    data = [bytes(32 * (1 + i)) for i in range(MANY)]
    places = [sum(map(len, data[:i])) for i in range(MANY)]
    yield opened("many.gguf", gguf([(f"w{i}", (8 * (1 + i),), F32, places[i], data[i]) for i in range(MANY)]))
    STORE.forget()


def names(asked: Asked) -> list[str]:
    """What the rows are of."""
    return [text_of(row[2]) for row in listed(asked)[1]]


def changed(asked: Asked, **fields: Any) -> Asked:
    """The same model, listed otherwise."""
    return Asked(asked.file, asked.file_sha256, **fields)


@pytest.mark.parametrize(
    ("query", "found"),
    [("", NAMES), ("weight", [NAMES[0], NAMES[2]]), ("ATTN q4_k", NAMES[:1]), ("bias q4_k", [])],
)
def test_all_words_are_searched_for(three: Asked, query: str, found: list[str]) -> None:
    """In name and type, in any case."""
    assert names(changed(three, query=query)) == found


@pytest.mark.parametrize(
    ("by", "order"),
    [
        ("", [0, 1, 2]),
        ("n", [2, 0, 1]),  # 1024, 512 and 16 values: by size, not as texts
        ("dtype", [1, 0, 2]),
        ("bits", [1, 2, 0]),  # 32, 6.5625 and 4.5
        ("size", [2, 0, 1]),
    ],
)
def test_rows_are_sorted_by_a_column(three: Asked, by: str, order: list[int]) -> None:
    """Numbers from the greatest, texts from the first; and the other way round."""
    assert names(changed(three, by=by)) == [NAMES[i] for i in order]
    if by:
        assert names(changed(three, by=by, is_turned=True)) == [NAMES[i] for i in reversed(order)]


def test_of_many_rows_some_are_shown(many: Asked) -> None:
    """A window that is moved over all of them, whatever they are sorted by, and that a search looks beyond."""
    windows = [names(changed(many, first=first)) for first in range(0, MANY, STEP)]
    assert [len(rows) for rows in windows] == [STEP, STEP, 10]
    assert [name for rows in windows for name in rows] == [f"w{i}" for i in range(MANY)]
    assert names(changed(many, by="size"))[0] == f"w{MANY - 1}"
    assert names(changed(many, query=f"w{MANY - 1}")) == [f"w{MANY - 1}"]
    text = json.dumps(listed(changed(many, first=STEP))[0])
    assert f"{STEP + 1} to {2 * STEP} of {MANY} shown" in text
    assert '"disabled"' not in text
    assert json.dumps(listed(changed(many, first=2 * STEP))[0]).count('"disabled"') == 1
    assert "turn-tensors" not in json.dumps(listed(changed(many, query="w1"))[0])


def test_other_models_that_are_open_are_offered(three: Asked) -> None:
    """A button for each, the latest few, asks of this file and names the other."""
    assert "Compare with" not in json.dumps(listed(three)[0])
    others = [opened(f"m{i}.gguf", gguf([(f"w{i}", (8,), F32, 0, bytes(32))])) for i in range(OTHERS + 1)]
    buttons = [one for one in listed(three)[0][3][2:] if one[2].startswith("Compare with")]
    assert [one[2] for one in buttons] == [f"Compare with m{i}.gguf" for i in range(1, OTHERS + 1)]
    asked = json.loads(buttons[0][1]["data-question"])
    named = {"file": "m.gguf", "file_sha256": three.file_sha256}
    assert asked == {"ask": "pairs", **named, "other": "m1.gguf", "other_sha256": others[1].file_sha256}

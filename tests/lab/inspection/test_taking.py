"""What is taken along: decoded tensors that NumPy and safetensors read, the list of tensors, the report of a file."""

import csv
import io
import json
import math
import re
from typing import Any

import numpy as np
import pytest
from lab.data.store import STORE
from lab.inspection import taking
from lab.inspection.entries import of_value
from lab.models.containers.gguf import Values
from lab.models.containers.safetensors import read_safetensors
from lab.models.reading.source import BytesSource

from tests.lab.data.test_model_files import sources
from tests.lab.inspection.test_questions import answer_to
from tests.lab.models.files import NAMES, expected, gguf, safetensors


def asked(name: str, **question: str) -> dict[str, str]:
    """A question about a recorded file, which is open."""
    return {"file": name, "file_sha256": "", **question}


def saved(question: dict[str, str]) -> bytes:
    """The file that a question answers with."""
    answer = answer_to(question)
    assert answer["ok"], answer
    return b"".join(answer["file"]["pieces"])


@pytest.mark.parametrize("name", NAMES)
def test_saved_numbers_are_what_the_library_decodes(name: str) -> None:
    """Both files of every tensor hold its shape and the numbers that the library decodes."""
    loaded = STORE.open(name, sources(name))
    wanted = expected(name)
    for array in [one for one in loaded["arrays"] if one["name"] in wanted]:
        recorded, tensor = wanted[array["name"]], array["name"]
        numbers = np.load(io.BytesIO(saved(asked(name, ask="npy", tensor=tensor))))
        assert numbers.shape == tuple(array["shape"])
        if numbers.size == recorded.size:
            assert np.array_equal(numbers.astype(np.float32), recorded, equal_nan=True)
        data = saved(asked(name, ask="safetensors", tensor=tensor))
        (read,) = read_safetensors(BytesSource(data)).tensors
        assert (read.name, read.shape, read.dtype) == (tensor, numbers.shape, f"F{8 * numbers.itemsize}")
        assert data[read.offset :] == numbers.tobytes()
        assert read.offset % 8 == 0


def test_a_tensor_beyond_the_limit_is_saved_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its parts are offered, hold all rows in order, and are within the limit; as a whole it is refused."""
    values = np.arange(7 * 32, dtype="<f4")
    STORE.open("w.gguf", {"w.gguf": BytesSource(gguf([("w", (7, 32), 0, 0, values.tobytes())]))})
    monkeypatch.setattr(taking, "MAX_SAVED", 3 * 32 * 4)
    answer = answer_to(asked("w.gguf", ask="npy", tensor="w"))
    assert "Take along at most 3 rows at once." in answer["errors"][0]["message"]
    offered = str(answer_to(asked("w.gguf", ask="take", tensor="w"))["nodes"])
    questions = [json.loads(text) for text in re.findall(r"'data-question': '([^']*\"npy\"[^']*)'", offered)]
    assert [question["rows"] for question in questions] == ["0:3", "3:6", "6:7"]
    parts = [np.load(io.BytesIO(saved(question))) for question in questions]
    assert np.array_equal(np.concatenate(parts), values.reshape(7, 32))


def test_the_list_of_tensors_is_csv() -> None:
    """A reader of CSV gets every tensor with its shape and bytes, whatever marks are in its name."""
    name = 'a,"b"\nc'
    data = safetensors({name: ("F32", (2, 3), bytes(24)), "d": ("F16", (4,), bytes(8))})
    STORE.open("marks.safetensors", {"marks.safetensors": BytesSource(data)})
    text = saved(asked("marks.safetensors", ask="csv")).decode()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [(row["name"], row["shape"], row["size_bytes"], row["bits_per_value"]) for row in rows] == [
        (name, "2 3", "24", "32.0"),
        ("d", "4", "8", "16.0"),
    ]


@pytest.mark.parametrize("name", NAMES)
def test_the_report_names_every_tensor(name: str) -> None:
    """The Markdown has a line for each tensor and entry, tables of equal width, and the notices."""
    loaded = STORE.open(name, sources(name))
    text = saved(asked(name, ask="report")).decode()
    lines = text.split("\n")
    for array in loaded["arrays"]:
        row = next(line for line in lines if line.replace("\\", "").startswith(f"| {array['name']} |"))
        assert f"| {' × '.join(map(str, array['shape'])) or 'one number'} |" in row
        assert row.replace(r"\|", "").count("|") == 7
    assert all(notice in text.replace("\\", "") for notice in loaded["model"]["notices"])


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (Values(3, (1, 2, 3)), "3 whole numbers: 1, 2, 3"),
        (Values(32000, tuple("abcdefgh")), '32,000 texts, the others not read: "a", "b", "c", "d", …'),
        (Values(5), "5 lists, not read"),
        (Values(0), "an empty list"),
        (Values(1, (True,)), "1 flag: yes"),
        (float(np.float32(1e-5)), "1e−5"),
        (1e300, "1e300"),
        (math.inf, "∞"),
        (-7, "−7"),
        (False, "no"),
        ("x" * 300, "x" * 200 + " … (300 characters)"),
    ],
)
def test_entries_of_a_header_are_words(value: Any, told: str) -> None:
    """What an entry holds is said as people write it, and of a list how much of it was read."""
    assert of_value(value) == told

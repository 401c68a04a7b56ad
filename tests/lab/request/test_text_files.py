"""Text out of a file is read as in the box: what was understood is said, the other reading is one click away."""

from collections.abc import Iterator
from typing import Any

import lab
import numpy as np
import pytest
from lab.data.store import STORE

ENDINGS = ("txt", "csv", "tsv")


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """No file is left for other tests."""
    yield
    STORE.forget()


def dropped(name: str, text: str, **more: str) -> dict[str, Any]:
    """The answer for a file."""
    loaded = STORE.load(name, text.encode())
    assert loaded["ok"], loaded
    fields = {"file": name, "file_sha256": loaded["file"]["sha256"]}
    answer: dict[str, Any] = lab.answer({"profile": "onnx", "source": "file", "show": "summary", **fields, **more})
    assert answer["ok"], answer["errors"]
    return answer | {"left_out": [one["reason"] for one in loaded["skipped"]]}


MISREAD = {
    "1,5; -2,25; 3,0": ([1.5, -2.25, 3.0], "3 numbers, decimal commas"),
    "1,5\t-2,25\n3,0\t0,5": ([[1.5, -2.25], [3.0, 0.5]], "4 numbers, 2 × 2, decimal commas"),
    "0,1\n-0,2\n0,3": ([0.1, -0.2, 0.3], "3 numbers, decimal commas"),
    "[1 2 3; 4 5 6]": ([[1, 2, 3], [4, 5, 6]], "6 numbers, 2 × 3"),
    "1,2,3;4,5,6": ([[1, 2, 3], [4, 5, 6]], "6 numbers, 2 × 3"),
    "1,024 2,048": ([1024, 2048], "2 numbers, commas between thousands"),
    "-3.4028235e+38, 0, 1": ([-3.4028234663852886e38, 0, 1], "3 numbers"),
}


@pytest.mark.parametrize("text", MISREAD)
@pytest.mark.parametrize("ending", ["", *ENDINGS])
def test_every_way_in_reads_alike(ending: str, text: str) -> None:
    """Typed, or in a file of any of these endings; -3.4028235e+38 is the lowest number of float32."""
    numbers, words = MISREAD[text]
    typed = {"profile": "onnx", "values": text, "show": "summary"}
    answer = dropped(f"numbers.{ending}", text) if ending else lab.answer(typed)
    expected = np.float32(numbers)
    assert answer["values"] == expected.reshape(-1).tolist()
    assert (answer["shape"], answer["reading"]) == (list(expected.shape), words)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(
    ("text", "commas", "numbers"),
    [
        ("0,1\n-0,2\n0,3", "separator", [0, 1, 0, 2, 0, 3]),
        ("1,024 2,048", "separator", [1, 24, 2, 48]),
        ("1,024 2,048", "decimal", [1.024, 2.048]),
    ],
)
def test_the_other_reading_is_one_click_away(ending: str, text: str, commas: str, numbers: list[float]) -> None:
    """The notice offers it, and what it offers is taken."""
    (notice,) = (notice for notice in dropped(f"n.{ending}", text)["notices"] if notice.get("offers"))
    assert {"commas": commas} in [offer["fields"] for offer in notice["offers"]]
    assert dropped(f"n.{ending}", text, commas=commas)["values"] == np.float32(numbers).tolist()


@pytest.mark.parametrize(
    ("text", "numbers", "left_out"),
    [
        ("\u22121.5,2\n3,\n5,6,\n", [[-1.5, 2], [5, 6]], ["left out, because a cell of it is empty."]),
        ("a,b\n\u22121.5,2\n3,\n5,6\n", [[-1.5, 2], [5, 6]], ["left out, because a cell of it is empty."]),
        ("\u22121.5,2,\n3,4,\n", [[-1.5, 2], [3, 4]], ["is empty."]),
        ("1,2,\n3,4\n", [[1, 2], [3, 4]], ["is empty."]),
        ("1.234,5;2,5\n0,5;1\n", [[1234.5, 2.5], [0.5, 1]], []),
        ('"1,5";"2,5"\n"0,5";"1"\n', [[1.5, 2.5], [0.5, 1]], []),
        ("x;y\n1,5;-2,25\n3,0;0,5\n", [[1.5, -2.25], [3, 0.5]], []),
    ],
)
def test_tables_with_gaps(text: str, numbers: list[list[float]], left_out: list[str]) -> None:
    """Minus signs of typography, empty cells, trailing separators, quotation marks: read, and what is left out told."""
    answer = dropped("table.csv", text)
    assert answer["values"] == np.float32(numbers).reshape(-1).tolist()
    assert (answer["shape"], answer["left_out"]) == ([2, 2], left_out)


def test_comments_are_left_out_and_told() -> None:
    """Lines with # before the numbers of a text."""
    answer = dropped("a.txt", "# made by a program\n# float32\n1.5\n-2\n")
    assert (answer["values"], answer["reading"]) == ([1.5, -2.0], "2 numbers, 2 comments left out")


def test_a_print_in_a_file_gives_scale_and_zero_point() -> None:
    """As it does in the box."""
    text = "tensor([1.0, 2.5], size=(2,), dtype=torch.quint8, scale=0.1, zero_point=2)"
    answer = dropped("print.txt", text)
    assert (answer["codes"], answer["request"]["calibration"]) == ([12, 27], "given")
    assert dropped("print.txt", text, calibration="minmax")["request"]["calibration"] == "minmax"


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(
    "text", ["x = [1, 2, 3]", "array([1, 2, 3], dtype=int8)", "tensor([1., 2., 3.])", "{1, 2, 3}", "[1] 1 2\n[3] 3"]
)
def test_prints_are_no_tables(ending: str, text: str) -> None:
    """A printed array is read as such whatever the file is called."""
    assert dropped(f"print.{ending}", text)["values"] == [1, 2, 3]


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_print_without_its_middle_is_refused(ending: str) -> None:
    """In a file, too, it is said how to print all."""
    (error,) = STORE.load(f"print.{ending}", b"tensor([1., 2., ..., 3.])")["errors"]
    assert "threshold=sys.maxsize" in error["message"]


def test_names_of_columns_may_have_brackets() -> None:
    """Units in the line of names make no array of a table."""
    assert dropped("t.csv", "time [s],force (N)\n1.5,2\n2.5,3\n")["values"] == [1.5, 2, 2.5, 3]


def test_a_header_of_c() -> None:
    """Declarations in .h and .c files make their shape."""
    assert dropped("w.h", "static const int8_t w[2][2] = {\n  {1, -2},\n  {3, 4}};\n")["shape"] == [2, 2]
    assert dropped("w.h", "{0.5f, -2}")["values"] == [0.5, -2]
    assert dropped("w.c", "float w[] = {0.1f, -0.2f};")["values"] == np.float32([0.1, -0.2]).tolist()

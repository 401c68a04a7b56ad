"""A map of a whole tensor: its cells are NumPy's, and the window moves over it without reading again."""

import json
from collections.abc import Iterator

import lab
import numpy as np
import pytest
from lab.data.store import STORE
from lab.inspection.grid import Grid
from lab.inspection.questions import ask
from lab.inspection.work import Stopped
from lab.models.reading.source import BytesSource

from tests.lab.inspection.test_questions import answer_to
from tests.lab.models.files import Counting, gguf

VALUES = np.random.default_rng(5).normal(size=(1000, 640)).astype("<f4")


SOURCE = Counting(BytesSource(gguf([("w", (1000, 640), 0, 0, VALUES.tobytes())])))


@pytest.fixture
def question() -> Iterator[dict[str, str]]:
    """Asks for the map of a tensor of 1000 rows of 640 columns."""
    loaded = STORE.open("map.gguf", {"map.gguf": SOURCE})
    yield {"ask": "map", "file": "map.gguf", "file_sha256": loaded["file"]["sha256"], "tensor": "w"}
    STORE.forget()


def test_cells_are_numpys(question: dict[str, str]) -> None:
    """Each cell, of 11 rows and 7 columns or of what is left of them, has their RMS and largest magnitude."""
    heat = answer_to(question)["figures"]["inspection"]["data"][0]
    cells = [[VALUES[i : i + 11, j : j + 7].astype(float) for j in range(0, 640, 7)] for i in range(0, 1000, 11)]
    assert (heat["dy"], heat["dx"], heat["y0"], heat["x0"]) == (11, 7, 5, 3)
    np.testing.assert_allclose(heat["z"], [[np.sqrt(np.mean(c**2)) for c in row] for row in cells], rtol=1e-12)
    assert heat["customdata"] == [[np.abs(c).max() for c in row] for row in cells]


def test_what_is_not_finite_is_left_out() -> None:
    """NaN and infinity change no other cell, nor the others of their own; a cell of nothing else is empty."""
    values = np.array([[1.0, np.nan, np.inf, -np.inf], [7.0, -3.0, np.nan, np.nan]])
    grid = Grid(2, 4, 2)
    grid.add(0, values[:1])
    grid.add(1, values[1:])
    assert grid.rms.tolist()[0][0] == 1.0
    assert np.isnan(grid.rms[0, 1])
    assert grid.rms[1, 0] == np.sqrt((49 + 9) / 2)
    assert grid.peaks.tolist() == [[1, 0], [7, 0]]


def test_rows_come_in_any_portions() -> None:
    """A grid of parts is that of the whole, NaN where nothing came."""
    values = VALUES[:10, :7].astype(float)
    whole, parts = Grid(10, 7, 4), Grid(10, 7, 4)
    whole.add(0, values)
    for start, stop in ((0, 3), (3, 4), (4, 10)):
        parts.add(start, values[start:stop])
    np.testing.assert_allclose(whole.rms, parts.rms, rtol=1e-15)
    assert np.array_equal(whole.peaks, parts.peaks)
    assert np.isnan(Grid(10, 7, 4).rms).all()


def test_a_window_moves_without_reading(question: dict[str, str]) -> None:
    """A cell's rows become the request's; the buttons go on from there and stay inside; nothing is read again."""
    assert "fields" not in answer_to(question)
    n_read = SOURCE.n_read
    answer = answer_to({**question, "at": "90,3"})
    assert answer["fields"]["rows"] == "990:1000"
    seen = set()
    waiting = [answer]
    while waiting and len(seen) < 200:
        nodes = json.dumps(waiting.pop()["nodes"])
        for text in nodes.split('"data-question": "')[1:]:
            asked = json.loads(json.loads('"' + text.split('}"')[0] + '}"'))
            if asked.get("rows", "") and asked["rows"] not in seen:
                seen.add(asked["rows"])
                moved = answer_to(asked)
                rows, columns = (*asked["rows"].split(", "), "0:640")[:2]
                for ends, length in ((rows, 1000), (columns, 640)):
                    first, last = map(int, ends.split(":"))
                    assert 0 <= first < last <= length
                assert moved["fields"]["rows"] == asked["rows"]
                assert asked["rows"] != "0:1000"  # which is no part, but all
                waiting.append(moved)
    assert len(seen) == 200
    assert any(", " in rows for rows in seen)
    assert SOURCE.n_read == n_read


def test_a_click_keeps_the_columns_number(question: dict[str, str]) -> None:
    """The window is then around the cell, inside of the tensor, and the laboratory shows these numbers."""
    halved = answer_to({**question, "rows": "0:11, 0:100"})
    [frame] = halved["figures"]["inspection"]["layout"]["shapes"]
    assert [frame[end] for end in ("x0", "x1", "y0", "y1")] == [-0.5, 99.5, -0.5, 10.5]
    asked = json.loads(halved["figures"]["inspection"]["data"][0]["meta"]["question"])
    for at, rows in (("2,50", "22:33, 303:403"), ("0,0", "0:11, 0:100"), ("90,91", "990:1000, 540:640")):
        answer = answer_to({**asked, "at": at})
        assert answer["fields"]["rows"] == rows
        shown = lab.answer({"profile": "onnx", **answer["fields"]})
        (top, bottom), (left, right) = ([int(end) for end in ends.split(":")] for ends in rows.split(", "))
        assert shown["shape"] == [bottom - top, right - left]
        assert shown["values"] == VALUES[top:bottom, left:right].ravel().tolist()


def test_a_stopped_map_is_of_what_was_read(question: dict[str, str]) -> None:
    """Of a map that is stopped the rest is empty, and it is said."""
    work = ask(question)
    next(work)
    with pytest.raises(StopIteration) as end:
        work.throw(Stopped())
    answer = end.value.value
    assert answer["data"]["share"] < 1
    assert answer["figures"]["inspection"]["data"][0]["z"][-1] == [None] * 92
    assert "Stopped after" in json.dumps(answer["nodes"])

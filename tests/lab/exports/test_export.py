"""Files to take along, read back by other readers than those that wrote them."""

import base64
import csv
import io
import json
import re
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl
from xml.etree import ElementTree

import lab
import numpy as np
import pytest
from lab.exports.export import EXPORTS

REQUESTS: list[dict[str, str]] = [
    {},
    {"profile": "onnx", "values": "[[1, 2.25, 3], [4, -5, 6.5]]", "granularity": "axis", "axis": "0"},
    {"profile": "onnx", "values": "[[[1, 2], [3, 4]], [[5, 6], [7, 8.5]]]", "bits": "16", "signed": "0"},
    {"profile": "pytorch", "values": "0.1 0.2 -0.7 3 4.25", "granularity": "block", "block_size": "2", "bits": "4"},
    {"values": "-129.5, 0, 125.5"},  # a code beyond int8
    {"values": "1e300, -1e-300", "precision": "float64"},
    {"direction": "dequantize", "profile": "onnx", "codes": "[[1, 2], [3, -4]]"},
]

Json = dict[str, Any]
SVG = "{http://www.w3.org/2000/svg}"


def made(request: dict[str, str], kind: str) -> bytes:
    """The bytes of a file."""
    file = lab.export(request, kind)
    assert file["ok"], file
    assert file["name"].endswith(kind)
    return base64.b64decode(file["data"], validate=True)


def rows_of(content: bytes) -> list[list[str]]:
    """A CSV file read by the standard library."""
    return list(csv.reader(io.StringIO(content.decode("utf-8"), newline="")))


def exact(text: str, dtype: Any) -> float:
    """A decimal read in a precision."""
    return float(np.dtype(dtype).type(text))


@pytest.mark.parametrize("request_", REQUESTS)
def test_codes(request_: dict[str, str]) -> None:
    """All three formats hold the answer's codes in the shape of the numbers, with their parameters."""
    answer = lab.answer(request_)
    written = [[int(cell) for cell in row] for row in rows_of(made(request_, "codes.csv"))]
    assert [code for row in written for code in row] == answer["codes"]
    assert len({len(row) for row in written}) == 1
    assert len(written[0]) == (answer["shape"][-1] if len(answer["shape"]) > 1 else 1)
    found = json.loads(made(request_, "codes.json"))
    assert np.array(found["codes"]).shape == tuple(answer["shape"]) == tuple(found["shape"])
    assert np.array(found["codes"]).reshape(-1).tolist() == answer["codes"]
    arrays = np.load(io.BytesIO(made(request_, "codes.npz")))
    assert set(arrays) == {"codes", "scale", "zero_point"}
    assert arrays["codes"].dtype.kind in "iu"
    assert arrays["codes"].shape == tuple(answer["shape"])
    assert arrays["codes"].reshape(-1).tolist() == answer["codes"]
    assert arrays["scale"].reshape(-1).astype(float).tolist() == answer["params"]["scale"]
    assert arrays["zero_point"].reshape(-1).tolist() == answer["params"]["zero_point"]


def test_codes_keep_their_type() -> None:
    """An .npz holds codes in the type of the format, unless they lie outside it."""
    small = np.load(io.BytesIO(made({"profile": "onnx", "signed": "0"}, "codes.npz")))
    assert small["codes"].dtype == np.uint8
    assert np.load(io.BytesIO(made({"values": "-129.5, 0, 125.5"}, "codes.npz")))["codes"].dtype == np.int64


@pytest.mark.parametrize("request_", REQUESTS)
def test_tables(request_: dict[str, str]) -> None:
    """Every number is a row; what is written reads back as the answer's numbers, to the last bit."""
    answer = lab.answer(request_)
    dtype = answer["request"]["precision"]
    head, *rows = rows_of(made(request_, "table.csv"))
    assert len(rows) == len(answer["codes"])
    column = {name: [row[i] for row in rows] for i, name in enumerate(head)}
    assert [int(text) for text in column["code"]] == answer["codes"]
    assert [exact(text, dtype) for text in column["dequantized"]] == answer["dequantized"]
    if "value" in column:
        assert [exact(text, dtype) for text in column["value"]] == answer["values"]
        error = [back - x for back, x in zip(answer["dequantized"], answer["values"], strict=True)]
        assert [float(text) for text in column["error"]] == error
    places = [name for name in head if name.startswith("index")]
    flat = np.ravel_multi_index(
        tuple(np.array([int(text) for text in column[name]]) for name in places), tuple(answer["shape"])
    )
    assert flat.tolist() == list(range(len(rows)))
    found = json.loads(made(request_, "table.json"))
    assert found["code"] == answer["codes"]
    assert [exact(str(x), dtype) for x in found["dequantized"]] == answer["dequantized"]
    arrays = np.load(io.BytesIO(made(request_, "table.npz")))
    assert arrays["dequantized"].shape == tuple(answer["shape"])
    assert arrays["dequantized"].reshape(-1).astype(float).tolist() == answer["dequantized"]
    assert ("values" in arrays) == (answer["request"]["direction"] == "quantize")


@pytest.mark.parametrize("request_", REQUESTS)
def test_metrics(request_: dict[str, str]) -> None:
    """All formats hold the answer's error figures, nothing where there is none."""
    answer = lab.answer(request_)["metrics"]
    head, *rows = rows_of(made(request_, "metrics.csv"))
    assert head == ["metric", "value"]
    assert {name: float(text) if text else None for name, text in rows} == answer
    found = json.loads(made(request_, "metrics.json"))
    assert {name: found[name] for name in answer} == answer
    arrays = np.load(io.BytesIO(made(request_, "metrics.npz")))
    assert {name: None if np.isnan(arrays[name]) else float(arrays[name]) for name in answer} == answer


@pytest.mark.parametrize("request_", REQUESTS)
def test_report_leads_back(request_: dict[str, str]) -> None:
    """The link in the report gives the same answer again."""
    text = made(request_, "report.md").decode()
    link = re.search(r"```text\n#(.*)\n```", text)
    assert link
    again, answer = lab.answer(dict(parse_qsl(link.group(1), keep_blank_values=True))), lab.answer(request_)
    assert again["codes"] == answer["codes"]
    assert again["request"] == answer["request"]


@pytest.mark.parametrize("request_", REQUESTS)
def test_report_holds_the_page(request_: dict[str, str]) -> None:
    """The report has the settings, every figure, every step with its formula, every instrument, and a program."""
    text = made(request_, "report.md").decode()
    answer = lab.answer(request_)
    for tile in answer["summary"]:
        assert tile["label"] in text
        assert tile["value"].replace("_", r"\_") in text
    for step in answer["steps"]:
        assert f"$${step['latex']}$$" in text
    for view in answer["instruments"]:
        assert (f"\n## {view['title']}\n" in text) == view["applies"]
    assert f"```python\n{answer['code']['quantcore']}```" in text


def test_report_tables_are_rectangular() -> None:
    """Every table of the report has as many cells in each row as in its head."""
    lines = made(REQUESTS[1], "report.md").decode().splitlines()
    for line, following in pairwise(lines):
        if line.startswith("|") and following.startswith("|"):
            assert len(re.findall(r"(?<!\\)\|", line)) == len(re.findall(r"(?<!\\)\|", following))


def test_report_says_what_a_link_cannot_carry() -> None:
    """Numbers too many for an address are told to be missing."""
    text = made({"values": " ".join(["1.25"] * 3000)}, "report.md").decode()
    assert "too many for an address" in text
    assert len(text) < 60_000


@pytest.mark.parametrize("kind", ["report.md", "picture.svg"])
def test_what_is_shown_does_not_matter(kind: str) -> None:
    """A report has every instrument, and a picture the first one, whichever the page shows at the moment."""
    assert made({"show": "table"}, kind) == made({}, kind)


@pytest.mark.parametrize("request_", REQUESTS)
def test_a_picture_stands_alone(request_: dict[str, str]) -> None:
    """It is XML that says its size, what it shows, and its own colours of paper and ink."""
    picture = ElementTree.fromstring(made(request_, "picture.svg"))
    assert (picture.tag, picture.get("width"), picture.get("height")) == (f"{SVG}svg", "960", "340")
    assert picture.get("aria-label") == "From real numbers to codes and back"
    assert picture.get("color")
    assert picture[0].tag == f"{SVG}rect"
    assert picture[0].get("fill") == "#ffffff"


def test_a_picture_shows_the_codes() -> None:
    """The numbers and the codes that they become are written in it."""
    texts = {text.text for text in ElementTree.fromstring(made({}, "picture.svg")).iter(f"{SVG}text")}
    assert {"x = −3.0", "q = −128", "q = −1", "q = 127"} <= texts


@pytest.mark.parametrize("kind", list(EXPORTS))
def test_wrong_requests_are_refused_as_answers_are(kind: str) -> None:
    """A request that has no answer has no file either, with the same errors."""
    assert lab.export({"bits": "40"}, kind) == lab.answer({"bits": "40"})


def test_unknown_kind_is_refused() -> None:
    """A kind of file that does not exist is an error that names those that do."""
    refused = lab.export({}, "codes.xls")
    assert refused["ok"] is False
    assert "codes.csv" in refused["errors"][0]["message"]


def test_files_hold_all_numbers() -> None:
    """Beyond what an answer lists, a file goes on."""
    request = {"values": " ".join(map(str, range(12_000))), "profile": "onnx"}
    assert lab.answer(request)["truncated"]
    assert len(rows_of(made(request, "codes.csv"))) == 12_000
    assert np.load(io.BytesIO(made(request, "table.npz")))["values"].size == 12_000

"""Remarks about a result: said where they matter, not said where they do not."""

import lab
import pytest

CASES = [
    ({}, None, ""),
    ({"profile": "onnx"}, None, ""),
    ({"values": "-129.5 0 125.5"}, "warning", "1 code lies outside −128 to 127."),
    ({"values": "10 11"}, "warning", "The zero point −2678 is not one of the codes"),
    ({"values": "5 5"}, "warning", "the range is 0 and counts as 1"),
    ({"values": "5 5", "profile": "onnx"}, "info", "the range reaches from there to 0"),
    ({"values": "0 0"}, "info", "All values are 0"),
    ({"values": "0 1e-37", "profile": "onnx"}, "warning", "subnormal in float32"),
    ({"values": "1 1e-60", "profile": "onnx"}, "warning", "1 value is too small for float32 and became 0."),
    ({"profile": "onnx", "calibration": "manual", "range_max": "1"}, "info", "1 value is clipped (33.3 %)"),
    ({"scale": "0.1", "zero_point": "3"}, "info", "The given scale and zero point are not used"),
    ({"zero_point": "3", "profile": "onnx"}, "info", "The given zero point is not used"),
    ({"scale": "0.1", "format": "float8_e4m3fn"}, "info", "The given scale is not used"),
    ({"format": "float8_e4m3fn"}, None, ""),  # under which an absent scale stands for 1
    ({"scale": "0.1", "format": "nf4", "values": "1"}, None, ""),
    ({"scale": "0.1", "calibration": "given", "profile": "onnx"}, None, ""),
    ({"values": "1 2 3\n4, 5, 6\n"}, "info", "stand in 2 lines of 3, but make one list"),
    ({"profile": "onnx", "rounding": "floor"}, "info", "no longer exactly what ONNX computes"),
]


@pytest.mark.parametrize(("request_", "level", "message"), CASES)
def test_notices(request_: dict[str, str], level: str | None, message: str) -> None:
    """What is remarkable is said with its level; what is ordinary is passed over in silence."""
    notices = lab.answer(request_)["notices"]
    if level is None:
        assert notices == []
    else:
        assert any(notice["level"] == level and message in notice["message"] for notice in notices), notices


@pytest.mark.parametrize("values", ["1\n2\n3", "1 2\n3", "[1, 2]\n[3, 4]", "1 2 3"])
def test_lines_that_make_no_rows_are_not_remarked(values: str) -> None:
    """A number on each line, lines of different length, and lists in brackets are what they seem."""
    assert not [notice for notice in lab.answer({"values": values})["notices"] if "lines" in notice["message"]]


def test_who_is_clipped_is_told_alike_everywhere() -> None:
    """PyTorch's symmetric scale is absmax over 127.5: 1.5 becomes 128 and is clipped; every part says so."""
    answer = lab.answer({"profile": "pytorch", "scheme": "symmetric", "values": "-1, 0.3, 1.5", "element": "2"})
    assert answer["codes"][2] == 127
    assert answer["metrics"]["clipped_share"] == 1 / 3
    assert any(notice["message"].startswith("1 value is clipped") for notice in answer["notices"])
    step = next(step for step in answer["steps"] if step["key"] == "clipped")
    assert "128" in step["text"]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ("1,5; -2,25; 3,0", "Understood: 3 numbers, decimal commas."),
        ("1,2", "Understood: 2 numbers, commas between numbers."),
        ("1,024 2,048", "Understood: 2 numbers, commas between thousands."),
    ],
)
def test_commas_with_two_meanings_are_told(values: str, words: str) -> None:
    """Where a text can be read in two ways, a notice says which was taken, and how to write the other."""
    assert any(words in notice["message"] for notice in lab.answer({"values": values})["notices"])
    assert not any("commas" in notice["message"] for notice in lab.answer({"values": "1, 2.5"})["notices"])

"""What is wrong with a request: each error at its field, all at once, with what was found and what is allowed."""

import lab
import pytest

CASES = [
    ({"bits": "40"}, "bits", "“Bits” is 40; it must be a whole number from 2 to 16."),
    ({"bits": "1"}, "bits", "“Bits” is 1; it must be a whole number from 2 to 16."),
    ({"bits": "4.5"}, "bits", "“Bits” is 4.5; it must be a whole number from 2 to 16."),
    ({"bits": "four"}, "bits", '“Bits” is "four"; it must be a whole number from 2 to 16.'),
    ({"bits": ""}, "bits", "“Bits” is empty; it must be a whole number from 2 to 16."),
    ({"signed": "2"}, "signed", '“Signed codes” is "2"; it must be 1 or 0.'),
    ({"direction": "up"}, "direction", '“Direction” is "up"; it must be one of quantize or dequantize.'),
    (
        {"profile": "cuda"},
        "profile",
        '“Toolkit” is "cuda"; it must be one of the 25 that the list offers; the nearest are custom, ',
    ),
    ({"percentile": "150"}, "percentile", "“Percentile” is 150; it must be a number from 50 to 100."),
    ({"values": ""}, "values", "“Values” holds no numbers."),
    (
        {"values": "1, nan"},
        "values",
        '“Values” holds "nan" as entry 2 (line 1, column 4); every entry must be a finite number.',
    ),
    ({"values": "-inf"}, "values", "every entry must be a finite number."),
    ({"values": "1\n2 1e400"}, "values", '"1e400" as entry 3 (line 2, column 3), which is beyond the largest float64'),
    ({"values": "1, two"}, "values", '"two" as entry 2 (line 1, column 4), which is not a number.'),
    ({"values": "1.2.3"}, "values", "If it is two numbers, put a separator between them."),
    ({"values": "[1 2 ... 9]"}, "values", "The dots stand for numbers that a printout left out"),
    ({"values": "1,,2"}, "values", 'has nothing before the "," (line 1, column 3)'),
    ({"values": "[[1, 2], [3]]"}, "values", "is ragged: list 2 (line 1, column 10) holds 1 entry, the first 2;"),
    ({"values": "[1, [2]]"}, "values", 'is ragged: "1" (line 1, column 2) stands beside lists;'),
    ({"values": "[1, 2"}, "values", 'has a "[" (line 1, column 1) that is never closed;'),
    ({"values": "1]"}, "values", 'has a "]" (line 1, column 2) that closes nothing;'),
    ({"values": "1e39", "profile": "onnx"}, "values", "which is beyond float32"),
    ({"values": "0 1e-310"}, "values", "range is too narrow for float64: its scale factor"),
    ({"values": "-1.7e308 1.7e308"}, "values", "range is too wide for float64: its scale is infinite."),
    ({"shape": "2,2"}, "shape", "“Shape” is 2 × 2, which holds 4 numbers; there are 3."),
    ({"shape": "2,x"}, "shape", "it must be lengths of at least 1"),
    ({"calibration": "manual", "range_min": "3", "range_max": "1"}, "range_max", "must be above “Range from”, 3.0."),
    ({"calibration": "manual", "range_min": "9"}, "range_min", "must be below the largest value, 3.2."),
    ({"calibration": "manual", "range_max": "one"}, "range_max", '“Range to” is "one"; it must be a number, or empty.'),
    ({"calibration": "manual", "range_max": "1e400"}, "range_max", "it must be a number"),
    ({"element": "3"}, "element", "“Follow number” is 3; it must be a whole number from 0 to 2."),
    ({"table_rows": "20"}, "table_rows", "20"),
    ({"table_order": "size"}, "table_order", "size"),
    ({"element": "-1"}, "element", "“Follow number” is -1; it must be a whole number from 0 to"),
    ({"granularity": "axis"}, "granularity", "the notebook has one scale for the tensor. Choose another toolkit."),
    (
        {"granularity": "axis", "profile": "onnx", "axis": "1"},
        "axis",
        "“Axis” is 1; it must be 0, because a list has one axis.",
    ),
    (
        {"granularity": "block", "profile": "onnx"},
        "block_size",
        "“Block size” is 32; it must be a whole number from 1 to 3",
    ),
    ({"profile": "pytorch", "precision": "float64"}, "precision", "PyTorch computes in float32."),
    ({"format": "nf3"}, "format", '“Number format” is "nf3"'),
    ({"bitz": "8"}, "bitz", '"bitz" is not a field of a request. Did you mean "bits"?'),
    ({"direction": "dequantize", "codes": "1.5"}, "codes", '“Codes” holds "1.5"; every entry must be a whole number.'),
    (
        {"direction": "dequantize", "codes": "300", "profile": "onnx"},
        "codes",
        "“Codes” holds 300 as entry 1; the codes of int8 are −128 to 127.",
    ),
    (
        {"direction": "dequantize", "codes": "1e300", "profile": "onnx"},
        "codes",
        "“Codes” holds 1e+300 as entry 1; the codes of int8",
    ),
    ({"direction": "dequantize", "scale": "0"}, "scale", "must be finite and above 0"),
    ({"direction": "dequantize", "scale": "-1", "profile": "onnx"}, "scale", "must be finite and above 0"),
    ({"direction": "dequantize", "scale": "1 2"}, "scale", "“Scale” has 2 numbers; it must have one number"),
    (
        {"direction": "dequantize", "zero_point": "999", "profile": "onnx"},
        "zero_point",
        "“Zero point” holds 999 as entry 1;",
    ),
    ({"direction": "dequantize", "zero_point": "x"}, "zero_point", '"x" as entry 1'),
    ({"direction": "dequantize", "scale": "1e308"}, "scale", "beyond float64"),
]


@pytest.mark.parametrize(("request_", "field", "message"), CASES)
def test_an_error_is_at_its_field_and_says_what_to_do(request_: dict[str, str], field: str, message: str) -> None:
    """One wrong field gives one error, at that field, with the found value and the remedy."""
    answer = lab.answer(request_)
    assert answer["ok"] is False
    assert [error["field"] for error in answer["errors"]] == [field]
    assert message in answer["errors"][0]["message"]


def test_all_errors_come_at_once() -> None:
    """A request with many mistakes has all of them reported, in one answer."""
    request = {"bits": "x", "values": "1 2 z", "axis": "q", "range_min": "-", "signed": "maybe", "colour": "red"}
    answer = lab.answer(request)
    assert {error["field"] for error in answer["errors"]} == set(request)


def test_errors_of_codes_and_parameters_come_together() -> None:
    """A wrong scale, zero point and code are reported beside a wrong setting, not one after the other."""
    request = {"direction": "dequantize", "profile": "onnx", "codes": "1 999", "scale": "-1", "zero_point": "-200"}
    answer = lab.answer({**request, "element": "7"})
    assert {error["field"] for error in answer["errors"]} == {"codes", "scale", "zero_point", "element"}


def test_a_field_that_is_not_text_is_refused() -> None:
    """A request holds texts; a list in it is an error at its field."""
    answer = lab.answer({"values": [1, 2]})  # type: ignore[dict-item]
    assert answer["errors"] == [
        {"field": "values", "message": "“Values” is of type list; every field of a request is text."}
    ]


def test_a_wrong_list_of_values_does_not_matter_when_codes_are_asked() -> None:
    """Only the numbers of the direction in force are read."""
    assert lab.answer({"direction": "dequantize", "values": "junk"})["ok"]
    assert lab.answer({"codes": "junk", "scale": "junk", "zero_point": "junk"})["ok"]


def test_the_ends_of_a_precision_are_in_it() -> None:
    """-3.4028235e+38 is how float32's lowest number is printed; in float64 it lies beyond, but it rounds to it."""
    answer = lab.answer({"profile": "onnx", "values": "-3.4028235e+38, 0, 1"})
    assert answer["ok"]
    assert answer["values"] == [-3.4028234663852886e38, 0, 1]
    assert not lab.answer({"profile": "onnx", "values": "3.5e38"})["ok"]


def test_choices_are_read_in_any_case() -> None:
    """Q4_K is what its authors write; the answer has the name that links have."""
    found = lab.answer({"format": "Q4_K", "source": "normal", "shape": "256"})
    assert found["ok"]
    assert found["request"]["format"] == "q4_k"
    refused = lab.answer({"format": "Q4K"})["errors"]
    assert [error["message"].split("; ")[-1] for error in refused] == ["the nearest are q4_k, q8_k and q6_k."]

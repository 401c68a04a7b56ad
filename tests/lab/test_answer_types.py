"""The answer has the shape that is written down, to the last member."""

import copy
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

import lab
import pytest
from lab.answer_types import Added, Answer, Download, Failure
from lab.instruments import Size

REQUESTS: dict[str, dict[str, str]] = {
    "the example": {},
    "codes": {"direction": "dequantize"},
    "a matrix": {"profile": "onnx", "values": "[[1, 2], [3, 40]]", "granularity": "axis", "weights": "[[1], [2]]"},
    "a search": {"profile": "onnx", "source": "normal", "shape": "40,300", "calibration": "mse", "max_error": "0.5"},
    "no parameters that are finite": {"values": "0", "profile": "tflite"},
}

TYPES: dict[Any, set[type]] = {
    str: {str, Size},
    int: {int},
    float: {int, float},
    bool: {bool},
    type(None): {type(None)},
}


def misfits(value: Any, kind: Any, place: str) -> list[str]:
    """Where a value is not of a type, at any depth: members that are absent, unknown, or something else."""
    origin, inner = get_origin(kind), get_args(kind)
    if is_typeddict(kind) and isinstance(value, dict):
        return _misfits_of_members(value, kind, place)
    if origin in (Union, UnionType):
        tried = [misfits(value, one, place) for one in inner]
        return [] if [] in tried else tried[0]
    if origin in (list, dict) and isinstance(value, origin):
        parts = value.items() if origin is dict else enumerate(value)
        return [wrong for name, part in parts for wrong in misfits(part, inner[-1], f"{place}.{name}")]
    if kind is Any or (origin is Literal and value in inner) or (kind in TYPES and type(value) in TYPES[kind]):
        return []
    return [f"{place} is {value!r}, which is no {kind}"]


def _misfits_of_members(value: dict[str, Any], kind: Any, place: str) -> list[str]:
    hints = get_type_hints(kind)
    found = [f"{place} lacks {name}" for name in kind.__required_keys__ - set(value)]
    found += [f"{place} has {name}" for name in set(value) - set(hints)]
    for name in set(value) & set(hints):
        found += misfits(value[name], hints[name], f"{place}.{name}")
    return found


@pytest.mark.parametrize("name", REQUESTS)
def test_an_answer_has_its_shape(name: str) -> None:
    """Every member that is there is described, every described one is there, and each is of its type."""
    answer = lab.answer(REQUESTS[name])
    assert answer["ok"]
    assert misfits(answer, Answer, "answer") == []


def test_other_answers_have_their_shapes() -> None:
    """So it is with what is added to an answer, what is taken along, and what is refused."""
    assert misfits(lab.more({}, "histogram"), Added, "added") == []
    assert misfits(lab.export({}, "codes.csv"), Download, "download") == []
    for refused in (lab.answer({"bits": "x"}), lab.more({"bits": "x"}, "error"), lab.export({}, "codes.exe")):
        assert misfits(refused, Failure, "failure") == []


def test_a_wrong_shape_is_noticed() -> None:
    """Absent, unknown and mistyped members are told apart from right ones."""
    answer: Any = copy.deepcopy(lab.answer({}))  # whose parts the next answer may share
    del answer["shape"]
    answer["shapes"] = [3]
    answer["metrics"]["mse"] = "small"
    answer["table"]["rows"][0]["cells"][0] = 1
    assert len(misfits(answer, Answer, "answer")) == 4

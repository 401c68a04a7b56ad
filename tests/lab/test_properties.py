"""Whatever is typed: an answer, JSON, and errors only at known fields."""

import json

import lab
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lab.request.fields import FIELDS, Kind

JUNK = st.text(max_size=30)
NUMBERISH = st.text(alphabet="0123456789+-−.eE,; \n[]()nanifxa_", max_size=40)
FLOATS = st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=8)


def sensible(name: str) -> st.SearchStrategy[str]:
    """Texts for a field, many of which are right."""
    field = FIELDS[name]
    if field.kind is Kind.CHOICE:
        return st.sampled_from([*field.choices, "?"])
    if field.kind is Kind.FLAG:
        return st.sampled_from(["0", "1", "maybe"])
    if field.kind is Kind.NUMBERS:
        return FLOATS.map(repr) | st.lists(st.integers(-130, 130), min_size=1, max_size=6).map(repr) | NUMBERISH
    return st.integers(-3, 20).map(str) | NUMBERISH


REQUESTS = st.fixed_dictionaries({}, optional={name: sensible(name) for name in FIELDS})


def check(request: dict[str, str]) -> None:
    """An answer is JSON, and says either numbers or errors at fields."""
    answer = lab.answer(request)
    json.dumps(answer, allow_nan=False)
    if answer["ok"]:
        assert len(answer["codes"]) == len(answer["values"]) == len(answer["dequantized"]) > 0
    else:
        assert answer["errors"]
        assert all(error["field"] in FIELDS or error["field"] in request for error in answer["errors"])
        assert all(error["message"] for error in answer["errors"])


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(REQUESTS)
def test_any_request_is_answered(request: dict[str, str]) -> None:
    """Right and wrong texts in any mixture give an answer and never an exception."""
    check(request)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(FIELDS)) | JUNK, JUNK | NUMBERISH, max_size=6))
def test_any_text_is_answered(request: dict[str, str]) -> None:
    """Arbitrary texts in arbitrary fields give an answer and never an exception."""
    check(request)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@example([0.0, 8.98846567431158e307], "notebook", 2, False)  # once, the metrics overflowed
@given(FLOATS, st.sampled_from(["notebook", "onnx", "pytorch", "tflite"]), st.integers(2, 16), st.booleans())
def test_any_values_are_answered(values: list[float], profile: str, bits: int, is_symmetric: bool) -> None:
    """Extreme, subnormal and repeated values give an answer and never an exception."""
    scheme = "symmetric" if is_symmetric else "affine"
    check({"values": repr(values), "profile": profile, "bits": str(bits), "scheme": scheme})
